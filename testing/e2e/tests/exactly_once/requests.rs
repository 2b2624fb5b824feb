//! Requests, their submission, and their outcomes.

use credio_client::{
	Client, Error, SignedRequest, Upload,
	primitives::{
		BlockNumber, LanePosition, RecordId, Request, RequestKey, StreamId, entry::EntryFilter,
		error_codes as codes, rpc::RequestStatusJson,
	},
};
use credio_e2e::{Node, number};
use credio_vault::LocalVault;
use futures::{StreamExt, TryStreamExt, stream};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// Returns the number of requests of the larger tests.
pub(super) fn uploads() -> usize {
	number("CREDIO_UPLOADS", 400)
}

pub(super) async fn connect(node: &Node, vault: LocalVault) -> Arc<Client> {
	Arc::new(Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds"))
}

pub(super) fn channel_one() -> LocalVault {
	LocalVault::development("channel-one").expect("it is an example organization")
}

/// A request of the organization that [`channel_one`] acts for.
pub(super) fn request(
	key: RequestKey,
	expires_at: BlockNumber,
	lane: Option<LanePosition>,
) -> Request {
	Request { organization: 1, key, expires_at, lane }
}

pub(super) fn key(name: &str, n: usize) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(format!("{name} {n}").as_bytes()))
}

/// The same things in an order that has nothing to do with theirs.
pub(super) fn shuffled<T>(things: Vec<T>) -> Vec<T> {
	let mut things = things.into_iter().enumerate().collect::<Vec<_>>();
	things.sort_by_key(|(n, _)| key("shuffle", *n).0);
	things.into_iter().map(|(_, thing)| thing).collect()
}

/// A request that appends a small record.
pub(super) async fn upload(
	client: &Client,
	stream: StreamId,
	request: Request,
	supersedes: Option<RecordId>,
) -> (RecordId, SignedRequest) {
	let document = request.key.0;
	let upload =
		Upload { stream, key: None, media_type: "text/plain", document: &document, supersedes };
	let (record, call) = client.seal(&upload, request.key).await.expect("it is sealed");
	(record, client.sign(request, &[call]).await.expect("it is signed"))
}

/// Hands all requests over at once.
pub(super) async fn hand_over(
	requests: Vec<(Arc<Client>, SignedRequest)>,
) -> Vec<Result<(), Error>> {
	let at_once = requests
		.into_iter()
		.map(|(client, request)| async move { client.hand_over(&request).await.map(|_| ()) });
	futures::future::join_all(at_once).await
}

/// Submits requests until the node has accepted all. Early lane positions wait within their room; the others are
/// rejected as busy, and submitted again.
pub(super) async fn hand_over_all(requests: Vec<(Arc<Client>, SignedRequest)>) {
	let client = requests[0].0.clone();
	let mut heads = client.best_heads().await.expect("the node responds");
	let mut open = requests;
	loop {
		heads.next().await.expect("blocks come");
		let results = hand_over(open.clone()).await;
		for error in results.iter().filter_map(|result| result.as_ref().err()) {
			let is_busy =
				matches!(error, Error::Refused(refusal) if refusal.code == codes::POOL_FULL);
			assert!(is_busy, "{error}");
		}
		let busy = open.into_iter().zip(results).filter(|(_, result)| result.is_err());
		open = busy.map(|(request, _)| request).collect();
		if open.is_empty() {
			return;
		}
	}
}

/// Waits for a number of final entries of the stream, and returns their sequence numbers by id.
pub(super) async fn final_entries(
	client: &Client,
	stream: StreamId,
	count: usize,
) -> BTreeMap<RecordId, u64> {
	let mut entries = client.watch(stream, 0).await.expect("the stream is there");
	let mut seen = BTreeMap::new();
	while seen.len() < count {
		let entry =
			entries.next().await.expect("the node responds").expect("the subscription continues");
		assert_eq!(entry.header.sequence, seen.len() as u64, "numbers have no gaps");
		assert_eq!(seen.insert(entry.record_id, entry.header.sequence), None, "doubled");
	}
	seen
}

pub(super) async fn statuses(client: &Client, keys: &[RequestKey]) -> Vec<RequestStatusJson> {
	stream::iter(keys.iter().map(|key| client.status(*key)))
		.buffered(100)
		.try_collect()
		.await
		.expect("the node responds")
}

/// Nothing more than the expected records is in the stream.
pub(super) async fn assert_nothing_else(
	client: &Client,
	stream: StreamId,
	expected: &BTreeMap<RecordId, u64>,
) {
	let filter = EntryFilter { stream: Some(stream), ..EntryFilter::default() };
	let entries = client.query(&filter, usize::MAX).await.expect("the node responds");
	let found = entries.iter().map(|entry| entry.record_id).collect::<BTreeSet<_>>();
	assert_eq!(entries.len(), expected.len());
	assert!(found.iter().eq(expected.keys()));
}

pub(super) fn code(result: Result<impl std::fmt::Debug, Error>) -> i32 {
	match result {
		Err(Error::Refused(refusal)) => refusal.code,
		other => panic!("not refused: {other:?}"),
	}
}

pub(super) fn stream_name(name: &str) -> credio_client::primitives::StreamName {
	name.as_bytes().to_vec().try_into().expect("it is short")
}
