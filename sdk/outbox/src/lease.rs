//! The lease: the right of one worker to write states of items, and these writes.
//!
//! Each new holder of the lease has a higher number, its epoch. Each write checks, in its transaction, that its
//! worker's epoch is the present one. So a worker that was away (stopped, swapped out, cut off from the database) and
//! does not know yet that it was replaced changes nothing. Time is the database's: the clocks of the workers' machines
//! do not matter.

use super::{
	error::{OutboxError, Result},
	store::{End, Undecided, milliseconds, number_of},
};
use credio_primitives::RequestKey;
use sqlx::{AnyPool, Row, Transaction};
use std::time::Duration;

/// How long a dead worker keeps the lease.
pub(super) const LEASE: Duration = Duration::from_secs(15);

/// Milliseconds since 1970 by the clock of SQLite's machine, and of PostgreSQL's.
const NOW: (&str, &str) = (
	"CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
	"CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
);

/// Prevents a takeover of the lease until the transaction ends. In SQLite only one transaction writes at a time: this
/// one from here on.
const HOLD: (&str, &str) = (
	"UPDATE credio_outbox_worker SET until = until WHERE name = 'worker' AND owner = $1 AND epoch = $2",
	"SELECT 1 FROM credio_outbox_worker WHERE name = 'worker' AND owner = $1 AND epoch = $2 FOR SHARE",
);

/// The lease, held by one of several workers.
#[derive(Clone, Debug)]
pub(super) struct Lease {
	pool: AnyPool,
	is_postgres: bool,
	/// Names the worker among others.
	owner: String,
	/// Its number. Increases with each new holder.
	epoch: i64,
}

impl Lease {
	/// Acquires or renews the lease; `None` while another worker holds it.
	pub(crate) async fn acquire(
		pool: &AnyPool,
		is_postgres: bool,
		owner: &str,
	) -> Result<Option<Self>> {
		Self::acquire_for(pool, is_postgres, owner, LEASE).await
	}

	async fn acquire_for(
		pool: &AnyPool,
		is_postgres: bool,
		owner: &str,
		time: Duration,
	) -> Result<Option<Self>> {
		let now = if is_postgres { NOW.1 } else { NOW.0 };
		let row = sqlx::query(sqlx::AssertSqlSafe(format!(
			"INSERT INTO credio_outbox_worker (name, owner, until, epoch) VALUES ('worker', $1, {now} + $2, 1)
			ON CONFLICT (name) DO UPDATE SET
				owner = excluded.owner,
				until = excluded.until,
				epoch = credio_outbox_worker.epoch
					+ CASE WHEN credio_outbox_worker.owner = excluded.owner THEN 0 ELSE 1 END
			WHERE credio_outbox_worker.owner = excluded.owner OR credio_outbox_worker.until < {now}
			RETURNING epoch"
		)))
		.bind(owner.to_owned())
		.bind(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
		.fetch_optional(pool)
		.await?;
		let Some(row) = row else { return Ok(None) };
		Ok(Some(Self {
			pool: pool.clone(),
			is_postgres,
			owner: owner.into(),
			epoch: row.try_get(0)?,
		}))
	}

	/// Renews the lease.
	///
	/// # Errors
	///
	/// [`OutboxError::Superseded`].
	pub(crate) async fn renew(&self) -> Result<()> {
		match Self::acquire(&self.pool, self.is_postgres, &self.owner).await? {
			Some(lease) if lease.epoch == self.epoch => Ok(()),
			_ => Err(OutboxError::Superseded),
		}
	}

	/// Starts a transaction that writes, if the lease is still ours.
	async fn begin(&self) -> Result<Transaction<'static, sqlx::Any>> {
		let mut transaction = self.pool.begin().await?;
		let hold = sqlx::query(if self.is_postgres { HOLD.1 } else { HOLD.0 })
			.bind(self.owner.clone())
			.bind(self.epoch);
		let is_ours = match self.is_postgres {
			true => hold.fetch_optional(&mut *transaction).await?.is_some(),
			false => hold.execute(&mut *transaction).await?.rows_affected() > 0,
		};
		if is_ours {
			Ok(transaction)
		} else {
			transaction.rollback().await?;
			Err(OutboxError::Superseded)
		}
	}

	/// Stores the parameters of an item before it is sent. The expiry of a key never decreases: an earlier signature
	/// may still be applied.
	///
	/// # Errors
	///
	/// [`OutboxError::Superseded`], [`OutboxError::Database`].
	pub(crate) async fn fix(&self, item: &Undecided) -> Result<()> {
		let mut transaction = self.begin().await?;
		let expires_at = item.expires_at.map(i64::from);
		sqlx::query(
			"UPDATE credio_outbox_items
			SET state = 'sending', current_key = $1, attempt = $2, position = $3, body_digest = $4,
				expires_at = CASE WHEN expires_at > $5 THEN expires_at ELSE $6 END,
				first_expiry = COALESCE(first_expiry, $7)
			WHERE id = $8 AND outcome_number IS NULL",
		)
		.bind(item.current_key.0.to_vec())
		.bind(item.attempt)
		.bind(item.position.map(number_of).transpose()?)
		.bind(item.body_digest.map(|digest| digest.0.to_vec()))
		.bind(expires_at)
		.bind(expires_at)
		.bind(expires_at)
		.bind(item.id)
		.execute(&mut *transaction)
		.await?;
		Ok(transaction.commit().await?)
	}

	/// Makes an item wait again, for another attempt under another key.
	///
	/// # Errors
	///
	/// [`OutboxError::Superseded`], [`OutboxError::Database`].
	pub(crate) async fn requeue(&self, id: i64, key: RequestKey, attempt: i64) -> Result<()> {
		let mut transaction = self.begin().await?;
		sqlx::query(
			"UPDATE credio_outbox_items
			SET state = 'waiting', current_key = $1, attempt = $2, position = NULL, expires_at = NULL,
				first_expiry = NULL, body_digest = NULL
			WHERE id = $3 AND outcome_number IS NULL",
		)
		.bind(key.0.to_vec())
		.bind(attempt)
		.bind(id)
		.execute(&mut *transaction)
		.await?;
		Ok(transaction.commit().await?)
	}

	/// Notes that an item was checked, and why it cannot be sent.
	///
	/// # Errors
	///
	/// [`OutboxError::Superseded`], [`OutboxError::Database`].
	pub(crate) async fn note(&self, id: i64, checked_at: i64, problem: Option<&str>) -> Result<()> {
		let mut transaction = self.begin().await?;
		sqlx::query(
			"UPDATE credio_outbox_items SET checked_at = $1, problem = $2
			WHERE id = $3 AND outcome_number IS NULL",
		)
		.bind(checked_at)
		.bind(problem.map(str::to_owned))
		.bind(id)
		.execute(&mut *transaction)
		.await?;
		Ok(transaction.commit().await?)
	}

	/// Ends an item, unless it has ended, and numbers its outcome, in one transaction.
	///
	/// # Errors
	///
	/// [`OutboxError::Superseded`], [`OutboxError::Database`].
	pub(crate) async fn end(&self, id: i64, end: &End<'_>) -> Result<()> {
		let outcome = serde_json::to_string(end.status)
			.map_err(|error| OutboxError::Corrupted(error.to_string()))?;
		let mut transaction = self.begin().await?;
		let number: i64 = sqlx::query(
			"UPDATE credio_outbox_meta SET value = value + 1 WHERE name = 'outcomes' RETURNING value",
		)
		.fetch_one(&mut *transaction)
		.await?
		.try_get(0)?;
		let ended = sqlx::query(
			"UPDATE credio_outbox_items
			SET state = $1, outcome_number = $2, outcome = $3, decided_at = $4, problem = $5, ended_at = $6,
				record_id = COALESCE($7, record_id), position = CASE WHEN $8 = 1 THEN position ELSE NULL END
			WHERE id = $9 AND outcome_number IS NULL",
		)
		.bind(end.state.name())
		.bind(number)
		.bind(outcome)
		.bind(i64::from(end.block))
		.bind(end.problem.clone())
		.bind(milliseconds())
		.bind(end.record.map(|record| record.0.to_vec()))
		.bind(i64::from(end.used_position))
		.bind(id)
		.execute(&mut *transaction)
		.await?
		.rows_affected();
		match ended {
			// It has ended before; the number is not used.
			0 => transaction.rollback().await?,
			_ => transaction.commit().await?,
		}
		Ok(())
	}
}

/// Releases the lease, so that another worker can acquire it at once. The row stays, since it has the last epoch.
pub(super) async fn resign(pool: &AnyPool, owner: &str) -> Result<()> {
	sqlx::query("UPDATE credio_outbox_worker SET owner = '', until = 0 WHERE owner = $1")
		.bind(owner.to_owned())
		.execute(pool)
		.await?;
	Ok(())
}

#[cfg(test)]
mod tests;
