#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod finality;
#[cfg(test)]
mod mock;
mod sessions;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;

pub use finality::{FinalityGadget, Stall};
pub use pallet::*;
pub use sessions::NothingMore;
pub use weights::WeightInfo;

/// Who makes blocks and votes on finality, as the council decides.
// What the macro writes is not held to these.
#[allow(
	unused_qualifications,
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[frame_support::pallet]
pub mod pallet {
	use super::{
		finality::{FinalityGadget, Stall},
		weights::WeightInfo,
	};
	use alloc::{collections::BTreeSet, vec::Vec};
	use credio_primitives::{AccountId, BlockNumber, Digest, ValidatorOffence, ValidatorState};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use pallet_session::WeightInfo as _;
	use sp_staking::SessionIndex;

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
		+ pallet_session::Config<ValidatorId = AccountId>
		+ pallet_session::historical::Config<FullIdentification = ()>
	{
		/// Who may add, remove and reinstate validators.
		type CouncilOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may take finality from validators that are lost, without their votes.
		type ForceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The gadget that makes blocks final.
		type Finality: FinalityGadget;

		/// Most blocks from the plan of a change by force to its effect.
		#[pallet::constant]
		type MaxForcedDelay: Get<BlockNumber>;

		/// Blocks that have to pass between two changes of the keys of one validator. Each change adds to every proof of
		/// finality that starts before it.
		#[pallet::constant]
		type KeyChangeInterval: Get<BlockNumber>;

		/// Most validators.
		#[pallet::constant]
		type MaxValidators: Get<u32>;

		/// Length of a session in blocks, when nothing ends it earlier. At least 1.
		#[pallet::constant]
		type SessionLength: Get<BlockNumber>;

		/// For how many past sessions the chain keeps who its validators were, so that what they did can be proven.
		#[pallet::constant]
		type SessionHistory: Get<SessionIndex>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The accounts that the council has made validators, in the order of its decisions.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedVec<AccountId, T::MaxValidators>, ValueQuery>;

	/// Validators that were proven to have committed an offence, until the council reinstates or removes them.
	// Twox64Concat: only validators are in it, which the council chooses.
	#[pallet::storage]
	pub type Disabled<T: Config> =
		StorageMap<_, Twox64Concat, AccountId, ValidatorOffence, OptionQuery>;

	/// Digest of the validators, with their keys, that were planned last. Sessions that would change nothing leave
	/// the authorities as they are.
	#[pallet::storage]
	pub type Planned<T: Config> = StorageValue<_, Digest, OptionQuery>;

	/// Sessions that end at the next blocks, whatever their length: a change of the validators is planned when one
	/// ends, and holds when the next one does.
	#[pallet::storage]
	pub type RotationsDue<T: Config> = StorageValue<_, u8, ValueQuery>;

	/// A noted stall of finality, until a session starts with validators that can take over finality.
	#[pallet::storage]
	pub type HeldStall<T: Config> = StorageValue<_, Stall, OptionQuery>;

	/// When a validator has last changed its session keys.
	// Twox64Concat: only validators are in it, which the council chooses.
	#[pallet::storage]
	pub type KeysChanged<T: Config> =
		StorageMap<_, Twox64Concat, AccountId, BlockNumber, OptionQuery>;

	/// The genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The first validators. Their keys are in the genesis of the session pallet.
		pub validators: Vec<AccountId>,
		#[serde(skip)]
		#[allow(missing_docs)]
		pub _marker: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let unique = self.validators.iter().collect::<BTreeSet<_>>();
			assert_eq!(unique.len(), self.validators.len(), "a validator is listed twice");
			let validators = BoundedVec::try_from(self.validators.clone());
			Validators::<T>::put(validators.expect("there are too many validators"));
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account is a validator from the session after the next one on.
		ValidatorAdded {
			/// Its account.
			validator: AccountId,
		},
		/// An account is no validator any more from the session after the next one on.
		ValidatorRemoved {
			/// Its account.
			validator: AccountId,
		},
		/// A validator was proven to have committed an offence. It is disabled until the council decides.
		ValidatorDisabled {
			/// Its account.
			validator: AccountId,
			/// The session of the offence.
			session: SessionIndex,
		},
		/// The council has let a disabled validator go on.
		ValidatorReinstated {
			/// Its account.
			validator: AccountId,
		},
		/// The council hands finality to the validators that are left: they vote alone, `delay` blocks after the one that
		/// plans it, which follows in a few blocks.
		FinalityResumed {
			/// The last finalized block, which they build on.
			best_finalized: BlockNumber,
			/// Blocks from the plan to their first vote.
			delay: BlockNumber,
		},
	}

	/// Why a call failed.
	#[pallet::error]
	pub enum Error<T> {
		/// The account is a validator already.
		AlreadyValidator,
		/// The account is no validator.
		NotAValidator,
		/// The account has not set its session keys: its holder calls `validators.setKeys` first.
		NoSessionKeys,
		/// There are as many validators as the chain can have: remove one first.
		TooManyValidators,
		/// Nobody would be left to make blocks: add another validator first.
		LastValidator,
		/// The validator is not disabled.
		NotDisabled,
		/// The validator has changed its session keys a short while ago: wait, or ask the council to remove it and add it
		/// again.
		KeysChangedRecently,
		/// The block has not been made yet: name the last finalized one.
		FutureBlock,
		/// The delay is longer than a change by force may take: choose a shorter one.
		DelayTooLong,
		/// A change of the validators by force is under way, or was a short while ago: wait until it holds.
		ForcedChangeUnderWay,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::SessionLength::get() > 0, "sessions have at least one block");
			assert!(T::MaxValidators::get() > 0, "there is at least one validator");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Makes `validator` a validator, which makes blocks and votes on finality a few blocks later.
		///
		/// The account's holder has set its session keys before.
		///
		/// ## Dispatch Origin
		/// The council.
		///
		/// ## Errors
		/// `AlreadyValidator`, `NoSessionKeys`, `TooManyValidators`.
		///
		/// ## Events
		/// [`Event::ValidatorAdded`].
		#[pallet::call_index(0)]
		#[pallet::weight((<T as Config>::WeightInfo::add_validator(), DispatchClass::Operational))]
		pub fn add_validator(origin: OriginFor<T>, validator: AccountId) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			ensure!(
				pallet_session::Pallet::<T>::load_keys(&validator).is_some(),
				Error::<T>::NoSessionKeys
			);
			Validators::<T>::try_mutate(|validators| {
				ensure!(!validators.contains(&validator), Error::<T>::AlreadyValidator);
				validators.try_push(validator.clone()).map_err(|_| Error::<T>::TooManyValidators)
			})?;
			Self::rotate_soon();
			Self::deposit_event(Event::ValidatorAdded { validator });
			Ok(())
		}

		/// Ends that `validator` is a validator, a few blocks later.
		///
		/// ## Dispatch Origin
		/// The council.
		///
		/// ## Errors
		/// `NotAValidator`; `LastValidator` if no other validator has session keys and is not disabled.
		///
		/// ## Events
		/// [`Event::ValidatorRemoved`].
		#[pallet::call_index(1)]
		#[pallet::weight((<T as Config>::WeightInfo::remove_validator(), DispatchClass::Operational))]
		pub fn remove_validator(origin: OriginFor<T>, validator: AccountId) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_remove_validators(alloc::vec![validator])
		}

		/// Lets `validator`, which was disabled for an offence, make blocks and vote again.
		///
		/// ## Dispatch Origin
		/// The council.
		///
		/// ## Errors
		/// `NotDisabled`.
		///
		/// ## Events
		/// [`Event::ValidatorReinstated`].
		#[pallet::call_index(2)]
		#[pallet::weight((
			<T as Config>::WeightInfo::reinstate_validator(),
			DispatchClass::Operational
		))]
		pub fn reinstate_validator(origin: OriginFor<T>, validator: AccountId) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Disabled::<T>::take(&validator).ok_or(Error::<T>::NotDisabled)?;
			Self::rotate_soon();
			Self::deposit_event(Event::ValidatorReinstated { validator });
			Ok(())
		}

		/// Gives finality back to a chain on which so many validators are lost for ever that nothing becomes final:
		/// removes those that are `lost`, and hands finality to the others, who vote on top of `best_finalized` from
		/// `delay` blocks after the one that plans it.
		///
		/// `best_finalized` is the highest block that is final at any of the validators that are left. `delay` is long
		/// enough for all of them to have the block that plans the change. No earlier validator has agreed to it, so proofs
		/// of finality that start before it need a checkpoint of the council.
		///
		/// ## Dispatch Origin
		/// `Config::ForceOrigin`, two thirds of the council.
		///
		/// ## Errors
		/// `FutureBlock`, `DelayTooLong`, `ForcedChangeUnderWay`, `NotAValidator`, `LastValidator`.
		///
		/// ## Events
		/// [`Event::ValidatorRemoved`] for each and [`Event::FinalityResumed`].
		#[pallet::call_index(3)]
		#[pallet::weight((<T as Config>::WeightInfo::resume_finality(), DispatchClass::Operational))]
		pub fn resume_finality(
			origin: OriginFor<T>,
			lost: BoundedVec<AccountId, T::MaxValidators>,
			best_finalized: BlockNumber,
			delay: BlockNumber,
		) -> DispatchResult {
			T::ForceOrigin::ensure_origin(origin)?;
			Self::do_resume_finality(lost.into_inner(), Stall { delay, best_finalized })
		}

		/// Sets the session keys of the caller. `keys` are their public halves, and `proof` shows that it holds them: a node
		/// makes both. Those of a validator that stays hold from the session after the next one on.
		///
		/// A validator can do so once in `Config::KeyChangeInterval` blocks.
		///
		/// ## Dispatch Origin
		/// Any member.
		///
		/// ## Errors
		/// `KeysChangedRecently`, `Session.InvalidProof`, `Session.DuplicatedKey`.
		#[pallet::call_index(4)]
		#[pallet::weight(
			<T as pallet_session::Config>::WeightInfo::set_keys()
				.saturating_add(<T as Config>::WeightInfo::set_keys())
		)]
		pub fn set_keys(origin: OriginFor<T>, keys: T::Keys, proof: Vec<u8>) -> DispatchResult {
			Self::note_change_of_keys(&ensure_signed(origin.clone())?)?;
			pallet_session::Pallet::<T>::set_keys(origin, keys, proof)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The validators that the council has chosen, and those of the present session that it has removed since.
		#[must_use]
		pub fn validator_states() -> Vec<ValidatorState> {
			Self::states()
		}
	}
}
