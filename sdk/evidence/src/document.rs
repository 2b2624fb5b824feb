//! The document part of an evidence.

use crate::{Part, Refused};
use credio_envelope::CommitmentKey;
use credio_primitives::{Commitment, Digest, EntryBody, limits, merkle, rpc::Bytes};
use serde::{Deserialize, Serialize};

/// The document part of an evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentPart {
	/// The commitment key, which checks the document and decrypts nothing.
	pub commitment_key: Option<Digest>,
	/// For a document under a Merkle anchor: its position and proof.
	pub inclusion: Option<InclusionPart>,
	/// The document itself.
	pub content: Option<Bytes>,
}

/// The inclusion proof of a document under a Merkle anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InclusionPart {
	/// Position of the document.
	pub index: u32,
	/// Keyed commitment to the document.
	pub commitment: Commitment,
	/// The siblings, from the bottom up.
	pub siblings: Vec<Digest>,
}

/// The proven facts about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documented {
	/// The commitment on the chain, directly or under a Merkle root; `None` for a Merkle anchor without inclusion
	/// proof.
	pub commitment: Option<Commitment>,
	/// Position under the Merkle anchor.
	pub index: Option<u32>,
	/// Length of the document, if it was checked against the commitment.
	pub length: Option<usize>,
}

/// Checks the document, of the evidence or given separately, against the entry.
pub(crate) fn check(
	body: &EntryBody,
	part: Option<&DocumentPart>,
	document: Option<&[u8]>,
	key: Option<&CommitmentKey>,
) -> Result<Documented, Refused> {
	let inclusion = part.and_then(|part| part.inclusion.as_ref());
	let (commitment, index) = match (body, inclusion) {
		(EntryBody::MerkleAnchor { root, leaves }, Some(inclusion)) => {
			let InclusionPart { index, commitment, siblings } = inclusion;
			if siblings.len() > limits::MAX_PROOF_LENGTH as usize
				|| !merkle::verify(root, *leaves, *index, commitment, siblings)
			{
				return Err(
					Part::Document.refused("the commitment is not under the anchor's Merkle root")
				);
			}
			(Some(*commitment), Some(*index))
		},
		(_, Some(_)) => {
			return Err(Part::Document.refused("the entry is no Merkle anchor"));
		},
		(body, None) => (body.commitment(), None),
	};
	let own_key: Option<CommitmentKey> = match part.and_then(|part| part.commitment_key) {
		None => None,
		Some(key) => {
			Some(key.to_string().parse().map_err(|_| Part::Document.refused("no commitment key"))?)
		},
	};
	let content = part.and_then(|part| part.content.as_ref()).map(|content| content.0.as_slice());
	if content.is_some() && own_key.is_none() {
		return Err(Part::Document.refused("the document is there without its commitment key"));
	}
	let mut length = None;
	let own = content.map(|content| (content, own_key.as_ref()));
	let given = document.map(|document| (document, key.or(own_key.as_ref())));
	for (document, key) in [own, given].into_iter().flatten() {
		let key = key.ok_or_else(|| {
			Part::Document
				.refused("checking a document takes its commitment key, which is not here")
		})?;
		let commitment = commitment.ok_or_else(|| {
			Part::Document
				.refused("the evidence does not say where under the anchor the document is")
		})?;
		if !key.verify(document, &commitment) {
			return Err(Part::Document.refused(
				"the document is not the one that the chain commits to, or the key is another one",
			));
		}
		length = Some(document.len());
	}
	Ok(Documented { commitment, index, length })
}
