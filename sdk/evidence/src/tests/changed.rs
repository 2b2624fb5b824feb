//! Any change is refused, and names the changed part.

use super::{Part, chain, part};
use crate::{Checkpoint, Evidence, Trusted, verify};
use credio_primitives::rpc::Bytes;
use proptest::prelude::*;

const LINES: [Part; 8] = [
	Part::Format,
	Part::Genesis,
	Part::Subject,
	Part::From,
	Part::Finality,
	Part::Storage,
	Part::Document,
	Part::Sums,
];

/// Every how many bits one is flipped; `CREDIO_EVIDENCE_STRIDE=1` flips all, one after another.
fn stride() -> usize {
	std::env::var("CREDIO_EVIDENCE_STRIDE").ok().and_then(|n| n.parse().ok()).unwrap_or(13)
}

#[test]
fn flipped_bit_is_refused_and_its_part_named() {
	let text = chain::evidence().0.to_text().unwrap().into_bytes();
	for bit in (0..8 * text.len()).step_by(stride()) {
		let mut changed = text.clone();
		changed[bit / 8] ^= 1 << (bit % 8);
		let refused = Evidence::parse(&changed).expect_err("it has to be refused");
		let line = text[..bit / 8].iter().filter(|byte| **byte == b'\n').count();
		let is_digest = LINES.get(line) == Some(&Part::Sums);
		let is_end = text[bit / 8] == b'\n' || text[bit / 8] == b'"' || text[bit / 8] == b',';
		let near = is_end && LINES.get(line + 1) == Some(&refused.part);
		assert!(
			is_digest || near || LINES.get(line) == Some(&refused.part),
			"bit {bit} in {:?}: {refused}",
			LINES.get(line)
		);
	}
}

#[test]
fn truncated_or_extended_file_is_refused() {
	let text = chain::evidence().0.to_text().unwrap().into_bytes();
	for length in (0..text.len()).step_by(stride()) {
		assert!(Evidence::parse(&text[..length]).is_err());
	}
	for more in [&b" "[..], b"\n", b"{}", b"\0"] {
		assert!(Evidence::parse(&[&text, more].concat()).is_err());
		assert!(Evidence::parse(&[more, &text].concat()).is_err());
	}
	let text = String::from_utf8(text).unwrap();
	for (from, to) in [
		("\"origin\":{", "\"more\":1,\"origin\":{"),
		("\"genesis\":", "\"genesis\": "),
		("{\"format\"", "{\"format\":\"credio/evidence/v3\",\"format\""),
		("evidence/v3", "evidence/v2"),
	] {
		assert!(text.contains(from));
		assert!(Evidence::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
	}
}

/// The pieces of each part, to change them with the digests recomputed.
type Pieces<'a> = Vec<(Part, &'a mut Vec<u8>)>;

fn pieces(evidence: &mut Evidence) -> Pieces<'_> {
	let mut pieces = Vec::new();
	for Bytes(node) in &mut evidence.storage {
		pieces.push((Part::Storage, node));
	}
	for link in &mut evidence.finality {
		pieces.push((Part::Finality, &mut link.header.0));
		pieces.push((Part::Finality, &mut link.justification.0));
	}
	let content = evidence.document.as_mut().and_then(|part| part.content.as_mut());
	pieces.extend(content.map(|content| (Part::Document, &mut content.0)));
	pieces
}

#[test]
fn change_with_recomputed_digests_is_refused() {
	let (evidence, trusted) = chain::evidence();
	let mut original = evidence.clone();
	let lengths = pieces(&mut original).iter().map(|(_, piece)| piece.len()).collect::<Vec<_>>();
	for (position, length) in lengths.into_iter().enumerate() {
		for bit in (0..8 * length).step_by(stride()) {
			let mut changed = evidence.clone();
			let expected = {
				let (part, piece) = &mut pieces(&mut changed)[position];
				piece[bit / 8] ^= 1 << (bit % 8);
				*part
			};
			let text = changed.to_text().unwrap();
			let read = Evidence::parse(text.as_bytes()).unwrap();
			assert_eq!(part(verify(&read, &trusted, None, None)), expected);
		}
	}
	for bit in (0..256).step_by(stride()) {
		let flip = |bytes: &mut [u8; 32]| bytes[bit / 8] ^= 1 << (bit % 8);
		let refused = |change: &dyn Fn(&mut Evidence)| {
			let mut changed = evidence.clone();
			change(&mut changed);
			part(verify(&changed, &trusted, None, None))
		};
		assert_eq!(refused(&|one| flip(&mut one.genesis.0)), Part::Genesis);
		assert_eq!(refused(&|one| flip(&mut one.from.hash.0)), Part::From);
		let of_subject = [Part::Subject, Part::Storage];
		assert!(of_subject.contains(&refused(&|one| flip(&mut one.subject.record_id.0))));
		assert!(of_subject.contains(&refused(&|one| flip(&mut one.subject.access_requests[0].0))));
		assert!(of_subject.contains(&refused(&|one| {
			let origin = one.subject.origin.as_mut().unwrap();
			flip(&mut origin.request_key.0);
		})));
		let key = refused(&|one| {
			let part = one.document.as_mut().unwrap();
			flip(&mut part.commitment_key.as_mut().unwrap().0);
		});
		assert_eq!(key, Part::Document);
	}
}

proptest! {
	#[test]
	fn arbitrary_bytes_are_refused_without_panic(
		bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
		at in any::<prop::sample::Index>(),
	) {
		prop_assert!(Evidence::parse(&bytes).is_err());
		prop_assert!(Trusted::from_specification(&bytes).is_err());
		prop_assert!(Checkpoint::parse(&bytes).is_err());
		let (mut evidence, trusted) = chain::evidence();
		{
			let mut pieces = pieces(&mut evidence);
			let position = at.index(pieces.len());
			*pieces[position].1 = bytes;
		}
		prop_assert!(verify(&evidence, &trusted, None, None).is_err());
	}

	#[test]
	fn spliced_text_is_refused_without_panic(
		at in any::<prop::sample::Index>(),
		length in 0usize..200,
		other in any::<prop::sample::Index>(),
	) {
		let text = chain::evidence().0.to_text().unwrap().into_bytes();
		let (from, other) = (at.index(text.len()), other.index(text.len()));
		let end = (from + length).min(text.len());
		let mut changed = text.clone();
		changed.splice(from..end, text[other..(other + length).min(text.len())].iter().copied());
		prop_assert!(changed == text || Evidence::parse(&changed).is_err());
	}
}
