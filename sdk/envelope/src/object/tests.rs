use super::*;
use alloc::{vec, vec::Vec};
use credio_primitives::{
	Digest, RecordId, StreamId,
	limits::MAX_OBJECT_SIZE,
	object::{piece_digest, root},
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const TYPE: &str = "application/pdf";

fn context(record: u8) -> Context {
	Context {
		genesis: Digest([1; 32]),
		stream: StreamId([2; 32]),
		epoch: 3,
		record_id: RecordId([record; 32]),
	}
}

fn secret() -> StreamSecret {
	StreamSecret::from_random(&Zeroizing::new([7; 32]))
}

fn description<'a>(media_type: &'a str, document: &[u8]) -> ObjectDescription<'a> {
	let sha256 = Sha256::digest(document).into();
	ObjectDescription { media_type, length: document.len() as u64, sha256 }
}

/// Seals a document whole. Returns the header and the sealed chunks.
fn seal(media_type: &str, document: &[u8]) -> (ObjectKey, Layout, Vec<Vec<u8>>) {
	let layout = Layout::new(media_type, document.len() as u64).unwrap();
	let key = secret().object_key(&context(4), &description(media_type, document)).unwrap();
	let mut inner = Layout::prefix(media_type, document.len() as u64);
	inner.extend_from_slice(document);
	inner.resize(layout.inner() as usize, 0);
	let mut chunks = Vec::new();
	for (index, chunk) in inner.chunks(OBJECT_CHUNK_SIZE as usize).enumerate() {
		let mut chunk = chunk.to_vec();
		key.seal_chunk(index as u32, index as u32 + 1 == layout.chunks(), &mut chunk).unwrap();
		chunks.push(chunk);
	}
	assert_eq!(chunks.len(), layout.chunks() as usize);
	(key, layout, chunks)
}

/// Opens an envelope whole.
fn open(key: &ObjectKey, chunks: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
	let mut inner = Vec::new();
	for (index, chunk) in chunks.iter().enumerate() {
		let mut chunk = chunk.clone();
		key.open_chunk(index as u32, index + 1 == chunks.len(), &mut chunk)?;
		inner.extend_from_slice(&chunk);
	}
	Ok(inner)
}

#[test]
fn documents_of_all_sizes_around_a_chunk_open_again() {
	let chunk = OBJECT_CHUNK_SIZE as usize;
	let prefix = 9 + TYPE.len();
	for size in [0, 1, 1000, chunk - prefix - 1, chunk - prefix, chunk, 3 * chunk + 5, 500_000] {
		let document = vec![0xaa; size];
		let (sealed_by, layout, chunks) = seal(TYPE, &document);
		let total = HEADER_LENGTH + chunks.iter().map(Vec::len).sum::<usize>();
		assert_eq!(total as u64, layout.size());
		assert_eq!(Layout::chunks_in(layout.size()), Some(layout.chunks()), "{size}");

		let header = sealed_by.header();
		let data_key = secret().data_key_of(&context(4), header).unwrap();
		let key = data_key.object_key(&context(4), header).unwrap();
		let inner = open(&key, &chunks).unwrap();
		let (found, media_type) = Layout::read(&inner, layout.size()).unwrap();
		assert_eq!((found, media_type), (layout, TYPE));
		let range = layout.document_range();
		assert_eq!(&inner[range.start as usize..range.end as usize], document);
		assert_eq!(
			key.commitment_key().commit(&document),
			sealed_by.commitment_key().commit(&document)
		);
	}
}

#[test]
fn chunks_are_bound_to_place_object_and_end() {
	let document = vec![0xaa; 200_000];
	let (key, _, chunks) = seal(TYPE, &document);
	assert!(open(&key, &chunks).is_ok());
	let mut swapped = chunks.clone();
	swapped.swap(0, 1);
	assert_eq!(open(&key, &swapped), Err(Error::Corrupted));
	assert_eq!(open(&key, &chunks[..chunks.len() - 1]), Err(Error::Corrupted));
	assert_eq!(open(&key, &chunks[1..]), Err(Error::Corrupted));
	let mut longer = chunks.clone();
	longer.push(chunks[0].clone());
	assert_eq!(open(&key, &longer), Err(Error::Corrupted));
	for place in [0, chunks[0].len() / 2, chunks[0].len() - 1] {
		let mut flipped = chunks.clone();
		flipped[0][place] ^= 1;
		assert_eq!(open(&key, &flipped), Err(Error::Corrupted));
	}
	let other = secret().object_key(&context(5), &description(TYPE, &document)).unwrap();
	assert_eq!(open(&other, &chunks), Err(Error::Corrupted));
}

#[test]
fn header_is_bound_to_key_version_and_context() {
	let (key, ..) = seal(TYPE, b"document");
	let header = key.header();
	let opens = |context: &Context, header: &[u8]| {
		let data_key = secret().data_key_of(context, header)?;
		data_key.object_key(context, header).map(|_| ())
	};
	assert_eq!(opens(&context(4), header), Ok(()));
	assert_eq!(opens(&context(5), header), Err(Error::KeyCommitmentMismatch));
	assert_eq!(opens(&context(4), &header[..64]), Err(Error::Truncated));
	assert_eq!(opens(&context(4), &[]), Err(Error::Truncated));
	let mut changed = *header;
	changed[1] ^= 1;
	assert_eq!(opens(&context(4), &changed), Err(Error::KeyCommitmentMismatch));
	for version in [0, 1, 3, 255] {
		changed = *header;
		changed[0] = version;
		assert_eq!(opens(&context(4), &changed), Err(Error::UnknownVersion(version)));
	}
	// Nor does an envelope of a record open as an object, or the other way round.
	let record = secret().seal(&context(4), TYPE, b"document").unwrap().payload;
	let data_key = secret().data_key_of(&context(4), &record).unwrap();
	assert!(matches!(data_key.object_key(&context(4), &record), Err(Error::UnknownVersion(1))));
	let padded = [&header[..], &[0; 100]].concat();
	assert_eq!(secret().open(&context(4), &padded), Err(Error::UnknownVersion(2)));
}

#[test]
fn same_document_has_same_envelope_and_no_other() {
	let (key, _, chunks) = seal(TYPE, b"document");
	let (again, _, same) = seal(TYPE, b"document");
	assert_eq!((key.header(), &chunks), (again.header(), &same));
	let described = description(TYPE, b"document");
	for other in [
		ObjectDescription { media_type: "text/plain", ..described.clone() },
		ObjectDescription { length: 9, ..described.clone() },
		ObjectDescription { sha256: [0; 32], ..described.clone() },
	] {
		let other = secret().object_key(&context(4), &other).unwrap();
		assert_ne!(other.header(), key.header());
	}
	let elsewhere = secret().object_key(&context(5), &described).unwrap();
	assert_ne!(elsewhere.header(), key.header());
}

#[test]
fn largest_object_is_within_the_chain_s_bound() {
	let media_type = "a".repeat(MAX_MEDIA_TYPE_LENGTH as usize);
	let layout = Layout::new(&media_type, MAX_OBJECT_DOCUMENT_SIZE).unwrap();
	assert!(layout.size() <= MAX_OBJECT_SIZE, "{}", layout.size());
	let too_large = Layout::new("", MAX_OBJECT_DOCUMENT_SIZE + 1);
	assert!(matches!(too_large, Err(Error::TooLargeForObject { .. })));
	let too_long = Layout::new(&format!("{media_type}a"), 1);
	assert_eq!(too_long, Err(Error::MediaTypeTooLong));
}

#[test]
fn layout_that_contradicts_the_size_is_refused() {
	let (key, layout, chunks) = seal(TYPE, &[0xaa; 100_000]);
	let inner = open(&key, &chunks).unwrap();
	assert!(Layout::read(&inner, layout.size()).is_ok());
	for size in [0, layout.size() - 1, layout.size() + 1, u64::MAX] {
		assert_eq!(Layout::read(&inner, size), Err(Error::InvalidPadding));
	}
	for cut in [0, 1, 10, 9 + TYPE.len() - 1] {
		assert_eq!(Layout::read(&inner[..cut], layout.size()), Err(Error::InvalidPadding));
	}
}

#[test]
fn root_covers_header_and_chunks() {
	let (key, _, chunks) = seal(TYPE, &[0xaa; 200_000]);
	let mut pieces = vec![piece_digest(key.header())];
	pieces.extend(chunks.iter().map(|chunk| piece_digest(chunk)));
	let whole = root(&pieces);
	pieces.swap(1, 2);
	assert_ne!(root(&pieces), whole);
}

proptest! {
	#[test]
	fn chunks_of_a_range_hold_it(length in 0..400_000u64, start in 0..450_000u64, bytes in 0..450_000u64) {
		let layout = Layout::new(TYPE, length).unwrap();
		let range = start..start + bytes;
		let chunks = layout.chunks_of(&range);
		let held = (start.min(length), range.end.min(length));
		prop_assert!(chunks.end <= layout.chunks());
		if held.0 == held.1 {
			prop_assert!(chunks.is_empty());
		} else {
			let first = layout.document_range().start + held.0;
			let last = layout.document_range().start + held.1 - 1;
			prop_assert_eq!(u64::from(chunks.start), first / CHUNK);
			prop_assert_eq!(u64::from(chunks.end) - 1, last / CHUNK);
		}
	}

	#[test]
	fn sizes_say_how_many_chunks(length in 0..MAX_OBJECT_DOCUMENT_SIZE) {
		let layout = Layout::new(TYPE, length).unwrap();
		prop_assert_eq!(Layout::chunks_in(layout.size()), Some(layout.chunks()));
		let last = Layout::sealed_chunk(layout.chunks() - 1, layout.size());
		prop_assert_eq!(last.end + HEADER_LENGTH as u64, layout.size());
		prop_assert!(last.end - last.start > TAG_LENGTH as u64);
	}

	#[test]
	fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, size: u64) {
		let _ = Layout::read(&bytes, size);
		let _ = Layout::chunks_in(size);
		let _ = secret().data_key_of(&context(4), &bytes);
	}
}
