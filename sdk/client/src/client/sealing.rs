//! Sealing documents under the key epoch of a stream.

use super::{Client, records::Upload};
use crate::{
	calls::Call,
	error::{AccessError, Error, Result},
};
use credio_primitives::{
	KeyEpoch, RecordId, Reference, RequestKey, Resource, StreamId, rpc::StreamJson,
};
use credio_vault::Held;
use std::time::{Duration, Instant};

/// How long the key epoch of a stream is cached. If the epoch ended in between, the chain rejects the upload, and it is
/// made again.
const EPOCH_TTL: Duration = Duration::from_secs(2);

impl Client {
	/// Seals as [`Self::seal_as`] does, under the cached epoch, which saves a call for each of many uploads. If the
	/// epoch has ended, the chain rejects the call, and the caller retries after [`Self::forget_epoch`].
	pub async fn seal_soon(
		&self,
		upload: &Upload<'_>,
		reference: Reference,
	) -> Result<(RecordId, Call)> {
		let epoch = self.recent_epoch(upload.stream).await?;
		self.sealer_of(upload.stream, epoch).await?.seal(upload, reference).await
	}

	/// Seals a document under the stream's present epoch. Returns the id of its record, and the call that appends it as
	/// the first one of the request with this key.
	///
	/// # Errors
	///
	/// [`Error::Vault`] for a document over the limit, [`Error::Access`], [`Error::Connect`].
	pub async fn seal(&self, upload: &Upload<'_>, key: RequestKey) -> Result<(RecordId, Call)> {
		self.seal_as(upload, Reference::derive(&key, 0)).await
	}

	/// Seals as [`Self::seal`] does, with a given reference, for example for this organization's leg of a bundle. The
	/// call fails if the next epoch is opened before it runs.
	///
	/// # Errors
	///
	/// As [`Self::seal`].
	pub async fn seal_as(
		&self,
		upload: &Upload<'_>,
		reference: Reference,
	) -> Result<(RecordId, Call)> {
		self.sealer(upload.stream).await?.seal(upload, reference).await
	}

	/// Returns a sealer, which seals any number of documents for a stream under its present epoch without calling the
	/// node again.
	///
	/// # Errors
	///
	/// [`Error::Access`], [`Error::Connect`].
	pub async fn sealer(&self, stream: StreamId) -> Result<Sealer<'_>> {
		let epoch = self.writable_epoch(stream).await?;
		self.sealer_of(stream, epoch).await
	}

	async fn sealer_of(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Sealer<'_>> {
		Ok(Sealer { client: self, held: self.held(stream, epoch).await?, epoch })
	}

	/// Returns the cached epoch for new records of a stream.
	pub(super) async fn recent_epoch(&self, stream: StreamId) -> Result<KeyEpoch> {
		let known = self.epochs.lock().await.entry(stream).or_default().clone();
		// Concurrent callers share one read.
		let mut known = known.lock().await;
		if let Some((at, epoch)) = *known
			&& at.elapsed() < EPOCH_TTL
		{
			return Ok(epoch);
		}
		let epoch = self.writable_epoch(stream).await?;
		*known = Some((Instant::now(), epoch));
		Ok(epoch)
	}

	/// Removes a stream's epoch from the cache.
	pub async fn forget_epoch(&self, stream: StreamId) {
		self.epochs.lock().await.remove(&stream);
	}

	/// Returns the epoch for new records. Opens the next one if it is due and this organization owns the stream.
	async fn writable_epoch(&self, stream: StreamId) -> Result<KeyEpoch> {
		let StreamJson { epoch, owner, .. } = self.stream(stream).await?;
		let state = epoch.ok_or(AccessError::NoEpoch)?;
		match state.rotation_due {
			false => Ok(state.current),
			true if owner == self.organization => self.rotate_stream(stream).await,
			true => Err(AccessError::RotationDue.into()),
		}
	}

	/// Ensures that records can be appended to a stream: opens its next key epoch if it is due and this organization
	/// owns the stream.
	///
	/// # Errors
	///
	/// [`Error::Access`] for a stream of another organization.
	pub async fn ensure_writable(&self, stream: StreamId) -> Result<()> {
		self.writable_epoch(stream).await.map(|_| ())
	}
}

/// Seals documents for a stream, under one of its epochs.
#[derive(Debug)]
pub struct Sealer<'a> {
	client: &'a Client,
	held: Held,
	epoch: KeyEpoch,
}

impl Sealer<'_> {
	/// Seals as [`Client::seal_as`] does.
	///
	/// # Errors
	///
	/// [`Error::Vault`] for a document over the limit, [`Error::Argument`] for one of another stream.
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
