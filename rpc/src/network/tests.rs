//! The methods of this area on a chain in memory.

use crate::mock::{Node, World, account, hash};
use credio_primitives::{Digest, ValidatorOffence, ValidatorState, limits};
use serde_json::json;

fn node() -> Node {
	let offence = Some(ValidatorOffence { session: 3, reported_at: 4 });
	let validator =
		ValidatorState { account: account(), chosen: true, active: true, has_keys: true, offence };
	Node::new(World { finalized: 5, best: 5, validators: vec![validator], ..World::default() })
}

#[tokio::test]
async fn validators_have_their_offences() {
	let found = node().ok("credio_v1_validators", json!([])).await;
	assert_eq!(found["items"][0]["offence"], json!({ "session": 3, "reportedAt": 4 }));
	assert!(found["next"].is_null());
}

#[tokio::test]
async fn limits_are_those_of_the_chain() {
	let found = node().ok("credio_v1_limits", json!([])).await;
	assert_eq!(found["genesisHash"], json!(Digest(hash(0).0)));
	assert_eq!(found["maxPageSize"], limits::MAX_PAGE_SIZE);
	assert_eq!(found["maxBundleWeight"], json!({ "refTime": 9, "proofSize": 10 }));
}

#[tokio::test]
async fn discover_returns_the_document() {
	let found = node().ok("rpc.discover", json!([])).await;
	assert_eq!(found["info"]["title"], "Credio");
}
