//! Members, and calls that succeed, fail, dispatch others, change members, or claim a class and a fee that a bundle
//! must not take over.

pub use pallet::*;

#[allow(unused_qualifications, missing_docs)]
#[frame_support::pallet(dev_mode)]
pub mod pallet {
	use credio_primitives::{AccountId, Member, OrganizationId, Roles};
	use frame_support::{dispatch::PostDispatchInfo, pallet_prelude::*};
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::{Membership, Role};
	use sp_runtime::traits::Dispatchable;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<
		AccountId = AccountId,
		RuntimeEvent: From<Event<Self>>,
		RuntimeCall: Dispatchable<RuntimeOrigin = Self::RuntimeOrigin, PostInfo = PostDispatchInfo>,
	>
	{
	}

	#[pallet::storage]
	pub type Sum<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::storage]
	pub type Members<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Member>;

	#[pallet::storage]
	pub type SuspendedOrganizations<T: Config> =
		StorageMap<_, Twox64Concat, OrganizationId, (), OptionQuery>;

	/// Number of organizations that benchmarks have made.
	#[pallet::storage]
	pub type BenchmarkOrganizations<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(fn deposit_event)]
	pub enum Event<T: Config> {
		Added { n: u32, by: AccountId },
	}

	#[pallet::error]
	pub enum Error<T> {
		Broken,
		NotAMember,
		Suspended,
		RoleMissing,
	}

	pub const ADD: Weight = Weight::from_parts(1_000, 10);
	pub const DECLARED: Weight = Weight::from_parts(50_000, 500);
	pub const USED: Weight = Weight::from_parts(2_000, 20);
	/// Just more than half of what a bundle may weigh.
	pub const HEAVY: Weight = Weight::from_parts(1_000_000_000_001, 0);

	impl<T: Config> Pallet<T> {
		fn do_add(origin: OriginFor<T>, n: u32) -> DispatchResult {
			let by = ensure_signed(origin)?;
			Sum::<T>::mutate(|sum| *sum = sum.saturating_add(n));
			Self::deposit_event(Event::Added { n, by });
			Ok(())
		}

		pub fn set_member(who: AccountId, organization: Option<OrganizationId>, roles: Roles) {
			Members::<T>::set(
				who,
				organization.map(|organization| Member { organization, roles, since: 0 }),
			);
		}
	}

	impl<T: Config> Membership<AccountId> for Pallet<T> {
		fn member(who: &AccountId) -> Option<Member> {
			Members::<T>::get(who)
		}

		fn is_active(organization: OrganizationId) -> bool {
			organization < 1_000 && !SuspendedOrganizations::<T>::contains_key(organization)
		}

		fn ensure_role(who: &AccountId, role: Role) -> Result<OrganizationId, DispatchError> {
			let member = Members::<T>::get(who).ok_or(Error::<T>::NotAMember)?;
			ensure!(Self::is_active(member.organization), Error::<T>::Suspended);
			ensure!(role.is_in(&member.roles), Error::<T>::RoleMissing);
			Ok(member.organization)
		}

		#[cfg(feature = "runtime-benchmarks")]
		fn benchmark_member(who: &AccountId) -> OrganizationId {
			let organization = BenchmarkOrganizations::<T>::mutate(|made| {
				*made += 1;
				100 + *made
			});
			Self::set_member(who.clone(), Some(organization), Roles::ALL);
			organization
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		#[pallet::call_index(0)]
		#[pallet::weight(ADD)]
		pub fn add(origin: OriginFor<T>, n: u32) -> DispatchResult {
			Self::do_add(origin, n)
		}

		#[pallet::call_index(1)]
		#[pallet::weight(ADD)]
		pub fn fail_after_adding(origin: OriginFor<T>, n: u32) -> DispatchResult {
			Self::do_add(origin, n)?;
			Err(Error::<T>::Broken.into())
		}

		/// Declares much and uses little, for no fee, as an operational call.
		#[pallet::call_index(2)]
		#[pallet::weight((DECLARED, DispatchClass::Operational, Pays::No))]
		pub fn privileged(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			Self::do_add(origin, 1)?;
			Ok(PostDispatchInfo { actual_weight: Some(USED), pays_fee: Pays::No })
		}

		#[pallet::call_index(3)]
		#[pallet::weight(ADD)]
		pub fn switched_off(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}

		/// Dispatches another call, as a batch would.
		#[pallet::call_index(4)]
		#[pallet::weight(ADD)]
		pub fn wrap(
			origin: OriginFor<T>,
			call: Box<<T as frame_system::Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			call.dispatch(origin)
		}

		#[pallet::call_index(5)]
		#[pallet::weight(Weight::MAX)]
		pub fn endless(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}

		#[pallet::call_index(6)]
		#[pallet::weight(HEAVY)]
		pub fn heavy(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}

		/// May not stand in a leg, at any depth.
		#[pallet::call_index(7)]
		#[pallet::weight(ADD)]
		pub fn forbidden(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}

		/// Takes the role of a grantor.
		#[pallet::call_index(8)]
		#[pallet::weight(ADD)]
		pub fn add_as_grantor(origin: OriginFor<T>, n: u32) -> DispatchResult {
			Self::ensure_role(&ensure_signed(origin.clone())?, Role::Grantor)?;
			Self::do_add(origin, n)
		}

		/// Moves an account to another organization, or out of all.
		#[pallet::call_index(9)]
		#[pallet::weight(ADD)]
		pub fn move_account(
			origin: OriginFor<T>,
			account: AccountId,
			organization: Option<OrganizationId>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::set_member(account, organization, Roles::ALL);
			Ok(())
		}

		/// Suspends an organization.
		#[pallet::call_index(10)]
		#[pallet::weight(ADD)]
		pub fn suspend(origin: OriginFor<T>, organization: OrganizationId) -> DispatchResult {
			ensure_signed(origin)?;
			SuspendedOrganizations::<T>::insert(organization, ());
			Ok(())
		}

		/// Carries bytes.
		#[pallet::call_index(11)]
		#[pallet::weight(ADD)]
		pub fn note(origin: OriginFor<T>, bytes: Vec<u8>) -> DispatchResult {
			Self::do_add(origin, bytes.len() as u32)
		}
	}
}
