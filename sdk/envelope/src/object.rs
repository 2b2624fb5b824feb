//! Envelopes of objects: in chunks, sealed and opened one at a time.

use crate::{
	CommitmentKey, Context, DataKey, Error, HEADER_LENGTH, StreamSecret, TAG_LENGTH,
	envelope::{associated_data, header_of},
	padding::padme,
};
use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use alloc::vec::Vec;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use core::ops::Range;
use credio_primitives::{
	entry::ENVELOPE_V2,
	limits::{MAX_MEDIA_TYPE_LENGTH, MAX_OBJECT_DOCUMENT_SIZE, OBJECT_CHUNK_SIZE},
};

/// Bytes of a chunk before it is sealed, as `u64`.
const CHUNK: u64 = OBJECT_CHUNK_SIZE as u64;
/// Bytes of a whole chunk with its tag, as `u64`.
const SEALED_CHUNK: u64 = CHUNK + TAG_LENGTH as u64;

/// The document of an object, before it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDescription<'a> {
	/// Its media type.
	pub media_type: &'a str,
	/// Its length in bytes.
	pub length: u64,
	/// Its SHA-256, which stays secret.
	pub sha256: [u8; 32],
}

/// Where the parts of an object are. It follows from the lengths of the media type and the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
	/// Bytes before the document: the lengths and the media type.
	prefix: u64,
	/// Length of the document.
	document: u64,
	/// Length of all that is sealed, padded.
	inner: u64,
}

impl Layout {
	/// Returns the layout of an object.
	///
	/// # Errors
	///
	/// [`Error::TooLargeForObject`], [`Error::MediaTypeTooLong`].
	pub fn new(media_type: &str, length: u64) -> Result<Self, Error> {
		if media_type.len() > MAX_MEDIA_TYPE_LENGTH as usize {
			return Err(Error::MediaTypeTooLong);
		}
		let too_large = Error::TooLargeForObject { size: length };
		if length > MAX_OBJECT_DOCUMENT_SIZE {
			return Err(too_large);
		}
		let prefix = 1 + media_type.len() as u64 + 8;
		let unpadded = usize::try_from(prefix + length).map_err(|_| too_large)?;
		Ok(Self { prefix, document: length, inner: padme(unpadded) as u64 })
	}

	/// Reads the layout and the media type from the beginning of the first chunk, opened, of an envelope of `size` bytes.
	///
	/// # Errors
	///
	/// [`Error::InvalidPadding`] if they contradict each other.
	pub fn read(first_chunk: &[u8], size: u64) -> Result<(Self, &str), Error> {
		let invalid = Error::InvalidPadding;
		let (media_length, rest) = first_chunk.split_first().ok_or(invalid)?;
		let (media_type, rest) = rest.split_at_checked((*media_length).into()).ok_or(invalid)?;
		let length = rest.first_chunk::<8>().ok_or(invalid)?;
		let media_type = core::str::from_utf8(media_type).map_err(|_| invalid)?;
		let layout = Self::new(media_type, u64::from_le_bytes(*length)).map_err(|_| invalid)?;
		match layout.size() == size {
			true => Ok((layout, media_type)),
			false => Err(invalid),
		}
	}

	/// Returns what comes before the document.
	#[must_use]
	pub fn prefix(media_type: &str, length: u64) -> Vec<u8> {
		let mut prefix = Vec::with_capacity(9 + media_type.len());
		prefix.push(media_type.len() as u8);
		prefix.extend_from_slice(media_type.as_bytes());
		prefix.extend_from_slice(&length.to_le_bytes());
		prefix
	}

	/// Returns the length of the document.
	#[must_use]
	pub fn document(&self) -> u64 {
		self.document
	}

	/// Returns the length of all that is sealed: prefix, document and padding.
	#[must_use]
	pub fn inner(&self) -> u64 {
		self.inner
	}

	/// Returns the number of chunks, at least 1.
	#[must_use]
	pub fn chunks(&self) -> u32 {
		self.inner.div_ceil(CHUNK) as u32
	}

	/// Returns the length of the envelope: header, chunks, tags.
	#[must_use]
	pub fn size(&self) -> u64 {
		HEADER_LENGTH as u64 + self.inner + u64::from(self.chunks()) * TAG_LENGTH as u64
	}

	/// Returns the bytes of the document within all that is sealed.
	#[must_use]
	pub fn document_range(&self) -> Range<u64> {
		self.prefix..self.prefix + self.document
	}

	/// Returns the chunks that hold a range of the document; an empty range for one without bytes.
	#[must_use]
	pub fn chunks_of(&self, range: &Range<u64>) -> Range<u32> {
		let range = range.start.min(self.document)..range.end.min(self.document);
		if range.is_empty() {
			return 0..0;
		}
		let first = (self.prefix + range.start) / CHUNK;
		let last = (self.prefix + range.end - 1) / CHUNK;
		first as u32..last as u32 + 1
	}

	/// Returns the number of chunks of an envelope of `size` bytes; `None` for a size that no envelope has.
	#[must_use]
	pub fn chunks_in(size: u64) -> Option<u32> {
		let sealed = size.checked_sub(HEADER_LENGTH as u64)?;
		let chunks = sealed.div_ceil(SEALED_CHUNK);
		let last = sealed.checked_sub(chunks.checked_sub(1)? * SEALED_CHUNK)?;
		(last > TAG_LENGTH as u64).then_some(chunks).and_then(|chunks| u32::try_from(chunks).ok())
	}

	/// Returns the bytes of a sealed chunk within an envelope of `size` bytes, counted behind the header.
	#[must_use]
	pub fn sealed_chunk(index: u32, size: u64) -> Range<u64> {
		let end = size.saturating_sub(HEADER_LENGTH as u64);
		let start = (u64::from(index) * SEALED_CHUNK).min(end);
		start..(start + SEALED_CHUNK).min(end)
	}
}

/// The key of one object, with which its chunks are sealed and opened. It opens nothing else.
#[derive(Clone)]
pub struct ObjectKey {
	header: [u8; HEADER_LENGTH],
	associated_data: Vec<u8>,
	data_key: DataKey,
	stream: XChaChaStream,
}

/// The cipher in the STREAM construction.
#[derive(Clone)]
struct XChaChaStream {
	key: zeroize::Zeroizing<[u8; 32]>,
	prefix: zeroize::Zeroizing<[u8; 19]>,
}

impl XChaChaStream {
	fn cipher(&self) -> StreamBE32<XChaCha20Poly1305> {
		let cipher = XChaCha20Poly1305::new(&(*self.key).into());
		StreamBE32::from_aead(cipher, &(*self.prefix).into())
	}
}

impl core::fmt::Debug for ObjectKey {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("ObjectKey(secret)")
	}
}

impl StreamSecret {
	/// Returns the key to seal an object with. The same arguments return the same key.
	///
	/// # Errors
	///
	/// [`Error::TooLargeForObject`], [`Error::MediaTypeTooLong`].
	pub fn object_key(
		&self,
		context: &Context,
		description: &ObjectDescription<'_>,
	) -> Result<ObjectKey, Error> {
		let ObjectDescription { media_type, length, sha256 } = description;
		Layout::new(media_type, *length)?;
		let prefix = Layout::prefix(media_type, *length);
		let salt = self.object_salt(&context.record_id, &[&prefix, sha256]);
		let data_key = self.data_key(context, &salt);
		let mut header = [0; HEADER_LENGTH];
		header[0] = ENVELOPE_V2;
		header[1..33].copy_from_slice(&salt);
		header[33..].copy_from_slice(&data_key.key_commitment());
		Ok(ObjectKey::new(data_key, context, header))
	}
}

impl DataKey {
	/// Returns the key to open an object with, by the header of its envelope.
	///
	/// # Errors
	///
	/// [`Error::UnknownVersion`], [`Error::Truncated`], [`Error::KeyCommitmentMismatch`].
	pub fn object_key(&self, context: &Context, header: &[u8]) -> Result<ObjectKey, Error> {
		let header = header_of(header)?;
		if header[0] != ENVELOPE_V2 {
			return Err(Error::UnknownVersion(header[0]));
		}
		self.check(header)?;
		Ok(ObjectKey::new(self.clone(), context, *header))
	}
}

impl ObjectKey {
	fn new(data_key: DataKey, context: &Context, header: [u8; HEADER_LENGTH]) -> Self {
		let stream = XChaChaStream {
			key: data_key.chunk_encryption(),
			prefix: data_key.chunk_nonce_prefix(),
		};
		Self { associated_data: associated_data(context, &header), header, data_key, stream }
	}

	/// Returns the header of the envelope.
	#[must_use]
	pub fn header(&self) -> &[u8; HEADER_LENGTH] {
		&self.header
	}

	/// Returns the commitment key of the object.
	#[must_use]
	pub fn commitment_key(&self) -> CommitmentKey {
		self.data_key.commitment_key()
	}

	/// Seals a chunk in place and appends its tag.
	///
	/// # Errors
	///
	/// [`Error::Corrupted`] if the chunk is larger than chunks are.
	pub fn seal_chunk(&self, index: u32, is_last: bool, chunk: &mut Vec<u8>) -> Result<(), Error> {
		if chunk.len() > OBJECT_CHUNK_SIZE as usize {
			return Err(Error::Corrupted);
		}
		self.stream
			.cipher()
			.encrypt_in_place(index, is_last, &self.associated_data, chunk)
			.map_err(|_| Error::Corrupted)
	}

	/// Opens a chunk in place and removes its tag.
	///
	/// # Errors
	///
	/// [`Error::Corrupted`] for a chunk that was changed, or belongs to another place or object.
	pub fn open_chunk(&self, index: u32, is_last: bool, chunk: &mut Vec<u8>) -> Result<(), Error> {
		self.stream
			.cipher()
			.decrypt_in_place(index, is_last, &self.associated_data, chunk)
			.map_err(|_| Error::Corrupted)
	}
}

#[cfg(test)]
mod tests;
