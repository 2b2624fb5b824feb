//! The product's pallets on the solo chain. Their configuration is shared by all Credio runtimes.

use super::{
	consensus::NodeReports,
	constants::*,
	governance::{CouncilCalls, CouncilMajority},
};
use crate::*;
use codec::{Decode, DecodeLimit, Encode};
use credio_primitives::{request::NotASubmission, Submission};
use credio_runtime_common::apis::ProductApis;

credio_runtime_common::product_configs! {
	runtime: Runtime,
	call: RuntimeCall,
	council: CouncilMajority,
	governance: CouncilCalls,
	unsigned: NodeReports,
	weights: weights,
	blocks_per_day: DAYS,
}

/// The account that has signed an extrinsic, if it is signed; its signature is not checked, and the call not looked at.
pub fn signer(extrinsic: &opaque::UncheckedExtrinsic) -> Option<AccountId> {
	let encoded = extrinsic.encode();
	let mut input = &encoded[..];
	codec::Compact::<u32>::decode(&mut input).ok()?;
	let preamble =
		sp_runtime::generic::Preamble::<Address, Signature, TxExtension>::decode(&mut input)
			.ok()?;
	match preamble {
		sp_runtime::generic::Preamble::Signed(MultiAddress::Id(signer), ..) => Some(signer),
		_ => None,
	}
}

/// What a signed extrinsic says about the request in it, without running it.
pub fn submission(extrinsic: &[u8]) -> Result<Submission, NotASubmission> {
	let depth = frame_support::MAX_EXTRINSIC_DEPTH;
	let extrinsic = UncheckedExtrinsic::decode_all_with_depth_limit(depth, &mut &extrinsic[..])
		.map_err(|_| NotASubmission::Undecodable)?;
	let sp_runtime::generic::Preamble::Signed(MultiAddress::Id(signer), ..) = &extrinsic.preamble
	else {
		return Err(NotASubmission::Unsigned);
	};
	ProductApis::<Runtime>::submission(signer, &extrinsic.function)
}
