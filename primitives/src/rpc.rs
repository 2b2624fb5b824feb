//! Parameters and results of the `credio_v1` methods, as JSON: camelCase fields, bytes and hashes as `0x` hex.
//!
//! Node and clients share these declarations. An object that a node returns has a name that ends in `Json`; parameters,
//! wrappers such as [`At`] and [`Items`], and enumerations of words do not. `docs/rpc.md` describes all of them.

mod bundles;
mod evidence;
mod grants;
mod network;
mod organizations;
mod pool;
mod records;
mod requests;
mod streams;
mod token;
mod wrappers;

pub use bundles::{AbortJson, BundleDetailJson, BundleJson, LegJson, PartyJson, WeightJson};
pub use evidence::{EvidenceJson, EvidenceOptions, FinalityJson, FinalizedBlockJson};
pub use grants::{AccessRequestJson, AccessRequestStateJson, GrantJson};
pub use network::{LimitsJson, OffenceJson, ValidatorJson};
pub use organizations::{
	EncryptionKeyJson, EndpointsJson, MemberJson, MembershipJson, OrganizationDetailJson,
	OrganizationJson, QuotaJson,
};
pub use pool::{
	PoolAmountJson, PoolFilter, PoolPageJson, PoolUseJson, PooledState, PooledTransactionJson,
};
pub use records::{
	ErasureJson, FetchedEntriesJson, FetchedEntryJson, FetchedJson, InclusionJson, WrappedKeyJson,
	wrapped_keys,
};
pub use requests::{
	ErrorNameJson, LaneJson, ReceiptJson, RequestState, RequestStatusJson, UploadEventJson,
	UploadedJson,
};
pub use streams::{StreamJson, StreamKeyJson, WrappedSecretJson};
pub use token::AccessToken;
pub use wrappers::{At, BlockRef, Bytes, Items, PageRequest};
