//! The methods of this area on a chain in memory.

use crate::mock::{Node, World, account, digest};
use credio_primitives::{
	Bundle, BundleId, BundleState,
	bundle::{BundleDetail, LegCalls, NamedBundle, Party},
	error_codes as codes,
};
use serde_json::json;
use sp_runtime::{DispatchError, Weight};

fn bundle(byte: u8, state: BundleState) -> BundleDetail {
	let parties = vec![Party { organization: 1, calls: 1, consent: None }];
	BundleDetail {
		named: NamedBundle {
			bundle_id: BundleId([byte; 32]),
			bundle: Bundle {
				proposer: 1,
				proposed_by: account(),
				proposed_at: 2,
				proposed_time: 3,
				deadline: 4,
				digest: digest(1),
				parties: parties.try_into().expect("few"),
				state,
			},
		},
		legs: vec![LegCalls { organization: 1, calls: vec![vec![1, 2]] }],
		weight: Weight::from_parts(5, 6),
	}
}

fn node() -> Node {
	let aborted = BundleState::Aborted {
		leg: 0,
		call_index: 0,
		error: DispatchError::BadOrigin,
		block: 4,
		time: 9,
	};
	let bundles = vec![bundle(1, BundleState::Open), bundle(2, aborted)];
	Node::new(World { finalized: 5, best: 5, bundles, ..World::default() })
}

#[tokio::test]
async fn bundle_has_its_legs_and_weight() {
	let found = node().ok("credio_v1_bundle", json!([BundleId([1; 32])])).await;
	assert_eq!((&found["at"]["number"], &found["status"]), (&json!(5), &json!("open")));
	assert_eq!(found["legs"][0]["calls"], json!(["0x0102"]));
	assert_eq!(found["weight"], json!({ "refTime": 5, "proofSize": 6 }));
	assert!(found["abort"].is_null());
}

#[tokio::test]
async fn abort_is_named() {
	let found = node().ok("credio_v1_bundle", json!([BundleId([2; 32])])).await;
	assert_eq!((&found["status"], &found["decidedAt"]), (&json!("aborted"), &json!(4)));
	let error = json!({ "name": "Pallet.Error", "description": "it failed" });
	assert_eq!((&found["abort"]["organization"], &found["abort"]["error"]), (&json!(1), &error));
}

#[tokio::test]
async fn bundles_are_filtered_and_paged() {
	let node = node();
	let found = node.ok("credio_v1_bundles", json!([{ "status": "aborted" }])).await;
	assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
	assert!(found["items"][0].get("legs").is_none());
	let first = node.ok("credio_v1_bundles", json!([{}, { "limit": 1 }])).await;
	let page = json!({ "limit": 1, "cursor": first["next"] });
	let second = node.ok("credio_v1_bundles", json!([{}, page])).await;
	assert_eq!(second["items"][0]["bundleId"], json!(BundleId([2; 32])));
	let code = node.code("credio_v1_bundles", json!([{}, { "limit": 257 }])).await;
	assert_eq!(code, codes::INVALID_PARAMETERS);
}

#[tokio::test]
async fn unknown_bundle_is_not_found() {
	let code = node().code("credio_v1_bundle", json!([BundleId([9; 32])])).await;
	assert_eq!(code, codes::NOT_FOUND);
}
