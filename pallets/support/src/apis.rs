//! Runtime APIs: what the node's RPC, and everybody else who holds a block, asks the runtime.
//!
//! Each takes and returns types of `credio-primitives`. A cursor is opaque to the caller: it is passed back as it came.

use alloc::vec::Vec;
use credio_primitives::{
	AccountId, BundleId, Denial, Digest, EncryptionKey, Endpoints, Entry, EntryHeader, KeyEpoch,
	KeyEpochState, KeyVersion, Member, Moment, OrganizationId, ReadAccess, Receipt, RecordId,
	RecordPayload, RequestKey, Sequence, StreamId, StreamKey, Submission, ValidatorState,
	access::ReadRecord,
	block::{Activity, Changes},
	bundle::{BundleDetail, BundleFilter, BundleLimits, NamedBundle},
	entry::EntryFilter,
	entry::StreamInfo,
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	object::NamedErasure,
	organization::{MemberInfo, OrganizationInfo, QuotaInfo},
	request::NotASubmission,
	request::RequestLimits,
};

sp_api::decl_runtime_apis! {
	/// Organizations, members, keys, quotas and endpoints.
	#[api_version(2)]
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
		/// Where an organization serves objects.
		fn endpoints(id: OrganizationId) -> Endpoints;
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

	/// Ciphertexts of records, and erasures of objects.
	#[api_version(3)]
	pub trait RecordsApi {
		/// The payload of a record. The caller checks the right to it first, by [`GrantsApi::read_access`].
		fn payload(id: RecordId) -> Option<RecordPayload>;
		/// A record with all that is needed to read it, if the organization of `account` may read it now. The payload of an
		/// object is empty.
		fn read(account: AccountId, id: RecordId) -> Result<ReadRecord, Denial>;
		/// The erasure of an object, if it is erased.
		fn erasure(id: RecordId) -> Option<NamedErasure>;
		/// Erasures from number `from` on, at most `limit` and at most a page.
		fn erasures(from: u64, limit: u32) -> Vec<NamedErasure>;
		/// Whether all records of a stream are objects.
		fn demands_objects(stream: StreamId) -> bool;
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
