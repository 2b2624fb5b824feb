//! A pallet with calls that succeed, fail, dispatch other calls, change members of [`World`](super::World), or claim a
//! class and a fee that a request or bundle must not take over.

pub use pallet::*;

// What the macro writes is not held to these.
#[allow(
	unused_qualifications,
	missing_docs,
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[frame_support::pallet(dev_mode)]
pub mod pallet {
	use crate::{
		mock::world::World,
		traits::{Membership, Role},
	};
	use credio_primitives::{AccountId, OrganizationId, Roles};
	use frame_support::{dispatch::PostDispatchInfo, pallet_prelude::*};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Dispatchable;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<
			AccountId = AccountId,
			RuntimeEvent: From<Event<Self>>,
			RuntimeCall: Dispatchable<
				RuntimeOrigin = Self::RuntimeOrigin,
				PostInfo = PostDispatchInfo,
			>,
		>
	{
	}

	#[pallet::storage]
	pub type Sum<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(fn deposit_event)]
	pub enum Event<T: Config> {
		Added { n: u32, by: AccountId },
	}

	#[pallet::error]
	pub enum Error<T> {
		Broken,
	}

	pub const ADD: Weight = Weight::from_parts(1_000, 10);
	pub const DECLARED: Weight = Weight::from_parts(50_000, 500);
	pub const USED: Weight = Weight::from_parts(2_000, 20);
	/// Just over half of the most that a bundle may weigh.
	pub const HEAVY: Weight = Weight::from_parts(1_000_000_000_001, 0);

	impl<T: Config> Pallet<T> {
		fn do_add(origin: OriginFor<T>, n: u32) -> DispatchResult {
			let by = ensure_signed(origin)?;
			Sum::<T>::mutate(|sum| *sum = sum.saturating_add(n));
			Self::deposit_event(Event::Added { n, by });
			Ok(())
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

		/// Is not allowed in a leg, at any depth.
		#[pallet::call_index(7)]
		#[pallet::weight(ADD)]
		pub fn forbidden(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}

		/// Needs the role of a grantor.
		#[pallet::call_index(8)]
		#[pallet::weight(ADD)]
		pub fn add_as_grantor(origin: OriginFor<T>, n: u32) -> DispatchResult {
			World::ensure_role(&ensure_signed(origin.clone())?, Role::Grantor)?;
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
			World::set_member(account, organization, Roles::ALL);
			Ok(())
		}

		/// Suspends an organization.
		#[pallet::call_index(10)]
		#[pallet::weight(ADD)]
		pub fn suspend(origin: OriginFor<T>, organization: OrganizationId) -> DispatchResult {
			ensure_signed(origin)?;
			World::suspend(organization);
			Ok(())
		}

		/// Carries bytes.
		#[pallet::call_index(11)]
		#[pallet::weight(ADD)]
		pub fn note(origin: OriginFor<T>, bytes: Vec<u8>) -> DispatchResult {
			Self::do_add(origin, bytes.len() as u32)
		}

		/// Needs the role of a submitter, by the `RoleOfCall` of a mock.
		#[pallet::call_index(12)]
		#[pallet::weight(ADD)]
		pub fn for_submitters(origin: OriginFor<T>, n: u32) -> DispatchResult {
			Self::do_add(origin, n)
		}

		/// May be made by no member.
		#[pallet::call_index(13)]
		#[pallet::weight(ADD)]
		pub fn for_nobody(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}
	}
}
