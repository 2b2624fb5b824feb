//! The types that pallets, runtimes, the node and its clients share: ids, data, limits, error codes, storage keys and JSON
//! shapes. A type that crosses one of those borders is declared here, once.
//!
//! This crate has no storage and needs no FRAME. The feature `schema` derives JSON schemas of the JSON shapes. The words are
//! those of `docs/glossary.md`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod access;
pub mod block;
pub mod bundle;
pub mod development;
pub mod entry;
pub mod epoch;
pub mod error_codes;
pub mod evidence;
pub mod grant;
pub mod ids;
pub mod limits;
pub mod merkle;
pub mod object;
pub mod organization;
pub mod request;
pub mod rpc;
#[cfg(feature = "schema")]
pub mod schema;
pub mod storage;
pub mod text;
pub mod validator;
pub mod validity;

pub use access::{AccessKey, Denial, ReadAccess, WrappedSecret};
pub use bundle::{Bundle, BundleState, Leg};
pub use entry::{
	Commitment, Entry, EntryBody, EntryHeader, InclusionProof, RecordPayload, Stream, StreamName,
	StreamStatus,
};
pub use epoch::KeyEpochState;
pub use grant::{
	AccessRequest, AccessRequestState, EpochSecret, Grant, GrantStatus, Permission, Purpose,
	Resource, StreamKey, WrappedKey,
};
pub use ids::{
	AccessRequestId, BundleId, Digest, GrantId, MomentKey, OrganizationId, PublicKey, RecordId,
	Reference, RequestKey, SequenceKey, StreamId,
};
pub use object::Erasure;
pub use organization::{
	EncryptionKey, Endpoint, Endpoints, Member, Organization, OrganizationName, OrganizationStatus,
	Quota, QuotaUse, Roles,
};
pub use request::{LanePosition, Outcome, Receipt, Request, Submission};
pub use validator::{ValidatorOffence, ValidatorState};

/// Account of a member: an sr25519 public key, or the account that a multisig or proxy stands for.
pub type AccountId = sp_runtime::AccountId32;
/// Number of a block.
pub type BlockNumber = u32;
/// A moment on the chain's own clock, which its validators keep: milliseconds since 1970, UTC. Periods that
/// are promised in days end at a moment, whatever number of blocks is made until then.
pub type Moment = u64;
/// Version of an organization's encryption key, counted from 0.
pub type KeyVersion = u32;
/// Number of a key epoch of a stream, counted from 0.
pub type KeyEpoch = u32;
/// Position of an entry in its stream, counted from 0, without gaps.
pub type Sequence = u64;
