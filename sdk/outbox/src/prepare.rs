//! Prepares items to be stored: checks, names and encryption.

use super::{
	body::{NamedBody, StoredBody, name},
	error::{OutboxError, Result},
	item::{Body, Item},
};
use codec::Encode;
use credio_primitives::{BlockNumber, KeyVersion, RecordId, RequestKey, limits};
use credio_vault::Vault;
use zeroize::Zeroizing;

/// Default lifetime of an item in blocks, counted from when it is first sent: an hour.
const LIFETIME: BlockNumber = 3_600;

/// An item that has ended without being applied.
#[derive(Debug)]
pub(super) struct Ended {
	pub request_key: RequestKey,
	pub body: Vec<u8>,
	pub lane: Option<i64>,
	pub lifetime: i64,
	/// Attempts beyond its first.
	pub attempts: i64,
}

/// An item that is ready to be stored.
#[derive(Debug)]
pub struct Prepared {
	pub(super) request_key: RequestKey,
	pub(super) record_id: Option<RecordId>,
	/// Keyed digest of its content, which recognizes the same item.
	pub(super) content: Vec<u8>,
	/// Encrypted.
	pub(super) body: Vec<u8>,
	pub(super) lane: Option<i64>,
	pub(super) lifetime: i64,
	/// Whether its document is uploaded as an object.
	pub(super) is_object: bool,
	/// The first attempt of the name that it uses.
	pub(super) begins_at: u32,
}

/// Checks an item and encrypts it, starting with this attempt of its name under a version of the organization secret.
pub(super) async fn prepare(
	vault: &dyn Vault,
	item: &Item<'_>,
	begins_at: u32,
	secret: KeyVersion,
) -> Result<Prepared> {
	let refused = |cause: String| Err(OutboxError::Item(cause));
	match &item.body {
		Body::Upload(upload) => {
			if upload.document.len() > limits::MAX_DOCUMENT_SIZE as usize {
				let size = upload.document.len();
				let error = credio_envelope::Error::TooLarge { size };
				return Err(credio_vault::VaultError::from(error).into());
			}
			if upload.media_type.len() > limits::MAX_MEDIA_TYPE_LENGTH as usize {
				return Err(credio_vault::VaultError::from(
					credio_envelope::Error::MediaTypeTooLong,
				)
				.into());
			}
		},
		Body::Object(object) => {
			if !object.file.is_absolute() || object.file.to_str().is_none() {
				let file = object.file.display();
				return refused(format!("name {file} by its whole path, in UTF-8"));
			}
			object.described.layout().map_err(|error| OutboxError::Item(error.to_string()))?;
		},
		Body::Calls { calls, .. } => {
			if calls.is_empty() || calls.len() > limits::MAX_CALLS as usize {
				return refused(format!("a request has 1 to {} calls", limits::MAX_CALLS));
			}
		},
	}
	if item.lane.is_some_and(|lane| lane >= limits::MAX_LANES) {
		return refused(format!("lanes are numbered from 0 to {}", limits::MAX_LANES - 1));
	}
	let body = NamedBody { body: StoredBody::new(&item.body, begins_at), secret };
	assemble(vault, &body, item.lane, item.lifetime.unwrap_or(LIFETIME)).await
}

/// Prepares an ended item again, under a new key.
pub(super) async fn again(vault: &dyn Vault, ended: &Ended) -> Result<Prepared> {
	let body = NamedBody::open(vault, &ended.request_key, &ended.body).await?;
	let body = body.after(ended.attempts);
	let lane = ended.lane.and_then(|lane| u32::try_from(lane).ok());
	let lifetime = BlockNumber::try_from(ended.lifetime).unwrap_or(LIFETIME);
	assemble(vault, &body, lane, lifetime).await
}

async fn assemble(
	vault: &dyn Vault,
	named: &NamedBody,
	lane: Option<u32>,
	lifetime: BlockNumber,
) -> Result<Prepared> {
	let organization = vault.organization().await?;
	let request_key = named.request_key(vault, 0).await?;
	let plain = Zeroizing::new(named.body.encode());
	let record_id = match named.body {
		StoredBody::Upload { .. } | StoredBody::Object { .. } => {
			Some(named.name().record_id(vault, organization).await?)
		},
		StoredBody::Calls { .. } => None,
	};
	Ok(Prepared {
		request_key,
		record_id,
		content: meaning(vault, named, lane).await?,
		body: vault.protect(&name(organization, &request_key), &plain).await?,
		lane: lane.map(Into::into),
		lifetime: lifetime.max(1).into(),
		is_object: matches!(named.body, StoredBody::Object { .. }),
		begins_at: named.body.begins_at(),
	})
}

/// Returns a keyed digest of the content of an item, independent of its first attempt.
async fn meaning(vault: &dyn Vault, named: &NamedBody, lane: Option<u32>) -> Result<Vec<u8>> {
	let encoded = Zeroizing::new(match &named.body {
		StoredBody::Upload { stream, key, media_type, document, supersedes, .. } => {
			("upload", stream, key, media_type, document, supersedes, lane).encode()
		},
		StoredBody::Calls { key, calls, .. } => ("calls", key, calls, lane).encode(),
		// The same document may lie elsewhere later.
		StoredBody::Object { stream, key, media_type, sha256, supersedes, .. } => {
			("object", stream, key, media_type, sha256, supersedes, lane).encode()
		},
	});
	let message = Zeroizing::new(("outbox", &encoded[..]).encode());
	Ok(vault.request_key_under(named.secret, &message).await?.0.to_vec())
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::{Upload, calls::Call};
	use credio_primitives::StreamId;
	use credio_vault::LocalVault;

	#[tokio::test]
	async fn stored_body_opens_for_its_organization_only() {
		let vault = LocalVault::development("channel-one").unwrap();
		let call = Call::remark(b"of organization 1");
		let prepared = prepare(&vault, &Item::calls(b"key", &[call]), 0, 0).await.unwrap();
		NamedBody::open(&vault, &prepared.request_key, &prepared.body).await.unwrap();
		// The same keys, once the account is a member of another organization.
		let moved = vault.for_organization(2);
		let refused = NamedBody::open(&moved, &prepared.request_key, &prepared.body).await;
		assert!(matches!(refused, Err(OutboxError::Vault(_))), "{refused:?}");
	}

	#[tokio::test]
	async fn stored_item_keeps_its_keys_after_secret_renewal() {
		let mut vault = LocalVault::development("channel-one").unwrap();
		let upload = Upload {
			stream: StreamId([1; 32]),
			key: Some(b"INV-1"),
			media_type: "text/plain",
			document: b"a",
			supersedes: None,
		};
		let before = prepare(&vault, &Item::upload(upload), 0, 0).await.unwrap();
		let public = vault.prepare_renewal().unwrap();
		vault.adopt_keys(&[(1, public)]).unwrap();
		let opened = NamedBody::open(&vault, &before.request_key, &before.body).await.unwrap();
		assert_eq!(opened.secret, 0);
		let organization = vault.organization();
		let record = opened.name().record_id(&vault, organization).await.unwrap();
		assert_eq!(Some(record), before.record_id);
		// Under the new secret it is another item, which opens as well.
		let after = prepare(&vault, &Item::upload(upload), 0, 1).await.unwrap();
		assert_ne!(after.request_key, before.request_key);
		assert_ne!(after.content, before.content);
		let opened = NamedBody::open(&vault, &after.request_key, &after.body).await.unwrap();
		assert_eq!(opened.secret, 1);
	}
}
