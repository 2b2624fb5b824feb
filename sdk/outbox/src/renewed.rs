//! Items that were enqueued before the organization renewed its secret, and again since, under other keys.

use super::{
	body::NamedBody,
	error::OutboxError,
	fault::Fault,
	item::ItemState,
	store::{End, Undecided},
	worker::Turn,
};
use credio_client::name::earlier_secrets;
use credio_primitives::{
	KeyVersion, RecordId,
	rpc::{RequestState, RequestStatusJson},
};

/// The outcome of an item under an earlier secret.
struct Known {
	status: RequestStatusJson,
	record: Option<RecordId>,
	/// Whether it has the content of the item.
	is_same: bool,
}

impl Turn<'_> {
	/// Ends waiting items that were applied under an earlier secret, and returns the others. Costs nothing until a
	/// secret is renewed.
	pub(super) async fn without_what_is_known(
		&self,
		waiting: Vec<Undecided>,
	) -> Result<Vec<Undecided>, Fault> {
		let vault = &*self.outbox.vault;
		let earlier = earlier_secrets(vault).await.map_err(OutboxError::from)?;
		if earlier.is_empty() {
			return Ok(waiting);
		}
		let mut left = Vec::with_capacity(waiting.len());
		for item in waiting {
			match self.known_before(&item, &earlier).await? {
				None => left.push(item),
				Some(known) => self.end_as_known(&item, known).await?,
			}
		}
		Ok(left)
	}

	async fn known_before(
		&self,
		item: &Undecided,
		earlier: &[KeyVersion],
	) -> Result<Option<Known>, Fault> {
		let vault = &*self.outbox.vault;
		let body = match NamedBody::open(vault, &item.request_key, &item.body).await {
			Ok(body) => body,
			// Sending it reports the error.
			Err(OutboxError::Vault(_) | OutboxError::Corrupted(_)) => return Ok(None),
			Err(error) => return Err(error.into()),
		};
		// An item that was stored under an earlier secret belongs to that secret.
		for secret in earlier.iter().filter(|secret| **secret < body.secret) {
			let name = body.name().under(*secret);
			let mut status = self.chain.standing(&name).await?;
			if status.status == RequestState::Pending {
				status = self.chain.decided(status.request_key).await?;
			}
			if status.status != RequestState::Applied {
				continue;
			}
			if body.stream().is_none() {
				return Ok(Some(Known { status, record: None, is_same: true }));
			}
			let organization = self.outbox.organization();
			let record = name.record_id(vault, organization).await.map_err(OutboxError::from)?;
			let is_same = self.has(record, &body).await? == Some(true);
			return Ok(Some(Known { status, record: Some(record), is_same }));
		}
		Ok(None)
	}

	async fn end_as_known(&self, item: &Undecided, known: Known) -> Result<(), Fault> {
		let Known { status, record, is_same } = known;
		let (state, problem) = match is_same {
			true => (ItemState::Applied, None),
			false => (
				ItemState::Rejected,
				Some("the key stands for something else, from before the organization renewed its secret".into()),
			),
		};
		let block = self.heads.finalized;
		let record = record.filter(|_| is_same);
		// It was decided before it had a position.
		let used_position = false;
		let end = End { state, status: &status, block, problem, record, used_position };
		self.lease.end(item.id, &end).await?;
		self.outbox.changed.notify_waiters();
		Ok(())
	}
}
