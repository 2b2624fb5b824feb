//! Samples of what a chain holds.

use super::hash;
use codec::Encode;
use credio_primitives::{
	AccessKey, AccessRequest, AccessRequestId, AccessRequestState, AccountId, Digest,
	EncryptionKey, Entry, EntryBody, EntryHeader, Grant, GrantId, GrantStatus, Member,
	Organization, OrganizationId, OrganizationStatus, Outcome, Permission, PublicKey, Quota,
	ReadAccess, Receipt, RecordId, Resource, Roles, Sequence, Stream, StreamId, StreamStatus,
	WrappedKey, WrappedSecret,
	access::ReadRecord,
	entry::StreamInfo,
	grant::{NamedAccessRequest, NamedGrant},
	object::{Acknowledgement, NamedErasure},
	organization::{Endpoints, MemberInfo, OrganizationInfo},
	rpc::{AccessToken, Bytes},
};
use sp_core::{Pair, ed25519};
use sp_runtime::{MultiSignature, MultiSigner, traits::IdentifyAccount};

/// How long the mocked chain keeps receipts.
pub(crate) const RETENTION: u32 = 1_000;

pub(crate) const STREAM: StreamId = StreamId([7; 32]);

pub(crate) fn digest(byte: u8) -> Digest {
	Digest([byte; 32])
}

/// Returns the id of entry `sequence` of the sample stream.
pub(crate) fn record_id(sequence: Sequence) -> RecordId {
	RecordId([u8::try_from(sequence).expect("few entries"); 32])
}

fn pair() -> ed25519::Pair {
	ed25519::Pair::from_seed(&[1; 32])
}

/// The account of the one member.
pub(crate) fn account() -> AccountId {
	MultiSigner::from(pair().public()).into_account()
}

/// Returns a token of that account.
pub(crate) fn token(method: &str, parameters: &impl Encode, expires_at: u32) -> AccessToken {
	let genesis = Digest(hash(0).0);
	let payload = AccessToken::payload(&genesis, method, &parameters.encode(), expires_at);
	let signature = pair().sign(&sp_crypto_hashing::blake2_256(&payload));
	let signature = Bytes(MultiSignature::from(signature).encode());
	AccessToken { account: account(), expires_at, signature }
}

pub(crate) fn organization(id: OrganizationId) -> OrganizationInfo {
	OrganizationInfo {
		id,
		organization: Organization {
			name: format!("organization {id}").into_bytes().try_into().expect("short"),
			status: OrganizationStatus::Active,
			members: 1,
			admins: 1,
			key_version: 0,
			quota: Quota { bytes: 100, ref_time: 200 },
		},
		encryption_key: EncryptionKey { public: PublicKey([3; 32]), since: 0 },
	}
}

/// The one member, of organization 1.
pub(crate) fn member() -> MemberInfo {
	let roles = Roles { admin: true, submitter: true, grantor: true };
	MemberInfo { account: account(), member: Member { organization: 1, roles, since: 0 } }
}

pub(crate) fn stream(entries: Sequence) -> StreamInfo {
	StreamInfo {
		id: STREAM,
		stream: Stream {
			owner: 1,
			name: b"invoices".to_vec().try_into().expect("short"),
			status: StreamStatus::Open,
			next_sequence: entries,
			created_at: 1,
		},
		epoch: None,
	}
}

pub(crate) fn entry(sequence: Sequence) -> Entry {
	Entry {
		record_id: record_id(sequence),
		header: EntryHeader {
			stream: STREAM,
			sequence,
			organization: 1,
			author: account(),
			block: 2,
			body: EntryBody::Record { epoch: 0, commitment: digest(4), size: 3, supersedes: None },
		},
	}
}

/// What a member gets that may read entry `sequence`.
pub(crate) fn readable(sequence: Sequence, size: usize) -> ReadRecord {
	let sealed = vec![9; 80].try_into().expect("80 bytes");
	let key = AccessKey {
		grant: None,
		secret: WrappedSecret::StreamSecret,
		wrapped_key: WrappedKey { key_version: 0, sealed },
	};
	ReadRecord {
		access: ReadAccess { organization: 1, commitment: digest(5), keys: vec![key] },
		header: entry(sequence).header,
		payload: vec![1; size].try_into().expect("within the bound"),
	}
}

pub(crate) fn grant(parent: Option<GrantId>, expires_at: Option<u64>) -> Grant {
	Grant {
		grantor: 1,
		grantee: 3,
		resource: Resource::Stream(STREAM),
		permission: Permission::Read,
		from_epoch: 0,
		purpose: b"look".to_vec().try_into().expect("short"),
		expires_at,
		delegable: true,
		parent,
		granted_at: 2,
		access_request: None,
		slot: 0,
	}
}

pub(crate) fn named_grant(byte: u8) -> NamedGrant {
	let grant = grant(None, None);
	NamedGrant { grant_id: GrantId([byte; 32]), grant, status: GrantStatus::Active }
}

pub(crate) fn access_request() -> AccessRequest {
	AccessRequest {
		requester: 3,
		owner: 1,
		resource: Resource::Stream(STREAM),
		permission: Permission::Read,
		purpose: b"look".to_vec().try_into().expect("short"),
		state: AccessRequestState::Pending,
		requested_at: 2,
		removable_at: 10_000,
	}
}

pub(crate) fn named_access_request(byte: u8) -> NamedAccessRequest {
	let access_request_id = AccessRequestId([byte; 32]);
	NamedAccessRequest { access_request_id, request: access_request() }
}

pub(crate) fn receipt(body: u8, block: u32, expires_at: u32, outcome: Outcome) -> Receipt {
	Receipt {
		body_digest: digest(body),
		block,
		extrinsic_index: 1,
		expires_at,
		lane: None,
		outcome,
	}
}

/// The erasure of the sample stream's entry with this number, acknowledged by an organization.
pub(crate) fn erasure(number: u64) -> NamedErasure {
	NamedErasure {
		number,
		record_id: record_id(number),
		stream: STREAM,
		sequence: number,
		author: account(),
		block: 3,
		acknowledgements: vec![Acknowledgement { organization: 3, block: 4 }],
	}
}

pub(crate) fn endpoints() -> Endpoints {
	let url = b"https://objects.example:8443/credio".to_vec();
	vec![url.try_into().expect("short")].try_into().expect("few")
}
