//! The client: one connection to a node, for one organization. [`Client`] uploads, grants, fetches and verifies over
//! JSON-RPC; keys stay in a [vault](credio_vault).
//!
//! The example is `sdk/client/examples/front_page.rs`, which the tests run against a node:
//!
//! ```no_run
#![doc = include_str!("../examples/front_page.rs")]
//! ```

pub mod calls;
mod client;
pub mod error;
pub mod name;
pub mod objects;
pub mod runtimes;
pub mod verifier;

pub use client::*;
pub use credio_envelope as envelope;
pub use credio_evidence as evidence;
pub use credio_primitives as primitives;
pub use error::{
	AccessError, ConnectError, Error, ErrorKind, ProofError, Refusal, Result, SignError,
	SubmitError, UnfitCall,
};
pub use runtimes::{RuntimePin, Runtimes};
pub use verifier::{Trust, VerifierSettings};
