//! The methods of this area on a chain in memory.

use crate::mock::{Node, World, access_request, digest, grant, named_access_request, named_grant};
use credio_primitives::{
	AccessRequest, AccessRequestId, AccessRequestState, GrantId, error_codes as codes, storage,
};
use serde_json::{Value, json};

const ROOT: GrantId = GrantId([1; 32]);
const DELEGATED: GrantId = GrantId([2; 32]);

/// A chain with time 100 at block 5, which is final, and 200 at block 6.
fn world() -> World {
	let mut world = World { finalized: 5, best: 6, ..World::default() };
	world.insert(5, storage::now(), 100u64);
	world.insert(6, storage::now(), 200u64);
	world
}

#[tokio::test]
async fn grant_is_returned_with_its_status_at_the_finalized_block() {
	let mut world = world();
	world.insert(0, storage::grant(&ROOT), grant(None, Some(150)));
	let node = Node::new(world);
	let found = node.ok("credio_v1_grant", json!([ROOT])).await;
	assert_eq!(found["at"]["number"], 5);
	assert_eq!((&found["grantId"], &found["status"]), (&json!(ROOT), &json!("active")));
	assert_eq!(found["purpose"], "look");
	node.finalize(6);
	let found = node.ok("credio_v1_grant", json!([ROOT])).await;
	assert_eq!((&found["at"]["number"], &found["status"]), (&json!(6), &json!("expired")));
}

#[tokio::test]
async fn delegated_grant_ends_with_its_parent() {
	for (parent_end, status) in [(None, "active"), (Some(150), "active"), (Some(50), "parentEnded")]
	{
		let mut world = world();
		world.insert(0, storage::grant(&ROOT), grant(None, parent_end));
		world.insert(0, storage::grant(&DELEGATED), grant(Some(ROOT), None));
		let found = Node::new(world).ok("credio_v1_grant", json!([DELEGATED])).await;
		assert_eq!(found["status"], status, "{parent_end:?}");
	}
	let mut world = world();
	world.insert(0, storage::grant(&DELEGATED), grant(Some(ROOT), None));
	let found = Node::new(world).ok("credio_v1_grant", json!([DELEGATED])).await;
	assert_eq!(found["status"], "parentEnded", "the parent was revoked");
}

#[tokio::test]
async fn grant_that_is_its_own_parent_is_read_once() {
	let mut world = world();
	world.insert(0, storage::grant(&ROOT), grant(Some(ROOT), None));
	let found = Node::new(world).ok("credio_v1_grant", json!([ROOT])).await;
	assert_eq!(found["status"], "parentEnded");
}

#[tokio::test]
async fn unknown_ids_and_unfinalized_grants_are_not_found() {
	let mut world = world();
	world.insert(6, storage::grant(&ROOT), grant(None, None));
	let node = Node::new(world);
	assert_eq!(node.code("credio_v1_grant", json!([ROOT])).await, codes::NOT_FOUND);
	assert_eq!(node.code("credio_v1_accessRequest", json!([digest(1)])).await, codes::NOT_FOUND);
	let error = node.call("credio_v1_grant", json!([ROOT])).await.unwrap_err();
	assert_eq!(error.message, "grant not found at the finalized block");
}

#[tokio::test]
async fn access_request_is_returned_with_its_state() {
	let id = AccessRequestId([4; 32]);
	for (state, expected) in [
		(AccessRequestState::Pending, json!({ "answer": "pending" })),
		(AccessRequestState::Approved(ROOT), json!({ "answer": "approved", "grantId": ROOT })),
		(
			AccessRequestState::Denied(b"no".to_vec().try_into().expect("short")),
			json!({ "answer": "denied", "reason": "no" }),
		),
	] {
		let mut world = world();
		let request = AccessRequest { state, ..access_request() };
		world.insert(0, storage::access_request(&id), request);
		let found = Node::new(world).ok("credio_v1_accessRequest", json!([id])).await;
		assert_eq!((&found["state"], &found["accessRequestId"]), (&expected, &json!(id)));
	}
}

#[tokio::test]
async fn malformed_id_is_refused() {
	let node = Node::new(world());
	for id in [json!("0x11"), json!("zz"), json!(7), Value::Null] {
		for method in ["credio_v1_grant", "credio_v1_accessRequest"] {
			assert_eq!(node.code(method, json!([id])).await, -32602, "{method}({id})");
		}
	}
}

#[tokio::test]
async fn pages_follow_each_other_by_cursor() {
	let mut world = world();
	world.grants = (0..5).map(named_grant).collect();
	world.access_requests = (0..5).map(named_access_request).collect();
	let node = Node::new(world);
	for method in ["credio_v1_grants", "credio_v1_accessRequests"] {
		let (mut cursor, mut sizes) = (Value::Null, Vec::new());
		loop {
			let page = json!({ "limit": 2, "cursor": cursor });
			let found = node.ok(method, json!([{}, page])).await;
			sizes.push(found["items"].as_array().expect("a list").len());
			cursor = found["next"].clone();
			if cursor.is_null() {
				break;
			}
		}
		assert_eq!(sizes, [2, 2, 1], "{method}");
		let all = node.ok(method, json!([{}])).await;
		assert_eq!(all["items"].as_array().map(Vec::len), Some(5));
	}
}

#[tokio::test]
async fn filters_and_pages_are_checked() {
	let node = Node::new(world());
	for method in ["credio_v1_grants", "credio_v1_accessRequests"] {
		for limit in [0, 257] {
			let code = node.code(method, json!([{}, { "limit": limit }])).await;
			assert_eq!(code, codes::INVALID_PARAMETERS, "{method}");
		}
		assert_eq!(node.code(method, json!([{ "unknown": 1 }])).await, -32602, "{method}");
	}
}
