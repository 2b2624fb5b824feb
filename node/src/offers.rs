//! Offers what is not getting into a block to other nodes again.
//!
//! The SDK sends a transaction to each peer once, and never again while it counts as known there, even if that peer has
//! dropped it since: its pool was full, or the organization's quota was used up when a block was made. So a node that was
//! handed a request offers it again, by a protocol of its own, while it gets into no block.

use crate::{
	pool::{Amount, FairPool, Origin},
	service::FullClient,
};
use codec::{Compact, Decode, DecodeAll, Encode};
use credio_runtime::opaque::{Block, UncheckedExtrinsic};
use futures::StreamExt;
use sc_client_api::BlockchainEvents;
use sc_network::{
	config::{IncomingRequest, OutgoingResponse},
	service::traits::{NetworkBackend, NetworkService},
	IfDisconnected, ProtocolName, ReputationChange,
};
use sc_network_sync::SyncingService;
use sc_transaction_pool_api::{
	error::{Error as PoolError, IntoPoolError},
	TransactionSource,
};
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_core::H256;
use std::{sync::Arc, time::Duration};

/// Blocks between two rounds.
const PERIOD: u32 = 4;
/// Most transactions in an offer, and their size. One that is larger goes alone.
const MAX_OFFERED: Amount = Amount { count: 64, bytes: 1024 * 1024 };
/// Largest offer that is read: of one transaction as large as a block.
const MAX_REQUEST: u64 = 6 * 1024 * 1024;
const MAX_RESPONSE: u64 = 1024;
/// Peers that are asked in a round, each time others.
const MAX_PEERS: usize = 8;
/// Offers that wait for being looked at.
const MAX_QUEUED: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a peer that sends something else than an offer loses.
const NO_OFFER: ReputationChange = ReputationChange::new(-(1 << 12), "no offer");

/// Offers that come in.
pub type Incoming = async_channel::Receiver<IncomingRequest>;

/// Returns the protocol of a chain.
pub fn protocol(genesis: H256) -> ProtocolName {
	format!("/{genesis:x}/credio/offers/1").into()
}

/// Returns the protocol's configuration, and what comes in by it.
pub fn configuration<Network: NetworkBackend<Block, H256>>(
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

/// Answers offers, one after the other.
pub async fn answer(pool: Arc<FairPool>, client: Arc<FullClient>, incoming: Incoming) {
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
			None => response.reputation_changes.push(NO_OFFER),
		}
		// Whoever asked may have gone.
		let _ = pending_response.send(response);
	}
}

/// The transactions of an offer; `None` for what is no offer. Nothing of one that has too many is looked at.
fn offered(payload: &[u8]) -> Option<Vec<UncheckedExtrinsic>> {
	let count = Compact::<u32>::decode(&mut &payload[..]).ok()?;
	(count.0 as usize <= MAX_OFFERED.count).then_some(())?;
	Vec::decode_all(&mut &payload[..]).ok()
}

/// Takes what is offered, and returns whether it is held now.
async fn take(pool: &FairPool, client: &FullClient, extrinsic: UncheckedExtrinsic) -> bool {
	let at = client.info().best_hash;
	let source = TransactionSource::External;
	match pool.submit_from(Origin::Network, at, source, extrinsic).await {
		Ok(_) => true,
		Err(error) => matches!(error.into_pool_error(), Ok(PoolError::AlreadyImported(_))),
	}
}

/// Offers what does not get into a block.
pub async fn offer(
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
		let answers = peers.into_iter().take(MAX_PEERS).map(|(peer, _)| {
			let (protocol, payload) = (protocol.clone(), payload.clone());
			network.request(peer, protocol, payload, None, IfDisconnected::ImmediateError)
		});
		let answers = futures::future::join_all(answers).await;
		let taken_by = |answer: &Vec<bool>| answer.iter().filter(|holds| **holds).count();
		let answers = answers.into_iter().filter_map(|answer| {
			Vec::<bool>::decode_all(&mut answer.ok()?.0.as_slice()).ok().as_ref().map(taken_by)
		});
		log::debug!(
			target: "credio-pool",
			"offered {} transactions again; so many are held by peers: {:?}",
			overdue.len(),
			answers.collect::<Vec<_>>()
		);
	}
}
