//! What `submit` does.

use super::*;
use alloc::vec::Vec;
use codec::Encode;
use credio_primitives::request::RequestLimits;
use credio_primitives::{Digest, LanePosition, Member, Outcome, Receipt, Request, limits};
use frame_support::{
	Blake2_256, StorageHasher,
	dispatch::{
		DispatchResultWithPostInfo, GetDispatchInfo, WithPostDispatchInfo, extract_actual_weight,
	},
	ensure,
	storage::transactional::with_transaction_opaque_err,
	traits::{Contains, Get, IsSubType, IsType, OriginTrait},
	weights::Weight,
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use pallet_support::traits::{Membership, Role, RoleOfCall};
use sp_runtime::{
	DispatchError, TransactionOutcome, TransactionalError,
	traits::{Dispatchable, SaturatedConversion},
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

	/// The weight of a request before it is run: its calls at their dearest, the pallet's own work, and clean-up.
	///
	/// The class and the fee that the calls declare for themselves do not count: a request is a normal transaction.
	pub(crate) fn declared_weight(calls: &[CallOf<T>]) -> Weight {
		let own = Self::own_weight(calls)
			.saturating_add(T::WeightInfo::remove_receipts(REMOVALS_PER_REQUEST));
		calls
			.iter()
			.fold(own, |weight, call| weight.saturating_add(call.get_dispatch_info().call_weight))
	}

	/// The role that a call in a request needs; `None` if it may not travel in one.
	pub(crate) fn required_role(call: &CallOf<T>) -> Option<Role> {
		let allowed = T::CallFilter::contains(call);
		allowed.then(|| T::RequiredRole::role_of(call)).flatten()
	}

	/// Decides on a request and, if it is new, runs it. `required_role` says which role each call needs; a call for
	/// which it says `None` may not travel in a request.
	pub(crate) fn do_submit(
		origin: OriginFor<T>,
		request: Request,
		calls: Vec<CallOf<T>>,
		required_role: impl Fn(&CallOf<T>) -> Option<Role>,
	) -> DispatchResultWithPostInfo {
		let own_weight = Self::own_weight(&calls);
		let decision = Self::admit(&origin, &request, &calls, required_role)
			// Nothing was run, so nothing but the check is to be counted.
			.map_err(|error| error.with_weight(own_weight))?;
		match decision {
			Decision::Run { body_digest, .. } => {
				let (outcome, calls_weight) = Self::run(origin, calls)?;
				Self::store(&request, body_digest, outcome);
				let clean_up = Self::remove_receipts(REMOVALS_PER_REQUEST);
				Ok(Some(own_weight.saturating_add(calls_weight).saturating_add(clean_up)).into())
			},
			Decision::Repeat => {
				let Request { organization, key, .. } = request;
				Self::deposit_event(Event::Repeated { organization, key });
				let bytes = calls.encoded_size().saturated_into();
				Ok(Some(T::WeightInfo::repeat(bytes)).into())
			},
		}
	}

	/// Decides about a request in this block.
	fn admit(
		origin: &OriginFor<T>,
		request: &Request,
		calls: &[CallOf<T>],
		required_role: impl Fn(&CallOf<T>) -> Option<Role>,
	) -> Result<Decision, DispatchError> {
		let who = ensure_signed(origin.clone())?;
		T::Membership::ensure_role(&who, Role::Any)?;
		let member = T::Membership::member(&who).ok_or(DispatchError::BadOrigin)?;
		let decision = Self::decide(&member, request, calls, required_role)?;
		if let (Decision::Run { next_position, .. }, Some(lane)) = (&decision, request.lane) {
			ensure!(*next_position == Some(lane.sequence), Error::<T>::PositionAhead);
		}
		Ok(decision)
	}

	/// Decides about a request of a member of an active organization. It returns the same in the pool and in a
	/// block, but for a lane position that is ahead of the next one, which waits in the pool.
	pub(crate) fn decide(
		member: &Member,
		request: &Request,
		calls: &[CallOf<T>],
		required_role: impl Fn(&CallOf<T>) -> Option<Role>,
	) -> Result<Decision, Error<T>> {
		// A request signed for one organization never acts for another, even if its signer has moved.
		let organization = request.organization;
		ensure!(member.organization == organization, Error::<T>::OtherOrganization);
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
		for call in calls {
			ensure!(call.is_sub_type().is_none(), Error::<T>::CallNotAllowed);
			let role = required_role(call).ok_or(Error::<T>::CallNotAllowed)?;
			ensure!(role.is_in(&member.roles), Error::<T>::RoleMissing);
		}
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

	/// Runs the calls in one storage layer, which is undone if one of them fails. Returns the weight used too.
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
	pub(crate) fn store(request: &Request, body_digest: Digest, outcome: Outcome) {
		let Request { organization, key, expires_at, lane } = *request;
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
		Self::schedule_removal(organization, key, expires_at);
		Self::deposit_event(match outcome {
			Outcome::Applied => Event::Applied { organization, key },
			Outcome::Rejected { call_index, error } => {
				Event::Rejected { organization, key, call_index, error }
			},
		});
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
