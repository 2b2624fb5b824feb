//! Evidence: collecting what proves an entry to somebody without a node.

use super::{Client, MerkleProof};
use crate::error::{Error, ProofError, Result};
use credio_envelope::CommitmentKey;
use credio_evidence::{verify, DocumentPart, Evidence, InclusionPart, Trusted};
use credio_primitives::{
	evidence::Origin,
	rpc::{At, Bytes, EvidenceJson, EvidenceOptions},
	GrantId, RecordId, Reference, RequestKey,
};

/// What an evidence is to hold beyond the entry itself.
#[derive(Debug, Default)]
pub struct EvidenceRequest {
	/// What the verifier trusts; genesis as the node has it without it.
	pub trusted: Option<Trusted>,
	/// Key of the request that brought the entry, to prove its receipt.
	pub request_key: Option<RequestKey>,
	/// Grants that were once given, to prove whether they hold.
	pub grants: Vec<GrantId>,
	/// For a document under a Merkle anchor: its proof.
	pub proof: Option<MerkleProof>,
	/// The commitment key, which lets whoever has the document check it.
	pub commitment_key: Option<CommitmentKey>,
	/// The document itself; takes the commitment key.
	pub document: Option<Vec<u8>>,
}

impl Client {
	/// Collects evidence of an entry at the newest block that is proven to be final.
	///
	/// It is verified as its verifier will, and the document is checked to belong to the entry.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "not found", [`Error::Access`] for another document or key,
	/// [`Error::Argument`] for a request key that has not brought the entry, [`Error::Proof`] if a verifier would
	/// refuse it, [`Error::Proof`] if it is about something else than was asked for.
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
		// What holds may still be about something else than was asked for.
		let subject = &evidence.subject;
		let names_all = grants.iter().all(|grant| subject.grants.contains(grant));
		if (subject.record_id, subject.origin) != (record_id, origin) || !names_all {
			return Err(ProofError::Contradicted("subject of the evidence").into());
		}
		Ok(evidence)
	}

	/// The call of a request that appended an entry.
	async fn origin(&self, record_id: RecordId, request_key: RequestKey) -> Result<Origin> {
		let organization = self.record(record_id).await?.header.organization;
		(0..self.limits.max_calls)
			.map(|position| Origin { request_key, position })
			.find(|origin| {
				let reference = Reference::derive(&origin.request_key, origin.position);
				RecordId::derive(organization, &reference) == record_id
			})
			.ok_or_else(|| {
				Error::Argument(format!("the request {request_key} has not brought {record_id}"))
			})
	}
}
