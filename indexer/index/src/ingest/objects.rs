//! Objects: read one at a time after their blocks are stored, so that no store holds the index up.

use super::{
	convert::document,
	error::{IngestError, Result},
	trouble::Trouble,
};
use crate::store::{ERASED, Pending, Store, TOO_LARGE, Turn};
use credio_client::{AccessError, Client, Error, objects::ObjectError};
use credio_primitives::StreamId;
use std::{collections::BTreeSet, convert::Infallible, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

/// Objects that are looked up at once.
const AT_ONCE: u32 = 100;
/// How long one may take.
const MAX_TIME: Duration = Duration::from_secs(60);
/// Bounds of the time after which those that could not be read are tried again.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));

/// Reads the objects of an index.
pub(super) struct Objects<'a> {
	pub client: &'a Client,
	pub store: &'a Store,
	pub trouble: &'a Trouble,
	/// Size of the largest that is read.
	pub largest: u64,
}

/// The result of reading one.
enum Outcome {
	/// It is stored, or listed with the reason why it is not.
	Settled,
	/// It could not be read now.
	Failed(String),
	/// As that, and others of its stream would fail as well.
	NoAnswer(String),
}

/// The result of trying several.
struct Pass {
	/// The last one that was tried.
	turn: Turn,
	/// How many could not be read.
	failed: usize,
	/// Why the first of them could not be.
	first: Option<String>,
}

impl Objects<'_> {
	/// Tries all that are to be read, each once.
	pub(super) async fn read(&self) -> Result<()> {
		self.store.set_largest_object(self.largest).await?;
		let pass = self.pass(Turn::FIRST).await?;
		self.report(&pass);
		Ok(())
	}

	/// Reads objects as they come, and tries those again that could not be read, at growing intervals.
	pub(super) async fn follow(&self) -> Result<Infallible> {
		self.store.set_largest_object(self.largest).await?;
		let mut changed = self.store.changed().ok_or_else(stopped)?;
		let (mut turn, mut wait, mut again) = (Turn::FIRST, AGAIN.0, None);
		loop {
			changed.mark_unchanged();
			let is_full = turn == Turn::FIRST;
			let pass = self.pass(turn).await?;
			turn = pass.turn;
			self.report(&pass);
			if pass.failed > 0 {
				again.get_or_insert_with(|| Instant::now() + wait);
			} else if is_full {
				wait = AGAIN.0;
			}
			tokio::select! {
				heard = changed.changed() => heard.map_err(|_| stopped())?,
				() = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {
					(turn, again) = (Turn::FIRST, None);
					wait = wait.saturating_mul(2).min(AGAIN.1);
				},
			}
		}
	}

	fn report(&self, pass: &Pass) {
		match &pass.first {
			Some(first) => self.trouble.objects_failed(pass.failed, first),
			None => self.trouble.objects_work(),
		}
	}

	/// Tries all after a position, in their order.
	async fn pass(&self, after: Turn) -> Result<Pass> {
		let mut pass = Pass { turn: after, failed: 0, first: None };
		let mut silent = BTreeSet::<StreamId>::new();
		loop {
			let pending = self.store.pending_objects(pass.turn, AT_ONCE).await?;
			if pending.is_empty() {
				return Ok(pass);
			}
			for object in pending {
				pass.turn = object.turn;
				if silent.contains(&object.stream) {
					pass.failed += 1;
					continue;
				}
				let problem = match self.read_one(&object).await? {
					Outcome::Settled => continue,
					Outcome::Failed(problem) => problem,
					Outcome::NoAnswer(problem) => {
						silent.insert(object.stream);
						problem
					},
				};
				pass.failed += 1;
				pass.first.get_or_insert_with(|| format!("{}: {problem}", object.record));
			}
		}
	}

	async fn read_one(&self, object: &Pending) -> Result<Outcome> {
		let record = object.record;
		let fetched = timeout(MAX_TIME, self.client.fetch_small_object(record, self.largest)).await;
		let error = match fetched {
			Err(_) => {
				let seconds = MAX_TIME.as_secs();
				return Ok(Outcome::NoAnswer(format!("it takes longer than {seconds} seconds")));
			},
			// Meanwhile it may have been erased, and a store may still have it.
			Ok(Ok(fetched)) => {
				if self.client.erasure(record).await?.is_some() {
					self.store.refuse_object(record, ERASED).await?;
				} else {
					self.store.put_object(record, document(&fetched.document)).await?;
				}
				return Ok(Outcome::Settled);
			},
			Ok(Err(error)) => error,
		};
		if error.is_no_answer() {
			return Err(error.into());
		}
		let reason = match &error {
			Error::Object(ObjectError::TooLarge { .. }) => TOO_LARGE,
			// The store has what the chain says, so its author made it so.
			Error::Access(AccessError::NotVerified) => "doesNotVerify",
			Error::Object(ObjectError::Envelope(_)) => "doesNotOpen",
			Error::Object(ObjectError::Store(_)) => {
				return Ok(Outcome::NoAnswer(error.with_hint()));
			},
			Error::Refused(_) if self.client.erasure(record).await?.is_some() => ERASED,
			_ => return Ok(Outcome::Failed(error.with_hint())),
		};
		if self.store.refuse_object(record, reason).await? && reason.starts_with("doesNot") {
			self.trouble.object_unfit(record, &error);
		}
		Ok(Outcome::Settled)
	}
}

fn stopped() -> IngestError {
	crate::store::StoreError::Stopped.into()
}
