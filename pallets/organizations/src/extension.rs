//! The transaction extension that keeps strangers out and holds organizations to their quotas.

use super::{Config, Members, Organizations, Pallet, QuotaUses, WeightInfo};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::marker::PhantomData;
use credio_primitives::{validity, AccountId, OrganizationId, OrganizationStatus};
use frame_support::{
	dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo},
	traits::{Contains, ContainsPair, OriginTrait},
	weights::Weight,
	CloneNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication, PostDispatchInfoOf,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
		ValidTransaction,
	},
	DispatchResult,
};

/// Refuses transactions whose signer is no member of an active organization, and those that do not fit the rest of
/// the organization's quota for the present window of blocks; counts those that are applied.
///
/// Calls of [`Config::GovernanceCalls`] are counted where they can be, and never refused: no suspension and no quota
/// keeps the council from governing, so it cannot lock itself out.
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
	pub fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T> core::fmt::Debug for CheckQuota<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("CheckQuota")
	}
}

/// What a transaction is counted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
	/// The organization it is counted against.
	pub organization: OrganizationId,
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
	/// Whether a transaction of this size and weight fits what is left of its organization's quota.
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
		// Checked, since a sum that saturates would fit a quota of the largest number.
		let fits = |used: u64, more: u64, quota: u64| {
			used.checked_add(more).is_some_and(|total| total <= quota)
		};
		if !fits(used.bytes, bytes(len), organization.quota.bytes)
			|| !fits(used.ref_time, ref_time, organization.quota.ref_time)
		{
			return Err(refusal(validity::QUOTA_EXCEEDED));
		}
		Ok(Charge { organization: member.organization, window })
	}

	/// What a call of governance is counted with: nothing if its signer has left its organization.
	fn governance_charge(who: &AccountId) -> Option<Charge> {
		let organization = Members::<T>::get(who)?.organization;
		Some(Charge { organization, window: Self::window() })
	}

	/// Counts a transaction before it is dispatched.
	fn count(charge: &Charge, len: usize, ref_time: u64) {
		let mut used = Self::use_in_window(charge.organization, charge.window);
		used.bytes = used.bytes.saturating_add(bytes(len));
		used.ref_time = used.ref_time.saturating_add(ref_time);
		QuotaUses::<T>::insert(charge.organization, used);
	}

	/// Gives back what a transaction did not use, if the window in which it was counted is still the stored one.
	fn give_back(charge: &Charge, ref_time: u64) {
		QuotaUses::<T>::mutate(charge.organization, |used| {
			if used.window == charge.window {
				used.ref_time = used.ref_time.saturating_sub(ref_time);
			}
		});
	}
}

impl<T> TransactionExtension<T::RuntimeCall> for CheckQuota<T>
where
	T: Config + Send + Sync,
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	DispatchOriginOf<T::RuntimeCall>: OriginTrait<AccountId = AccountId>,
{
	const IDENTIFIER: &'static str = "CheckQuota";
	type Implicit = ();
	type Val = Option<Charge>;
	type Pre = Option<Charge>;

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
		let charge = if T::GovernanceCalls::contains(who, call) {
			Pallet::<T>::governance_charge(who)
		} else {
			Some(Pallet::<T>::check_quota(who, len, ref_time)?)
		};
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
		if let Some(charge) = &charge {
			Pallet::<T>::count(charge, len, info.total_weight().ref_time());
		}
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
		if let (Some(charge), 1..) = (&charge, unspent) {
			Pallet::<T>::give_back(charge, unspent);
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
