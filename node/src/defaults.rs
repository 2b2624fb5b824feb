//! Defaults of a node that partners reach, where they differ from the SDK's. Every one can be set by its flag.

use sc_service::{Configuration, PruningMode};
use std::{num::NonZeroU32, time::Duration};

/// Calls a minute that one connection may make, once the RPC listens on other than loopback addresses. A partner's
/// back end that uploads 200 times a second stays below it.
const RPC_CALLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(12_000).expect("not zero; qed");

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
		.mut_arg("network_backend", |flag| flag.default_value(NETWORK_BACKEND))
}

/// Fills in what the flags left open.
///
/// - State of all blocks is kept: reads are answered at finalized blocks, `archive_v1` needs it, and evidence is
///   made from it. `--state-pruning 256` gives a node that keeps less.
/// - Calls are counted per connection as soon as the RPC can be reached from outside.
pub fn apply(config: &mut Configuration) {
	config.state_pruning.get_or_insert(PruningMode::ArchiveAll);
	let reachable =
		config.rpc.addr.iter().flatten().any(|endpoint| !endpoint.listen_addr.ip().is_loopback());
	if reachable && config.rpc.rate_limit.is_none() {
		config.rpc.rate_limit = Some(RPC_CALLS_PER_MINUTE);
	}
}
