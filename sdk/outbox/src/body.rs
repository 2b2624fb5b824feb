//! The stored, encrypted form of an item, and its names.

use super::{
	error::{OutboxError, Result},
	item::{Body, ObjectFile},
};
use codec::{Decode, DecodeAll, Encode};
use credio_client::{Upload, calls::Call, name::Name, objects::Described};
use credio_primitives::{KeyVersion, OrganizationId, RecordId, RequestKey, StreamId};
use credio_vault::Vault;

/// The stored form of a body.
#[derive(Clone, Encode, Decode)]
pub(super) enum StoredBody {
	Upload {
		stream: StreamId,
		key: Option<Vec<u8>>,
		media_type: String,
		document: Vec<u8>,
		supersedes: Option<RecordId>,
		/// The first attempt of the name that the item uses.
		begins_at: u32,
	},
	Calls {
		key: Vec<u8>,
		calls: Vec<Call>,
		begins_at: u32,
	},
	Object {
		stream: StreamId,
		key: Option<Vec<u8>>,
		media_type: String,
		length: u64,
		sha256: [u8; 32],
		file: String,
		supersedes: Option<RecordId>,
		begins_at: u32,
	},
}

impl std::fmt::Debug for StoredBody {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str(match self {
			Self::Upload { .. } => "StoredBody::Upload",
			Self::Calls { .. } => "StoredBody::Calls",
			Self::Object { .. } => "StoredBody::Object",
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
	pub(crate) fn new(body: &Body<'_>, begins_at: u32) -> Self {
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
			Body::Object(object) => Self::Object {
				stream: object.stream,
				key: object.key.clone(),
				media_type: object.described.media_type.clone(),
				length: object.described.length,
				sha256: object.described.sha256,
				file: object.file.to_string_lossy().into_owned(),
				supersedes: object.supersedes,
				begins_at,
			},
		}
	}

	/// Returns the upload, if it is one.
	pub(crate) fn upload(&self) -> Option<Upload<'_>> {
		match self {
			Self::Upload { stream, key, media_type, document, supersedes, .. } => Some(Upload {
				stream: *stream,
				key: key.as_deref(),
				media_type,
				document,
				supersedes: *supersedes,
			}),
			Self::Calls { .. } | Self::Object { .. } => None,
		}
	}

	/// Returns the object, if it is one.
	pub(crate) fn object(&self) -> Option<ObjectFile> {
		let Self::Object { stream, key, media_type, length, sha256, file, supersedes, .. } = self
		else {
			return None;
		};
		Some(ObjectFile {
			stream: *stream,
			key: key.clone(),
			file: file.into(),
			described: Described {
				media_type: media_type.clone(),
				length: *length,
				sha256: *sha256,
			},
			supersedes: *supersedes,
		})
	}

	/// Returns the stream of an upload.
	pub(crate) fn stream(&self) -> Option<StreamId> {
		match self {
			Self::Upload { stream, .. } | Self::Object { stream, .. } => Some(*stream),
			Self::Calls { .. } => None,
		}
	}

	/// Returns its name. For an upload it is the name that the client gives it, so that it is the same upload there.
	fn name(&self) -> Name {
		match self {
			Self::Calls { key, .. } => Name::new("calls", &&key[..]),
			Self::Upload { .. } => {
				self.upload().as_ref().map(Name::of_upload).unwrap_or_else(|| Name::new("", &()))
			},
			Self::Object { stream, key: Some(key), .. } => Name::of_business_key(*stream, key),
			Self::Object { stream, media_type, sha256, supersedes, .. } => {
				Name::of_content(*stream, *sha256, media_type, *supersedes)
			},
		}
	}

	pub(crate) fn begins_at(&self) -> u32 {
		let (Self::Upload { begins_at, .. }
		| Self::Calls { begins_at, .. }
		| Self::Object { begins_at, .. }) = self;
		*begins_at
	}
}

/// A body, with the organization secret that it was stored under. Its keys stay under that secret.
#[derive(Clone, Debug)]
pub(super) struct NamedBody {
	pub body: StoredBody,
	/// The version of the secret.
	pub secret: KeyVersion,
}

impl NamedBody {
	/// Opens the body that was stored under this key.
	pub(crate) async fn open(vault: &dyn Vault, key: &RequestKey, stored: &[u8]) -> Result<Self> {
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

	/// Returns the upload, if it is one.
	pub(crate) fn upload(&self) -> Option<Upload<'_>> {
		self.body.upload()
	}

	/// Returns the object, if it is one.
	pub(crate) fn object(&self) -> Option<ObjectFile> {
		self.body.object()
	}

	/// Returns the stream of an upload.
	pub(crate) fn stream(&self) -> Option<StreamId> {
		self.body.stream()
	}

	/// Returns the calls; none for an upload.
	pub(crate) fn calls(&self) -> &[Call] {
		match &self.body {
			StoredBody::Calls { calls, .. } => calls,
			StoredBody::Upload { .. } | StoredBody::Object { .. } => &[],
		}
	}

	/// Returns its name.
	pub(crate) fn name(&self) -> Name {
		self.body.name().under(self.secret)
	}

	/// Returns the key of the request at an attempt of the item, counted from 0.
	pub(crate) async fn request_key(&self, vault: &dyn Vault, attempt: u32) -> Result<RequestKey> {
		let number = self.body.begins_at().saturating_add(attempt);
		Ok(self.name().key(vault, number).await?)
	}

	/// Returns the same body, starting after further attempts.
	pub(crate) fn after(mut self, attempts: i64) -> Self {
		let (StoredBody::Upload { begins_at, .. }
		| StoredBody::Calls { begins_at, .. }
		| StoredBody::Object { begins_at, .. }) = &mut self.body;
		*begins_at = next_attempt(*begins_at, attempts);
		self
	}
}

/// Returns the context that a body is encrypted with: an account that moves to another organization cannot use items of
/// this one.
pub(super) fn name(organization: OrganizationId, key: &RequestKey) -> Vec<u8> {
	(organization, key).encode()
}

/// Returns the next attempt after those of an item.
pub(super) fn next_attempt(begins_at: u32, attempts: i64) -> u32 {
	let taken = u32::try_from(attempts).unwrap_or(u32::MAX);
	begins_at.saturating_add(taken).saturating_add(1)
}
