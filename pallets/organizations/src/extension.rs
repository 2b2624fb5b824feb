//! The transaction extension that keeps strangers out and holds organizations to their quotas.

use super::{Config, Members, Organizations, Pallet, QuotaUses, SeatUses, WeightInfo};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::marker::PhantomData;
use credio_primitives::{AccountId, OrganizationId, OrganizationStatus, validity};
use frame_support::{
	CloneNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
	dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo},
	traits::{Contains, ContainsPair, Get, OriginTrait},
	weights::Weight,
};
use scale_info::TypeInfo;
use sp_runtime::{
	DispatchResult,
	traits::{
		DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication, PostDispatchInfoOf,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{
		InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidity,
		TransactionValidityError, ValidTransaction,
	},
};

/// Refuses transactions of signers that are no member of an active organization, and those that do not fit the rest of
/// the organization's quota for the present window of blocks; counts those that are applied.
///
/// Calls of [`Config::GovernanceCalls`] are held to the allowance of the seat that makes them instead, which no suspension
/// and no quota takes away; so the council cannot lock itself out, and no seat can fill blocks. They go before what
/// organizations submit. Every other operational call is refused: it would take room that is kept for these.
///
/// Refusals are `InvalidTransaction::Custom` with the codes of [`credio_primitives::validity`]. The weight that a
/// transaction declared but did not use is given back; its bytes are not. There is nothing to encode or sign.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	DefaultNoBound,
	CloneNoBound,
	EqNoBound,
	PartialEqNoBound,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
pub struct CheckQuota<T>(PhantomData<T>);

impl<T> CheckQuota<T> {
	/// The extension.
	#[must_use]
	pub fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T> core::fmt::Debug for CheckQuota<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("CheckQuota")
	}
}

/// Priority of governance calls in a pool. What organizations submit has none.
pub const GOVERNANCE_PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// Whom a transaction is counted against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
	/// An organization, for what its members submit.
	Organization(OrganizationId),
	/// A seat of the council, for a governance call.
	Seat(AccountId),
}

/// What a transaction is counted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
	/// Whom it is counted against.
	pub payer: Payer,
	/// The window it is counted in.
	pub window: u32,
}

fn refusal(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

/// The size of a transaction as quotas count it.
fn bytes(len: usize) -> u64 {
	u64::try_from(len).unwrap_or(u64::MAX)
}

impl<T: Config> Pallet<T> {
	/// Whether a transaction of this size and weight fits the rest of its organization's quota.
	fn check_quota(
		who: &AccountId,
		len: usize,
		ref_time: u64,
	) -> Result<Charge, TransactionValidityError> {
		let member = Members::<T>::get(who).ok_or_else(|| refusal(validity::NOT_A_MEMBER))?;
		let organization = Organizations::<T>::get(member.organization)
			.ok_or_else(|| refusal(validity::NOT_A_MEMBER))?;
		if organization.status != OrganizationStatus::Active {
			return Err(refusal(validity::ORGANIZATION_SUSPENDED));
		}
		let window = Self::window();
		let used = Self::use_in_window(member.organization, window);
		if !fits(used.bytes, bytes(len), organization.quota.bytes)
			|| !fits(used.ref_time, ref_time, organization.quota.ref_time)
		{
			return Err(refusal(validity::QUOTA_EXCEEDED));
		}
		Ok(Charge { payer: Payer::Organization(member.organization), window })
	}

	/// Checks whether a governance call of this size and weight fits the rest of its seat's allowance.
	fn check_allowance(
		seat: &AccountId,
		len: usize,
		ref_time: u64,
	) -> Result<Charge, TransactionValidityError> {
		let window = Self::window();
		let used = Self::seat_use_in_window(seat, window);
		let allowance = T::SeatAllowance::get();
		if used.calls >= allowance.calls
			|| !fits(used.bytes, bytes(len), allowance.bytes)
			|| !fits(used.ref_time, ref_time, allowance.ref_time)
		{
			return Err(refusal(validity::ALLOWANCE_EXCEEDED));
		}
		Ok(Charge { payer: Payer::Seat(seat.clone()), window })
	}

	/// Counts a transaction before it is dispatched.
	fn count(charge: &Charge, len: usize, ref_time: u64) {
		match &charge.payer {
			Payer::Organization(organization) => {
				let mut used = Self::use_in_window(*organization, charge.window);
				used.bytes = used.bytes.saturating_add(bytes(len));
				used.ref_time = used.ref_time.saturating_add(ref_time);
				QuotaUses::<T>::insert(organization, used);
			},
			Payer::Seat(seat) => {
				let mut used = Self::seat_use_in_window(seat, charge.window);
				used.calls = used.calls.saturating_add(1);
				used.bytes = used.bytes.saturating_add(bytes(len));
				used.ref_time = used.ref_time.saturating_add(ref_time);
				SeatUses::<T>::insert(seat, used);
			},
		}
	}

	/// Gives back the unused part of a transaction, if it was counted in the window that is still stored.
	fn give_back(charge: &Charge, ref_time: u64) {
		match &charge.payer {
			Payer::Organization(organization) => QuotaUses::<T>::mutate(organization, |used| {
				if used.window == charge.window {
					used.ref_time = used.ref_time.saturating_sub(ref_time);
				}
			}),
			Payer::Seat(seat) => SeatUses::<T>::mutate(seat, |used| {
				if used.window == charge.window {
					used.ref_time = used.ref_time.saturating_sub(ref_time);
				}
			}),
		}
	}
}

/// Whether `more` fits beside `used`. Checked, since a sum that saturates would fit the largest number.
fn fits(used: u64, more: u64, limit: u64) -> bool {
	used.checked_add(more).is_some_and(|total| total <= limit)
}

impl<T> TransactionExtension<T::RuntimeCall> for CheckQuota<T>
where
	T: Config + Send + Sync,
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	DispatchOriginOf<T::RuntimeCall>: OriginTrait<AccountId = AccountId>,
{
	const IDENTIFIER: &'static str = "CheckQuota";
	type Implicit = ();
	type Val = Charge;
	type Pre = Charge;

	fn weight(&self, _: &T::RuntimeCall) -> Weight {
		T::WeightInfo::check_quota()
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
		_self_implicit: Self::Implicit,
		_inherited_implication: &impl Implication,
		_source: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		// A general transaction that no extension before this one has given a signer has none to hold to a quota.
		let who = origin.as_signer().ok_or_else(|| refusal(validity::NOT_A_MEMBER))?;
		let ref_time = info.total_weight().ref_time();
		if T::GovernanceCalls::contains(who, call) {
			let charge = Pallet::<T>::check_allowance(who, len, ref_time)?;
			let valid =
				ValidTransaction { priority: GOVERNANCE_PRIORITY, ..ValidTransaction::default() };
			return Ok((valid, charge, origin));
		}
		if info.class == DispatchClass::Operational {
			return Err(refusal(validity::OPERATIONAL_NOT_ALLOWED));
		}
		let charge = Pallet::<T>::check_quota(who, len, ref_time)?;
		Ok((ValidTransaction::default(), charge, origin))
	}

	fn prepare(
		self,
		charge: Self::Val,
		_origin: &DispatchOriginOf<T::RuntimeCall>,
		_call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		Pallet::<T>::count(&charge, len, info.total_weight().ref_time());
		Ok(charge)
	}

	fn post_dispatch_details(
		charge: Self::Pre,
		info: &DispatchInfoOf<T::RuntimeCall>,
		post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		_len: usize,
		_result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		let unspent = post_info.calc_unspent(info).ref_time();
		if unspent > 0 {
			Pallet::<T>::give_back(&charge, unspent);
		}
		Ok(Weight::zero())
	}

	/// Nothing without a signer comes in from outside but [`Config::UnsignedCalls`]: the pool asks this for every
	/// bare extrinsic.
	fn bare_validate(
		call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		_len: usize,
	) -> TransactionValidity {
		if T::UnsignedCalls::contains(call) {
			Ok(ValidTransaction::default())
		} else {
			Err(refusal(validity::NOT_A_MEMBER))
		}
	}

	/// In a block, the other extrinsics without a signer are inherents, which the author makes.
	fn bare_validate_and_prepare(
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		_len: usize,
	) -> Result<(), TransactionValidityError> {
		if info.class == DispatchClass::Mandatory || T::UnsignedCalls::contains(call) {
			Ok(())
		} else {
			Err(refusal(validity::NOT_A_MEMBER))
		}
	}
}
