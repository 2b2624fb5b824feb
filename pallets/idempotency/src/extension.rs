//! The transaction extension that stands in place of `CheckNonce`: requests are guarded by their keys and ordered by
//! their lanes, everything else by the account's nonce.

#![allow(clippy::trait_duplication_in_bounds, reason = "derived code")]

use super::{Config, Error, NextPositions, Pallet, WeightInfo, impls::Decision};
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use credio_primitives::{AccountId, LanePosition, OrganizationId, Request, limits, validity};
use frame_support::{
	CloneNoBound, EqNoBound, PartialEqNoBound,
	dispatch::{DispatchInfo, PostDispatchInfo},
	traits::{IsSubType, OriginTrait},
	weights::Weight,
};
use frame_system::CheckNonce;
use pallet_support::traits::{Membership, Role};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication, SaturatedConversion,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{
		InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidityError,
		UnknownTransaction, ValidTransaction,
	},
};

type CallOf<T> = <T as Config>::RuntimeCall;

/// Guards against replay: a [`submit`](super::Call::submit) transaction by its request key, any other by
/// the account's nonce.
///
/// Identifier and encoding are those of `frame_system::CheckNonce`, so a client that signs for that one signs for this one.
/// In a transaction that submits a request, the nonce says nothing and is not used up: any number may be sent at once
/// from one account, in any order.
///
/// - **For its organization.** The signer has to be a member of the organization that the request names, with the roles
///   that its calls need.
/// - **Once.** A request that has a receipt is refused, so a replay never gets into a block. So is everything else
///   that `submit` would refuse; hence a request that gets into a block leaves a receipt.
/// - **Order.** A request with a lane position waits in the pool for the one before: it requires that position's tag
///   and provides its own. Positions up to [`limits::MAX_POSITIONS_AHEAD`] ahead of the next wait.
/// - **Expiry.** The pool keeps a request until its last block.
///
/// Two transactions of the same request, or of the same lane position, do not stand in one pool together: the first
/// one stays, since all have the same priority, whatever their expiry and calls.
///
/// Refusals are `InvalidTransaction::Custom` with the codes of [`validity`]; a position too far ahead is
/// `UnknownTransaction::Custom`, so that pools do not ban what they may take later.
#[derive(
	Encode, Decode, DecodeWithMemTracking, CloneNoBound, EqNoBound, PartialEqNoBound, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
pub struct CheckRequest<T: Config>(#[codec(compact)] pub T::Nonce);

impl<T: Config> CheckRequest<T> {
	/// The extension, with the account's nonce; any number for a request.
	pub fn from(nonce: T::Nonce) -> Self {
		Self(nonce)
	}
}

impl<T: Config> core::fmt::Debug for CheckRequest<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "CheckRequest({:?})", self.0)
	}
}

/// The checks that are left when the transaction is about to be applied.
#[derive(Debug, PartialEq, Eq)]
pub enum Guard {
	/// The account's nonce.
	Nonce(AccountId),
	/// The lane position of a request, if it has one.
	Position(OrganizationId, Option<LanePosition>),
	/// Nothing: the extension does not guard transactions without a signer.
	Nothing,
}

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

/// The tag of a lane position.
fn position_tag(organization: OrganizationId, lane: u32, sequence: u64) -> Vec<u8> {
	(b"credio/lane", organization, lane, sequence).encode()
}

impl<T: Config> From<Error<T>> for TransactionValidityError {
	fn from(error: Error<T>) -> Self {
		match error {
			Error::NoCalls | Error::TooManyCalls | Error::CallNotAllowed => {
				refusal(validity::CALLS_NOT_ALLOWED)
			},
			Error::OtherOrganization => refusal(validity::OTHER_ORGANIZATION),
			Error::RoleMissing => refusal(validity::ROLE_MISSING),
			Error::Expired => refusal(validity::REQUEST_EXPIRED),
			Error::ExpiryTooFar => refusal(validity::EXPIRY_TOO_FAR),
			Error::KeyReused => refusal(validity::KEY_REUSED),
			Error::NoSuchLane => refusal(validity::NO_SUCH_LANE),
			Error::PositionConsumed => refusal(validity::POSITION_CONSUMED),
			Error::PositionAhead => InvalidTransaction::Future.into(),
			Error::__Ignore(..) => InvalidTransaction::Call.into(),
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What the pool has to know of a request. `required_role` is as in [`Self::do_submit`].
	pub(crate) fn validate_request(
		who: &AccountId,
		request: &Request,
		calls: &[CallOf<T>],
		required_role: impl Fn(&CallOf<T>) -> Option<Role>,
	) -> Result<(ValidTransaction, Guard), TransactionValidityError> {
		let member = T::Membership::member(who).ok_or_else(|| refusal(validity::NOT_A_MEMBER))?;
		if !T::Membership::is_active(member.organization) {
			return Err(refusal(validity::ORGANIZATION_SUSPENDED));
		}
		let decision = Self::decide(&member, request, calls, required_role)?;
		let organization = request.organization;
		let Decision::Run { next_position, .. } = decision else {
			return Err(refusal(validity::ALREADY_DECIDED));
		};
		let mut valid = ValidTransaction {
			priority: TransactionPriority::MIN,
			provides: vec![Request::tag(organization, request.key)],
			requires: Vec::new(),
			// Counted from the block before: this is its state.
			longevity: request.expires_at.saturating_sub(Self::now()).saturating_add(1).into(),
			propagate: true,
		};
		if let (Some(LanePosition { lane, sequence }), Some(next)) = (request.lane, next_position) {
			if sequence.saturating_sub(next) > limits::MAX_POSITIONS_AHEAD {
				return Err(UnknownTransaction::Custom(validity::POSITION_TOO_FAR).into());
			}
			valid.provides.push(position_tag(organization, lane, sequence));
			if sequence > next {
				let before = sequence.saturating_sub(1);
				valid.requires.push(position_tag(organization, lane, before));
			}
		}
		Ok((valid, Guard::Position(organization, request.lane)))
	}
}

impl<T> TransactionExtension<<T as frame_system::Config>::RuntimeCall> for CheckRequest<T>
where
	T: Config + Send + Sync,
	<T as frame_system::Config>::RuntimeCall:
		Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo> + IsSubType<super::Call<T>>,
	DispatchOriginOf<<T as frame_system::Config>::RuntimeCall>: OriginTrait<AccountId = AccountId>,
{
	const IDENTIFIER: &'static str = "CheckNonce";
	type Implicit = ();
	type Val = Guard;
	type Pre = ();

	fn weight(&self, call: &<T as frame_system::Config>::RuntimeCall) -> Weight {
		match call.is_sub_type() {
			Some(super::Call::submit { calls, .. }) => {
				T::WeightInfo::check_request(calls.encoded_size().saturated_into())
			},
			_ => <T::ExtensionsWeightInfo as frame_system::ExtensionsWeightInfo>::check_nonce(),
		}
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<<T as frame_system::Config>::RuntimeCall>,
		call: &<T as frame_system::Config>::RuntimeCall,
		_info: &DispatchInfoOf<<T as frame_system::Config>::RuntimeCall>,
		_len: usize,
		_self_implicit: Self::Implicit,
		_inherited_implication: &impl Implication,
		_source: TransactionSource,
	) -> ValidateResult<Self::Val, <T as frame_system::Config>::RuntimeCall> {
		let Some(who) = origin.as_signer() else {
			return Ok((ValidTransaction::default(), Guard::Nothing, origin));
		};
		let (valid, guard) =
			if let Some(super::Call::submit { request, calls }) = call.is_sub_type() {
				Pallet::<T>::validate_request(who, request, calls, Pallet::<T>::required_role)?
			} else {
				let nonce = CheckNonce::<T>::validate_nonce_for_account(who, self.0)?;
				let valid = ValidTransaction {
					provides: nonce.provides,
					requires: nonce.requires,
					..ValidTransaction::default()
				};
				(valid, Guard::Nonce(who.clone()))
			};
		Ok((valid, guard, origin))
	}

	fn prepare(
		self,
		guard: Self::Val,
		_origin: &DispatchOriginOf<<T as frame_system::Config>::RuntimeCall>,
		_call: &<T as frame_system::Config>::RuntimeCall,
		_info: &DispatchInfoOf<<T as frame_system::Config>::RuntimeCall>,
		_len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		match guard {
			Guard::Nonce(who) => CheckNonce::<T>::prepare_nonce_for_account(&who, self.0),
			Guard::Position(organization, Some(LanePosition { lane, sequence }))
				if NextPositions::<T>::get(organization, lane) != sequence =>
			{
				Err(InvalidTransaction::Future.into())
			},
			Guard::Position(..) | Guard::Nothing => Ok(()),
		}
	}
}
