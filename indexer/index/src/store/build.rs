//! Builds generations of views from stored documents, while the old ones are searched.

use super::{
	decode::bytes32,
	error::{Result, StoreError},
	generation::{self, Generation},
	handle::Store,
	make::Job,
	portions::portions,
	rows::Target,
	schema,
	statement::{Argument, Statement},
	write::{add_rows, stream_of},
};
use credio_primitives::StreamId;
use credio_view::view::View;
use sqlx::{AnyConnection, Row as _};
use std::collections::{BTreeSet, HashMap};

/// Documents that are read in one transaction, if they are small.
const DOCUMENTS_AT_ONCE: i64 = 500;

impl Store {
	/// Sets the views of the index. A new or changed view is built from stored documents, in steps, while the old one
	/// is searched and blocks are written; then it replaces the old one. Other views are removed. After a crash the
	/// next call continues.
	///
	/// # Errors
	///
	/// [`StoreError::DuplicateView`], [`StoreError::Database`].
	pub async fn set_views(&self, views: &[View]) -> Result<()> {
		let mut names = BTreeSet::new();
		if let Some(twice) = views.iter().find(|view| !names.insert(&view.name)) {
			return Err(StoreError::DuplicateView(twice.name.clone()));
		}
		for mut generation in self.prepare(views).await? {
			while generation.built_to.is_some() {
				self.build_step(&mut generation).await?;
			}
		}
		Ok(())
	}

	/// Removes unwanted generations, and creates the tables of missing ones. Returns the generations to build.
	async fn prepare(&self, views: &[View]) -> Result<Vec<Generation>> {
		let _writing = self.writing.lock().await;
		let mut transaction = self.pool.begin().await?;
		schema::lock(&mut transaction).await?;
		let known = self.load_generations(&mut transaction).await?;
		let mut building = Vec::new();
		for generation in &known {
			let wanted = views.iter().find(|view| view.name == generation.view.name);
			let is_wanted = wanted.is_some_and(|view| view.digest()[..] == generation.digest);
			match (wanted, generation.built_to) {
				(None, _) => {
					let mut statement =
						Statement::new(self.backend, "DELETE FROM views WHERE name = ");
					statement.bind(generation.view.name.as_str());
					statement.execute(&mut transaction).await?;
					generation::remove(&mut transaction, self.backend, generation).await?;
				},
				(Some(_), Some(_)) if is_wanted => building.push(generation.clone()),
				(Some(_), Some(_)) => {
					generation::remove(&mut transaction, self.backend, generation).await?;
				},
				// It is searched, at least until its successor is complete.
				(Some(_), None) => {},
			}
		}
		for view in views {
			let digest = view.digest();
			if known.iter().all(|generation| generation.digest != digest) {
				building.push(generation::create(&mut transaction, self.backend, view).await?);
			}
		}
		transaction.commit().await?;
		Ok(building)
	}

	/// Adds the next documents to a generation. Once there are no more, it is searched.
	async fn build_step(&self, generation: &mut Generation) -> Result<()> {
		let _writing = self.writing.lock().await;
		let mut transaction = self.pool.begin().await?;
		schema::lock(&mut transaction).await?;
		let mut targets = [Target::new(generation.clone())];
		let mut jobs = Vec::new();
		let from = generation.built_to.unwrap_or(i64::MAX);
		let to = self.end_of_step(&mut transaction, from).await?;
		let mut statement = Statement::new(
			self.backend,
			"SELECT d.place, e.stream, e.superseded, e.media_type, d.bytes
			FROM documents d JOIN entries e ON e.place = d.place WHERE e.final = 1 AND d.place > ",
		);
		statement.bind(from);
		statement.push(" AND d.place <= ");
		statement.bind(to);
		statement.push(" ORDER BY d.place");
		let rows = statement.fetch_all(&mut transaction).await?;
		let mut streams = HashMap::new();
		let mut built_to = None;
		for row in &rows {
			let place: i64 = row.try_get(0)?;
			let stream = StreamId(bytes32(row.try_get(1)?)?);
			if let std::collections::hash_map::Entry::Vacant(entry) = streams.entry(stream) {
				entry.insert(stream_of(&mut transaction, self.backend, stream).await?);
			}
			let of = streams.get(&stream).and_then(Option::as_ref);
			let of = of.map(|(owner, name)| (*owner, name.as_str()));
			if generation.view.takes_stream(self.organization, stream, of) {
				let media_type: Option<String> = row.try_get(3)?;
				let document: Vec<u8> = row.try_get(4)?;
				jobs.push(Job {
					target: 0,
					view: generation.view.clone(),
					stream,
					place,
					is_final: true,
					superseded: row.try_get(2)?,
					media_type: media_type.unwrap_or_default().into(),
					document: document.into(),
				});
			}
			built_to = Some(place);
		}
		drop(rows);
		add_rows(&mut transaction, self.backend, &mut targets, jobs).await?;
		for target in &mut targets {
			// No reader has seen its rows yet.
			let _ = target.refresh(&mut transaction, self.backend).await?;
		}
		match built_to {
			Some(_) => self.note(&mut transaction, generation, built_to).await?,
			None => self.swap(&mut transaction, generation).await?,
		}
		transaction.commit().await?;
		generation.built_to = built_to;
		Ok(())
	}

	/// Returns the place of the last document to read in one step after a place.
	async fn end_of_step(&self, connection: &mut AnyConnection, from: i64) -> Result<i64> {
		let mut statement = Statement::new(
			self.backend,
			"SELECT place, CAST(LENGTH(bytes) AS BIGINT) FROM documents WHERE place > ",
		);
		statement.bind(from);
		statement.push(" ORDER BY place LIMIT ");
		statement.bind(DOCUMENTS_AT_ONCE);
		let rows = statement.fetch_all(connection).await?;
		let sizes = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
		let first = portions(sizes.collect::<Result<Vec<_>>>()?).into_iter().next();
		Ok(first.map_or(from, |portion| *portion.end()))
	}

	async fn note(
		&self,
		connection: &mut AnyConnection,
		generation: &Generation,
		built_to: Option<i64>,
	) -> Result<()> {
		let mut statement = Statement::new(self.backend, "UPDATE generations SET built_to = ");
		statement.bind(Argument::Integer(built_to));
		statement.push(" WHERE id = ");
		statement.bind(generation.table.0);
		statement.execute(connection).await?;
		Ok(())
	}

	/// Makes a generation the searched one, and removes the one before.
	async fn swap(&self, connection: &mut AnyConnection, generation: &Generation) -> Result<()> {
		self.note(connection, generation, None).await?;
		let mut statement =
			Statement::new(self.backend, "INSERT INTO views (name, generation) VALUES (");
		statement.bind_all([generation.view.name.as_str().into(), generation.table.0.into()]);
		statement.push(") ON CONFLICT (name) DO UPDATE SET generation = excluded.generation");
		statement.execute(connection).await?;
		for old in self.load_generations(connection).await? {
			if old.view.name == generation.view.name && old.table != generation.table {
				generation::remove(connection, self.backend, &old).await?;
			}
		}
		// Without statistics the database chooses bad indexes.
		let sql = format!("ANALYZE {}", generation.table.rows());
		Statement::new(self.backend, &sql).execute(connection).await?;
		Ok(())
	}
}
