//! Exactly once and in order, decided by the chain: many requests at once, from several clients and accounts, in random
//! order, again and again.
//!
//! `CREDIO_UPLOADS` sets how many requests the larger tests make: 1000, and 8000 by `scripts/exactly-once.sh`.

use credio_client::{
	calls::Call,
	primitives::{
		entry::EntryFilter,
		error_codes as codes,
		rpc::{RequestState, RequestStatusJson},
		BlockNumber, LanePosition, RecordId, Reference, Request, RequestKey, Roles, StreamId,
	},
	Client, Error, SignedRequest, Upload,
};
use credio_e2e::{Cli, Node};
use credio_vault::LocalVault;
use futures::{stream, StreamExt, TryStreamExt};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::{Duration, Instant},
};

const LANES: u32 = 20;

/// How many requests the larger tests make.
fn uploads() -> usize {
	std::env::var("CREDIO_UPLOADS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

async fn connect(node: &Node, vault: LocalVault) -> Arc<Client> {
	Arc::new(Client::connect(&node.url(), Arc::new(vault)).await.expect("the node answers"))
}

fn channel_one() -> LocalVault {
	LocalVault::development("channel-one").expect("it is an example organization")
}

/// A request of the organization that [`channel_one`] acts for.
fn request(key: RequestKey, expires_at: BlockNumber, lane: Option<LanePosition>) -> Request {
	Request { organization: 1, key, expires_at, lane }
}

fn key(name: &str, n: usize) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(format!("{name} {n}").as_bytes()))
}

/// The same things in an order that has nothing to do with theirs.
fn shuffled<T>(things: Vec<T>) -> Vec<T> {
	let mut things = things.into_iter().enumerate().collect::<Vec<_>>();
	things.sort_by_key(|(n, _)| key("shuffle", *n).0);
	things.into_iter().map(|(_, thing)| thing).collect()
}

/// A request that appends a small record.
async fn upload(
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
async fn hand_over(requests: Vec<(Arc<Client>, SignedRequest)>) -> Vec<Result<(), Error>> {
	let at_once = requests
		.into_iter()
		.map(|(client, request)| async move { client.hand_over(&request).await.map(|_| ()) });
	futures::future::join_all(at_once).await
}

/// Hands each over until the node has taken it. What comes early waits, as far as there is room for what waits; the
/// rest is busy, and comes again.
async fn hand_over_all(requests: Vec<(Arc<Client>, SignedRequest)>) {
	let client = requests[0].0.clone();
	let mut heads = client.best_heads().await.expect("the node answers");
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

/// Waits until so many entries of the stream are final, and answers them by id, with their numbers.
async fn final_entries(client: &Client, stream: StreamId, count: usize) -> BTreeMap<RecordId, u64> {
	let mut entries = client.watch(stream, 0).await.expect("the stream is there");
	let mut seen = BTreeMap::new();
	while seen.len() < count {
		let entry = entries.next().await.expect("the node answers").expect("it goes on");
		assert_eq!(entry.header.sequence, seen.len() as u64, "numbers have no gaps");
		assert_eq!(seen.insert(entry.record_id, entry.header.sequence), None, "doubled");
	}
	seen
}

async fn statuses(client: &Client, keys: &[RequestKey]) -> Vec<RequestStatusJson> {
	stream::iter(keys.iter().map(|key| client.status(*key)))
		.buffered(100)
		.try_collect()
		.await
		.expect("the node answers")
}

/// Nothing more than the expected records is in the stream.
async fn assert_nothing_else(
	client: &Client,
	stream: StreamId,
	expected: &BTreeMap<RecordId, u64>,
) {
	let filter = EntryFilter { stream: Some(stream), ..EntryFilter::default() };
	let entries = client.query(&filter, usize::MAX).await.expect("the node answers");
	let found = entries.iter().map(|entry| entry.record_id).collect::<BTreeSet<_>>();
	assert_eq!(entries.len(), expected.len());
	assert!(found.iter().eq(expected.keys()));
}

#[tokio::test]
async fn thousands_at_once_from_one_account_over_one_connection_are_applied_once_each() {
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node answers");
	let (records, requests): (Vec<_>, Vec<_>) = stream::iter(0..uploads())
		.map(|n| {
			let request = request(key("one", n), expires_at, None);
			upload(&client, stream, request, None)
		})
		.buffered(100)
		.unzip()
		.await;

	let started = Instant::now();
	hand_over_all(requests.iter().map(|request| (client.clone(), request.clone())).collect()).await;
	println!("{} requests handed over in {:.1?}", requests.len(), started.elapsed());
	let entries = final_entries(&client, stream, records.len()).await;
	println!("{} requests final after {:.1?}", requests.len(), started.elapsed());
	assert!(records.iter().all(|record| entries.contains_key(record)), "lost");
	let keys = requests.iter().map(|request| request.request.key).collect::<Vec<_>>();
	for status in statuses(&client, &keys).await {
		assert_eq!(status.status, RequestState::Applied);
	}

	// All of them again change nothing.
	let again = requests.iter().map(|request| (client.clone(), request.clone())).collect();
	for result in hand_over(again).await {
		result.expect("it is answered from the receipt");
	}
	assert_nothing_else(&client, stream, &entries).await;
}

#[tokio::test]
async fn several_accounts_and_clients_that_submit_the_same_keys_make_one_request_of_each() {
	let node = Node::start();
	let admin = connect(&node, channel_one()).await;
	let stream = admin.create_stream("invoices").await.expect("it is created").id;
	let submitter = Roles { submitter: true, ..Roles::default() };
	let mut clients = Vec::new();
	for _ in 0..4 {
		let vault = channel_one().for_another_member().expect("random bytes");
		admin.add_member(&vault.account(), submitter).await.expect("it is added");
		for _ in 0..4 {
			clients.push(connect(&node, vault.clone()).await);
		}
	}
	let expires_at = admin.expiry().await.expect("the node answers");
	let count = uploads() / 2;
	let mut records = BTreeSet::new();
	let mut requests = Vec::new();
	for n in 0..count {
		// By four clients of different accounts, each with its own signature.
		for turn in 0..4 {
			let client = clients[(n + turn * 5) % clients.len()].clone();
			let request = request(key("many", n), expires_at, None);
			let (record, signed) = upload(&client, stream, request, None).await;
			records.insert(record);
			requests.push((client, signed));
		}
	}
	assert_eq!(records.len(), count);
	for result in hand_over(shuffled(requests)).await {
		result.expect("the node takes it, or holds it already");
	}
	let entries = final_entries(&admin, stream, count).await;
	assert!(records.iter().eq(entries.keys()));
	assert_nothing_else(&admin, stream, &entries).await;
}

#[test]
fn two_processes_that_upload_the_same_files_double_nothing() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let count = uploads() / 2;
	let folder = node.folder().join("documents");
	std::fs::create_dir(&folder).expect("writable");
	let files = (0..count)
		.map(|n| {
			let file = folder.join(format!("{n}.txt"));
			std::fs::write(&file, format!("document {n}")).expect("writable");
			file.to_str().expect("UTF-8").to_owned()
		})
		.collect::<Vec<_>>();
	let mut arguments = vec!["upload", "--stream", "invoices", "--json"];
	arguments.extend(files.iter().map(String::as_str));
	let spawn = || {
		cli.command(&arguments)
			.stdout(std::process::Stdio::piped())
			.stderr(std::process::Stdio::null())
			.spawn()
			.expect("credio starts")
	};
	let outputs =
		[spawn(), spawn()].map(|process| std::thread::spawn(|| process.wait_with_output()));
	let told = outputs.map(|output| {
		let output = output.join().expect("no panic").expect("it ends");
		assert!(output.status.success(), "{}", output.status);
		let lines = String::from_utf8(output.stdout).expect("UTF-8");
		lines
			.lines()
			.map(|line| {
				let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
				assert_eq!(line["outcome"], "applied", "{line}");
				(line["file"].to_string(), (line["recordId"].clone(), line["sequence"].to_string()))
			})
			.collect::<BTreeMap<_, _>>()
	});
	assert_eq!(told[0].len(), count);
	assert_eq!(told[0], told[1], "both are told the same");
	let limit = (2 * count).to_string();
	let query = ["query", "--stream", "invoices", "--limit", &limit, "--json"];
	assert_eq!(cli.json(&query).len(), count);
}

#[tokio::test]
async fn lanes_are_applied_in_order_whatever_the_order_of_arrival_and_whatever_fails() {
	let node = Node::start();
	let clients = [connect(&node, channel_one()).await, connect(&node, channel_one()).await];
	let stream = clients[0].create_stream("invoices").await.expect("it is created").id;
	let expires_at = clients[0].expiry().await.expect("the node answers");
	let positions = (uploads() / 40) as u64;
	let nothing = RecordId::derive(9, &Reference([9; 32]));
	let mut requests = Vec::new();
	let mut expected = BTreeMap::new();
	for lane in 0..LANES {
		for sequence in 0..positions {
			let n = requests.len();
			let lane = LanePosition { lane, sequence };
			let request = request(key("lane", n), expires_at, Some(lane));
			// Every tenth one supersedes a record that is not there, which fails.
			let fails = n % 10 == 9;
			let client = clients[n % 2].clone();
			let (record, signed) = upload(&client, stream, request, fails.then_some(nothing)).await;
			expected.insert(request.key, (record, lane, fails));
			requests.push((client, signed));
		}
	}
	let count = requests.len();
	let failing = expected.values().filter(|(_, _, fails)| *fails).count();
	hand_over_all(shuffled(requests)).await;
	let entries = final_entries(&clients[0], stream, count - failing).await;

	let keys = expected.keys().copied().collect::<Vec<_>>();
	let mut last = BTreeMap::new();
	let mut statuses = statuses(&clients[0], &keys).await;
	statuses.sort_by_key(|status| expected[&status.request_key].1.sequence);
	for status in statuses {
		let (record, lane, fails) = expected[&status.request_key];
		let receipt = status.receipt.expect("each has its receipt");
		assert_eq!(receipt.lane, Some(lane));
		let state = if fails { RequestState::Rejected } else { RequestState::Applied };
		assert_eq!(status.status, state);
		assert_eq!(entries.contains_key(&record), !fails);
		// By block and place in it, and for entries by their numbers.
		let place = (receipt.block, receipt.extrinsic_index);
		let number = entries.get(&record).copied();
		if let Some((earlier, earlier_number)) = last.get(&lane.lane) {
			assert!(*earlier < place, "lane {} is out of order", lane.lane);
			assert!(number.is_none() || *earlier_number < number);
		}
		let number = number.or(last.get(&lane.lane).and_then(|(_, number)| *number));
		last.insert(lane.lane, (place, number));
	}
	for lane in 0..LANES {
		let state = clients[0].lane(lane).await.expect("the node answers");
		assert_eq!((state.next, state.next_at_best), (positions, positions));
	}
	assert_nothing_else(&clients[0], stream, &entries).await;
}

#[tokio::test]
async fn lanes_go_on_while_blocks_are_full_and_final_at_once() {
	const MANY: u32 = 64;
	const POSITIONS: u64 = 60;
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node answers");
	let mut lanes = Vec::new();
	for lane in 0..MANY {
		let mut requests = Vec::new();
		for sequence in 0..POSITIONS {
			let request = request(
				key(&format!("lane {lane}"), sequence as usize),
				expires_at,
				Some(LanePosition { lane, sequence }),
			);
			requests.push(upload(&client, stream, request, None).await.1);
		}
		lanes.push(requests);
	}
	let count = lanes.iter().map(Vec::len).sum();
	let in_order = lanes.into_iter().map(|requests| async {
		for request in requests {
			if hand_over(vec![(client.clone(), request.clone())]).await[0].is_err() {
				hand_over_all(vec![(client.clone(), request)]).await;
			}
		}
	});
	futures::future::join_all(in_order).await;
	let applied = final_entries(&client, stream, count);
	let applied = tokio::time::timeout(Duration::from_secs(120), applied).await;
	let lane = client.lane(0).await.expect("the node answers");
	assert!(applied.is_ok(), "lane 0 stands at {lane:?}");
}

fn code(result: Result<impl std::fmt::Debug, Error>) -> i32 {
	match result {
		Err(Error::Refused(refusal)) => refusal.code,
		other => panic!("not refused: {other:?}"),
	}
}

#[tokio::test]
async fn what_can_never_be_applied_is_refused_and_says_why() {
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
	let now = client.expiry().await.expect("the node answers");

	// Held back past its expiry: it is told to have expired, and no way leads in any more.
	let held_back = signed(0, now - 598, None).await;
	client.create_stream("s").await.expect("blocks go on");
	let status = loop {
		let status = client.status_of(&held_back.request).await.expect("the node answers");
		if status.status != RequestState::Unknown {
			break status;
		}
		client.wait_for_finality(0).await.expect("blocks go on");
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
	assert_eq!(funder.lane(0).await.expect("the node answers").next, 0);
	assert_eq!(
		funder.status(early.request.key).await.expect("answers").status,
		RequestState::Unknown
	);
}

#[tokio::test]
async fn a_request_that_came_from_another_node_is_recognized() {
	// A node that makes no blocks, so that what it holds stays where it is.
	let node = Node::start_on("dev", &[]);
	let client = connect(&node, channel_one()).await;
	let expires_at = client.expiry().await.expect("the node answers");
	let lane = Some(LanePosition { lane: 1, sequence: 0 });
	let create = |name: &str| {
		vec![Call::create_stream(&name.as_bytes().to_vec().try_into().expect("it is short"))]
	};
	let request = request(key("gossiped", 0), expires_at, lane);
	let sign =
		async |request, name| client.sign(request, &create(name)).await.expect("it is signed");
	// As another node hands it on: not by the method that takes requests.
	let raw = format!("0x{}", hex::encode(sign(request, "a").await.extrinsic));
	let _: String = client.call("author_submitExtrinsic", (&raw,)).await.expect("it is taken");

	// Signed again, it has other bytes, and is the same request.
	let taken = client.hand_over(&sign(request, "a").await).await.expect("it is the same request");
	assert_eq!(taken.status, RequestState::Pending);
	let status = client.status(request.key).await.expect("the node answers");
	assert_eq!(status.status, RequestState::Pending);
	// Other calls under its key, and another request at its position, are not.
	assert_eq!(code(client.hand_over(&sign(request, "b").await).await), codes::KEY_REUSED);
	let intruder = Request { key: key("gossiped", 1), ..request };
	assert_eq!(code(client.hand_over(&sign(intruder, "a").await).await), codes::POSITION_TAKEN);
}

#[tokio::test]
async fn a_transaction_that_is_replayed_a_thousand_times_changes_nothing() {
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node answers");
	let request = request(key("replay", 0), expires_at, None);
	let (record, signed) = upload(&client, stream, request, None).await;
	let raw = format!("0x{}", hex::encode(&signed.extrinsic));
	// At once, before it is in a block; and again when it is final.
	for turn in 0..2 {
		let times = (0..500).map(|_| (client.clone(), signed.clone())).collect();
		for result in hand_over(times).await {
			result.expect("it is answered");
		}
		if turn == 0 {
			client.follow(&signed.request).await.expect("it is decided");
		}
	}
	// The pool holds what is final until there is a block after it.
	client.wait_for_finality(1).await.expect("blocks go on");
	let used = client.quota(client.organization_id()).await.expect("the node answers").used;
	for _ in 0..500 {
		let refused: Result<String, _> = client.call("author_submitExtrinsic", (&raw,)).await;
		assert!([1010, 1012].contains(&code(refused)), "invalid, or refused a moment ago");
	}
	let entries = final_entries(&client, stream, 1).await;
	assert!(entries.contains_key(&record));
	assert_nothing_else(&client, stream, &entries).await;
	client.wait_for_finality(1).await.expect("blocks go on");
	let after = client.quota(client.organization_id()).await.expect("the node answers").used;
	assert!(after.bytes <= used.bytes, "replays cost nothing");
}

#[tokio::test]
async fn a_flood_of_one_organization_leaves_room_for_others_and_drops_nothing() {
	let node = Node::start_with(&["--pool-limit", "200"]);
	let client = connect(&node, channel_one()).await;
	let other = connect(&node, LocalVault::development("channel-two").expect("an example")).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node answers");
	// Positions that wait for one that does not come: nothing of it leaves the pool.
	let mut requests = Vec::new();
	for n in 1..=40 {
		let lane = Some(LanePosition { lane: 0, sequence: n });
		let request = request(key("flood", n as usize), expires_at, lane);
		requests.push((client.clone(), upload(&client, stream, request, None).await.1));
	}
	let results = hand_over(requests.clone()).await;
	let taken = results.iter().filter(|result| result.is_ok()).count();
	assert!((1..=25).contains(&taken), "{taken} wait, of a pool for 200");
	for result in results.into_iter().filter(Result::is_err) {
		assert_eq!(code(result), codes::POOL_FULL);
	}
	// Another organization gets in, and so does the same one with what need not wait.
	other.create_stream("invoices").await.expect("there is room");
	client.create_stream("others").await.expect("there is room");
	// With the missing position everything that was taken is applied, and the rest finds room.
	let lane = Some(LanePosition { lane: 0, sequence: 0 });
	let request = request(key("flood", 0), expires_at, lane);
	let (_, first) = upload(&client, stream, request, None).await;
	client.hand_over(&first).await.expect("what others wait for need not wait");
	requests.push((client.clone(), first));
	let mut open = requests;
	while !open.is_empty() {
		let results = hand_over(open.clone()).await;
		open = open
			.into_iter()
			.zip(results)
			.filter(|(_, result)| result.is_err())
			.map(|(request, _)| request)
			.collect();
		client.wait_for_finality(0).await.expect("blocks go on");
	}
	final_entries(&client, stream, 41).await;
}

fn stream_name(name: &str) -> credio_client::primitives::StreamName {
	name.as_bytes().to_vec().try_into().expect("it is short")
}
