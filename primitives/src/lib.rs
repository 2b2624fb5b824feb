//! Ids, shared types, the traits by which pallets meet, and the runtime API declarations of Credio.
//!
//! There is no storage here. Pallets, runtimes, the RPC crate and the SDK all depend on this crate, so a type
//! that crosses one of those borders is declared once. The words are those of `docs/glossary.md`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod block;
pub mod bundle;
pub mod development;
pub mod entry;
pub mod error_codes;
pub mod evidence;
pub mod grant;
pub mod ids;
pub mod limits;
pub mod merkle;
pub mod organization;
pub mod request;
pub mod rpc;
pub mod storage;
pub mod text;
pub mod validator;
pub mod validity;

pub use bundle::{Bundle, BundleState, Leg};
pub use entry::{
	Commitment, Entry, EntryBody, EntryHeader, InclusionProof, RecordPayload, Stream, StreamName,
	StreamStatus,
};
pub use grant::{
	AccessKey, AccessRequest, AccessRequestState, Denial, EpochSecret, Grant, GrantStatus,
	KeyEpochState, Permission, Purpose, ReadAccess, Resource, StreamKey, WrappedKey, WrappedSecret,
};
pub use ids::{
	AccessRequestId, BundleId, Digest, GrantId, MomentKey, OrganizationId, PublicKey, RecordId,
	Reference, RequestKey, SequenceKey, StreamId,
};
pub use organization::{
	EncryptionKey, Member, Organization, OrganizationName, OrganizationStatus, Quota, QuotaUse,
	Roles,
};
pub use request::{LanePosition, Outcome, Receipt, Request, Submission};
pub use validator::{ValidatorOffence, ValidatorState};

/// Account of a member: an sr25519 public key, or the account that a multisig or proxy stands for.
pub type AccountId = sp_runtime::AccountId32;
/// Number of a block.
pub type BlockNumber = u32;
/// A moment on the chain's own clock, which its validators keep: milliseconds since 1970, UTC. What is promised to people
/// in days ends at a moment, whatever number of blocks is made until then.
pub type Moment = u64;
/// Version of an organization's encryption key, counted from 0.
pub type KeyVersion = u32;
/// Number of a key epoch of a stream, counted from 0.
pub type KeyEpoch = u32;
/// Position of an entry in its stream, counted from 0, without gaps.
pub type Sequence = u64;
