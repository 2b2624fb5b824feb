//! Streams and their secrets.

use super::wrappers::{Bytes, text};
use crate::{
	BlockNumber, Digest, KeyEpoch, KeyEpochState, KeyVersion, OrganizationId, Sequence, StreamId,
	StreamKey, StreamStatus, entry::StreamInfo,
};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
	/// Block of its creation.
	pub created_at: BlockNumber,
	/// Its key epoch; null before the first is opened.
	pub epoch: Option<KeyEpochState>,
	/// Whether all its records are objects from now on.
	#[serde(default)]
	pub demands_objects: bool,
}

impl StreamJson {
	/// Returns a stream as JSON.
	#[must_use]
	#[allow(clippy::needless_pass_by_value, reason = "it is made from the runtime's value")]
	pub fn of(info: StreamInfo, demands_objects: bool) -> Self {
		Self {
			id: info.id,
			name: text(&info.stream.name),
			owner: info.stream.owner,
			status: info.stream.status,
			entries: info.stream.next_sequence,
			created_at: info.stream.created_at,
			epoch: info.epoch,
			demands_objects,
		}
	}
}

/// The secret of a key epoch of a stream, as wrapped to the caller's organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamKeyJson {
	/// The key epoch.
	pub epoch: KeyEpoch,
	/// Commitment to the secret.
	pub secret_commitment: Digest,
	/// The wrapped secrets, those of the owner's grants first: at least one.
	pub wrapped_keys: Vec<WrappedSecretJson>,
}

/// A stream secret as wrapped to an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
