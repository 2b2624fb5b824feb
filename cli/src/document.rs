//! Documents to upload.

use crate::exit::Failure;
use credio_client::{Error, primitives::limits::MAX_DOCUMENT_SIZE};
use std::path::Path;

/// Returns the size of a document in bytes.
///
/// # Errors
///
/// Fails if the file cannot be read.
pub(crate) async fn size(file: &Path) -> Result<u64, Failure> {
	let metadata = tokio::fs::metadata(file).await;
	Ok(metadata.map_err(|error| Failure::file(file, error))?.len())
}

/// Reads a document.
///
/// # Errors
///
/// Fails without reading it if it is larger than a record may be.
pub(crate) async fn read(file: &Path) -> Result<Vec<u8>, Failure> {
	let size = size(file).await?;
	if size > u64::from(MAX_DOCUMENT_SIZE) {
		let size = usize::try_from(size).unwrap_or(usize::MAX);
		let too_large = credio_client::envelope::Error::TooLarge { size };
		return Err(Error::Vault(too_large.into()).into());
	}
	tokio::fs::read(file).await.map_err(|error| Failure::file(file, error))
}

/// Returns the media type by the file's extension. Only readers of the document see it.
pub(crate) fn media_type(file: &Path) -> &'static str {
	let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
	match extension.to_ascii_lowercase().as_str() {
		"xml" => "application/xml",
		"json" => "application/json",
		"csv" => "text/csv",
		"edi" | "edifact" => "application/EDIFACT",
		"mt940" | "mt942" | "sta" => "application/x-mt940",
		"ofx" | "qfx" => "application/x-ofx",
		"x12" => "application/EDI-X12",
		"p7m" => "application/pkcs7-mime",
		"pdf" => "application/pdf",
		"txt" => "text/plain",
		"png" => "image/png",
		"jpg" | "jpeg" => "image/jpeg",
		_ => "application/octet-stream",
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn media_types_follow_extensions() {
		assert_eq!(media_type(Path::new("a/b.XML")), "application/xml");
		assert_eq!(media_type(Path::new("a.x12")), "application/EDI-X12");
		assert_eq!(media_type(Path::new("a.STA")), "application/x-mt940");
		assert_eq!(media_type(Path::new("fattura.xml.p7m")), "application/pkcs7-mime");
		assert_eq!(media_type(Path::new("none")), "application/octet-stream");
	}

	#[tokio::test]
	async fn too_large_files_are_rejected_unread() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("large");
		std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
		let error = read(&path).await.unwrap_err();
		assert!(error.to_string().contains("object"), "{error}");
	}
}
