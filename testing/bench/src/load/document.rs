//! Documents, and the calls that append them.

use credio_client::{
	Error, Sealer, Upload,
	calls::Call,
	primitives::{Reference, StreamId},
};

/// Media type of the documents.
pub(super) const MEDIA_TYPE: &str = "text/plain";

/// Returns the call that appends a record of a size.
///
/// # Errors
///
/// [`Error::Vault`] for a size over the limit.
pub(super) async fn record(
	sealer: &Sealer<'_>,
	stream: StreamId,
	size: u32,
	number: u64,
	reference: Reference,
) -> Result<Call, Error> {
	let document = document(size, number);
	let upload =
		Upload { stream, key: None, media_type: MEDIA_TYPE, document: &document, supersedes: None };
	sealer.seal(&upload, reference).await.map(|(_, call)| call)
}

/// Returns a document of a size that contains the number as far as it fits.
pub(super) fn document(size: u32, number: u64) -> Vec<u8> {
	let mut document = format!("{number} ").into_bytes();
	document.resize(size as usize, b'x');
	document
}
