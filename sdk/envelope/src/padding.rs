//! Padding that hides most of a document's length.

use crate::Error;
use alloc::{string::String, vec::Vec};
use credio_primitives::limits::{MAX_DOCUMENT_SIZE, MAX_MEDIA_TYPE_LENGTH};
use zeroize::Zeroizing;

/// Returns the Padmé length of `length` bytes: at most 12 % more, and one of few values.
#[must_use]
pub fn padme(length: usize) -> usize {
	if length < 2 {
		return length;
	}
	let exponent = length.ilog2();
	let kept = exponent.ilog2() + 1;
	let mask = (1usize << exponent.saturating_sub(kept)) - 1;
	length.saturating_add(mask) & !mask
}

/// Encodes media type and document, padded.
pub(crate) fn pad(media_type: &str, document: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
	if document.len() > MAX_DOCUMENT_SIZE as usize {
		return Err(Error::TooLarge { size: document.len() });
	}
	if media_type.len() > MAX_MEDIA_TYPE_LENGTH as usize {
		return Err(Error::MediaTypeTooLong);
	}
	let length = 1 + media_type.len() + 4 + document.len();
	// With the full capacity, since growing would leave copies behind.
	let mut inner = Zeroizing::new(Vec::with_capacity(padme(length)));
	inner.push(media_type.len() as u8);
	inner.extend_from_slice(media_type.as_bytes());
	inner.extend_from_slice(&(document.len() as u32).to_le_bytes());
	inner.extend_from_slice(document);
	inner.resize(padme(length), 0);
	Ok(inner)
}

/// Decodes the media type and the document of a padded plaintext.
pub(crate) fn unpad(inner: &[u8]) -> Result<(String, Zeroizing<Vec<u8>>), Error> {
	let (media_length, rest) = inner.split_first().ok_or(Error::InvalidPadding)?;
	let (media_type, rest) =
		rest.split_at_checked((*media_length).into()).ok_or(Error::InvalidPadding)?;
	let (length, rest) = rest.split_first_chunk::<4>().ok_or(Error::InvalidPadding)?;
	let length = u32::from_le_bytes(*length) as usize;
	let (document, zeros) = rest.split_at_checked(length).ok_or(Error::InvalidPadding)?;
	if zeros.iter().any(|byte| *byte != 0) || padme(inner.len() - zeros.len()) != inner.len() {
		return Err(Error::InvalidPadding);
	}
	let media_type = core::str::from_utf8(media_type).map_err(|_| Error::InvalidPadding)?;
	Ok((media_type.into(), Zeroizing::new(document.to_vec())))
}
