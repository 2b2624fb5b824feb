//! Opening: chunks are checked against the manifest and opened, in order or from any place.

use super::{Manifest, ObjectAddress, ObjectError};
use credio_envelope::{Layout, ObjectKey};
use credio_primitives::limits::OBJECT_CHUNK_SIZE;
use std::ops::Range;
use zeroize::Zeroizing;

/// An object whose manifest was checked, with the key to open it.
#[derive(Debug)]
pub(crate) struct Opening {
	pub address: ObjectAddress,
	pub manifest: Manifest,
	pub key: ObjectKey,
}

impl Opening {
	/// Returns the bytes of chunks within the sealed chunks.
	pub(crate) fn sealed_range(&self, chunks: &Range<u32>) -> Range<u64> {
		if chunks.is_empty() {
			return 0..0;
		}
		let size = self.address.size;
		Layout::sealed_chunk(chunks.start, size).start
			..Layout::sealed_chunk(chunks.end - 1, size).end
	}

	/// Checks and opens chunks. Blocks.
	pub(crate) fn open(
		&self,
		chunks: &Range<u32>,
		sealed: &[u8],
	) -> Result<Zeroizing<Vec<u8>>, ObjectError> {
		let whole = self.sealed_range(chunks);
		let damaged = |chunk| {
			let bytes = Layout::sealed_chunk(chunk, self.address.size);
			ObjectError::Damaged { chunk, bytes }
		};
		if whole.end - whole.start != sealed.len() as u64 {
			return Err(damaged(chunks.start));
		}
		let capacity = (chunks.end - chunks.start) as usize * OBJECT_CHUNK_SIZE as usize;
		let mut inner = Zeroizing::new(Vec::with_capacity(capacity));
		let mut chunk = Zeroizing::new(Vec::new());
		for index in chunks.clone() {
			let place = Layout::sealed_chunk(index, self.address.size);
			let within = |place: u64| usize::try_from(place - whole.start).unwrap_or(usize::MAX);
			let piece = sealed
				.get(within(place.start)..within(place.end))
				.filter(|piece| self.manifest.has(index, piece))
				.ok_or_else(|| damaged(index))?;
			chunk.clear();
			chunk.extend_from_slice(piece);
			self.key.open_chunk(index, index + 1 == self.manifest.chunks(), &mut chunk)?;
			inner.extend_from_slice(&chunk);
		}
		Ok(inner)
	}
}
