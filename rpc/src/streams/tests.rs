//! The methods of this area on a chain in memory.

use crate::mock::{Node, STREAM, World, digest, entry, hash, member, next, stream};
use credio_primitives::{StreamId, StreamKey, WrappedKey, block::Changes, error_codes as codes};
use futures::FutureExt;
use serde_json::{Value, json};

const KEYS: &str = "credio_v1_streamKeys";
const SUBSCRIBE: &str = "credio_v1_subscribeStream";

fn stream_key(epoch: u32) -> StreamKey {
	let sealed = vec![9; 80].try_into().expect("80 bytes");
	let wrapped_keys = vec![WrappedKey { key_version: 0, sealed }];
	StreamKey { epoch, commitment: digest(5), wrapped_keys }
}

fn world() -> World {
	World {
		finalized: 5,
		best: 5,
		members: vec![member()],
		streams: vec![stream(2)],
		entries: (0..2).map(entry).collect(),
		stream_keys: (0..3).map(stream_key).collect(),
		..World::default()
	}
}

#[tokio::test]
async fn stream_is_found_by_id_and_owner() {
	let node = Node::new(world());
	let found = node.ok("credio_v1_stream", json!([STREAM])).await;
	assert_eq!((&found["name"], &found["entries"]), (&json!("invoices"), &json!(2)));
	assert_eq!(found["at"]["number"], 5);
	for (owner, count) in [(json!(1), 1), (json!(2), 0), (Value::Null, 1)] {
		let found = node.ok("credio_v1_streams", json!([owner])).await;
		assert_eq!(found["items"].as_array().map(Vec::len), Some(count), "{owner}");
	}
	let unknown = StreamId([8; 32]);
	assert_eq!(node.code("credio_v1_stream", json!([unknown])).await, codes::NOT_FOUND);
	let code = node.code("credio_v1_streams", json!([null, { "limit": 0 }])).await;
	assert_eq!(code, codes::INVALID_PARAMETERS);
}

#[tokio::test]
async fn stream_keys_need_a_token_of_a_member() {
	let node = Node::new(world());
	let token = node.token(KEYS, &(STREAM, 1u32), 10);
	let found = node.ok(KEYS, json!([STREAM, 1, token])).await;
	let epochs = found["items"].as_array().expect("a list").iter().map(|one| &one["epoch"]);
	assert_eq!(epochs.collect::<Vec<_>>(), [1, 2]);
	assert_eq!(node.code(KEYS, json!([STREAM, 0, token])).await, codes::ACCESS_TOKEN_INVALID);
	let old = crate::mock::token(KEYS, &(STREAM, 1u32), 4);
	assert_eq!(node.code(KEYS, json!([STREAM, 1, old])).await, codes::ACCESS_TOKEN_EXPIRED);
	let node = Node::new(World { members: vec![], ..world() });
	let error = node.call(KEYS, json!([STREAM, 1, token])).await.expect_err("it is denied");
	assert_eq!((error.code, &error.data["denial"]), (codes::ACCESS_DENIED, &json!("notAMember")));
}

#[tokio::test]
async fn subscription_sends_history_and_then_new_entries() {
	let node = Node::new(world());
	let mut entries = node.subscribe(SUBSCRIBE, json!([STREAM, 1])).await.expect("accepted");
	assert_eq!(next(&mut entries).await["sequence"], 1);
	for (block, sequence) in [(6, 2), (7, 3)] {
		node.client.write(|world| {
			world.entries.push(entry(sequence));
			let changes = Changes { streams: vec![STREAM], requests: vec![] };
			world.changes.insert(hash(block), changes);
		});
		node.finalize(block);
		assert_eq!(next(&mut entries).await["sequence"], sequence);
	}
}

#[tokio::test]
async fn subscription_sends_unfinalized_entries_once() {
	let mut world = world();
	world.best = 6;
	world.unfinalized = vec![entry(2)];
	let node = Node::new(world);
	let mut eager = node.subscribe(SUBSCRIBE, json!([STREAM, 2, true])).await.expect("accepted");
	let mut patient = node.subscribe(SUBSCRIBE, json!([STREAM, 2])).await.expect("accepted");
	assert_eq!(next(&mut eager).await["sequence"], 2);
	assert!(patient.next::<Value>().now_or_never().is_none());
	node.client.write(|world| {
		world.unfinalized.clear();
		world.entries.extend([entry(2), entry(3)]);
		world.changes.insert(hash(6), Changes { streams: vec![STREAM], requests: vec![] });
		world.changes.insert(hash(7), Changes { streams: vec![STREAM], requests: vec![] });
	});
	node.finalize(7);
	assert_eq!(next(&mut eager).await["sequence"], 3, "entry 2 was sent before it was final");
	assert_eq!(next(&mut patient).await["sequence"], 2);
}

#[tokio::test]
async fn subscription_to_an_unknown_stream_is_refused() {
	let node = Node::new(world());
	let refused = node.subscribe(SUBSCRIBE, json!([StreamId([8; 32]), 0])).await;
	assert_eq!(refused.expect_err("it is refused").code, codes::NOT_FOUND);
	assert_eq!(node.served.watcher.subscriptions(), 0);
}
