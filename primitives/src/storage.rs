//! Keys of the state for values that clients read by proof, without metadata.
//!
//! Pallets and items are named as in the metadata; the runtime's tests compare these keys with its own. A key is
//! `twox_128(pallet) ++ twox_128(item)`, followed for maps by the hashed key:
//!
//! - identity: the key's encoding;
//! - `twox_64_concat`, `blake2_128_concat`: a hash of the encoding, and the encoding.

use crate::{
	AccessRequestId, AccountId, BlockNumber, BundleId, Digest, GrantId, KeyEpoch, KeyVersion,
	OrganizationId, OrganizationName, RecordId, RequestKey, Resource, Sequence, SequenceKey,
	StreamId,
};
use alloc::vec::Vec;
use codec::Encode;
use sp_crypto_hashing::{blake2_128, twox_64, twox_128};

fn item(pallet: &str, item: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

fn twox_64_concat(key: &impl Encode) -> Vec<u8> {
	let key = key.encode();
	[twox_64(&key).as_slice(), &key].concat()
}

fn blake2_128_concat(key: &impl Encode) -> Vec<u8> {
	let key = key.encode();
	[blake2_128(&key).as_slice(), &key].concat()
}

/// [`crate::Stream`].
#[must_use]
pub fn stream(id: &StreamId) -> Vec<u8> {
	[item("Anchor", "Streams").as_slice(), &id.0].concat()
}

/// [`crate::EntryHeader`].
#[must_use]
pub fn header(id: &RecordId) -> Vec<u8> {
	[item("Anchor", "Headers").as_slice(), &id.0].concat()
}

fn at_position(item: &[u8], stream: &StreamId, sequence: Sequence) -> Vec<u8> {
	[item, &stream.0, &SequenceKey::from(sequence).0].concat()
}

/// The [`RecordId`] at a position of a stream.
#[must_use]
pub fn position(stream: &StreamId, sequence: Sequence) -> Vec<u8> {
	at_position(&item("Anchor", "Positions"), stream, sequence)
}

/// [`crate::RecordPayload`] of the record at a position of a stream.
#[must_use]
pub fn envelope(stream: &StreamId, sequence: Sequence) -> Vec<u8> {
	at_position(&item("Records", "Envelopes"), stream, sequence)
}

/// Present if all records of a stream are objects from now on.
#[must_use]
pub fn objects_demanded(id: &StreamId) -> Vec<u8> {
	[item("Records", "ObjectsDemanded").as_slice(), &id.0].concat()
}

/// [`crate::Erasure`] of an object.
#[must_use]
pub fn erasure(id: &RecordId) -> Vec<u8> {
	[item("Records", "Erasures").as_slice(), &id.0].concat()
}

/// [`crate::object::Acknowledgements`] of the erasure of an object.
#[must_use]
pub fn acknowledgements(id: &RecordId) -> Vec<u8> {
	[item("Records", "Acknowledgements").as_slice(), &id.0].concat()
}

/// [`crate::Endpoints`] of an organization.
#[must_use]
pub fn endpoints(organization: OrganizationId) -> Vec<u8> {
	[item("Organizations", "AnnouncedEndpoints"), twox_64_concat(&organization)].concat()
}

/// [`crate::KeyEpochState`] of a stream.
#[must_use]
pub fn key_epoch(stream: &StreamId) -> Vec<u8> {
	[item("Grants", "Epochs").as_slice(), &stream.0].concat()
}

/// [`crate::EpochSecret`] of an epoch of a stream.
#[must_use]
pub fn epoch_secret(id: &StreamId, epoch: KeyEpoch) -> Vec<u8> {
	[item("Grants", "EpochSecrets").as_slice(), &id.0, &twox_64_concat(&epoch)].concat()
}

/// How many grants there are on a stream or record, as `u32`; absent if there are none.
#[must_use]
pub fn grant_count(resource: &Resource) -> Vec<u8> {
	[item("Grants", "GrantCounts"), resource.encode()].concat()
}

/// The [`GrantId`] at a place among the grants on a stream or record.
#[must_use]
pub fn grant_on(resource: &Resource, slot: u32) -> Vec<u8> {
	[item("Grants", "GrantsByResource"), resource.encode(), twox_64_concat(&slot)].concat()
}

/// [`crate::Grant`].
#[must_use]
pub fn grant(id: &GrantId) -> Vec<u8> {
	[item("Grants", "Grants").as_slice(), &id.0].concat()
}

/// [`crate::AccessRequest`].
#[must_use]
pub fn access_request(id: &AccessRequestId) -> Vec<u8> {
	[item("Grants", "AccessRequests").as_slice(), &id.0].concat()
}

/// [`crate::Bundle`].
#[must_use]
pub fn bundle(id: &BundleId) -> Vec<u8> {
	[item("Bundles", "Bundles").as_slice(), &id.0].concat()
}

/// [`crate::Receipt`].
#[must_use]
pub fn receipt(organization: OrganizationId, key: &RequestKey) -> Vec<u8> {
	[item("Idempotency", "Receipts"), twox_64_concat(&organization), blake2_128_concat(key)]
		.concat()
}

/// [`crate::Organization`].
#[must_use]
pub fn organization(id: OrganizationId) -> Vec<u8> {
	[item("Organizations", "Organizations"), twox_64_concat(&id)].concat()
}

/// The [`OrganizationId`] of the organization with this name.
#[must_use]
pub fn organization_named(name: &OrganizationName) -> Vec<u8> {
	[item("Organizations", "NameIndex"), blake2_128_concat(name)].concat()
}

/// [`crate::Member`]: for which organization an account acts.
#[must_use]
pub fn member(account: &AccountId) -> Vec<u8> {
	[item("Organizations", "Members"), blake2_128_concat(account)].concat()
}

/// [`crate::EncryptionKey`] of a version of an organization's key.
#[must_use]
pub fn encryption_key(id: OrganizationId, version: KeyVersion) -> Vec<u8> {
	[item("Organizations", "EncryptionKeys"), twox_64_concat(&id), twox_64_concat(&version)]
		.concat()
}

/// The hash of an earlier block, 32 bytes. The hash of block 0 is kept for ever.
#[must_use]
pub fn block_hash(number: BlockNumber) -> Vec<u8> {
	[item("System", "BlockHash"), twox_64_concat(&number)].concat()
}

/// The network id, 32 bytes, which differs for every network.
#[must_use]
pub fn network_id() -> Vec<u8> {
	item("Governance", "NetworkId")
}

/// The time of the block: milliseconds since 1970 as `u64`.
#[must_use]
pub fn now() -> Vec<u8> {
	item("Timestamp", "Now")
}

/// Who votes on finality: a vector of ed25519 public keys with their weights as `u64`.
#[must_use]
pub fn grandpa_authorities() -> Vec<u8> {
	item("Grandpa", "Authorities")
}

/// The seats of the council: a vector of account ids, in ascending order.
#[must_use]
pub fn council_members() -> Vec<u8> {
	item("Council", "Members")
}

/// The id of the set of validators that vote on finality, as `u64`.
#[must_use]
pub fn grandpa_set_id() -> Vec<u8> {
	item("Grandpa", "CurrentSetId")
}

/// A scheduled change of the validators; absent if there is none.
#[must_use]
pub fn grandpa_pending_change() -> Vec<u8> {
	item("Grandpa", "PendingChange")
}

/// Hashes of the council's open motions, the oldest first.
#[must_use]
pub fn council_motions() -> Vec<u8> {
	item("Council", "Proposals")
}

/// The encoded call of a motion.
#[must_use]
pub fn council_motion(hash: &Digest) -> Vec<u8> {
	[item("Council", "ProposalOf").as_slice(), &hash.0].concat()
}

/// The votes on a motion.
#[must_use]
pub fn council_votes(hash: &Digest) -> Vec<u8> {
	[item("Council", "Voting").as_slice(), &hash.0].concat()
}

/// The id that the next organization gets: the number of organizations.
#[must_use]
pub fn next_organization_id() -> Vec<u8> {
	item("Organizations", "NextOrganizationId")
}

/// An organization's use of its quota.
#[must_use]
pub fn quota_use(id: OrganizationId) -> Vec<u8> {
	[item("Organizations", "QuotaUses"), twox_64_concat(&id)].concat()
}

/// The events of the block.
#[must_use]
pub fn events() -> Vec<u8> {
	item("System", "Events")
}

/// The version of the runtime that executed the block, and its name.
#[must_use]
pub fn last_runtime_upgrade() -> Vec<u8> {
	item("System", "LastRuntimeUpgrade")
}
