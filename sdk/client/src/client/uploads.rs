//! Uploading documents: once under each name, whoever repeats it when.

use super::{
	requests::Submitted, streams::is_rejected_for, Client, CommittedDocument, Outcome, Upload,
	Uploaded,
};
use crate::{
	error::{Error, Result},
	name::{Name, MAX_ATTEMPTS},
};
use credio_primitives::{
	error_codes as codes,
	rpc::{RequestState, RequestStatusJson},
	EntryBody, RecordId, RequestKey, StreamId,
};

/// How often an upload is made again because the key epoch changed meanwhile.
const MAX_RACES: u32 = 8;

impl Client {
	/// Key of the request that uploads under a business key, at an attempt counted from 0.
	///
	/// `HMAC(organization secret, SCALE("key", stream, business key, attempt))`, with the secret that is in force.
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

	/// Uploads a document, encrypted, and waits until the outcome is final. Repeating it is harmless: what was applied
	/// under the name of an upload is its outcome for ever. What was rejected is tried again, as the next attempt.
	///
	/// Errors: [`Error::Vault`] for a document over the limit, [`Error::KeyReused`] for a business key under which
	/// something else is on the chain or under way: another document, media type or superseded record;
	/// [`Error::NoKey`], [`Error::RotationDue`], [`Error::Connection`] and others.
	pub async fn upload(&self, upload: &Upload<'_>) -> Result<Outcome> {
		let name = self.begun(Name::of_upload(upload)).await?;
		let outcome = self.upload_as(upload, &name).await;
		match &outcome {
			Ok(Outcome::Applied(_)) => return outcome,
			Err(error) if error.is_no_answer() => return outcome,
			_ => {},
		}
		// It may have been applied before, and be rejected now just for that, or since the stream was sealed.
		match self.recognize(upload, &name).await {
			Ok(None) => outcome,
			Ok(Some(uploaded)) => Ok(Outcome::Applied(uploaded)),
			Err(error @ Error::KeyReused(_)) => Err(error),
			Err(error) if error.is_no_answer() => Err(error),
			Err(_) => outcome,
		}
	}

	/// Uploads under a name, by the first attempt that is not rejected yet. Asks nothing beforehand, so an upload that is new
	/// costs no more than it has to.
	async fn upload_as(&self, upload: &Upload<'_>, name: &Name) -> Result<Outcome> {
		let reference = name.reference(&*self.vault).await?;
		let (mut races, mut last) = (0, None);
		for attempt in 0..MAX_ATTEMPTS {
			let key = name.key(&*self.vault, attempt).await?;
			let (_, call) = self.seal_soon(upload, reference).await?;
			let Submitted { status, was_rejected } =
				match self.submit_telling(key, &[call], None).await {
					// Something else, or the same under another key epoch.
					Err(Error::KeyReused(_)) => match self.decided(key).await? {
						status if status.status == RequestState::Rejected => {
							Submitted { status, was_rejected: true }
						},
						_ => return Err(Error::KeyReused(key)),
					},
					submitted => submitted?,
				};
			if status.status == RequestState::Applied {
				return self.applied(name, key, &status).await;
			}
			// The epoch changed between reading it and writing: a race, not an answer.
			if is_rejected_for(&status, &["RotationDue", "EpochNotCurrent"]) {
				self.forget_epoch(upload.stream).await;
				if !was_rejected {
					races += 1;
				}
				if races >= MAX_RACES {
					return Err(Error::RotationDue);
				}
			} else if !was_rejected {
				return Ok(Outcome::Rejected(Box::new(status)));
			}
			last = Some(status);
		}
		match last {
			Some(status) => Ok(Outcome::Rejected(Box::new(status))),
			None => Err(Error::RotationDue),
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

	/// What is on the chain under the name of an upload, if anything is.
	///
	/// Errors: [`Error::KeyReused`] if it is something else.
	async fn recognize(&self, upload: &Upload<'_>, name: &Name) -> Result<Option<Uploaded>> {
		let record_id = name.record_id(&*self.vault, self.organization).await?;
		match self.is_recorded(upload, record_id).await? {
			None => Ok(None),
			Some(false) => Err(Error::KeyReused(name.key(&*self.vault, 0).await?)),
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

	/// Whether an entry has all that an upload asks for; `None` if there is no such entry.
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
				// Whoever may append only compares what it would have sealed.
				let held = self.held(upload.stream, epoch).await?;
				let context = self.context(upload.stream, epoch, id);
				let sealed =
					self.vault.seal(&held, &context, upload.media_type, upload.document).await?;
				let same_size = u32::try_from(sealed.payload.len()) == Ok(size);
				Ok(Some(sealed.commitment == commitment && same_size))
			},
			Err(Error::NotVerified) => Ok(Some(false)),
			Err(error) => Err(error),
		}
	}
}
