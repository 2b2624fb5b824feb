//! The methods of this area on a chain in memory.

use crate::mock::{
	Node, STREAM, World, digest, entry, erasure, member, readable, record_id, stream,
};
use credio_primitives::{Denial, RecordId, StreamId, error_codes as codes, limits};
use serde_json::{Value, json};

const FETCH: &str = "credio_v1_fetch";
const FETCH_STREAM: &str = "credio_v1_fetchStream";

/// A stream of four final entries. The member may read entries 0 and 2.
fn world() -> World {
	World {
		finalized: 5,
		best: 6,
		members: vec![member()],
		streams: vec![stream(4)],
		entries: (0..4).map(entry).collect(),
		readable: [(record_id(0), Ok(readable(0, 10))), (record_id(2), Ok(readable(2, 10)))].into(),
		..World::default()
	}
}

async fn fetch(node: &Node, id: RecordId) -> Result<Value, crate::mock::RpcError> {
	node.call(FETCH, json!([id, node.token(FETCH, &id, 10)])).await
}

#[tokio::test]
async fn record_has_the_header_at_the_finalized_block() {
	let node = Node::new(world());
	let found = node.ok("credio_v1_record", json!([record_id(3)])).await;
	assert_eq!((&found["at"]["number"], &found["sequence"]), (&json!(5), &json!(3)));
	assert_eq!(found["body"]["kind"], "record");
	assert_eq!(node.code("credio_v1_record", json!([record_id(9)])).await, codes::NOT_FOUND);
}

#[tokio::test]
async fn fetch_returns_ciphertext_and_keys() {
	let node = Node::new(world());
	let found = fetch(&node, record_id(0)).await.expect("it may be read");
	assert_eq!(found["payload"].as_str().map(str::len), Some(22));
	assert_eq!(found["wrappedKeys"][0]["secret"], "streamSecret");
	assert!(found["wrappedKeys"][0]["grantId"].is_null());
	assert_eq!(node.served.fetches(), [("served", 1), ("denied", 0)]);
}

#[tokio::test]
async fn denial_is_named_and_counted() {
	for (denial, word) in [
		(Denial::Suspended, "suspended"),
		(Denial::NotARecord, "notARecord"),
		(Denial::NoGrant, "noGrant"),
		(Denial::GrantExpired, "grantExpired"),
		(Denial::ParentEnded, "parentEnded"),
		(Denial::KeyMissing, "keyMissing"),
	] {
		let mut world = world();
		world.readable.insert(record_id(1), Err(denial));
		let node = Node::new(world);
		let error = fetch(&node, record_id(1)).await.expect_err("it is denied");
		assert_eq!((error.code, &error.data["denial"]), (codes::ACCESS_DENIED, &json!(word)));
		assert!(error.data["remedy"].is_string());
		assert_eq!(node.served.fetches(), [("served", 0), ("denied", 1)]);
	}
}

#[tokio::test]
async fn unknown_record_is_not_found_rather_than_denied() {
	let mut world = world();
	world.readable.insert(record_id(9), Err(Denial::RecordNotFound));
	let node = Node::new(world);
	let error = fetch(&node, record_id(9)).await.expect_err("there is none");
	assert_eq!(error.code, codes::NOT_FOUND);
	assert_eq!(node.served.fetches(), [("served", 0), ("denied", 0)]);
}

#[tokio::test]
async fn account_without_membership_is_denied() {
	let node = Node::new(World { members: vec![], ..world() });
	let error = fetch(&node, record_id(0)).await.expect_err("it is denied");
	assert_eq!((error.code, &error.data["denial"]), (codes::ACCESS_DENIED, &json!("notAMember")));
}

#[tokio::test]
async fn token_is_good_for_one_method_and_its_parameters() {
	let node = Node::new(world());
	let id = record_id(0);
	for (token, code) in [
		(node.token(FETCH, &record_id(2), 10), codes::ACCESS_TOKEN_INVALID),
		(node.token(FETCH_STREAM, &id, 10), codes::ACCESS_TOKEN_INVALID),
		(node.token(FETCH, &id, 301), codes::ACCESS_TOKEN_INVALID),
		(crate::mock::token(FETCH, &id, 4), codes::ACCESS_TOKEN_EXPIRED),
	] {
		assert_eq!(node.code(FETCH, json!([id, token])).await, code);
	}
	assert_eq!(node.served.fetches(), [("served", 0), ("denied", 4)]);
	// Good at its last block, not after it.
	let token = node.token(FETCH, &id, 1);
	node.finalize(6);
	node.ok(FETCH, json!([id, token])).await;
	node.finalize(7);
	assert_eq!(node.code(FETCH, json!([id, token])).await, codes::ACCESS_TOKEN_EXPIRED);
}

async fn part(node: &Node, from: u64, limit: Option<u32>, ahead: Option<bool>) -> Value {
	let token = node.token(FETCH_STREAM, &(STREAM, from, limit, ahead), 10);
	node.ok(FETCH_STREAM, json!([STREAM, from, token, limit, ahead])).await
}

#[tokio::test]
async fn part_of_a_stream_has_what_may_be_read_and_why_not() {
	let node = Node::new(world());
	let found = part(&node, 1, Some(2), None).await;
	let items = found["items"].as_array().expect("a list");
	assert_eq!((&items[0]["sequence"], &items[0]["denial"]), (&json!(1), &json!("noGrant")));
	assert!(items[0]["payload"].is_null() && items[0]["secretCommitment"].is_null());
	assert_eq!((&items[1]["sequence"], &items[1]["denial"]), (&json!(2), &Value::Null));
	assert!(items[1]["payload"].is_string());
	assert_eq!(found["nextSequence"], 3);
	assert!(part(&node, 3, None, None).await["nextSequence"].is_null());
	assert!(part(&node, 9, None, None).await["items"].as_array().expect("a list").is_empty());
	assert_eq!(node.served.fetches(), [("served", 1), ("denied", 0)]);
}

#[tokio::test]
async fn part_of_a_stream_ends_after_a_megabyte() {
	let mut world = world();
	let size = limits::MAX_PAYLOAD_SIZE as usize;
	world.entries = (0..40).map(entry).collect();
	world.streams = vec![stream(40)];
	world.readable = (0..40).map(|n| (record_id(n), Ok(readable(n, size)))).collect();
	let found = part(&Node::new(world), 0, None, None).await;
	let count = found["items"].as_array().map_or(0, Vec::len);
	assert_eq!(count, limits::MAX_FETCHED_SIZE.div_ceil(size));
	assert_eq!(found["nextSequence"], json!(count));
}

#[tokio::test]
async fn part_of_a_stream_reaches_the_best_block_on_demand() {
	let mut world = world();
	world.unfinalized = vec![entry(4)];
	let node = Node::new(world);
	assert_eq!(part(&node, 4, None, Some(false)).await["items"], json!([]));
	let ahead = part(&node, 4, None, Some(true)).await;
	assert_eq!((&ahead["at"]["number"], &ahead["items"][0]["sequence"]), (&json!(6), &json!(4)));
}

#[tokio::test]
async fn part_of_a_stream_checks_its_parameters_and_token() {
	let node = Node::new(world());
	let token = node.token(FETCH_STREAM, &(STREAM, 0u64, Some(257u32), None::<bool>), 10);
	let code = node.code(FETCH_STREAM, json!([STREAM, 0, token, 257])).await;
	assert_eq!(code, codes::INVALID_PARAMETERS);
	let token = node.token(FETCH_STREAM, &(STREAM, 0u64, None::<u32>, None::<bool>), 10);
	let code = node.code(FETCH_STREAM, json!([STREAM, 0, token, 2])).await;
	assert_eq!(code, codes::ACCESS_TOKEN_INVALID, "signed without a limit");
	let unknown = StreamId([8; 32]);
	let token = node.token(FETCH_STREAM, &(unknown, 0u64, None::<u32>, None::<bool>), 10);
	assert_eq!(node.code(FETCH_STREAM, json!([unknown, 0, token])).await, codes::NOT_FOUND);
}

#[tokio::test]
async fn query_returns_pages() {
	let node = Node::new(world());
	let page = |cursor: Value| json!([{ "stream": STREAM }, { "limit": 3, "cursor": cursor }]);
	let first = node.ok("credio_v1_query", page(Value::Null)).await;
	assert_eq!(first["items"].as_array().map(Vec::len), Some(3));
	let second = node.ok("credio_v1_query", page(first["next"].clone())).await;
	assert_eq!(second["items"][0]["sequence"], 3);
	assert!(second["next"].is_null());
	let code = node.code("credio_v1_query", json!([{}, { "limit": 257 }])).await;
	assert_eq!(code, codes::INVALID_PARAMETERS);
}

#[tokio::test]
async fn inclusion_is_checked_by_the_chain() {
	let node = Node::new(world());
	let params = |id: RecordId, index: u32, hashes: usize| {
		json!([id, index, digest(1), vec![digest(2); hashes]])
	};
	let method = "credio_v1_verifyInclusion";
	assert_eq!(node.ok(method, params(record_id(0), 0, 0)).await["included"], true);
	assert_eq!(node.ok(method, params(record_id(0), 1, 20)).await["included"], false);
	assert_eq!(node.code(method, params(record_id(9), 0, 0)).await, codes::NOT_FOUND);
	let too_long = params(record_id(0), 0, limits::MAX_PROOF_LENGTH as usize + 1);
	assert_eq!(node.code(method, too_long).await, codes::INVALID_PARAMETERS);
}

#[tokio::test]
async fn erasures_are_listed_by_number_and_found_by_record() {
	let node = Node::new(World { erasures: (0..3).map(erasure).collect(), ..world() });
	let numbers = |found: Value| {
		let items = found["items"].as_array().expect("a list").clone();
		assert!(found["next"].is_null());
		items.iter().map(|one| one["number"].as_u64().expect("a number")).collect::<Vec<_>>()
	};
	assert_eq!(numbers(node.ok("credio_v1_erasures", json!([])).await), [0, 1, 2]);
	assert_eq!(numbers(node.ok("credio_v1_erasures", json!([1, 1])).await), [1]);
	assert_eq!(numbers(node.ok("credio_v1_erasures", json!([3])).await), [0; 0]);
	assert_eq!(node.code("credio_v1_erasures", json!([0, 0])).await, codes::INVALID_PARAMETERS);

	let found = node.ok("credio_v1_erasure", json!([record_id(1)])).await;
	assert_eq!((&found["at"]["number"], &found["erasure"]["number"]), (&json!(5), &json!(1)));
	assert_eq!(found["erasure"]["acknowledgements"], json!([{ "organization": 3, "block": 4 }]));
	let found = node.ok("credio_v1_erasure", json!([record_id(3)])).await;
	assert!(found["erasure"].is_null());
	assert_eq!(node.code("credio_v1_erasure", json!([record_id(9)])).await, codes::NOT_FOUND);
}
