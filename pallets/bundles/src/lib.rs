#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

/// How many bundles that are due each proposal cleans up.
///
/// Clean-up visits a bundle at most twice, so proposals by themselves clean up as much as they will leave behind: bundles
/// stay bounded even if blocks are full of proposals for ever.
pub const VISITS_PER_PROPOSAL: u32 = 2;

/// Bundles: calls of several organizations that apply together or not at all.
// What the macro writes is not held to these.
#[allow(
	unused_qualifications,
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[frame_support::pallet]
pub mod pallet {
	use super::{types::BoundedLegs, weights::WeightInfo};
	use alloc::vec::Vec;
	use credio_primitives::{
		AccountId, Bundle, BundleId, Digest, Leg, Moment, MomentKey, OrganizationId, Reference,
		bundle::{BundleDetail, BundleLimits},
	};
	use frame_support::{
		dispatch::{DispatchClass, GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{Contains, IsSubType, Time},
	};
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::Membership;
	use sp_runtime::traits::Dispatchable;

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
		/// A call of the runtime.
		type RuntimeCall: Parameter
			+ Dispatchable<RuntimeOrigin = Self::RuntimeOrigin, PostInfo = PostDispatchInfo>
			+ GetDispatchInfo
			+ From<frame_system::Call<Self>>
			+ IsSubType<Call<Self>>
			+ IsType<<Self as frame_system::Config>::RuntimeCall>;

		/// Who acts for which organization.
		type Membership: Membership<AccountId>;

		/// The chain's clock: a deadline is promised to people, so it passes by this, whatever number of blocks is made.
		type Time: Time<Moment = Moment>;

		/// Which calls may stand in a leg, also inside another call. Calls of this pallet never do, whatever it says.
		type CallFilter: Contains<<Self as Config>::RuntimeCall>;

		/// How far ahead of the present moment a deadline may lie, in milliseconds.
		#[pallet::constant]
		type MaxBundleLifetime: Get<Moment>;

		/// How long the record of a bundle is kept past its deadline, in milliseconds.
		#[pallet::constant]
		type BundleRetention: Get<Moment>;

		/// Most open bundles that one organization has proposed.
		#[pallet::constant]
		type MaxOpenBundles: Get<u32>;

		/// Most weight that the calls of a bundle may declare together.
		#[pallet::constant]
		type MaxBundleWeight: Get<Weight>;

		/// Weights of the calls and of clean-up.
		type WeightInfo: WeightInfo;
	}

	/// All bundles, from their proposal until the end of the retention.
	// Identity: a bundle id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Bundles<T: Config> = StorageMap<_, Identity, BundleId, Bundle, OptionQuery>;

	/// The legs of the bundles that are open.
	// Identity: a bundle id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Legs<T: Config> =
		StorageMap<_, Identity, BundleId, BoundedLegs<<T as Config>::RuntimeCall>, OptionQuery>;

	/// The bundles that each organization has a leg of.
	// Twox64Concat for the number, which the chain gives; Identity for the bundle id, which is a blake2 output.
	#[pallet::storage]
	pub type BundlesByOrganization<T: Config> =
		StorageDoubleMap<_, Twox64Concat, OrganizationId, Identity, BundleId, (), OptionQuery>;

	/// Number of open bundles that each organization has proposed.
	// Twox64Concat: the chain counts the numbers.
	#[pallet::storage]
	pub type OpenBundles<T: Config> = StorageMap<_, Twox64Concat, OrganizationId, u32, ValueQuery>;

	/// Bundles by the moment past which clean-up is to come to them, the earliest first: the deadline of one that is open,
	/// the end of the retention of one that has ended.
	// Identity keeps the order of moments; a bundle id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type CleanUps<T: Config> =
		StorageDoubleMap<_, Identity, MomentKey, Identity, BundleId, (), OptionQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A bundle was proposed. It waits for the consents of all organizations with a leg.
		Proposed {
			/// The bundle.
			bundle: BundleId,
			/// Organization that proposed it.
			organization: OrganizationId,
			/// Member that did.
			by: AccountId,
			/// Last moment at which it can execute, in milliseconds since 1970, by the chain's clock.
			deadline: Moment,
			/// What the organizations are asked to consent to.
			digest: Digest,
		},
		/// An organization consented to a bundle.
		Consented {
			/// The bundle.
			bundle: BundleId,
			/// The organization.
			organization: OrganizationId,
			/// Member that did. The organization's calls run with its origin.
			by: AccountId,
		},
		/// An organization withdrew its consent to a bundle.
		Withdrawn {
			/// The bundle.
			bundle: BundleId,
			/// The organization.
			organization: OrganizationId,
			/// Member that did.
			by: AccountId,
		},
		/// All had consented, and all calls of a bundle were applied.
		Executed {
			/// The bundle.
			bundle: BundleId,
		},
		/// All had consented, a call of a bundle failed, and none was applied.
		Aborted {
			/// The bundle.
			bundle: BundleId,
			/// Position of the leg with the call that failed, counted from 0.
			leg: u32,
			/// Position of that call in its leg, counted from 0.
			call_index: u32,
			/// Why it failed.
			error: DispatchError,
		},
		/// The deadline of a bundle has passed before all had consented. Nothing was applied. Emitted by clean-up, which may
		/// come some blocks after the deadline.
		Expired {
			/// The bundle.
			bundle: BundleId,
		},
	}

	/// Why a call is refused, or a leg could not act.
	#[pallet::error]
	pub enum Error<T> {
		/// Your organization has no leg in this bundle: only those with one propose it or consent to it.
		NotAParty,
		/// The bundle has more than 16 legs: split it.
		TooManyLegs,
		/// An organization has two legs: put all of its calls into one.
		OrganizationTwice,
		/// An organization with a leg is unknown or suspended: leave it out, or ask the council to reinstate it.
		OrganizationNotActive,
		/// A leg has no calls: give it some or leave it out.
		NoCalls,
		/// The legs have more than 64 calls together: split the bundle.
		TooManyCalls,
		/// One of the calls may not stand in a leg: only those of organizations, streams, records and grants do.
		CallNotAllowed,
		/// The legs are larger than 256 KiB: split the bundle, or anchor documents instead of storing them.
		LegsTooLarge,
		/// The calls weigh more than `MaxBundleWeight` together: split the bundle.
		LegsTooHeavy,
		/// The deadline lies further ahead than `MaxBundleLifetime`: choose an earlier one, in milliseconds since 1970.
		DeadlineTooFar,
		/// The deadline, in milliseconds since 1970, has passed: the bundle can never execute. Propose one with a later
		/// deadline.
		DeadlinePassed,
		/// Your organization has proposed a bundle under this reference: choose another.
		AlreadyProposed,
		/// Your organization has proposed as many open bundles as it may: wait until some have ended.
		TooManyOpenBundles,
		/// There is no bundle of this name, or it was removed after its retention.
		NotFound,
		/// The bundle was executed, aborted or has expired: nothing can change it any more.
		NotOpen,
		/// The digest is not that of this bundle: look at what it does before you consent.
		DigestMismatch,
		/// Your organization has consented already. Withdraw first if another member is to consent.
		AlreadyConsented,
		/// Your organization has not consented, so there is nothing to withdraw.
		NotConsented,
		/// `max_weight` is less than what the calls of the bundle declare, which `weight` of the bundle says: offer
		/// at least that.
		MaxWeightTooLow,
		/// The account that consented for the leg is no longer a member of the leg's organization.
		MemberLeft,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::clean_up(remaining)
		}

		fn integrity_test() {
			assert!(T::MaxBundleLifetime::get() > 0, "a bundle has some time");
			assert!(T::MaxOpenBundles::get() > 0, "bundles can be proposed");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A bundle, with its legs while it is open and the weight that consenting to it has to offer.
		#[must_use]
		pub fn bundle(id: BundleId) -> Option<BundleDetail> {
			Self::do_bundle(id)
		}

		/// Bounds on bundles.
		#[must_use]
		pub fn limits() -> BundleLimits {
			Self::do_limits()
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Proposes a bundle: calls of several organizations that apply together or not at all. `reference` is 32 bytes
		/// that the caller's organization has not used for another bundle; the bundle's id follows from it. `deadline`
		/// is the last moment at which it can execute, in milliseconds since 1970: the time of the block that executes it is the
		/// deadline or earlier. `legs` are organizations, each at most once, with their calls. Proposing is not consenting.
		///
		/// Each proposal also cleans up a few bundles that are due, and is charged for those that there are.
		///
		/// The bundle's id is `blake2_256("credio/bundle/v1" ++ organization ++ reference)`.
		///
		/// ## Dispatch Origin
		/// A submitter of an organization with a leg.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::NotAParty`], [`Error::TooManyLegs`], [`Error::OrganizationTwice`],
		/// [`Error::OrganizationNotActive`], [`Error::NoCalls`], [`Error::TooManyCalls`], [`Error::DeadlinePassed`],
		/// [`Error::DeadlineTooFar`], [`Error::CallNotAllowed`], [`Error::LegsTooHeavy`], [`Error::LegsTooLarge`],
		/// [`Error::AlreadyProposed`], [`Error::TooManyOpenBundles`].
		///
		/// ## Events
		/// [`Event::Proposed`].
		#[pallet::call_index(0)]
		#[pallet::weight((
			Pallet::<T>::propose_weight(legs).saturating_add(Pallet::<T>::proposal_clean_up_weight()),
			DispatchClass::Normal,
		))]
		pub fn propose(
			origin: OriginFor<T>,
			reference: Reference,
			deadline: Moment,
			legs: Vec<Leg<<T as Config>::RuntimeCall>>,
		) -> DispatchResultWithPostInfo {
			Self::do_propose(
				ensure_signed(origin)?,
				reference,
				deadline,
				legs,
				T::CallFilter::contains,
			)
		}

		/// Consents to a bundle for one's organization. With the last consent, the bundle executes. `bundle` is its id.
		/// `digest` names the whole bundle: the signer computes it from the legs. `max_weight` has to be at
		/// least what the calls of the bundle declare.
		///
		/// The leg's calls will run with the origin of the account that consents here, in the block of the last
		/// consent, and nothing more is needed of this organization.
		///
		/// The last consent runs all legs in order and pays for them: `max_weight` has to be at least what they
		/// declare, and the unused part is refunded. If a call fails, all are undone, the bundle is aborted, and this
		/// call succeeds all the same.
		///
		/// ## Dispatch Origin
		/// A submitter of an organization with a leg.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::NotFound`], [`Error::NotOpen`], [`Error::DeadlinePassed`],
		/// [`Error::NotAParty`], [`Error::DigestMismatch`], [`Error::AlreadyConsented`], [`Error::MaxWeightTooLow`].
		///
		/// ## Events
		/// [`Event::Consented`], and then [`Event::Executed`] or [`Event::Aborted`] if it was the last.
		#[pallet::call_index(1)]
		#[pallet::weight((
			Pallet::<T>::last_consent_weight().saturating_add(*max_weight),
			DispatchClass::Normal,
		))]
		pub fn consent(
			origin: OriginFor<T>,
			bundle: BundleId,
			digest: Digest,
			max_weight: Weight,
		) -> DispatchResultWithPostInfo {
			Self::do_consent(
				ensure_signed(origin)?,
				bundle,
				digest,
				max_weight,
				T::CallFilter::contains,
			)
		}

		/// Withdraws the consent of one's organization. It may consent again. `bundle` is the bundle's id.
		///
		/// ## Dispatch Origin
		/// A submitter of an organization that has consented; until the last consent.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::NotFound`], [`Error::NotOpen`], [`Error::DeadlinePassed`],
		/// [`Error::NotAParty`], [`Error::NotConsented`].
		///
		/// ## Events
		/// [`Event::Withdrawn`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, bundle: BundleId) -> DispatchResult {
			Self::do_withdraw(ensure_signed(origin)?, bundle)
		}
	}
}
