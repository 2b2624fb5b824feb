//! The node's pool: the SDK's pool behind bounds that reject new transactions and never drop accepted ones.
//!
//! By itself, the SDK's pool makes room by dropping older transactions without notice to senders that do not watch them,
//! lets only a tenth of its size wait for a predecessor, and knows no organizations. Here its own bounds are so large that
//! they are never reached; a [ledger](ledger) decides at the door whether there is room:
//!
//! - each organization has a reserved part, and so has each seat of the council for governance, and the node for reports
//!   of equivocation;
//! - transactions that wait for a predecessor have a room apart, far smaller than that for ready ones;
//! - room is charged to an account only if it has signed.
//!
//! A block takes from all organizations in [turns](order).
//!
//! When a block becomes final, the SDK's pool drops waiting transactions that are younger than its last view, since no
//! view contains them. So the final block is forwarded only once there is a view of a later block: see [`finality`].

mod amount;
mod arrivals;
mod claim;
mod claims;
mod contents;
mod division;
mod door;
mod fair_pool;
mod finality;
mod ledger;
mod network;
mod order;
mod room;
mod rooms;
mod sdk_traits;
mod state;

pub(crate) use amount::Amount;
pub(crate) use fair_pool::{FairPool, Origin};
pub(crate) use network::NetworkPool;
