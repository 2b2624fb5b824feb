//! Records: sealing, fetching, verifying.

use super::{Client, EPOCH_TTL};
use crate::{
	calls::Call,
	error::{Error, Result},
};
use credio_envelope::{CommitmentKey, Context, Document, WrapContext};
use credio_primitives::{
	entry::EntryFilter,
	rpc::{
		At, BlockRef, FetchedEntriesJson, FetchedEntryJson, FetchedJson, RequestStatusJson,
		StreamJson, WrappedKeyJson,
	},
	BlockNumber, Denial, Digest, Entry, EntryBody, KeyEpoch, RecordId, Reference, RequestKey,
	Resource, Sequence, StreamId, WrappedSecret,
};
use credio_vault::{Held, WrappedBy};
use std::time::Instant;
use subxt::rpcs::client::RpcSubscription;

/// A document to upload.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
	/// The stream.
	pub stream: StreamId,
	/// A business key that names this upload within the stream, such as an invoice number. Without one, all that is asked
	/// for does: the same document, of the same media type and in place of the same record, is uploaded once.
	pub key: Option<&'a [u8]>,
	/// Media type of the document; encrypted with it.
	pub media_type: &'a str,
	/// The document.
	pub document: &'a [u8],
	/// The record that this one replaces.
	pub supersedes: Option<RecordId>,
}

/// How an upload ended, finally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// It is on the chain.
	Applied(Uploaded),
	/// The chain refused it; the status says why.
	Rejected(Box<RequestStatusJson>),
}

/// A document that is on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uploaded {
	/// Name of its record.
	pub record_id: RecordId,
	/// Stream it is in.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Key of the request that brought it.
	pub request_key: RequestKey,
	/// Block in which it was applied.
	pub block: BlockNumber,
}

/// A document with what it takes to verify it.
#[derive(Debug)]
pub struct CommittedDocument {
	/// The document.
	pub document: Document,
	/// Header of its record.
	pub entry: Entry,
}

/// Entries of a stream, as they become final.
pub struct Entries(RpcSubscription<Entry>);

impl Entries {
	/// The next entry; `None` when the node has ended the subscription.
	///
	/// Errors: [`Error::Connection`].
	pub async fn next(&mut self) -> Result<Option<Entry>> {
		Ok(self.0.next().await.transpose()?)
	}
}

impl Client {
	/// As [`Self::seal_as`], under the epoch of a moment ago, which spares a call for each of many uploads. If it has
	/// ended since, the call is rejected, and the caller tries again after [`Self::forget_epoch`].
	pub async fn seal_soon(
		&self,
		upload: &Upload<'_>,
		reference: Reference,
	) -> Result<(RecordId, Call)> {
		let epoch = self.recent_epoch(upload.stream).await?;
		self.sealer_of(upload.stream, epoch).await?.seal(upload, reference).await
	}

	/// Seals a document under the stream's present epoch: the id that its record will have, and the call that appends
	/// it as the first one of the request with this key.
	///
	/// Errors: [`Error::Vault`] for a document over the limit, [`Error::NoKey`], [`Error::RotationDue`],
	/// [`Error::Connection`].
	pub async fn seal(&self, upload: &Upload<'_>, key: RequestKey) -> Result<(RecordId, Call)> {
		self.seal_as(upload, Reference::derive(&key, 0)).await
	}

	/// As [`Self::seal`], with a reference that the caller chooses, for a leg of this organization in a bundle, say. The
	/// call fails if the next epoch has been opened before it runs.
	///
	/// Errors: as there.
	pub async fn seal_as(
		&self,
		upload: &Upload<'_>,
		reference: Reference,
	) -> Result<(RecordId, Call)> {
		self.sealer(upload.stream).await?.seal(upload, reference).await
	}

	/// Seals any number of documents for a stream under its present epoch, without asking the node again.
	///
	/// Errors: [`Error::NoKey`], [`Error::RotationDue`], [`Error::Connection`].
	pub async fn sealer(&self, stream: StreamId) -> Result<Sealer<'_>> {
		let epoch = self.writable_epoch(stream).await?;
		self.sealer_of(stream, epoch).await
	}

	async fn sealer_of(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Sealer<'_>> {
		Ok(Sealer { client: self, held: self.held(stream, epoch).await?, epoch })
	}

	/// The epoch under which a record can be written, as of a moment ago.
	async fn recent_epoch(&self, stream: StreamId) -> Result<KeyEpoch> {
		let known = self.epochs.lock().await.entry(stream).or_default().clone();
		// Many that ask at once wait for one answer.
		let mut known = known.lock().await;
		if let Some((at, epoch)) = *known {
			if at.elapsed() < EPOCH_TTL {
				return Ok(epoch);
			}
		}
		let epoch = self.writable_epoch(stream).await?;
		*known = Some((Instant::now(), epoch));
		Ok(epoch)
	}

	/// Asks for the epoch of a stream anew next time.
	pub async fn forget_epoch(&self, stream: StreamId) {
		self.epochs.lock().await.remove(&stream);
	}

	/// The epoch under which a record can be written now. If the next one is due and the stream is ours, opens it.
	async fn writable_epoch(&self, stream: StreamId) -> Result<KeyEpoch> {
		let StreamJson { epoch, owner, .. } = self.stream(stream).await?;
		let state = epoch.ok_or(Error::NoEpoch)?;
		match state.rotation_due {
			false => Ok(state.current),
			true if owner == self.organization => self.rotate_stream(stream).await,
			true => Err(Error::RotationDue),
		}
	}

	/// Makes sure that records can be appended to a stream: if its next key epoch is due and the stream is ours, opens
	/// it.
	///
	/// Errors: [`Error::NoEpoch`], [`Error::RotationDue`] for a stream of another organization.
	pub async fn ensure_writable(&self, stream: StreamId) -> Result<()> {
		self.writable_epoch(stream).await.map(|_| ())
	}

	/// Header of an entry; `None` if there is none of that name.
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

	/// Header of an entry.
	///
	/// Errors: [`Error::NotFound`]; [`Error::Refused`] with the code for "not found" if the node is believed.
	pub async fn record(&self, id: RecordId) -> Result<Entry> {
		self.record_at(id, None).await
	}

	/// Header of an entry, at this block or a later one.
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

	/// Headers that match a filter, at most `most`.
	pub async fn query(&self, filter: &EntryFilter, most: usize) -> Result<Vec<Entry>> {
		self.all("credio_v1_query", filter, most).await
	}

	/// Entries of a stream from a position on, first history and then live, as they become final.
	///
	/// Errors: [`Error::Refused`] with the code for "not found".
	pub async fn watch(&self, stream: StreamId, from: Sequence) -> Result<Entries> {
		let params = super::by_position(&(stream, from))?;
		let method = ("credio_v1_subscribeStream", "credio_v1_unsubscribeStream");
		Ok(Entries(self.subscribe(method, params).await?))
	}

	/// A record's ciphertext, with the key to it as this organization holds it.
	pub(crate) async fn fetch_sealed(
		&self,
		id: RecordId,
	) -> Result<(Entry, Held, Context, Vec<u8>)> {
		let token = self.token("credio_v1_fetch", &id).await?;
		let answer: At<FetchedJson> = self.call("credio_v1_fetch", (id, token)).await?;
		let FetchedJson { entry, payload, secret_commitment, wrapped_keys } = answer.answer;
		if let Some(verified) = self.verified() {
			verified.check_record(id, &entry, secret_commitment, answer.at).await?;
		}
		let wrapped_by = self.wrapped_by(entry.header.stream).await?;
		let (held, context) =
			self.held_for(&entry, wrapped_by, &payload.0, secret_commitment, wrapped_keys).await?;
		Ok((entry, held, context, payload.0))
	}

	/// The key to a record as this organization holds it, and what the record is sealed with. Of several keys, the first that
	/// opens it: what others have given on may be anything.
	async fn held_for(
		&self,
		entry: &Entry,
		wrapped_by: WrappedBy,
		payload: &[u8],
		commitment: Digest,
		wrapped_keys: Vec<WrappedKeyJson>,
	) -> Result<(Held, Context)> {
		let EntryBody::Record { epoch, .. } = entry.header.body else {
			return Err(Error::Answer("an anchor was fetched as a record".into()));
		};
		let context = self.context(entry.header.stream, epoch, entry.record_id);
		let is_only_one = wrapped_keys.len() == 1;
		let mut failed = Error::NoKey(epoch);
		for key in wrapped_keys {
			// Nobody gives an owner the key of one record: it reads by the secrets that it has made.
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
				// Whether it does, its use shows.
				_ if is_only_one => Ok(()),
				WrappedSecret::StreamSecret => self.vault.check(&held).await,
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
	/// Errors: [`Error::Refused`] with the code for "access denied", [`Error::Vault`] for a ciphertext that does not
	/// open, [`Error::NotVerified`].
	pub async fn fetch(&self, id: RecordId) -> Result<CommittedDocument> {
		let (entry, held, context, payload) = self.fetch_sealed(id).await?;
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
		let key = self.vault.commitment_key(held, context, payload).await?;
		check(&entry, &document.bytes, &key)?;
		Ok(CommittedDocument { document, entry })
	}

	/// A part of a stream, from a position on: each entry, with its document if this organization may read it.
	///
	/// Errors: [`Error::Refused`] with the code for "not found", [`Error::Connection`]. What concerns one entry is told
	/// with it.
	pub async fn fetch_stream(&self, stream: StreamId, from: Sequence) -> Result<StreamPart> {
		self.fetch_stream_part(stream, from, usize::MAX).await
	}

	/// As [`Self::fetch_stream`], at most `limit` entries.
	///
	/// Errors: as there.
	pub async fn fetch_stream_part(
		&self,
		stream: StreamId,
		from: Sequence,
		limit: usize,
	) -> Result<StreamPart> {
		self.fetch_stream_at(stream, from, limit, false).await
	}

	/// As [`Self::fetch_stream`], as of the best block, which may not become final, and of which nothing is proven.
	///
	/// Errors: as there.
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
		// What is not final cannot be proven.
		if let Some(verified) = self.verified().filter(|_| !include_unfinalized) {
			verified.check_part(stream, from, &items, answer.at).await?;
		}
		let wrapped_by = self.wrapped_by(stream).await?;
		let mut entries = Vec::with_capacity(items.len());
		for FetchedEntryJson { entry, payload, secret_commitment, wrapped_keys, denial } in items {
			let read = match (payload, secret_commitment, denial) {
				_ if entry.header.stream != stream => {
					let error = "an entry of another stream than was asked for";
					Err(Unread::Unopened(Error::Answer(error.into())))
				},
				(Some(payload), Some(commitment), _) => self
					.open_fetched(&entry, wrapped_by, &payload.0, commitment, wrapped_keys)
					.await
					.map_err(Unread::Unopened),
				(_, _, Some(denial)) => Err(Unread::Denied(denial)),
				_ => {
					let error = "an entry without payload does not say why";
					Err(Unread::Unopened(Error::Answer(error.into())))
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

	/// The commitment key of a record, which may be given to verifiers: it opens nothing.
	///
	/// Errors: as [`Self::fetch`].
	pub async fn commitment_key(&self, id: RecordId) -> Result<CommitmentKey> {
		let (_, held, context, payload) = self.fetch_sealed(id).await?;
		Ok(self.vault.commitment_key(&held, &context, &payload).await?)
	}

	/// Checks a document against the commitment on the chain, with the commitment key alone.
	///
	/// Errors: [`Error::NotVerified`].
	pub async fn verify(
		&self,
		id: RecordId,
		document: &[u8],
		key: &CommitmentKey,
	) -> Result<Entry> {
		let entry = self.record(id).await?;
		check(&entry, document, key)?;
		Ok(entry)
	}
}

/// Seals documents for a stream, under one of its epochs.
pub struct Sealer<'a> {
	client: &'a Client,
	held: Held,
	epoch: KeyEpoch,
}

impl Sealer<'_> {
	/// As [`Client::seal_as`].
	///
	/// Errors: [`Error::Vault`] for a document over the limit, [`Error::Argument`] for one of another stream.
	pub async fn seal(
		&self,
		upload: &Upload<'_>,
		reference: Reference,
	) -> Result<(RecordId, Call)> {
		let Self { client, held, epoch } = self;
		if held.context.resource != Resource::Stream(upload.stream) {
			return Err(Error::Argument("the document is for another stream".into()));
		}
		let record_id = RecordId::derive(client.organization, &reference);
		let context = client.context(upload.stream, *epoch, record_id);
		let sealed = client.vault.seal(held, &context, upload.media_type, upload.document).await?;
		let call = Call::append_record(
			upload.stream,
			reference,
			*epoch,
			sealed.commitment,
			&sealed.payload,
			upload.supersedes,
		);
		Ok((record_id, call))
	}
}

/// A part of a stream.
#[derive(Debug)]
pub struct StreamPart {
	/// The finalized block by which it is told.
	pub at: BlockRef,
	/// In the order of their numbers.
	pub entries: Vec<(Entry, std::result::Result<Document, Unread>)>,
	/// Number from which to go on; `None` at the end of the stream.
	pub next_sequence: Option<Sequence>,
}

/// Why there is no document of an entry.
#[derive(Debug)]
pub enum Unread {
	/// The organization may not read it, or it is an anchor.
	Denied(Denial),
	/// It may, and what is on the chain does not open, or is not what the entry commits to.
	Unopened(Error),
}

/// Holds a document against an entry's commitment.
fn check(entry: &Entry, document: &[u8], key: &CommitmentKey) -> Result<()> {
	match &entry.header.body {
		EntryBody::Record { commitment, .. } | EntryBody::DigestAnchor { commitment } => {
			if key.verify(document, commitment) {
				Ok(())
			} else {
				Err(Error::NotVerified)
			}
		},
		EntryBody::MerkleAnchor { .. } => Err(Error::Argument(
			"a Merkle anchor is verified with the proof that was made with it".into(),
		)),
	}
}
