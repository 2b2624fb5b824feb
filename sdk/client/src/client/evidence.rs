//! Evidence: collecting the proofs of an entry for a verifier without a node.

use super::{Client, MerkleProof};
use crate::error::{Error, ProofError, Result};
use credio_envelope::CommitmentKey;
use credio_evidence::{DocumentPart, Evidence, InclusionPart, Trusted, verify};
use credio_primitives::{
	GrantId, RecordId, Reference, RequestKey,
	evidence::Origin,
	rpc::{At, Bytes, EvidenceJson, EvidenceOptions},
};
use std::time::Duration;
use tokio::time::timeout;

/// Final blocks to wait for until one after the entry and the checkpoint has a proof of finality: the node proves the last
/// final one or a few before it.
const MAX_AWAITED_BLOCKS: usize = 8;
/// How long to wait for each. A network that finalizes at all does so every few seconds.
const MAX_WAIT_FOR_BLOCK: Duration = Duration::from_secs(30);

/// The optional contents of an evidence, and the verifier's trust.
#[derive(Debug, Default)]
pub struct EvidenceRequest {
	/// The verifier's starting point; by default the node's genesis.
	pub trusted: Option<Trusted>,
	/// Key of the request that appended the entry, to prove its receipt.
	pub request_key: Option<RequestKey>,
	/// Grants, to prove whether they are active.
	pub grants: Vec<GrantId>,
	/// For a document under a Merkle anchor: its proof.
	pub proof: Option<MerkleProof>,
	/// The commitment key, which lets anyone with the document check it.
	pub commitment_key: Option<CommitmentKey>,
	/// The document; needs the commitment key.
	pub document: Option<Vec<u8>>,
}

impl Client {
	/// Collects evidence of an entry at the newest proven final block.
	///
	/// Verifies it as a verifier does, and checks that the document belongs to the entry.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "not found", [`Error::Access`] for another document or key,
	/// [`Error::Argument`] for a request key that did not append the entry, [`Error::Proof`] if a verifier would refuse
	/// it, or if its subject is another one.
	pub async fn evidence(
		&self,
		record_id: RecordId,
		request: EvidenceRequest,
	) -> Result<Evidence> {
		let EvidenceRequest { trusted, request_key, grants, proof, commitment_key, document } =
			request;
		let origin = match request_key {
			None => None,
			Some(key) => Some(self.origin(record_id, key).await?),
		};
		if let Some(document) = &document {
			match (&proof, &commitment_key) {
				(Some(proof), _) => self.verify_anchored(document, proof).await?,
				(None, Some(key)) => self.verify(record_id, document, key).await.map(|_| ())?,
				(None, None) => {
					return Err(Error::Argument("a document goes with its commitment key".into()));
				},
			}
		}
		let trusted = match trusted {
			Some(trusted) => trusted,
			None => self.genesis().await?,
		};
		let from = (trusted.number() > 0).then(|| trusted.block().hash);
		let options = EvidenceOptions { from, origin, grants: grants.clone() };
		let answer = self.collect(record_id, &options).await?;
		let inclusion = proof.map(|MerkleProof { index, commitment, siblings, .. }| {
			InclusionPart { index, commitment, siblings }
		});
		let commitment_key = match commitment_key {
			None => None,
			Some(key) => Some(
				key.reveal().parse().map_err(|_| Error::Argument("no commitment key".into()))?,
			),
		};
		let part = DocumentPart { commitment_key, inclusion, content: document.map(Bytes) };
		let part = (part != DocumentPart::default()).then_some(part);
		let evidence = Evidence::new(answer.answer, part);
		verify(&evidence, &trusted, None, None).map_err(ProofError::NotProvable)?;
		// Valid evidence could still have another subject.
		let subject = &evidence.subject;
		let names_all = grants.iter().all(|grant| subject.grants.contains(grant));
		if (subject.record_id, subject.origin) != (record_id, origin) || !names_all {
			return Err(ProofError::Contradicted("subject of the evidence").into());
		}
		Ok(evidence)
	}

	/// Returns the proofs of an entry.
	///
	/// Right after the entry or a checkpoint, no later block has a proof of finality yet: waits for it.
	async fn collect(
		&self,
		record_id: RecordId,
		options: &EvidenceOptions,
	) -> Result<At<EvidenceJson>> {
		for _ in 0..MAX_AWAITED_BLOCKS {
			match self.call("credio_v1_evidence", (record_id, options)).await {
				Err(error) if error.is_not_found() => {
					// It is the entry that does not exist, or the block that does not yet.
					self.record(record_id).await?;
				},
				done => return done,
			}
			// A subscription begins with the last final block.
			match timeout(MAX_WAIT_FOR_BLOCK, self.wait_for_finality(1)).await {
				Ok(waited) => waited?,
				Err(_) => break,
			}
		}
		self.call("credio_v1_evidence", (record_id, options)).await
	}

	/// Returns the call of a request that appended an entry.
	async fn origin(&self, record_id: RecordId, request_key: RequestKey) -> Result<Origin> {
		let organization = self.record(record_id).await?.header.organization;
		(0..self.limits.max_calls)
			.map(|position| Origin { request_key, position })
			.find(|origin| {
				let reference = Reference::derive(&origin.request_key, origin.position);
				RecordId::derive(organization, &reference) == record_id
			})
			.ok_or_else(|| {
				Error::Argument(format!("the request {request_key} did not append {record_id}"))
			})
	}
}
