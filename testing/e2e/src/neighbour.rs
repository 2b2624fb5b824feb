//! A neighbour of the validators that gossips everything it is given, since it has no pool.
//!
//! It takes part in three protocols of the network only. It announces itself as a full node with the genesis block, so
//! that validators accept it; it sends transactions; and it sends and serves offers.

use futures::future::join_all;
use sc_network::{
	IfDisconnected, NetworkWorker, PeerId, ProtocolName,
	config::{
		FullNetworkConfiguration, IncomingRequest, MultiaddrWithPeerId, NetworkConfiguration,
		NonReservedPeerMode, NotificationHandshake, OutgoingResponse, Params, ProtocolId, Role,
		SetConfig,
	},
	service::traits::{
		NetworkBackend, NetworkService, NotificationEvent, NotificationService, ValidationResult,
	},
};
use sp_core::H256;
use sp_runtime::{OpaqueExtrinsic, generic, traits::BlakeTwo256};
use std::{
	collections::BTreeSet,
	sync::{
		Arc,
		atomic::{AtomicUsize, Ordering},
	},
	time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet};

type Block = generic::Block<generic::Header<u32, BlakeTwo256>, OpaqueExtrinsic>;
type Worker = NetworkWorker<Block, H256>;

/// Largest notification, in bytes.
const MAX_NOTIFICATION: u64 = 16 * 1024 * 1024;
/// Transactions that wait to be sent.
const QUEUE: usize = 1_024;
/// Time limit for the response to an offer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The neighbour. It leaves when this is dropped.
pub struct Neighbour {
	queue: mpsc::Sender<Vec<u8>>,
	listeners: Arc<AtomicUsize>,
	network: Arc<dyn NetworkService>,
	peers: Vec<PeerId>,
	offers: ProtocolName,
	offered: Arc<AtomicUsize>,
	_tasks: JoinSet<()>,
}

/// Computes a neighbour's response to an offer; `None` leaves it without a response.
pub type Responder = fn(&[u8]) -> Option<Vec<u8>>;

impl Neighbour {
	/// Joins the network of this genesis hash by connecting to these peers, given as multiaddresses.
	///
	/// # Panics
	///
	/// If it cannot start.
	pub fn join(genesis: [u8; 32], peers: &[String]) -> Self {
		Self::join_with_responder(genesis, peers, |_| None)
	}

	/// Joins like [`Self::join`], with responses to offers.
	pub fn join_with_responder(genesis: [u8; 32], peers: &[String], answer: Responder) -> Self {
		let mut config = NetworkConfiguration::new_memory();
		config.listen_addresses = vec!["/ip4/127.0.0.1/tcp/0".parse().expect("an address")];
		let peer =
			|peer: &String| peer.parse::<MultiaddrWithPeerId>().expect("an address of a peer");
		config.default_peers_set.reserved_nodes = peers.iter().map(peer).collect();
		let ids = config.default_peers_set.reserved_nodes.iter().map(|one| one.peer_id).collect();
		let mut network = FullNetworkConfiguration::<Block, H256, Worker>::new(&config, None);
		let mut tasks = JoinSet::new();
		tasks.spawn(run_peer_store(network.take_peer_store()));
		let peers = network.peer_store_handle();
		let metrics = Worker::register_notification_metrics(None);
		let protocol =
			|name: &str| ProtocolName::from(format!("/{}/{name}/1", hex::encode(genesis)));
		let (announcements, announcing) = Worker::notification_config(
			protocol("block-announces"),
			Vec::new(),
			MAX_NOTIFICATION,
			Some(NotificationHandshake::from_bytes(handshake(genesis))),
			config.default_peers_set.clone(),
			metrics.clone(),
			peers.clone(),
		);
		let (transactions, sending) = Worker::notification_config(
			protocol("transactions"),
			Vec::new(),
			MAX_NOTIFICATION,
			None,
			SetConfig {
				in_peers: 32,
				out_peers: 0,
				reserved_nodes: config.default_peers_set.reserved_nodes,
				non_reserved_mode: NonReservedPeerMode::Accept,
			},
			metrics.clone(),
			peers,
		);
		network.add_notification_protocol(transactions);
		let offers = protocol("credio/offers");
		let (sender, incoming) = async_channel::bounded(QUEUE);
		network.add_request_response_protocol(Worker::request_response_config(
			offers.clone(),
			Vec::new(),
			MAX_NOTIFICATION,
			MAX_NOTIFICATION,
			TIMEOUT,
			Some(sender),
		));
		let worker = Worker::new(Params {
			role: Role::Full,
			executor: Box::new(|task| {
				tokio::spawn(task);
			}),
			network_config: network,
			protocol_id: ProtocolId::from("neighbour"),
			genesis_hash: H256(genesis),
			fork_id: None,
			metrics_registry: None,
			block_announce_config: announcements,
			ipfs_config: None,
			notification_metrics: metrics,
		})
		.expect("the network starts");
		let (queue, queued) = mpsc::channel(QUEUE);
		let listeners = Arc::<AtomicUsize>::default();
		let offered = Arc::<AtomicUsize>::default();
		let service = worker.network_service();
		tasks.spawn(NetworkBackend::run(worker));
		tasks.spawn(listen(announcing));
		tasks.spawn(send(sending, queued, listeners.clone()));
		tasks.spawn(answer_offers(incoming, answer, offered.clone()));
		Self { queue, listeners, network: service, peers: ids, offers, offered, _tasks: tasks }
	}

	/// Returns the number of offers that it has received.
	pub fn offered(&self) -> usize {
		self.offered.load(Ordering::Relaxed)
	}

	/// Sends an offer to all peers that it connected to, and returns their responses.
	pub async fn offer(&self, offer: &[u8]) -> Vec<Option<Vec<u8>>> {
		let answers = self.peers.iter().map(|peer| async {
			let protocol = self.offers.clone();
			let at_once = IfDisconnected::ImmediateError;
			let answer = self.network.request(*peer, protocol, offer.to_vec(), None, at_once);
			answer.await.ok().map(|(answer, _)| answer)
		});
		join_all(answers).await
	}

	/// Peers that it can send transactions to now.
	pub fn listeners(&self) -> usize {
		self.listeners.load(Ordering::Relaxed)
	}

	/// Sends an encoded extrinsic to all peers, once there is room in the queue.
	///
	/// # Panics
	///
	/// If the network has ended.
	pub async fn gossip(&self, extrinsic: Vec<u8>) {
		self.queue.send(extrinsic).await.expect("the network continues");
	}
}

/// Roles (a full node), number and hash of the best block, and the genesis hash.
fn handshake(genesis: [u8; 32]) -> Vec<u8> {
	const FULL: u8 = 1;
	[&[FULL][..], &0u32.to_le_bytes(), &genesis, &genesis].concat()
}

async fn run_peer_store(store: <Worker as NetworkBackend<Block, H256>>::PeerStore) {
	sc_network::peer_store::PeerStore::run(store).await;
}

/// Accepts every peer, and ignores its messages.
async fn listen(mut service: Box<dyn NotificationService>) {
	while let Some(event) = service.next_event().await {
		accept(event);
	}
}

/// Serves offers. Offers without a response are kept pending.
async fn answer_offers(
	incoming: async_channel::Receiver<IncomingRequest>,
	answer: Responder,
	offered: Arc<AtomicUsize>,
) {
	let mut unanswered = Vec::new();
	while let Ok(IncomingRequest { payload, pending_response, .. }) = incoming.recv().await {
		offered.fetch_add(1, Ordering::Relaxed);
		match answer(&payload) {
			Some(answer) => {
				let response = OutgoingResponse {
					result: Ok(answer),
					reputation_changes: vec![],
					sent_feedback: None,
				};
				// The peer may have disconnected.
				let _ = pending_response.send(response);
			},
			None => unanswered.push(pending_response),
		}
	}
}

fn accept(event: NotificationEvent) {
	if let NotificationEvent::ValidateInboundSubstream { result_tx, .. } = event {
		// A disconnected peer waits for no response.
		let _ = result_tx.send(ValidationResult::Accept);
	}
}

async fn send(
	mut service: Box<dyn NotificationService>,
	mut queued: mpsc::Receiver<Vec<u8>>,
	listeners: Arc<AtomicUsize>,
) {
	let mut peers = BTreeSet::new();
	loop {
		tokio::select! {
			event = service.next_event() => match event {
				None => return,
				Some(NotificationEvent::NotificationStreamOpened { peer, .. }) => {
					peers.insert(peer);
				},
				Some(NotificationEvent::NotificationStreamClosed { peer }) => {
					peers.remove(&peer);
				},
				Some(event) => accept(event),
			},
			Some(extrinsic) = queued.recv() => {
				// A list of one.
				let notification = [&[4][..], &extrinsic].concat();
				for peer in &peers {
					service.send_sync_notification(peer, notification.clone());
				}
			},
		}
		listeners.store(peers.len(), Ordering::Relaxed);
	}
}
