//! Records, and the keys to them.

use super::wrappers::Bytes;
use crate::{
	Denial, Digest, Entry, GrantId, KeyVersion, OrganizationId, ReadAccess, Sequence, WrappedSecret,
};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

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
pub struct FetchedJson {
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
pub struct FetchedEntryJson {
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
pub struct FetchedEntriesJson {
	/// In the order of their numbers.
	pub items: Vec<FetchedEntryJson>,
	/// Number from which to go on; `null` at the end of the stream.
	pub next_sequence: Option<Sequence>,
}

/// Whether a document is under a Merkle anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InclusionJson {
	/// Whether the proof holds.
	pub included: bool,
}
