//! Runtime APIs: what the node's RPC, and everybody else who holds a block, asks the runtime.
//!
//! Each takes and answers types of this crate. A cursor is opaque to the caller: it is passed back as it came.

use crate::{
	bundle::{BundleDetail, BundleFilter, BundleLimits, NamedBundle},
	entry::EntryFilter,
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	request::NotASubmission,
	AccountId, BlockNumber, BundleId, Denial, Digest, EncryptionKey, Entry, EntryHeader, KeyEpoch,
	KeyEpochState, KeyVersion, Member, Moment, Organization, OrganizationId, Quota, QuotaUse,
	ReadAccess, Receipt, RecordId, RecordPayload, RequestKey, Sequence, Stream, StreamId,
	StreamKey, Submission, ValidatorState,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// An organization with its present encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OrganizationInfo {
	/// Its number.
	pub id: OrganizationId,
	/// The organization.
	pub organization: Organization,
	/// The encryption key that secrets are wrapped to from now on.
	pub encryption_key: EncryptionKey,
}

/// A record as an organization gets it that may read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ReadRecord {
	/// On what ground it may, and with which key.
	pub access: ReadAccess,
	/// Its header.
	pub header: EntryHeader,
	/// Its ciphertext.
	pub payload: RecordPayload,
}

/// A member's account with what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MemberInfo {
	/// The account.
	pub account: AccountId,
	/// Its organization and roles.
	pub member: Member,
}

/// Quota of an organization, and its use in the present window of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct QuotaInfo {
	/// What it may use per window.
	pub quota: Quota,
	/// What it has used in the present window.
	pub used: QuotaUse,
	/// Length of a window in blocks.
	pub window_length: BlockNumber,
	/// First block of the next window.
	pub next_window_at: BlockNumber,
}

/// A stream with its name and the key epoch it is in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StreamInfo {
	/// Its name.
	pub id: StreamId,
	/// The stream.
	pub stream: Stream,
	/// Its key epoch; `None` before the first is opened.
	pub epoch: Option<KeyEpochState>,
}

/// Bounds on requests that a client has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RequestLimits {
	/// How far ahead of the present block `expires_at` may lie.
	pub max_request_lifetime: BlockNumber,
	/// For how many blocks past `expires_at` the absence of a receipt says that the request was not applied. A receipt
	/// is kept for the longest lifetime of a request beyond that.
	pub receipt_retention: BlockNumber,
	/// Most calls in one request.
	pub max_calls: u32,
	/// Lanes of one organization.
	pub max_lanes: u32,
	/// How far ahead of a lane's next position a request may be handed to the pool.
	pub max_positions_ahead: u64,
}

/// What a block did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Activity {
	/// Its time, in milliseconds since 1970.
	pub time: u64,
	/// Requests that were applied.
	pub applied: u32,
	/// Requests that were rejected.
	pub rejected: u32,
	/// Entries that were appended to streams.
	pub entries: u32,
}

/// What a block changed of what clients subscribe to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Changes {
	/// Streams that an entry was appended to, each once.
	pub streams: Vec<StreamId>,
	/// Requests that were decided.
	pub requests: Vec<(OrganizationId, RequestKey)>,
}

sp_api::decl_runtime_apis! {
	/// Organizations, members, keys and quotas.
	pub trait OrganizationsApi {
		/// One organization.
		fn organization(id: OrganizationId) -> Option<OrganizationInfo>;
		/// Organizations from number `from` on, at most `limit` and at most a page.
		fn organizations(from: OrganizationId, limit: u32) -> Vec<OrganizationInfo>;
		/// The membership of an account.
		fn member(account: AccountId) -> Option<Member>;
		/// Members of an organization.
		fn members(id: OrganizationId) -> Vec<MemberInfo>;
		/// A version of an organization's encryption key.
		fn encryption_key(id: OrganizationId, version: KeyVersion) -> Option<EncryptionKey>;
		/// Quota and use.
		fn quota(id: OrganizationId) -> Option<QuotaInfo>;
	}

	/// Streams and the entries in them.
	pub trait StreamsApi {
		/// One stream.
		fn stream(id: StreamId) -> Option<StreamInfo>;
		/// Streams, of one owner or of all; the second part is the next cursor.
		fn streams(
			owner: Option<OrganizationId>,
			cursor: Option<Digest>,
			limit: u32,
		) -> (Vec<StreamInfo>, Option<Digest>);
		/// All that is public about an entry.
		fn header(id: RecordId) -> Option<EntryHeader>;
		/// Entries of a stream from `from` on, in order, at most `limit` and at most a page.
		fn entries(stream: StreamId, from: Sequence, limit: u32) -> Vec<Entry>;
		/// Entries that match a filter; the second part is the next cursor.
		fn query_entries(
			filter: EntryFilter,
			cursor: Option<Digest>,
			limit: u32,
		) -> (Vec<Entry>, Option<Digest>);
		/// Whether `commitment` is the leaf at `index` of the Merkle anchor `id`; `None` if `id` is none.
		fn verify_inclusion(
			id: RecordId,
			index: u32,
			commitment: Digest,
			proof: Vec<Digest>,
		) -> Option<bool>;
	}

	/// Ciphertexts of records.
	#[api_version(2)]
	pub trait RecordsApi {
		/// The payload of a record. The caller checks the right to it first, by [`GrantsApi::read_access`].
		fn payload(id: RecordId) -> Option<RecordPayload>;
		/// A record with all that is needed to read it, if the organization of `account` may read it now.
		#[api_version(2)]
		fn read(account: AccountId, id: RecordId) -> Result<ReadRecord, Denial>;
	}

	/// Grants, access requests, and the question they answer.
	pub trait GrantsApi {
		/// May the organization of `account` read this record now, and with which wrapped key?
		fn read_access(account: AccountId, id: RecordId) -> Result<ReadAccess, Denial>;
		/// Grants that match a filter; the second part is the next cursor.
		fn grants(
			filter: GrantFilter,
			cursor: Option<Digest>,
			limit: u32,
		) -> (Vec<NamedGrant>, Option<Digest>);
		/// Access requests that match a filter; the second part is the next cursor.
		fn access_requests(
			filter: AccessRequestFilter,
			cursor: Option<Digest>,
			limit: u32,
		) -> (Vec<NamedAccessRequest>, Option<Digest>);
		/// The key epoch of a stream.
		fn key_epoch(stream: StreamId) -> Option<KeyEpochState>;
		/// The stream secrets of a stream that were wrapped to `organization`, by epoch: the owner's own, or those
		/// of the grants that `organization` holds now.
		fn stream_keys(
			stream: StreamId,
			organization: OrganizationId,
			from: KeyEpoch,
			limit: u32,
		) -> Vec<StreamKey>;
	}

	/// Requests and receipts.
	pub trait RequestsApi {
		/// What the chain did with a request.
		fn receipt(organization: OrganizationId, key: RequestKey) -> Option<Receipt>;
		/// What a signed extrinsic says about the request in it.
		fn submission(extrinsic: Vec<u8>) -> Result<Submission, NotASubmission>;
		/// Bounds on requests.
		fn request_limits() -> RequestLimits;
		/// The next position of a lane.
		fn next_position(organization: OrganizationId, lane: u32) -> u64;
		/// The name and documentation of a dispatch error, as the runtime's metadata gives them.
		fn error_name(error: sp_runtime::DispatchError) -> (Vec<u8>, Vec<u8>);
	}

	/// Bundles.
	pub trait BundlesApi {
		/// One bundle, with its legs while it is open.
		fn bundle(id: BundleId) -> Option<BundleDetail>;
		/// Bundles that match a filter; the second part is the next cursor.
		fn bundles(
			filter: BundleFilter,
			cursor: Option<Digest>,
			limit: u32,
		) -> (Vec<NamedBundle>, Option<Digest>);
		/// Bounds on bundles.
		fn bundle_limits() -> BundleLimits;
	}

	/// What operators watch, and what subscriptions are woken by.
	#[api_version(2)]
	pub trait MonitoringApi {
		/// What this block did.
		fn activity() -> Activity;
		/// Which streams and requests this block changed.
		#[api_version(2)]
		fn changes() -> Changes;
		/// How many grants end within so many milliseconds; `limit` is the most that are counted.
		fn expiring_grants(within: Moment, limit: u32) -> u32;
	}

	/// Validators.
	pub trait ValidatorsApi {
		/// The validators that the council has chosen, and those of the present session that it has removed since.
		fn validators() -> Vec<ValidatorState>;
	}
}
