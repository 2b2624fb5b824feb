//! Signs items and submits them.

use super::{
	body::NamedBody,
	error::OutboxError,
	fault::Fault,
	objects::Object,
	store::{self, Undecided},
	worker::Turn,
};
use credio_client::{ConnectError, Error, SignError};
use credio_primitives::{LanePosition, Request};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

impl Turn<'_> {
	/// Sends as many waiting items as the limit allows.
	pub(super) async fn send_waiting(&self) -> Result<(), Fault> {
		let sending = store::count_sending(&self.outbox.pool).await?;
		let room = i64::from(self.settings.max_sending).saturating_sub(sending);
		if room <= 0 {
			return Ok(());
		}
		let waiting = store::waiting(&self.outbox.pool, room).await?;
		let waiting = self.without_what_is_known(waiting).await?;
		let mut waiting = self.without_what_is_stored(waiting);
		let mut next = BTreeMap::new();
		for item in &mut waiting {
			item.expires_at = Some(self.bounds().first(self.heads, item.lifetime));
			if let Some(lane) = item.lane {
				if let Entry::Vacant(entry) = next.entry(lane) {
					entry.insert(self.free_position(lane).await?);
				}
				let free = next.entry(lane).or_default();
				item.position = *free;
				*free = free.map(|free| free.saturating_add(1));
			}
			// Stored before it is sent, so that its expiry stays the same after a crash.
			self.lease.fix(item).await?;
		}
		// Items of a lane in the order of their positions, so that the first does not wait for others.
		let (in_lanes, free): (Vec<_>, Vec<_>) =
			waiting.into_iter().partition(|item| item.lane.is_some());
		stream::iter(in_lanes.into_iter().chain(free))
			.map(|item| self.send(item))
			.buffered(self.settings.concurrency)
			.try_collect()
			.await
	}

	/// Leaves out items whose objects are being stored, and what comes after them in their lanes.
	fn without_what_is_stored(&self, waiting: Vec<Undecided>) -> Vec<Undecided> {
		let mut held = BTreeSet::new();
		let is_ready = |item: &Undecided| {
			let is_being_stored = item.is_object
				&& matches!(self.objects.get(item, self.heads.finalized), Object::Pending);
			let waits = is_being_stored || item.lane.is_some_and(|lane| held.contains(&lane));
			if waits {
				held.extend(item.lane);
			}
			!waits
		};
		waiting.into_iter().filter(is_ready).collect()
	}

	/// Extends the expiry of an item that would expire while finality stands still.
	pub(super) async fn hold(&self, item: &mut Undecided) -> Result<(), Fault> {
		let Some(present) = item.expires_at else { return Ok(()) };
		let first = item.first_expiry.unwrap_or(present);
		if let Some(later) = self.bounds().held(self.heads, item.lifetime, first, present) {
			item.expires_at = Some(later);
			self.lease.fix(item).await?;
		}
		Ok(())
	}

	/// Signs an item and submits it. Stores why the node does not take it, and it is tried again.
	pub(super) async fn send(&self, mut item: Undecided) -> Result<(), Fault> {
		let problem = match self.try_to_send(&mut item).await {
			Ok(()) => None,
			// Another node may do better.
			Err(Fault::Node(
				error @ (Error::Connect(ConnectError::Unreachable(_))
				| Error::Sign(SignError::OtherRuntime { .. })),
			)) => {
				return Err(error.into());
			},
			// It may be decided already, or cannot be sent for now. What cannot be sent to the end expires. A position that
			// is taken in a block that is not final may be free again; when it is taken finally, [`Self::order`] sees that.
			Err(Fault::Node(error)) => Some(error.with_hint()),
			Err(Fault::Outbox(
				error @ (OutboxError::Vault(_) | OutboxError::Corrupted(_) | OutboxError::Item(_)),
			)) => Some(error.to_string()),
			Err(error) => return Err(error),
		};
		let block = self.heads.finalized.into();
		self.lease.note(item.id, block, problem.as_deref()).await?;
		Ok(())
	}

	async fn try_to_send(&self, item: &mut Undecided) -> Result<(), Fault> {
		let lane = match (item.lane, item.position) {
			(None, _) => None,
			(Some(lane), Some(sequence)) => Some(LanePosition { lane, sequence }),
			// Too far ahead to get a position now.
			(Some(_), None) => return Ok(()),
		};
		let expires_at = item.expires_at.ok_or_else(|| {
			OutboxError::Corrupted("an item is being sent that has no expiry".into())
		})?;
		let vault = &*self.outbox.vault;
		let body = NamedBody::open(vault, &item.request_key, &item.body).await?;
		let calls = match body.upload() {
			Some(upload) => {
				let reference = body.name().reference(vault).await.map_err(OutboxError::from)?;
				vec![self.chain.seal(&upload, reference).await?]
			},
			None if item.is_object => match self.objects.get(item, self.heads.finalized) {
				Object::Stored(call) => vec![call],
				// It is sent once it is stored.
				Object::Pending => return Ok(()),
				Object::Failed(problem) => return Err(OutboxError::Item(problem).into()),
			},
			None => body.calls().to_vec(),
		};
		// For the organization of the outbox, even if the account has moved to another one.
		let organization = self.outbox.organization();
		let request = Request { organization, key: item.current_key, expires_at, lane };
		let signed = self.chain.sign(request, &calls).await?;
		item.body_digest = Some(signed.body_digest);
		self.lease.fix(item).await?;
		self.chain.submit(&signed).await?;
		Ok(())
	}
}
