//! Defaults of a node that partners reach, where they differ from the SDK's. Every one can be set by its flag.

use sc_service::{
	config::{RpcBatchRequestConfig, RpcEndpoint, SyncMode},
	Configuration, PruningMode,
};
use std::{num::NonZeroU32, time::Duration};

/// Units a minute that one client address may use on JSON-RPC, on whatever address it is served. A call costs a unit,
/// one that lists 25 (`rpc/limit.rs`). An upload of ours costs about four, so a client that does 400 a second stays
/// below it, while one that does nothing but list takes a fifth of a processor.
const RPC_UNITS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(120_000).expect("not zero; qed");

/// Calls in one batch.
const RPC_BATCH: u32 = 64;

/// JSON-RPC connections at a time.
const RPC_CONNECTIONS: &str = "500";

/// How long a transaction that was refused is not looked at again. Most refusals hold for a block or a window of quota.
pub const BAN: Duration = Duration::from_secs(60);

/// Transactions in the pool, and their size in KiB: a quarter of a minute of full blocks of small requests, of which one
/// organization has half, or about a minute of full blocks of large ones. All that wait are looked at again in each
/// block, so a larger pool does not take more but less (`docs/performance.md`).
const POOL_LIMIT: &str = "16384";
const POOL_KBYTES: &str = "262144";

/// Bytes of the state's trie that are cached by the node, besides what the operating system caches of the database:
/// enough for what every request reads, as members and streams. With the SDK's gigabyte the node takes gigabytes of
/// memory, and a block of new records takes no less time, since most of what it reads is where nothing is yet.
const TRIE_CACHE: &str = "67108864";

/// Instances of the runtime that are kept, as many as the SDK allows. Clients that ask much at once need more than its
/// default of 8, and it warns in the log of each call that has none.
const RUNTIME_INSTANCES: &str = "32";

/// `litep2p` never disconnects a reserved node that has refused a request for blocks, and never asks it again: one whose
/// clock was off, and whose blocks the others therefore refused, stands still until it is restarted.
const NETWORK_BACKEND: &str = "libp2p";

/// Our defaults of the SDK's flags.
pub fn flags(command: clap::Command) -> clap::Command {
	command
		.mut_arg("pool_limit", |flag| flag.default_value(POOL_LIMIT))
		.mut_arg("pool_kbytes", |flag| flag.default_value(POOL_KBYTES))
		.mut_arg("trie_cache_size", |flag| flag.default_value(TRIE_CACHE))
		.mut_arg("max_runtime_instances", |flag| flag.default_value(RUNTIME_INSTANCES))
		.mut_arg("rpc_max_connections", |flag| flag.default_value(RPC_CONNECTIONS))
		.mut_arg("network_backend", |flag| flag.default_value(NETWORK_BACKEND))
}

/// Fills in what the flags left open.
///
/// - State of all blocks is kept: reads are answered at finalized blocks, `archive_v1` needs it, and evidence is
///   made from it. `--state-pruning 256` gives a node that keeps less.
/// - JSON-RPC serves safe methods only, on loopback too, since a proxy on the same machine makes everybody's calls come
///   from there. With `--dev` the SDK's own rule holds.
/// - Calls are counted by client address, and batches bounded, everywhere.
///
/// # Errors
///
/// If flags do not go together, in words.
pub fn apply(config: &mut Configuration, is_dev: bool) -> Result<(), String> {
	config.state_pruning =
		Some(state_pruning(config.state_pruning.take(), config.network.sync_mode)?);
	config.rpc.addr.iter_mut().flatten().for_each(|endpoint| close(endpoint, is_dev));
	Ok(())
}

/// Which states are kept. A node that skips to the newest state has none of the blocks before.
fn state_pruning(asked: Option<PruningMode>, sync: SyncMode) -> Result<PruningMode, String> {
	let pruning = asked.unwrap_or(PruningMode::ArchiveAll);
	if pruning.is_archive() && !matches!(sync, SyncMode::Full) {
		return Err("--sync warp and --sync fast skip the states of past blocks, which this node keeps unless told \
			otherwise: add --state-pruning 256 for a node without past states (it makes no evidence of them), or \
			leave --sync out and let it import every block"
			.into());
	}
	Ok(pruning)
}

/// Bounds what an endpoint serves.
fn close(endpoint: &mut RpcEndpoint, is_dev: bool) {
	use sc_service::config::RpcMethods;
	if !is_dev && matches!(endpoint.rpc_methods, RpcMethods::Auto) {
		endpoint.rpc_methods = RpcMethods::Safe;
	}
	endpoint.rate_limit.get_or_insert(RPC_UNITS_PER_MINUTE);
	if matches!(endpoint.batch_config, RpcBatchRequestConfig::Unlimited) {
		endpoint.batch_config = RpcBatchRequestConfig::Limit(RPC_BATCH);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_service::config::RpcMethods;

	fn endpoint(rpc_methods: RpcMethods) -> RpcEndpoint {
		RpcEndpoint {
			listen_addr: ([127, 0, 0, 1], 9944).into(),
			batch_config: RpcBatchRequestConfig::Unlimited,
			max_connections: 1,
			max_payload_in_mb: 1,
			max_payload_out_mb: 1,
			max_subscriptions_per_connection: 1,
			max_buffer_capacity_per_connection: 1,
			rate_limit: None,
			rate_limit_trust_proxy_headers: false,
			rate_limit_whitelisted_ips: Vec::new(),
			cors: None,
			rpc_methods,
			is_optional: false,
			retry_random_port: false,
		}
	}

	fn closed(rpc_methods: RpcMethods, is_dev: bool) -> RpcEndpoint {
		let mut endpoint = endpoint(rpc_methods);
		close(&mut endpoint, is_dev);
		endpoint
	}

	#[test]
	fn loopback_gets_safe_methods_only() {
		let denies = |methods, is_dev| {
			let endpoint = closed(methods, is_dev);
			let deny =
				sc_rpc_server::utils::deny_unsafe(&endpoint.listen_addr, &endpoint.rpc_methods);
			matches!(deny, sc_rpc_api::DenyUnsafe::Yes)
		};
		assert!(denies(RpcMethods::Auto, false));
		assert!(denies(RpcMethods::Safe, false));
		assert!(!denies(RpcMethods::Unsafe, false), "whoever wants them says so");
		assert!(!denies(RpcMethods::Auto, true), "development is as open as with any node");
	}

	#[test]
	fn calls_and_batches_are_bounded_on_loopback_too() {
		let endpoint = closed(RpcMethods::Auto, false);
		assert_eq!(endpoint.rate_limit, Some(RPC_UNITS_PER_MINUTE));
		assert!(matches!(endpoint.batch_config, RpcBatchRequestConfig::Limit(RPC_BATCH)));
	}

	#[test]
	fn defaults_are_those_of_the_reference() {
		let page = include_str!("../../docs/rpc.md");
		let bound = |what: &str| {
			let row = page.lines().find(|line| line.starts_with(&format!("| {what} |")));
			let cell = row.and_then(|row| row.split('|').nth(2)).unwrap_or_default();
			cell.split(',').next().unwrap_or_default().trim().to_owned()
		};
		let rate = page.lines().find(|line| line.starts_with("| units a minute")).unwrap();
		let thousands = RPC_UNITS_PER_MINUTE.get() / 1_000;
		assert!(
			rate.contains(&format!("| {thousands},000, of which {},000 at once |", thousands / 20))
		);
		assert_eq!(bound("calls in one batch"), RPC_BATCH.to_string());
		assert_eq!(bound("connections, and HTTP requests under way"), RPC_CONNECTIONS);
	}

	#[test]
	fn warp_sync_takes_pruned_states() {
		assert!(state_pruning(None, SyncMode::Warp).unwrap_err().contains("--state-pruning 256"));
		assert!(state_pruning(Some(PruningMode::ArchiveCanonical), SyncMode::Warp).is_err());
		let pruned = PruningMode::blocks_pruning(256);
		assert_eq!(state_pruning(Some(pruned.clone()), SyncMode::Warp), Ok(pruned));
		assert_eq!(state_pruning(None, SyncMode::Full), Ok(PruningMode::ArchiveAll));
	}
}
