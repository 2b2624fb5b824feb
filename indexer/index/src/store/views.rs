//! The views of an index, and the generation of each that is searched.

use super::{
	error::{Result, StoreError},
	generation::{Generation, newest},
	handle::Store,
	statement::{Link, Statement, Table},
};
use credio_database::Backend;
use credio_view::view::View;
use sqlx::{AnyConnection, Row as _};
use std::{collections::BTreeMap, sync::Arc};

/// A view of an index.
#[derive(Clone, Debug)]
pub struct ViewState {
	/// Its definition: the searched one, or the first one while it is being built.
	pub view: Arc<View>,
	/// Whether it can be searched.
	pub is_ready: bool,
	/// Whether a new definition is being built.
	pub is_building: bool,
}

impl Store {
	/// Returns the views of the index, by name.
	///
	/// # Errors
	///
	/// [`StoreError::Database`].
	pub async fn views(&self) -> Result<Vec<ViewState>> {
		let mut connection = self.pool.acquire().await?;
		let mut states: BTreeMap<String, ViewState> = BTreeMap::new();
		for generation in self.load_generations(&mut connection).await? {
			let is_ready = generation.built_to.is_none();
			let name = generation.view.name.clone();
			let fresh = ViewState { view: generation.view, is_ready, is_building: !is_ready };
			match states.get_mut(&name) {
				None => {
					states.insert(name, fresh);
				},
				Some(state) => {
					state.is_building = true;
					if is_ready {
						state.is_ready = true;
						state.view = fresh.view;
					}
				},
			}
		}
		Ok(states.into_values().collect())
	}

	/// Returns the definitions of the views, by name: of a view that is being built, the new one.
	///
	/// # Errors
	///
	/// [`StoreError::Database`].
	pub async fn definitions(&self) -> Result<Vec<View>> {
		let mut connection = self.pool.acquire().await?;
		let newest = newest(self.load_generations(&mut connection).await?);
		Ok(newest.iter().map(|view| (**view).clone()).collect())
	}

	/// Returns all generations, oldest first.
	pub(super) async fn load_generations(
		&self,
		connection: &mut AnyConnection,
	) -> Result<Vec<Generation>> {
		let rows =
			sqlx::query("SELECT id, built_to, digest, definition FROM generations ORDER BY id")
				.fetch_all(connection)
				.await?;
		let generations = rows.iter().map(|row| {
			let id = row.try_get(0)?;
			Ok(Generation {
				table: Table(id),
				view: self.view_of(id, || row.try_get(3))?,
				digest: row.try_get(2)?,
				built_to: row.try_get(1)?,
			})
		});
		generations.collect()
	}

	/// Returns the definition of a generation.
	fn view_of(
		&self,
		id: i64,
		definition: impl FnOnce() -> std::result::Result<String, sqlx::Error>,
	) -> Result<Arc<View>> {
		if let Some(view) = self.remembered(id) {
			return Ok(view);
		}
		let view = Arc::new(View::from_stored(&definition()?)?);
		let mut known = self.generations.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
		known.insert(id, view.clone());
		Ok(view)
	}

	/// Returns the definition of a generation, if it is cached.
	fn remembered(&self, id: i64) -> Option<Arc<View>> {
		let known = self.generations.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
		known.get(&id).cloned()
	}

	/// Returns the generation of a view that is searched, and locks it until the transaction ends.
	pub(super) async fn current(
		&self,
		connection: &mut AnyConnection,
		view: &str,
	) -> Result<(Table, Arc<View>)> {
		self.current_in(&mut Link::Any(connection), view).await
	}

	/// Does the same on any connection.
	pub(super) async fn current_in(
		&self,
		link: &mut Link<'_>,
		view: &str,
	) -> Result<(Table, Arc<View>)> {
		// Readers may lack the right to lock it. They get an error if it is replaced while they read.
		let only_reads = self.is_reader || self.limit.is_some();
		let can_hold = self.backend == Backend::Postgres && !only_reads;
		let held = if can_hold { " FOR SHARE" } else { "" };
		let mut statement =
			Statement::new(self.backend, "SELECT generation FROM views WHERE name = ");
		statement.bind(view);
		statement.push(held);
		// In one joined query, a reader that waited for a view swap would see neither generation.
		if let Some(row) = statement.fetch_from(link).await?.first() {
			let id: i64 = row.try_get(0)?;
			if let Some(view) = self.remembered(id) {
				return Ok((Table(id), view));
			}
			let mut statement =
				Statement::new(self.backend, "SELECT definition FROM generations WHERE id = ");
			statement.bind(id);
			let rows = statement.fetch_from(link).await?;
			let row = rows.first().ok_or_else(|| {
				StoreError::Corrupted(format!("the view {view} has no generation {id}"))
			})?;
			return Ok((Table(id), self.view_of(id, || row.try_get(0))?));
		}
		let sql = "SELECT DISTINCT view FROM generations ORDER BY view";
		let rows = Statement::new(self.backend, sql).fetch_from(link).await?;
		let known: Vec<String> =
			rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?;
		if known.iter().any(|name| name == view) {
			return Err(StoreError::Building(view.into()));
		}
		Err(StoreError::UnknownView {
			view: view.chars().take(credio_view::view::MAX_NAME_LENGTH).collect(),
			known: if known.is_empty() { "none".into() } else { known.join(", ") },
		})
	}
}
