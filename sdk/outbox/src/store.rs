//! Rows of the outbox.
//!
//! Every statement works on SQLite and on PostgreSQL; both take `$1` for the first parameter.

use super::{
	error::{OutboxError, Result},
	item::{Enqueued, ItemState},
	prepare::Ended,
};
use credio_primitives::{BlockNumber, Digest, RecordId, RequestKey, rpc::RequestStatusJson};
use serde::Serialize;
use sqlx::{AnyPool, Row, any::AnyRow};
use std::time::{SystemTime, UNIX_EPOCH};

/// Declares the statements that run both on connections of applications and on ours.
macro_rules! statements {
	($name:ident, $connection:ty) => {
		pub(crate) mod $name {
			use crate::{
				error::{OutboxError, Result},
				item::{Enqueued, ItemState},
				prepare::Prepared,
				store::{enqueued, milliseconds, state_of, Inserted},
			};
			use sqlx::Row;

			/// Stores an item, unless its key is there already.
			pub(crate) async fn insert(
				connection: &mut $connection,
				item: &Prepared,
				max_undecided: i64,
			) -> Result<Inserted> {
				// The first statement writes: in SQLite a transaction that reads first could not write once another
				// process has written.
				let inserted = sqlx::query(
					"INSERT INTO credio_outbox_items
						(request_key, current_key, attempt, record_id, content, body, lane, lifetime, checked_at, state, stored_at, is_object)
					SELECT $1, $2, 0, $3, $4, $5, $6, $7, 0, 'waiting', $9, $10
					WHERE (SELECT COUNT(*) FROM credio_outbox_items WHERE state IN ('waiting', 'sending')) < $8
					ON CONFLICT (request_key) DO NOTHING",
				)
				.bind(item.request_key.0.to_vec())
				.bind(item.request_key.0.to_vec())
				.bind(item.record_id.map(|id| id.0.to_vec()))
				.bind(item.content.clone())
				.bind(item.body.clone())
				.bind(item.lane)
				.bind(item.lifetime)
				.bind(max_undecided)
				.bind(milliseconds())
				.bind(i64::from(item.is_object))
				.execute(&mut *connection)
				.await?
				.rows_affected();
				if inserted > 0 {
					let state = ItemState::Waiting;
					let now = enqueued(item.request_key, item.record_id, state);
					return Ok(Inserted::Stands(Enqueued { is_new: true, ..now }));
				}
				// It is stored already, or the outbox is full.
				known(connection, item).await?.ok_or(OutboxError::Full(max_undecided))
			}

			/// Acquires SQLite's write lock: a transaction that reads first could not write once another process has
			/// written. Changes nothing, so it locks no row of PostgreSQL.
			pub(crate) async fn begin_to_write(connection: &mut $connection) -> Result<()> {
				sqlx::query("UPDATE credio_outbox_meta SET value = value WHERE name = ''")
					.execute(&mut *connection)
					.await?;
				Ok(())
			}

			/// Returns the item if it was stored before.
			pub(crate) async fn known(
				connection: &mut $connection,
				item: &Prepared,
			) -> Result<Option<Inserted>> {
				let row = sqlx::query(
					"SELECT content, state, attempt FROM credio_outbox_items WHERE request_key = $1",
				)
				.bind(item.request_key.0.to_vec())
				.fetch_optional(&mut *connection)
				.await?;
				let Some(row) = row else { return Ok(None) };
				let content: Vec<u8> = row.try_get(0)?;
				let state = state_of(&row.try_get::<String, _>(1)?)?;
				if content == item.content {
					let stands = enqueued(item.request_key, item.record_id, state);
					return Ok(Some(Inserted::Stands(stands)));
				}
				// A rejected or expired item leaves its name to another document.
				if matches!(state, ItemState::Rejected | ItemState::Expired) {
					return Ok(Some(Inserted::NameIsFree { attempts: row.try_get(2)? }));
				}
				Err(OutboxError::KeyReused(item.request_key))
			}

			/// Notes that a consumer has processed all outcomes up to a number.
			pub(crate) async fn acknowledge(
				connection: &mut $connection,
				consumer: &str,
				number: i64,
			) -> Result<()> {
				sqlx::query(
					"INSERT INTO credio_outbox_consumers (name, acknowledged) VALUES ($1, $2)
					ON CONFLICT (name) DO UPDATE SET acknowledged = excluded.acknowledged
					WHERE credio_outbox_consumers.acknowledged < excluded.acknowledged",
				)
				.bind(consumer.to_owned())
				.bind(number)
				.execute(&mut *connection)
				.await?;
				Ok(())
			}
		}
	};
}

statements!(any, sqlx::AnyConnection);
statements!(sqlite, sqlx::SqliteConnection);
statements!(postgres, sqlx::PgConnection);

/// The result of storing an item.
#[derive(Debug)]
pub enum Inserted {
	/// It is stored, now or earlier.
	Stands(Enqueued),
	/// Its key belongs to another item that ended without being applied. The next attempt is another key of the same
	/// name.
	NameIsFree {
		/// Attempts beyond the item's first.
		attempts: i64,
	},
}

fn enqueued(request_key: RequestKey, record_id: Option<RecordId>, state: ItemState) -> Enqueued {
	Enqueued { request_key, record_id, state, is_new: false }
}

pub(super) fn state_of(name: &str) -> Result<ItemState> {
	name.parse().map_err(|_| OutboxError::Corrupted(format!("state {name:?}")))
}

fn bytes32(bytes: Vec<u8>) -> Result<[u8; 32]> {
	bytes.try_into().map_err(|_| OutboxError::Corrupted("a key or digest has not 32 bytes".into()))
}

/// An item as it is listed, without its content.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
	/// Its number, in storing order.
	pub id: i64,
	/// Its key.
	pub request_key: RequestKey,
	/// The key that it is sent under now: another one if the first was rejected because a key epoch had ended.
	pub current_key: RequestKey,
	/// Record id of an upload.
	pub record_id: Option<RecordId>,
	/// Its state.
	pub state: ItemState,
	/// Its lane.
	pub lane: Option<i64>,
	/// Its position there, once it was given one.
	pub position: Option<i64>,
	/// Its last block, once it was sent.
	pub expires_at: Option<i64>,
	/// Number of its outcome, counted from 1 without gaps.
	pub outcome_number: Option<i64>,
	/// Status of the request when it ended.
	pub outcome: Option<RequestStatusJson>,
	/// Why it cannot be sent, or why it was not applied.
	pub problem: Option<String>,
	/// The finalized block at which it was found to have ended.
	pub decided_at: Option<i64>,
	/// When it was stored, in milliseconds since 1970, by this machine's clock. Items of older software have no times.
	pub stored_at: Option<i64>,
	/// When it was found to have ended.
	pub ended_at: Option<i64>,
}

const LISTED: &str = "id, request_key, current_key, record_id, state, lane, position, expires_at, outcome_number, outcome, problem, decided_at, stored_at, ended_at";

/// Returns the milliseconds since 1970.
pub(super) fn milliseconds() -> i64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn listed(row: &AnyRow) -> Result<Listed> {
	let record: Option<Vec<u8>> = row.try_get(3)?;
	let outcome: Option<String> = row.try_get(9)?;
	Ok(Listed {
		id: row.try_get(0)?,
		request_key: RequestKey(bytes32(row.try_get(1)?)?),
		current_key: RequestKey(bytes32(row.try_get(2)?)?),
		record_id: record.map(bytes32).transpose()?.map(RecordId),
		state: state_of(&row.try_get::<String, _>(4)?)?,
		lane: row.try_get(5)?,
		position: row.try_get(6)?,
		expires_at: row.try_get(7)?,
		outcome_number: row.try_get(8)?,
		outcome: outcome
			.map(|text| serde_json::from_str(&text))
			.transpose()
			.map_err(|error| OutboxError::Corrupted(error.to_string()))?,
		problem: row.try_get(10)?,
		decided_at: row.try_get(11)?,
		stored_at: row.try_get(12)?,
		ended_at: row.try_get(13)?,
	})
}

pub(super) async fn find(pool: &AnyPool, key: RequestKey) -> Result<Option<Listed>> {
	let row = sqlx::query(sqlx::AssertSqlSafe(format!(
		"SELECT {LISTED} FROM credio_outbox_items WHERE request_key = $1"
	)))
	.bind(key.0.to_vec())
	.fetch_optional(pool)
	.await?;
	row.as_ref().map(listed).transpose()
}

pub(super) async fn list(
	pool: &AnyPool,
	state: Option<ItemState>,
	after: i64,
	limit: u32,
) -> Result<Vec<Listed>> {
	let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
		"SELECT {LISTED} FROM credio_outbox_items WHERE id > $1 AND ($2 = '' OR state = $3) ORDER BY id LIMIT $4"
	)))
	.bind(after)
	.bind(state.map_or("", ItemState::name))
	.bind(state.map_or("", ItemState::name))
	.bind(i64::from(limit))
	.fetch_all(pool)
	.await?;
	rows.iter().map(listed).collect()
}

/// Returns outcomes after a number, in their order.
pub(super) async fn outcomes(pool: &AnyPool, after: i64, limit: u32) -> Result<Vec<Listed>> {
	let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
		"SELECT {LISTED} FROM credio_outbox_items WHERE outcome_number > $1 ORDER BY outcome_number LIMIT $2"
	)))
	.bind(after)
	.bind(i64::from(limit))
	.fetch_all(pool)
	.await?;
	rows.iter().map(listed).collect()
}

/// Returns the number of the last outcome.
pub(super) async fn last_outcome(pool: &AnyPool) -> Result<i64> {
	let query = "SELECT value FROM credio_outbox_meta WHERE name = 'outcomes'";
	Ok(sqlx::query(query).fetch_one(pool).await?.try_get(0)?)
}

pub(super) async fn acknowledged(pool: &AnyPool, consumer: &str) -> Result<i64> {
	let row = sqlx::query("SELECT acknowledged FROM credio_outbox_consumers WHERE name = $1")
		.bind(consumer.to_owned())
		.fetch_optional(pool)
		.await?;
	Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

pub(super) async fn ended(pool: &AnyPool, key: RequestKey) -> Result<Ended> {
	let row = sqlx::query(
		"SELECT state, body, lane, lifetime, attempt FROM credio_outbox_items WHERE request_key = $1",
	)
	.bind(key.0.to_vec())
	.fetch_optional(pool)
	.await?
	.ok_or(OutboxError::NotFound(key))?;
	match state_of(&row.try_get::<String, _>(0)?)? {
		ItemState::Rejected | ItemState::Expired | ItemState::Undetermined => Ok(Ended {
			request_key: key,
			body: row.try_get(1)?,
			lane: row.try_get(2)?,
			lifetime: row.try_get(3)?,
			attempts: row.try_get(4)?,
		}),
		_ => Err(OutboxError::NotEnded(key)),
	}
}

pub(super) async fn prune(pool: &AnyPool, until: BlockNumber) -> Result<u64> {
	let result = sqlx::query(
		"DELETE FROM credio_outbox_items WHERE decided_at <= $1
			AND outcome_number <= (SELECT MIN(acknowledged) FROM credio_outbox_consumers)",
	)
	.bind(i64::from(until))
	.execute(pool)
	.await?;
	Ok(result.rows_affected())
}

/// An undecided item, as the worker needs it.
#[derive(Clone, Debug)]
pub(super) struct Undecided {
	pub id: i64,
	pub request_key: RequestKey,
	pub current_key: RequestKey,
	pub attempt: i64,
	pub body: Vec<u8>,
	pub lane: Option<u32>,
	pub position: Option<u64>,
	pub lifetime: i64,
	pub expires_at: Option<BlockNumber>,
	pub body_digest: Option<Digest>,
	/// The first expiry under which it was signed with its present key.
	pub first_expiry: Option<BlockNumber>,
	/// Whether its document is uploaded as an object.
	pub is_object: bool,
}

const UNDECIDED: &str = "id, request_key, current_key, attempt, body, lane, position, lifetime, expires_at, body_digest, first_expiry, is_object";

fn number<To: TryFrom<i64>>(number: i64) -> Result<To> {
	To::try_from(number).map_err(|_| OutboxError::Corrupted(format!("number {number}")))
}

fn undecided(row: &AnyRow) -> Result<Undecided> {
	let digest: Option<Vec<u8>> = row.try_get(9)?;
	Ok(Undecided {
		id: row.try_get(0)?,
		request_key: RequestKey(bytes32(row.try_get(1)?)?),
		current_key: RequestKey(bytes32(row.try_get(2)?)?),
		attempt: row.try_get(3)?,
		body: row.try_get(4)?,
		lane: row.try_get::<Option<i64>, _>(5)?.map(number).transpose()?,
		position: row.try_get::<Option<i64>, _>(6)?.map(number).transpose()?,
		lifetime: row.try_get(7)?,
		expires_at: row.try_get::<Option<i64>, _>(8)?.map(number).transpose()?,
		body_digest: digest.map(bytes32).transpose()?.map(Digest),
		first_expiry: row.try_get::<Option<i64>, _>(10)?.map(number).transpose()?,
		is_object: row.try_get::<i64, _>(11)? != 0,
	})
}

/// Returns items that have not been sent yet, oldest first.
pub(super) async fn waiting(pool: &AnyPool, limit: i64) -> Result<Vec<Undecided>> {
	let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
		"SELECT {UNDECIDED} FROM credio_outbox_items WHERE state = 'waiting' ORDER BY id LIMIT $1"
	)))
	.bind(limit)
	.fetch_all(pool)
	.await?;
	rows.iter().map(undecided).collect()
}

/// Returns items that are being sent, least recently checked first.
pub(super) async fn sending(pool: &AnyPool, limit: i64) -> Result<Vec<Undecided>> {
	let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
		"SELECT {UNDECIDED} FROM credio_outbox_items WHERE state = 'sending' ORDER BY checked_at, id LIMIT $1"
	)))
	.bind(limit)
	.fetch_all(pool)
	.await?;
	rows.iter().map(undecided).collect()
}

/// Returns the keys and bodies of undecided objects.
pub(super) async fn undecided_objects(pool: &AnyPool) -> Result<Vec<(RequestKey, Vec<u8>)>> {
	let query = "SELECT request_key, body FROM credio_outbox_items WHERE is_object = 1 AND state IN ('waiting', 'sending')";
	let rows = sqlx::query(query).fetch_all(pool).await?;
	rows.iter().map(|row| Ok((RequestKey(bytes32(row.try_get(0)?)?), row.try_get(1)?))).collect()
}

/// Returns the number of items that are being sent.
pub(super) async fn count_sending(pool: &AnyPool) -> Result<i64> {
	let query = "SELECT COUNT(*) FROM credio_outbox_items WHERE state = 'sending'";
	Ok(sqlx::query(query).fetch_one(pool).await?.try_get(0)?)
}

/// Returns the number of items in each state.
pub(super) async fn counts(pool: &AnyPool) -> Result<Vec<(ItemState, i64)>> {
	let query = "SELECT state, COUNT(*) FROM credio_outbox_items GROUP BY state ORDER BY state";
	let rows = sqlx::query(query).fetch_all(pool).await?;
	rows.iter().map(|row| Ok((state_of(&row.try_get::<String, _>(0)?)?, row.try_get(1)?))).collect()
}

/// Returns the number of undecided items.
pub(super) async fn count_undecided(pool: &AnyPool) -> Result<i64> {
	let query = "SELECT COUNT(*) FROM credio_outbox_items WHERE state IN ('waiting', 'sending')";
	Ok(sqlx::query(query).fetch_one(pool).await?.try_get(0)?)
}

/// Returns the items of a lane that are being sent, in storing order.
pub(super) async fn in_lane(pool: &AnyPool, lane: u32) -> Result<Vec<Undecided>> {
	let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
		"SELECT {UNDECIDED} FROM credio_outbox_items WHERE state = 'sending' AND lane = $1 ORDER BY id LIMIT 2048"
	)))
	.bind(i64::from(lane))
	.fetch_all(pool)
	.await?;
	rows.iter().map(undecided).collect()
}

/// Returns the first position of a lane after all decided items of this outbox. A node can be behind it.
pub(super) async fn first_undecided_position(pool: &AnyPool, lane: u32) -> Result<u64> {
	let last: Option<i64> = sqlx::query(
		"SELECT MAX(position) FROM credio_outbox_items WHERE lane = $1 AND state IN ('applied', 'rejected')",
	)
	.bind(i64::from(lane))
	.fetch_one(pool)
	.await?
	.try_get(0)?;
	Ok(last.and_then(|last| u64::try_from(last).ok()).map_or(0, |last| last.saturating_add(1)))
}

pub(super) fn number_of(number: u64) -> Result<i64> {
	i64::try_from(number).map_err(|_| OutboxError::Corrupted(format!("number {number}")))
}

/// How an item ended.
#[derive(Debug)]
pub(super) struct End<'a> {
	pub state: ItemState,
	pub status: &'a RequestStatusJson,
	pub block: BlockNumber,
	pub problem: Option<String>,
	/// The record that it made, if it differs from the stored one.
	pub record: Option<RecordId>,
	/// Whether the chain decided it at its position of its lane. If not, the position is free for others.
	pub used_position: bool,
}
