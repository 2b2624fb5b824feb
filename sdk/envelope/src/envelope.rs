//! Sealing and opening envelopes.

use crate::{
	Context, DataKey, Error, StreamSecret,
	padding::{pad, unpad},
};
use alloc::{string::String, vec::Vec};
use chacha20poly1305::{
	KeyInit, XChaCha20Poly1305,
	aead::{Aead, Payload},
};
use credio_primitives::{
	Commitment,
	entry::{ENVELOPE_V1, ENVELOPE_V2},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of an envelope before its ciphertext: version, salt, key commitment.
pub const HEADER_LENGTH: usize = 1 + 32 + 32;
/// Length of the authentication tag.
pub const TAG_LENGTH: usize = 16;

/// A sealed document, with its commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
	/// The envelope.
	pub payload: Vec<u8>,
	/// The keyed commitment to the document.
	pub commitment: Commitment,
}

/// An opened document.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
	/// Its media type.
	pub media_type: String,
	/// Its bytes, wiped when dropped.
	pub bytes: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for Document {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "Document({} bytes)", self.bytes.len())
	}
}

pub(crate) fn associated_data(context: &Context, header: &[u8; HEADER_LENGTH]) -> Vec<u8> {
	let mut data = Vec::with_capacity(18 + HEADER_LENGTH + Context::LENGTH);
	data.extend_from_slice(match header[0] {
		ENVELOPE_V2 => b"credio/envelope/v2",
		_ => b"credio/envelope/v1",
	});
	data.push(header[0]);
	data.extend_from_slice(&context.bytes());
	data.extend_from_slice(&header[1..]);
	data
}

impl StreamSecret {
	/// Seals a document. The same arguments return the same bytes.
	///
	/// # Errors
	///
	/// [`Error::TooLarge`], [`Error::MediaTypeTooLong`].
	pub fn seal(
		&self,
		context: &Context,
		media_type: &str,
		document: &[u8],
	) -> Result<Sealed, Error> {
		let inner = pad(media_type, document)?;
		let salt = self.salt(&context.record_id, &inner);
		let data_key = self.data_key(context, &salt);
		let mut header = [0; HEADER_LENGTH];
		header[0] = ENVELOPE_V1;
		header[1..33].copy_from_slice(&salt);
		header[33..].copy_from_slice(&data_key.key_commitment());
		let message = Payload { msg: &inner, aad: &associated_data(context, &header) };
		let ciphertext = XChaCha20Poly1305::new(&(*data_key.encryption()).into())
			.encrypt(&(*data_key.nonce()).into(), message)
			.map_err(|_| Error::TooLarge { size: document.len() })?;
		let mut payload = Vec::with_capacity(HEADER_LENGTH + ciphertext.len());
		payload.extend_from_slice(&header);
		payload.extend_from_slice(&ciphertext);
		Ok(Sealed { payload, commitment: data_key.commitment_key().commit(document) })
	}

	/// Returns the data key of an envelope. Its header is enough.
	///
	/// # Errors
	///
	/// [`Error::UnknownVersion`], [`Error::Truncated`], [`Error::KeyCommitmentMismatch`].
	pub fn data_key_of(&self, context: &Context, payload: &[u8]) -> Result<DataKey, Error> {
		let header = header_of(payload)?;
		let mut salt = [0; 32];
		salt.copy_from_slice(&header[1..33]);
		let data_key = self.data_key(context, &salt);
		data_key.check(header)?;
		Ok(data_key)
	}

	/// Opens an envelope.
	///
	/// # Errors
	///
	/// Those of [`Self::data_key_of`] and [`DataKey::open`].
	pub fn open(&self, context: &Context, payload: &[u8]) -> Result<Document, Error> {
		self.data_key_of(context, payload)?.open(context, payload)
	}
}

impl DataKey {
	/// Checks, in constant time, that the envelope was sealed with this key.
	pub(crate) fn check(&self, header: &[u8; HEADER_LENGTH]) -> Result<(), Error> {
		if self.key_commitment().ct_eq(&header[33..]).into() {
			Ok(())
		} else {
			Err(Error::KeyCommitmentMismatch)
		}
	}

	/// Opens an envelope.
	///
	/// # Errors
	///
	/// [`Error::UnknownVersion`], [`Error::Truncated`], [`Error::KeyCommitmentMismatch`], [`Error::Corrupted`],
	/// [`Error::InvalidPadding`].
	pub fn open(&self, context: &Context, payload: &[u8]) -> Result<Document, Error> {
		let (header, ciphertext) = split(payload)?;
		self.check(header)?;
		let message = Payload { msg: ciphertext, aad: &associated_data(context, header) };
		let inner = XChaCha20Poly1305::new(&(*self.encryption()).into())
			.decrypt(&(*self.nonce()).into(), message)
			.map(Zeroizing::new)
			.map_err(|_| Error::Corrupted)?;
		let (media_type, bytes) = unpad(&inner)?;
		Ok(Document { media_type, bytes })
	}
}

/// Returns the header of an envelope of a known version.
pub(crate) fn header_of(payload: &[u8]) -> Result<&[u8; HEADER_LENGTH], Error> {
	match payload.first() {
		None => Err(Error::Truncated),
		Some(&(ENVELOPE_V1 | ENVELOPE_V2)) => {
			payload.first_chunk::<HEADER_LENGTH>().ok_or(Error::Truncated)
		},
		Some(version) => Err(Error::UnknownVersion(*version)),
	}
}

/// Returns the header and the ciphertext of an envelope of version 1.
fn split(payload: &[u8]) -> Result<(&[u8; HEADER_LENGTH], &[u8]), Error> {
	let header = header_of(payload)?;
	if header[0] != ENVELOPE_V1 {
		return Err(Error::UnknownVersion(header[0]));
	}
	let ciphertext = &payload[HEADER_LENGTH..];
	if ciphertext.len() <= TAG_LENGTH {
		return Err(Error::Truncated);
	}
	Ok((header, ciphertext))
}
