//! What the pallet stores.

use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use credio_primitives::{Leg, limits};
use scale_info::TypeInfo;

/// The legs of a bundle. Their encoding takes at most [`limits::MAX_LEGS_SIZE`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BoundedLegs<Call>(Vec<Leg<Call>>);

/// The encoding of the legs takes more than [`limits::MAX_LEGS_SIZE`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl<Call: Encode> BoundedLegs<Call> {
	/// Checks the size of the legs, and returns their encoding.
	pub fn new(legs: Vec<Leg<Call>>) -> Result<(Self, Vec<u8>), TooLarge> {
		let encoded = legs.encode();
		if encoded.len() <= limits::MAX_LEGS_SIZE as usize {
			Ok((Self(legs), encoded))
		} else {
			Err(TooLarge)
		}
	}
}

impl<Call> BoundedLegs<Call> {
	/// The legs.
	#[must_use]
	pub fn as_slice(&self) -> &[Leg<Call>] {
		&self.0
	}

	/// The legs.
	#[must_use]
	pub fn into_inner(self) -> Vec<Leg<Call>> {
		self.0
	}
}

impl<Call: Encode> MaxEncodedLen for BoundedLegs<Call> {
	fn max_encoded_len() -> usize {
		limits::MAX_LEGS_SIZE as usize
	}
}
