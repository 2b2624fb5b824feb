//! What the `credio_v1` methods take and answer, as JSON: camelCase fields, bytes and hashes as `0x` hex.
//!
//! One declaration for node and clients. `docs/rpc.md` describes them for everybody else.

mod bundles;
mod evidence;
mod pool;

pub use bundles::{AbortJson, BundleDetailJson, BundleJson, LegJson, PartyJson, WeightJson};
pub use evidence::{EvidenceJson, EvidenceOptions, FinalityJson, FinalizedBlock};
pub use pool::{PoolAmount, PoolFilter, PoolPage, PoolUse, PooledState, PooledTransaction};

use crate::{
	entry::StreamInfo,
	grant::{NamedAccessRequest, NamedGrant},
	organization::{OrganizationInfo, QuotaInfo},
	AccessRequestId, AccessRequestState, AccountId, BlockNumber, Denial, Digest, EncryptionKey,
	Entry, GrantId, GrantStatus, KeyEpoch, KeyEpochState, KeyVersion, LanePosition, Member, Moment,
	OrganizationId, OrganizationStatus, Permission, Quota, QuotaUse, ReadAccess, RecordId,
	RequestKey, Resource, Sequence, StreamId, StreamKey, StreamStatus, ValidatorState,
	WrappedSecret,
};
use alloc::{
	string::{String, ToString},
	vec::Vec,
};
use codec::Encode;
use serde::{Deserialize, Serialize};

/// Bytes as `0x` hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(#[serde(with = "sp_core::bytes")] pub Vec<u8>);

/// The block at which a read was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockRef {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Digest,
}

/// An answer, and the finalized block at which it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct At<Answer> {
	/// The block.
	pub at: BlockRef,
	/// The answer at that block.
	#[serde(flatten)]
	pub answer: Answer,
}

/// Where a page starts and how long it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PageRequest {
	/// `next` of the page before; none for the first page.
	pub cursor: Option<Digest>,
	/// Most items wanted; at most, and without it, [`crate::limits::MAX_PAGE_SIZE`].
	pub limit: Option<u32>,
}

/// A page of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Items<Item> {
	/// The items. A page may be short, even empty, before the end.
	pub items: Vec<Item>,
	/// Where the next page starts; null at the end.
	pub next: Option<Digest>,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestState {
	/// This node holds it, or has seen it in a block that is not final yet.
	Pending,
	/// Final: all its calls were applied.
	Applied,
	/// Final: one call failed, and none was applied.
	Rejected,
	/// Final: its expiry has passed without a receipt, and one would have been kept. It was not applied and never will be.
	Expired,
	/// The chain has no receipt of it, and either it may still be applied and this node does not hold it, or its expiry
	/// passed so long ago that the chain would not have kept a receipt.
	Unknown,
}

/// A dispatch error in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorName {
	/// `Pallet.Error`, or the kind of an error that no pallet raised.
	pub name: String,
	/// What it means.
	pub description: String,
}

/// What the chain keeps of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptJson {
	/// `blake2_256` of the encoded calls.
	pub body_digest: Digest,
	/// Block in which it was decided.
	pub block: BlockNumber,
	/// Index of the extrinsic in that block.
	pub extrinsic_index: u32,
	/// The expiry it was decided under.
	pub expires_at: BlockNumber,
	/// The lane position that it consumed; null if it had none.
	pub lane: Option<LanePosition>,
	/// Position of the call that failed; null if it was applied.
	pub failed_call: Option<u32>,
	/// Why that call failed; null if it was applied.
	pub error: Option<ErrorName>,
}

/// Status of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStatus {
	/// Organization that made it.
	pub organization: OrganizationId,
	/// Its key.
	pub request_key: RequestKey,
	/// Where it stands.
	pub status: RequestState,
	/// The receipt, once it is final.
	pub receipt: Option<ReceiptJson>,
}

/// Answer to an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
	/// Organization that made the request.
	pub organization: OrganizationId,
	/// Key of the request.
	pub request_key: RequestKey,
	/// Hash of the transaction.
	pub transaction_hash: Digest,
	/// Entries that the request appends, in the order of its calls.
	pub record_ids: Vec<RecordId>,
	/// Where the request stands.
	pub status: RequestState,
}

/// What `uploadAndWatch` tells, in this order; `inBlock` can come again after a fork.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UploadEvent {
	/// The node holds it.
	Accepted(Uploaded),
	/// It is in a block that is not final yet.
	InBlock {
		/// The block.
		block: BlockRef,
	},
	/// It is final. The last event.
	Finalized(RequestStatus),
	/// It can never be applied. The last event.
	Expired(RequestStatus),
	/// The node no longer holds it, and it may still be applied: send it again. The last event.
	Dropped {
		/// Why, in words.
		reason: String,
	},
}

/// A lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneJson {
	/// Organization whose lane it is.
	pub organization: OrganizationId,
	/// Its number.
	pub lane: u32,
	/// The next position at the block of the answer: all before it are consumed, finally.
	pub next: u64,
	/// The next position at the best block, which may not become final. New requests go from here on.
	pub next_at_best: u64,
}

/// The key by which the caller opens a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrappedKeyJson {
	/// Organization it is wrapped to.
	pub organization: OrganizationId,
	/// Version of that organization's encryption key.
	pub key_version: KeyVersion,
	/// What it opens to.
	pub secret: WrappedSecret,
	/// Encapsulated key and ciphertext.
	pub sealed: Bytes,
	/// The grant it comes from; null for the owner.
	pub grant_id: Option<GrantId>,
}

/// Keys to a record, and the commitment to the secret that they are about.
pub fn wrapped_keys(access: ReadAccess) -> (Digest, Vec<WrappedKeyJson>) {
	let ReadAccess { organization, commitment, keys } = access;
	let keys = keys.into_iter().map(|key| WrappedKeyJson {
		organization,
		key_version: key.wrapped_key.key_version,
		secret: key.secret,
		sealed: Bytes(key.wrapped_key.sealed.into_inner()),
		grant_id: key.grant,
	});
	(commitment, keys.collect())
}

/// A record as fetched by somebody who may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fetched {
	/// Name and header.
	#[serde(flatten)]
	pub entry: Entry,
	/// The envelope with the ciphertext.
	pub payload: Bytes,
	/// Commitment to the stream secret of its key epoch.
	pub secret_commitment: Digest,
	/// Keys to it, those of the owner's grants first: one at least. One that was delegated may be useless.
	pub wrapped_keys: Vec<WrappedKeyJson>,
}

/// An entry of a stream, with what the caller may read of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchedEntry {
	/// Name and header.
	#[serde(flatten)]
	pub entry: Entry,
	/// The envelope with the ciphertext, if the caller may read it.
	pub payload: Option<Bytes>,
	/// Commitment to the stream secret of its key epoch, if the caller may read it.
	pub secret_commitment: Option<Digest>,
	/// Keys to it, as of one record; none if the caller may not read it.
	pub wrapped_keys: Vec<WrappedKeyJson>,
	/// Why there is no payload.
	pub denial: Option<Denial>,
}

/// A part of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchedEntries {
	/// In the order of their numbers.
	pub items: Vec<FetchedEntry>,
	/// Number from which to go on; `null` at the end of the stream.
	pub next_sequence: Option<Sequence>,
}

/// A short-lived signature of a member by which it reads what its organization may.
///
/// It signs `blake2_256` of [`AccessToken::payload`].
///
/// It names an account and no organization: an account that moves to another organization reads with it as that one's
/// member, for at most [`AccessToken::MAX_LIFETIME`] blocks. That gives nobody anything: what it reads are ciphertexts,
/// which every node holds, and keys that only the organization's vaults can unwrap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessToken {
	/// The member's account (SS58).
	pub account: AccountId,
	/// Last block at which the token is good; at most [`AccessToken::MAX_LIFETIME`] ahead.
	pub expires_at: BlockNumber,
	/// A `MultiSignature` in SCALE: a byte for its kind (0 Ed25519, 1 Sr25519, 2 ECDSA), and 64 or 65 bytes.
	pub signature: Bytes,
}

impl AccessToken {
	/// Longest life of a token, in blocks.
	pub const MAX_LIFETIME: BlockNumber = 300;

	/// What is hashed and signed:
	/// `"credio/access-token/v1" ++ genesis ++ SCALE(method) ++ SCALE(parameters) ++ expires_at`.
	/// `parameters` are the SCALE encoding of the method's parameters other than the token.
	pub fn payload(
		genesis: &Digest,
		method: &str,
		parameters: &[u8],
		expires_at: BlockNumber,
	) -> Vec<u8> {
		let mut payload = b"credio/access-token/v1".to_vec();
		(genesis, method, parameters, expires_at).encode_to(&mut payload);
		payload
	}
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationJson {
	/// Its number.
	pub id: OrganizationId,
	/// Its name.
	pub name: String,
	/// Whether it takes part.
	pub status: OrganizationStatus,
	/// Number of its members.
	pub members: u32,
	/// Version of the encryption key that secrets are wrapped to from now on.
	pub key_version: KeyVersion,
	/// That key.
	pub encryption_key: EncryptionKey,
}

impl From<OrganizationInfo> for OrganizationJson {
	fn from(info: OrganizationInfo) -> Self {
		Self {
			id: info.id,
			name: text(&info.organization.name),
			status: info.organization.status,
			members: info.organization.members,
			key_version: info.organization.key_version,
			encryption_key: info.encryption_key,
		}
	}
}

/// An organization with its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationDetail {
	/// The organization.
	#[serde(flatten)]
	pub organization: OrganizationJson,
	/// Its members.
	pub member_accounts: Vec<MemberJson>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberJson {
	/// Its account (SS58).
	pub account: AccountId,
	/// Its organization and roles.
	#[serde(flatten)]
	pub member: Member,
}

/// Quota and use of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaJson {
	/// What it may use per window.
	pub quota: Quota,
	/// What it has used in the present window.
	pub used: QuotaUse,
	/// Length of a window in blocks.
	pub window_length: BlockNumber,
	/// First block of the next window.
	pub next_window_at: BlockNumber,
}

impl From<QuotaInfo> for QuotaJson {
	fn from(info: QuotaInfo) -> Self {
		Self {
			quota: info.quota,
			used: info.used,
			window_length: info.window_length,
			next_window_at: info.next_window_at,
		}
	}
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamJson {
	/// Its id.
	pub id: StreamId,
	/// Its name.
	pub name: String,
	/// The organization that owns it.
	pub owner: OrganizationId,
	/// Whether it takes entries.
	pub status: StreamStatus,
	/// Number of its entries.
	pub entries: Sequence,
	/// Block in which it was created.
	pub created_at: BlockNumber,
	/// Its key epoch; null before the first is opened.
	pub epoch: Option<KeyEpochState>,
}

impl From<StreamInfo> for StreamJson {
	fn from(info: StreamInfo) -> Self {
		Self {
			id: info.id,
			name: text(&info.stream.name),
			owner: info.stream.owner,
			status: info.stream.status,
			entries: info.stream.next_sequence,
			created_at: info.stream.created_at,
			epoch: info.epoch,
		}
	}
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantJson {
	/// Its name.
	pub grant_id: GrantId,
	/// Organization that gave it.
	pub grantor: OrganizationId,
	/// Organization that holds it.
	pub grantee: OrganizationId,
	/// What it is about.
	pub resource: Resource,
	/// What it allows.
	pub permission: Permission,
	/// First key epoch it covers.
	pub from_epoch: KeyEpoch,
	/// Why it was given.
	pub purpose: String,
	/// Last moment at which it holds, in milliseconds since 1970; null for no end.
	pub expires_at: Option<Moment>,
	/// Whether the grantee may give it on.
	pub delegable: bool,
	/// The grant it was delegated under.
	pub parent: Option<GrantId>,
	/// Block in which it was given.
	pub granted_at: BlockNumber,
	/// The access request that it answers.
	pub access_request: Option<AccessRequestId>,
	/// Whether it holds.
	pub status: GrantStatus,
}

impl From<NamedGrant> for GrantJson {
	fn from(NamedGrant { grant_id, grant, status }: NamedGrant) -> Self {
		Self {
			grant_id,
			grantor: grant.grantor,
			grantee: grant.grantee,
			resource: grant.resource,
			permission: grant.permission,
			from_epoch: grant.from_epoch,
			purpose: text(&grant.purpose),
			expires_at: grant.expires_at,
			delegable: grant.delegable,
			parent: grant.parent,
			granted_at: grant.granted_at,
			access_request: grant.access_request,
			status,
		}
	}
}

/// What became of an access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AccessRequestStateJson {
	/// The owner has not answered.
	Pending,
	/// The owner gave this grant.
	Approved {
		/// The grant.
		grant_id: GrantId,
	},
	/// The owner said no.
	Denied {
		/// Why.
		reason: String,
	},
}

/// An access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequestJson {
	/// Its name.
	pub access_request_id: AccessRequestId,
	/// Organization that asks.
	pub requester: OrganizationId,
	/// Owner of the resource, who answers.
	pub owner: OrganizationId,
	/// What it asks for.
	pub resource: Resource,
	/// What it wants to do with it.
	pub permission: Permission,
	/// Why.
	pub purpose: String,
	/// What became of it.
	pub state: AccessRequestStateJson,
	/// Block in which it was made.
	pub requested_at: BlockNumber,
	/// From this moment on it may be removed, in milliseconds since 1970.
	pub removable_at: Moment,
}

impl From<NamedAccessRequest> for AccessRequestJson {
	fn from(NamedAccessRequest { access_request_id, request }: NamedAccessRequest) -> Self {
		Self {
			access_request_id,
			requester: request.requester,
			owner: request.owner,
			resource: request.resource,
			permission: request.permission,
			purpose: text(&request.purpose),
			state: match request.state {
				AccessRequestState::Pending => AccessRequestStateJson::Pending,
				AccessRequestState::Approved(grant_id) => {
					AccessRequestStateJson::Approved { grant_id }
				},
				AccessRequestState::Denied(reason) => {
					AccessRequestStateJson::Denied { reason: text(&reason) }
				},
			},
			requested_at: request.requested_at,
			removable_at: request.removable_at,
		}
	}
}

/// The secret of a key epoch of a stream, as the organization has it that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamKeyJson {
	/// The key epoch.
	pub epoch: KeyEpoch,
	/// Commitment to the secret.
	pub secret_commitment: Digest,
	/// The secret as wrapped to the organization, those of the owner's grants first: one at least.
	pub wrapped_keys: Vec<WrappedSecretJson>,
}

/// A stream secret as wrapped to an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrappedSecretJson {
	/// Version of the organization's encryption key.
	pub key_version: KeyVersion,
	/// Encapsulated key and ciphertext.
	pub sealed: Bytes,
}

impl From<StreamKey> for StreamKeyJson {
	fn from(StreamKey { epoch, commitment, wrapped_keys }: StreamKey) -> Self {
		let wrapped_keys = wrapped_keys.into_iter().map(|key| WrappedSecretJson {
			key_version: key.key_version,
			sealed: Bytes(key.sealed.into_inner()),
		});
		Self { epoch, secret_commitment: commitment, wrapped_keys: wrapped_keys.collect() }
	}
}

/// Names are checked to be UTF-8 when they come in; what is not is shown with replacement characters.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).to_string()
}

/// The membership of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MembershipAnswer {
	/// Its organization and roles; null if it is no member.
	pub member: Option<Member>,
}

/// A version of an organization's encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionKeyAnswer {
	/// The key.
	pub encryption_key: EncryptionKey,
}

/// Whether a document is under a Merkle anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inclusion {
	/// Whether the proof holds.
	pub included: bool,
}

/// A validator, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorJson {
	/// Its account (SS58).
	pub account: AccountId,
	/// The council wants it to be one. If not, it was removed and leaves with the end of the session.
	pub chosen: bool,
	/// It makes blocks and votes in the present session.
	pub active: bool,
	/// It has set its session keys.
	pub has_keys: bool,
	/// Why it is disabled, if it is.
	pub offence: Option<OffenceJson>,
}

/// What a validator was proven to have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OffenceJson {
	/// The session in which it voted for two blocks where one vote is allowed.
	pub session: u32,
	/// The block with the report.
	pub reported_at: BlockNumber,
}

impl From<ValidatorState> for ValidatorJson {
	fn from(state: ValidatorState) -> Self {
		let ValidatorState { account, chosen, active, has_keys, offence } = state;
		let offence = offence.map(|offence| OffenceJson {
			session: offence.session,
			reported_at: offence.reported_at,
		});
		Self { account, chosen, active, has_keys, offence }
	}
}

/// What a client has to know of the chain's bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
	/// Hash of block 0, which names the chain.
	pub genesis_hash: Digest,
	/// Largest document of a record, in bytes.
	pub max_document_size: u32,
	/// Largest payload of a record, in bytes.
	pub max_payload_size: u32,
	/// How far ahead of the present block `expiresAt` may lie.
	pub max_request_lifetime: BlockNumber,
	/// For how many blocks past `expiresAt` the absence of a receipt says that the request was not applied. A receipt
	/// is kept for `maxRequestLifetime` beyond that.
	pub receipt_retention: BlockNumber,
	/// Most calls in one request.
	pub max_calls: u32,
	/// Lanes of one organization, numbered from 0.
	pub max_lanes: u32,
	/// How far ahead of a lane's next position a request may be handed over.
	pub max_positions_ahead: u64,
	/// Most items in one page.
	pub max_page_size: u32,
	/// How far ahead of the present moment the deadline of a bundle may lie, in milliseconds.
	pub max_bundle_lifetime: Moment,
	/// How long the record of a bundle is kept past its deadline, in milliseconds.
	pub bundle_retention: Moment,
	/// Most weight that the calls of a bundle may declare together.
	pub max_bundle_weight: WeightJson,
}
