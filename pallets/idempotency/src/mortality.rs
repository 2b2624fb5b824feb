//! The transaction extension that stands in place of `CheckMortality`: a request that waits in a lane must not vanish
//! before its turn, and a request signed for one organization must not act for another.

#![allow(clippy::trait_duplication_in_bounds, reason = "derived code")]

use super::Config;
use codec::{Decode, DecodeWithMemTracking, Encode};
use credio_primitives::{AccountId, Request, validity};
use frame_support::{
	CloneNoBound, EqNoBound, PartialEqNoBound,
	dispatch::{DispatchInfo, PostDispatchInfo},
	traits::{IsSubType, OriginTrait},
	weights::Weight,
};
use frame_system::CheckEra;
use pallet_support::traits::Membership;
use scale_info::TypeInfo;
use sp_runtime::{
	generic::Era,
	impl_tx_ext_default,
	traits::{
		DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication, SaturatedConversion,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

type CallOf<T> = <T as frame_system::Config>::RuntimeCall;

/// Checks mortality as `frame_system::CheckEra` does. It has the same identifier and encoding, so a signer for that
/// one signs for this one.
///
/// Refuses a transaction of a request with a lane position if its mortal era ends before the request expires, with
/// [`validity::ERA_TOO_SHORT`]. Wallets make transactions mortal by themselves, for a minute or some; a request that
/// waits for the positions before it would vanish from the pool after that, and its lane would stand still.
///
/// A request names the organization that it is for; any other call acts for the organization that its signer is a member
/// of when it is applied. So a member's transaction outside of requests is refused, with
/// [`validity::SIGNED_BEFORE_JOINING`], unless its era began when the account joined, or later: it
/// contains the hash of that block, so it was signed after. An immortal transaction may have been signed at any time,
/// and is good only for those who have been members since the genesis.
///
/// Who signs is read once more than [`Self::weight`] says: the extensions that ask for membership count that read.
#[derive(
	Encode, Decode, DecodeWithMemTracking, CloneNoBound, EqNoBound, PartialEqNoBound, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
pub struct CheckMortality<T: Config + Send + Sync>(pub Era, core::marker::PhantomData<T>);

impl<T: Config + Send + Sync> CheckMortality<T> {
	/// The extension, with the transaction's era.
	#[must_use]
	pub fn from(era: Era) -> Self {
		Self(era, core::marker::PhantomData)
	}

	/// The extension that this one stands for.
	fn inner(&self) -> CheckEra<T> {
		CheckEra::from(self.0)
	}

	/// Whether the transaction dies before a request that waits in a lane expires.
	fn is_too_short(&self, request: &Request) -> bool {
		let now: u64 = frame_system::Pallet::<T>::block_number().saturated_into();
		// The first block that the transaction is not valid in any more.
		let death = self.0.death(now);
		request.lane.is_some() && death <= u64::from(request.expires_at)
	}

	/// Whether `who` may have signed the transaction before it joined its organization.
	fn may_be_older_than_membership(&self, who: &AccountId) -> bool {
		let now: u64 = frame_system::Pallet::<T>::block_number().saturated_into();
		// Of an immortal transaction, the genesis.
		let born = self.0.birth(now);
		T::Membership::member(who).is_some_and(|member| born < u64::from(member.since))
	}
}

impl<T: Config + Send + Sync> core::fmt::Debug for CheckMortality<T> {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "CheckMortality({:?})", self.0)
	}
}

impl<T> TransactionExtension<CallOf<T>> for CheckMortality<T>
where
	T: Config + Send + Sync,
	CallOf<T>:
		Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo> + IsSubType<super::Call<T>>,
	DispatchOriginOf<CallOf<T>>: OriginTrait<AccountId = AccountId>,
{
	const IDENTIFIER: &'static str = "CheckMortality";
	type Implicit = T::Hash;
	type Val = ();
	type Pre = ();

	fn implicit(&self) -> Result<Self::Implicit, TransactionValidityError> {
		self.inner().implicit()
	}

	fn weight(&self, call: &CallOf<T>) -> Weight {
		self.inner().weight(call)
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<CallOf<T>>,
		call: &CallOf<T>,
		info: &DispatchInfoOf<CallOf<T>>,
		len: usize,
		self_implicit: Self::Implicit,
		inherited_implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Self::Val, CallOf<T>> {
		let refusal = match (call.is_sub_type(), origin.as_signer()) {
			(Some(super::Call::submit { request, .. }), _) => {
				self.is_too_short(request).then_some(validity::ERA_TOO_SHORT)
			},
			(_, Some(who)) => {
				self.may_be_older_than_membership(who).then_some(validity::SIGNED_BEFORE_JOINING)
			},
			_ => None,
		};
		if let Some(code) = refusal {
			return Err(InvalidTransaction::Custom(code).into());
		}
		self.inner().validate(origin, call, info, len, self_implicit, inherited_implication, source)
	}

	impl_tx_ext_default!(CallOf<T>; prepare);
}
