//! Which role each call of the product checks of its signer. A call that is not named here does not travel in requests.

use pallet_support::traits::Role;

/// Calls of `pallet-organizations`. Those that are left out are the council's, and no member's.
#[must_use]
pub fn organizations<T: pallet_organizations::Config>(
	call: &pallet_organizations::Call<T>,
) -> Option<Role> {
	use pallet_organizations::Call;
	match call {
		Call::add_member { .. }
		| Call::set_roles { .. }
		| Call::remove_member { .. }
		| Call::rotate_key { .. }
		| Call::set_endpoints { .. } => Some(Role::Admin),
		_ => None,
	}
}

/// Calls of `pallet-anchor`.
#[must_use]
pub fn anchor<T: pallet_anchor::Config>(call: &pallet_anchor::Call<T>) -> Option<Role> {
	use pallet_anchor::Call;
	match call {
		Call::create_stream { .. } | Call::seal_stream { .. } => Some(Role::Admin),
		Call::anchor_digest { .. } | Call::anchor_merkle { .. } => Some(Role::Submitter),
		_ => None,
	}
}

/// Calls of `pallet-records`.
#[must_use]
pub fn records<T: pallet_records::Config>(call: &pallet_records::Call<T>) -> Option<Role> {
	use pallet_records::Call;
	match call {
		Call::append { .. } | Call::append_object { .. } | Call::acknowledge_erasure { .. } => {
			Some(Role::Submitter)
		},
		Call::demand_objects { .. } | Call::erase { .. } => Some(Role::Admin),
		_ => None,
	}
}

/// Calls of `pallet-grants`: all are a grantor's.
#[must_use]
pub fn grants<T: pallet_grants::Config>(call: &pallet_grants::Call<T>) -> Option<Role> {
	match call {
		pallet_grants::Call::__Ignore(..) => None,
		_ => Some(Role::Grantor),
	}
}

/// Calls of `pallet-bundles`.
#[must_use]
pub fn bundles<T: pallet_bundles::Config>(call: &pallet_bundles::Call<T>) -> Option<Role> {
	use pallet_bundles::Call;
	match call {
		Call::propose { .. } | Call::consent { .. } | Call::withdraw { .. } => {
			Some(Role::Submitter)
		},
		_ => None,
	}
}
