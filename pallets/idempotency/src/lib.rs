#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod clean_up;
pub mod extension;
mod impls;
#[cfg(test)]
mod mock;
pub mod mortality;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use extension::CheckRequest;
pub use mortality::CheckMortality;
pub use pallet::*;
pub use types::Removal;
pub use weights::WeightInfo;

use credio_primitives::BlockNumber;

/// Receipts are removed by buckets of so many blocks: a receipt may stay this much longer than it has to.
pub const BUCKET_WIDTH: BlockNumber = 100;

/// Steps of clean-up that a request takes beside its own receipt. More than one, so that receipts that are due become
/// fewer even when blocks are full for ever and leave no idle time.
pub const REMOVALS_PER_REQUEST: u32 = 2;

/// Requests: calls that are applied together or not at all, once, and what became of them.
// What the macro writes is not held to these.
#[allow(
	unused_qualifications,
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[frame_support::pallet]
pub mod pallet {
	use super::{types::Removal, weights::WeightInfo};
	use alloc::vec::Vec;
	use credio_primitives::request::RequestLimits;
	use credio_primitives::{AccountId, BlockNumber, OrganizationId, Receipt, Request, RequestKey};
	use frame_support::{
		dispatch::{DispatchClass, GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{Contains, IsSubType},
	};
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::{Membership, RoleOfCall};
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

		/// Which calls may travel in a request. Calls of this pallet never do, whatever it says.
		type CallFilter: Contains<<Self as Config>::RuntimeCall>;

		/// The role that each call checks. A signer that lacks one leaves no receipt, so a member cannot use
		/// up keys and lane positions for calls that it could not make anyway.
		type RequiredRole: RoleOfCall<<Self as Config>::RuntimeCall>;

		/// How far ahead of the present block `expires_at` may lie.
		#[pallet::constant]
		type MaxRequestLifetime: Get<BlockNumber>;

		/// For how many blocks past `expires_at` a request may be signed again under its key without being applied
		/// twice. A receipt is kept for `MaxRequestLifetime` beyond that.
		#[pallet::constant]
		type ReceiptRetention: Get<BlockNumber>;

		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;
	}

	/// What the chain did with each request.
	// Twox64Concat for the organization, a number from the chain; Blake2_128Concat for the key, which a member
	// chooses.
	#[pallet::storage]
	pub type Receipts<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		OrganizationId,
		Blake2_128Concat,
		RequestKey,
		Receipt,
		OptionQuery,
	>;

	/// Receipts by the bucket of blocks after which they are removed, numbered from 0 in each. The last one goes first,
	/// so removal never searches, however many went before it in the same block.
	// Twox64Concat for both: the chain counts buckets and numbers.
	#[pallet::storage]
	pub type Removals<T: Config> =
		StorageDoubleMap<_, Twox64Concat, u32, Twox64Concat, u32, Removal, OptionQuery>;

	/// How many receipts each bucket holds.
	// Twox64Concat: the chain counts buckets.
	#[pallet::storage]
	pub type RemovalCounts<T: Config> = StorageMap<_, Twox64Concat, u32, u32, ValueQuery>;

	/// The next position of each lane that was used.
	// Twox64Concat for both: the chain gives the organization's number, and lanes are few.
	#[pallet::storage]
	pub type NextPositions<T: Config> =
		StorageDoubleMap<_, Twox64Concat, OrganizationId, Twox64Concat, u32, u64, ValueQuery>;

	/// The first bucket that may not be empty. All before it are.
	#[pallet::storage]
	pub type OldestBucket<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// All calls of a request were applied.
		Applied {
			/// The organization that submitted the request.
			organization: OrganizationId,
			/// Key of the request.
			key: RequestKey,
		},
		/// A call of a request failed, and none was applied.
		Rejected {
			/// The organization that submitted the request.
			organization: OrganizationId,
			/// Key of the request.
			key: RequestKey,
			/// Position of the failed call in the request, counted from 0.
			call_index: u32,
			/// Why it failed.
			error: DispatchError,
		},
		/// A request came again. Nothing was done, and its receipt stands.
		Repeated {
			/// The organization that submitted the request.
			organization: OrganizationId,
			/// Key of the request.
			key: RequestKey,
		},
	}

	/// Why a request is refused. A refused request leaves no receipt.
	#[pallet::error]
	pub enum Error<T> {
		/// The request names another organization than the signer's.
		OtherOrganization,
		/// The request has no calls.
		NoCalls,
		/// The request has more than 64 calls.
		TooManyCalls,
		/// One of the calls may not travel in a request.
		CallNotAllowed,
		/// The signer lacks a role that one of the calls needs.
		RoleMissing,
		/// `expires_at` has passed: the request can never be applied.
		Expired,
		/// `expires_at` lies further ahead than the longest lifetime of a request.
		ExpiryTooFar,
		/// The key was used for other calls. The receipt of those stands.
		KeyReused,
		/// The organization has no lane of this number.
		NoSuchLane,
		/// The lane position was consumed by another request: this one needs a new position.
		PositionConsumed,
		/// The requests at earlier positions of the lane have not been decided yet.
		PositionAhead,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::clean_up(remaining)
		}

		fn integrity_test() {
			assert!(T::MaxRequestLifetime::get() > 0, "a request lives at least one block");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What the chain did with a request.
		#[must_use]
		pub fn receipt(organization: OrganizationId, key: RequestKey) -> Option<Receipt> {
			Receipts::<T>::get(organization, key)
		}

		/// The next position of a lane. All before it are consumed.
		#[must_use]
		pub fn next_position(organization: OrganizationId, lane: u32) -> u64 {
			NextPositions::<T>::get(organization, lane)
		}

		/// Bounds on requests.
		#[must_use]
		pub fn limits() -> RequestLimits {
			Self::do_limits()
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Applies the calls of a request together or not at all, once. `request` is the organization that it is for, a
		/// key, which is unique within the organization, the last block that may apply the request, and a
		/// position in a lane, if it is to be applied in an order. `calls` are 1 to 64 calls.
		///
		/// The calls run with the signer's own origin. If one fails, all are undone and the receipt says so; this
		/// call succeeds all the same. Either way the request's lane position is consumed. The same key with the same
		/// calls again does nothing: the first receipt stands, even past its expiry.
		///
		/// As the call of a transaction it uses no nonce, and what would be refused here or repeated does not get
		/// into a block: see [`CheckRequest`](crate::CheckRequest).
		///
		/// ## Dispatch Origin
		/// A member of the organization that `request` names, with the roles that the calls need; the organization
		/// has to be active.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::OtherOrganization`], [`Error::NoCalls`], [`Error::TooManyCalls`],
		/// [`Error::KeyReused`], [`Error::Expired`], [`Error::ExpiryTooFar`], [`Error::CallNotAllowed`],
		/// [`Error::RoleMissing`], [`Error::NoSuchLane`], [`Error::PositionConsumed`], [`Error::PositionAhead`]. None
		/// of them leaves a receipt.
		///
		/// ## Events
		/// [`Event::Applied`], [`Event::Rejected`] or [`Event::Repeated`].
		#[pallet::call_index(0)]
		#[pallet::weight((Pallet::<T>::declared_weight(calls), DispatchClass::Normal))]
		pub fn submit(
			origin: OriginFor<T>,
			request: Request,
			calls: Vec<<T as Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			Self::do_submit(origin, request, calls, Self::required_role)
		}
	}
}
