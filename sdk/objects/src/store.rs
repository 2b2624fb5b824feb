//! Stores: a folder, or a bucket of S3.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use credio_client::{
	objects::{Manifest, ObjectAddress, ObjectError, Piece, WriteObjects},
	primitives::{Digest, RecordId},
};
use futures::TryStreamExt;
use object_store::{
	ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use std::{collections::BTreeMap, fs, io, ops::Range, path::PathBuf, sync::Arc};
use url::Url;

/// Name of a manifest among the parts of an object.
const MANIFEST: &str = "manifest";
/// What the names of files have in them that are being written.
const UNFINISHED: char = '#';

/// An error in opening a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// The location is neither a folder nor a URL of a known kind.
	#[error("{0:?} is no object store: name a folder, or s3://bucket/prefix")]
	Unknown(String),
	/// The store cannot be opened.
	#[error("the object store {location:?} cannot be opened: {error}")]
	Unopened {
		/// The location.
		location: String,
		/// Why.
		error: String,
	},
}

/// A store of sealed objects.
///
/// An object is named by its record id and its root, which the chain has, too; nothing in names or content tells more. So the
/// envelopes of two attempts lie side by side, and neither replaces the other.
#[derive(Clone, Debug)]
pub struct Store {
	inner: Arc<dyn ObjectStore>,
	prefix: Path,
	location: String,
	/// Of a store in a folder.
	folder: Option<PathBuf>,
}

impl Store {
	/// Opens a store: a folder, which is created, or `s3://bucket/prefix`. For S3 the usual variables count:
	/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`, and `AWS_ALLOW_HTTP` for an endpoint
	/// without TLS.
	///
	/// # Errors
	///
	/// [`StoreError`].
	pub fn open(location: &str) -> Result<Self, StoreError> {
		let unopened = |error: &dyn std::fmt::Display| StoreError::Unopened {
			location: location.into(),
			error: error.to_string(),
		};
		if !location.contains("://") {
			std::fs::create_dir_all(location).map_err(|error| unopened(&error))?;
			let folder = LocalFileSystem::new_with_prefix(location)
				.map_err(|error| unopened(&error))?
				.with_fsync(true);
			let store = Self::new(Arc::new(folder), Path::default(), location);
			return Ok(Self { folder: Some(location.into()), ..store });
		}
		let url = Url::parse(location).map_err(|_| StoreError::Unknown(location.into()))?;
		let bucket = url.host_str().filter(|_| url.scheme() == "s3" && url.query().is_none());
		let bucket = bucket.ok_or_else(|| StoreError::Unknown(location.into()))?;
		crate::remote::install_tls();
		let bucket = AmazonS3Builder::from_env()
			.with_bucket_name(bucket)
			.build()
			.map_err(|error| unopened(&error))?;
		let prefix = Path::from_url_path(url.path()).map_err(|error| unopened(&error))?;
		Ok(Self::new(Arc::new(bucket), prefix, location))
	}

	fn new(inner: Arc<dyn ObjectStore>, prefix: Path, location: &str) -> Self {
		Self { inner, prefix, location: location.into(), folder: None }
	}

	/// Returns where the store is.
	#[must_use]
	pub fn location(&self) -> &str {
		&self.location
	}

	fn record(&self, record: RecordId) -> Path {
		self.prefix.clone().join(hex(&record.0))
	}

	fn envelope(&self, object: &ObjectAddress) -> Path {
		self.record(object.record_id).join(hex(&object.root.0))
	}

	fn part(&self, object: &ObjectAddress, number: u32) -> Path {
		self.envelope(object).join(format!("{number:05}"))
	}

	async fn get(&self, path: &Path, range: Range<u64>) -> Result<Bytes, ObjectError> {
		self.inner.get_range(path, range).await.map_err(|error| self.error(error))
	}

	async fn put(&self, path: &Path, bytes: Bytes) -> Result<(), ObjectError> {
		self.inner.put(path, bytes.into()).await.map(|_| ()).map_err(|error| self.error(error))
	}

	fn error(&self, error: object_store::Error) -> ObjectError {
		match error {
			object_store::Error::NotFound { .. } => {
				ObjectError::NotFound(format!("{} does not have it", self.location))
			},
			error => ObjectError::Store(format!("{}: {error}", self.location)),
		}
	}

	/// Deletes unfinished files from a folder, which writers leave that are killed: the library does not list them.
	async fn delete_unfinished(
		&self,
		record: RecordId,
		keep: Option<Digest>,
	) -> Result<(), ObjectError> {
		let Some(folder) = &self.folder else { return Ok(()) };
		let (folder, kept) = (folder.join(hex(&record.0)), keep.map(|root| hex(&root.0)));
		let deleted = tokio::task::spawn_blocking(move || match kept {
			None => remove_folder(&folder),
			Some(kept) => remove_all_but(&folder, &kept),
		});
		let deleted = deleted.await.map_err(|_| ObjectError::Interrupted)?;
		deleted.map_err(|error| ObjectError::Store(format!("{}: {error}", self.location)))
	}

	/// Lists the files under a path, with sizes.
	async fn list(&self, path: &Path) -> Result<BTreeMap<Path, u64>, ObjectError> {
		let listed = self.inner.list(Some(path));
		let listed = listed.map_ok(|meta| (meta.location, meta.size)).try_collect();
		listed.await.map_err(|error| self.error(error))
	}
}

impl Store {
	/// Reads a piece of an object.
	///
	/// # Errors
	///
	/// [`ObjectError::NotFound`], [`ObjectError::Store`].
	pub async fn piece(&self, object: &ObjectAddress, piece: &Piece) -> Result<Bytes, ObjectError> {
		let range = match piece {
			Piece::Manifest => {
				// One that was swapped for something huge is not read whole.
				let end = Manifest::length_of(object) as u64;
				return self.get(&self.envelope(object).join(MANIFEST), 0..end).await;
			},
			Piece::Sealed(range) => range,
		};
		let parts = object.parts_of(range).collect::<Vec<_>>();
		if let [(number, within)] = parts.as_slice() {
			return self.within_part(object, *number, within.clone()).await;
		}
		let mut bytes = BytesMut::new();
		for (number, within) in parts {
			bytes.extend_from_slice(&self.within_part(object, number, within).await?);
		}
		Ok(bytes.freeze())
	}

	/// Reads a range of a part.
	///
	/// # Errors
	///
	/// As [`Self::piece`].
	pub async fn within_part(
		&self,
		object: &ObjectAddress,
		number: u32,
		range: Range<u64>,
	) -> Result<Bytes, ObjectError> {
		self.get(&self.part(object, number), range).await
	}
}

#[async_trait]
impl WriteObjects for Store {
	async fn stored_parts(&self, object: &ObjectAddress) -> Result<Vec<u32>, ObjectError> {
		let listed = self.list(&self.envelope(object)).await?;
		let is_whole = |number: &u32| {
			let part = object.part(*number);
			listed.get(&self.part(object, *number)) == Some(&(part.end - part.start))
		};
		Ok((0..object.parts()).filter(is_whole).collect())
	}

	async fn is_complete(&self, object: &ObjectAddress) -> Result<bool, ObjectError> {
		match self.piece(object, &Piece::Manifest).await {
			Ok(manifest) => Ok(Manifest::read(&manifest, object).is_ok()
				&& self.stored_parts(object).await?.len() == object.parts() as usize),
			Err(ObjectError::NotFound(_)) => Ok(false),
			Err(error) => Err(error),
		}
	}

	async fn has_part(
		&self,
		object: &ObjectAddress,
		number: u32,
		bytes: &Bytes,
	) -> Result<bool, ObjectError> {
		match self.within_part(object, number, 0..bytes.len() as u64).await {
			Ok(stored) => Ok(stored == *bytes),
			Err(ObjectError::NotFound(_)) => Ok(false),
			Err(error) => Err(error),
		}
	}

	async fn put_part(
		&self,
		object: &ObjectAddress,
		number: u32,
		bytes: Bytes,
	) -> Result<(), ObjectError> {
		self.put(&self.part(object, number), bytes).await
	}

	async fn put_manifest(
		&self,
		object: &ObjectAddress,
		manifest: Bytes,
	) -> Result<(), ObjectError> {
		self.put(&self.envelope(object).join(MANIFEST), manifest).await
	}

	async fn delete(&self, record: RecordId, keep: Option<Digest>) -> Result<(), ObjectError> {
		let kept = keep.map(|root| self.record(record).join(hex(&root.0)));
		for path in self.list(&self.record(record)).await?.into_keys() {
			if kept.as_ref().is_some_and(|kept| path.prefix_matches(kept)) {
				continue;
			}
			match self.inner.delete(&path).await {
				// Somebody else deletes it, too.
				Ok(()) | Err(object_store::Error::NotFound { .. }) => {},
				Err(error) => return Err(self.error(error)),
			}
		}
		self.delete_unfinished(record, keep).await
	}
}

/// Removes a folder with its content, if it is there.
fn remove_folder(folder: &std::path::Path) -> io::Result<()> {
	match fs::remove_dir_all(folder) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

/// Removes the envelopes of a record but one, and of that one the unfinished files.
fn remove_all_but(record: &std::path::Path, kept: &str) -> io::Result<()> {
	for envelope in fs::read_dir(record)? {
		let envelope = envelope?;
		if envelope.file_name() != kept {
			remove_folder(&envelope.path())?;
			continue;
		}
		for part in fs::read_dir(envelope.path())? {
			let part = part?;
			if part.file_name().to_string_lossy().contains(UNFINISHED) {
				fs::remove_file(part.path())?;
			}
		}
	}
	Ok(())
}

fn hex(bytes: &[u8; 32]) -> String {
	Digest(*bytes).to_string().trim_start_matches("0x").into()
}
