//! Records, and the keys to them.

use super::wrappers::Bytes;
use crate::{
	Denial, Digest, Entry, GrantId, KeyVersion, OrganizationId, ReadAccess, Sequence,
	WrappedSecret, object::NamedErasure,
};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A wrapped key to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WrappedKeyJson {
	/// Organization it is wrapped to.
	pub organization: OrganizationId,
	/// Version of that organization's encryption key.
	pub key_version: KeyVersion,
	/// The secret in it.
	pub secret: WrappedSecret,
	/// Encapsulated key and ciphertext.
	pub sealed: Bytes,
	/// The grant it comes from; null for the owner.
	pub grant_id: Option<GrantId>,
}

/// Returns the keys to a record, and the commitment to their secret.
#[must_use]
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

/// A record, for a caller that may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchedJson {
	/// Id and header.
	#[serde(flatten)]
	pub entry: Entry,
	/// The envelope with the ciphertext. Empty for an object: its envelope is in an object store.
	pub payload: Bytes,
	/// Commitment to the stream secret of its key epoch.
	pub secret_commitment: Digest,
	/// Keys to it, those of the owner's grants first: at least one. Delegated ones may be useless.
	pub wrapped_keys: Vec<WrappedKeyJson>,
}

/// An entry of a stream, with the ciphertext if the caller may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchedEntryJson {
	/// Id and header.
	#[serde(flatten)]
	pub entry: Entry,
	/// The envelope with the ciphertext, if the caller may read it. Empty for an object.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchedEntriesJson {
	/// The entries, in the order of their numbers.
	pub items: Vec<FetchedEntryJson>,
	/// Number to go on with; null at the end of the stream.
	pub next_sequence: Option<Sequence>,
}

/// Whether a document is under a Merkle anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InclusionJson {
	/// Whether the proof holds.
	pub included: bool,
}

/// The erasure of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErasureJson {
	/// The erasure; null if the entry is not erased.
	pub erasure: Option<NamedErasure>,
}
