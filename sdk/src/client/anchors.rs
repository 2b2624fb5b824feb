//! Anchors: commitments to documents that are kept elsewhere.

use super::Client;
use crate::{
	calls::Call,
	error::{Error, Result},
};
use credio_primitives::{
	limits, merkle, Commitment, Digest, EntryBody, KeyEpoch, RecordId, Reference, StreamId,
};
use serde::{Deserialize, Serialize};

/// Documents that were anchored, with what it takes to prove each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
	/// Name of the anchor.
	pub record_id: RecordId,
	/// For each document, in their order, its proof. Empty siblings for an anchor over one document.
	pub proofs: Vec<MerkleProof>,
}

/// What proves that a document is under an anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MerkleProof {
	/// The anchor.
	pub record_id: RecordId,
	/// The key epoch from whose secret the commitment key follows.
	pub epoch: KeyEpoch,
	/// Position of the document.
	pub index: u32,
	/// Number of documents.
	pub leaves: u32,
	/// Keyed commitment to the document.
	pub commitment: Commitment,
	/// The siblings, from below.
	pub siblings: Vec<Digest>,
	/// The commitment key, by which anyone can check the document: it opens nothing.
	pub commitment_key: String,
}

impl Client {
	/// Anchors documents: one by its commitment, several by the root of a Merkle tree over their commitments.
	///
	/// Errors: [`Error::Argument`] for no or too many documents, [`Error::Rejected`], [`Error::NoEpoch`].
	pub async fn anchor(&self, stream: StreamId, documents: &[Vec<u8>]) -> Result<Anchored> {
		let epoch = self.stream(stream).await?.epoch.ok_or(Error::NoEpoch)?.current;
		let held = self.held(stream, epoch).await?;
		let key = self.new_key()?;
		let reference = Reference::derive(&key, 0);
		let record_id = RecordId::derive(self.organization, &reference);
		let context = self.context(stream, epoch, record_id);
		let mut commitments = Vec::with_capacity(documents.len());
		let mut keys = Vec::with_capacity(documents.len());
		for (index, document) in (0..).zip(documents) {
			let commitment_key = self.vault.anchor_commitment_key(&held, &context, index)?;
			commitments.push(commitment_key.commit(document));
			keys.push(commitment_key.reveal());
		}
		let tree =
			merkle::Tree::new(&commitments).map_err(|error| Error::Argument(error.to_string()))?;
		let call = match commitments.as_slice() {
			[commitment] => Call::anchor_digest(stream, reference, *commitment),
			_ => Call::anchor_merkle(stream, reference, tree.root(), tree.leaves()),
		};
		self.apply(key, &[call]).await?;
		let proofs = (0..)
			.zip(commitments.into_iter().zip(keys))
			.map(|(index, (commitment, commitment_key))| {
				let siblings =
					tree.proof(index).map_err(|error| Error::Argument(error.to_string()))?;
				Ok(MerkleProof {
					record_id,
					epoch,
					index,
					leaves: tree.leaves(),
					commitment,
					siblings,
					commitment_key,
				})
			})
			.collect::<Result<_>>()?;
		Ok(Anchored { record_id, proofs })
	}

	/// Checks a document against an anchor on the chain, with its proof.
	///
	/// Errors: [`Error::NotVerified`], [`Error::Refused`].
	pub async fn verify_anchored(&self, document: &[u8], proof: &MerkleProof) -> Result<()> {
		let key: credio_envelope::CommitmentKey = proof.commitment_key.parse().map_err(|_| {
			Error::Argument("the proof's commitment key is not 0x and 64 hex digits".into())
		})?;
		if !key.verify(document, &proof.commitment) {
			return Err(Error::NotVerified);
		}
		let holds = match self.record(proof.record_id).await?.header.body {
			EntryBody::DigestAnchor { commitment } => commitment == proof.commitment,
			EntryBody::MerkleAnchor { root, leaves } => {
				let MerkleProof { index, commitment, siblings, .. } = proof;
				siblings.len() <= limits::MAX_PROOF_LENGTH as usize
					&& merkle::verify(&root, leaves, *index, commitment, siblings)
			},
			EntryBody::Record { .. } => {
				return Err(Error::Argument("the proof names a record, and not an anchor".into()));
			},
		};
		if holds {
			Ok(())
		} else {
			Err(Error::NotVerified)
		}
	}
}
