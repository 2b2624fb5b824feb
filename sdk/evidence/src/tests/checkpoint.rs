//! Checkpoints with and without signatures of the council.

use super::{
	Part,
	chain::{
		self, Scene, authorities, block, council, justification, link, seat, specification_with,
	},
	part,
};
use crate::{Checkpoint, Evidence, FinalBlock, Header, Trusted, verify};
use codec::Encode;
use credio_primitives::{Digest, rpc::BlockRef};
use serde_json::{Value, json};
use sp_core::Pair;
use sp_runtime::MultiSignature;

/// The seats at genesis; three have to sign.
const SEATS: [u8; 4] = [21, 22, 23, 24];
/// The validators that the council has given finality, and the id of their set.
const FORCED: [u8; 3] = [6, 7, 8];
const SET_ID: u64 = 3;

fn genesis() -> Trusted {
	Trusted::from_specification(specification_with(&SEATS).1.as_bytes()).unwrap()
}

/// The block of the checkpoint, after a forced change.
fn start() -> Header {
	block(&specification_with(&SEATS).0, 8, Default::default(), None)
}

/// A node's data of it; the state also counts changes that were undone.
fn found(seats: &[u8]) -> FinalBlock {
	let header = start();
	let votes = FORCED.map(|name| (name, &header));
	FinalBlock {
		genesis: genesis().genesis(),
		justification: justification(&header, SET_ID, &votes, &[]).encode(),
		header: serde_json::to_value(&header).unwrap(),
		authorities: authorities(&FORCED).encode(),
		set_id: SET_ID + 2,
		council: council(seats).encode(),
	}
}

fn checkpoint() -> Checkpoint {
	Checkpoint::from_final_block(&found(&SEATS)).unwrap()
}

fn sign(mut checkpoint: Checkpoint, names: &[u8]) -> Checkpoint {
	for name in names {
		let signature = MultiSignature::Sr25519(seat(*name).sign(&checkpoint.digest().0));
		checkpoint.add_signature(seat(*name).public().into(), &signature).unwrap();
	}
	checkpoint
}

/// Returns the file with a change.
fn changed(checkpoint: &Checkpoint, change: impl Fn(&mut Value)) -> Checkpoint {
	let mut json: Value = serde_json::from_str(&checkpoint.to_text().unwrap()).unwrap();
	change(&mut json);
	Checkpoint::parse(json.to_string().as_bytes()).unwrap()
}

/// Returns why a checkpoint is refused.
fn refused(trusted: &Trusted, checkpoint: &Checkpoint) -> String {
	let refused = trusted.accept(checkpoint).expect_err("it has to be refused");
	assert_eq!(refused.part, Part::Checkpoint);
	refused.reason
}

/// Returns evidence that starts from the checkpoint, of a block that the forced validators finalized.
fn evidence() -> Evidence {
	let scene = Scene { genesis: Some(genesis().genesis()), ..Scene::record() };
	let (root, storage) = chain::prove(&scene);
	let proven = block(&start(), chain::NUMBER, root, None);
	let votes = FORCED.map(|name| (name, &proven));
	Evidence {
		format: Default::default(),
		genesis: genesis().genesis(),
		subject: scene.subject,
		from: checkpoint().block(),
		finality: vec![link(&proven, &justification(&proven, SET_ID, &votes, &[]))],
		storage,
		document: None,
	}
}

#[test]
fn evidence_continues_after_forced_change() {
	// It cannot start from genesis: no earlier validators have voted these in.
	let mut from_genesis = evidence();
	from_genesis.from = BlockRef { number: 0, hash: genesis().genesis() };
	assert_eq!(part(verify(&from_genesis, &genesis(), None, None)), Part::Finality);

	let signed = sign(checkpoint(), &[21, 22, 24]);
	let signed = Checkpoint::parse(signed.to_text().unwrap().as_bytes()).unwrap();
	let trusted = genesis().accept(&signed).unwrap();
	let verified = verify(&evidence(), &trusted, None, None).unwrap();
	let said = verified.proven().remove(0);
	assert!(said.contains("block 8, which 3 of 4 seats of the council signed"), "{said}");
	assert!(verified.not_proven().join(" ").contains("the word of 3 of 4 seats"));
	// Its reader's own checkpoint names the council, too, and is trusted without signatures by that reader only.
	let own = Checkpoint::after(&verified);
	assert_eq!(own.council(), council(&SEATS));
	assert!(refused(&trusted, &own).contains("0 of 4"));
	genesis().at(&own).unwrap();
}

#[test]
fn too_few_seats_are_refused() {
	for signers in [&[][..], &[21], &[21, 22]] {
		let reason = refused(&genesis(), &sign(checkpoint(), signers));
		assert!(reason.contains("3 are needed"), "{reason}");
	}
	genesis().accept(&sign(checkpoint(), &[21, 22, 23])).unwrap();
}

#[test]
fn signatures_of_others_do_not_count() {
	// A seat of another council, a validator, an organization.
	let reason = refused(&genesis(), &sign(checkpoint(), &[21, 22, 31, 32, 33]));
	assert!(reason.contains("2 of 4"), "{reason}");
	// A council that the checkpoint names itself.
	let own = Checkpoint::from_final_block(&found(&[31, 32, 33])).unwrap();
	assert!(refused(&genesis(), &sign(own, &[31, 32, 33])).contains("0 of 4"));
}

#[test]
fn seat_counts_once() {
	let once = sign(checkpoint(), &[21, 21, 21, 22]);
	assert_eq!(once.signers().count(), 2);
	let mut json: Value = serde_json::from_str(&once.to_text().unwrap()).unwrap();
	let again = json["signatures"][0].clone();
	json["signatures"].as_array_mut().unwrap().insert(0, again);
	assert_eq!(Checkpoint::parse(json.to_string().as_bytes()).unwrap_err().part, Part::Checkpoint);
	// A signature does not count for another seat.
	let stolen = changed(&once, |json| {
		let mut stolen = json["signatures"][0].clone();
		let missing = council(&SEATS);
		let signers = once.signers().cloned().collect::<Vec<_>>();
		let missing = missing.iter().find(|seat| !signers.contains(seat)).unwrap();
		stolen["seat"] = json!(missing);
		let signatures = json["signatures"].as_array_mut().unwrap();
		signatures.push(stolen);
		signatures.sort_by_key(|one| {
			serde_json::from_value::<credio_primitives::AccountId>(one["seat"].clone()).unwrap()
		});
	});
	assert!(refused(&genesis(), &stolen).contains("is not valid"));
}

#[test]
fn change_after_signing_is_refused() {
	let signed = sign(checkpoint(), &SEATS);
	genesis().accept(&signed).unwrap();
	let key = |name: u8| json!(Digest(chain::validator(name).public().0));
	let not_signed: [&dyn Fn(&mut Value); 6] = [
		&|json| json["authorities"][0]["key"] = key(9),
		&|json| json["authorities"][0]["weight"] = json!(100),
		&|json| json["setId"] = json!(SET_ID + 1),
		&|json| json["block"]["number"] = json!(9),
		&|json| json["block"]["hash"] = json!(Digest([1; 32])),
		&|json| json["council"] = json!(council(&[21, 22])),
	];
	for change in not_signed {
		assert!(refused(&genesis(), &changed(&signed, change)).contains("is not valid"));
	}
	let no_voters = changed(&signed, |json| json["authorities"] = json!([]));
	assert_eq!(genesis().accept(&no_voters).unwrap_err().part, Part::Checkpoint);
}

#[test]
fn checkpoint_of_another_chain_is_refused() {
	let other = FinalBlock { genesis: Digest([1; 32]), ..found(&SEATS) };
	let other = sign(Checkpoint::from_final_block(&other).unwrap(), &SEATS);
	assert!(refused(&genesis(), &other).contains("another chain"));
	assert!(genesis().at(&other).is_err());
	// Rewriting its genesis does not help.
	let moved = changed(&other, |json| json["genesis"] = json!(genesis().genesis()));
	assert!(refused(&genesis(), &moved).contains("is not valid"));
}

#[test]
fn older_or_contradicting_checkpoint_is_refused() {
	let trusted = genesis().accept(&sign(checkpoint(), &SEATS)).unwrap();
	let variant = |change: &dyn Fn(&mut Value)| sign(changed(&checkpoint(), change), &SEATS);
	assert!(refused(&trusted, &sign(checkpoint(), &SEATS)).contains("not after"));
	let later = |json: &mut Value| json["block"]["number"] = json!(100);
	trusted.accept(&variant(&later)).unwrap();
	let stale = variant(&|json| {
		later(json);
		json["setId"] = json!(SET_ID - 1);
	});
	assert!(refused(&trusted, &stale).contains("contradicts"));
	let others = variant(&|json| {
		later(json);
		json["authorities"][0]["weight"] = json!(2);
	});
	assert!(refused(&trusted, &others).contains("contradicts"));
}

#[test]
fn trust_follows_council_changes() {
	let new = [22, 23, 31, 32];
	let handed_over = sign(Checkpoint::from_final_block(&found(&new)).unwrap(), &[21, 22, 23]);
	let trusted = genesis().accept(&handed_over).unwrap();
	let later = changed(&checkpoint(), |json| {
		json["block"]["number"] = json!(100);
		json["council"] = json!(council(&[31, 32]));
	});
	// The old council's signatures no longer count; a reader that trusts genesis still accepts them.
	assert!(refused(&trusted, &sign(later.clone(), &[21, 22, 23])).contains("2 of 4"));
	trusted.accept(&sign(later.clone(), &[22, 31, 32])).unwrap();
	trusted.accept(&sign(later.clone(), &[21, 22, 23, 24, 31])).unwrap();
	assert!(refused(&genesis(), &sign(later, &[22, 31, 32])).contains("1 of 4"));
	// A specification without a council accepts no signatures.
	let none = Trusted::from_specification(chain::specification().1.as_bytes()).unwrap();
	let found = FinalBlock { genesis: none.genesis(), ..self::found(&[]) };
	let signed = sign(Checkpoint::from_final_block(&found).unwrap(), &SEATS);
	assert!(refused(&none, &signed).contains("has no council"));
}

#[test]
fn checkpoint_names_validators_that_voted() {
	assert!(checkpoint().to_text().unwrap().contains(&format!("\"setId\": {SET_ID}")));
	let reason = |found: FinalBlock| Checkpoint::from_final_block(&found).unwrap_err().reason;
	// Validators that did not vote, too few votes, votes of a later set, and a block that changes the validators.
	let old = FinalBlock { authorities: authorities(&[1, 2, 3, 4]).encode(), ..found(&SEATS) };
	assert!(reason(old).contains("not made final"));
	let more = FinalBlock { authorities: authorities(&[5, 6, 7, 8, 9]).encode(), ..found(&SEATS) };
	assert!(reason(more).contains("not made final"));
	let later = FinalBlock { set_id: SET_ID - 1, ..found(&SEATS) };
	assert!(reason(later).contains("not made final"));
	let change = block(&start(), 9, Default::default(), Some(&[1, 2]));
	let votes = FORCED.map(|name| (name, &change));
	let change = FinalBlock {
		justification: justification(&change, SET_ID, &votes, &[]).encode(),
		header: serde_json::to_value(&change).unwrap(),
		..found(&SEATS)
	};
	assert!(reason(change).contains("changes the validators"));
}

#[test]
fn signatures_are_collected_from_copies() {
	let mut one = sign(checkpoint(), &[21]);
	one.take_signatures(&sign(checkpoint(), &[22, 23])).unwrap();
	genesis().accept(&one).unwrap();
	let other = Checkpoint::from_final_block(&found(&[21, 22])).unwrap();
	assert!(one.take_signatures(&sign(other, &[24])).is_err());
	// Invalid signatures are rejected.
	let signature = MultiSignature::Sr25519(seat(24).sign(b"something else"));
	assert!(one.add_signature(seat(24).public().into(), &signature).is_err());
	let signature = MultiSignature::Sr25519(seat(31).sign(&one.digest().0));
	assert!(one.add_signature(seat(24).public().into(), &signature).is_err());
}
