//! Requests that can never be applied, and requests that are known already.

use crate::exactly_once::requests::{
	channel_one, code, connect, key, request, stream_name, upload,
};
use credio_client::{
	calls::Call,
	primitives::{LanePosition, Request, error_codes as codes, rpc::RequestState},
};
use credio_e2e::Node;
use credio_vault::LocalVault;

#[tokio::test]
async fn inapplicable_requests_are_rejected_with_a_reason() {
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let funder = connect(&node, LocalVault::development("funder-one").expect("an example")).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let at = |lane, sequence| Some(LanePosition { lane, sequence });
	let signed = |n, expires_at, lane| {
		let request = request(key("refused", n), expires_at, lane);
		let client = client.clone();
		async move { upload(&client, stream, request, None).await.1 }
	};
	let now = client.expiry().await.expect("the node responds");

	// Withheld past its expiry: its status is expired, and every submission is rejected.
	let held_back = signed(0, now - 598, None).await;
	client.create_stream("s").await.expect("the subscription continues");
	let status = loop {
		let status = client.status_of(&held_back.request).await.expect("the node responds");
		if status.status != RequestState::Unknown {
			break status;
		}
		client.wait_for_finality(0).await.expect("the subscription continues");
	};
	assert_eq!(status.status, RequestState::Expired);
	assert_eq!(code(client.hand_over(&held_back).await), codes::REQUEST_EXPIRED);
	let raw = format!("0x{}", hex::encode(&held_back.extrinsic));
	let refused: Result<String, _> = client.call("author_submitExtrinsic", (&raw,)).await;
	assert_eq!(code(refused), 1010, "the SDK's own method refuses it too");

	assert_eq!(
		code(client.hand_over(&signed(1, now * 1_000, None).await).await),
		codes::REQUEST_EXPIRED
	);
	assert_eq!(
		code(client.hand_over(&signed(1, now, at(1_024, 0)).await).await),
		codes::INVALID_PARAMETERS
	);
	assert_eq!(
		code(client.hand_over(&signed(1, now, at(0, 1_025)).await).await),
		codes::POSITION_TOO_FAR
	);

	// An early position waits, another request at it is refused, and so is the same key with another body.
	let early = signed(2, now, at(0, 1)).await;
	client.hand_over(&early).await.expect("it waits");
	let other_body = client
		.sign(early.request, &[Call::create_stream(&stream_name("t"))])
		.await
		.expect("it is signed");
	let first = signed(3, now, at(0, 0)).await;
	client.hand_over(&first).await.expect("it is next");
	client.follow(&early.request).await.expect("it is decided");
	assert_eq!(code(client.hand_over(&other_body).await), codes::KEY_REUSED);
	assert_eq!(
		code(client.hand_over(&signed(4, now, at(0, 1)).await).await),
		codes::POSITION_TAKEN
	);

	// Another organization knows nothing of these keys and lanes.
	assert_eq!(funder.lane(0).await.expect("the node responds").next, 0);
	assert_eq!(
		funder.status(early.request.key).await.expect("the node responds").status,
		RequestState::Unknown
	);
}

#[tokio::test]
async fn request_from_another_node_is_recognized() {
	// A node that makes no blocks, so that its pool does not change.
	let node = Node::start_on("dev", &[]);
	let client = connect(&node, channel_one()).await;
	let expires_at = client.expiry().await.expect("the node responds");
	let lane = Some(LanePosition { lane: 1, sequence: 0 });
	let create = |name: &str| {
		vec![Call::create_stream(&name.as_bytes().to_vec().try_into().expect("it is short"))]
	};
	let request = request(key("gossiped", 0), expires_at, lane);
	let sign =
		async |request, name| client.sign(request, &create(name)).await.expect("it is signed");
	// As from another node: not by the method for requests.
	let raw = format!("0x{}", hex::encode(sign(request, "a").await.extrinsic));
	let _: String = client.call("author_submitExtrinsic", (&raw,)).await.expect("it is taken");

	// Signed again, it has other bytes, and is the same request.
	let taken = client.hand_over(&sign(request, "a").await).await.expect("it is the same request");
	assert_eq!(taken.status, RequestState::Pending);
	let status = client.status(request.key).await.expect("the node responds");
	assert_eq!(status.status, RequestState::Pending);
	// Other calls under its key, and another request at its position, are not.
	assert_eq!(code(client.hand_over(&sign(request, "b").await).await), codes::KEY_REUSED);
	let intruder = Request { key: key("gossiped", 1), ..request };
	assert_eq!(code(client.hand_over(&sign(intruder, "a").await).await), codes::POSITION_TAKEN);
}
