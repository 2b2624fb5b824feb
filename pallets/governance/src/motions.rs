//! A bound on the motions of one seat of the council that are open at a time.

#![allow(clippy::trait_duplication_in_bounds, reason = "derived code")]

use super::{Config, Error, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
	CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound, ensure,
	traits::{Consideration, Get, MaybeConsideration},
};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// Closed motions to forget when a new one is proposed: more than one, so that they become fewer.
const FORGOTTEN: u32 = 2;

/// The motions of the council, and who has proposed them.
pub trait Motions<AccountId> {
	/// Returns how many motions of `proposer` are open.
	fn open_of(proposer: &AccountId) -> u32;

	/// Forgets who has proposed motions that are closed, at most so many.
	fn forget_closed(most: u32);
}

/// Knows of no motion, and lets nobody propose one.
impl<AccountId> Motions<AccountId> for () {
	fn open_of(_: &AccountId) -> u32 {
		u32::MAX
	}
	fn forget_closed(_: u32) {}
}

/// The council's note of a motion's proposer: it counts as an open motion of the seat, which has at most
/// [`Config::MaxOpenMotions`]. So no seat can take the places of all motions.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	CloneNoBound,
	DebugNoBound,
	EqNoBound,
	PartialEqNoBound,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
pub struct OpenMotion<T: Config>(PhantomData<fn() -> T>);

impl<T: Config + 'static> Consideration<T::AccountId, u32> for OpenMotion<T> {
	fn new(proposer: &T::AccountId, _: u32) -> Result<Self, DispatchError> {
		T::Motions::forget_closed(FORGOTTEN);
		let open = T::Motions::open_of(proposer);
		ensure!(open < T::MaxOpenMotions::get(), Error::<T>::TooManyOpenMotions);
		Ok(Self(PhantomData))
	}

	fn update(self, _: &T::AccountId, _: u32) -> Result<Self, DispatchError> {
		Ok(self)
	}

	fn drop(self, _: &T::AccountId) -> Result<(), DispatchError> {
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn ensure_successful(_: &T::AccountId, _: u32) {}
}

impl<T: Config + 'static> MaybeConsideration<T::AccountId, u32> for OpenMotion<T> {
	fn is_none(&self) -> bool {
		false
	}
}

impl<T: Config> Pallet<T> {
	/// Returns the id of the network: see [`NetworkId`](super::NetworkId).
	pub(crate) fn do_network_id() -> [u8; 32] {
		super::NetworkId::<T>::get()
	}
}
