//! Names of requests: the identity of a request within its organization, no matter who submits it, how often, or
//! through which node.
//!
//! A name is a business key of the caller, or else the content of the request. It determines the keys of the request's
//! attempts and the single reference of the item that it puts on the chain. A rejected attempt is over; the next one
//! continues the name. Since the reference stays the same, the chain accepts one item under a name for ever, even after
//! receipts were removed. `docs/guarantees.md` has the rule in words.
//!
//! Keys depend on an organization secret. A request that was started under an earlier secret stays under it:
//! [`crate::Client`] and the outbox look there first, once a vault has more than one.

use crate::client::Upload;
use codec::Encode;
use credio_primitives::{KeyVersion, OrganizationId, RecordId, Reference, RequestKey, StreamId};
use credio_vault::{Vault, VaultError};
use sha2::{Digest as _, Sha256};

/// Maximum number of attempts of a name that are looked at. Each rejection uses one up.
pub const MAX_ATTEMPTS: u32 = 64;

/// The identity of a request within its organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
	kind_and_parts: Vec<u8>,
	/// The version of the organization secret for its keys; by default the current one.
	secret: Option<KeyVersion>,
}

impl Name {
	/// Creates a name of a kind from its parts.
	pub fn new(kind: &str, parts: &impl Encode) -> Self {
		Self { kind_and_parts: (kind, parts).encode(), secret: None }
	}

	/// Returns the name under the organization secret of a version.
	#[must_use]
	pub fn under(self, secret: KeyVersion) -> Self {
		Self { secret: Some(secret), ..self }
	}

	/// Returns the name of an upload: its business key within the stream, or else its content.
	#[must_use]
	pub fn of_upload(upload: &Upload<'_>) -> Self {
		if let Some(key) = upload.key {
			Self::of_business_key(upload.stream, key)
		} else {
			let content: [u8; 32] = Sha256::digest(upload.document).into();
			Self::of_content(upload.stream, content, upload.media_type, upload.supersedes)
		}
	}

	/// Returns the name of an upload without a business key: its content, by its SHA-256.
	#[must_use]
	pub fn of_content(
		stream: StreamId,
		content: [u8; 32],
		media_type: &str,
		supersedes: Option<RecordId>,
	) -> Self {
		Self::new("content", &(stream, content, media_type, supersedes))
	}

	/// Returns the name of an upload to a stream under a business key.
	#[must_use]
	pub fn of_business_key(stream: StreamId, key: &[u8]) -> Self {
		Self::new("key", &(stream, key))
	}

	/// Returns the key of the request of an attempt, counted from 0.
	pub async fn key(&self, vault: &dyn Vault, attempt: u32) -> Result<RequestKey, VaultError> {
		let name = [&self.kind_and_parts[..], &attempt.encode()].concat();
		match self.secret {
			Some(secret) => vault.request_key_under(secret, &name).await,
			None => vault.request_key(&name).await,
		}
	}

	/// Returns the reference of the item that the request puts on the chain, the same for all attempts.
	pub async fn reference(&self, vault: &dyn Vault) -> Result<Reference, VaultError> {
		Ok(Reference::derive(&self.key(vault, 0).await?, 0))
	}

	/// Returns the id of the entry that the request appends, the same for all attempts.
	pub async fn record_id(
		&self,
		vault: &dyn Vault,
		organization: OrganizationId,
	) -> Result<RecordId, VaultError> {
		Ok(RecordId::derive(organization, &self.reference(vault).await?))
	}
}

/// Returns the versions of the earlier organization secrets, the latest first.
///
/// # Errors
///
/// Those of the vault.
pub async fn earlier_secrets(vault: &dyn Vault) -> Result<Vec<KeyVersion>, VaultError> {
	Ok(vault.secret_versions().await?.into_iter().rev().skip(1).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_vault::LocalVault;
	use std::collections::BTreeSet;

	const STREAM: StreamId = StreamId([1; 32]);

	fn upload(document: &[u8]) -> Upload<'_> {
		Upload { stream: STREAM, key: None, media_type: "text/plain", document, supersedes: None }
	}

	#[test]
	fn name_covers_whole_content() {
		let plain = upload(b"a");
		let different = [
			plain,
			upload(b"b"),
			Upload { media_type: "application/json", ..plain },
			Upload { supersedes: Some(RecordId([2; 32])), ..plain },
			Upload { stream: StreamId([3; 32]), ..plain },
			Upload { key: Some(b"a"), ..plain },
			Upload { key: Some(b"b"), ..plain },
		];
		let names = different.map(|upload| Name::of_upload(&upload));
		assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
	}

	#[test]
	fn business_key_alone_determines_name() {
		let keyed = |document| Upload { key: Some(b"INV-1"), ..upload(document) };
		let name = Name::of_upload(&keyed(b"a"));
		assert_eq!(name, Name::of_upload(&Upload { media_type: "x/y", ..keyed(b"b") }));
		assert_eq!(name, Name::of_business_key(STREAM, b"INV-1"));
	}

	#[tokio::test]
	async fn attempts_have_distinct_keys_and_one_reference() {
		let vault = LocalVault::development("channel-one").unwrap();
		let name = Name::of_upload(&upload(b"a"));
		let mut keys = BTreeSet::new();
		for attempt in 0..8 {
			keys.insert(name.key(&vault, attempt).await.unwrap());
		}
		assert_eq!(keys.len(), 8);
		let first = name.key(&vault, 0).await.unwrap();
		assert_eq!(name.reference(&vault).await.unwrap(), Reference::derive(&first, 0));
	}

	#[tokio::test]
	async fn another_secret_derives_other_keys() {
		let mut vault = LocalVault::development("channel-one").unwrap();
		assert!(earlier_secrets(&vault).await.unwrap().is_empty());
		let name = Name::of_upload(&upload(b"a"));
		let before = name.key(&vault, 0).await.unwrap();
		for version in [2, 5] {
			let public = vault.prepare_renewal().unwrap();
			vault.adopt_keys(&[(version, public)]).unwrap();
		}
		assert_eq!(earlier_secrets(&vault).await.unwrap(), [2, 0]);
		assert_ne!(name.key(&vault, 0).await.unwrap(), before);
		assert_eq!(name.under(0).key(&vault, 0).await.unwrap(), before);
	}

	#[tokio::test]
	async fn derivation_matches_documentation() {
		let vault = LocalVault::development("channel-one").unwrap();
		let documented = vault.request_key(&("key", STREAM, &b"INV-1"[..], 3u32).encode()).await;
		let key = Name::of_business_key(STREAM, b"INV-1").key(&vault, 3).await;
		assert_eq!(key.unwrap(), documented.unwrap());
	}
}
