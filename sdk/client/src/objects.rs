//! Objects: documents of up to 1 GiB, sealed in chunks, whose ciphertext is in an object store.
//!
//! An object lies in its store as a **manifest** (the header of the envelope and the digest of each chunk) and **parts** of
//! [`PART_CHUNKS`] chunks. The manifest is checked against the root on the chain, and each chunk against the manifest, so a
//! store or a server is trusted with nothing. Stores are in the crate `credio-objects`; this module seals and opens.

mod document;
mod error;
mod manifest;
mod opening;
mod sealing;

pub use document::{Described, Source};
pub use error::ObjectError;
pub use manifest::Manifest;
pub(crate) use opening::Opening;
pub(crate) use sealing::{SealedObject, seal, seal_part};

use async_trait::async_trait;
use bytes::Bytes;
use credio_envelope::{Layout, TAG_LENGTH};
use credio_primitives::{Digest, RecordId, limits::OBJECT_CHUNK_SIZE, rpc::AccessToken};
use std::{fmt, ops::Range};

/// Chunks in each part of an object but the last: 8 MiB of the document.
pub const PART_CHUNKS: u32 = 128;
/// Bytes of a whole part.
const PART_SIZE: u64 = PART_CHUNKS as u64 * (OBJECT_CHUNK_SIZE as u64 + TAG_LENGTH as u64);

/// Runs what blocks on a thread for that.
pub(crate) async fn blocking<Value: Send + 'static>(
	work: impl FnOnce() -> Result<Value, ObjectError> + Send + 'static,
) -> Result<Value, ObjectError> {
	tokio::task::spawn_blocking(work).await.map_err(|_| ObjectError::Interrupted)?
}

/// The name of an object in stores, and its size. It says no more than the chain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectAddress {
	/// The record.
	pub record_id: RecordId,
	/// Root over its envelope.
	pub root: Digest,
	/// Size of its envelope in bytes.
	pub size: u64,
}

impl ObjectAddress {
	/// Returns the number of parts.
	#[must_use]
	pub fn parts(&self) -> u32 {
		Layout::chunks_in(self.size).unwrap_or_default().div_ceil(PART_CHUNKS)
	}

	/// Returns the number of bytes of its sealed chunks.
	#[must_use]
	pub fn sealed_length(&self) -> u64 {
		self.size.saturating_sub(credio_envelope::HEADER_LENGTH as u64)
	}

	/// Returns the bytes of a part within the sealed chunks.
	#[must_use]
	pub fn part(&self, number: u32) -> Range<u64> {
		let end = self.sealed_length();
		let start = (u64::from(number) * PART_SIZE).min(end);
		start..start.saturating_add(PART_SIZE).min(end)
	}

	/// Returns the parts that hold a range of the sealed chunks, each with the range within it.
	pub fn parts_of(&self, range: &Range<u64>) -> impl Iterator<Item = (u32, Range<u64>)> + use<> {
		let (address, range) = (*self, range.clone());
		let first = u32::try_from(range.start / PART_SIZE).unwrap_or(u32::MAX);
		(first..address.parts())
			.map(move |number| (number, address.part(number)))
			.take_while({
				let end = range.end;
				move |(_, part)| part.start < end
			})
			.map(move |(number, part)| {
				let start = range.start.max(part.start) - part.start;
				let end = range.end.min(part.end) - part.start;
				(number, start..end)
			})
			.filter(|(_, within)| within.start < within.end)
	}
}

/// A piece of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
	/// Its manifest.
	Manifest,
	/// A range of its sealed chunks.
	Sealed(Range<u64>),
}

/// What servers of objects ask for.
#[derive(Clone, Debug)]
pub struct ObjectAccess {
	/// The caller's access token for a fetch of the record.
	pub token: AccessToken,
	/// URLs at which the record's author and the owner of its stream serve objects.
	pub endpoints: Vec<String>,
}

/// Where objects are read from.
#[async_trait]
pub trait ReadObjects: Send + Sync + fmt::Debug {
	/// Reads a piece of an object from the own store. Callers check it.
	///
	/// # Errors
	///
	/// [`ObjectError::NotFound`], [`ObjectError::Store`].
	async fn read_own(&self, object: &ObjectAddress, piece: &Piece) -> Result<Bytes, ObjectError>;

	/// Reads a piece of an object from the servers of its organizations. Callers check it.
	///
	/// # Errors
	///
	/// As [`Self::read_own`].
	async fn read_served(
		&self,
		object: &ObjectAddress,
		piece: &Piece,
		access: &ObjectAccess,
	) -> Result<Bytes, ObjectError>;
}

/// Where objects are written to.
#[async_trait]
pub trait WriteObjects: Send + Sync + fmt::Debug {
	/// Lists the parts of an object that are stored whole.
	///
	/// # Errors
	///
	/// [`ObjectError::Store`], as for all methods.
	async fn stored_parts(&self, object: &ObjectAddress) -> Result<Vec<u32>, ObjectError>;

	/// Whether the object is stored whole.
	async fn is_complete(&self, object: &ObjectAddress) -> Result<bool, ObjectError>;

	/// Whether a part is stored with these bytes.
	async fn has_part(
		&self,
		object: &ObjectAddress,
		number: u32,
		bytes: &Bytes,
	) -> Result<bool, ObjectError>;

	/// Stores a part, in place of one under its name. It is on the disk, or with the store's service, when this returns.
	async fn put_part(
		&self,
		object: &ObjectAddress,
		number: u32,
		bytes: Bytes,
	) -> Result<(), ObjectError>;

	/// Stores the manifest, which completes the object.
	async fn put_manifest(
		&self,
		object: &ObjectAddress,
		manifest: Bytes,
	) -> Result<(), ObjectError>;

	/// Deletes everything that is stored of a record but one envelope; all without one.
	async fn delete(&self, record: RecordId, keep: Option<Digest>) -> Result<(), ObjectError>;
}

#[cfg(test)]
mod tests;
