//! Writes blocks, documents that come and go, and live entries, in one transaction.

use super::{
	decode::{bytes32, number},
	error::{Result, StoreError},
	generation::Generation,
	handle::Store,
	make::{Job, make},
	place::{ENTRIES_PER_BLOCK, place},
	rows::Target,
	schema,
	statement::{Argument, MAX_ARGUMENTS, Statement, insert},
};
use crate::block::{Block, Content, Document, Entry};
use credio_database::Backend;
use credio_primitives::{OrganizationId, RecordId, StreamId};
use futures::StreamExt;
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use std::{
	collections::{BTreeSet, HashMap},
	pin::pin,
	sync::Arc,
};

/// Longest reason or media type that is stored, in characters.
const MAX_TEXT_LENGTH: usize = 1_024;
/// Entries of one statement.
const PLACES_AT_ONCE: usize = 500;
/// Columns of `entries`.
const ENTRY_COLUMNS: usize = 15;
/// Most documents that wait for their rows, and most bytes of them.
const MAX_JOBS: usize = 1_024;
const MAX_WAITING_BYTES: usize = 8 << 20;

/// How an entry was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Replaced {
	/// An entry that is not final.
	ByLive = 1,
	/// A final one.
	ByFinal = 2,
}

/// One transaction.
pub(super) struct Writer<'a> {
	pub connection: &'a mut AnyConnection,
	backend: Backend,
	/// The organization that owns the index.
	organization: OrganizationId,
	/// Revision of the transaction.
	revision: i64,
	targets: Vec<Target>,
	streams: HashMap<StreamId, Option<(OrganizationId, String)>>,
	/// Entries and documents that are not written yet.
	entries: Vec<Vec<Argument>>,
	documents: Vec<Vec<Argument>>,
	/// Documents without computed rows.
	jobs: Vec<Job>,
	/// Bytes of documents that wait.
	waiting: usize,
	replaced: Vec<(RecordId, Replaced)>,
}

/// A stored entry.
struct Stored {
	place: i64,
	stream: StreamId,
	is_final: bool,
	superseded: i64,
}

impl<'a> Writer<'a> {
	pub(super) async fn new(store: &Store, connection: &'a mut AnyConnection) -> Result<Self> {
		schema::lock(connection).await?;
		let revision = schema::next_revision(connection).await?;
		let generations: Vec<Generation> = store.load_generations(connection).await?;
		Ok(Self {
			backend: store.backend,
			organization: store.organization,
			revision,
			targets: generations.into_iter().map(Target::new).collect(),
			connection,
			streams: HashMap::new(),
			entries: Vec::new(),
			documents: Vec::new(),
			jobs: Vec::new(),
			waiting: 0,
			replaced: Vec::new(),
		})
	}

	fn statement(&self, sql: &str) -> Statement {
		Statement::new(self.backend, sql)
	}

	pub(super) async fn block(&mut self, block: &Block, is_final: bool) -> Result<()> {
		for stream in &block.streams {
			self.streams.insert(stream.id, Some((stream.owner, stream.name.clone())));
			if is_final {
				let mut statement =
					self.statement("INSERT INTO streams (id, owner, name) VALUES (");
				let name = clean(&stream.name);
				statement.bind_all([
					stream.id.0.to_vec().into(),
					i64::from(stream.owner).into(),
					name.into(),
				]);
				statement.push(
					") ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, name = excluded.name",
				);
				statement.execute(self.connection).await?;
			}
		}
		let mut entries: Vec<&Entry> = block.entries.iter().collect();
		entries.sort_by_key(|entry| (entry.stream, entry.sequence));
		for (number, entry) in (0..).zip(entries) {
			if number >= ENTRIES_PER_BLOCK {
				return Err(StoreError::TooManyEntries(block.number));
			}
			self.entry(entry, place(block.number, number), is_final).await?;
		}
		if is_final {
			self.put(&block.readable).await?;
			self.remove(&block.removed).await?;
		}
		Ok(())
	}

	async fn entry(&mut self, entry: &Entry, place: i64, is_final: bool) -> Result<()> {
		let (media_type, problem) = match &entry.content {
			Content::Document(document) => (Some(clean(&document.media_type)), None),
			Content::Unreadable(problem) => (None, Some(clean(problem))),
		};
		self.entries.push(vec![
			place.into(),
			entry.record.0.to_vec().into(),
			entry.stream.0.to_vec().into(),
			i64::try_from(entry.sequence).unwrap_or(i64::MAX).into(),
			i64::from(entry.owner).into(),
			entry.kind.name().into(),
			entry.supersedes.map(|record| record.0.to_vec()).into(),
			0.into(),
			i64::from(is_final).into(),
			media_type.into(),
			problem.into(),
			self.revision.into(),
			i64::from(matches!(entry.content, Content::Document(_))).into(),
			entry.digest.0.to_vec().into(),
			i64::from(entry.author).into(),
		]);
		if let Some(record) = entry.supersedes {
			let by = if is_final { Replaced::ByFinal } else { Replaced::ByLive };
			self.replaced.push((record, by));
		}
		if let Content::Document(document) = &entry.content {
			let stored = Stored { place, stream: entry.stream, is_final, superseded: 0 };
			if is_final {
				self.documents.push(vec![place.into(), document.bytes.to_vec().into()]);
			}
			self.rows(&stored, document).await?;
		}
		let is_full = self.entries.len() * ENTRY_COLUMNS > MAX_ARGUMENTS / 2;
		if is_full || self.jobs.len() >= MAX_JOBS || self.waiting >= MAX_WAITING_BYTES {
			self.flush().await?;
		}
		Ok(())
	}

	/// Queues a document for all views that take its stream.
	async fn rows(&mut self, stored: &Stored, document: &Document) -> Result<()> {
		self.waiting += document.bytes.len();
		let media_type = clean(&document.media_type);
		self.load_stream(stored.stream).await?;
		let stream = self.streams.get(&stored.stream).cloned().flatten();
		let stream = stream.as_ref().map(|(owner, name)| (*owner, name.as_str()));
		let (own, media_type) = (self.organization, Arc::<str>::from(media_type));
		for (number, target) in self.targets.iter().enumerate() {
			let view = target.view();
			if target.takes(stored.place) && view.takes_stream(own, stored.stream, stream) {
				self.jobs.push(Job {
					target: number,
					view: target.view().clone(),
					stream: stored.stream,
					place: stored.place,
					is_final: stored.is_final,
					superseded: stored.superseded,
					media_type: media_type.clone(),
					document: document.bytes.clone(),
				});
			}
		}
		Ok(())
	}

	async fn load_stream(&mut self, stream: StreamId) -> Result<()> {
		if !self.streams.contains_key(&stream) {
			let found = stream_of(self.connection, self.backend, stream).await?;
			self.streams.insert(stream, found);
		}
		Ok(())
	}

	pub(super) async fn put(&mut self, documents: &[(RecordId, Document)]) -> Result<()> {
		if documents.is_empty() {
			return Ok(());
		}
		self.flush().await?;
		for (record, document) in documents {
			let stored = self.forget(*record, None).await?;
			let mut statement = self
				.statement("UPDATE entries SET problem = NULL, was_readable = 1, media_type = ");
			statement.bind(clean(&document.media_type));
			statement.push(", revision = ");
			statement.bind(self.revision);
			statement.push(" WHERE place = ");
			statement.bind(stored.place);
			statement.execute(self.connection).await?;
			self.documents.push(vec![stored.place.into(), document.bytes.to_vec().into()]);
			self.rows(&stored, document).await?;
		}
		self.flush().await
	}

	pub(super) async fn remove(&mut self, records: &[(RecordId, String)]) -> Result<()> {
		if records.is_empty() {
			return Ok(());
		}
		self.flush().await?;
		for (record, reason) in records {
			self.forget(*record, Some(reason)).await?;
		}
		Ok(())
	}

	/// Removes the document of a record and its rows, if there are any.
	async fn forget(&mut self, record: RecordId, reason: Option<&str>) -> Result<Stored> {
		let stored = self.stored(record).await?;
		if !stored.is_final {
			return Err(StoreError::UnknownRecord(record));
		}
		let mut statement = self.statement("DELETE FROM documents WHERE place = ");
		statement.bind(stored.place);
		statement.execute(self.connection).await?;
		if let Some(reason) = reason {
			let mut statement = self.statement("UPDATE entries SET media_type = NULL, problem = ");
			statement.bind(clean(reason));
			statement.push(", revision = ");
			statement.bind(self.revision);
			statement.push(" WHERE place = ");
			statement.bind(stored.place);
			statement.execute(self.connection).await?;
		}
		for target in &mut self.targets {
			target.remove(self.connection, self.backend, stored.place).await?;
		}
		Ok(stored)
	}

	async fn stored(&mut self, record: RecordId) -> Result<Stored> {
		let mut statement =
			self.statement("SELECT place, stream, final, superseded FROM entries WHERE record = ");
		statement.bind(record.0.to_vec());
		let rows = statement.fetch_all(self.connection).await?;
		stored(rows.first().ok_or(StoreError::UnknownRecord(record))?)
	}

	/// Removes everything that is not final.
	pub(super) async fn clear_live(&mut self) -> Result<()> {
		let rows = self
			.statement("SELECT COUNT(*) FROM entries WHERE final = 0")
			.fetch_all(self.connection)
			.await?;
		let count: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
		if count == 0 {
			return Ok(());
		}
		for sql in [
			"DELETE FROM entries WHERE final = 0",
			"UPDATE entries SET superseded = 0 WHERE superseded = 1",
		] {
			self.statement(sql).execute(self.connection).await?;
		}
		for target in &mut self.targets {
			target.clear_live(self.connection, self.backend).await?;
		}
		Ok(())
	}

	pub(super) async fn set_cursor(&mut self, block: &Block) -> Result<()> {
		let mut statement =
			self.statement("INSERT INTO chain_cursor (id, block, hash) VALUES (1, ");
		statement.bind_all([i64::from(block.number).into(), block.hash.0.to_vec().into()]);
		statement
			.push(") ON CONFLICT (id) DO UPDATE SET block = excluded.block, hash = excluded.hash");
		statement.execute(self.connection).await?;
		Ok(())
	}

	/// Writes everything that is pending.
	async fn flush(&mut self) -> Result<()> {
		let into = "INSERT INTO entries (place, record, stream, sequence, owner, kind, supersedes, superseded, final, \
			media_type, problem, revision, was_readable, digest, author) VALUES ";
		insert(self.connection, self.backend, into, std::mem::take(&mut self.entries)).await?;
		let into = "INSERT INTO documents (place, bytes) VALUES ";
		insert(self.connection, self.backend, into, std::mem::take(&mut self.documents)).await?;
		let jobs = std::mem::take(&mut self.jobs);
		self.waiting = 0;
		add_rows(self.connection, self.backend, &mut self.targets, jobs).await?;
		for (record, by) in std::mem::take(&mut self.replaced) {
			self.replace(record, by).await?;
		}
		Ok(())
	}

	/// Notes that a record was replaced.
	async fn replace(&mut self, record: RecordId, by: Replaced) -> Result<()> {
		let mut statement = self.statement("UPDATE entries SET superseded = ");
		statement.bind(by as i64);
		if by == Replaced::ByFinal {
			statement.push(", revision = ");
			statement.bind(self.revision);
		}
		statement.push(" WHERE record = ");
		statement.bind(record.0.to_vec());
		statement.push(" AND superseded < ");
		statement.bind(by as i64);
		if statement.execute(self.connection).await? == 0 {
			return Ok(());
		}
		let place = self.stored(record).await?.place;
		for target in &mut self.targets {
			target.replace(self.connection, self.backend, place, by as i64).await?;
		}
		Ok(())
	}

	/// Updates the statistics of the database, without which it chooses bad indexes.
	pub(super) async fn analyze(&mut self) -> Result<()> {
		let tables = self.targets.iter().map(Target::table).chain(["entries".into()]);
		for table in tables.collect::<Vec<_>>() {
			self.statement(&format!("ANALYZE {table}")).execute(self.connection).await?;
		}
		Ok(())
	}

	pub(super) async fn finish(&mut self) -> Result<()> {
		self.flush().await?;
		let mut changed = BTreeSet::new();
		for target in &mut self.targets {
			changed.extend(target.refresh(self.connection, self.backend).await?);
		}
		for places in changed.into_iter().collect::<Vec<_>>().chunks(PLACES_AT_ONCE) {
			let mut statement = self.statement("UPDATE entries SET revision = ");
			statement.bind(self.revision);
			statement.push(" WHERE place IN (");
			statement.bind_all(places.iter().map(|place| (*place).into()));
			statement.push(")");
			statement.execute(self.connection).await?;
		}
		Ok(())
	}
}

fn stored(row: &AnyRow) -> Result<Stored> {
	Ok(Stored {
		place: row.try_get(0)?,
		stream: StreamId(bytes32(row.try_get(1)?)?),
		is_final: row.try_get::<i64, _>(2)? != 0,
		superseded: row.try_get(3)?,
	})
}

/// Computes the rows of documents, and writes them.
pub(super) async fn add_rows(
	connection: &mut AnyConnection,
	backend: Backend,
	targets: &mut [Target],
	jobs: Vec<Job>,
) -> Result<()> {
	let mut made = pin!(make(jobs, backend));
	while let Some(made) = made.next().await {
		for (job, made) in made {
			if let Some(target) = targets.get_mut(job.target) {
				target.add(backend, &job, made);
				if target.is_full() {
					target.flush(connection, backend).await?;
				}
			}
		}
	}
	for target in targets {
		target.flush(connection, backend).await?;
	}
	Ok(())
}

/// Returns owner and name of a stream, if they are known.
pub(super) async fn stream_of(
	connection: &mut AnyConnection,
	backend: Backend,
	stream: StreamId,
) -> Result<Option<(OrganizationId, String)>> {
	let mut statement = Statement::new(backend, "SELECT owner, name FROM streams WHERE id = ");
	statement.bind(stream.0.to_vec());
	let rows = statement.fetch_all(connection).await?;
	let row = rows.first();
	row.map(|row| Ok((number(row.try_get(0)?)?, row.try_get(1)?))).transpose()
}

/// Returns a text without characters that a database refuses, and cut to its bound.
fn clean(text: &str) -> String {
	text.chars().filter(|c| *c != '\0').take(MAX_TEXT_LENGTH).collect()
}
