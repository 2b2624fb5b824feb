//! Attacks on a node's pool from outside: accepted transactions stay, and others still get room.

use credio_client::{
	Client, Error, SignedRequest, Upload,
	calls::Call,
	primitives::{
		LanePosition, Request, RequestKey, StreamId, error_codes as codes,
		rpc::{PageRequest, PoolFilter, PoolPageJson, RequestState},
	},
};
use credio_e2e::{Cli, Node};
use credio_vault::LocalVault;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Requests submitted at a time.
const AT_ONCE: usize = 200;

async fn connect(node: &Node, name: &str) -> Arc<Client> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Arc::new(Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds"))
}

fn key(name: &str, n: u64) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(format!("{name} {n}").as_bytes()))
}

/// A small upload.
async fn sealed(client: &Client, stream: StreamId, key: RequestKey) -> Call {
	let upload =
		Upload { stream, key: None, media_type: "text/plain", document: &key.0, supersedes: None };
	client.seal(&upload, key).await.expect("it is sealed").1
}

/// Requests with the same calls at positions of a lane. Their contents do not matter, since the first position never
/// arrives, or later ones may fail.
async fn in_lane(
	client: &Client,
	stream: StreamId,
	name: &str,
	lane: u32,
	positions: std::ops::Range<u64>,
) -> Vec<SignedRequest> {
	let expires_at = client.expiry().await.expect("the node responds");
	let calls = [sealed(client, stream, key(name, 0)).await];
	let mut signed = Vec::new();
	for sequence in positions {
		let name = format!("{name} {lane}");
		let lane = Some(LanePosition { lane, sequence });
		let organization = client.organization_id();
		let request = Request { organization, key: key(&name, sequence), expires_at, lane };
		signed.push(client.sign(request, &calls).await.expect("it is signed"));
	}
	signed
}

fn code<T: std::fmt::Debug>(result: &Result<T, Error>) -> i32 {
	match result {
		Err(Error::Refused(refusal)) => refusal.code,
		other => panic!("not refused: {other:?}"),
	}
}

/// Hands requests over, many at once, and returns those that were accepted. Others may only be refused for want of room.
async fn press(client: &Client, requests: Vec<SignedRequest>) -> Vec<SignedRequest> {
	let mut accepted = Vec::new();
	for some in requests.chunks(AT_ONCE) {
		let results = some.iter().map(|request| client.hand_over(request));
		let results = futures::future::join_all(results).await;
		for (request, result) in some.iter().zip(results) {
			if result.is_ok() {
				accepted.push(request.clone());
			} else {
				assert_eq!(code(&result), codes::POOL_FULL);
			}
		}
	}
	accepted
}

async fn assert_pending(client: &Client, requests: &[SignedRequest]) {
	let statuses = requests.iter().map(|request| client.status(request.request.key));
	for status in futures::future::join_all(statuses).await {
		assert_eq!(status.expect("the node responds").status, RequestState::Pending);
	}
}

async fn pool(client: &Client, filter: PoolFilter, page: PageRequest) -> PoolPageJson {
	client.call("credio_v1_pool", (filter, page)).await.expect("the node responds")
}

/// Waiting transactions stay under pressure on their room, with many in flight in each block.
#[tokio::test]
async fn accepted_transactions_stay_under_pressure() {
	let node = Node::start();
	let client = connect(&node, "channel-one").await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let waiting = in_lane(&client, stream, "waits", 0, 1..501).await;
	let accepted = press(&client, waiting.clone()).await;
	assert_eq!(accepted.len(), waiting.len(), "there is room for all");

	let mut pressing = Vec::new();
	for name in ["channel-two", "funder-one"] {
		let other = connect(&node, name).await;
		let stream = other.create_stream("noise").await.expect("it is created").id;
		pressing.push(async move {
			let mut accepted = 0;
			for lane in 0..8 {
				let requests = in_lane(&other, stream, name, lane, 1..1_000).await;
				accepted += press(&other, requests).await.len();
			}
			accepted
		});
	}
	let accepted_of_others: usize = futures::future::join_all(pressing).await.into_iter().sum();
	assert!(accepted_of_others < 4_096, "{accepted_of_others} wait");
	client.wait_for_finality(2).await.expect("the subscription continues");
	assert_pending(&client, &accepted).await;

	// With the first position all of them are decided.
	let first = in_lane(&client, stream, "waits", 0, 0..1).await;
	client.hand_over(&first[0]).await.expect("what others wait for gets in");
	for request in &accepted {
		let decided = client.follow(&request.request).await.expect("it is decided");
		assert!(matches!(decided.status, RequestState::Applied | RequestState::Rejected));
	}
}

/// Positions without predecessors take no room from other organizations, the council, or ready requests of the same
/// organization.
#[tokio::test]
async fn lane_positions_without_predecessors_leave_room() {
	let node = Node::start_with(&["--pool-limit", "2048"]);
	let honest = connect(&node, "funder-one").await;
	let mut accepted = 0;
	for name in ["channel-one", "channel-two"] {
		let attacker = connect(&node, name).await;
		let stream = attacker.create_stream("noise").await.expect("it is created").id;
		for lane in 0..3 {
			let requests = in_lane(&attacker, stream, name, lane, 1..1_000).await;
			accepted += press(&attacker, requests).await.len();
		}
		// Its own requests that could be in the next block get in.
		attacker.create_stream("more").await.expect("there is room");
	}
	assert!(accepted < 700, "{accepted} wait");
	let stream = honest.create_stream("invoices").await.expect("there is room").id;
	// Other waiting requests get in too.
	let lane = in_lane(&honest, stream, "honest", 0, 0..2).await;
	honest.hand_over(&lane[1]).await.expect("there is room");
	honest.hand_over(&lane[0]).await.expect("there is room");
	honest.follow(&lane[1].request).await.expect("it is decided");
	Cli::new(&node, "operator").ok(&["org", "suspend", "channel-two"]);

	// The pool lists its contents by organization, in pages.
	let first = pool(&honest, PoolFilter::default(), PageRequest::default()).await;
	assert!(first.organizations.iter().any(|used| used.waiting.transactions > 50));
	let organization = first.organizations.iter().find_map(|used| used.organization);
	let filter = PoolFilter { organization };
	let (mut listed, mut cursor) = (0, None);
	loop {
		let page = pool(&honest, filter, PageRequest { cursor, limit: Some(50) }).await;
		assert!(page.items.iter().all(|item| item.organization == organization));
		listed += page.items.len() as u64;
		cursor = page.next;
		if cursor.is_none() {
			let used = page.organizations[0];
			assert_eq!(listed, used.ready.transactions + used.waiting.transactions);
			break;
		}
	}
}

/// Where the signature starts: behind the length, the version, the account and the kind of signature.
fn signature_at(extrinsic: &[u8]) -> usize {
	let length = match extrinsic[0] % 4 {
		0 => 1,
		1 => 2,
		_ => 4,
	};
	length + 1 + 33 + 1
}

/// Junk in a member's name takes none of that member's room, and costs it little time.
#[tokio::test]
async fn junk_in_a_members_name_does_not_exclude_the_member() {
	let node = Node::start_with(&["--pool-limit", "640"]);
	let client = connect(&node, "channel-one").await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node responds");
	let organization = client.organization_id();
	let request = Request { organization, key: key("junk", 0), expires_at, lane: None };
	let calls = [sealed(&client, stream, request.key).await];
	let signed = client.sign(request, &calls).await.expect("it is signed").extrinsic;
	let outsider = connect(&node, "funder-two").await;
	let junk = async {
		for round in 0..10u64 {
			let tries = (0..AT_ONCE as u64).map(|n| {
				let mut forged = signed.clone();
				let at = signature_at(&forged);
				forged[at..at + 8].copy_from_slice(&(round * 1_000 + n + 1).to_le_bytes());
				let parameters = (format!("0x{}", hex::encode(forged)),);
				let outsider = outsider.clone();
				async move { outsider.call::<serde_json::Value>("credio_v1_upload", parameters).await }
			});
			for result in futures::future::join_all(tries).await {
				assert!([codes::TRANSACTION_REFUSED, codes::POOL_FULL].contains(&code(&result)));
			}
		}
	};
	let honest = async {
		for n in 1..20 {
			let request = Request { organization, key: key("honest", n), expires_at, lane: None };
			let call = sealed(&client, stream, request.key).await;
			let signed = client.sign(request, &[call]).await.expect("it is signed");
			let started = Instant::now();
			client.hand_over(&signed).await.expect("there is room for it");
			assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
		}
	};
	futures::future::join(junk, honest).await;
}
