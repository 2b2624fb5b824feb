#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod errors;
mod events;
mod extension;
mod impls;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
mod types;
pub mod weights;

pub use extension::{Charge, CheckQuota, GOVERNANCE_PRIORITY, Payer};
pub use pallet::*;
pub use types::{Allowance, GenesisMember, GenesisOrganization, SeatUse};
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Organizations, their members, encryption keys and quotas.
// What the macro writes is not held to these.
#[allow(
	unused_qualifications,
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[import_section(errors::errors)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::{
		types::{Allowance, GenesisOrganization, SeatUse},
		weights::WeightInfo,
	};
	use alloc::vec::Vec;
	use core::marker::PhantomData;
	use credio_primitives::{
		AccountId, BlockNumber, EncryptionKey, Endpoints, KeyVersion, Member, Organization,
		OrganizationId, OrganizationName, PublicKey, Quota, QuotaUse, Roles,
	};
	use credio_primitives::{
		organization::MemberInfo, organization::OrganizationInfo, organization::QuotaInfo,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{Contains, ContainsPair},
	};
	use frame_system::pallet_prelude::*;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// Who may admit, suspend and reinstate organizations and set their quotas.
		type CouncilOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Quota of an organization that is admitted without one.
		#[pallet::constant]
		type DefaultQuota: Get<Quota>;

		/// Length in blocks of the window that a quota is for. At least 1.
		#[pallet::constant]
		type QuotaWindow: Get<BlockNumber>;

		/// Most versions of an organization's encryption key, the first one included.
		#[pallet::constant]
		type MaxKeyVersions: Get<u32>;

		/// For how many blocks secrets may still be wrapped to a version of an encryption key once there is a newer one.
		#[pallet::constant]
		type KeyGracePeriod: Get<BlockNumber>;

		/// What a seat of the council may use for governance calls per window of blocks, whatever its organization's
		/// quota and status.
		#[pallet::constant]
		type SeatAllowance: Get<Allowance>;

		/// The calls by which the network governs itself, with the seats that may make them: no suspension and no quota
		/// stops them, only [`Config::SeatAllowance`]. Nobody else may make an operational call.
		type GovernanceCalls: ContainsPair<AccountId, Self::RuntimeCall>;

		/// The calls that a node brings without a signer. Who may bring them is for their pallets to check.
		type UnsignedCalls: Contains<Self::RuntimeCall>;

		/// Weights of the calls and of the transaction extension.
		type WeightInfo: WeightInfo;
	}

	/// Organizations by number.
	// Twox64Concat: the chain counts the numbers, so nobody can choose them.
	#[pallet::storage]
	pub type Organizations<T: Config> =
		StorageMap<_, Twox64Concat, OrganizationId, Organization, OptionQuery>;

	/// The number that the next organization gets.
	#[pallet::storage]
	pub type NextOrganizationId<T: Config> = StorageValue<_, OrganizationId, ValueQuery>;

	/// The organization of each name.
	// Blake2_128Concat: names are chosen by applicants.
	#[pallet::storage]
	pub type NameIndex<T: Config> =
		StorageMap<_, Blake2_128Concat, OrganizationName, OrganizationId, OptionQuery>;

	/// The membership of each account.
	// Blake2_128Concat: accounts are chosen by their holders.
	#[pallet::storage]
	pub type Members<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Member, OptionQuery>;

	/// The accounts of each organization: at most `limits::MAX_MEMBERS` each.
	// Twox64Concat for the number, which the chain gives; Blake2_128Concat for the account, which its holder chooses.
	#[pallet::storage]
	pub type MemberAccounts<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		OrganizationId,
		Blake2_128Concat,
		AccountId,
		(),
		OptionQuery,
	>;

	/// Accounts that were removed after they had signed something. They keep their system account, and with it
	/// their nonce: if it were counted from 0 again, old transactions could be applied a second time once the
	/// account is added again.
	// Blake2_128Concat: accounts are chosen by their holders.
	#[pallet::storage]
	pub type FormerMembers<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, (), OptionQuery>;

	/// Every version of each organization's encryption key.
	// Twox64Concat: both numbers are counted by the chain.
	#[pallet::storage]
	pub type EncryptionKeys<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		OrganizationId,
		Twox64Concat,
		KeyVersion,
		EncryptionKey,
		OptionQuery,
	>;

	/// Where organizations serve objects. None for one that serves nothing.
	// Twox64Concat: the chain counts the numbers.
	#[pallet::storage]
	pub type AnnouncedEndpoints<T: Config> =
		StorageMap<_, Twox64Concat, OrganizationId, Endpoints, ValueQuery>;

	/// The use of each organization in its last active window.
	// Twox64Concat: the chain counts the numbers.
	#[pallet::storage]
	pub type QuotaUses<T: Config> =
		StorageMap<_, Twox64Concat, OrganizationId, QuotaUse, ValueQuery>;

	/// The use of each seat of the council in the window it last governed in.
	// Blake2_128Concat: accounts are chosen by their holders.
	#[pallet::storage]
	pub type SeatUses<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, SeatUse, ValueQuery>;

	/// Organizations that are there from the start, numbered in their order.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The organizations.
		pub organizations: Vec<GenesisOrganization>,
		/// Ties the configuration to its runtime.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for organization in &self.organizations {
				if let Err(error) = Pallet::<T>::build_organization(organization) {
					panic!("organization {:?} of the genesis: {error:?}", organization.name);
				}
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::QuotaWindow::get() > 0, "a window of quota has at least one block");
			assert!(T::MaxKeyVersions::get() > 0, "an organization has at least one key");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// An organization with its present encryption key.
		#[must_use]
		pub fn organization_info(id: OrganizationId) -> Option<OrganizationInfo> {
			Self::do_organization_info(id)
		}

		/// Organizations from number `from` on, at most `limit` and at most a page.
		#[must_use]
		pub fn organization_infos(from: OrganizationId, limit: u32) -> Vec<OrganizationInfo> {
			Self::do_organization_infos(from, limit)
		}

		/// The membership of an account.
		#[must_use]
		pub fn member_info(account: AccountId) -> Option<Member> {
			Members::<T>::get(account)
		}

		/// Members of an organization, in no particular order.
		#[must_use]
		pub fn member_infos(id: OrganizationId) -> Vec<MemberInfo> {
			Self::do_member_infos(id)
		}

		/// A version of an organization's encryption key.
		#[must_use]
		pub fn encryption_key_info(
			id: OrganizationId,
			version: KeyVersion,
		) -> Option<EncryptionKey> {
			EncryptionKeys::<T>::get(id, version)
		}

		/// Where an organization serves objects.
		#[must_use]
		pub fn endpoints(id: OrganizationId) -> Endpoints {
			AnnouncedEndpoints::<T>::get(id)
		}

		/// Quota of an organization, and its use in the present window of blocks.
		#[must_use]
		pub fn quota_info(id: OrganizationId) -> Option<QuotaInfo> {
			Self::do_quota_info(id)
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Admits an organization. `name` is 1 to 64 bytes of UTF-8 that no other organization has. `admin` is the
		/// account of its first member, which gets all roles. `encryption_key` is the X25519 public key that secrets
		/// are wrapped to for it. `quota` is what it may use per window of blocks, in bytes of transactions and
		/// picoseconds of execution; without one it gets `Config::DefaultQuota`.
		///
		/// ## Dispatch Origin
		/// `Config::CouncilOrigin`.
		///
		/// ## Errors
		/// [`Error::InvalidName`], [`Error::NameTaken`], [`Error::AlreadyMember`], [`Error::WeakEncryptionKey`],
		/// [`Error::TooManyOrganizations`].
		///
		/// ## Events
		/// [`Event::Admitted`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::admit())]
		pub fn admit(
			origin: OriginFor<T>,
			name: OrganizationName,
			admin: AccountId,
			encryption_key: PublicKey,
			quota: Option<Quota>,
		) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_admit(name, admin, encryption_key, quota).map(|_| ())
		}

		/// Suspends `organization`, a number: its members can neither write nor fetch. Its data and the grants that
		/// others hold stay as they are.
		///
		/// ## Dispatch Origin
		/// `Config::CouncilOrigin`.
		///
		/// ## Errors
		/// [`Error::OrganizationNotFound`], [`Error::AlreadySuspended`].
		///
		/// ## Events
		/// [`Event::Suspended`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::suspend())]
		pub fn suspend(origin: OriginFor<T>, organization: OrganizationId) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_suspend(organization)
		}

		/// Ends the suspension of `organization`, a number.
		///
		/// ## Dispatch Origin
		/// `Config::CouncilOrigin`.
		///
		/// ## Errors
		/// [`Error::OrganizationNotFound`], [`Error::NotSuspended`].
		///
		/// ## Events
		/// [`Event::Reinstated`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::reinstate())]
		pub fn reinstate(origin: OriginFor<T>, organization: OrganizationId) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_reinstate(organization)
		}

		/// Sets what `organization`, a number, may use per window of blocks. `quota` is in bytes of transactions and
		/// picoseconds of execution. What the organization has used in the present window counts against it.
		///
		/// ## Dispatch Origin
		/// `Config::CouncilOrigin`.
		///
		/// ## Errors
		/// [`Error::OrganizationNotFound`].
		///
		/// ## Events
		/// [`Event::QuotaSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_quota())]
		pub fn set_quota(
			origin: OriginFor<T>,
			organization: OrganizationId,
			quota: Quota,
		) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_set_quota(organization, quota)
		}

		/// Adds a member to the caller's organization. `account` is a member of none so far. `roles` is what it may do:
		/// an admin manages members, keys and streams, a submitter appends entries, a grantor gives and revokes grants.
		/// A member without any role may still read what its organization may.
		///
		/// ## Dispatch Origin
		/// A member with the admin role.
		///
		/// ## Errors
		/// [`Error::NotAMember`], [`Error::OrganizationSuspended`], [`Error::RoleMissing`], [`Error::AlreadyMember`],
		/// [`Error::TooManyMembers`].
		///
		/// ## Events
		/// [`Event::MemberAdded`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::add_member())]
		pub fn add_member(
			origin: OriginFor<T>,
			account: AccountId,
			roles: Roles,
		) -> DispatchResult {
			Self::do_add_member(ensure_signed(origin)?, account, roles)
		}

		/// Sets the roles of a member of the caller's organization. `account` is the member, and `roles` what it may
		/// do, in place of what it could do before.
		///
		/// ## Dispatch Origin
		/// A member with the admin role.
		///
		/// ## Errors
		/// [`Error::NotAMember`], [`Error::OrganizationSuspended`], [`Error::RoleMissing`],
		/// [`Error::MemberNotFound`], [`Error::LastAdmin`].
		///
		/// ## Events
		/// [`Event::RolesSet`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_roles())]
		pub fn set_roles(origin: OriginFor<T>, account: AccountId, roles: Roles) -> DispatchResult {
			Self::do_set_roles(ensure_signed(origin)?, account, roles)
		}

		/// Removes a member from the caller's organization. `account` is the member; what it has submitted stays.
		///
		/// ## Dispatch Origin
		/// A member with the admin role.
		///
		/// ## Errors
		/// [`Error::NotAMember`], [`Error::OrganizationSuspended`], [`Error::RoleMissing`],
		/// [`Error::MemberNotFound`], [`Error::LastAdmin`].
		///
		/// ## Events
		/// [`Event::MemberRemoved`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::remove_member())]
		pub fn remove_member(origin: OriginFor<T>, account: AccountId) -> DispatchResult {
			Self::do_remove_member(ensure_signed(origin)?, account)
		}

		/// Announces a new encryption key of the caller's organization. `encryption_key` is an X25519 public key, to
		/// which secrets are wrapped from now on. Old versions are kept, since old secrets are wrapped to them.
		///
		/// ## Dispatch Origin
		/// A member with the admin role.
		///
		/// ## Errors
		/// [`Error::NotAMember`], [`Error::OrganizationSuspended`], [`Error::RoleMissing`],
		/// [`Error::WeakEncryptionKey`], [`Error::TooManyKeyVersions`].
		///
		/// ## Events
		/// [`Event::KeyRotated`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::rotate_key())]
		pub fn rotate_key(origin: OriginFor<T>, encryption_key: PublicKey) -> DispatchResult {
			Self::do_rotate_key(ensure_signed(origin)?, encryption_key)
		}

		/// Announces where the caller's organization serves objects. `endpoints` are at most 4 URLs, the preferred one first;
		/// none to serve no more.
		///
		/// ## Dispatch Origin
		/// A member with the admin role.
		///
		/// ## Errors
		/// [`Error::NotAMember`], [`Error::OrganizationSuspended`], [`Error::RoleMissing`], [`Error::InvalidEndpoint`].
		///
		/// ## Events
		/// [`Event::EndpointsSet`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_endpoints())]
		pub fn set_endpoints(origin: OriginFor<T>, endpoints: Endpoints) -> DispatchResult {
			Self::do_set_endpoints(ensure_signed(origin)?, endpoints)
		}
	}
}
