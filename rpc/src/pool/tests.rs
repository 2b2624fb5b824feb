//! The methods of this area on a chain in memory.

use crate::mock::{Node, World, digest};
use credio_primitives::{error_codes as codes, limits::MAX_PAGE_SIZE};
use serde_json::json;

#[tokio::test]
async fn page_keeps_its_limit() {
	let node = Node::new(World::default());
	let found = node.ok("credio_v1_pool", json!([{}])).await;
	assert_eq!(found["limit"]["transactions"], MAX_PAGE_SIZE);
	let found = node.ok("credio_v1_pool", json!([{ "organization": 1 }, { "limit": 7 }])).await;
	assert_eq!(found["limit"]["transactions"], 7);
}

#[tokio::test]
async fn bad_limit_and_bad_cursor_are_refused() {
	let node = Node::new(World::default());
	for page in [json!({ "limit": 0 }), json!({ "limit": 257 }), json!({ "cursor": digest(1) })] {
		let code = node.code("credio_v1_pool", json!([{}, page])).await;
		assert_eq!(code, codes::INVALID_PARAMETERS, "{page}");
	}
}
