//! The methods. `docs/rpc.md` and the OpenRPC document describe them for callers.

use crate::Error;
use credio_primitives::{
	bundle::BundleFilter,
	entry::EntryFilter,
	grant::{AccessRequestFilter, GrantFilter},
	rpc::{
		AccessRequestJson, AccessToken, At, BundleDetailJson, BundleJson, Bytes,
		EncryptionKeyAnswer, EvidenceJson, EvidenceOptions, Fetched, FetchedEntries, FinalityJson,
		GrantJson, Inclusion, Items, LaneJson, Limits, MembershipAnswer, OrganizationDetail,
		OrganizationJson, PageRequest, PoolFilter, PoolPage, QuotaJson, RequestStatus, StreamJson,
		StreamKeyJson, Uploaded, ValidatorJson,
	},
	AccountId, BlockNumber, BundleId, Digest, Entry, KeyEpoch, KeyVersion, OrganizationId,
	RecordId, RequestKey, Sequence, StreamId,
};
use jsonrpsee::proc_macros::rpc;

/// The `credio_v1` methods.
#[rpc(server)]
pub trait CredioApi {
	/// Takes a signed `Idempotency::submit`. The same request again answers its present status.
	#[method(name = "credio_v1_upload")]
	async fn upload(&self, extrinsic: Bytes) -> Result<Uploaded, Error>;

	/// As `upload`, and tells what becomes of it.
	#[subscription(
		name = "credio_v1_uploadAndWatch" => "credio_v1_uploadEvent",
		unsubscribe = "credio_v1_unwatchUpload",
		item = UploadEvent,
	)]
	async fn upload_and_watch(&self, extrinsic: Bytes) -> jsonrpsee::core::SubscriptionResult;

	/// Where a request stands. With `expires_at`, also of a request that this node has never seen.
	#[method(name = "credio_v1_status", blocking)]
	fn status(
		&self,
		organization: OrganizationId,
		request_key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatus>, Error>;

	/// The next position of a lane.
	#[method(name = "credio_v1_lane", blocking)]
	fn lane(&self, organization: OrganizationId, lane: u32) -> Result<At<LaneJson>, Error>;

	/// What this node's pool holds, by organization.
	#[method(name = "credio_v1_pool", blocking)]
	fn pool(&self, filter: PoolFilter, page: Option<PageRequest>) -> Result<PoolPage, Error>;

	/// Header of an entry.
	#[method(name = "credio_v1_record", blocking)]
	fn record(&self, record_id: RecordId) -> Result<At<Entry>, Error>;

	/// Header, ciphertext and wrapped key of a record, if the caller's organization may read it.
	#[method(name = "credio_v1_fetch", blocking)]
	fn fetch(&self, record_id: RecordId, access_token: AccessToken) -> Result<At<Fetched>, Error>;

	/// A part of a stream, with the ciphertexts and wrapped keys that the caller's organization may read.
	#[method(name = "credio_v1_fetchStream", blocking)]
	fn fetch_stream(
		&self,
		stream: StreamId,
		from_sequence: Sequence,
		access_token: AccessToken,
		limit: Option<u32>,
		include_unfinalized: Option<bool>,
	) -> Result<At<FetchedEntries>, Error>;

	/// Headers by stream, organization or author, and sequence range.
	#[method(name = "credio_v1_query", blocking)]
	fn query(
		&self,
		filter: EntryFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<Entry>>, Error>;

	/// Entries of a stream in order, first history and then live.
	#[subscription(
		name = "credio_v1_subscribeStream" => "credio_v1_streamEntry",
		unsubscribe = "credio_v1_unsubscribeStream",
		item = Entry,
	)]
	async fn subscribe_stream(
		&self,
		stream: StreamId,
		from_sequence: Sequence,
		include_unfinalized: Option<bool>,
	) -> jsonrpsee::core::SubscriptionResult;

	/// Who may read what, until when, for which purpose.
	#[method(name = "credio_v1_grants", blocking)]
	fn grants(
		&self,
		filter: GrantFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<GrantJson>>, Error>;

	/// Who asks to read what, for which purpose, and what became of it.
	#[method(name = "credio_v1_accessRequests", blocking)]
	fn access_requests(
		&self,
		filter: AccessRequestFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<AccessRequestJson>>, Error>;

	/// An organization and its members.
	#[method(name = "credio_v1_organization", blocking)]
	fn organization(&self, id: OrganizationId) -> Result<At<OrganizationDetail>, Error>;

	/// Organizations by number, from `from` on.
	#[method(name = "credio_v1_organizations", blocking)]
	fn organizations(
		&self,
		from: Option<OrganizationId>,
		limit: Option<u32>,
	) -> Result<At<Items<OrganizationJson>>, Error>;

	/// The membership of an account.
	#[method(name = "credio_v1_member", blocking)]
	fn member(&self, account: AccountId) -> Result<At<MembershipAnswer>, Error>;

	/// A version of an organization's encryption key.
	#[method(name = "credio_v1_encryptionKey", blocking)]
	fn encryption_key(
		&self,
		organization: OrganizationId,
		version: KeyVersion,
	) -> Result<At<EncryptionKeyAnswer>, Error>;

	/// Quota of an organization, and its use.
	#[method(name = "credio_v1_quota", blocking)]
	fn quota(&self, id: OrganizationId) -> Result<At<QuotaJson>, Error>;

	/// One stream.
	#[method(name = "credio_v1_stream", blocking)]
	fn stream(&self, id: StreamId) -> Result<At<StreamJson>, Error>;

	/// Streams of one organization, or of all.
	#[method(name = "credio_v1_streams", blocking)]
	fn streams(
		&self,
		owner: Option<OrganizationId>,
		page: Option<PageRequest>,
	) -> Result<At<Items<StreamJson>>, Error>;

	/// The secrets of a stream as wrapped to the caller's organization, from epoch `from` on.
	#[method(name = "credio_v1_streamKeys", blocking)]
	fn stream_keys(
		&self,
		stream: StreamId,
		from: KeyEpoch,
		access_token: AccessToken,
	) -> Result<At<Items<StreamKeyJson>>, Error>;

	/// Whether a document is under a Merkle anchor.
	#[method(name = "credio_v1_verifyInclusion", blocking)]
	fn verify_inclusion(
		&self,
		record_id: RecordId,
		index: u32,
		commitment: Digest,
		proof: Vec<Digest>,
	) -> Result<At<Inclusion>, Error>;

	/// What proves an entry, its position, its grants and its finality to somebody without a node.
	#[method(name = "credio_v1_evidence", blocking)]
	fn evidence(
		&self,
		record_id: RecordId,
		options: Option<EvidenceOptions>,
	) -> Result<At<EvidenceJson>, Error>;

	/// What proves that the newest final block is final, to somebody who trusts block `from`, or genesis.
	#[method(name = "credio_v1_finality", blocking)]
	fn finality(&self, from: Option<Digest>) -> Result<At<FinalityJson>, Error>;

	/// A bundle, with its legs while it is open.
	#[method(name = "credio_v1_bundle", blocking)]
	fn bundle(&self, bundle_id: BundleId) -> Result<At<BundleDetailJson>, Error>;

	/// Bundles by organization, proposer and status.
	#[method(name = "credio_v1_bundles", blocking)]
	fn bundles(
		&self,
		filter: BundleFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<BundleJson>>, Error>;

	/// The validators, and how they stand.
	#[method(name = "credio_v1_validators", blocking)]
	fn validators(&self) -> Result<At<Items<ValidatorJson>>, Error>;

	/// What a client has to know of the chain's bounds.
	#[method(name = "credio_v1_limits", blocking)]
	fn limits(&self) -> Result<Limits, Error>;

	/// The OpenRPC document of all of the above.
	#[method(name = "rpc.discover")]
	fn discover(&self) -> Result<serde_json::Value, Error>;
}
