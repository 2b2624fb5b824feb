//! What holds of this pallet's storage after every block.

use super::*;
use credio_primitives::{limits, organization::is_endpoint, text};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - Numbers of organizations have no gaps; every name leads to its organization and nowhere else.
	/// - Counts of members and admins are true, and every organization has an admin.
	/// - `Members` and `MemberAccounts` say the same.
	/// - Every organization has all versions of its encryption key, none of low order.
	/// - Endpoints are of known organizations, at least one each, and URLs.
	/// - Use of quota is of known organizations and not of the future.
	/// - Members and former members have a system account, and nobody is both.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_organizations()?;
		Self::try_state_members()?;
		Self::try_state_quotas()
	}

	fn try_state_organizations() -> Result<(), TryRuntimeError> {
		let next = NextOrganizationId::<T>::get();
		ensure!(Organizations::<T>::iter_keys().count() == next as usize, "gap in the numbers");
		ensure!(NameIndex::<T>::iter_keys().count() == next as usize, "stray name");
		let mut keys = 0usize;
		for (id, organization) in Organizations::<T>::iter() {
			ensure!(id < next, "organization without a number");
			ensure!(!organization.name.is_empty(), "organization without a name");
			ensure!(text::is_plain_utf8(&organization.name), "name is no plain text");
			ensure!(
				NameIndex::<T>::get(&organization.name) == Some(id),
				"name leads to another organization"
			);
			ensure!(organization.members <= limits::MAX_MEMBERS, "too many members");
			ensure!(organization.key_version < T::MaxKeyVersions::get(), "too many keys");
			let (mut members, mut admins) = (0u32, 0u32);
			for account in MemberAccounts::<T>::iter_key_prefix(id) {
				let member = Members::<T>::get(&account).ok_or("account is no member")?;
				ensure!(member.organization == id, "account is another organization's member");
				members = members.saturating_add(1);
				admins = admins.saturating_add(u32::from(member.roles.admin));
			}
			ensure!(members == organization.members, "count of members is wrong");
			ensure!(admins == organization.admins, "count of admins is wrong");
			ensure!(admins > 0, "organization without an admin");
			for version in 0..=organization.key_version {
				let key = EncryptionKeys::<T>::get(id, version).ok_or("key version is missing")?;
				ensure!(!key.public.is_low_order(), "key of low order");
				ensure!(key.since <= Self::now(), "key of the future");
				keys = keys.saturating_add(1);
			}
		}
		ensure!(EncryptionKeys::<T>::iter_keys().count() == keys, "stray encryption key");
		for (id, endpoints) in AnnouncedEndpoints::<T>::iter() {
			ensure!(id < next, "endpoints of no organization");
			ensure!(!endpoints.is_empty(), "empty list of endpoints");
			ensure!(endpoints.iter().all(|url| is_endpoint(url)), "endpoint is no URL");
		}
		Ok(())
	}

	fn try_state_members() -> Result<(), TryRuntimeError> {
		ensure!(
			Members::<T>::iter_keys().count() == MemberAccounts::<T>::iter_keys().count(),
			"member without an organization"
		);
		for (account, member) in Members::<T>::iter() {
			ensure!(
				MemberAccounts::<T>::contains_key(member.organization, &account),
				"organization does not know its member"
			);
			ensure!(!FormerMembers::<T>::contains_key(&account), "member and former member");
			ensure!(frame_system::Pallet::<T>::providers(&account) > 0, "member cannot sign");
		}
		for account in FormerMembers::<T>::iter_keys() {
			ensure!(
				frame_system::Pallet::<T>::providers(&account) > 0,
				"nonce of a former member is lost"
			);
		}
		Ok(())
	}

	fn try_state_quotas() -> Result<(), TryRuntimeError> {
		for (id, used) in QuotaUses::<T>::iter() {
			ensure!(Organizations::<T>::contains_key(id), "use of an unknown organization");
			ensure!(used.window <= Self::window(), "use in a window of the future");
		}
		Ok(())
	}
}
