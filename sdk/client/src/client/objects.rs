//! Objects: uploading, fetching and granting documents whose ciphertext is in an object store.

use super::{Client, CommittedDocument, Outcome, uploads::Item};
use crate::{
	calls::Call,
	error::{AccessError, Error, Result},
	name::Name,
	objects::{
		Described, Manifest, ObjectAccess, ObjectAddress, ObjectError, Opened, Opening, Piece,
		ReadObjects, SealedObject, Source, WriteObjects, describe, seal, seal_part,
	},
};
use async_trait::async_trait;
use credio_envelope::{Committing, Document, Layout};
use credio_primitives::{
	Entry, EntryBody, KeyEpoch, RecordId, Reference, StreamId,
	limits::OBJECT_CHUNK_SIZE,
	rpc::{AccessToken, At, EndpointsJson, FetchedJson},
};
use futures::{StreamExt, TryStreamExt};
use std::{io::Write, ops::Range, sync::Arc};
use zeroize::Zeroizing;

/// Parts that are sealed or sent at a time: with plaintext and ciphertext of each, some 50 MB.
const PARTS_IN_FLIGHT: usize = 2;
/// Chunks that are read and opened at a time: a part.
const CHUNKS_AT_A_TIME: u32 = crate::objects::PART_CHUNKS;

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
	described: Described,
	progress: Progress<'a>,
}

impl ObjectItem<'_> {
	/// Seals the document under an epoch.
	async fn sealed(
		&self,
		client: &Client,
		epoch: KeyEpoch,
		record_id: RecordId,
	) -> Result<SealedObject> {
		let held = client.held(self.upload.stream, epoch).await?;
		let context = client.context(self.upload.stream, epoch, record_id);
		let key = client.vault.seal_object(&held, &context, &self.described.description()).await?;
		let (described, source) = (self.described.clone(), self.upload.source.clone());
		Ok(blocking(move || seal(key, record_id, described, source)).await?)
	}

	/// Stores again what the store has lost or changed, or all of it if it is another store.
	async fn restore(&self, sealed: &SealedObject) -> Result<()> {
		let (store, address) = (&self.upload.store, sealed.address);
		for part in store.stored_parts(&address).await? {
			let again = sealed.clone();
			let bytes = blocking(move || seal_part(&again, part)).await?;
			if !store.has_part(&address, part, &bytes).await? {
				store.put_part(&address, part, bytes).await?;
			}
		}
		self.store_missing(sealed).await
	}

	/// Stores the parts that are missing, unless the object is complete.
	async fn store(&self, sealed: &SealedObject) -> Result<()> {
		match self.upload.store.is_complete(&sealed.address).await? {
			true => {
				(self.progress)(self.described.length);
				Ok(())
			},
			false => self.store_missing(sealed).await,
		}
	}

	async fn store_missing(&self, sealed: &SealedObject) -> Result<()> {
		let (store, address) = (&self.upload.store, sealed.address);
		let stored = store.stored_parts(&address).await?;
		let missing = (0..address.parts()).filter(|part| !stored.contains(part));
		let sealed = Arc::new(sealed.clone());
		let part_bytes = u64::from(crate::objects::PART_CHUNKS) * u64::from(OBJECT_CHUNK_SIZE);
		let mut done = stored.len() as u64;
		(self.progress)((done * part_bytes).min(self.described.length));
		let mut sent = futures::stream::iter(missing)
			.map(|part| {
				let sealed = sealed.clone();
				async move {
					let bytes = blocking({
						let sealed = sealed.clone();
						move || seal_part(&sealed, part)
					});
					store.put_part(&address, part, bytes.await?).await
				}
			})
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
		let record_id = RecordId::derive(client.organization, &reference);
		let epoch = client.recent_epoch(self.upload.stream).await?;
		let sealed = self.sealed(client, epoch, record_id).await?;
		self.store(&sealed).await?;
		let ObjectAddress { root, size, .. } = sealed.address;
		let ObjectUpload { stream, supersedes, .. } = self.upload;
		let commitment = sealed.commitment;
		Ok(Call::append_object(*stream, reference, epoch, commitment, root, size, *supersedes))
	}

	async fn is_recorded(&self, client: &Client, id: RecordId) -> Result<Option<bool>> {
		let Some(entry) = client.find_record(id).await? else { return Ok(None) };
		let EntryBody::Object { epoch, commitment, root, supersedes, .. } = entry.header.body
		else {
			return Ok(Some(false));
		};
		let ObjectUpload { stream, supersedes: ours, .. } = self.upload;
		if entry.header.stream != *stream || supersedes != *ours {
			return Ok(Some(false));
		}
		let sealed = self.sealed(client, epoch, id).await?;
		if sealed.address.root != root || sealed.commitment != commitment {
			return Ok(Some(false));
		}
		self.restore(&sealed).await?;
		Ok(Some(true))
	}
}

/// Runs what blocks on a thread for that.
async fn blocking<Value: Send + 'static>(
	work: impl FnOnce() -> std::result::Result<Value, ObjectError> + Send + 'static,
) -> std::result::Result<Value, ObjectError> {
	tokio::task::spawn_blocking(work).await.map_err(|_| ObjectError::Interrupted)?
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
		let (source, media_type) = (upload.source.clone(), upload.media_type.to_owned());
		let described = blocking(move || describe(&source, &media_type)).await?;
		let ObjectUpload { stream, key, supersedes, .. } = upload;
		let name = match key {
			Some(key) => Name::of_business_key(*stream, key),
			None => Name::of_content(*stream, described.sha256, upload.media_type, *supersedes),
		};
		let item = ObjectItem { upload, described, progress };
		let name = self.known_name(name).await?;
		// Sealing takes longer than looking.
		if let Some(uploaded) = self.recognize(&item, &name).await? {
			return Ok(Outcome::Applied(uploaded));
		}
		let outcome = self.upload_under(&item, &name).await?;
		if let Outcome::Applied(uploaded) = &outcome {
			// The upload is done. Ciphertext that is left over goes with the next upload, or when the object is erased.
			let _ = self.forget_other_envelopes(upload, uploaded.record_id).await;
		}
		Ok(outcome)
	}

	/// Deletes envelopes of earlier attempts, under another key epoch, once one is on the chain.
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

	/// Returns what servers of an object ask for.
	async fn object_access(&self, entry: &Entry) -> Result<ObjectAccess> {
		let token = self.token("credio_v1_fetch", &entry.record_id).await?;
		let owner = self.owner(entry.header.stream).await?;
		let mut endpoints = self.endpoints(entry.header.organization).await?;
		if owner != entry.header.organization {
			endpoints.extend(self.endpoints(owner).await?);
		}
		Ok(ObjectAccess { token, endpoints })
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

	/// Reads a piece of an object.
	async fn read_piece(
		&self,
		entry: &Entry,
		address: &ObjectAddress,
		piece: &Piece,
	) -> Result<bytes::Bytes> {
		let objects = self.objects.as_ref().ok_or(ObjectError::NoStore)?;
		let access = self.object_access(entry).await?;
		Ok(objects.read(address, piece, &access).await?)
	}

	/// Reads the manifest of an object, and checks it against the chain.
	pub(super) async fn manifest(&self, entry: &Entry) -> Result<Manifest> {
		let address = address_of(entry)?;
		let bytes = self.read_piece(entry, &address, &Piece::Manifest).await?;
		Ok(Manifest::read(&bytes, &address)?)
	}

	/// Returns an object that this organization may read, with its key.
	async fn opening(&self, id: RecordId) -> Result<(Entry, Opening)> {
		let (entry, held, context, header) = self.fetch_sealed(id).await?;
		let address = address_of(&entry)?;
		let manifest = self.manifest(&entry).await?;
		let key = self.vault.open_object(&held, &context, &header).await?;
		Ok((entry, Opening { address, manifest, key }))
	}

	async fn open_chunks(
		&self,
		entry: &Entry,
		opening: &Arc<Opening>,
		chunks: Range<u32>,
	) -> Result<Zeroizing<Vec<u8>>> {
		let piece = Piece::Sealed(opening.sealed_range(&chunks));
		let sealed = self.read_piece(entry, &opening.address, &piece).await?;
		let opening = opening.clone();
		Ok(blocking(move || opening.open(&chunks, &sealed)).await?)
	}

	/// Fetches a range of an object, and checks what it reads against the chain, chunk by chunk; nothing else is read. A range
	/// ends at the end of the document.
	///
	/// # Errors
	///
	/// As [`Self::fetch`], and [`Error::Object`], which names the place of a chunk that was changed.
	pub async fn fetch_range(
		&self,
		id: RecordId,
		range: &Range<u64>,
		sink: &mut (dyn Write + Send),
	) -> Result<Opened> {
		let (entry, opening) = self.opening(id).await?;
		let opening = Arc::new(opening);
		let first = self.open_chunks(&entry, &opening, 0..1).await?;
		let (layout, media_type) =
			Layout::read(&first, opening.address.size).map_err(ObjectError::from)?;
		let opened = Opened { media_type: media_type.into(), length: layout.document(), entry };
		let wanted = layout.chunks_of(range);
		let mut chunk = wanted.start;
		while chunk < wanted.end {
			let chunks = chunk..chunk.saturating_add(CHUNKS_AT_A_TIME).min(wanted.end);
			chunk = chunks.end;
			let inner = match chunks == (0..1) {
				true => first.clone(),
				false => self.open_chunks(&opened.entry, &opening, chunks.clone()).await?,
			};
			let piece = within(&layout, &chunks, range, &inner);
			sink.write_all(piece).map_err(ObjectError::write)?;
		}
		Ok(opened)
	}

	/// Fetches an object whole, from a place of the document on, and checks it against the commitment on the chain. `before`
	/// is the commitment that was begun with what comes before that place, as [`Self::object_commitment`] begins it.
	///
	/// # Errors
	///
	/// As [`Self::fetch_range`]; [`Error::Access`] for a document that is not the one of the chain.
	pub async fn fetch_object(
		&self,
		id: RecordId,
		from: u64,
		before: Committing,
		sink: &mut (dyn Write + Send),
		progress: Progress<'_>,
	) -> Result<Opened> {
		let mut sink = Tee { sink, commitment: before, written: from, progress };
		let opened = self.fetch_range(id, &(from..u64::MAX), &mut sink).await?;
		let commitment = opened.entry.header.body.commitment();
		match commitment.is_some_and(|commitment| sink.commitment.verify(&commitment)) {
			true => Ok(opened),
			false => Err(AccessError::NotVerified.into()),
		}
	}

	/// Begins the commitment to the document of an object.
	///
	/// # Errors
	///
	/// As [`Self::fetch`].
	pub async fn object_commitment(&self, id: RecordId) -> Result<Committing> {
		Ok(self.commitment_key(id).await?.start())
	}

	/// Fetches an object whole into memory, if its document has at most `limit` bytes.
	///
	/// # Errors
	///
	/// As [`Self::fetch_object`], and [`Error::Argument`] for a larger one.
	pub async fn fetch_small_object(&self, id: RecordId, limit: u64) -> Result<CommittedDocument> {
		let size = address_of(&self.record(id).await?)?.size;
		// A document takes at least eight ninths of its envelope.
		if size / 9 > limit / 8 + 10_000 {
			return Err(too_large(size, limit));
		}
		let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0)));
		let commitment = self.object_commitment(id).await?;
		let opened = self.fetch_object(id, 0, commitment, &mut *bytes, &|_| {}).await?;
		if opened.length > limit {
			return Err(too_large(opened.length, limit));
		}
		let document = Document { media_type: opened.media_type, bytes };
		Ok(CommittedDocument { document, entry: opened.entry })
	}
}

fn too_large(size: u64, limit: u64) -> Error {
	Error::Argument(format!("the object has {size} bytes, and at most {limit} are read at once"))
}

/// Returns the address of an entry's object.
fn address_of(entry: &Entry) -> Result<ObjectAddress> {
	match entry.header.body {
		EntryBody::Object { root, size, .. } => {
			Ok(ObjectAddress { record_id: entry.record_id, root, size })
		},
		_ => Err(Error::Argument("the entry is no object".into())),
	}
}

/// Returns what chunks, opened, have of a range of the document.
fn within<'a>(
	layout: &Layout,
	chunks: &Range<u32>,
	range: &Range<u64>,
	inner: &'a [u8],
) -> &'a [u8] {
	let document = layout.document_range();
	let begin = u64::from(chunks.start) * u64::from(OBJECT_CHUNK_SIZE);
	let place = |at: u64| {
		let at = document.start.saturating_add(at).min(document.end);
		usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX).min(inner.len())
	};
	&inner[place(range.start)..place(range.end)]
}

/// Writes bytes and commits to them.
struct Tee<'a> {
	sink: &'a mut (dyn Write + Send),
	commitment: Committing,
	written: u64,
	progress: Progress<'a>,
}

impl Write for Tee<'_> {
	fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
		self.sink.write_all(bytes)?;
		self.commitment.update(bytes);
		self.written = self.written.saturating_add(bytes.len() as u64);
		(self.progress)(self.written);
		Ok(bytes.len())
	}

	fn flush(&mut self) -> std::io::Result<()> {
		self.sink.flush()
	}
}
