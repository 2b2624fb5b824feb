//! Sealing: a document is read, sealed and checked whole before anything of it leaves this process. So an envelope is never
//! of a document that changed while it was read, and two documents never share a key and a nonce in any store.

use super::{
	Manifest, ObjectAddress, ObjectError, PART_CHUNKS,
	document::{Described, ReadSeek, Source, read_inner},
};
use bytes::Bytes;
use credio_envelope::{Layout, ObjectKey, TAG_LENGTH};
use credio_primitives::{
	Commitment, Digest, RecordId, limits::OBJECT_CHUNK_SIZE, object::piece_digest,
};
use sha2::{Digest as _, Sha256};
use std::{ops::Range, thread};
use zeroize::Zeroizing;

/// Bytes of a chunk before it is sealed.
const CHUNK: usize = OBJECT_CHUNK_SIZE as usize;

/// A document that was sealed once. Its parts are sealed again, one by one, when they are stored.
#[derive(Clone, Debug)]
pub(crate) struct SealedObject {
	pub address: ObjectAddress,
	pub commitment: Commitment,
	pub manifest: Manifest,
	key: ObjectKey,
	described: Described,
	layout: Layout,
	source: Source,
}

/// Reads and seals a document. Blocks.
pub(crate) fn seal(
	key: ObjectKey,
	record_id: RecordId,
	described: Described,
	source: Source,
) -> Result<SealedObject, ObjectError> {
	let layout = described.layout()?;
	let mut reader = source.open().map_err(ObjectError::read)?;
	let mut digests = Vec::with_capacity(layout.chunks() as usize);
	let (mut commitment, mut sha256) = (key.commitment_key().start(), Sha256::new());
	let mut inner = Zeroizing::default();
	for part in 0..layout.chunks().div_ceil(PART_CHUNKS) {
		let chunks = chunks_of(part, &layout);
		let held = read_chunks(&mut *reader, &described, &layout, &chunks, &mut inner)?;
		let middle = middle_of(&chunks, &inner);
		let (first, second) = inner.split_at(middle.1);
		let document = &inner[held];
		// Two threads: each seals one half, and computes one digest of the whole.
		let (before, after) = thread::scope(|scope| {
			let other = scope.spawn(|| {
				sha256.update(document);
				digests_of(&key, &layout, middle.0, second)
			});
			commitment.update(document);
			let before = digests_of(&key, &layout, chunks.start, first);
			(before, other.join().map_err(|_| ObjectError::Interrupted))
		});
		digests.extend(before?);
		digests.extend(after??);
	}
	if <[u8; 32]>::from(sha256.finalize()) != described.sha256 {
		return Err(ObjectError::SourceChanged);
	}
	let manifest = Manifest::new(*key.header(), digests);
	let address = ObjectAddress { record_id, root: manifest.root(), size: layout.size() };
	let commitment = commitment.finish();
	Ok(SealedObject { address, commitment, manifest, key, described, layout, source })
}

/// Seals a part again and checks that it is the same as before. Blocks.
pub(crate) fn seal_part(object: &SealedObject, part: u32) -> Result<Bytes, ObjectError> {
	let SealedObject { key, described, layout, source, manifest, .. } = object;
	let mut reader = source.open().map_err(ObjectError::read)?;
	let mut inner = Zeroizing::default();
	let chunks = chunks_of(part, layout);
	read_chunks(&mut *reader, described, layout, &chunks, &mut inner)?;
	let middle = middle_of(&chunks, &inner);
	let (first, second) = inner.split_at(middle.1);
	let sealed = |from, inner| sealed_chunks(key, layout, manifest, from, inner);
	let (before, after) = thread::scope(|scope| {
		let other = scope.spawn(|| sealed(middle.0, second));
		(sealed(chunks.start, first), other.join().map_err(|_| ObjectError::Interrupted))
	});
	let mut bytes = before?;
	bytes.extend_from_slice(&after??);
	Ok(bytes.into())
}

fn chunks_of(part: u32, layout: &Layout) -> Range<u32> {
	let start = part.saturating_mul(PART_CHUNKS);
	start..start.saturating_add(PART_CHUNKS).min(layout.chunks())
}

fn read_chunks(
	mut reader: &mut dyn ReadSeek,
	described: &Described,
	layout: &Layout,
	chunks: &Range<u32>,
	inner: &mut Zeroizing<Vec<u8>>,
) -> Result<Range<usize>, ObjectError> {
	let place = |chunk: u32| (u64::from(chunk) * CHUNK as u64).min(layout.inner());
	read_inner(&mut reader, described, layout, &(place(chunks.start)..place(chunks.end)), inner)
}

/// Returns the chunk in the middle of a part, and its place there.
fn middle_of(chunks: &Range<u32>, inner: &[u8]) -> (u32, usize) {
	let half = (chunks.end - chunks.start).div_ceil(2);
	(chunks.start + half, (half as usize * CHUNK).min(inner.len()))
}

/// Seals each chunk and hands it on. One buffer serves for all.
fn each_sealed(
	key: &ObjectKey,
	layout: &Layout,
	from: u32,
	inner: &[u8],
	mut then: impl FnMut(u32, &[u8]) -> Result<(), ObjectError>,
) -> Result<(), ObjectError> {
	let mut sealed = Zeroizing::new(Vec::with_capacity(CHUNK + TAG_LENGTH));
	for (index, chunk) in (from..).zip(inner.chunks(CHUNK)) {
		sealed.clear();
		sealed.extend_from_slice(chunk);
		key.seal_chunk(index, index + 1 == layout.chunks(), &mut sealed)?;
		then(index, &sealed)?;
	}
	Ok(())
}

fn digests_of(
	key: &ObjectKey,
	layout: &Layout,
	from: u32,
	inner: &[u8],
) -> Result<Vec<Digest>, ObjectError> {
	let mut digests = Vec::with_capacity(inner.len().div_ceil(CHUNK));
	each_sealed(key, layout, from, inner, |_, sealed| {
		digests.push(piece_digest(sealed));
		Ok(())
	})?;
	Ok(digests)
}

fn sealed_chunks(
	key: &ObjectKey,
	layout: &Layout,
	manifest: &Manifest,
	from: u32,
	inner: &[u8],
) -> Result<Vec<u8>, ObjectError> {
	let mut bytes = Vec::with_capacity(inner.len() + inner.len().div_ceil(CHUNK) * TAG_LENGTH);
	each_sealed(key, layout, from, inner, |index, sealed| {
		if !manifest.has(index, sealed) {
			return Err(ObjectError::SourceChanged);
		}
		bytes.extend_from_slice(sealed);
		Ok(())
	})?;
	Ok(bytes)
}
