//! Uploads of documents: once under each name, no matter who repeats them.

use super::{
	Client, CommittedDocument, Outcome, Upload, Uploaded,
	status::{Races, Submitted, UploadStep},
};
use crate::{
	calls::Call,
	error::{AccessError, Error, Result, SubmitError},
	name::{MAX_ATTEMPTS, Name},
};
use async_trait::async_trait;
use credio_primitives::{
	EntryBody, RecordId, Reference, RequestKey, StreamId, error_codes as codes,
	rpc::{RequestState, RequestStatusJson},
};

/// A document that is uploaded under a name.
#[async_trait]
pub(super) trait Item: Sync {
	/// The stream.
	fn stream(&self) -> StreamId;

	/// Seals it under the stream's present epoch and returns the call that appends it.
	async fn seal(&self, client: &Client, reference: Reference) -> Result<Call>;

	/// Whether an entry has its content; `None` if there is no such entry.
	async fn is_recorded(&self, client: &Client, id: RecordId) -> Result<Option<bool>>;
}

#[async_trait]
impl Item for Upload<'_> {
	fn stream(&self) -> StreamId {
		self.stream
	}

	async fn seal(&self, client: &Client, reference: Reference) -> Result<Call> {
		Ok(client.seal_soon(self, reference).await?.1)
	}

	async fn is_recorded(&self, client: &Client, id: RecordId) -> Result<Option<bool>> {
		client.is_recorded(self, id).await
	}
}

impl Client {
	/// Returns the key of the request that uploads under a business key, for an attempt counted from 0.
	///
	/// `HMAC(organization secret, SCALE("key", stream, business key, attempt))`, with the current secret.
	///
	/// # Errors
	///
	/// [`Error::Vault`].
	pub async fn key_of(
		&self,
		stream: StreamId,
		business_key: &[u8],
		attempt: u32,
	) -> Result<RequestKey> {
		Ok(Name::of_business_key(stream, business_key).key(&*self.vault, attempt).await?)
	}

	/// Uploads a document, encrypted, and waits until the outcome is final. Repeating it has no effect once it was
	/// applied: that stays its outcome. A rejected upload is tried again, as the next attempt.
	///
	/// # Errors
	///
	/// [`Error::Vault`] for a document over the limit, [`Error::Submit`] for a business key that was used for another
	/// document, media type or superseded record; [`Error::Access`], [`Error::Connect`] and others.
	pub async fn upload(&self, upload: &Upload<'_>) -> Result<Outcome> {
		let name = self.known_name(Name::of_upload(upload)).await?;
		self.upload_under(upload, &name).await
	}

	/// Uploads a document under a name, and recognizes it if it is on the chain already.
	pub(super) async fn upload_under(&self, item: &impl Item, name: &Name) -> Result<Outcome> {
		let outcome = self.upload_item(item, name).await;
		match &outcome {
			Ok(Outcome::Applied(_)) => return outcome,
			Err(error) if error.is_no_answer() => return outcome,
			_ => {},
		}
		// It may have been applied before, and be rejected for that, or because the stream was sealed since.
		match self.recognize(item, name).await {
			Ok(None) => outcome,
			Ok(Some(uploaded)) => Ok(Outcome::Applied(uploaded)),
			Err(error @ Error::Submit(SubmitError::KeyReused(_))) => Err(error),
			Err(error) if error.is_no_answer() => Err(error),
			Err(_) => outcome,
		}
	}

	/// Uploads under a name, by the first attempt that is not rejected. Reads nothing beforehand, to keep new uploads
	/// cheap.
	async fn upload_item(&self, item: &impl Item, name: &Name) -> Result<Outcome> {
		let reference = name.reference(&*self.vault).await?;
		let (mut races, mut last) = (Races::default(), None);
		for attempt in 0..MAX_ATTEMPTS {
			let key = name.key(&*self.vault, attempt).await?;
			let call = item.seal(self, reference).await?;
			let submitted = match self.submit_telling(key, &[call], None).await {
				// Something else, or the same under another key epoch.
				Err(Error::Submit(SubmitError::KeyReused(_))) => match self.decided(key).await? {
					status if status.status == RequestState::Rejected => {
						Submitted { status, was_rejected: true }
					},
					_ => return Err(SubmitError::KeyReused(key).into()),
				},
				submitted => submitted?,
			};
			let step = races.after(&submitted);
			let status = submitted.status;
			match step {
				UploadStep::Applied => return self.applied(name, key, &status).await,
				UploadStep::Rejected => return Ok(Outcome::Rejected(Box::new(status))),
				UploadStep::Next => {},
				UploadStep::NextEpoch => self.forget_epoch(item.stream()).await,
				UploadStep::GiveUp => {
					self.forget_epoch(item.stream()).await;
					return Err(AccessError::RotationDue.into());
				},
			}
			last = Some(status);
		}
		match last {
			Some(status) => Ok(Outcome::Rejected(Box::new(status))),
			None => Err(AccessError::RotationDue.into()),
		}
	}

	async fn applied(
		&self,
		name: &Name,
		key: RequestKey,
		status: &RequestStatusJson,
	) -> Result<Outcome> {
		let record_id = name.record_id(&*self.vault, self.organization).await?;
		let block = status.receipt.as_ref().map(|receipt| receipt.block);
		let header = self.record_at(record_id, block).await?.header;
		Ok(Outcome::Applied(Uploaded {
			record_id,
			stream: header.stream,
			sequence: header.sequence,
			request_key: key,
			block: status.receipt.as_ref().map_or(header.block, |receipt| receipt.block),
		}))
	}

	/// Returns the record under the name of an upload, if it is on the chain.
	///
	/// # Errors
	///
	/// [`Error::Submit`] if it is something else.
	pub(super) async fn recognize(
		&self,
		item: &impl Item,
		name: &Name,
	) -> Result<Option<Uploaded>> {
		let record_id = name.record_id(&*self.vault, self.organization).await?;
		match item.is_recorded(self, record_id).await? {
			None => Ok(None),
			Some(false) => Err(SubmitError::KeyReused(name.key(&*self.vault, 0).await?).into()),
			Some(true) => {
				let header = self.record(record_id).await?.header;
				Ok(Some(Uploaded {
					record_id,
					stream: header.stream,
					sequence: header.sequence,
					request_key: self.standing(name).await?.request_key,
					block: header.block,
				}))
			},
		}
	}

	/// Whether an entry has the content of an upload; `None` if there is no such entry.
	pub async fn is_recorded(&self, upload: &Upload<'_>, id: RecordId) -> Result<Option<bool>> {
		let Some(entry) = self.find_record(id).await? else { return Ok(None) };
		let EntryBody::Record { epoch, commitment, size, supersedes } = entry.header.body else {
			return Ok(Some(false));
		};
		if entry.header.stream != upload.stream || supersedes != upload.supersedes {
			return Ok(Some(false));
		}
		match self.fetch(id).await {
			Ok(CommittedDocument { document, .. }) => Ok(Some(
				document.bytes.as_slice() == upload.document
					&& document.media_type == upload.media_type,
			)),
			Err(Error::Refused(refusal)) if refusal.code == codes::ACCESS_DENIED => {
				// An organization that may only append compares the ciphertext that it would seal.
				let held = self.held(upload.stream, epoch).await?;
				let context = self.context(upload.stream, epoch, id);
				let sealed =
					self.vault.seal(&held, &context, upload.media_type, upload.document).await?;
				let same_size = u32::try_from(sealed.payload.len()) == Ok(size);
				Ok(Some(sealed.commitment == commitment && same_size))
			},
			Err(Error::Access(AccessError::NotVerified)) => Ok(Some(false)),
			Err(error) => Err(error),
		}
	}
}
