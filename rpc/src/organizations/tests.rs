//! The methods of this area on a chain in memory.

use crate::mock::{Node, World, account, endpoints, member, organization};
use credio_primitives::{
	AccountId, Quota, QuotaUse, error_codes as codes, organization::QuotaInfo,
};
use serde_json::{Value, json};

fn node() -> Node {
	Node::new(World {
		finalized: 5,
		best: 7,
		organizations: (0..4).map(organization).collect(),
		members: vec![member()],
		quota: Some(QuotaInfo {
			quota: Quota { bytes: 100, ref_time: 200 },
			used: QuotaUse { window: 1, bytes: 3, ref_time: 4 },
			window_length: 600,
			next_window_at: 1_200,
		}),
		..World::default()
	})
}

#[tokio::test]
async fn organization_has_its_members_and_the_finalized_block() {
	let found = node().ok("credio_v1_organization", json!([1])).await;
	assert_eq!(found["at"]["number"], 5);
	assert_eq!(found["name"], "organization 1");
	assert_eq!(found["memberAccounts"][0]["account"], json!(account()));
	assert_eq!(found["memberAccounts"][0]["roles"]["admin"], true);
}

#[tokio::test]
async fn unknown_organization_is_not_found() {
	let node = node();
	for (method, params) in [
		("credio_v1_organization", json!([9])),
		("credio_v1_quota", json!([9])),
		("credio_v1_encryptionKey", json!([1, 1])),
	] {
		assert_eq!(node.code(method, params).await, codes::NOT_FOUND, "{method}");
	}
}

#[tokio::test]
async fn organizations_start_at_a_number_and_keep_the_limit() {
	let node = node();
	let ids = |found: Value| {
		let items = found["items"].as_array().expect("a list").clone();
		assert!(found["next"].is_null());
		items.iter().map(|one| one["id"].as_u64().expect("a number")).collect::<Vec<_>>()
	};
	assert_eq!(ids(node.ok("credio_v1_organizations", json!([])).await), [0, 1, 2, 3]);
	assert_eq!(ids(node.ok("credio_v1_organizations", json!([2])).await), [2, 3]);
	assert_eq!(ids(node.ok("credio_v1_organizations", json!([1, 2])).await), [1, 2]);
	for limit in [0, 257] {
		let code = node.code("credio_v1_organizations", json!([0, limit])).await;
		assert_eq!(code, codes::INVALID_PARAMETERS);
	}
}

#[tokio::test]
async fn account_without_membership_has_a_null_member() {
	let node = node();
	let found = node.ok("credio_v1_member", json!([account()])).await;
	assert_eq!(found["member"]["organization"], 1);
	let found = node.ok("credio_v1_member", json!([AccountId::new([9; 32])])).await;
	assert!(found["member"].is_null());
}

#[tokio::test]
async fn quota_and_key_are_returned() {
	let node = node();
	let quota = node.ok("credio_v1_quota", json!([1])).await;
	assert_eq!(quota["used"], json!({ "window": 1, "bytes": 3, "refTime": 4 }));
	assert_eq!(quota["nextWindowAt"], 1_200);
	let key = node.ok("credio_v1_encryptionKey", json!([1, 0])).await;
	assert_eq!(key["encryptionKey"]["since"], 0);
}

#[tokio::test]
async fn endpoints_are_those_of_an_organization() {
	let node = Node::new(World {
		organizations: (0..3).map(organization).collect(),
		endpoints: [(1, endpoints())].into(),
		..World::default()
	});
	let found = node.ok("credio_v1_endpoints", json!([1])).await;
	assert_eq!(found["endpoints"], json!(["https://objects.example:8443/credio"]));
	let found = node.ok("credio_v1_endpoints", json!([2])).await;
	assert_eq!(found["endpoints"], json!([]));
	assert_eq!(node.code("credio_v1_endpoints", json!([9])).await, codes::NOT_FOUND);
}
