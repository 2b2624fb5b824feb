//! The methods of this area on a chain in memory.

use crate::mock::{Node, World, entry, hash, record_id};
use credio_primitives::{Digest, error_codes as codes};
use serde_json::{Value, json};

/// Blocks 2 and 4 are proven to be final.
fn world() -> World {
	World {
		finalized: 5,
		best: 6,
		entries: vec![entry(0)],
		proven: (vec![2, 4], true),
		..World::default()
	}
}

fn block(number: u32) -> Value {
	json!({ "number": number, "hash": Digest(hash(number).0) })
}

#[tokio::test]
async fn finality_starts_from_genesis_or_the_block_given() {
	let node = Node::new(world());
	let found = node.ok("credio_v1_finality", json!([])).await;
	assert_eq!((&found["from"], &found["at"]), (&block(0), &block(4)));
	assert_eq!(found["finality"].as_array().map(Vec::len), Some(2));
	let found = node.ok("credio_v1_finality", json!([Digest(hash(2).0)])).await;
	assert_eq!(
		(&found["from"], &found["at"], &found["more"]),
		(&block(2), &block(4), &json!(false))
	);
	assert_eq!(found["finality"].as_array().map(Vec::len), Some(1));
	let found = node.ok("credio_v1_finality", json!([Digest(hash(5).0)])).await;
	assert_eq!((&found["at"], &found["finality"]), (&block(5), &json!([])));
}

#[tokio::test]
async fn incomplete_proof_says_so() {
	let node = Node::new(World { proven: (vec![2], false), ..world() });
	assert_eq!(node.ok("credio_v1_finality", json!([])).await["more"], true);
	let code = node.code("credio_v1_evidence", json!([record_id(0)])).await;
	assert_eq!(code, codes::INVALID_PARAMETERS, "evidence is whole or none");
}

#[tokio::test]
async fn unknown_and_unfinalized_start_is_refused() {
	let node = Node::new(world());
	for from in [Digest([9; 32]), Digest(hash(6).0)] {
		assert_eq!(node.code("credio_v1_finality", json!([from])).await, codes::INVALID_PARAMETERS);
		let params = json!([record_id(0), { "from": from }]);
		assert_eq!(node.code("credio_v1_evidence", params).await, codes::INVALID_PARAMETERS);
	}
}

#[tokio::test]
async fn evidence_of_an_unknown_entry_is_not_found() {
	let node = Node::new(world());
	assert_eq!(node.code("credio_v1_evidence", json!([record_id(9)])).await, codes::NOT_FOUND);
	let params = json!([record_id(0), { "from": Digest(hash(5).0) }]);
	assert_eq!(node.code("credio_v1_evidence", params).await, codes::NOT_FOUND, "no later block");
}

#[tokio::test]
async fn unknown_option_is_refused() {
	let params = json!([record_id(0), { "more": 1 }]);
	assert_eq!(Node::new(world()).code("credio_v1_evidence", params).await, -32602);
}
