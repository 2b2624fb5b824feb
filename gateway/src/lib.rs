//! The on-boarding API: a back end in any language appends, reads and shares documents over plain HTTP, and the chain decides
//! each request exactly once.
//!
//! A **tenant** is an organization on a gateway: its vault, its outbox, its object store, its credentials. The tenant of a
//! call comes from its credential, never from the path. State lies in databases and object stores only, so several processes
//! serve one tenant, and one that is killed loses nothing.

pub mod api;
pub mod config;
pub mod credential;
pub mod dev;
mod nodes;
mod problem;
mod spool;
mod tenant;

pub use problem::Problem;
pub use tenant::{Gateway, Tenant};
