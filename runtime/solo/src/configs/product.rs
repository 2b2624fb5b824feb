//! The product's pallets on the solo chain. Their configuration is shared by all Credio runtimes.

use super::{
	consensus::NodeReports,
	constants::*,
	governance::{CouncilCalls, CouncilMajority},
};
use crate::*;
use codec::{Decode, DecodeLimit};
use credio_primitives::{OrganizationId, Request, Submission, request::NotASubmission};
use credio_runtime_common::apis::ProductApis;

credio_runtime_common::product_configs! {
	runtime: Runtime,
	call: RuntimeCall,
	council: CouncilMajority,
	governance: CouncilCalls,
	unsigned: NodeReports,
	weights: weights,
	time: Timestamp,
	blocks_per_day: DAYS,
}

/// How deep calls may be nested that a node decodes itself, which it does on the stack of a thread of its own. The runtime
/// takes more.
pub const MAX_NATIVE_DEPTH: u32 = 16;

/// The account that has signed an extrinsic, if it is signed; its signature is not checked, and the call not looked at.
pub fn signer(extrinsic: &opaque::UncheckedExtrinsic) -> Option<AccountId> {
	let preamble = sp_runtime::generic::Preamble::<Address, Signature, TxExtension>::decode(
		&mut extrinsic.inner(),
	)
	.ok()?;
	match preamble {
		sp_runtime::generic::Preamble::Signed(MultiAddress::Id(signer), ..) => Some(signer),
		_ => None,
	}
}

/// A request as a signed extrinsic submits it.
#[derive(Debug)]
pub struct Submitted {
	/// The account that has signed; its signature is not checked.
	pub signer: AccountId,
	request: Request,
	calls: Vec<RuntimeCall>,
}

impl Submitted {
	/// Decodes an extrinsic with calls nested no deeper than `depth`. Reads no state, so a node can do it even if its
	/// own runtime is the chain's.
	pub fn decode(extrinsic: &[u8], depth: u32) -> Result<Self, NotASubmission> {
		let mut content = extrinsic;
		let length =
			codec::Compact::<u32>::decode(&mut content).map_err(|_| NotASubmission::Undecodable)?;
		// Memory is set aside by what the length says.
		if u32::try_from(content.len()) != Ok(length.0) {
			return Err(NotASubmission::Undecodable);
		}
		let extrinsic = UncheckedExtrinsic::decode_all_with_depth_limit(depth, &mut &extrinsic[..])
			.map_err(|_| NotASubmission::Undecodable)?;
		let sp_runtime::generic::Preamble::Signed(MultiAddress::Id(signer), ..) =
			extrinsic.preamble
		else {
			return Err(NotASubmission::Unsigned);
		};
		let RuntimeCall::Idempotency(pallet_idempotency::Call::submit { request, calls }) =
			extrinsic.function
		else {
			return Err(NotASubmission::OtherCall);
		};
		Ok(Self { signer, request, calls })
	}

	/// What it says about itself, of a signer who is a member of this organization.
	pub fn of(self, member_of: Option<OrganizationId>) -> Result<Submission, NotASubmission> {
		let organization = member_of.ok_or(NotASubmission::NotAMember)?;
		if self.request.organization != organization {
			return Err(NotASubmission::OtherOrganization);
		}
		Ok(ProductApis::<Runtime>::submission(self.signer, self.request, &self.calls))
	}
}

/// What a signed extrinsic says about the request in it, without running it.
pub fn submission(extrinsic: &[u8]) -> Result<Submission, NotASubmission> {
	let submitted = Submitted::decode(extrinsic, frame_support::MAX_EXTRINSIC_DEPTH)?;
	let member = ProductApis::<Runtime>::member(submitted.signer.clone());
	submitted.of(member.map(|member| member.organization))
}
