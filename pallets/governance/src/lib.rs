#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
mod motions;
#[cfg(test)]
mod tests;
pub mod weights;

pub use motions::{Motions, OpenMotion};
pub use pallet::*;
pub use weights::WeightInfo;

/// Lets the council act as root, bounds what one seat of it may propose, and names the network.
// What the macro writes is not held to these.
#[allow(
	missing_docs,
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[frame_support::pallet]
pub mod pallet {
	use super::{Motions, WeightInfo};
	use alloc::boxed::Box;
	use frame_support::{
		dispatch::{GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::UnfilteredDispatchable,
	};
	use frame_system::{RawOrigin, pallet_prelude::*};

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// A call of the runtime.
		type RuntimeCall: Parameter
			+ UnfilteredDispatchable<RuntimeOrigin = Self::RuntimeOrigin>
			+ GetDispatchInfo;
		/// Who may act as root.
		type RootOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who has proposed which motions.
		type Motions: Motions<Self::AccountId>;
		/// Most motions of one seat of the council that are open at a time.
		#[pallet::constant]
		type MaxOpenMotions: Get<u32>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The id of the network: 32 random bytes. It makes the genesis of every network another one, even where the same
	/// people make two of the same organizations, members and validators; so nothing that is signed for one network is
	/// good in the other.
	#[pallet::storage]
	pub type NetworkId<T: Config> = StorageValue<_, [u8; 32], ValueQuery>;

	/// The genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The id of the network, as `0x` and 64 hex digits.
		pub network_id: sp_core::H256,
		#[serde(skip)]
		#[allow(missing_docs)]
		pub _marker: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			NetworkId::<T>::put(self.network_id.0);
		}
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The seat has as many open motions as one can have: close one, or wait until one has ended.
		TooManyOpenMotions,
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The id of the network.
		#[must_use]
		pub fn network_id() -> [u8; 32] {
			Self::do_network_id()
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A call was dispatched as root.
		DispatchedAsRoot {
			/// How it ended.
			result: DispatchResult,
		},
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Dispatches `call` as root.
		///
		/// A call that fails does not fail this one: the event says how it ended.
		///
		/// ## Dispatch Origin
		/// `Config::RootOrigin`, a motion of the council.
		///
		/// ## Errors
		/// `BadOrigin`.
		///
		/// ## Events
		/// [`Event::DispatchedAsRoot`].
		#[pallet::call_index(0)]
		#[pallet::weight({
			let info = call.get_dispatch_info();
			(T::WeightInfo::dispatch_as_root().saturating_add(info.call_weight), info.class)
		})]
		pub fn dispatch_as_root(
			origin: OriginFor<T>,
			call: Box<<T as Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			T::RootOrigin::ensure_origin(origin)?;
			let declared = call.get_dispatch_info();
			let result = call.dispatch_bypass_filter(RawOrigin::Root.into());
			let used = frame_support::dispatch::extract_actual_weight(&result, &declared);
			Self::deposit_event(Event::DispatchedAsRoot {
				result: result.map(|_| ()).map_err(|error| error.error),
			});
			Ok(PostDispatchInfo {
				actual_weight: Some(T::WeightInfo::dispatch_as_root().saturating_add(used)),
				pays_fee: Pays::No,
			})
		}
	}
}
