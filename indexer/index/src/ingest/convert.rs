//! Entries of the chain as the store takes them.

use crate::{
	block::{self, Block, Content},
	store::OBJECT,
};
use codec::Encode;
use credio_client::{Unread, envelope::Document};
use credio_primitives::{Denial, Digest, Entry, EntryBody, OrganizationId};

/// Sorts the entries of a block in an order that follows from the chain alone.
pub(super) fn sort(block: &mut Block) {
	block.entries.sort_by_key(|entry| (entry.stream, entry.sequence));
}

/// Returns a document as the store takes it.
pub(super) fn document(document: &Document) -> block::Document {
	block::Document {
		media_type: document.media_type.clone(),
		bytes: document.bytes.as_slice().into(),
	}
}

/// Returns a document, or the reason why there is none.
pub(super) fn content(read: Result<Document, Unread>) -> Content {
	match read {
		Ok(read) => Content::Document(document(&read)),
		// A node says so. It is erased for the index once that is proven.
		Err(Unread::Object | Unread::Denied(Denial::Erased)) => Content::Unreadable(OBJECT.into()),
		Err(Unread::Denied(denial)) => Content::Unreadable(denial.word().into()),
		Err(Unread::Unopened(_)) => Content::Unreadable("doesNotOpen".into()),
	}
}

/// Returns the digest that identifies everything that the chain has of an entry.
#[must_use]
pub fn digest_of(entry: &Entry) -> Digest {
	Digest(sp_crypto_hashing::blake2_256(&entry.encode()))
}

/// Returns an entry as the store takes it.
#[allow(clippy::needless_pass_by_value, reason = "the entry moves into the store")]
pub(super) fn indexed(
	owner: OrganizationId,
	entry: Entry,
	read: Result<Document, Unread>,
) -> block::Entry {
	let (kind, supersedes) = match entry.header.body {
		EntryBody::Record { supersedes, .. } | EntryBody::Object { supersedes, .. } => {
			(block::EntryKind::Record, supersedes)
		},
		EntryBody::DigestAnchor { .. } => (block::EntryKind::DigestAnchor, None),
		EntryBody::MerkleAnchor { .. } => (block::EntryKind::MerkleAnchor, None),
	};
	block::Entry {
		digest: digest_of(&entry),
		record: entry.record_id,
		stream: entry.header.stream,
		sequence: entry.header.sequence,
		owner,
		author: entry.header.organization,
		kind,
		supersedes,
		content: content(read),
	}
}
