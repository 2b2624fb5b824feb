//! Outcomes of items, in the order in which they became final.

use super::{
	connection::Connection,
	error::{OutboxError, Result},
	outbox::{OTHER_PROCESSES, Outbox},
	store::{self, Listed},
};
use std::collections::VecDeque;

/// Outcomes read from the database at once.
const PAGE: u32 = 256;

/// How an item ended.
#[derive(Clone, Debug)]
pub struct ItemOutcome {
	/// Its number: counted from 1, without gaps.
	pub number: i64,
	/// The item.
	pub item: Listed,
}

/// A consumer's outcomes, from the first one on that it has not acknowledged.
#[derive(Debug)]
pub struct Outcomes {
	outbox: Outbox,
	/// The last number read.
	read: i64,
	page: VecDeque<ItemOutcome>,
}

impl Outbox {
	/// Returns the outcomes that a consumer has not acknowledged yet, and then those to come. Each consumer has a name
	/// and a stored cursor.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn outcomes(&self, consumer: &str) -> Result<Outcomes> {
		let read = store::acknowledged(&self.pool, consumer).await?;
		Ok(Outcomes { outbox: self.clone(), read, page: VecDeque::new() })
	}

	/// Returns the outcomes from now on, for an observer.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn outcomes_from_now(&self) -> Result<Outcomes> {
		let read = store::last_outcome(&self.pool).await?;
		Ok(Outcomes { outbox: self.clone(), read, page: VecDeque::new() })
	}

	/// Notes that a consumer has processed all outcomes up to this number, so that it does not get them again.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn acknowledge(&self, consumer: &str, number: i64) -> Result<()> {
		let mut connection = self.pool.acquire().await?;
		store::any::acknowledge(&mut connection, consumer, number).await
	}

	/// As [`Self::acknowledge`], in the transaction of the application that processes the outcomes. Then each is
	/// processed exactly once, through any crash.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn acknowledge_in(
		&self,
		transaction: &mut impl Connection,
		consumer: &str,
		number: i64,
	) -> Result<()> {
		transaction.acknowledge(consumer, number).await
	}
}

impl Outcomes {
	/// Returns the next outcome, if there is one.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn try_next(&mut self) -> Result<Option<ItemOutcome>> {
		if self.page.is_empty() {
			for item in store::outcomes(&self.outbox.pool, self.read, PAGE).await? {
				let number = item
					.outcome_number
					.ok_or_else(|| OutboxError::Corrupted("an outcome without a number".into()))?;
				self.page.push_back(ItemOutcome { number, item });
			}
		}
		let next = self.page.pop_front();
		if let Some(next) = &next {
			self.read = next.number;
		}
		Ok(next)
	}

	/// Waits for the next outcome.
	///
	/// # Errors
	///
	/// [`OutboxError::Database`].
	pub async fn next(&mut self) -> Result<ItemOutcome> {
		loop {
			let changed = self.outbox.changed.clone();
			let notified = changed.notified();
			if let Some(outcome) = self.try_next().await? {
				return Ok(outcome);
			}
			// Writes of this process notify at once; those of others do not.
			let _ = tokio::time::timeout(OTHER_PROCESSES, notified).await;
		}
	}
}
