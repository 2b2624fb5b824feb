//! Anchors: commitments to documents that are stored elsewhere.

use super::{Client, status::is_rejected_with};
use crate::{
	calls::Call,
	error::{AccessError, Error, Result, SubmitError},
	name::Name,
};
use credio_primitives::{
	Commitment, Digest, EntryBody, KeyEpoch, RecordId, StreamId, limits, merkle, rpc::RequestState,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Anchored documents, with the proof of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
	/// Name of the anchor.
	pub record_id: RecordId,
	/// The proof of each document, in order. An anchor over one document has no siblings.
	pub proofs: Vec<MerkleProof>,
}

/// An anchor with its proofs, before submission.
#[derive(Clone, Debug)]
pub struct PreparedAnchor {
	/// The proofs, valid once the anchor is on the chain. Store them before [`Client::append_anchor`].
	pub anchored: Anchored,
	name: Name,
	call: Call,
	/// The anchor's body on the chain.
	body: EntryBody,
	/// Whether it is on the chain already.
	is_there: bool,
}

/// Proves that a document is under an anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MerkleProof {
	/// The anchor.
	pub record_id: RecordId,
	/// The key epoch of the commitment key.
	pub epoch: KeyEpoch,
	/// Position of the document.
	pub index: u32,
	/// Number of documents.
	pub leaves: u32,
	/// Keyed commitment to the document.
	pub commitment: Commitment,
	/// The siblings, from below.
	pub siblings: Vec<Digest>,
	/// The commitment key, which checks the document and decrypts nothing.
	pub commitment_key: String,
}

impl Client {
	/// Anchors documents: a single one by its commitment, several by the root of a Merkle tree over their commitments.
	/// Anchoring the same documents again returns the existing anchor.
	///
	/// The proofs exist only in the returned value. To keep them through a crash, use [`Self::prepare_anchor`], store
	/// its proofs, and call [`Self::append_anchor`].
	///
	/// # Errors
	///
	/// [`Error::Argument`] for no or too many documents, [`Error::Submit`], [`Error::Access`].
	pub async fn anchor(&self, stream: StreamId, documents: &[Vec<u8>]) -> Result<Anchored> {
		let prepared = self.prepare_anchor(stream, documents).await?;
		self.append_anchor(&prepared).await?;
		Ok(prepared.anchored)
	}

	/// Prepares an anchor and its proofs without submitting it.
	///
	/// # Errors
	///
	/// [`Error::Argument`] for no or too many documents, [`Error::Access`], [`Error::Submit`] if the chain has another
	/// entry in its place.
	pub async fn prepare_anchor(
		&self,
		stream: StreamId,
		documents: &[Vec<u8>],
	) -> Result<PreparedAnchor> {
		let digests: Vec<[u8; 32]> =
			documents.iter().map(|document| Sha256::digest(document).into()).collect();
		let name = self.known_name(Name::new("anchor", &(stream, digests))).await?;
		let current = self.stream(stream).await?.epoch.ok_or(AccessError::NoEpoch)?.current;
		let record_id = name.record_id(&*self.vault, self.organization).await?;
		let Some(there) = self.find_record(record_id).await? else {
			return self.anchor_in(stream, documents, &name, current).await;
		};
		// An existing anchor is most likely of a late epoch.
		for epoch in (0..=current).rev() {
			let prepared = self.anchor_in(stream, documents, &name, epoch).await?;
			if prepared.body == there.header.body {
				return Ok(PreparedAnchor { is_there: true, ..prepared });
			}
		}
		Err(SubmitError::KeyReused(name.key(&*self.vault, 0).await?).into())
	}

	/// Submits an anchor and waits until it is final. Its proofs have to be stored before.
	///
	/// # Errors
	///
	/// [`Error::Connect`], [`Error::Submit`], also if another gateway of the organization has anchored the same
	/// documents under another key epoch: prepare the anchor again.
	pub async fn append_anchor(&self, anchor: &PreparedAnchor) -> Result<()> {
		if anchor.is_there {
			return Ok(());
		}
		let attempt = self.attempt(&anchor.name, 0).await?;
		let status = self.submit(attempt.key, std::slice::from_ref(&anchor.call)).await?;
		if status.status == RequestState::Applied {
			return Ok(());
		}
		if is_rejected_with(&status, "ReferenceUsed") {
			let there = self.find_record(anchor.anchored.record_id).await?;
			return match there {
				Some(entry) if entry.header.body == anchor.body => Ok(()),
				_ => Err(SubmitError::KeyReused(attempt.key).into()),
			};
		}
		Err(SubmitError::Rejected(Box::new(status)).into())
	}

	async fn anchor_in(
		&self,
		stream: StreamId,
		documents: &[Vec<u8>],
		name: &Name,
		epoch: KeyEpoch,
	) -> Result<PreparedAnchor> {
		let held = self.held(stream, epoch).await?;
		let reference = name.reference(&*self.vault).await?;
		let record_id = RecordId::derive(self.organization, &reference);
		let context = self.context(stream, epoch, record_id);
		let mut commitments = Vec::with_capacity(documents.len());
		let mut keys = Vec::with_capacity(documents.len());
		for (index, document) in (0..).zip(documents) {
			let commitment_key = self.vault.anchor_commitment_key(&held, &context, index).await?;
			commitments.push(commitment_key.commit(document));
			keys.push(commitment_key.reveal());
		}
		let tree =
			merkle::Tree::new(&commitments).map_err(|error| Error::Argument(error.to_string()))?;
		let (call, body) = match commitments.as_slice() {
			[commitment] => (
				Call::anchor_digest(stream, reference, *commitment),
				EntryBody::DigestAnchor { commitment: *commitment },
			),
			_ => (
				Call::anchor_merkle(stream, reference, tree.root(), tree.leaves()),
				EntryBody::MerkleAnchor { root: tree.root(), leaves: tree.leaves() },
			),
		};
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
		let anchored = Anchored { record_id, proofs };
		Ok(PreparedAnchor { anchored, name: name.clone(), call, body, is_there: false })
	}

	/// Checks a document against an anchor on the chain, with its proof.
	///
	/// # Errors
	///
	/// [`Error::Access`], [`Error::Refused`].
	pub async fn verify_anchored(&self, document: &[u8], proof: &MerkleProof) -> Result<()> {
		let key: credio_envelope::CommitmentKey = proof.commitment_key.parse().map_err(|_| {
			Error::Argument("the proof's commitment key is not 0x and 64 hex digits".into())
		})?;
		if !key.verify(document, &proof.commitment) {
			return Err(AccessError::NotVerified.into());
		}
		let holds = match self.record(proof.record_id).await?.header.body {
			EntryBody::DigestAnchor { commitment } => commitment == proof.commitment,
			EntryBody::MerkleAnchor { root, leaves } => {
				let MerkleProof { index, commitment, siblings, .. } = proof;
				siblings.len() <= limits::MAX_PROOF_LENGTH as usize
					&& merkle::verify(&root, leaves, *index, commitment, siblings)
			},
			EntryBody::Record { .. } | EntryBody::Object { .. } => {
				return Err(Error::Argument("the proof names a record, and not an anchor".into()));
			},
		};
		if holds { Ok(()) } else { Err(AccessError::NotVerified.into()) }
	}
}
