use super::{document::describe, *};
use credio_envelope::{Context, HEADER_LENGTH, StreamSecret};
use credio_primitives::StreamId;
use proptest::prelude::*;
use std::{fs, sync::Arc};
use zeroize::Zeroizing;

const RECORD: RecordId = RecordId([9; 32]);

fn document(length: usize) -> Vec<u8> {
	(0..length).map(|at| (at % 251) as u8).collect()
}

fn context() -> Context {
	Context { genesis: Digest([1; 32]), stream: StreamId([2; 32]), epoch: 0, record_id: RECORD }
}

fn in_memory(bytes: Vec<u8>) -> Source {
	Source::Memory(Arc::new(Zeroizing::new(bytes)))
}

fn seal_whole(source: &Source) -> Result<SealedObject, ObjectError> {
	let described = describe(source, "text/csv")?;
	let secret = StreamSecret::from_random(&Zeroizing::new([7; 32]));
	let key = secret.object_key(&context(), &described.description())?;
	seal(key, RECORD, described, source.clone())
}

/// Returns all parts of an object, and how it is opened.
fn stored(source: &Source) -> (SealedObject, Vec<u8>, Opening) {
	let sealed = seal_whole(source).unwrap();
	let mut chunks = Vec::new();
	for part in 0..sealed.address.parts() {
		let bytes = seal_part(&sealed, part).unwrap();
		let range = sealed.address.part(part);
		assert_eq!(range.end - range.start, bytes.len() as u64);
		chunks.extend_from_slice(&bytes);
	}
	assert_eq!((HEADER_LENGTH + chunks.len()) as u64, sealed.address.size);
	let manifest = Manifest::read(&sealed.manifest.to_bytes(), &sealed.address).unwrap();
	let secret = StreamSecret::from_random(&Zeroizing::new([7; 32]));
	let data_key = secret.data_key_of(&context(), manifest.header()).unwrap();
	let key = data_key.object_key(&context(), manifest.header()).unwrap();
	let opening = Opening { address: sealed.address, manifest, key };
	(sealed, chunks, opening)
}

#[test]
fn document_of_several_parts_opens_again() {
	for length in [0, 1, 100_000, 8 * 1024 * 1024, 9_000_000] {
		let content = document(length);
		let (sealed, chunks, opening) = stored(&in_memory(content.clone()));
		let all = 0..opening.manifest.chunks();
		let inner = opening.open(&all, &chunks).unwrap();
		let (layout, media_type) = Layout::read(&inner, sealed.address.size).unwrap();
		assert_eq!(media_type, "text/csv");
		let place = layout.document_range();
		let range = usize::try_from(place.start).unwrap()..usize::try_from(place.end).unwrap();
		assert!(inner[range] == content, "{length}");
		assert_eq!(opening.key.commitment_key().commit(&content), sealed.commitment);
	}
}

#[test]
fn file_and_memory_seal_to_the_same_envelope() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("document");
	fs::write(&path, document(300_000)).unwrap();
	let of_file = seal_whole(&Source::File(path)).unwrap();
	let of_memory = seal_whole(&in_memory(document(300_000))).unwrap();
	assert_eq!(of_file.address, of_memory.address);
	assert_eq!(of_file.manifest, of_memory.manifest);
}

#[test]
fn document_that_changes_while_it_is_read_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("document");
	let source = Source::File(path.clone());
	let content = document(300_000);
	let changes: [&dyn Fn(&mut Vec<u8>); 3] =
		[&|bytes| bytes[5] ^= 1, &|bytes| bytes.truncate(200_000), &|bytes| bytes[299_999] ^= 1];
	for change in changes {
		let mut changed = content.clone();
		change(&mut changed);
		// Between reading it for its name and sealing it.
		fs::write(&path, &content).unwrap();
		let described = describe(&source, "text/csv").unwrap();
		let secret = StreamSecret::from_random(&Zeroizing::new([7; 32]));
		let key = secret.object_key(&context(), &described.description()).unwrap();
		fs::write(&path, &changed).unwrap();
		let refused = seal(key, RECORD, described, source.clone());
		assert!(matches!(refused, Err(ObjectError::SourceChanged)), "{refused:?}");
		// Between sealing and storing it.
		fs::write(&path, &content).unwrap();
		let sealed = seal_whole(&source).unwrap();
		fs::write(&path, &changed).unwrap();
		let refused = seal_part(&sealed, 0);
		assert!(matches!(refused, Err(ObjectError::SourceChanged)), "{refused:?}");
	}
}

#[test]
fn too_large_documents_are_refused_unread() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("large");
	fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
	let refused = describe(&Source::File(path), "text/csv");
	let Err(ObjectError::Envelope(error)) = refused else { panic!("{refused:?}") };
	assert!(error.to_string().contains("1 GiB"), "{error}");
	let missing = describe(&Source::File(folder.path().join("none")), "text/csv");
	assert!(matches!(missing, Err(ObjectError::File { .. })), "{missing:?}");
}

#[test]
fn manifest_of_another_object_is_refused() {
	let (sealed, ..) = stored(&in_memory(document(300_000)));
	let (address, good) = (sealed.address, sealed.manifest.to_bytes());
	assert_eq!(Manifest::length_of(&address), good.len());
	let read = |bytes: &[u8]| Manifest::read(bytes, &address);
	assert!(read(&good).is_ok());
	for place in [0, 1, 40, 65, good.len() - 1] {
		let mut changed = good.to_vec();
		changed[place] ^= 1;
		assert!(matches!(read(&changed), Err(ObjectError::ManifestDamaged)), "{place}");
	}
	let longer = [&good[..], &[0; 32]].concat();
	for unfit in [&good[..good.len() - 1], &good[..65], &[], &longer] {
		assert!(matches!(read(unfit), Err(ObjectError::ManifestDamaged)));
	}
	for size in [0, 65, address.size - 65_552, u64::MAX] {
		let other = ObjectAddress { size, ..address };
		assert!(Manifest::read(&good, &other).is_err(), "{size}");
	}
}

#[test]
fn changed_chunk_is_told_with_its_place() {
	let (_, mut chunks, opening) = stored(&in_memory(document(300_000)));
	chunks[70_000] ^= 1;
	let all = 0..opening.manifest.chunks();
	let refused = opening.open(&all, &chunks);
	let Err(ObjectError::Damaged { chunk: 1, bytes }) = refused else { panic!("{refused:?}") };
	assert_eq!(bytes, 65_552..131_104);
	// Others open.
	assert!(opening.open(&(0..1), &chunks[..65_552]).is_ok());
	assert!(opening.open(&(2..3), &chunks[131_104..196_656]).is_ok());
	// Chunks of another length are none.
	assert!(matches!(opening.open(&(0..1), &chunks[..65_551]), Err(ObjectError::Damaged { .. })));
	assert!(matches!(opening.open(&(0..2), &[]), Err(ObjectError::Damaged { .. })));
}

proptest! {
	#[test]
	fn parts_of_a_range_hold_it(size in 100..200_000_000u64, start in 0..210_000_000u64, bytes in 0..40_000_000u64) {
		let address = ObjectAddress { record_id: RECORD, root: Digest([1; 32]), size };
		let range = start..start + bytes;
		let parts = address.parts_of(&range).collect::<Vec<_>>();
		let end = size - HEADER_LENGTH as u64;
		if Layout::chunks_in(size).is_some() {
			let held = parts.iter().map(|(_, within)| within.end - within.start).sum::<u64>();
			prop_assert_eq!(held, range.end.min(end).saturating_sub(range.start));
			for (number, within) in parts {
				let part = address.part(number);
				prop_assert!(within.end <= part.end - part.start);
			}
		}
	}
}
