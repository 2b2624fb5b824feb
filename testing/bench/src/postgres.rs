//! An alternative to a chain: a table in PostgreSQL with a unique key. Its rows are chained by hashes, so that a holder of
//! the newest hash can detect changed and removed rows.

use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant};

/// A table in a separate schema.
pub(crate) struct Ledger {
	connection: PgConnection,
	newest: Vec<u8>,
	next: u64,
	payload: Vec<u8>,
}

impl Ledger {
	/// Creates the table, and drops an existing one. Each row has `payload` bytes.
	pub(crate) async fn create(url: &str, payload: usize) -> Result<Self, sqlx::Error> {
		let mut connection = PgConnection::connect(url).await?;
		for statement in [
			"DROP SCHEMA IF EXISTS credio_bench CASCADE",
			"CREATE SCHEMA credio_bench",
			"CREATE TABLE credio_bench.records (position BIGINT PRIMARY KEY, key BYTEA NOT NULL UNIQUE, \
			payload BYTEA NOT NULL, hash BYTEA NOT NULL)",
			// Ciphertext does not compress.
			"ALTER TABLE credio_bench.records ALTER COLUMN payload SET STORAGE EXTERNAL",
		] {
			sqlx::query(statement).execute(&mut connection).await?;
		}
		let payload = (0..payload).map(|at| (at % 251) as u8).collect();
		Ok(Self { connection, newest: vec![0; 32], next: 0, payload })
	}

	/// Inserts rows, with a number of rows per commit, and returns the duration. Each commit is on disk when it returns.
	pub(crate) async fn insert(
		&mut self,
		rows: u64,
		per_commit: u64,
	) -> Result<Duration, sqlx::Error> {
		let started = Instant::now();
		let until = self.next + rows;
		while self.next < until {
			let (mut positions, mut keys, mut payloads, mut hashes) =
				(Vec::new(), Vec::new(), Vec::new(), Vec::new());
			while self.next < until && (positions.len() as u64) < per_commit {
				let mut payload = self.payload.clone();
				let number = self.next.to_le_bytes();
				payload.iter_mut().zip(number).for_each(|(to, from)| *to = from);
				let key = Sha256::digest(number).to_vec();
				let hash = Sha256::new()
					.chain_update(&self.newest)
					.chain_update(&key)
					.chain_update(&payload)
					.finalize();
				self.newest = hash.to_vec();
				positions.push(self.next as i64);
				keys.push(key);
				payloads.push(payload);
				hashes.push(self.newest.clone());
				self.next += 1;
			}
			let insert = "INSERT INTO credio_bench.records (position, key, payload, hash) \
				SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BYTEA[], $4::BYTEA[])";
			sqlx::query(insert)
				.bind(positions)
				.bind(keys)
				.bind(payloads)
				.bind(hashes)
				.execute(&mut self.connection)
				.await?;
		}
		Ok(started.elapsed())
	}

	/// Drops the table.
	pub(crate) async fn remove(mut self) -> Result<(), sqlx::Error> {
		sqlx::query("DROP SCHEMA credio_bench CASCADE").execute(&mut self.connection).await?;
		self.connection.close().await
	}
}
