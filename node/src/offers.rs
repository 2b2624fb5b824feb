//! Offers transactions that get into no block to other nodes again.
//!
//! The SDK sends a transaction to each peer once, and not again while it counts as known there, even if that peer has
//! dropped it: its pool was full, or the organization's quota was used up when a block was made. So the node that accepted a
//! request from a client offers it again, by a separate protocol, until it is in a block.

use crate::{
	client::FullClient,
	pool::{Amount, FairPool, Origin},
};
use codec::{Compact, Decode, DecodeAll, Encode};
use credio_runtime::opaque::{Block, UncheckedExtrinsic};
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sc_network::{
	IfDisconnected, ProtocolName, ReputationChange,
	config::{IncomingRequest, OutgoingResponse},
	service::traits::{NetworkBackend, NetworkService},
};
use sc_network_sync::SyncingService;
use sc_transaction_pool_api::{
	TransactionSource,
	error::{Error as PoolError, IntoPoolError},
};
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_core::H256;
use std::{sync::Arc, time::Duration};

/// Blocks between two rounds.
const PERIOD: u32 = 4;
/// Bound on an offer. A larger transaction is offered alone.
const MAX_OFFERED: Amount = Amount { count: 64, bytes: 1024 * 1024 };
/// Largest offer that is read: one transaction as large as a block.
const MAX_REQUEST: u64 = 6 * 1024 * 1024;
const MAX_RESPONSE: u64 = 1024;
/// Peers in a round; the next round takes the next ones.
const MAX_PEERS: usize = 8;
/// Most offers in the queue.
const MAX_QUEUED: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Penalty of a peer for an invalid offer.
const INVALID_OFFER: ReputationChange = ReputationChange::new(-(1 << 12), "no offer");

/// Incoming offers.
pub(crate) type Incoming = async_channel::Receiver<IncomingRequest>;

/// Returns the protocol's name on a chain.
pub(crate) fn protocol(genesis: H256) -> ProtocolName {
	format!("/{genesis:x}/credio/offers/1").into()
}

/// Returns the protocol's configuration, and the incoming offers.
pub(crate) fn configuration<Network: NetworkBackend<Block, H256>>(
	protocol: ProtocolName,
) -> (Network::RequestResponseProtocolConfig, Incoming) {
	let (sender, incoming) = async_channel::bounded(MAX_QUEUED);
	let configuration = Network::request_response_config(
		protocol,
		Vec::new(),
		MAX_REQUEST,
		MAX_RESPONSE,
		TIMEOUT,
		Some(sender),
	);
	(configuration, incoming)
}

/// Serves incoming offers, one after the other.
pub(crate) async fn serve(pool: Arc<FairPool>, client: Arc<FullClient>, incoming: Incoming) {
	while let Ok(IncomingRequest { payload, pending_response, .. }) = incoming.recv().await {
		let offered = offered(&payload);
		let mut response =
			OutgoingResponse { result: Err(()), reputation_changes: vec![], sent_feedback: None };
		match offered {
			Some(offered) => {
				let mut holds = Vec::with_capacity(offered.len());
				for extrinsic in offered {
					holds.push(take(&pool, &client, extrinsic).await);
				}
				response.result = Ok(holds.encode());
			},
			None => response.reputation_changes.push(INVALID_OFFER),
		}
		// The peer may have disconnected.
		let _ = pending_response.send(response);
	}
}

/// Decodes the transactions of an offer. Returns `None` for an invalid one. An offer of too many is not decoded.
fn offered(payload: &[u8]) -> Option<Vec<UncheckedExtrinsic>> {
	let count = Compact::<u32>::decode(&mut &payload[..]).ok()?;
	(count.0 as usize <= MAX_OFFERED.count).then_some(())?;
	Vec::decode_all(&mut &payload[..]).ok()
}

/// Submits an offered transaction, and returns whether the pool holds it.
async fn take(pool: &FairPool, client: &FullClient, extrinsic: UncheckedExtrinsic) -> bool {
	let at = client.info().best_hash;
	let source = TransactionSource::External;
	match pool.submit_from(Origin::Network, at, source, extrinsic).await {
		Ok(_) => true,
		Err(error) => matches!(error.into_pool_error(), Ok(PoolError::AlreadyImported(_))),
	}
}

/// Offers overdue transactions to peers, every few blocks.
pub(crate) async fn offer(
	pool: Arc<FairPool>,
	client: Arc<FullClient>,
	network: Arc<dyn NetworkService>,
	sync: Arc<SyncingService<Block>>,
	protocol: ProtocolName,
) {
	let mut blocks = client.import_notification_stream();
	while let Some(block) = blocks.next().await {
		let number = block.header.number;
		if !block.is_new_best || !number.is_multiple_of(PERIOD) || sync.is_major_syncing() {
			continue;
		}
		let Ok(mut peers) = sync.peers_info().await else { return };
		if peers.is_empty() {
			continue;
		}
		let overdue = pool.overdue(number, MAX_OFFERED);
		if overdue.is_empty() {
			continue;
		}
		let turn = (number / PERIOD) as usize % peers.len();
		peers.rotate_left(turn);
		let payload = overdue.encode();
		let responses = peers.into_iter().take(MAX_PEERS).map(|(peer, _)| {
			let (protocol, payload) = (protocol.clone(), payload.clone());
			network.request(peer, protocol, payload, None, IfDisconnected::ImmediateError)
		});
		let responses = futures::future::join_all(responses).await;
		let held_by = |holds: &Vec<bool>| holds.iter().filter(|holds| **holds).count();
		let counts = responses.into_iter().filter_map(|response| {
			Vec::<bool>::decode_all(&mut response.ok()?.0.as_slice()).ok().as_ref().map(held_by)
		});
		log::debug!(
			target: "credio-pool",
			"offered {} transactions again; held by each peer: {:?}",
			overdue.len(),
			counts.collect::<Vec<_>>()
		);
	}
}
