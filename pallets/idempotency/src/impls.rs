//! What `submit` does, and how receipts go.

use super::*;
use alloc::vec::Vec;
use codec::Encode;
use credio_primitives::{
	apis::RequestLimits,
	limits,
	traits::{Membership, Role},
	Digest, LanePosition, OrganizationId, Outcome, Receipt, Request,
};
use frame_support::{
	dispatch::{
		extract_actual_weight, DispatchResultWithPostInfo, GetDispatchInfo, WithPostDispatchInfo,
	},
	ensure,
	storage::transactional::with_transaction_opaque_err,
	traits::{Get, IsSubType, IsType, OriginTrait},
	weights::Weight,
	Blake2_256, StorageHasher,
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::{
	traits::{Dispatchable, SaturatedConversion},
	DispatchError, TransactionOutcome, TransactionalError,
};

type CallOf<T> = <T as Config>::RuntimeCall;

/// The request is new and may run, or it has a receipt already.
pub(crate) enum Decision {
	/// It is new.
	Run {
		/// Digest of its calls.
		body_digest: Digest,
		/// The next position of its lane, if it names one.
		next_position: Option<u64>,
	},
	/// It was decided before.
	Repeat,
}

impl<T: Config> Pallet<T> {
	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The bucket of a block.
	pub(crate) fn bucket(block: BlockNumber) -> u32 {
		block / BUCKET_WIDTH
	}

	/// The bucket with the last block in which a receipt has to be kept.
	pub(crate) fn removal_bucket(expires_at: BlockNumber) -> u32 {
		Self::bucket(expires_at.saturating_add(T::ReceiptRetention::get()))
	}

	/// What names the body of a request: `blake2_256` of the encoded calls.
	pub fn body_digest(calls: &[CallOf<T>]) -> Digest {
		Digest(calls.using_encoded(Blake2_256::hash))
	}

	/// The weight of the pallet's own work on a request of these calls.
	pub(crate) fn own_weight(calls: &[CallOf<T>]) -> Weight {
		let sized = T::WeightInfo::submit_sized;
		let of_bytes = sized(calls.encoded_size().saturated_into()).saturating_sub(sized(0));
		T::WeightInfo::submit(calls.len().saturated_into()).saturating_add(of_bytes)
	}

	/// The weight of a request before it is run: its calls at their dearest and the pallet's own work.
	///
	/// The class and the fee that the calls declare for themselves do not count: a request is a normal transaction.
	pub(crate) fn declared_weight(calls: &[CallOf<T>]) -> Weight {
		calls.iter().fold(Self::own_weight(calls), |weight, call| {
			weight.saturating_add(call.get_dispatch_info().call_weight)
		})
	}

	/// Decides on a request and, if it is new, runs it. `allowed` says which calls may travel in it.
	pub(crate) fn do_submit(
		origin: OriginFor<T>,
		request: Request,
		calls: Vec<CallOf<T>>,
		allowed: impl Fn(&CallOf<T>) -> bool,
	) -> DispatchResultWithPostInfo {
		let own_weight = Self::own_weight(&calls);
		let (organization, decision) = Self::admit(&origin, &request, &calls, allowed)
			// Nothing was run, so nothing but the check is to be counted.
			.map_err(|error| error.with_weight(own_weight))?;
		match decision {
			Decision::Run { body_digest, .. } => {
				let (outcome, calls_weight) = Self::run(origin, calls)?;
				Self::store(organization, &request, body_digest, outcome);
				Ok(Some(own_weight.saturating_add(calls_weight)).into())
			},
			Decision::Repeat => {
				Self::deposit_event(Event::Repeated { organization, key: request.key });
				let bytes = calls.encoded_size().saturated_into();
				Ok(Some(T::WeightInfo::repeat(bytes)).into())
			},
		}
	}

	/// Whose request it is, and what is to be done with it now.
	fn admit(
		origin: &OriginFor<T>,
		request: &Request,
		calls: &[CallOf<T>],
		allowed: impl Fn(&CallOf<T>) -> bool,
	) -> Result<(OrganizationId, Decision), DispatchError> {
		let who = ensure_signed(origin.clone())?;
		let organization = T::Membership::ensure_role(&who, Role::Any)?;
		let decision = Self::decide(organization, request, calls, allowed)?;
		if let (Decision::Run { next_position, .. }, Some(lane)) = (&decision, request.lane) {
			ensure!(*next_position == Some(lane.sequence), Error::<T>::PositionAhead);
		}
		Ok((organization, decision))
	}

	/// What is to be done with a request. It says the same in the pool and in a block, but for a lane position that
	/// is ahead of the next one, which waits in the pool.
	pub(crate) fn decide(
		organization: OrganizationId,
		request: &Request,
		calls: &[CallOf<T>],
		allowed: impl Fn(&CallOf<T>) -> bool,
	) -> Result<Decision, Error<T>> {
		ensure!(!calls.is_empty(), Error::<T>::NoCalls);
		ensure!(calls.len() <= limits::MAX_CALLS as usize, Error::<T>::TooManyCalls);

		// The receipt comes first: a repeat is answered from it, whatever expiry and lane it carries.
		let body_digest = Self::body_digest(calls);
		if let Some(receipt) = Receipts::<T>::get(organization, request.key) {
			ensure!(receipt.body_digest == body_digest, Error::<T>::KeyReused);
			return Ok(Decision::Repeat);
		}

		let now = Self::now();
		ensure!(request.expires_at >= now, Error::<T>::Expired);
		ensure!(
			request.expires_at <= now.saturating_add(T::MaxRequestLifetime::get()),
			Error::<T>::ExpiryTooFar
		);
		ensure!(
			calls.iter().all(|call| call.is_sub_type().is_none() && allowed(call)),
			Error::<T>::CallNotAllowed
		);
		let next_position = match request.lane {
			None => None,
			Some(LanePosition { lane, sequence }) => {
				ensure!(lane < limits::MAX_LANES, Error::<T>::NoSuchLane);
				// The last position there is would have none after it.
				ensure!(sequence < u64::MAX, Error::<T>::NoSuchLane);
				let next = NextPositions::<T>::get(organization, lane);
				ensure!(sequence >= next, Error::<T>::PositionConsumed);
				Some(next)
			},
		};
		Ok(Decision::Run { body_digest, next_position })
	}

	/// Runs the calls in one storage layer, which is undone if one of them fails. Answers what they have used too.
	fn run(
		mut origin: OriginFor<T>,
		calls: Vec<CallOf<T>>,
	) -> Result<(Outcome, Weight), DispatchError> {
		// Calls that dispatch others get this origin from here, so it keeps requests out of those too.
		origin.add_filter(|call: &<T as frame_system::Config>::RuntimeCall| {
			CallOf::<T>::from_ref(call).is_sub_type().is_none()
		});
		let mut weight = Weight::zero();
		let result = with_transaction_opaque_err(|| {
			for (call_index, call) in (0u32..).zip(calls) {
				let info = call.get_dispatch_info();
				let result = call.dispatch(origin.clone());
				weight.saturating_accrue(extract_actual_weight(&result, &info));
				if let Err(failure) = result {
					return TransactionOutcome::Rollback(Err(Outcome::Rejected {
						call_index,
						error: failure.error,
					}));
				}
			}
			TransactionOutcome::Commit(Ok(Outcome::Applied))
		});
		match result {
			Ok(Ok(outcome) | Err(outcome)) => Ok((outcome, weight)),
			// Too many storage layers around this call: it has not been tried.
			Err(()) => Err(DispatchError::Transactional(TransactionalError::LimitReached)),
		}
	}

	/// Stores the receipt of a request, notes when it is to go, consumes its lane position, and says what happened.
	fn store(
		organization: OrganizationId,
		request: &Request,
		body_digest: Digest,
		outcome: Outcome,
	) {
		let Request { key, expires_at, lane } = *request;
		let receipt = Receipt {
			body_digest,
			block: Self::now(),
			extrinsic_index: frame_system::Pallet::<T>::extrinsic_index().unwrap_or_default(),
			expires_at,
			lane,
			outcome,
		};
		Receipts::<T>::insert(organization, key, receipt);
		if let Some(LanePosition { lane, sequence }) = lane {
			NextPositions::<T>::insert(organization, lane, sequence.saturating_add(1));
		}
		Removals::<T>::insert((Self::removal_bucket(expires_at), organization, key), ());
		Self::deposit_event(match outcome {
			Outcome::Applied => Event::Applied { organization, key },
			Outcome::Rejected { call_index, error } => {
				Event::Rejected { organization, key, call_index, error }
			},
		});
	}

	/// Removes receipts that need not be kept any more, as many as `remaining` and the bound per block allow.
	///
	/// A bucket is due when its last block has passed, so all receipts in it are.
	pub(crate) fn remove_receipts(remaining: Weight) -> Weight {
		let base = T::WeightInfo::remove_receipts(0);
		let step = T::WeightInfo::remove_receipts(1).saturating_sub(base);
		let Some(budget) = remaining.checked_sub(&base) else { return Weight::zero() };
		let steps = budget
			.checked_div_per_component(&step)
			.unwrap_or(u64::MAX)
			.min(T::MaxRemovalsPerBlock::get().into())
			.saturated_into::<u32>();

		let present = Self::bucket(Self::now());
		let oldest = OldestBucket::<T>::get();
		let mut bucket = oldest;
		let mut left = steps;
		while bucket < present && left > 0 {
			let mut removed = 0u32;
			for ((organization, key), ()) in
				Removals::<T>::drain_prefix((bucket,)).take(left as usize)
			{
				Receipts::<T>::remove(organization, key);
				removed = removed.saturating_add(1);
			}
			left = left.saturating_sub(removed);
			if left > 0 {
				// It is empty now. Looking for more counts as a step too.
				bucket = bucket.saturating_add(1);
				left = left.saturating_sub(1);
			}
		}
		if bucket != oldest {
			OldestBucket::<T>::put(bucket);
		}
		T::WeightInfo::remove_receipts(steps.saturating_sub(left))
	}

	pub(crate) fn do_limits() -> RequestLimits {
		RequestLimits {
			max_request_lifetime: T::MaxRequestLifetime::get(),
			receipt_retention: T::ReceiptRetention::get(),
			max_calls: limits::MAX_CALLS,
			max_lanes: limits::MAX_LANES,
			max_positions_ahead: limits::MAX_POSITIONS_AHEAD,
		}
	}
}
