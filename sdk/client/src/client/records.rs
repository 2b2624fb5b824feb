//! Records: sealing, fetching, verifying.

use super::{Client, objects::Pieces};
use crate::{
	error::{AccessError, Error, Result},
	objects::Manifest,
};
use credio_envelope::{CommitmentKey, Committing, Context, Document, WrapContext};
use credio_primitives::{
	BlockNumber, Denial, Digest, Entry, EntryBody, KeyEpoch, RecordId, RequestKey, Resource,
	Sequence, StreamId, WrappedSecret,
	entry::{ENVELOPE_V2, EntryFilter},
	rpc::{
		At, BlockRef, FetchedEntriesJson, FetchedEntryJson, FetchedJson, RequestStatusJson,
		WrappedKeyJson,
	},
};
use credio_vault::{Held, WrappedBy};
use subxt::rpcs::client::RpcSubscription;

/// A document to upload.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
	/// The stream.
	pub stream: StreamId,
	/// A business key that names this upload within the stream, such as an invoice number. Without one, the content is
	/// the name: the same document with the same media type and superseded record is uploaded once.
	pub key: Option<&'a [u8]>,
	/// Media type of the document; encrypted with it.
	pub media_type: &'a str,
	/// The document.
	pub document: &'a [u8],
	/// The record that this one replaces.
	pub supersedes: Option<RecordId>,
}

/// The final outcome of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// It is on the chain.
	Applied(Uploaded),
	/// The chain rejected it; the status says why.
	Rejected(Box<RequestStatusJson>),
}

/// A document that is on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uploaded {
	/// Name of its record.
	pub record_id: RecordId,
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Key of the request that appended it.
	pub request_key: RequestKey,
	/// Block of the request.
	pub block: BlockNumber,
}

/// A document with its entry, to verify it.
#[derive(Debug)]
pub struct CommittedDocument {
	/// The document.
	pub document: Document,
	/// Header of its record.
	pub entry: Entry,
}

/// Entries of a stream, as they become final.
#[derive(Debug)]
pub struct Entries(RpcSubscription<Entry>);

impl Entries {
	/// Returns the next entry; `None` when the node has ended the subscription.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn next(&mut self) -> Result<Option<Entry>> {
		Ok(self.0.next().await.transpose()?)
	}
}

impl Client {
	/// Returns an entry; `None` if it does not exist.
	pub(crate) async fn find_record(&self, id: RecordId) -> Result<Option<Entry>> {
		match self.record(id).await {
			Err(error) if error.is_not_found() => Ok(None),
			found => found.map(Some),
		}
	}

	pub(crate) fn context(
		&self,
		stream: StreamId,
		epoch: KeyEpoch,
		record_id: RecordId,
	) -> Context {
		Context { genesis: self.limits.genesis_hash, stream, epoch, record_id }
	}

	/// Returns an entry.
	///
	/// # Errors
	///
	/// [`Error::NotFound`]; [`Error::Refused`] with the code for "not found" if the node is trusted.
	pub async fn record(&self, id: RecordId) -> Result<Entry> {
		self.record_at(id, None).await
	}

	/// Returns an entry, at this block or a later one.
	pub(super) async fn record_at(
		&self,
		id: RecordId,
		block: Option<BlockNumber>,
	) -> Result<Entry> {
		if let Some(verified) = self.verified() {
			return verified.entry(id, block).await;
		}
		let answer: At<Entry> = self.call("credio_v1_record", (id,)).await?;
		Ok(answer.answer)
	}

	/// Returns at most `most` entries that match a filter.
	pub async fn query(&self, filter: &EntryFilter, most: usize) -> Result<Vec<Entry>> {
		self.all("credio_v1_query", filter, most).await
	}

	/// Subscribes to the final entries of a stream from a position on: first history, then live.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "not found".
	pub async fn watch(&self, stream: StreamId, from: Sequence) -> Result<Entries> {
		let params = super::calling::by_position(&(stream, from))?;
		let method = ("credio_v1_subscribeStream", "credio_v1_unsubscribeStream");
		Ok(Entries(self.subscribe(method, params).await?))
	}

	/// Fetches a record's ciphertext, with its key wrapped to this organization.
	pub(crate) async fn fetch_sealed(&self, id: RecordId) -> Result<Sealed<'_>> {
		let token = self.token("credio_v1_fetch", &id).await?;
		let answer: At<FetchedJson> = self.call("credio_v1_fetch", (id, token)).await?;
		let FetchedJson { entry, payload, secret_commitment, wrapped_keys } = answer.answer;
		if let Some(verified) = self.verified() {
			verified.check_record(id, &entry, secret_commitment, answer.at).await?;
		}
		let (payload, object) = match entry.header.body {
			EntryBody::Object { .. } => {
				let pieces = Pieces::of(self, &entry)?;
				let manifest = pieces.manifest().await?;
				(manifest.header().to_vec(), Some((pieces, manifest)))
			},
			_ => (payload.0, None),
		};
		let wrapped_by = self.wrapped_by(entry.header.stream).await?;
		let (held, context) =
			self.held_for(&entry, wrapped_by, &payload, secret_commitment, wrapped_keys).await?;
		Ok(Sealed { entry, held, context, payload, object })
	}

	/// Returns the wrapped key of a record and the record's context: of several keys the first that opens it, since
	/// keys of other grantors may not.
	async fn held_for(
		&self,
		entry: &Entry,
		wrapped_by: WrappedBy,
		payload: &[u8],
		commitment: Digest,
		wrapped_keys: Vec<WrappedKeyJson>,
	) -> Result<(Held, Context)> {
		let Some(epoch) = entry.header.body.epoch() else {
			return Err(Error::UnexpectedResponse("an anchor was fetched as a record".into()));
		};
		let context = self.context(entry.header.stream, epoch, entry.record_id);
		let is_only_one = wrapped_keys.len() == 1;
		let mut failed = Error::Access(AccessError::NoKey(epoch));
		for key in wrapped_keys {
			// The owner of a stream reads with its own secrets. A key of one record is none of them.
			if wrapped_by == WrappedBy::Ourselves && key.secret == WrappedSecret::DataKey {
				continue;
			}
			let (resource, commitment) = match key.secret {
				WrappedSecret::StreamSecret => {
					(Resource::Stream(entry.header.stream), Some(commitment))
				},
				WrappedSecret::DataKey => (Resource::Record(entry.record_id), None),
			};
			let held = Held {
				sealed: key.sealed.0,
				context: WrapContext {
					genesis: self.limits.genesis_hash,
					resource,
					epoch,
					organization: key.organization,
					key_version: key.key_version,
				},
				secret: key.secret,
				wrapped_by,
				commitment,
			};
			let opens = match held.secret {
				// A single key fails later if it does not open.
				_ if is_only_one => Ok(()),
				WrappedSecret::StreamSecret => self.vault.check(&held).await,
				WrappedSecret::DataKey if payload.first() == Some(&ENVELOPE_V2) => {
					self.vault.open_object(&held, &context, payload).await.map(|_| ())
				},
				WrappedSecret::DataKey => {
					self.vault.open(&held, &context, payload).await.map(|_| ())
				},
			};
			match opens {
				Ok(()) => return Ok((held, context)),
				Err(error) => failed = error.into(),
			}
		}
		Err(failed)
	}

	/// Fetches and decrypts a record, and checks it against its commitment on the chain.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "access denied", [`Error::Vault`] for a ciphertext that does not open,
	/// [`Error::Access`]; [`Error::Argument`] for an object, which [`Self::open_object`] opens.
	pub async fn fetch(&self, id: RecordId) -> Result<CommittedDocument> {
		let Sealed { entry, held, context, payload, object } = self.fetch_sealed(id).await?;
		if object.is_some() {
			return Err(Error::Argument(
				"the record is an object, which is fetched as such".into(),
			));
		}
		self.open(entry, &held, &context, &payload).await
	}

	async fn open(
		&self,
		entry: Entry,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<CommittedDocument> {
		let document = self.vault.open(held, context, payload).await?;
		let mut commitment = self.vault.commitment_key(held, context, payload).await?.start();
		commitment.update(&document.bytes);
		check(&entry, commitment)?;
		Ok(CommittedDocument { document, entry })
	}

	/// Fetches a part of a stream from a position on: each entry, with its document if this organization may read it.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "not found", [`Error::Connect`]. Errors of single entries are in the
	/// result.
	pub async fn fetch_stream(&self, stream: StreamId, from: Sequence) -> Result<StreamPart> {
		self.fetch_stream_part(stream, from, usize::MAX).await
	}

	/// Fetches as [`Self::fetch_stream`] does, at most `limit` entries.
	///
	/// # Errors
	///
	/// As [`Self::fetch_stream`].
	pub async fn fetch_stream_part(
		&self,
		stream: StreamId,
		from: Sequence,
		limit: usize,
	) -> Result<StreamPart> {
		self.fetch_stream_at(stream, from, limit, false).await
	}

	/// Fetches as [`Self::fetch_stream`] does, at the best block, which may not become final. Nothing of it is proven.
	///
	/// # Errors
	///
	/// As [`Self::fetch_stream`].
	pub async fn fetch_unfinalized(&self, stream: StreamId, from: Sequence) -> Result<StreamPart> {
		self.fetch_stream_at(stream, from, usize::MAX, true).await
	}

	async fn fetch_stream_at(
		&self,
		stream: StreamId,
		from: Sequence,
		limit: usize,
		include_unfinalized: bool,
	) -> Result<StreamPart> {
		let most = self.limits.max_page_size;
		let limit = u32::try_from(limit).unwrap_or(most).clamp(1, most);
		let parameters = (stream, from, Some(limit), Some(include_unfinalized));
		let token = self.token("credio_v1_fetchStream", &parameters).await?;
		let params = (stream, from, token, limit, include_unfinalized);
		let answer: At<FetchedEntriesJson> = self.call("credio_v1_fetchStream", params).await?;
		let FetchedEntriesJson { items, next_sequence } = answer.answer;
		// Only final entries can be proven.
		if let Some(verified) = self.verified().filter(|_| !include_unfinalized) {
			verified.check_part(stream, from, &items, answer.at).await?;
		}
		let wrapped_by = self.wrapped_by(stream).await?;
		let mut entries = Vec::with_capacity(items.len());
		for FetchedEntryJson { entry, payload, secret_commitment, wrapped_keys, denial } in items {
			let read = match (payload, secret_commitment, denial) {
				_ if entry.header.stream != stream => {
					let error = "an entry of another stream than was asked for";
					Err(Unread::Unopened(Error::UnexpectedResponse(error.into())))
				},
				(Some(_), ..) if matches!(entry.header.body, EntryBody::Object { .. }) => {
					Err(Unread::Object)
				},
				(Some(payload), Some(commitment), _) => self
					.open_fetched(&entry, wrapped_by, &payload.0, commitment, wrapped_keys)
					.await
					.map_err(Unread::Unopened),
				(_, _, Some(denial)) => Err(Unread::Denied(denial)),
				_ => {
					let error = "an entry without payload has no reason";
					Err(Unread::Unopened(Error::UnexpectedResponse(error.into())))
				},
			};
			entries.push((entry, read));
		}
		Ok(StreamPart { at: answer.at, entries, next_sequence })
	}

	async fn open_fetched(
		&self,
		entry: &Entry,
		wrapped_by: WrappedBy,
		payload: &[u8],
		commitment: Digest,
		wrapped_keys: Vec<WrappedKeyJson>,
	) -> Result<Document> {
		let (held, context) =
			self.held_for(entry, wrapped_by, payload, commitment, wrapped_keys).await?;
		Ok(self.open(entry.clone(), &held, &context, payload).await?.document)
	}

	/// Returns the commitment key of a record, which verifiers may have: it decrypts nothing.
	///
	/// # Errors
	///
	/// As [`Self::fetch`].
	pub async fn commitment_key(&self, id: RecordId) -> Result<CommitmentKey> {
		let Sealed { held, context, payload, .. } = self.fetch_sealed(id).await?;
		Ok(self.vault.commitment_key(&held, &context, &payload).await?)
	}

	/// Checks a document against the commitment on the chain, with the commitment key alone.
	///
	/// # Errors
	///
	/// [`Error::Access`].
	pub async fn verify(
		&self,
		id: RecordId,
		document: &[u8],
		key: &CommitmentKey,
	) -> Result<Entry> {
		let mut commitment = key.start();
		commitment.update(document);
		self.verify_committed(id, commitment).await
	}

	/// Checks a document as [`Self::verify`] does, of which a commitment was made piece by piece.
	///
	/// # Errors
	///
	/// [`Error::Access`].
	pub async fn verify_committed(&self, id: RecordId, document: Committing) -> Result<Entry> {
		let entry = self.record(id).await?;
		check(&entry, document)?;
		Ok(entry)
	}
}

/// A record as it was fetched, with what opens it.
pub(crate) struct Sealed<'a> {
	pub entry: Entry,
	pub held: Held,
	pub context: Context,
	/// The envelope; of an object its header, which is enough to find the key.
	pub payload: Vec<u8>,
	/// Of an object: where its pieces are read, and its manifest.
	pub object: Option<(Pieces<'a>, Manifest)>,
}

/// A part of a stream.
#[derive(Debug)]
pub struct StreamPart {
	/// The finalized block of the read.
	pub at: BlockRef,
	/// In order.
	pub entries: Vec<(Entry, std::result::Result<Document, Unread>)>,
	/// Next sequence number; `None` at the end of the stream.
	pub next_sequence: Option<Sequence>,
}

/// Why an entry has no document.
#[derive(Debug)]
pub enum Unread {
	/// The organization may not read it, or it is an anchor.
	Denied(Denial),
	/// The ciphertext does not open, or does not match the entry's commitment.
	Unopened(Error),
	/// The document is an object, which may be large: [`Client::open_object`] opens it.
	Object,
}

/// Checks a document against an entry's commitment.
fn check(entry: &Entry, document: Committing) -> Result<()> {
	match entry.header.body.commitment() {
		Some(commitment) if document.verify(&commitment) => Ok(()),
		Some(_) => Err(AccessError::NotVerified.into()),
		None => Err(Error::Argument(
			"a Merkle anchor is verified with the proof that was made with it".into(),
		)),
	}
}
