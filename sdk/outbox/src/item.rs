//! What is stored: uploads and calls, with what names them.

use super::{OutboxError, Result};
use codec::{Decode, DecodeAll, Encode};
use credio_client::{calls::Call, name::Name, Upload};
use credio_primitives::{
	limits, BlockNumber, KeyVersion, OrganizationId, RecordId, RequestKey, StreamId,
};
use credio_vault::Vault;
use zeroize::Zeroizing;

/// Blocks after which an item expires, counted from when it is first sent, unless it says otherwise: an hour.
const LIFETIME: BlockNumber = 3_600;

/// What a request does.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
	/// Uploads a document. It is encrypted for the chain when it is sent, under the key epoch of that time.
	Upload(Upload<'a>),
	/// Makes these calls, together or not at all.
	Calls {
		/// A business key that names the request within the organization.
		key: &'a [u8],
		/// The calls.
		calls: &'a [Call],
	},
}

/// A request to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
	/// What it does.
	pub body: Body<'a>,
	/// A lane, in which items are applied in the order in which they were stored.
	pub lane: Option<u32>,
	/// Blocks from when it is first sent until it expires; an hour if it is not given.
	pub lifetime: Option<BlockNumber>,
}

impl<'a> Item<'a> {
	/// An upload without a lane.
	pub fn upload(upload: Upload<'a>) -> Self {
		Self { body: Body::Upload(upload), lane: None, lifetime: None }
	}

	/// Calls without a lane.
	pub fn calls(key: &'a [u8], calls: &'a [Call]) -> Self {
		Self { body: Body::Calls { key, calls }, lane: None, lifetime: None }
	}

	/// The same in a lane.
	pub fn in_lane(mut self, lane: u32) -> Self {
		self.lane = Some(lane);
		self
	}
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemState {
	/// Stored, and not sent yet.
	Waiting,
	/// Its expiry is fixed; it is being sent, or waits for its outcome.
	Sending,
	/// Final: all its calls were applied.
	Applied,
	/// Final: none of its calls was applied, and never will be under this key.
	Rejected,
	/// Final: its expiry has passed, and it was not applied.
	Expired,
	/// The outbox was away for longer than the chain keeps receipts, and cannot tell any more.
	Undetermined,
}

impl ItemState {
	/// All of them.
	pub const ALL: [Self; 6] = [
		Self::Waiting,
		Self::Sending,
		Self::Applied,
		Self::Rejected,
		Self::Expired,
		Self::Undetermined,
	];

	/// Its name.
	pub fn name(self) -> &'static str {
		match self {
			Self::Waiting => "waiting",
			Self::Sending => "sending",
			Self::Applied => "applied",
			Self::Rejected => "rejected",
			Self::Expired => "expired",
			Self::Undetermined => "undetermined",
		}
	}

	/// Whether nothing more will happen to it.
	pub fn has_ended(self) -> bool {
		!matches!(self, Self::Waiting | Self::Sending)
	}
}

impl std::str::FromStr for ItemState {
	type Err = OutboxError;

	fn from_str(name: &str) -> Result<Self> {
		Self::ALL.into_iter().find(|state| state.name() == name).ok_or_else(|| {
			let names = Self::ALL.map(Self::name).join(", ");
			OutboxError::Item(format!("there is no state {name:?}: one of {names}"))
		})
	}
}

/// An item as it was stored, now or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
	/// Its key, under which the chain will know it.
	pub request_key: RequestKey,
	/// Name of the record that an upload makes.
	pub record_id: Option<RecordId>,
	/// Where it stands.
	pub state: ItemState,
}

/// The stored form of a body.
#[derive(Clone, Encode, Decode)]
pub(super) enum StoredBody {
	Upload {
		stream: StreamId,
		key: Option<Vec<u8>>,
		media_type: String,
		document: Vec<u8>,
		supersedes: Option<RecordId>,
		/// The attempt of the name with which the item begins.
		begins_at: u32,
	},
	Calls {
		key: Vec<u8>,
		calls: Vec<Call>,
		begins_at: u32,
	},
}

impl std::fmt::Debug for StoredBody {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str(match self {
			Self::Upload { .. } => "StoredBody::Upload",
			Self::Calls { .. } => "StoredBody::Calls",
		})
	}
}

impl Drop for StoredBody {
	fn drop(&mut self) {
		if let Self::Upload { document, .. } = self {
			zeroize::Zeroize::zeroize(document);
		}
	}
}

impl StoredBody {
	fn new(body: &Body<'_>, begins_at: u32) -> Self {
		match *body {
			Body::Upload(upload) => Self::Upload {
				stream: upload.stream,
				key: upload.key.map(<[u8]>::to_vec),
				media_type: upload.media_type.into(),
				document: upload.document.to_vec(),
				supersedes: upload.supersedes,
				begins_at,
			},
			Body::Calls { key, calls } => {
				Self::Calls { key: key.to_vec(), calls: calls.to_vec(), begins_at }
			},
		}
	}

	/// The upload, if it is one.
	pub fn upload(&self) -> Option<Upload<'_>> {
		match self {
			Self::Upload { stream, key, media_type, document, supersedes, .. } => Some(Upload {
				stream: *stream,
				key: key.as_deref(),
				media_type,
				document,
				supersedes: *supersedes,
			}),
			Self::Calls { .. } => None,
		}
	}

	/// What it is known by. An upload has the name that [`credio_client::Client::upload`] gives it.
	fn name(&self) -> Name {
		match self {
			Self::Calls { key, .. } => Name::new("calls", &&key[..]),
			upload => {
				upload.upload().as_ref().map(Name::of_upload).unwrap_or_else(|| Name::new("", &()))
			},
		}
	}

	fn begins_at(&self) -> u32 {
		let (Self::Upload { begins_at, .. } | Self::Calls { begins_at, .. }) = self;
		*begins_at
	}
}

/// A body, with the organization secret under which it was stored. Its keys stay under that one.
#[derive(Clone, Debug)]
pub(super) struct NamedBody {
	body: StoredBody,
	/// The version of the secret.
	pub secret: KeyVersion,
}

impl NamedBody {
	/// Reads what was stored under this key.
	pub async fn open(vault: &dyn Vault, key: &RequestKey, stored: &[u8]) -> Result<Self> {
		let bytes = vault.unprotect(&name(vault.organization().await?, key), stored).await?;
		let body = StoredBody::decode_all(&mut &bytes[..])
			.map_err(|error| OutboxError::Corrupted(error.to_string()))?;
		let mut named = Self { body, secret: 0 };
		for secret in vault.secret_versions().await?.into_iter().rev() {
			named.secret = secret;
			if named.request_key(vault, 0).await? == *key {
				return Ok(named);
			}
		}
		Err(credio_vault::VaultError::NotOurs.into())
	}

	/// The upload, if it is one.
	pub fn upload(&self) -> Option<Upload<'_>> {
		self.body.upload()
	}

	/// The calls, if it is no upload.
	pub fn calls(&self) -> &[Call] {
		match &self.body {
			StoredBody::Calls { calls, .. } => calls,
			StoredBody::Upload { .. } => &[],
		}
	}

	/// What it is known by.
	pub fn name(&self) -> Name {
		self.body.name().under(self.secret)
	}

	/// The key of the request at an attempt of the item, counted from 0.
	pub async fn request_key(&self, vault: &dyn Vault, attempt: u32) -> Result<RequestKey> {
		let number = self.body.begins_at().saturating_add(attempt);
		Ok(self.name().key(vault, number).await?)
	}

	/// The same, which begins after so many attempts beyond its first.
	fn after(mut self, attempts: i64) -> Self {
		let (StoredBody::Upload { begins_at, .. } | StoredBody::Calls { begins_at, .. }) =
			&mut self.body;
		*begins_at = next_attempt(*begins_at, attempts);
		self
	}
}

/// What a body is stored under: an account that moves to another organization takes nothing with it that it stored for
/// this one.
fn name(organization: OrganizationId, key: &RequestKey) -> Vec<u8> {
	(organization, key).encode()
}

/// An item, ready to be stored.
#[derive(Debug)]
pub struct Prepared {
	pub(super) request_key: RequestKey,
	pub(super) record_id: Option<RecordId>,
	/// Keyed digest of what it does, by which the same thing is recognized.
	pub(super) content: Vec<u8>,
	/// Encrypted.
	pub(super) body: Vec<u8>,
	pub(super) lane: Option<i64>,
	pub(super) lifetime: i64,
	/// The attempt of its name with which it begins.
	pub(super) begins_at: u32,
}

/// The attempt after those of an item that took so many beyond its first.
pub(super) fn next_attempt(begins_at: u32, attempts: i64) -> u32 {
	let taken = u32::try_from(attempts).unwrap_or(u32::MAX);
	begins_at.saturating_add(taken).saturating_add(1)
}

/// Checks an item and encrypts it, to begin with this attempt of its name under the organization secret of a version.
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

/// The same item for another try, under a new key.
pub(super) async fn again(vault: &dyn Vault, ended: &super::store::Ended) -> Result<Prepared> {
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
		StoredBody::Upload { .. } => Some(named.name().record_id(vault, organization).await?),
		StoredBody::Calls { .. } => None,
	};
	Ok(Prepared {
		request_key,
		record_id,
		content: meaning(vault, named, lane).await?,
		body: vault.protect(&name(organization, &request_key), &plain).await?,
		lane: lane.map(Into::into),
		lifetime: lifetime.max(1).into(),
		begins_at: named.body.begins_at(),
	})
}

/// Keyed digest of what an item asks for, whatever the attempt with which it begins.
async fn meaning(vault: &dyn Vault, named: &NamedBody, lane: Option<u32>) -> Result<Vec<u8>> {
	let encoded = Zeroizing::new(match &named.body {
		StoredBody::Upload { stream, key, media_type, document, supersedes, .. } => {
			("upload", stream, key, media_type, document, supersedes, lane).encode()
		},
		StoredBody::Calls { key, calls, .. } => ("calls", key, calls, lane).encode(),
	});
	let message = Zeroizing::new(("outbox", &encoded[..]).encode());
	Ok(vault.request_key_under(named.secret, &message).await?.0.to_vec())
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_vault::LocalVault;

	#[tokio::test]
	async fn a_stored_body_opens_for_its_organization_only() {
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
	async fn what_was_stored_keeps_its_keys_when_the_secret_is_renewed() {
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
		// Under the new secret it is something else, which opens as well.
		let after = prepare(&vault, &Item::upload(upload), 0, 1).await.unwrap();
		assert_ne!(after.request_key, before.request_key);
		assert_ne!(after.content, before.content);
		let opened = NamedBody::open(&vault, &after.request_key, &after.body).await.unwrap();
		assert_eq!(opened.secret, 1);
	}
}
