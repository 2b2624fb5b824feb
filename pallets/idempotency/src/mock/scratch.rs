//! Calls that succeed, fail, dispatch others, or claim a class and a fee that a request must not take over.

pub use pallet::*;

#[allow(unused_qualifications, missing_docs)]
#[frame_support::pallet(dev_mode)]
pub mod pallet {
	use frame_support::{dispatch::PostDispatchInfo, pallet_prelude::*};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Dispatchable;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<
		RuntimeEvent: From<Event<Self>>,
		RuntimeCall: Dispatchable<RuntimeOrigin = Self::RuntimeOrigin, PostInfo = PostDispatchInfo>,
	>
	{
	}

	#[pallet::storage]
	pub type Sum<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(fn deposit_event)]
	pub enum Event<T: Config> {
		Added { n: u32, by: T::AccountId },
	}

	#[pallet::error]
	pub enum Error<T> {
		Broken,
	}

	pub const ADD: Weight = Weight::from_parts(1_000, 10);
	pub const DECLARED: Weight = Weight::from_parts(50_000, 500);
	pub const USED: Weight = Weight::from_parts(2_000, 20);

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
		#[pallet::weight(ADD)]
		pub fn for_submitters(origin: OriginFor<T>, n: u32) -> DispatchResult {
			Self::do_add(origin, n)
		}

		#[pallet::call_index(7)]
		#[pallet::weight(ADD)]
		pub fn for_nobody(origin: OriginFor<T>) -> DispatchResult {
			Self::do_add(origin, 1)
		}
	}
}
