//! The events of the pallet.

use frame_support::pallet_macros::pallet_section;

/// The events of the pallet.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An organization was admitted.
		Admitted {
			/// Its number.
			organization: OrganizationId,
			/// Its name.
			name: OrganizationName,
			/// Its first member.
			admin: AccountId,
		},
		/// An organization was suspended.
		Suspended {
			/// The organization.
			organization: OrganizationId,
		},
		/// A suspended organization was reinstated.
		Reinstated {
			/// The organization.
			organization: OrganizationId,
		},
		/// The quota of an organization was set.
		QuotaSet {
			/// The organization.
			organization: OrganizationId,
			/// What it may use per window of blocks.
			quota: Quota,
		},
		/// A member was added.
		MemberAdded {
			/// The organization.
			organization: OrganizationId,
			/// The new member.
			account: AccountId,
			/// What it may do.
			roles: Roles,
			/// The admin who added it.
			by: AccountId,
		},
		/// The roles of a member were set.
		RolesSet {
			/// The organization.
			organization: OrganizationId,
			/// The member.
			account: AccountId,
			/// What it may do from now on.
			roles: Roles,
			/// The admin who set them.
			by: AccountId,
		},
		/// A member was removed.
		MemberRemoved {
			/// The organization.
			organization: OrganizationId,
			/// The account, which is no member any more.
			account: AccountId,
			/// The admin who removed it.
			by: AccountId,
		},
		/// An organization announced a new encryption key.
		KeyRotated {
			/// The organization.
			organization: OrganizationId,
			/// Version of the new key.
			version: KeyVersion,
			/// The new key.
			encryption_key: PublicKey,
			/// The admin who announced it.
			by: AccountId,
		},
		/// An organization announced where it serves objects.
		EndpointsSet {
			/// The organization.
			organization: OrganizationId,
			/// The URLs, the preferred one first; none if it serves no more.
			endpoints: Endpoints,
			/// The admin who announced them.
			by: AccountId,
		},
	}
}
