//! Defaults of a node that partners reach, where they differ from the SDK's. Every one can be set by its flag.

use sc_service::{Configuration, PruningMode};
use std::num::NonZeroU32;

/// Calls a minute that one connection may make, once the RPC listens on other than loopback addresses. A partner's
/// back end that uploads 200 times a second stays below it.
const RPC_CALLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(12_000).expect("not zero; qed");

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
