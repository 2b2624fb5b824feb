//! Reads the claims of transactions before they are validated.

use super::claim::{Claim, Owner};
use crate::{best::BestBlock, client::FullClient, signatures};
use codec::Encode;
use credio_runtime::{
	AccountId, RuntimeCall,
	configs::{
		governance::CouncilCalls,
		product::{MAX_NATIVE_DEPTH, signer},
	},
	native::{Decoded, SignatureCheck},
	opaque::UncheckedExtrinsic,
};
use sp_blockchain::HeaderBackend;
use sp_runtime::generic::Era;

/// Reads claims at the best block.
pub(crate) struct Claims<'a> {
	/// The chain.
	pub client: &'a FullClient,
	/// Members, seats and runtime version at the best block.
	pub best: &'a BestBlock,
}

impl Claims<'_> {
	/// Reads the claim of a transaction, and checks its signature as far as possible without the runtime.
	pub(crate) fn read(&self, extrinsic: &UncheckedExtrinsic) -> (Claim, SignatureCheck) {
		match self.decode(extrinsic) {
			Some(decoded) => {
				let check = self.check_signature(&decoded);
				(self.of_decoded(&decoded, extrinsic.encoded_size()), check)
			},
			None => (self.of_opaque(extrinsic), SignatureCheck::Unknown),
		}
	}

	/// Reads the claim of a transaction that the SDK's pool has validated.
	pub(crate) fn read_validated(&self, extrinsic: &UncheckedExtrinsic) -> Claim {
		match self.decode(extrinsic) {
			Some(decoded) => self.of_decoded(&decoded, extrinsic.encoded_size()),
			None => self.of_opaque(extrinsic),
		}
	}

	fn decode(&self, extrinsic: &UncheckedExtrinsic) -> Option<Decoded> {
		let is_own = self.best.is_own_runtime().unwrap_or(false);
		is_own.then(|| Decoded::new(extrinsic, MAX_NATIVE_DEPTH)).flatten()
	}

	fn check_signature(&self, decoded: &Decoded) -> SignatureCheck {
		let info = self.client.info();
		let birth = |era: Era| {
			let number = u32::try_from(era.birth(info.best_number.into())).ok()?;
			self.client.hash(number).ok().flatten()
		};
		decoded.check_signature(info.genesis_hash, birth, signatures::is_good)
	}

	fn of_decoded(&self, decoded: &Decoded, bytes: usize) -> Claim {
		let Some(signer) = decoded.signer() else {
			let owner = if decoded.is_report() { Owner::Reports } else { Owner::Nobody };
			return Claim::unsigned(owner, bytes);
		};
		let mut claim = self.of_signer(signer, bytes);
		if self.governs(signer, decoded.call()) {
			claim.otherwise = Some(claim.owner).filter(|owner| *owner != Owner::Nobody);
			claim.owner = Owner::Seat(signer.clone().into());
		}
		if let Some(request) = decoded.request() {
			claim.request = Some(request.key);
			claim.lane = request.lane;
			claim.expires_at = Some(request.expires_at);
		}
		claim
	}

	/// Reads a transaction that the node cannot decode: one of another runtime version, or with deeply nested calls.
	fn of_opaque(&self, extrinsic: &UncheckedExtrinsic) -> Claim {
		let bytes = extrinsic.encoded_size();
		match signer(extrinsic) {
			Some(signer) => self.of_signer(&signer, bytes),
			None => Claim::unsigned(Owner::Nobody, bytes),
		}
	}

	fn of_signer(&self, signer: &AccountId, bytes: usize) -> Claim {
		let organization = self.best.organization(signer).ok().flatten();
		let owner = organization.map_or(Owner::Nobody, Owner::Organization);
		Claim { organization, ..Claim::unsigned(owner, bytes) }
	}

	/// Returns whether the call is a governance call of a seat of the council.
	fn governs(&self, signer: &AccountId, call: &RuntimeCall) -> bool {
		CouncilCalls::is_governance(call) && self.best.is_seat(signer).unwrap_or(false)
	}
}
