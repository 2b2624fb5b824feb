//! Requests that get into no block, because the author of blocks has no room for them or drops them: they are offered
//! again, and finally decided or reported as dropped, also beside neighbours with false offers.

use credio_client::{
	Client, SignedRequest, Upload,
	calls::Call,
	primitives::{
		Digest, OrganizationId, Quota, Reference, Request, RequestKey, StreamId,
		rpc::{PageRequest, PoolFilter, PoolPageJson, RequestState},
	},
};
use credio_e2e::{
	Node,
	neighbour::{Neighbour, Responder},
	raw::{connect, peer_address},
};
use credio_vault::LocalVault;
use futures::future::join_all;
use jsonrpsee::{
	core::client::{Subscription, SubscriptionClientT},
	rpc_params,
	ws_client::WsClient,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use subxt::ext::codec::{Compact, Encode};

const STREAM: &str = "invoices";
/// Time limit for a request to be decided or reported as dropped.
const LIMIT: Duration = Duration::from_secs(150);

/// Most additional MiB of memory that offers take.
const MEMORY: u64 = 512;

/// The author of blocks, and another node that partners use.
struct Nodes {
	author: Node,
	other: Node,
	/// An organization at the other node, and its stream.
	client: Arc<Client>,
	stream: StreamId,
	rpc: WsClient,
	/// Addresses of both nodes for neighbours.
	peers: Vec<String>,
}

impl Nodes {
	/// Starts them, the author with these arguments.
	async fn start(arguments: &[&str]) -> Self {
		let author = Node::start_with(arguments);
		let first = peer_address(&connect(&author).await).await;
		let other = Node::start_on("dev", &["--bootnodes", &first, "-lcredio-pool=debug"]);
		let rpc = connect(&other).await;
		let peers = vec![first, peer_address(&rpc).await];
		let client = member(&other, "channel-one").await;
		client.wait_for_finality(1).await.expect("it hears of blocks");
		let stream = client.create_stream(STREAM).await.expect("it is created").id;
		Self { author, other, client, stream, rpc, peers }
	}

	/// Signs requests that append to the stream: digests, or records of this size.
	async fn requests(&self, name: &str, count: usize, size: Option<usize>) -> Vec<SignedRequest> {
		self.again(name, &(0..count).collect::<Vec<_>>(), size, 0).await
	}

	/// Signs those of these numbers, with an expiry that is so much later: the same requests, by other transactions.
	async fn again(
		&self,
		name: &str,
		numbers: &[usize],
		size: Option<usize>,
		later: u32,
	) -> Vec<SignedRequest> {
		let mut requests = Vec::with_capacity(numbers.len());
		for n in numbers {
			requests.push(self.request(&format!("{name} {n}"), size, later).await);
		}
		requests
	}

	/// Signs one, with an expiry that is so much later.
	async fn request(&self, name: &str, size: Option<usize>, later: u32) -> SignedRequest {
		let key = RequestKey(sp_crypto_hashing::blake2_256(name.as_bytes()));
		let call = match size {
			None => Call::anchor_digest(self.stream, Reference::derive(&key, 0), Digest([7; 32])),
			Some(size) => {
				let mut document = name.as_bytes().to_vec();
				document.resize(size, 0x5a);
				let upload = Upload {
					stream: self.stream,
					key: None,
					media_type: "text/plain",
					document: &document,
					supersedes: None,
				};
				self.client.seal(&upload, key).await.expect("it is sealed").1
			},
		};
		let expires_at = self.client.expiry().await.expect("the node responds") + later;
		let organization = self.client.organization_id();
		let request = Request { organization, key, expires_at, lane: None };
		self.client.sign(request, &[call]).await.expect("it is signed")
	}

	/// Submits a request and subscribes to its status.
	async fn watch(&self, request: &SignedRequest) -> Subscription<Value> {
		let raw = format!("0x{}", hex::encode(&request.extrinsic));
		let (begin, end) = ("credio_v1_uploadAndWatch", "credio_v1_unwatchUpload");
		self.rpc.subscribe(begin, rpc_params![raw], end).await.expect("it is taken")
	}

	/// Submits requests at once, and waits until each is decided or reported as dropped. Returns the numbers of the
	/// dropped ones.
	async fn told(&self, requests: &[SignedRequest]) -> Vec<usize> {
		let told = requests.iter().enumerate().map(|(n, request)| async move {
			let mut events = self.watch(request).await;
			loop {
				let event =
					events.next().await.expect("the subscription continues").expect("an event");
				match event["event"].as_str() {
					Some("dropped") => return Some(n),
					Some("finalized") => {
						assert_eq!(event["status"], "applied", "{event}");
						return None;
					},
					Some("accepted" | "inBlock") => {},
					_ => panic!("it does not expire: {event}"),
				}
			}
		});
		let told = tokio::time::timeout(LIMIT, join_all(told)).await.expect("each event arrives");
		told.into_iter().flatten().collect()
	}

	/// Checks that no pool holds an undecided request, and that each applied request is in the stream once. A request
	/// dropped by one node may still be in a block of another.
	async fn assert_all_decided(&self, requests: &[SignedRequest]) {
		self.client.wait_for_finality(4).await.expect("the subscription continues");
		let statuses = requests.iter().map(|request| self.client.status(request.request.key));
		let mut applied = 0;
		for status in join_all(statuses).await {
			match status.expect("the node responds").status {
				RequestState::Applied => applied += 1,
				RequestState::Unknown => {},
				other => panic!("{other:?}"),
			}
		}
		let entries = self.client.stream(self.stream).await.expect("the node responds").entries;
		assert_eq!(entries, applied, "nothing lost, nothing doubled");
		for node in [&self.author, &self.other] {
			let client = member(node, "funder-two").await;
			let parameters = (PoolFilter::default(), PageRequest::default());
			let pool: PoolPageJson =
				client.call("credio_v1_pool", parameters).await.expect("the node responds");
			assert_eq!(pool.items.len(), 0, "the pool is empty");
		}
	}

	fn offers(&self) -> usize {
		self.other.log().matches("transactions again").count()
	}
}

async fn member(node: &Node, name: &str) -> Arc<Client> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Arc::new(Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds"))
}

/// The author's pool accepts a few at a time, and other nodes gossip a transaction to it once.
#[tokio::test(flavor = "multi_thread")]
async fn requests_without_room_are_offered_until_included() {
	let nodes = Nodes::start(&["--pool-limit", "64"]).await;
	let requests = nodes.requests("many", 100, None).await;
	let dropped = nodes.told(&requests).await;
	assert!(nodes.offers() > 0, "gossip alone was enough");
	assert_eq!(dropped, [0; 0], "all got in");
	nodes.assert_all_decided(&requests).await;
}

/// The author's pool has room for one request of this size at a time, which is not enough for all.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_no_node_accepts_are_reported_as_dropped() {
	let nodes = Nodes::start(&["--pool-kbytes", "64"]).await;
	let large = Some(50_000);
	let requests = nodes.requests("large", 40, large).await;
	let dropped = nodes.told(&requests).await;
	assert!((1..40).contains(&dropped.len()), "{} are dropped", dropped.len());
	nodes.assert_all_decided(&requests).await;
	// Signed again it is the same request, and there is room for it now.
	let again = nodes.again("large", &dropped[..1], large, 1).await;
	assert_eq!(nodes.told(&again).await, [0; 0]);
	nodes.assert_all_decided(&requests).await;
}

/// Each request fits the rest of the quota, but all together do not: the author drops the excess when it makes the
/// block.
#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_quota_are_dropped_and_can_be_repeated() {
	let nodes = Nodes::start(&[]).await;
	let operator = member(&nodes.author, "operator").await;
	let organization: OrganizationId = nodes.client.organization_id();
	let requests = nodes.requests("quota", 20, None).await;
	let used = nodes.client.quota(organization).await.expect("the node responds");
	let bytes = used.used.bytes + 6 * requests[0].extrinsic.len() as u64;
	let little = Quota { bytes, ..used.quota };
	operator.set_quota(organization, little).await.expect("it is set");
	nodes.client.wait_for_finality(1).await.expect("the subscription continues");
	let dropped = nodes.told(&requests).await;
	assert!((14..20).contains(&dropped.len()), "{} are dropped", dropped.len());
	nodes.assert_all_decided(&requests).await;

	operator.set_quota(organization, used.quota).await.expect("it is set");
	nodes.client.wait_for_finality(1).await.expect("the subscription continues");
	let again = nodes.again("quota", &dropped, None, 1).await;
	assert_eq!(nodes.told(&again).await, [0; 0]);
	nodes.assert_all_decided(&requests).await;
	let entries = nodes.client.stream(nodes.stream).await.expect("the node responds").entries;
	assert_eq!(entries, requests.len() as u64, "all are applied");
}

/// Claims to hold everything that is offered.
fn lie(offer: &[u8]) -> Option<Vec<u8>> {
	let count = Compact::<u32>::from(u32::from(offer.first().copied().unwrap_or_default() / 4));
	Some([count.encode(), vec![1; count.0 as usize]].concat())
}

/// Responds with an invalid message.
fn babble(_: &[u8]) -> Option<Vec<u8>> {
	Some(vec![0xff; 1_000_000])
}

/// Does not respond.
fn keep_silent(_: &[u8]) -> Option<Vec<u8>> {
	None
}

/// An offer of these extrinsics.
fn offer_of(extrinsics: &[Vec<u8>]) -> Vec<u8> {
	let count = Compact(u32::try_from(extrinsics.len()).expect("few")).encode();
	[count, extrinsics.concat()].concat()
}

/// Forged extrinsics in the name of another organization's signer.
fn forged(signed: &SignedRequest, count: u64) -> Vec<Vec<u8>> {
	let own = |n: u64| {
		let mut extrinsic = signed.extrinsic.clone();
		let end = extrinsic.len();
		extrinsic[end - 8..].copy_from_slice(&n.to_le_bytes());
		extrinsic
	};
	(0..count).map(own).collect()
}

/// Neighbours of both nodes that claim to hold all offers, respond with junk, or do not respond; they also offer junk,
/// oversized lists and forged extrinsics at full speed.
#[tokio::test(flavor = "multi_thread")]
async fn false_offers_do_not_delay_requests() {
	let nodes = Nodes::start(&["--pool-limit", "64"]).await;
	let genesis = nodes.client.limits().genesis_hash.0;
	let responses: [Responder; 3] = [lie, babble, keep_silent];
	let neighbours = responses
		.map(|response| Arc::new(Neighbour::join_with_responder(genesis, &nodes.peers, response)));
	for neighbour in &neighbours {
		while neighbour.listeners() < 2 {
			tokio::time::sleep(Duration::from_millis(50)).await;
		}
	}
	let before = [&nodes.author, &nodes.other].map(Node::peak_memory);
	let stranger = nodes.request("forged", None, 0).await;
	let offers = [
		vec![0xff; 4 * 1024 * 1024],
		// As many extrinsics of no bytes as there is room for.
		[Compact(5_000_000u32).encode(), vec![0; 5_000_000]].concat(),
		// A length that nothing follows, and one too many.
		Compact(u32::MAX).encode(),
		offer_of(&vec![vec![0]; 65]),
		offer_of(&forged(&stranger, 64)),
		// A large one that is no transaction.
		offer_of(&[[Compact(4_000_000u32).encode(), vec![4; 4_000_000]].concat()]),
	];
	let floods = neighbours.clone().map(|neighbour| {
		let offers = offers.clone();
		tokio::spawn(async move {
			loop {
				for offer in &offers {
					neighbour.offer(offer).await;
				}
			}
		})
	});

	let requests = nodes.requests("beside them", 100, None).await;
	let dropped = nodes.told(&requests).await;
	assert!(nodes.offers() > 0, "gossip alone was enough");
	let offered = neighbours.iter().map(|one| one.offered()).sum::<usize>();
	assert!(offered > 0, "nothing was offered to those who lie");
	assert!(dropped.len() < 30, "{} are dropped", dropped.len());
	floods.iter().for_each(tokio::task::JoinHandle::abort);
	nodes.assert_all_decided(&requests).await;
	// Both nodes continue, and serve others.
	for (node, before) in [(&nodes.author, before[0]), (&nodes.other, before[1])] {
		let another = format!("at {}", node.url());
		member(node, "funder-one").await.create_stream(&another).await.expect("it is served");
		let more = node.peak_memory().saturating_sub(before) / 1024;
		println!("at most {more} MiB more, of {before} KiB");
		assert!(more < MEMORY, "{more} MiB more");
	}
}
