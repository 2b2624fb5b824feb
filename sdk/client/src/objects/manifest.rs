//! Manifests: the header of an envelope, and the digest of each chunk.

use super::{ObjectAddress, ObjectError};
use bytes::Bytes;
use credio_envelope::{HEADER_LENGTH, Layout};
use credio_primitives::{
	Digest,
	object::{piece_digest, root},
};

/// Length of a digest.
const DIGEST_LENGTH: usize = 32;

/// The header of an envelope, and the digest of each chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
	header: [u8; HEADER_LENGTH],
	digests: Vec<Digest>,
}

impl Manifest {
	pub(super) fn new(header: [u8; HEADER_LENGTH], digests: Vec<Digest>) -> Self {
		Self { header, digests }
	}

	/// Reads the manifest of an object, and checks it against the root.
	///
	/// # Errors
	///
	/// [`ObjectError::ManifestDamaged`].
	pub fn read(bytes: &[u8], object: &ObjectAddress) -> Result<Self, ObjectError> {
		let damaged = || ObjectError::ManifestDamaged;
		let chunks = Layout::chunks_in(object.size).ok_or_else(damaged)?;
		let (header, digests) = bytes.split_first_chunk::<HEADER_LENGTH>().ok_or_else(damaged)?;
		let (digests, rest) = digests.as_chunks::<DIGEST_LENGTH>();
		let digests = digests.iter().map(|digest| Digest(*digest)).collect::<Vec<_>>();
		let manifest = Self { header: *header, digests };
		let is_whole = rest.is_empty() && manifest.digests.len() == chunks as usize;
		if is_whole && manifest.root() == object.root { Ok(manifest) } else { Err(damaged()) }
	}

	/// Returns the longest that the manifest of an object is.
	#[must_use]
	pub fn length_of(object: &ObjectAddress) -> usize {
		let chunks = Layout::chunks_in(object.size).unwrap_or_default() as usize;
		HEADER_LENGTH + chunks * DIGEST_LENGTH
	}

	/// Returns the manifest as it is stored.
	#[must_use]
	pub fn to_bytes(&self) -> Bytes {
		let mut bytes = self.header.to_vec();
		bytes.extend(self.digests.iter().flat_map(|digest| digest.0));
		bytes.into()
	}

	/// Returns the root over header and chunks.
	#[must_use]
	pub fn root(&self) -> Digest {
		let header = piece_digest(&self.header);
		root(std::iter::once(&header).chain(&self.digests))
	}

	/// Returns the header of the envelope.
	#[must_use]
	pub fn header(&self) -> &[u8; HEADER_LENGTH] {
		&self.header
	}

	/// Returns the number of chunks.
	#[must_use]
	pub fn chunks(&self) -> u32 {
		self.digests.len() as u32
	}

	/// Whether a sealed chunk is the one at its place.
	#[must_use]
	pub fn has(&self, index: u32, sealed: &[u8]) -> bool {
		self.digests.get(index as usize) == Some(&piece_digest(sealed))
	}
}
