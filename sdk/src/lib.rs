//! Client library of Credio: a [`vault`] in which keys live, and a [`Client`] that uploads, grants, fetches and
//! verifies over JSON-RPC.
//!
//! The example is `sdk/examples/front_page.rs`, which the tests run against a node:
//!
//! ```no_run
#![doc = include_str!("../examples/front_page.rs")]
//! ```

pub mod calls;
pub mod chain;
pub mod client;
pub mod error;
pub mod files;
mod name;
pub mod outbox;
pub mod runtimes;
pub mod vault;
pub mod verifier;

pub use client::Client;
pub use credio_envelope as envelope;
pub use credio_evidence as evidence;
pub use credio_primitives as primitives;
pub use error::{Error, Result};
pub use runtimes::{RuntimePin, Runtimes};
pub use verifier::{Trust, VerifierSettings};
