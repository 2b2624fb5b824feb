//! Opening objects: any range is read and checked against the chain.

use super::pieces::Pieces;
use crate::{
	client::{Client, CommittedDocument},
	error::{AccessError, Error, Result},
	objects::{ObjectError, Opening, PART_CHUNKS, Piece, blocking},
};
use credio_envelope::{Committing, Document, Layout};
use credio_primitives::{Entry, RecordId, limits::OBJECT_CHUNK_SIZE};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use std::{io::Write, ops::Range, sync::Arc};
use zeroize::Zeroizing;

/// Parts that are read and opened at a time: with ciphertext and plaintext of each, some 35 MB.
const PARTS_AT_A_TIME: usize = 2;

/// An object that this organization may read. Any range of it is read, and checked against the chain, by itself.
#[derive(Debug)]
pub struct OpenObject<'a> {
	entry: Entry,
	media_type: String,
	layout: Layout,
	opening: Arc<Opening>,
	pieces: Pieces<'a>,
	/// The first chunk, opened: media type and beginning of the document.
	first: Zeroizing<Vec<u8>>,
}

impl Client {
	/// Opens an object: reads its manifest and its first chunk, and checks them against the chain.
	///
	/// # Errors
	///
	/// As [`Self::fetch`], and [`Error::Object`].
	pub async fn open_object(&self, id: RecordId) -> Result<OpenObject<'_>> {
		let sealed = self.fetch_sealed(id).await?;
		let (pieces, manifest) = sealed.object.ok_or_else(|| {
			Error::Argument("the record is no object: fetch it as a record".into())
		})?;
		let key = self.vault.open_object(&sealed.held, &sealed.context, &sealed.payload).await?;
		let opening = Arc::new(Opening { address: pieces.address, manifest, key });
		let first = open_chunks(&pieces, &opening, 0..1).await?;
		let (layout, media_type) =
			Layout::read(&first, opening.address.size).map_err(ObjectError::from)?;
		let (media_type, entry) = (media_type.into(), sealed.entry);
		Ok(OpenObject { entry, media_type, layout, opening, pieces, first })
	}

	/// Fetches an object whole into memory, if its document has at most `limit` bytes. A larger one is not read.
	///
	/// # Errors
	///
	/// As [`OpenObject::write`], and [`ObjectError::TooLarge`].
	pub async fn fetch_small_object(&self, id: RecordId, limit: u64) -> Result<CommittedDocument> {
		let object = self.open_object(id).await?;
		let length = object.length();
		if length > limit {
			return Err(ObjectError::TooLarge { length, limit }.into());
		}
		let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or(0)));
		object.write(0, object.commitment(), &mut *bytes, &|_| {}).await?;
		let document = Document { media_type: object.media_type, bytes };
		Ok(CommittedDocument { document, entry: object.entry })
	}
}

impl OpenObject<'_> {
	/// Returns the entry of its record.
	#[must_use]
	pub fn entry(&self) -> &Entry {
		&self.entry
	}

	/// Returns the media type of the document.
	#[must_use]
	pub fn media_type(&self) -> &str {
		&self.media_type
	}

	/// Returns the length of the document in bytes.
	#[must_use]
	pub fn length(&self) -> u64 {
		self.layout.document()
	}

	/// Begins the commitment to the document.
	#[must_use]
	pub fn commitment(&self) -> Committing {
		self.opening.key.commitment_key().start()
	}

	/// Returns a range of the document, which ends at its end, piece by piece. No more than the chunks with it are read, and
	/// each is checked before it is returned.
	///
	/// # Errors
	///
	/// Each piece: [`Error::Object`], which names the place of a chunk that was changed.
	pub fn pieces(
		&self,
		range: Range<u64>,
	) -> impl Stream<Item = Result<Zeroizing<Vec<u8>>>> + Send + '_ {
		let wanted = self.layout.chunks_of(&range);
		let end = wanted.end;
		stream::iter(wanted.step_by(PART_CHUNKS as usize))
			.map(move |start| {
				let range = range.clone();
				async move {
					let chunks = start..start.saturating_add(PART_CHUNKS).min(end);
					let inner = match chunks == (0..1) {
						true => self.first.clone(),
						false => open_chunks(&self.pieces, &self.opening, chunks.clone()).await?,
					};
					Ok(Zeroizing::new(within(&self.layout, &chunks, &range, &inner).to_vec()))
				}
			})
			.buffered(PARTS_AT_A_TIME)
	}

	/// Writes a range of the document, as [`Self::pieces`] returns it.
	///
	/// # Errors
	///
	/// As there.
	pub async fn write_range(
		&self,
		range: &Range<u64>,
		sink: &mut (dyn Write + Send),
	) -> Result<()> {
		let mut pieces = std::pin::pin!(self.pieces(range.clone()));
		while let Some(piece) = pieces.try_next().await? {
			sink.write_all(&piece).map_err(ObjectError::write)?;
		}
		Ok(())
	}

	/// Writes the document from a place on, and checks all of it against the commitment on the chain. `before` is
	/// [`Self::commitment`], updated with what comes before that place. `progress` is told how many bytes are there.
	///
	/// # Errors
	///
	/// As [`Self::write_range`]; [`Error::Access`] for a document that is not the one of the chain.
	pub async fn write(
		&self,
		from: u64,
		before: Committing,
		sink: &mut (dyn Write + Send),
		progress: super::Progress<'_>,
	) -> Result<()> {
		let mut sink = Tee { sink, commitment: before, written: from, progress };
		self.write_range(&(from..u64::MAX), &mut sink).await?;
		let commitment = self.entry.header.body.commitment();
		match commitment.is_some_and(|commitment| sink.commitment.verify(&commitment)) {
			true => Ok(()),
			false => Err(AccessError::NotVerified.into()),
		}
	}
}

async fn open_chunks(
	pieces: &Pieces<'_>,
	opening: &Arc<Opening>,
	chunks: Range<u32>,
) -> Result<Zeroizing<Vec<u8>>> {
	let sealed = pieces.read(&Piece::Sealed(opening.sealed_range(&chunks))).await?;
	let opening = opening.clone();
	Ok(blocking(move || opening.open(&chunks, &sealed)).await?)
}

/// Returns what chunks, opened, have of a range of the document.
fn within<'a>(
	layout: &Layout,
	chunks: &Range<u32>,
	range: &Range<u64>,
	inner: &'a [u8],
) -> &'a [u8] {
	let document = layout.document_range();
	let begin = u64::from(chunks.start) * u64::from(OBJECT_CHUNK_SIZE);
	let place = |at: u64| {
		let at = document.start.saturating_add(at).min(document.end);
		usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX).min(inner.len())
	};
	&inner[place(range.start)..place(range.end)]
}

/// Writes bytes and commits to them.
struct Tee<'a> {
	sink: &'a mut (dyn Write + Send),
	commitment: Committing,
	written: u64,
	progress: super::Progress<'a>,
}

impl Write for Tee<'_> {
	fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
		self.sink.write_all(bytes)?;
		self.commitment.update(bytes);
		self.written = self.written.saturating_add(bytes.len() as u64);
		(self.progress)(self.written);
		Ok(bytes.len())
	}

	fn flush(&mut self) -> std::io::Result<()> {
		self.sink.flush()
	}
}
