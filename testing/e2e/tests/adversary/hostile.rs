//! Attacks of the hostile parties.

use crate::adversary::{
	stop::Stop,
	world::{Member, SHARED, STREAM, World},
};
use credio_client::{
	Client, Terms, Upload,
	calls::Call,
	primitives::{Digest, LanePosition, Permission, PublicKey, Reference, Request, Resource},
};
use credio_e2e::{neighbour::Neighbour, raw::call};
use jsonrpsee::{
	core::{
		client::{ClientT, SubscriptionClientT},
		params::BatchRequestBuilder,
	},
	rpc_params,
	ws_client::WsClientBuilder,
};
use std::{
	fmt,
	future::Future,
	sync::{
		Arc,
		atomic::{AtomicU64, Ordering},
	},
	time::Duration,
};
use subxt::ext::codec::Encode;
use tokio::task::JoinSet;

/// Requests a second at positions that are never reached, of each hostile organization.
const POSITIONS_PER_SECOND: u32 = 150;
/// Forged and malformed transactions a second.
const JUNK_PER_SECOND: u32 = 100;
/// Transactions that the neighbour sends a second.
const GOSSIP_PER_SECOND: u32 = 100;
/// Large records a second.
const BULK_PER_SECOND: u32 = 20;
/// Connections that subscribe, and how often each does.
const LISTENERS: usize = 10;
const SUBSCRIPTIONS: usize = 100;
/// Calls in one batch.
const BATCH: usize = 64;

/// Results of one kind of attack.
#[derive(Debug, Default)]
struct Count {
	taken: AtomicU64,
	refused: AtomicU64,
}

impl Count {
	fn note<T, E>(&self, response: &Result<T, E>) {
		let count = if response.is_ok() { &self.taken } else { &self.refused };
		count.fetch_add(1, Ordering::Relaxed);
	}
}

/// Continuous attacks.
pub(super) struct Attack {
	tasks: JoinSet<()>,
	counts: Counts,
}

/// Results by kind of attack.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(Vec<(&'static str, Arc<Count>)>);

impl Counts {
	fn of(&mut self, kind: &'static str) -> Arc<Count> {
		let count = Arc::<Count>::default();
		self.0.push((kind, count.clone()));
		count
	}
}

impl fmt::Display for Counts {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for (n, (kind, count)) in self.0.iter().enumerate() {
			let (taken, refused) =
				(count.taken.load(Ordering::Relaxed), count.refused.load(Ordering::Relaxed));
			let separator = if n == 0 { "" } else { ", " };
			write!(f, "{separator}{kind} {taken} taken {refused} refused")?;
		}
		Ok(())
	}
}

/// Starts all of them.
pub(super) fn start(world: &World, peers: &[String], stop: &Stop) -> Attack {
	let mut counts = Counts::default();
	let mut tasks = JoinSet::new();
	for member in &world.hostile {
		let count = counts.of("positions never reached:");
		tasks.spawn(until(stop, positions(clients(member), count)));
	}
	let [seat, grantee] = &world.hostile[..] else { unreachable!("there are two") };
	tasks.spawn(until(stop, bulk(clients(grantee), counts.of("large records:"))));
	let victim = world.honest[2].public_key();
	tasks.spawn(until(stop, junk(clients(seat), victim, counts.of("forged and malformed:"))));
	let owner = world.honest[1].at(0).clone();
	let stream = Resource::Stream(world.honest[1].stream(SHARED));
	let third = world.honest[4].at(0).organization_id();
	tasks.spawn(until(
		stop,
		grant_and_rotate(
			owner,
			clients(grantee),
			stream,
			third,
			counts.of("rotations and delegations:"),
		),
	));
	tasks.spawn(until(stop, govern(seat.at(1).clone(), counts.of("calls of the hostile seat:"))));
	tasks.spawn(until(
		stop,
		govern(grantee.at(2).clone(), counts.of("governance calls of a plain member:")),
	));
	let genesis = owner_genesis(world);
	let neighbour = Neighbour::join(genesis, peers);
	let count = counts.of("gossiped by a neighbour:");
	tasks.spawn(until(stop, gossip(neighbour, clients(seat), victim, count)));
	for n in 0..LISTENERS {
		let url = world.urls[n % world.urls.len()].clone();
		tasks.spawn(until(stop, listen(url, counts.of("subscriptions and batches:"))));
	}
	Attack { tasks, counts }
}

impl Attack {
	/// Waits until all have ended.
	pub(super) async fn finish(mut self) -> Counts {
		while let Some(ended) = self.tasks.join_next().await {
			ended.expect("an attack runs to its end");
		}
		self.counts.merged()
	}
}

impl Counts {
	/// One line a kind.
	fn merged(self) -> Self {
		let mut merged = Self::default();
		for (kind, count) in self.0 {
			let sum = match merged.0.iter().find(|(known, _)| *known == kind) {
				Some((_, sum)) => sum.clone(),
				None => merged.of(kind),
			};
			sum.taken.fetch_add(count.taken.load(Ordering::Relaxed), Ordering::Relaxed);
			sum.refused.fetch_add(count.refused.load(Ordering::Relaxed), Ordering::Relaxed);
		}
		merged
	}
}

fn owner_genesis(world: &World) -> [u8; 32] {
	world.honest[0].at(0).limits().genesis_hash.0
}

fn clients(member: &Member) -> Vec<Arc<Client>> {
	member.clients.clone()
}

/// Repeats an attack until the stop.
fn until<Attack: Future<Output = ()> + Send + 'static>(
	stop: &Stop,
	attack: Attack,
) -> impl Future<Output = ()> + Send + use<Attack> {
	let stop = stop.clone();
	async move {
		let mut pace = tokio::time::interval(Duration::from_millis(200));
		tokio::pin!(attack);
		loop {
			tokio::select! {
				() = &mut attack => return,
				_ = pace.tick() => if stop.is_due() { return },
			}
		}
	}
}

fn interval(per_second: u32) -> tokio::time::Interval {
	tokio::time::interval(Duration::from_secs(1) / per_second.max(1))
}

fn hex_of(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

async fn upload(client: &Client, extrinsic: &[u8], count: &Count) {
	let response = client.call::<serde_json::Value>("credio_v1_upload", (hex_of(extrinsic),)).await;
	count.note(&response);
}

async fn submit(client: &Client, extrinsic: &[u8], count: &Count) {
	let response =
		client.call::<serde_json::Value>("author_submitExtrinsic", (hex_of(extrinsic),)).await;
	count.note(&response);
}

/// Requests at lane positions without a first position.
async fn positions(clients: Vec<Arc<Client>>, count: Arc<Count>) {
	let client = &clients[0];
	let organization = client.organization_id();
	let stream = credio_client::primitives::StreamId::derive(organization, STREAM.as_bytes());
	let lifetime = client.limits().max_request_lifetime - 100;
	let expires_at = client.expiry().await.expect("the node responds") + lifetime - 600;
	let mut pace = interval(POSITIONS_PER_SECOND);
	for n in 0u64.. {
		pace.tick().await;
		let lane = LanePosition {
			lane: u32::try_from(16 + n / 1_024 % 64).expect("small"),
			sequence: 1 + n % 1_024,
		};
		let key = client
			.key_of(stream, &[b"never".as_slice(), &n.to_le_bytes()].concat(), 0)
			.await
			.expect("the vault is here");
		let call = Call::anchor_digest(stream, Reference::derive(&key, 0), Digest([7; 32]));
		let request = Request { organization, key, expires_at, lane: Some(lane) };
		let signed = client.sign(request, &[call]).await.expect("it is signed");
		upload(&clients[n as usize % clients.len()], &signed.extrinsic, &count).await;
	}
}

/// A neighbour that bypasses any pool: it sends positions without predecessors and forged signers. Its messages to a
/// connected peer count as accepted.
async fn gossip(
	neighbour: Neighbour,
	clients: Vec<Arc<Client>>,
	victim: [u8; 32],
	count: Arc<Count>,
) {
	let client = &clients[0];
	let organization = client.organization_id();
	let stream = credio_client::primitives::StreamId::derive(organization, STREAM.as_bytes());
	let expires_at = client.expiry().await.expect("the node responds");
	let own: [u8; 32] = client.account().clone().into();
	let mut pace = interval(GOSSIP_PER_SECOND);
	for n in 0u64.. {
		pace.tick().await;
		let key = client
			.key_of(stream, &[b"gossip".as_slice(), &n.to_le_bytes()].concat(), 0)
			.await
			.expect("the vault is here");
		let lane = LanePosition { lane: 200, sequence: 1 + n % 1_024 };
		let call = Call::anchor_digest(stream, Reference::derive(&key, 0), Digest([7; 32]));
		let request = Request { organization, key, expires_at, lane: Some(lane) };
		let mut extrinsic = client.sign(request, &[call]).await.expect("it is signed").extrinsic;
		if n.is_multiple_of(2) {
			let at = extrinsic.windows(32).position(|window| window == own).expect("it is signed");
			extrinsic[at..at + 32].copy_from_slice(&victim);
		}
		neighbour.gossip(extrinsic).await;
		count.note::<(), _>(&if neighbour.listeners() > 0 { Ok(()) } else { Err(()) });
	}
}

/// Records as large as can be.
async fn bulk(clients: Vec<Arc<Client>>, count: Arc<Count>) {
	let client = &clients[0];
	let organization = client.organization_id();
	let stream = credio_client::primitives::StreamId::derive(organization, STREAM.as_bytes());
	let sealer = client.sealer(stream).await.expect("its own stream");
	let mut pace = interval(BULK_PER_SECOND);
	for n in 0u64.. {
		pace.tick().await;
		let key = client
			.key_of(stream, &[b"bulk".as_slice(), &n.to_le_bytes()].concat(), 0)
			.await
			.expect("the vault is here");
		let mut document = n.to_le_bytes().to_vec();
		document.resize(60_000, 0x5a);
		let media_type = "text/plain";
		let upload_of =
			Upload { stream, key: None, media_type, document: &document, supersedes: None };
		let (_, call) =
			sealer.seal(&upload_of, Reference::derive(&key, 0)).await.expect("it is sealed");
		// A shorter expiry than anybody else's.
		let expires_at = client.expiry().await.expect("the node responds") - 500;
		let request = Request { organization, key, expires_at, lane: None };
		let signed = client.sign(request, &[call]).await.expect("it is signed");
		upload(&clients[n as usize % clients.len()], &signed.extrinsic, &count).await;
	}
}

/// Transactions in another account's name, and random bytes.
async fn junk(clients: Vec<Arc<Client>>, victim: [u8; 32], count: Arc<Count>) {
	let client = &clients[0];
	let organization = client.organization_id();
	let stream = credio_client::primitives::StreamId::derive(organization, STREAM.as_bytes());
	let expires_at = client.expiry().await.expect("the node responds");
	let mut pace = interval(JUNK_PER_SECOND);
	for n in 0u64.. {
		pace.tick().await;
		let to = &clients[n as usize % clients.len()];
		let key = client
			.key_of(stream, &[b"junk".as_slice(), &n.to_le_bytes()].concat(), 0)
			.await
			.expect("the vault is here");
		let call = Call::anchor_digest(stream, Reference::derive(&key, 0), Digest([7; 32]));
		let request = Request { organization, key, expires_at, lane: None };
		let mut forged = client.sign(request, &[call]).await.expect("it is signed").extrinsic;
		let own: [u8; 32] = client.account().clone().into();
		let at = forged.windows(32).position(|window| window == own).expect("it names its signer");
		forged[at..at + 32].copy_from_slice(&victim);
		match n % 4 {
			0 => upload(to, &forged, &count).await,
			1 => submit(to, &forged, &count).await,
			2 => submit(to, &n.to_le_bytes().repeat(8), &count).await,
			// A signature that is cut off.
			_ => submit(to, &forged[..forged.len() / 2], &count).await,
		}
	}
}

/// A grantee that announces a new encryption key in every block, and gives its grant on.
async fn grant_and_rotate(
	owner: Arc<Client>,
	clients: Vec<Arc<Client>>,
	stream: Resource,
	third: u32,
	count: Arc<Count>,
) {
	let client = &clients[1];
	let terms = Terms { purpose: "assess".into(), delegable: true, ..Terms::default() };
	let to = client.organization_id();
	let grant = owner.grant(stream, to, Permission::Read, &terms).await.expect("it is given");
	let own = credio_client::primitives::StreamId::derive(to, STREAM.as_bytes());
	for n in 1u64.. {
		let key = client
			.key_of(own, &[b"rotate".as_slice(), &n.to_le_bytes()].concat(), 0)
			.await
			.expect("the vault is here");
		let mut public = [9; 32];
		public[..8].copy_from_slice(&n.to_le_bytes());
		let expires_at = client.expiry().await.expect("the node responds");
		let request = Request { organization: to, key, expires_at, lane: None };
		let rotate = Call::rotate_key(PublicKey(public));
		let signed = client.sign(request, &[rotate]).await.expect("it is signed");
		upload(client, &signed.extrinsic, &count).await;
		if n.is_multiple_of(4) {
			let terms = Terms { purpose: format!("on {n}"), ..Terms::default() };
			count.note(&client.delegate(grant, third, &terms).await);
		} else {
			client.wait_for_finality(0).await.expect("the subscription continues");
		}
	}
}

/// Motions, executions and closes that are as large and as heavy as can be.
async fn govern(client: Arc<Client>, count: Arc<Count>) {
	let runtime = client.trusted_runtime().await.expect("it is known");
	let mut heads = client.best_heads().await.expect("the node responds");
	for n in 0u32.. {
		heads.next().await.expect("the subscription continues");
		let size = [100, 60_000, 1_000_000][n as usize % 3];
		let mut bytes = n.to_le_bytes().to_vec();
		bytes.resize(size, 0x5a);
		let remark = Call::remark(&bytes);
		let inner = remark.encoded(&runtime).expect("there is such a call");
		let length = u32::try_from(inner.len()).expect("small");
		let calls = [
			Call::propose(3, &remark, &runtime).expect("there is such a call"),
			call(
				"Council",
				"execute",
				[inner.clone(), subxt::ext::codec::Compact(length).encode()].concat(),
			),
			call("Governance", "dispatch_as_root", inner),
		];
		for call in calls {
			let nonce = client.next_nonce().await.expect("the node responds");
			let life = client.life().await.expect("the node responds");
			match client.sign_call(&call, nonce, life).await {
				Ok(extrinsic) => submit(&client, &extrinsic, &count).await,
				Err(error) => count.note::<(), _>(&Err(error)),
			}
		}
	}
}

/// Subscriptions that are never read, and batches of expensive calls.
async fn listen(url: String, count: Arc<Count>) {
	loop {
		let Ok(client) = WsClientBuilder::new().build(&url).await else {
			count.note::<(), _>(&Err(()));
			tokio::time::sleep(Duration::from_millis(500)).await;
			continue;
		};
		let mut held = Vec::new();
		for n in 0..SUBSCRIPTIONS {
			let stream = credio_client::primitives::StreamId([u8::try_from(n).expect("small"); 32]);
			let response = client
				.subscribe::<serde_json::Value, _>(
					"credio_v1_subscribeStream",
					rpc_params![stream, 0],
					"credio_v1_unsubscribeStream",
				)
				.await;
			count.note(&response);
			held.extend(response);
		}
		while client.is_connected() {
			let mut batch = BatchRequestBuilder::new();
			for _ in 0..BATCH {
				batch
					.insert("credio_v1_grants", rpc_params![serde_json::json!({})])
					.expect("it fits");
			}
			let response = client.batch_request::<serde_json::Value>(batch).await;
			count.note(&response);
			tokio::time::sleep(Duration::from_millis(200)).await;
		}
	}
}
