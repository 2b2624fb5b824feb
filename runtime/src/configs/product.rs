//! The product's pallets on the solo chain. Their configuration is shared by all Credio runtimes.

use super::{constants::*, governance::CouncilMajority};
use crate::*;
use codec::Decode;
use credio_primitives::{request::NotASubmission, Submission};
use credio_runtime_common::apis::ProductApis;

credio_runtime_common::product_configs! {
	runtime: Runtime,
	call: RuntimeCall,
	council: CouncilMajority,
	blocks_per_day: DAYS,
}

/// What a signed extrinsic says about the request in it, without running it.
pub fn submission(extrinsic: &[u8]) -> Result<Submission, NotASubmission> {
	let mut input = extrinsic;
	let extrinsic =
		UncheckedExtrinsic::decode(&mut input).map_err(|_| NotASubmission::Undecodable)?;
	if !input.is_empty() {
		return Err(NotASubmission::Undecodable);
	}
	let sp_runtime::generic::Preamble::Signed(MultiAddress::Id(signer), ..) = &extrinsic.preamble
	else {
		return Err(NotASubmission::Unsigned);
	};
	ProductApis::<Runtime>::submission(signer, &extrinsic.function)
}
