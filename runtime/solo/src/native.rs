//! What a node reads of an extrinsic by itself, without an instance of the chain's runtime: whom it claims to be of, what
//! it submits, and whether its signature is good. All of it holds only where the node's own runtime is the chain's.

use crate::{configs::consensus::NodeReports, *};
use codec::{DecodeLimit, Encode};
use credio_primitives::Request;
use frame_support::traits::Contains;
use sp_runtime::{
	MultiAddress,
	generic::{Era, Preamble},
	traits::Hash as _,
};

/// Whether an extrinsic is signed by the account that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureCheck {
	/// It is.
	Good,
	/// It is not.
	Bad,
	/// Only the runtime can tell.
	Unknown,
}

/// Hash of this runtime's metadata, as its pin has it and the runtime itself checks it.
pub(crate) const METADATA_HASH: Option<[u8; 32]> = match option_env!("CREDIO_METADATA_HASH") {
	Some(hash) => match const_hex::const_decode_to_array(hash.as_bytes()) {
		Ok(hash) => Some(hash),
		Err(_) => panic!("the pin's metadata hash is 32 bytes in hexadecimal"),
	},
	None => None,
};

/// What signing binds beside call and extensions, in the order of [`TxExtension`].
type Implicit = ((), u32, u32, Hash, Hash, (), (), (), Option<[u8; 32]>, ());

/// An extrinsic that a node has decoded.
#[derive(Debug)]
pub struct Decoded(UncheckedExtrinsic);

impl Decoded {
	/// Decodes an extrinsic with calls nested no deeper than `depth`. Returns `None` for anything else.
	pub fn new(extrinsic: &opaque::UncheckedExtrinsic, depth: u32) -> Option<Self> {
		let encoded = extrinsic.encode();
		UncheckedExtrinsic::decode_all_with_depth_limit(depth, &mut encoded.as_slice())
			.ok()
			.map(Self)
	}

	/// Returns the account that it claims to be signed by.
	#[must_use]
	pub fn signer(&self) -> Option<&AccountId> {
		match &self.0.preamble {
			Preamble::Signed(MultiAddress::Id(signer), ..) => Some(signer),
			_ => None,
		}
	}

	/// Returns the request that it submits.
	#[must_use]
	pub fn request(&self) -> Option<&Request> {
		match &self.0.function {
			RuntimeCall::Idempotency(pallet_idempotency::Call::submit { request, .. }) => {
				Some(request)
			},
			_ => None,
		}
	}

	/// Returns its call.
	#[must_use]
	pub fn call(&self) -> &RuntimeCall {
		&self.0.function
	}

	/// Whether it is a report that a node makes without a signer.
	#[must_use]
	pub fn is_report(&self) -> bool {
		matches!(self.0.preamble, Preamble::Bare(_)) && NodeReports::contains(&self.0.function)
	}

	/// Checks its signature as the runtime does. `birth` returns the hash of the first block of an era, if it is
	/// known; `is_good` returns whether an account has signed a message.
	pub fn check_signature(
		&self,
		genesis: Hash,
		birth: impl FnOnce(Era) -> Option<Hash>,
		is_good: impl Fn(&Signature, &[u8], &AccountId) -> bool,
	) -> SignatureCheck {
		let Preamble::Signed(MultiAddress::Id(signer), signature, extensions) = &self.0.preamble
		else {
			return SignatureCheck::Unknown;
		};
		let metadata_hash = match extensions.8.encode()[..] {
			[0] => None,
			// Without a pin the runtime refuses what the hash is signed with.
			[1] => match METADATA_HASH {
				Some(hash) => Some(hash),
				None => return SignatureCheck::Unknown,
			},
			_ => return SignatureCheck::Unknown,
		};
		let era = extensions.4.0;
		let began = if era.is_immortal() { Some(genesis) } else { birth(era) };
		let Some(began) = began else { return SignatureCheck::Unknown };
		let implicit: Implicit = (
			(),
			VERSION.spec_version,
			VERSION.transaction_version,
			genesis,
			began,
			(),
			(),
			(),
			metadata_hash,
			(),
		);
		// As `SignedPayload` does: a payload above 256 bytes is signed by its hash.
		let good = (&self.0.function, extensions, implicit).using_encoded(|payload| {
			if payload.len() > 256 {
				is_good(signature, BlakeTwo256::hash(payload).as_bytes(), signer)
			} else {
				is_good(signature, payload, signer)
			}
		});
		if good { SignatureCheck::Good } else { SignatureCheck::Bad }
	}
}
