//! Documents that are sealed as objects: read several times, piece by piece.

use super::{ObjectError, blocking};
use credio_envelope::{Layout, ObjectDescription};
use sha2::{Digest as _, Sha256};
use std::{
	fs::File,
	io::{self, Cursor, Read, Seek, SeekFrom},
	ops::Range,
	path::PathBuf,
	sync::Arc,
};
use zeroize::Zeroizing;

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// Where the document of an object is.
#[derive(Clone, Debug)]
pub enum Source {
	/// A file, which nobody may write to meanwhile.
	File(PathBuf),
	/// In memory.
	Memory(Arc<Zeroizing<Vec<u8>>>),
}

/// Reads from any place.
pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<Reader: Read + Seek + Send> ReadSeek for Reader {}

/// Bytes in memory that are shared.
#[derive(Clone)]
struct Shared(Arc<Zeroizing<Vec<u8>>>);

impl AsRef<[u8]> for Shared {
	fn as_ref(&self) -> &[u8] {
		&self.0
	}
}

impl Source {
	pub(crate) fn open(&self) -> io::Result<Box<dyn ReadSeek>> {
		Ok(match self {
			Self::File(path) => Box::new(File::open(path)?),
			Self::Memory(bytes) => Box::new(Cursor::new(Shared(bytes.clone()))),
		})
	}
}

/// A document that was read once: its length and its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
	/// Its media type.
	pub media_type: String,
	/// Its length in bytes.
	pub length: u64,
	/// Its SHA-256, which stays secret.
	pub sha256: [u8; 32],
}

impl Described {
	/// Reads a document once.
	///
	/// # Errors
	///
	/// [`ObjectError::File`]; [`ObjectError::Envelope`] for a document or a media type over the limit.
	pub async fn of(source: &Source, media_type: &str) -> Result<Self, ObjectError> {
		let (source, media_type) = (source.clone(), media_type.to_owned());
		blocking(move || describe(&source, &media_type)).await
	}

	/// Returns it as envelopes take it.
	#[must_use]
	pub fn description(&self) -> ObjectDescription<'_> {
		let Self { media_type, length, sha256 } = self;
		ObjectDescription { media_type, length: *length, sha256: *sha256 }
	}

	/// Returns the layout of its envelope.
	///
	/// # Errors
	///
	/// [`ObjectError::Envelope`] for a document or a media type over the limit.
	pub fn layout(&self) -> Result<Layout, ObjectError> {
		Ok(Layout::new(&self.media_type, self.length)?)
	}
}

/// Reads a document once. Blocks.
///
/// # Errors
///
/// [`ObjectError::File`]; [`ObjectError::Envelope`] for a document or a media type over the limit.
pub(super) fn describe(source: &Source, media_type: &str) -> Result<Described, ObjectError> {
	let mut reader = source.open().map_err(ObjectError::read)?;
	let length = reader.seek(SeekFrom::End(0)).map_err(ObjectError::read)?;
	// A file that grows has an end, too.
	let layout = Layout::new(media_type, length)?;
	reader.seek(SeekFrom::Start(0)).map_err(ObjectError::read)?;
	let mut buffer = Zeroizing::new(vec![0; BUFFER]);
	let (mut sha256, mut rest) = (Sha256::new(), layout.document());
	while rest > 0 {
		let piece = &mut buffer[..usize::try_from(rest).unwrap_or(BUFFER).min(BUFFER)];
		read_whole(&mut reader, piece)?;
		sha256.update(&*piece);
		rest -= piece.len() as u64;
	}
	Ok(Described { media_type: media_type.into(), length, sha256: sha256.finalize().into() })
}

fn read_whole(reader: &mut impl Read, piece: &mut [u8]) -> Result<(), ObjectError> {
	reader.read_exact(piece).map_err(|error| match error.kind() {
		io::ErrorKind::UnexpectedEof => ObjectError::SourceChanged,
		_ => ObjectError::read(error),
	})
}

/// Reads a range of the inner bytes: prefix, document and padding. Returns the bytes of it that are the document's.
pub(super) fn read_inner(
	reader: &mut impl ReadSeek,
	described: &Described,
	layout: &Layout,
	range: &Range<u64>,
	inner: &mut Zeroizing<Vec<u8>>,
) -> Result<Range<usize>, ObjectError> {
	let length = usize::try_from(range.end - range.start).map_err(|_| ObjectError::Interrupted)?;
	inner.clear();
	inner.resize(length, 0);
	let prefix = Layout::prefix(&described.media_type, described.length);
	for (place, byte) in (range.start..range.end).zip(inner.iter_mut()) {
		let Some(found) = usize::try_from(place).ok().and_then(|place| prefix.get(place)) else {
			break;
		};
		*byte = *found;
	}
	let document = layout.document_range();
	let start = document.start.clamp(range.start, range.end);
	let end = document.end.clamp(range.start, range.end);
	if start >= end {
		return Ok(0..0);
	}
	let within = |place: u64| usize::try_from(place - range.start).unwrap_or(length);
	let held = within(start)..within(end);
	reader.seek(SeekFrom::Start(start - document.start)).map_err(ObjectError::read)?;
	read_whole(reader, &mut inner[held.clone()])?;
	Ok(held)
}
