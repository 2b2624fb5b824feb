//! What the calls do, and what other pallets and the runtime API ask.

use super::*;
use alloc::vec::Vec;
use credio_primitives::{
	AccountId, BlockNumber, EncryptionKey, Endpoints, KeyVersion, Member, Organization,
	OrganizationId, OrganizationName, OrganizationStatus, PublicKey, Quota, QuotaUse, Roles,
	limits, text,
};
use credio_primitives::{
	organization::MemberInfo, organization::OrganizationInfo, organization::QuotaInfo,
	organization::is_endpoint,
};
use frame_support::{ensure, traits::Get};
use pallet_support::traits::{self, Membership, Role};
use sp_runtime::{
	DispatchError, DispatchResult,
	traits::{SaturatedConversion, Zero},
};

impl<T: Config> Pallet<T> {
	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The present window of quota.
	pub(crate) fn window() -> u32 {
		Self::now() / T::QuotaWindow::get().max(1)
	}

	/// What an organization has used in the present window.
	pub(crate) fn use_in_window(organization: OrganizationId, window: u32) -> QuotaUse {
		let used = QuotaUses::<T>::get(organization);
		if used.window == window { used } else { QuotaUse { window, ..QuotaUse::default() } }
	}

	pub(crate) fn do_admit(
		name: OrganizationName,
		admin: AccountId,
		encryption_key: PublicKey,
		quota: Option<Quota>,
	) -> Result<OrganizationId, DispatchError> {
		ensure!(!Members::<T>::contains_key(&admin), Error::<T>::AlreadyMember);
		let (id, mut organization) = Self::insert_organization(name, encryption_key, quota)?;
		Self::insert_member(id, &mut organization, &admin, Roles::ALL)?;
		let name = organization.name.clone();
		Organizations::<T>::insert(id, organization);
		Self::deposit_event(Event::Admitted { organization: id, name, admin });
		Ok(id)
	}

	pub(crate) fn do_suspend(id: OrganizationId) -> DispatchResult {
		Self::set_status(id, OrganizationStatus::Suspended, Error::<T>::AlreadySuspended)?;
		Self::deposit_event(Event::Suspended { organization: id });
		Ok(())
	}

	pub(crate) fn do_reinstate(id: OrganizationId) -> DispatchResult {
		Self::set_status(id, OrganizationStatus::Active, Error::<T>::NotSuspended)?;
		Self::deposit_event(Event::Reinstated { organization: id });
		Ok(())
	}

	pub(crate) fn do_set_quota(id: OrganizationId, quota: Quota) -> DispatchResult {
		Self::ensure_quota(&quota)?;
		Self::mutate_organization(id, |organization| {
			organization.quota = quota;
			Ok(())
		})?;
		Self::deposit_event(Event::QuotaSet { organization: id, quota });
		Ok(())
	}

	pub(crate) fn do_add_member(by: AccountId, account: AccountId, roles: Roles) -> DispatchResult {
		let id = Self::ensure_role(&by, Role::Admin)?;
		Self::mutate_organization(id, |organization| {
			Self::insert_member(id, organization, &account, roles)
		})?;
		Self::deposit_event(Event::MemberAdded { organization: id, account, roles, by });
		Ok(())
	}

	pub(crate) fn do_set_roles(by: AccountId, account: AccountId, roles: Roles) -> DispatchResult {
		let id = Self::ensure_role(&by, Role::Admin)?;
		let member = Self::ensure_member_of(id, &account)?;
		Self::mutate_organization(id, |organization| {
			Self::count_admins(organization, member.roles, roles)
		})?;
		Members::<T>::insert(&account, Member { roles, ..member });
		Self::deposit_event(Event::RolesSet { organization: id, account, roles, by });
		Ok(())
	}

	pub(crate) fn do_remove_member(by: AccountId, account: AccountId) -> DispatchResult {
		let id = Self::ensure_role(&by, Role::Admin)?;
		let member = Self::ensure_member_of(id, &account)?;
		Self::mutate_organization(id, |organization| {
			Self::count_admins(organization, member.roles, Roles::default())?;
			organization.members = organization.members.saturating_sub(1);
			Ok(())
		})?;
		Members::<T>::remove(&account);
		MemberAccounts::<T>::remove(id, &account);
		Self::release_account(&account);
		Self::deposit_event(Event::MemberRemoved { organization: id, account, by });
		Ok(())
	}

	pub(crate) fn do_rotate_key(by: AccountId, encryption_key: PublicKey) -> DispatchResult {
		let id = Self::ensure_role(&by, Role::Admin)?;
		ensure!(!encryption_key.is_low_order(), Error::<T>::WeakEncryptionKey);
		let version = Self::mutate_organization(id, |organization| {
			let version = organization.key_version.saturating_add(1);
			// Versions count from 0.
			ensure!(version < T::MaxKeyVersions::get(), Error::<T>::TooManyKeyVersions);
			organization.key_version = version;
			Ok(version)
		})?;
		let key = EncryptionKey { public: encryption_key, since: Self::now() };
		EncryptionKeys::<T>::insert(id, version, key);
		Self::deposit_event(Event::KeyRotated { organization: id, version, encryption_key, by });
		Ok(())
	}

	pub(crate) fn do_set_endpoints(by: AccountId, endpoints: Endpoints) -> DispatchResult {
		let id = Self::ensure_role(&by, Role::Admin)?;
		ensure!(endpoints.iter().all(|url| is_endpoint(url)), Error::<T>::InvalidEndpoint);
		match endpoints.is_empty() {
			true => AnnouncedEndpoints::<T>::remove(id),
			false => AnnouncedEndpoints::<T>::insert(id, &endpoints),
		}
		Self::deposit_event(Event::EndpointsSet { organization: id, endpoints, by });
		Ok(())
	}

	/// Puts an organization of the genesis in place.
	pub(crate) fn build_organization(genesis: &GenesisOrganization) -> DispatchResult {
		let name = OrganizationName::try_from(genesis.name.as_bytes().to_vec())
			.map_err(|_| Error::<T>::InvalidName)?;
		let (id, mut organization) =
			Self::insert_organization(name, genesis.encryption_key, genesis.quota)?;
		for member in &genesis.members {
			Self::insert_member(id, &mut organization, &member.account, member.roles)?;
		}
		ensure!(organization.admins > 0, Error::<T>::LastAdmin);
		Organizations::<T>::insert(id, organization);
		Ok(())
	}

	/// Gives a new organization its number, name and first key. The caller adds a member and stores it.
	fn insert_organization(
		name: OrganizationName,
		encryption_key: PublicKey,
		quota: Option<Quota>,
	) -> Result<(OrganizationId, Organization), DispatchError> {
		ensure!(text::is_plain_utf8(&name), Error::<T>::InvalidName);
		ensure!(!NameIndex::<T>::contains_key(&name), Error::<T>::NameTaken);
		quota.iter().try_for_each(Self::ensure_quota)?;
		ensure!(!encryption_key.is_low_order(), Error::<T>::WeakEncryptionKey);
		let id = NextOrganizationId::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::TooManyOrganizations)?;
		NextOrganizationId::<T>::put(next);
		NameIndex::<T>::insert(&name, id);
		let key = EncryptionKey { public: encryption_key, since: Self::now() };
		EncryptionKeys::<T>::insert(id, 0, key);
		let organization = Organization {
			name,
			status: OrganizationStatus::Active,
			members: 0,
			admins: 0,
			key_version: 0,
			quota: quota.unwrap_or_else(T::DefaultQuota::get),
		};
		Ok((id, organization))
	}

	fn ensure_quota(quota: &Quota) -> DispatchResult {
		let largest = quota.bytes.max(quota.ref_time);
		ensure!(largest <= limits::MAX_QUOTA, Error::<T>::QuotaTooLarge);
		Ok(())
	}

	/// What a seat of the council has used in the present window.
	pub(crate) fn seat_use_in_window(seat: &AccountId, window: u32) -> SeatUse {
		let used = SeatUses::<T>::get(seat);
		if used.window == window { used } else { SeatUse { window, ..SeatUse::default() } }
	}

	/// Makes an account a member and counts it; the caller stores the organization.
	fn insert_member(
		id: OrganizationId,
		organization: &mut Organization,
		account: &AccountId,
		roles: Roles,
	) -> DispatchResult {
		ensure!(!Members::<T>::contains_key(account), Error::<T>::AlreadyMember);
		ensure!(organization.members < limits::MAX_MEMBERS, Error::<T>::TooManyMembers);
		organization.members = organization.members.saturating_add(1);
		Self::count_admins(organization, Roles::default(), roles)?;
		Members::<T>::insert(account, Member { organization: id, roles, since: Self::now() });
		MemberAccounts::<T>::insert(id, account, ());
		Self::retain_account(account);
		Ok(())
	}

	/// Keeps count of admins when the roles of one member change. The last one stays.
	fn count_admins(organization: &mut Organization, from: Roles, to: Roles) -> DispatchResult {
		match (from.admin, to.admin) {
			(false, true) => organization.admins = organization.admins.saturating_add(1),
			(true, false) => {
				ensure!(organization.admins > 1, Error::<T>::LastAdmin);
				organization.admins = organization.admins.saturating_sub(1);
			},
			_ => (),
		}
		Ok(())
	}

	/// Gives the account a system account, without which it has no nonce and cannot sign.
	fn retain_account(account: &AccountId) {
		if FormerMembers::<T>::take(account).is_none() {
			frame_system::Pallet::<T>::inc_providers(account);
		}
	}

	/// Lets go of the system account, unless it has a nonce to remember or somebody else relies on it.
	fn release_account(account: &AccountId) {
		let signed_nothing = frame_system::Pallet::<T>::account_nonce(account).is_zero();
		if !(signed_nothing && frame_system::Pallet::<T>::dec_providers(account).is_ok()) {
			FormerMembers::<T>::insert(account, ());
		}
	}

	fn ensure_member_of(id: OrganizationId, account: &AccountId) -> Result<Member, DispatchError> {
		let member = Members::<T>::get(account).ok_or(Error::<T>::MemberNotFound)?;
		ensure!(member.organization == id, Error::<T>::MemberNotFound);
		Ok(member)
	}

	fn set_status(
		id: OrganizationId,
		status: OrganizationStatus,
		unchanged: Error<T>,
	) -> DispatchResult {
		Self::mutate_organization(id, |organization| {
			ensure!(organization.status != status, unchanged);
			organization.status = status;
			Ok(())
		})
	}

	fn mutate_organization<R>(
		id: OrganizationId,
		change: impl FnOnce(&mut Organization) -> Result<R, DispatchError>,
	) -> Result<R, DispatchError> {
		Organizations::<T>::try_mutate(id, |organization| {
			change(organization.as_mut().ok_or(Error::<T>::OrganizationNotFound)?)
		})
	}

	pub(crate) fn do_organization_info(id: OrganizationId) -> Option<OrganizationInfo> {
		let organization = Organizations::<T>::get(id)?;
		let encryption_key = EncryptionKeys::<T>::get(id, organization.key_version)?;
		Some(OrganizationInfo { id, organization, encryption_key })
	}

	pub(crate) fn do_organization_infos(from: OrganizationId, limit: u32) -> Vec<OrganizationInfo> {
		// Numbers have no gaps, so a page of numbers is a page of organizations.
		let end = from
			.saturating_add(limit.min(limits::MAX_PAGE_SIZE))
			.min(NextOrganizationId::<T>::get());
		(from..end).filter_map(Self::do_organization_info).collect()
	}

	pub(crate) fn do_member_infos(id: OrganizationId) -> Vec<MemberInfo> {
		MemberAccounts::<T>::iter_key_prefix(id)
			.filter_map(|account| {
				Members::<T>::get(&account).map(|member| MemberInfo { account, member })
			})
			.collect()
	}

	pub(crate) fn do_quota_info(id: OrganizationId) -> Option<QuotaInfo> {
		let organization = Organizations::<T>::get(id)?;
		let window = Self::window();
		let window_length = T::QuotaWindow::get().max(1);
		Some(QuotaInfo {
			quota: organization.quota,
			used: Self::use_in_window(id, window),
			window_length,
			next_window_at: window.saturating_add(1).saturating_mul(window_length),
		})
	}
}

impl<T: Config> Membership<AccountId> for Pallet<T> {
	fn member(who: &AccountId) -> Option<Member> {
		Members::<T>::get(who)
	}

	fn is_active(organization: OrganizationId) -> bool {
		Organizations::<T>::get(organization)
			.is_some_and(|organization| organization.status == OrganizationStatus::Active)
	}

	fn ensure_role(who: &AccountId, role: Role) -> Result<OrganizationId, DispatchError> {
		let member = Members::<T>::get(who).ok_or(Error::<T>::NotAMember)?;
		ensure!(Self::is_active(member.organization), Error::<T>::OrganizationSuspended);
		ensure!(role.is_in(&member.roles), Error::<T>::RoleMissing);
		Ok(member.organization)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_member(who: &AccountId) -> OrganizationId {
		let id = NextOrganizationId::<T>::get();
		let name = alloc::format!("benchmark {id}").into_bytes();
		let name = OrganizationName::try_from(name).expect("20 bytes are short enough; qed");
		let quota = Quota { bytes: limits::MAX_QUOTA, ref_time: limits::MAX_QUOTA };
		Self::do_admit(name, who.clone(), PublicKey([9; 32]), Some(quota))
			.expect("the account is no member yet; qed")
	}

	/// `CheckQuota` reads them for every signed transaction.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_signer(who: &AccountId) {
		use frame_benchmarking::benchmarking::add_to_whitelist;
		let Some(member) = Members::<T>::get(who) else { return };
		add_to_whitelist(Members::<T>::hashed_key_for(who).into());
		add_to_whitelist(Organizations::<T>::hashed_key_for(member.organization).into());
	}
}

impl<T: Config> traits::EncryptionKeys for Pallet<T> {
	fn current_version(organization: OrganizationId) -> Option<KeyVersion> {
		Organizations::<T>::get(organization).map(|organization| organization.key_version)
	}

	fn is_recent(organization: OrganizationId, version: KeyVersion) -> bool {
		if !EncryptionKeys::<T>::contains_key(organization, version) {
			return false;
		}
		let next = version.saturating_add(1);
		match EncryptionKeys::<T>::get(organization, next) {
			None => true,
			Some(next) => Self::now().saturating_sub(next.since) <= T::KeyGracePeriod::get(),
		}
	}
}
