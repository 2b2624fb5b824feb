//! The outbox: requests that are stored before they are sent, and followed until their outcome is final.
//!
//! *Accepted means stored*: when [`Outbox::enqueue`] returns, the request survives any crash of this process. A worker,
//! [`Outbox::run`], sends the stored items, sends them again under the same keys as long as they are undecided, and
//! ends each in exactly one state: applied, rejected or expired. It relies on finalized blocks only. Outcomes are read
//! with a cursor, [`Outbox::outcomes`], so that a reader that was away misses nothing and sees nothing twice.
//!
//! The store is a database, SQLite or PostgreSQL, in tables named `credio_outbox_…`. An application with its data in
//! the same database writes both in one transaction ([`Outbox::enqueue_in`], [`Outbox::acknowledge_in`]). Then its data
//! and its requests agree after any crash.
//!
//! Documents and calls are stored encrypted under a key of the vault's organization. `docs/outbox.md` lists the
//! guarantees and their limits.

mod body;
mod chain;
mod connection;
mod error;
mod expiry;
mod fault;
mod item;
mod lanes;
mod lease;
mod node_state;
mod nodes;
mod objects;
mod outbox;
mod outcomes;
mod prepare;
mod renewed;
mod schema;
mod sending;
mod settling;
mod store;
mod worker;

pub use connection::Connection;
pub use error::{OutboxError, Result};
pub use item::{Body, Enqueued, Item, ItemState, ObjectFile};
pub use node_state::{NodeProblem, Nodes};
pub use outbox::{MAX_UNDECIDED, Outbox};
pub use outcomes::{ItemOutcome, Outcomes};
pub use store::Listed;
pub use worker::{Settings, Worker};

#[cfg(test)]
mod tests;
