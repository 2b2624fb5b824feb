//! Evidence: collecting the proofs of an entry for a verifier without a node.

use super::{Client, MerkleProof};
use crate::error::{Error, ProofError, Result};
use credio_envelope::CommitmentKey;
use credio_evidence::{verify, DocumentPart, Evidence, InclusionPart, Trusted};
use credio_primitives::{
	evidence::Origin,
	rpc::{At, Bytes, EvidenceJson, EvidenceOptions},
	GrantId, RecordId, Reference, RequestKey,
};

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
		let answer: At<EvidenceJson> =
			self.call("credio_v1_evidence", (record_id, options)).await?;
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
