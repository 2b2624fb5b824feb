//! Defaults that differ from the SDK's, for a node that partners reach. Each can be set by its flag.

use sc_service::{
	Configuration, PruningMode,
	config::{RpcBatchRequestConfig, RpcEndpoint, SyncMode},
};
use std::{num::NonZeroU32, time::Duration};

/// Units a minute of one client address on JSON-RPC, on every listening address. A call costs 1 unit, a list 25
/// (`rpc/limit.rs`). An upload by our client costs about 4, so 400 uploads a second are within the limit, while a client
/// that only lists takes a fifth of a processor.
const RPC_UNITS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(120_000).expect("not zero; qed");

/// Most calls in a batch.
const RPC_BATCH: u32 = 64;

/// Most JSON-RPC connections at a time.
const RPC_CONNECTIONS: &str = "500";

/// Time during which a refused transaction is not validated again. Most reasons last for a block or a window of quota.
pub(crate) const BAN: Duration = Duration::from_secs(60);

/// Transactions in the pool, and their size in KiB: a quarter of a minute of full blocks of small requests, half of it for
/// one organization, or about a minute of full blocks of large ones. Every transaction in the pool is validated again in
/// each block, so a larger pool lowers the throughput (`docs/performance.md`).
const POOL_LIMIT: &str = "16384";
const POOL_KBYTES: &str = "262144";

/// Bytes of the state's trie that the node caches, besides the operating system's cache of the database: enough for state
/// that every request reads, such as members and streams. With the SDK's gigabyte the node takes gigabytes of memory, and
/// a block of new records takes as long, since it reads mostly unused keys.
const TRIE_CACHE: &str = "67108864";

/// Cached instances of the runtime, as many as the SDK allows. Clients with many concurrent calls need more than its
/// default of 8, and it logs a warning for each call without an instance.
const RUNTIME_INSTANCES: &str = "32";

/// `litep2p` neither disconnects a reserved node that has refused a request for blocks nor asks it again: after a wrong
/// clock, for which the others refused its blocks, a node stands still until it is restarted.
const NETWORK_BACKEND: &str = "libp2p";

/// Sets the defaults of the SDK's flags.
pub(crate) fn flags(command: clap::Command) -> clap::Command {
	command
		.mut_arg("pool_limit", |flag| flag.default_value(POOL_LIMIT))
		.mut_arg("pool_kbytes", |flag| flag.default_value(POOL_KBYTES))
		.mut_arg("trie_cache_size", |flag| flag.default_value(TRIE_CACHE))
		.mut_arg("max_runtime_instances", |flag| flag.default_value(RUNTIME_INSTANCES))
		.mut_arg("rpc_max_connections", |flag| flag.default_value(RPC_CONNECTIONS))
		.mut_arg("network_backend", |flag| flag.default_value(NETWORK_BACKEND))
}

/// Sets the options that the flags leave open.
///
/// - The state of all blocks is kept: reads at finalized blocks, `archive_v1` and evidence need it. With
///   `--state-pruning 256` a node keeps less.
/// - JSON-RPC serves safe methods only, on loopback too, since all calls through a proxy on the same machine come from
///   there. With `--dev` the SDK's own rule holds.
/// - Calls are limited by client address, and batches are bounded, on every listening address.
///
/// # Errors
///
/// If flags contradict each other.
pub(crate) fn apply(config: &mut Configuration, is_dev: bool) -> Result<(), String> {
	config.state_pruning =
		Some(state_pruning(config.state_pruning.take(), config.network.sync_mode)?);
	config.rpc.addr.iter_mut().flatten().for_each(|endpoint| close(endpoint, is_dev));
	Ok(())
}

/// Returns which states are kept. A node that syncs to the newest state directly has no earlier ones.
fn state_pruning(asked: Option<PruningMode>, sync: SyncMode) -> Result<PruningMode, String> {
	let pruning = asked.unwrap_or(PruningMode::ArchiveAll);
	if pruning.is_archive() && !matches!(sync, SyncMode::Full) {
		return Err("--sync warp and --sync fast skip the states of past blocks, which a node keeps by default; add \
			--state-pruning 256 for a node without past states (it makes no evidence from them), or leave --sync out \
			to import every block"
			.into());
	}
	Ok(pruning)
}

/// Restricts methods, rate and batches of an endpoint.
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
	fn loopback_serves_safe_methods_only() {
		let denies = |methods, is_dev| {
			let endpoint = closed(methods, is_dev);
			let deny =
				sc_rpc_server::utils::deny_unsafe(&endpoint.listen_addr, &endpoint.rpc_methods);
			matches!(deny, sc_rpc_api::DenyUnsafe::Yes)
		};
		assert!(denies(RpcMethods::Auto, false));
		assert!(denies(RpcMethods::Safe, false));
		assert!(!denies(RpcMethods::Unsafe, false), "unsafe methods are allowed explicitly");
		assert!(!denies(RpcMethods::Auto, true), "a development node keeps the SDK's rule");
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
	fn warp_sync_requires_state_pruning() {
		assert!(state_pruning(None, SyncMode::Warp).unwrap_err().contains("--state-pruning 256"));
		assert!(state_pruning(Some(PruningMode::ArchiveCanonical), SyncMode::Warp).is_err());
		let pruned = PruningMode::blocks_pruning(256);
		assert_eq!(state_pruning(Some(pruned.clone()), SyncMode::Warp), Ok(pruned));
		assert_eq!(state_pruning(None, SyncMode::Full), Ok(PruningMode::ArchiveAll));
	}
}
