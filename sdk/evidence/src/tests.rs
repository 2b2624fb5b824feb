//! Evidence of a chain that exists in tests only, and changes of it.

mod chain;
mod changed;
mod checkpoint;
mod finality;
mod head;

use crate::{Checkpoint, DocumentPart, Evidence, InclusionPart, Part, Trusted, verify};
use chain::{
	DOCUMENT, NUMBER, Scene, block, commitment_key, evidence, evidence_of, headers, justification,
	link, specification,
};
use credio_primitives::{
	Digest, EntryBody, GrantId, GrantStatus, Outcome, RequestKey, evidence::Origin, merkle::Tree,
	rpc::BlockRef,
};
use sp_core::H256;
use sp_runtime::DispatchError;
use std::{collections::BTreeMap, fs, path::Path};

fn part(result: Result<crate::Verified, crate::Refused>) -> Part {
	result.expect_err("it has to be refused").part
}

#[test]
fn evidence_proves_state() {
	let (evidence, trusted) = evidence();
	let read = Evidence::parse(evidence.to_text().unwrap().as_bytes()).unwrap();
	assert_eq!(read, evidence);
	let verified = verify(&read, &trusted, Some(DOCUMENT), None).unwrap();
	assert_eq!((verified.block.number, verified.changes), (NUMBER, 1));
	assert_eq!((verified.voted, verified.validators), (3, 4));
	assert_eq!(verified.facts.header.sequence, 4);
	assert_eq!(verified.documented.length, Some(DOCUMENT.len()));
	assert_eq!(verified.facts.absent_grants, [GrantId([0x60; 32])]);
	let statuses = verified.facts.grants.iter().map(|named| named.status).collect::<Vec<_>>();
	assert_eq!(statuses, [GrantStatus::Active, GrantStatus::Active, GrantStatus::Expired]);
	let text = verified.proven().join("\n");
	for expected in [
		"Block 9",
		"3 of 4 validators",
		"have changed once",
		"position 4",
		"\"invoices\"",
		"organization 1 (\"channel\")",
		"26 bytes, is the one",
		"call 1 of the request",
		"applied in block 3",
		"the purpose \"assess\"",
		"It has expired",
		"Access request",
		"2026-11-23 16:59:36 UTC",
	] {
		assert!(text.contains(expected), "{expected} in {text}");
	}
	assert!(!text.contains('\u{1b}'), "what others wrote does not reach the terminal as it is");
	assert!(verified.not_proven().len() > 5);
}

/// `CREDIO_WRITE_VECTORS=1` writes the files again, for a new version of the format. Published versions do not change.
#[test]
fn published_evidence_is_reproduced_and_accepted() {
	let published = |name: &str, made: String| {
		let file = Path::new("../vectors").join(name);
		if std::env::var_os("CREDIO_WRITE_VECTORS").is_some() {
			fs::write(&file, &made).expect("the folder is writable");
		}
		let published = fs::read_to_string(&file).expect("the vectors are published");
		assert_eq!(published, made, "{name} and the code differ");
		published
	};
	let chain = published("evidence-v3.chain.json", specification().1);
	let trusted = Trusted::from_specification(chain.as_bytes()).unwrap();
	let made = evidence().0.to_text().unwrap();
	let evidence = published("evidence-v3.evidence", made);
	let evidence = Evidence::parse(evidence.as_bytes()).unwrap();
	verify(&evidence, &trusted, Some(DOCUMENT), None).unwrap();
	// The same of another chain with the same validators, with the first chain's hash written in.
	let foreign = evidence_of(Scene { genesis: other_genesis(), ..Scene::record() }, None).0;
	let foreign = published("evidence-v3.foreign.evidence", foreign.to_text().unwrap());
	let foreign = Evidence::parse(foreign.as_bytes()).unwrap();
	assert_eq!(part(verify(&foreign, &trusted, None, None)), Part::Genesis);
}

/// Hash of block 0 of a chain with the same validators.
fn other_genesis() -> Option<Digest> {
	Some(Digest(chain::specification_with(&[21]).0.hash().0))
}

#[test]
fn unknown_version_is_refused() {
	let (evidence, _) = evidence();
	let unknown = evidence.to_text().unwrap().replacen("evidence/v3", "evidence/v4", 1);
	let refused = Evidence::parse(unknown.as_bytes()).unwrap_err();
	assert_eq!(refused.part, Part::Format);
	assert!(refused.to_string().contains("credio/evidence/v3"), "{refused}");
}

#[test]
fn separate_document_and_key_are_checked() {
	let (mut evidence, trusted) = evidence();
	let key = commitment_key();
	let other: credio_envelope::CommitmentKey = Digest([43; 32]).to_string().parse().unwrap();
	assert_eq!(part(verify(&evidence, &trusted, Some(b"another"), None)), Part::Document);
	assert_eq!(part(verify(&evidence, &trusted, Some(DOCUMENT), Some(&other))), Part::Document);
	evidence.document = None;
	let verified = verify(&evidence, &trusted, None, None).unwrap();
	assert_eq!(verified.documented.length, None);
	assert!(verified.not_proven().join(" ").contains("Which document"));
	assert_eq!(part(verify(&evidence, &trusted, Some(DOCUMENT), None)), Part::Document);
	verify(&evidence, &trusted, Some(DOCUMENT), Some(&key)).unwrap();
}

#[test]
fn merkle_inclusion_is_verified() {
	let commitments = (0..5u8).map(|n| commitment_key().commit(&[n])).collect::<Vec<_>>();
	let tree = Tree::new(&commitments).unwrap();
	let scene = || Scene {
		body: EntryBody::MerkleAnchor { root: tree.root(), leaves: 5 },
		..Scene::record()
	};
	let (evidence, trusted) = evidence_of(scene(), None);
	assert_eq!(verify(&evidence, &trusted, None, None).unwrap().documented.commitment, None);
	assert_eq!(
		part(verify(&evidence, &trusted, Some(&[3]), Some(&commitment_key()))),
		Part::Document
	);
	let inclusion =
		InclusionPart { index: 3, commitment: commitments[3], siblings: tree.proof(3).unwrap() };
	let document = DocumentPart {
		commitment_key: commitment_key().reveal().parse().ok(),
		inclusion: Some(inclusion.clone()),
		content: None,
	};
	let (evidence, trusted) = evidence_of(scene(), Some(document.clone()));
	let verified = verify(&evidence, &trusted, Some(&[3]), None).unwrap();
	assert!(verified.proven().join(" ").contains("that of document 3"));
	assert_eq!(part(verify(&evidence, &trusted, Some(&[2]), None)), Part::Document);
	let moved = InclusionPart { index: 2, ..inclusion };
	let document = DocumentPart { inclusion: Some(moved), ..document };
	let (evidence, _) = evidence_of(scene(), Some(document.clone()));
	assert_eq!(part(verify(&evidence, &trusted, None, None)), Part::Document);
	let (evidence, _) = evidence_of(Scene::record(), Some(document));
	assert_eq!(part(verify(&evidence, &trusted, None, None)), Part::Document);
}

#[test]
fn checkpoint_replaces_earlier_finality() {
	let (evidence, genesis) = evidence();
	let verified = verify(&evidence, &genesis, None, None).unwrap();
	let text = Checkpoint::after(&verified).to_text().unwrap();
	let checkpoint = Checkpoint::parse(text.as_bytes()).unwrap();
	assert_eq!(checkpoint.block(), verified.block);
	let trusted = genesis.at(&checkpoint).unwrap();
	assert_eq!(trusted.number(), NUMBER);
	// A checkpoint after genesis replaces neither genesis nor earlier blocks.
	assert_eq!(part(verify(&evidence, &trusted, None, None)), Part::From);
	let mut later = evidence;
	later.from = checkpoint.block();
	assert_eq!(part(verify(&later, &genesis, None, None)), Part::From);
	assert_eq!(part(verify(&later, &trusted, None, None)), Part::Finality);
	// The next final block of these validators, with the same state.
	let root = chain::prove(&Scene::record()).0;
	let proven = headers(root)[2].clone();
	let next = block(&proven, NUMBER + 1, root, None);
	let votes = justification(&next, 1, &[(2, &next), (3, &next), (5, &next)], &[]);
	later.finality = vec![link(&next, &votes)];
	let verified = verify(&later, &trusted, None, None).unwrap();
	assert!(verified.proven()[0].contains("the checkpoint at block 9"));
	let other = text.replace(&genesis.genesis().to_string(), &Digest([1; 32]).to_string());
	let other = Checkpoint::parse(other.as_bytes()).unwrap();
	assert_eq!(genesis.at(&other).unwrap_err().part, Part::Checkpoint);
}

#[test]
fn other_chain_is_refused() {
	let (evidence, _) = evidence();
	let (_, spec) = specification();
	let other = spec.replace("0x0707", "0x0708");
	let other = Trusted::from_specification(other.as_bytes()).unwrap();
	assert_eq!(part(verify(&evidence, &other, None, None)), Part::Genesis);
	for not_raw in ["", "{}", "[]", "{\"genesis\":{\"runtimeGenesis\":{}}}", &spec[1..]] {
		let refused = Trusted::from_specification(not_raw.as_bytes()).unwrap_err();
		assert_eq!(refused.part, Part::Specification);
	}
	let said = Trusted::from_specification(b"{\"genesis\":{\"runtimeGenesis\":{}}}").unwrap_err();
	assert!(said.to_string().contains("build-spec --raw"), "{said}");
	// A trie as deep as its longest key.
	let keys = (1..3_000).map(|length| (format!("0x{}", "00".repeat(length)), "0x00".into()));
	let top = keys.collect::<BTreeMap<String, String>>();
	let deep = serde_json::json!({ "genesis": { "raw": { "top": top } } }).to_string();
	assert_eq!(Trusted::from_specification(deep.as_bytes()).unwrap_err().part, Part::Specification);
}

#[test]
fn evidence_of_a_chain_with_the_same_validators_is_refused() {
	// The votes are valid on both, and every chain hash in the file is rewritten.
	for genesis in [other_genesis(), Some(Digest([0; 32])), None] {
		let (evidence, trusted) = evidence_of(Scene { genesis, ..Scene::record() }, None);
		assert_eq!(evidence.genesis, trusted.genesis());
		let refused = verify(&evidence, &trusted, None, None).unwrap_err();
		assert_eq!(refused.part, Part::Genesis, "{refused}");
		let read = Evidence::parse(evidence.to_text().unwrap().as_bytes()).unwrap();
		assert_eq!(part(verify(&read, &trusted, None, None)), Part::Genesis);
	}
	// Each kind of entry is bound to its chain.
	let commitment = commitment_key().commit(DOCUMENT);
	for body in [
		EntryBody::DigestAnchor { commitment },
		EntryBody::MerkleAnchor { root: Digest([5; 32]), leaves: 9 },
	] {
		let (evidence, trusted) = evidence_of(Scene { body, ..Scene::record() }, None);
		verify(&evidence, &trusted, None, None).unwrap();
		let scene = Scene { body, genesis: other_genesis(), ..Scene::record() };
		let (evidence, trusted) = evidence_of(scene, None);
		assert_eq!(part(verify(&evidence, &trusted, None, None)), Part::Genesis);
	}
}

#[test]
fn evidence_of_another_chain_is_refused_from_a_checkpoint_too() {
	let (evidence, genesis) = evidence();
	let checkpoint = Checkpoint::after(&verify(&evidence, &genesis, None, None).unwrap());
	let trusted = genesis.at(&checkpoint).unwrap();
	let from_checkpoint = |scene: Scene| {
		let (root, storage) = chain::prove(&scene);
		let next = block(&headers(root)[2], NUMBER + 1, root, None);
		let votes = justification(&next, 1, &[(2, &next), (3, &next), (5, &next)], &[]);
		let finality = vec![link(&next, &votes)];
		Evidence {
			subject: scene.subject,
			from: checkpoint.block(),
			finality,
			storage,
			document: None,
			..evidence.clone()
		}
	};
	verify(&from_checkpoint(Scene::record()), &trusted, None, None).unwrap();
	let foreign = from_checkpoint(Scene { genesis: other_genesis(), ..Scene::record() });
	assert_eq!(part(verify(&foreign, &trusted, None, None)), Part::Genesis);
}

#[test]
fn chain_nodes_cannot_be_omitted_or_exchanged() {
	let (evidence, trusted) = evidence();
	let (_, of_other) = chain::prove(&Scene { genesis: other_genesis(), ..Scene::record() });
	// Nodes of the two chains' own states only: the path from the root to the hash of block 0.
	let own = evidence.storage.iter().filter(|node| !of_other.contains(node)).cloned();
	let own = own.collect::<Vec<_>>();
	assert!(!own.is_empty());
	for node in &own {
		let mut without = evidence.clone();
		without.storage.retain(|other| other != node);
		assert_eq!(part(verify(&without, &trusted, None, None)), Part::Storage);
	}
	let mut exchanged = evidence.clone();
	exchanged.storage = of_other;
	assert_eq!(part(verify(&exchanged, &trusted, None, None)), Part::Storage);
}

#[test]
fn unrelated_request_is_refused() {
	let error = DispatchError::Other("");
	for receipt in [(4, Outcome::Applied), (3, Outcome::Rejected { call_index: 0, error })] {
		let (evidence, trusted) = evidence_of(Scene { receipt, ..Scene::record() }, None);
		let refused = verify(&evidence, &trusted, None, None).unwrap_err();
		assert_eq!(refused.part, Part::Subject);
		assert!(refused.reason.contains("has not brought the entry"), "{refused}");
	}
}

#[test]
fn unrelated_subject_is_refused() {
	let (evidence, trusted) = evidence();
	let changed = |change: &dyn Fn(&mut Evidence)| {
		let mut evidence = evidence.clone();
		change(&mut evidence);
		part(verify(&evidence, &trusted, None, None))
	};
	let origin = |key: u8, position| Some(Origin { request_key: RequestKey([key; 32]), position });
	assert_eq!(changed(&|one| one.subject.origin = origin(9, 0)), Part::Subject);
	assert_eq!(changed(&|one| one.subject.origin = origin(8, 1)), Part::Subject);
	// An omitted part leaves unused nodes.
	assert_eq!(changed(&|one| one.subject.origin = None), Part::Storage);
	assert_eq!(changed(&|one| one.subject.access_requests.clear()), Part::Storage);
	assert_eq!(changed(&|one| one.subject.grants.reverse()), Part::Subject);
	assert_eq!(changed(&|one| one.storage.reverse()), Part::Storage);
	assert_eq!(changed(&|one| one.storage.truncate(3)), Part::Storage);
	assert_eq!(
		changed(&|one| {
			let again = one.storage[0].clone();
			one.storage.insert(0, again);
		}),
		Part::Storage
	);
	let from = BlockRef { number: 1, hash: Digest(H256::repeat_byte(1).0) };
	assert_eq!(changed(&|one| one.from = from), Part::From);
}
