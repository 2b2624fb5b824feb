//! Bounds that clients and chain share. They are part of the interface: `docs/rpc.md` lists those of requests and reads.

/// Longest name of an organization or a stream, in bytes of UTF-8.
pub const MAX_NAME_LENGTH: u32 = 64;
/// Longest purpose of a grant or an access request, and longest reason of a denial, in bytes of UTF-8.
pub const MAX_PURPOSE_LENGTH: u32 = 256;
/// Largest document that fits in a record, in bytes: 64 KiB.
pub const MAX_DOCUMENT_SIZE: u32 = 64 * 1024;
/// Longest media type of a document, in bytes.
pub const MAX_MEDIA_TYPE_LENGTH: u32 = 255;
/// Largest payload of a record (the envelope), in bytes. A document of [`MAX_DOCUMENT_SIZE`] bytes with the
/// longest media type pads to 67,584 bytes; the rest is room for later envelope versions.
pub const MAX_PAYLOAD_SIZE: u32 = 68 * 1024;
/// Largest document of an object, in bytes: 1 GiB.
pub const MAX_OBJECT_DOCUMENT_SIZE: u64 = 1 << 30;
/// Bytes of plaintext in each chunk of an object, but the last: 64 KiB.
pub const OBJECT_CHUNK_SIZE: u32 = 64 * 1024;
/// Largest envelope of an object, in bytes. A document of [`MAX_OBJECT_DOCUMENT_SIZE`] bytes pads to 3 % more, in
/// chunks with a tag of 16 bytes each; the rest is room for later envelope versions.
pub const MAX_OBJECT_SIZE: u64 = MAX_OBJECT_DOCUMENT_SIZE + MAX_OBJECT_DOCUMENT_SIZE / 16;
/// Most organizations that acknowledge one erasure.
pub const MAX_ACKNOWLEDGEMENTS: u32 = 1_024;
/// Most endpoints that an organization announces.
pub const MAX_ENDPOINTS: u32 = 4;
/// Longest URL of an endpoint, in bytes.
pub const MAX_ENDPOINT_LENGTH: u32 = 256;
/// Most documents under one Merkle anchor.
pub const MAX_MERKLE_LEAVES: u32 = 1 << 20;
/// Longest inclusion proof: the height of a tree of [`MAX_MERKLE_LEAVES`].
pub const MAX_PROOF_LENGTH: u32 = 20;
/// Exact length of a wrapped key, in bytes: 32 of the encapsulated key, 32 of the secret, 16 of the tag.
pub const WRAPPED_KEY_LENGTH: u32 = 80;
/// Most calls in one request.
pub const MAX_CALLS: u32 = 64;
/// Lanes of one organization. They are numbered from 0.
pub const MAX_LANES: u32 = 1_024;
/// How far ahead of a lane's next position a request may be handed to the pool.
pub const MAX_POSITIONS_AHEAD: u64 = 1_024;
/// Latest moment that something may end at: the end of the year 9999, the last one that dates are written of.
pub const MAX_MOMENT: crate::Moment = 253_402_300_799_999;
/// Largest number of a quota: JSON numbers beyond it lose digits in JavaScript.
pub const MAX_QUOTA: u64 = (1 << 53) - 1;
/// Longest motion of the council, in bytes. A new runtime is authorized by its hash, and is none.
pub const MAX_MOTION_LENGTH: u32 = 64 * 1024;
/// Most motions of one seat of the council that are open at a time.
pub const MAX_OPEN_MOTIONS: u32 = 8;
/// Most members of one organization.
pub const MAX_MEMBERS: u32 = 1_000;
/// Most grants on one stream or record.
pub const MAX_GRANTS_PER_RESOURCE: u32 = 512;
/// Most keys that are given out when a key epoch is opened: one for each grant.
pub const MAX_KEYS_PER_EPOCH: u32 = MAX_GRANTS_PER_RESOURCE;
/// Most grants that one organization holds on one stream or record.
pub const MAX_GRANTS_PER_GRANTEE: u32 = 16;
/// Most delegated grants of one organization on one stream or record, so that they leave room for the owner's.
pub const MAX_DELEGATED_PER_GRANTOR: u32 = 8;
/// Most delegated grants in all on one stream or record.
pub const MAX_DELEGATED_PER_RESOURCE: u32 = 32;
/// Most delegated grants that one organization holds on one stream or record.
pub const MAX_DELEGATED_PER_GRANTEE: u32 = 8;
/// Most key epochs that one grant reaches back over when it is given.
pub const MAX_EPOCHS_PER_GRANT: u32 = 64;
/// Longest chain of grants, from the owner's to the last delegated one.
pub const MAX_DELEGATION_DEPTH: u32 = 4;
/// Most grants that are read to find one by which an organization may append to a stream.
pub const MAX_GRANTS_READ: u32 = MAX_GRANTS_PER_GRANTEE * MAX_DELEGATION_DEPTH;
/// Most access requests of one organization that wait for a decision.
pub const MAX_PENDING_ACCESS_REQUESTS: u32 = 256;
/// Most legs of one bundle. Each organization has at most one.
pub const MAX_LEGS: u32 = 16;
/// Most calls of one bundle, in all its legs together.
pub const MAX_BUNDLE_CALLS: u32 = 64;
/// Largest encoding of the legs of one bundle, in bytes: 256 KiB.
pub const MAX_LEGS_SIZE: u32 = 256 * 1024;
/// Payload bytes after which a page of fetched entries ends.
pub const MAX_FETCHED_SIZE: usize = 1024 * 1024;
/// Most items in one page of a query.
pub const MAX_PAGE_SIZE: u32 = 256;

/// The bounds that `docs/rpc.md` lists, each with its words there.
pub const DOCUMENTED: &[(&str, u64)] = &[
	("document in a record", MAX_DOCUMENT_SIZE as u64),
	("payload of a record (the envelope)", MAX_PAYLOAD_SIZE as u64),
	("document of an object", MAX_OBJECT_DOCUMENT_SIZE),
	("envelope of an object", MAX_OBJECT_SIZE),
	("acknowledgements of one erasure", MAX_ACKNOWLEDGEMENTS as u64),
	("endpoints of one organization", MAX_ENDPOINTS as u64),
	("URL of an endpoint", MAX_ENDPOINT_LENGTH as u64),
	("name of an organization or a stream", MAX_NAME_LENGTH as u64),
	("purpose, reason of a denial", MAX_PURPOSE_LENGTH as u64),
	("media type", MAX_MEDIA_TYPE_LENGTH as u64),
	("wrapped key", WRAPPED_KEY_LENGTH as u64),
	("calls in one request", MAX_CALLS as u64),
	("lanes of one organization", MAX_LANES as u64),
	("lane positions ahead of the next one that may be handed over", MAX_POSITIONS_AHEAD),
	("documents under one Merkle anchor", MAX_MERKLE_LEAVES as u64),
	("members of one organization", MAX_MEMBERS as u64),
	("grants on one stream or record", MAX_GRANTS_PER_RESOURCE as u64),
	("grants that one organization holds on one stream or record", MAX_GRANTS_PER_GRANTEE as u64),
	("key epochs that one grant reaches back over", MAX_EPOCHS_PER_GRANT as u64),
	("delegation chain, the owner's grant included", MAX_DELEGATION_DEPTH as u64),
	(
		"delegated grants of one organization on one stream or record",
		MAX_DELEGATED_PER_GRANTOR as u64,
	),
	(
		"delegated grants that one organization holds on one stream or record",
		MAX_DELEGATED_PER_GRANTEE as u64,
	),
	("delegated grants in all on one stream or record", MAX_DELEGATED_PER_RESOURCE as u64),
	(
		"access requests of one organization that wait for an answer",
		MAX_PENDING_ACCESS_REQUESTS as u64,
	),
	("legs of one bundle", MAX_LEGS as u64),
	("calls of one bundle", MAX_BUNDLE_CALLS as u64),
	("legs of one bundle together", MAX_LEGS_SIZE as u64),
	("items in one page", MAX_PAGE_SIZE as u64),
];
