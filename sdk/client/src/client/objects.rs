//! Objects: uploading documents whose ciphertext is in an object store. Reading them is in [`open`].

mod open;
mod pieces;

pub use open::OpenObject;
pub(crate) use pieces::Pieces;

use super::{Client, Outcome, uploads::Item};
use crate::{
	calls::Call,
	error::{Error, Result},
	name::Name,
	objects::{
		Described, ObjectAddress, ObjectError, ReadObjects, SealedObject, Source, WriteObjects,
		blocking, seal, seal_part,
	},
};
use async_trait::async_trait;
use credio_primitives::{
	Entry, EntryBody, KeyEpoch, RecordId, Reference, StreamId,
	limits::OBJECT_CHUNK_SIZE,
	rpc::{AccessToken, At, EndpointsJson, FetchedJson},
};
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;

/// Parts that are sealed or sent at a time: with plaintext and ciphertext of each, some 50 MB.
const PARTS_IN_FLIGHT: usize = 2;

/// A document to upload as an object.
#[derive(Clone, Debug)]
pub struct ObjectUpload<'a> {
	/// The stream.
	pub stream: StreamId,
	/// A business key, as of [`super::Upload`].
	pub key: Option<&'a [u8]>,
	/// Media type of the document; encrypted with it.
	pub media_type: &'a str,
	/// The document.
	pub source: Source,
	/// The record that this one replaces.
	pub supersedes: Option<RecordId>,
	/// Where its envelope is stored.
	pub store: Arc<dyn WriteObjects>,
}

/// Receives how many bytes of a document were stored or fetched so far.
pub type Progress<'a> = &'a (dyn Fn(u64) + Send + Sync);

/// An upload of an object whose document was read once.
struct ObjectItem<'a> {
	upload: &'a ObjectUpload<'a>,
	described: &'a Described,
	progress: Progress<'a>,
}

/// A document that was read once, as an entry may have it.
#[derive(Clone, Copy, Debug)]
pub struct ObjectContent<'a> {
	/// The stream.
	pub stream: StreamId,
	/// The document.
	pub source: &'a Source,
	/// Its description, once it was read.
	pub described: &'a Described,
	/// The record that it replaces.
	pub supersedes: Option<RecordId>,
}

impl ObjectContent<'_> {
	/// Seals the document under an epoch.
	async fn sealed(
		&self,
		client: &Client,
		epoch: KeyEpoch,
		record_id: RecordId,
	) -> Result<Arc<SealedObject>> {
		let held = client.held(self.stream, epoch).await?;
		let context = client.context(self.stream, epoch, record_id);
		let key = client.vault.seal_object(&held, &context, &self.described.description()).await?;
		let (described, source) = (self.described.clone(), self.source.clone());
		let sealed = blocking(move || seal(key, record_id, described, source)).await?;
		Ok(Arc::new(sealed))
	}

	/// Returns the document as an entry has it, sealed; `None` if there is no such entry.
	async fn recorded(&self, client: &Client, id: RecordId) -> Result<Option<Recorded>> {
		let Some(entry) = client.find_record(id).await? else { return Ok(None) };
		let EntryBody::Object { epoch, commitment, root, supersedes, .. } = entry.header.body
		else {
			return Ok(Some(Recorded::Other));
		};
		if entry.header.stream != self.stream || supersedes != self.supersedes {
			return Ok(Some(Recorded::Other));
		}
		let sealed = self.sealed(client, epoch, id).await?;
		match sealed.address.root == root && sealed.commitment == commitment {
			true => Ok(Some(Recorded::Same(sealed))),
			false => Ok(Some(Recorded::Other)),
		}
	}
}

/// What the chain has under the name of an object.
enum Recorded {
	/// The document.
	Same(Arc<SealedObject>),
	/// Something else.
	Other,
}

impl ObjectItem<'_> {
	fn content(&self) -> ObjectContent<'_> {
		let ObjectUpload { stream, source, supersedes, .. } = self.upload;
		ObjectContent {
			stream: *stream,
			source,
			described: self.described,
			supersedes: *supersedes,
		}
	}

	/// Seals the document under an epoch and stores it. Returns the call that appends it.
	async fn seal_under(
		&self,
		client: &Client,
		reference: Reference,
		epoch: KeyEpoch,
	) -> Result<Call> {
		let record_id = RecordId::derive(client.organization, &reference);
		let sealed = self.content().sealed(client, epoch, record_id).await?;
		self.store(&sealed).await?;
		let ObjectAddress { root, size, .. } = sealed.address;
		let ObjectUpload { stream, supersedes, .. } = self.upload;
		let commitment = sealed.commitment;
		Ok(Call::append_object(*stream, reference, epoch, commitment, root, size, *supersedes))
	}

	/// Stores again what the store has lost or changed, or all of it if it is another store.
	async fn restore(&self, sealed: &Arc<SealedObject>) -> Result<()> {
		let (store, address) = (&self.upload.store, sealed.address);
		for part in store.stored_parts(&address).await? {
			let bytes = part_of(sealed, part).await?;
			if !store.has_part(&address, part, &bytes).await? {
				store.put_part(&address, part, bytes).await?;
			}
		}
		self.store_missing(sealed).await
	}

	/// Stores the parts that are missing, unless the object is complete.
	async fn store(&self, sealed: &Arc<SealedObject>) -> Result<()> {
		match self.upload.store.is_complete(&sealed.address).await? {
			true => {
				(self.progress)(self.described.length);
				Ok(())
			},
			false => self.store_missing(sealed).await,
		}
	}

	async fn store_missing(&self, sealed: &Arc<SealedObject>) -> Result<()> {
		let (store, address) = (&self.upload.store, sealed.address);
		let stored = store.stored_parts(&address).await?;
		let missing = (0..address.parts()).filter(|part| !stored.contains(part));
		let part_bytes = u64::from(crate::objects::PART_CHUNKS) * u64::from(OBJECT_CHUNK_SIZE);
		let mut done = stored.len() as u64;
		(self.progress)((done * part_bytes).min(self.described.length));
		let mut sent = futures::stream::iter(missing)
			.map(async |part| store.put_part(&address, part, part_of(sealed, part).await?).await)
			.buffer_unordered(PARTS_IN_FLIGHT);
		while sent.try_next().await?.is_some() {
			done += 1;
			(self.progress)((done * part_bytes).min(self.described.length));
		}
		store.put_manifest(&address, sealed.manifest.to_bytes()).await?;
		Ok(())
	}
}

#[async_trait]
impl Item for ObjectItem<'_> {
	fn stream(&self) -> StreamId {
		self.upload.stream
	}

	async fn seal(&self, client: &Client, reference: Reference) -> Result<Call> {
		let epoch = client.recent_epoch(self.upload.stream).await?;
		self.seal_under(client, reference, epoch).await
	}

	async fn is_recorded(&self, client: &Client, id: RecordId) -> Result<Option<bool>> {
		match self.content().recorded(client, id).await? {
			None => Ok(None),
			Some(Recorded::Other) => Ok(Some(false)),
			Some(Recorded::Same(sealed)) => {
				self.restore(&sealed).await?;
				Ok(Some(true))
			},
		}
	}
}

/// Seals a part again.
async fn part_of(
	sealed: &Arc<SealedObject>,
	part: u32,
) -> std::result::Result<bytes::Bytes, ObjectError> {
	let sealed = sealed.clone();
	blocking(move || seal_part(&sealed, part)).await
}

impl Client {
	/// Reads objects from this place from now on.
	#[must_use]
	pub fn with_objects(self, objects: Arc<dyn ReadObjects>) -> Self {
		Self { objects: Some(objects), ..self }
	}

	/// Uploads a document as an object, encrypted, and waits until the outcome is final. Stored parts are not stored
	/// again, so an upload that was interrupted goes on. Repeating it has no effect once it was applied, apart from restoring
	/// what the store has lost.
	///
	/// # Errors
	///
	/// As [`Self::upload`], and [`Error::Object`].
	pub async fn upload_object(
		&self,
		upload: &ObjectUpload<'_>,
		progress: Progress<'_>,
	) -> Result<Outcome> {
		let described = Described::of(&upload.source, upload.media_type).await?;
		let ObjectUpload { stream, key, supersedes, .. } = upload;
		let name = match key {
			Some(key) => Name::of_business_key(*stream, key),
			None => Name::of_content(*stream, described.sha256, upload.media_type, *supersedes),
		};
		let item = ObjectItem { upload, described: &described, progress };
		let name = self.known_name(name).await?;
		// Sealing takes longer than looking.
		let outcome = match self.recognize(&item, &name).await? {
			Some(uploaded) => Outcome::Applied(uploaded),
			None => self.upload_under(&item, &name).await?,
		};
		if let Outcome::Applied(uploaded) = &outcome {
			// The upload is done. Leftovers go when it is repeated, or when the object is erased.
			let _ = self.forget_other_envelopes(upload, uploaded.record_id).await;
		}
		Ok(outcome)
	}

	/// Seals a document that was read once and stores its envelope. Returns the call that appends it. Stored parts are not
	/// stored again.
	///
	/// # Errors
	///
	/// [`Error::Object`], [`Error::Vault`], [`Error::Access`], [`Error::Connect`].
	pub async fn store_object(
		&self,
		upload: &ObjectUpload<'_>,
		described: &Described,
		reference: Reference,
	) -> Result<Call> {
		let item = ObjectItem { upload, described, progress: &|_| {} };
		// What the chain has is sealed as it has it: another envelope of it would stay in the store for nothing.
		let known = self.find_record(RecordId::derive(self.organization, &reference)).await?;
		match known.and_then(|entry| entry.header.body.epoch()) {
			Some(epoch) => item.seal_under(self, reference, epoch).await,
			None => item.seal(self, reference).await,
		}
	}

	/// Whether an entry has this document as an object; `None` if there is no such entry. Seals the document to compare it.
	///
	/// # Errors
	///
	/// As [`Self::store_object`].
	pub async fn is_object_recorded(
		&self,
		content: ObjectContent<'_>,
		id: RecordId,
	) -> Result<Option<bool>> {
		let recorded = content.recorded(self, id).await?;
		Ok(recorded.map(|recorded| matches!(recorded, Recorded::Same(_))))
	}

	/// Deletes envelopes of earlier attempts, under another key epoch or not finished, once one is on the chain.
	async fn forget_other_envelopes(
		&self,
		upload: &ObjectUpload<'_>,
		record: RecordId,
	) -> Result<()> {
		let EntryBody::Object { root, .. } = self.record(record).await?.header.body else {
			return Ok(());
		};
		Ok(upload.store.delete(record, Some(root)).await?)
	}

	/// Checks that the signer of an access token may fetch a record, and returns its entry: for servers of objects, which so
	/// leave it to the chain who may read.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for an invalid or expired token, for "access denied" or for "not found";
	/// [`Error::Connect`].
	pub async fn authorize(&self, record: RecordId, token: &AccessToken) -> Result<Entry> {
		let answer: At<FetchedJson> = self.call("credio_v1_fetch", (record, token)).await?;
		let told = answer.answer.entry;
		match told == self.record(record).await? {
			true => Ok(told),
			false => Err(Error::UnexpectedResponse("another record than was asked for".into())),
		}
	}

	/// Lists the URLs at which an organization serves objects.
	///
	/// # Errors
	///
	/// [`Error::Refused`], [`Error::Connect`].
	pub async fn endpoints(&self, organization: u32) -> Result<Vec<String>> {
		if let Some(verified) = self.verified() {
			return verified.endpoints(organization).await;
		}
		let answer: At<EndpointsJson> = self.call("credio_v1_endpoints", (organization,)).await?;
		Ok(answer.answer.endpoints)
	}
}
