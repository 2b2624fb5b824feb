//! Envelopes round-trip, and open with the right key and context only.

use credio_envelope::{Context, Error, HEADER_LENGTH, StreamSecret, padme};
use credio_primitives::{Digest, RecordId, StreamId, limits::*};
use proptest::prelude::*;
use zeroize::Zeroizing;

fn secret(n: u8) -> StreamSecret {
	StreamSecret::from_random(&Zeroizing::new([n; 32]))
}

fn context() -> Context {
	Context {
		genesis: Digest([1; 32]),
		stream: StreamId([2; 32]),
		epoch: 3,
		record_id: RecordId([4; 32]),
	}
}

#[test]
fn documents_of_every_size_round_trip() {
	for size in [0, 1, 2, 255, 256, 4_097, MAX_DOCUMENT_SIZE as usize] {
		let document = vec![0xa5; size];
		let sealed = secret(1).seal(&context(), "application/xml", &document).unwrap();
		assert!(sealed.payload.len() <= MAX_PAYLOAD_SIZE as usize, "{size}");
		let opened = secret(1).open(&context(), &sealed.payload).unwrap();
		assert_eq!((opened.media_type.as_str(), &*opened.bytes), ("application/xml", &document));
		let key = secret(1).data_key_of(&context(), &sealed.payload).unwrap().commitment_key();
		assert!(key.verify(&document, &sealed.commitment));
		assert!(!key.verify(&[&document[..], b" "].concat(), &sealed.commitment));
	}
}

#[test]
fn largest_document_with_longest_media_type_fits() {
	let media_type = "x".repeat(MAX_MEDIA_TYPE_LENGTH as usize);
	let document = vec![7; MAX_DOCUMENT_SIZE as usize];
	let sealed = secret(1).seal(&context(), &media_type, &document).unwrap();
	assert!(sealed.payload.len() <= MAX_PAYLOAD_SIZE as usize, "{}", sealed.payload.len());
}

#[test]
fn oversized_input_is_refused_with_hint() {
	let size = MAX_DOCUMENT_SIZE as usize + 1;
	let error = secret(1).seal(&context(), "", &vec![0; size]).unwrap_err();
	assert_eq!(error, Error::TooLarge { size });
	assert!(error.to_string().contains("65536") && error.to_string().contains("object"));
	let long = "x".repeat(MAX_MEDIA_TYPE_LENGTH as usize + 1);
	assert_eq!(secret(1).seal(&context(), &long, b""), Err(Error::MediaTypeTooLong));
}

#[test]
fn sealing_is_deterministic_and_salts_differ() {
	let seal = |media_type: &str, document: &[u8]| {
		secret(1).seal(&context(), media_type, document).unwrap().payload
	};
	assert_eq!(seal("text/plain", b"one"), seal("text/plain", b"one"));
	let salt = |payload: Vec<u8>| payload[1..33].to_vec();
	assert_ne!(salt(seal("text/plain", b"one")), salt(seal("text/plain", b"two")));
	assert_ne!(salt(seal("text/plain", b"one")), salt(seal("text/html", b"one")));
}

#[test]
fn other_secret_or_context_does_not_open() {
	let sealed = secret(1).seal(&context(), "text/plain", b"document").unwrap();
	let open = |context| secret(1).open(&context, &sealed.payload).unwrap_err();
	assert_eq!(secret(2).open(&context(), &sealed.payload), Err(Error::KeyCommitmentMismatch));
	for other in [
		Context { genesis: Digest([9; 32]), ..context() },
		Context { stream: StreamId([9; 32]), ..context() },
		Context { epoch: 9, ..context() },
		Context { record_id: RecordId([9; 32]), ..context() },
	] {
		assert_eq!(open(other), Error::KeyCommitmentMismatch);
		// Even with the right data key, the associated data does not match.
		let data_key = secret(1).data_key_of(&context(), &sealed.payload).unwrap();
		assert_eq!(data_key.open(&other, &sealed.payload), Err(Error::Corrupted));
	}
}

#[test]
fn other_versions_are_named() {
	let mut payload = secret(1).seal(&context(), "", b"document").unwrap().payload;
	for version in [0, 2, 255] {
		payload[0] = version;
		assert_eq!(secret(1).open(&context(), &payload), Err(Error::UnknownVersion(version)));
	}
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
	let payload = secret(1).seal(&context(), "text/plain", b"a small document").unwrap().payload;
	for length in 0..payload.len() {
		assert!(secret(1).open(&context(), &payload[..length]).is_err(), "{length}");
	}
	for bit in 0..payload.len() * 8 {
		let mut flipped = payload.clone();
		flipped[bit / 8] ^= 1 << (bit % 8);
		let error = secret(1).open(&context(), &flipped).unwrap_err();
		let expected = match bit / 8 {
			0 => Error::UnknownVersion(flipped[0]),
			1..HEADER_LENGTH => Error::KeyCommitmentMismatch,
			_ => Error::Corrupted,
		};
		assert_eq!(error, expected, "bit {bit}");
	}
}

#[test]
fn debug_hides_secrets() {
	let secret = StreamSecret::from_random(&Zeroizing::new([0xab; 32]));
	let sealed = secret.seal(&context(), "text/plain", b"plaintext").unwrap();
	let data_key = secret.data_key_of(&context(), &sealed.payload).unwrap();
	let opened = secret.open(&context(), &sealed.payload).unwrap();
	let shown = format!("{secret:?} {data_key:?} {:?} {opened:?}", data_key.commitment_key());
	for hidden in ["171", "abab", "plaintext", "text/plain", &data_key.commitment_key().reveal()] {
		assert!(!shown.contains(hidden), "{shown}");
	}
}

proptest! {
	#[test]
	fn any_document_round_trips(document: Vec<u8>, media_type in "[a-z]{0,20}/[a-z]{0,20}", n: u8) {
		let sealed = secret(n).seal(&context(), &media_type, &document).unwrap();
		let opened = secret(n).open(&context(), &sealed.payload).unwrap();
		prop_assert_eq!(&*opened.bytes, &document);
		prop_assert_eq!(opened.media_type, media_type);
	}

	#[test]
	fn padding_adds_at_most_12_percent(length in 0usize..1_000_000) {
		let padded = padme(length);
		prop_assert!(padded >= length);
		prop_assert!((padded - length) as f64 <= 0.12 * length as f64);
		prop_assert_eq!(padme(padded), padded);
	}

	#[test]
	fn arbitrary_bytes_never_open(mut bytes: Vec<u8>, version in 0u8..3) {
		if let Some(first) = bytes.first_mut() {
			*first = version;
		}
		prop_assert!(secret(1).open(&context(), &bytes).is_err());
	}
}
