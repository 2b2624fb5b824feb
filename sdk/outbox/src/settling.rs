//! Ends items with final outcomes.

use super::{
	body::NamedBody,
	error::OutboxError,
	fault::Fault,
	item::ItemState,
	store::{End, Undecided},
	worker::Turn,
};
use credio_client::{Error, is_rejected_for};
use credio_primitives::{
	BlockNumber, LanePosition, RecordId, Request,
	rpc::{At, RequestState, RequestStatusJson},
};

/// How often an upload is retried because its key epoch ended before it was applied.
const MAX_ATTEMPTS: i64 = 8;

impl Turn<'_> {
	/// Checks the status of an item: ends it if its outcome is final, and sends it again if it is unknown. Returns its
	/// status if it has not ended.
	pub(super) async fn settle(
		&self,
		mut item: Undecided,
	) -> Result<Option<(i64, RequestState)>, Fault> {
		self.hold(&mut item).await?;
		let At { at, answer: status } = self.status(&item).await?;
		match status.status {
			RequestState::Applied | RequestState::Rejected => {
				self.decide(&item, &status, at.number).await?;
				Ok(None)
			},
			RequestState::Expired => {
				self.expire(&item, &status, at.number).await?;
				Ok(None)
			},
			RequestState::Pending => {
				self.lease.note(item.id, self.heads.finalized.into(), None).await?;
				Ok(Some((item.id, status.status)))
			},
			// It cannot be applied any more, and the chain does not know whether it was.
			RequestState::Unknown if item.expires_at.is_some_and(|last| last < at.number) => {
				self.expire(&item, &status, at.number).await?;
				Ok(None)
			},
			RequestState::Unknown => {
				let id = item.id;
				if item.lane.is_none() {
					self.send(item).await?;
				}
				Ok(Some((id, status.status)))
			},
		}
	}

	/// Ends an item with a receipt.
	async fn decide(
		&self,
		item: &Undecided,
		status: &RequestStatusJson,
		block: BlockNumber,
	) -> Result<(), Fault> {
		let digest = status.receipt.as_ref().map(|receipt| receipt.body_digest);
		let is_applied = status.status == RequestState::Applied;
		let is_ours = is_applied && digest.is_some() && digest == item.body_digest;
		let epoch_ended = is_rejected_for(status, &["RotationDue", "EpochNotCurrent"]);
		if epoch_ended && item.attempt < MAX_ATTEMPTS {
			// Not a fault of the upload but a race with a rotation: it is sent again under the next epoch.
			let vault = &*self.outbox.vault;
			let body = NamedBody::open(vault, &item.request_key, &item.body).await?;
			let attempt = item.attempt.saturating_add(1);
			let number = u32::try_from(attempt).unwrap_or(u32::MAX);
			let key = body.request_key(vault, number).await?;
			if let Some(stream) = body.stream() {
				self.chain.forget_epoch(stream).await;
			}
			self.objects.forget(item.id);
			self.lease.requeue(item.id, key, attempt).await?;
			return Ok(());
		}
		// A record on the chain under the name counts, even if its receipt is gone or another attempt appended it.
		let (state, problem) = if is_ours || self.is_recorded(item).await? {
			(ItemState::Applied, None)
		} else if is_applied {
			let problem =
				"the key was used for something else, by other software of the organization";
			(ItemState::Rejected, Some(problem.to_owned()))
		} else {
			let error = status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref());
			let problem =
				error.map(|error| format!("{}: {}", error.name, error.description.trim()));
			(ItemState::Rejected, problem)
		};
		self.end(item, state, status, block, problem).await
	}

	/// Ends an item after its expiry: as expired if it is certain that it was not applied.
	async fn expire(
		&self,
		item: &Undecided,
		status: &RequestStatusJson,
		block: BlockNumber,
	) -> Result<(), Fault> {
		let latest = item.expires_at.unwrap_or(block);
		let earliest = item.first_expiry.unwrap_or(latest);
		let retention = self.chain.limits().receipt_retention;
		let is_certain = Request::has_expired(block, earliest, latest, retention);
		// The receipt may have been removed meanwhile. An entry stays, and another attempt may have appended it.
		if self.is_recorded(item).await? {
			return self.end(item, ItemState::Applied, status, block, None).await;
		}
		if status.status == RequestState::Expired && is_certain {
			return self.end(item, ItemState::Expired, status, block, None).await;
		}
		let problem =
			"the chain keeps receipts for some days past the expiry, and these have passed";
		self.end(item, ItemState::Undetermined, status, block, Some(problem.into())).await
	}

	/// Whether the chain has the content of an upload under its name.
	async fn is_recorded(&self, item: &Undecided) -> Result<bool, Fault> {
		let vault = &*self.outbox.vault;
		let body = NamedBody::open(vault, &item.request_key, &item.body).await?;
		if body.stream().is_none() {
			return Ok(false);
		}
		let organization = self.outbox.organization();
		let record = body.name().record_id(vault, organization).await.map_err(OutboxError::from)?;
		match self.has(record, &body).await {
			Ok(is_there) => Ok(is_there == Some(true)),
			Err(error) if error.is_no_answer() => Err(error.into()),
			Err(_) => Ok(false),
		}
	}

	/// Whether a record of the chain is that of an upload. `None` if there is no such record, or if it is no upload.
	pub(super) async fn has(
		&self,
		record: RecordId,
		body: &NamedBody,
	) -> Result<Option<bool>, Error> {
		match (body.upload(), body.object()) {
			(Some(upload), _) => self.chain.is_recorded(&upload, record).await,
			(None, Some(object)) => self.chain.is_object_recorded(&object, record).await,
			(None, None) => Ok(None),
		}
	}

	pub(super) async fn end(
		&self,
		item: &Undecided,
		state: ItemState,
		status: &RequestStatusJson,
		block: BlockNumber,
		problem: Option<String>,
	) -> Result<(), Fault> {
		// A request that was decided before, at another position or at none, leaves this one free.
		let decided_at = status.receipt.as_ref().and_then(|receipt| receipt.lane);
		let position = item.lane.zip(item.position);
		let position = position.map(|(lane, sequence)| LanePosition { lane, sequence });
		let is_decided = matches!(state, ItemState::Applied | ItemState::Rejected);
		let used_position = !is_decided || decided_at == position;
		let end = End { state, status, block, problem, record: None, used_position };
		self.lease.end(item.id, &end).await?;
		self.objects.forget(item.id);
		self.outbox.changed.notify_waiters();
		Ok(())
	}
}
