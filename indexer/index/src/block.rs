//! Blocks as a store takes them.

use credio_primitives::{BlockNumber, Digest, OrganizationId, RecordId, Sequence, StreamId};
use std::sync::Arc;

/// A block, with everything that it changes in an index.
#[derive(Clone, Debug)]
pub struct Block {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Digest,
	/// Streams that it creates.
	pub streams: Vec<Stream>,
	/// Entries that it appends.
	pub entries: Vec<Entry>,
	/// Documents of older records that can be read from here on: a grant was given.
	pub readable: Vec<(RecordId, Document)>,
	/// Records that lose their documents, and why: a grant was revoked.
	pub removed: Vec<(RecordId, String)>,
}

impl Block {
	/// Creates a block that changes nothing.
	#[must_use]
	pub fn new(number: BlockNumber, hash: Digest) -> Self {
		Self {
			number,
			hash,
			streams: Vec::new(),
			entries: Vec::new(),
			readable: Vec::new(),
			removed: Vec::new(),
		}
	}
}

/// A stream, with the name that views select it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
	/// Its id.
	pub id: StreamId,
	/// The organization that owns it.
	pub owner: OrganizationId,
	/// Its name.
	pub name: String,
}

/// An entry of a stream.
#[derive(Clone, Debug)]
pub struct Entry {
	/// Its name.
	pub record: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// The organization that owns the stream.
	pub owner: OrganizationId,
	/// The organization that appended it.
	pub author: OrganizationId,
	/// Its kind.
	pub kind: EntryKind,
	/// The record that it replaces.
	pub supersedes: Option<RecordId>,
	/// `blake2_256` of its record id and header in SCALE, which identifies everything that the chain has of it.
	pub digest: Digest,
	/// Its document, or why there is none. The reason has to follow from the chain alone, or a rebuilt index would
	/// differ.
	pub content: Content,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
	/// A document is on the chain, encrypted.
	Record,
	/// One document is committed to.
	DigestAnchor,
	/// Many documents are committed to.
	MerkleAnchor,
}

impl EntryKind {
	/// Its name.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::Record => "record",
			Self::DigestAnchor => "digestAnchor",
			Self::MerkleAnchor => "merkleAnchor",
		}
	}
}

/// The document of an entry, or why there is none.
#[derive(Clone, Debug)]
pub enum Content {
	/// It can be read.
	Document(Document),
	/// It cannot be read, for this reason.
	Unreadable(String),
}

/// A document in plaintext.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
	/// Its media type.
	pub media_type: String,
	/// Its bytes.
	pub bytes: Arc<[u8]>,
}

/// Shows nothing of the document's content.
impl std::fmt::Debug for Document {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Document({} bytes)", self.bytes.len())
	}
}
