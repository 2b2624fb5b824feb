//! Names of requests: what a request is known by within its organization, whoever submits it, how often, and from where.
//!
//! A name is a business key that the caller gives, or else what the request means. The keys of its attempts follow from
//! it, and so does the one reference under which it puts something on the chain. An attempt that was rejected is over; the
//! name goes on with the next one. As the reference stays, the chain takes what stands under a name once and for ever,
//! whatever became of receipts meanwhile. `docs/guarantees.md` has the rule in words.
//!
//! Keys follow from an organization secret. What was begun under one that was in force before stays under it:
//! [`crate::Client`] and the outbox look there first, once a vault has more than one.

use crate::client::Upload;
use codec::Encode;
use credio_primitives::{KeyVersion, OrganizationId, RecordId, Reference, RequestKey, StreamId};
use credio_vault::{Vault, VaultError};
use sha2::{Digest as _, Sha256};

/// Attempts of a name that are looked at, one after the other. Each rejection takes one.
pub const MAX_ATTEMPTS: u32 = 64;

/// What a request is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
	kind_and_parts: Vec<u8>,
	/// The organization secret under which its keys are; that in force without one.
	secret: Option<KeyVersion>,
}

impl Name {
	/// A name of a kind, made of these parts.
	pub fn new(kind: &str, parts: &impl Encode) -> Self {
		Self { kind_and_parts: (kind, parts).encode(), secret: None }
	}

	/// The same name under the organization secret of a version.
	pub fn under(self, secret: KeyVersion) -> Self {
		Self { secret: Some(secret), ..self }
	}

	/// The name of an upload: its business key within the stream, or else all that is asked for.
	pub fn of_upload(upload: &Upload<'_>) -> Self {
		match upload.key {
			Some(key) => Self::of_business_key(upload.stream, key),
			None => {
				let content: [u8; 32] = Sha256::digest(upload.document).into();
				let Upload { stream, media_type, supersedes, .. } = upload;
				Self::new("content", &(stream, content, media_type, supersedes))
			},
		}
	}

	/// The name of whatever is uploaded to a stream under a business key.
	pub fn of_business_key(stream: StreamId, key: &[u8]) -> Self {
		Self::new("key", &(stream, key))
	}

	/// Key of the request at an attempt, counted from 0.
	pub async fn key(&self, vault: &dyn Vault, attempt: u32) -> Result<RequestKey, VaultError> {
		let name = [&self.kind_and_parts[..], &attempt.encode()].concat();
		match self.secret {
			Some(secret) => vault.request_key_under(secret, &name).await,
			None => vault.request_key(&name).await,
		}
	}

	/// The reference of what the request puts on the chain, whatever the attempt.
	pub async fn reference(&self, vault: &dyn Vault) -> Result<Reference, VaultError> {
		Ok(Reference::derive(&self.key(vault, 0).await?, 0))
	}

	/// Name of the entry that the request makes, whatever the attempt.
	pub async fn record_id(
		&self,
		vault: &dyn Vault,
		organization: OrganizationId,
	) -> Result<RecordId, VaultError> {
		Ok(RecordId::derive(organization, &self.reference(vault).await?))
	}
}

/// The organization secrets that were in force before, the latest first.
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
	fn whatever_is_asked_for_is_in_the_name() {
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
	fn a_business_key_is_the_name_whatever_is_uploaded_under_it() {
		let keyed = |document| Upload { key: Some(b"INV-1"), ..upload(document) };
		let name = Name::of_upload(&keyed(b"a"));
		assert_eq!(name, Name::of_upload(&Upload { media_type: "x/y", ..keyed(b"b") }));
		assert_eq!(name, Name::of_business_key(STREAM, b"INV-1"));
	}

	#[tokio::test]
	async fn attempts_have_keys_of_their_own_and_one_reference() {
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
	async fn a_name_has_other_keys_under_another_secret() {
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
	async fn the_documented_derivation_is_this_one() {
		let vault = LocalVault::development("channel-one").unwrap();
		let documented = vault.request_key(&("key", STREAM, &b"INV-1"[..], 3u32).encode()).await;
		let key = Name::of_business_key(STREAM, b"INV-1").key(&vault, 3).await;
		assert_eq!(key.unwrap(), documented.unwrap());
	}
}
