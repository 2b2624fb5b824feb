//! How an index is kept up to date: its views, nodes, documents and objects.

use crate::{exit::Failure, options::IndexOptions, output, session::Session, values::size};
use clap::Args;
use credio_index::{
	Store,
	ingest::{Ingest, Settings},
};
use credio_view::View;
use std::{fs, path::PathBuf, sync::Arc};

/// How an index is kept up to date.
#[derive(Clone, Debug, Args)]
pub(super) struct UpkeepOptions {
	/// Definitions of views: files, or folders with .toml files. Other views of the index stay as they are
	#[arg(long = "views", value_name = "PATH")]
	pub(super) views: Vec<PathBuf>,
	/// Remove all views that --views does not define
	#[arg(long)]
	pub(super) drop_views: bool,
	/// Another node, used when the first goes away; may be given several times
	#[arg(long = "or-node", value_name = "URL")]
	more_nodes: Vec<String>,
	/// Keep documents after the grant that opened them has ended, instead of removing them
	#[arg(long, env = "CREDIO_INDEX_KEEP_REVOKED")]
	keep_revoked: bool,
	/// Largest object to read: bytes, or with a unit. Larger ones are listed as unreadable
	#[arg(long, env = "CREDIO_INDEX_LARGEST_OBJECT", value_name = "SIZE", value_parser = size::parse, default_value = "16MiB")]
	largest_object: u64,
}

/// Opens an index to write it, with the vault of the session.
pub(super) async fn ingest(
	session: &Session,
	index: &IndexOptions,
	upkeep: UpkeepOptions,
	live: bool,
) -> Result<(Store, Ingest), Failure> {
	let vault = session.vault_of_organization().await?;
	let store = Store::open(&index.index, vault.organization()).await?;
	let nodes = [vec![session.node().to_owned()], upkeep.more_nodes].concat();
	let settings = Settings {
		nodes,
		connect: session.options(),
		live,
		keep_revoked: upkeep.keep_revoked,
		trust: session.trust(),
		objects: Some(session.objects()?),
		largest_object: upkeep.largest_object,
	};
	let ingest = Ingest::new(store.clone(), Arc::new(vault), settings)
		.notifying(|text| output::note(&format!("credio: {text}")));
	Ok((store, ingest))
}

/// Returns the views that an index has to have: those that are given, and its other ones unless they are dropped.
pub(super) async fn wanted_views(
	store: &Store,
	given: Vec<View>,
	drops_others: bool,
) -> Result<Vec<View>, Failure> {
	let mut views = given;
	if !drops_others {
		for view in store.definitions().await? {
			if views.iter().all(|given| given.name != view.name) {
				views.push(view);
			}
		}
	}
	Ok(views)
}

/// Reads view definitions: files, and all `.toml` files of folders.
pub(super) fn read_views(paths: &[PathBuf]) -> Result<Vec<View>, Failure> {
	let mut files = Vec::new();
	for path in paths {
		if !path.is_dir() {
			files.push(path.clone());
			continue;
		}
		let entries = fs::read_dir(path).map_err(|error| Failure::file(path, error))?;
		for entry in entries {
			let file = entry.map_err(|error| Failure::file(path, error))?.path();
			if file.extension().is_some_and(|extension| extension == "toml") {
				files.push(file);
			}
		}
	}
	files.sort();
	let read = |file: &PathBuf| {
		let text = fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
		View::parse(&text).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))
	};
	files.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn views_that_are_not_given_stay_unless_they_are_dropped() {
		let view = |name: &str, path: &str| {
			let column = format!("[[columns]]\nname = \"a\"\npath = \"{path}\"\ntype = \"text\"");
			let view = format!("name = \"{name}\"\nstream = \"*\"\nformat = \"json\"\n{column}");
			View::parse(&view).unwrap()
		};
		let store = Store::open("sqlite::memory:", 1).await.unwrap();
		store.set_views(&[view("one", "$.a"), view("two", "$.a")]).await.unwrap();
		let wanted = async |given, drops_others| {
			let mut views = wanted_views(&store, given, drops_others).await.unwrap();
			views.sort_by(|a, b| a.name.cmp(&b.name));
			views
		};
		assert_eq!(wanted(Vec::new(), false).await, [view("one", "$.a"), view("two", "$.a")]);
		let changed = vec![view("two", "$.b")];
		assert_eq!(wanted(changed.clone(), false).await, [view("one", "$.a"), view("two", "$.b")]);
		assert_eq!(wanted(changed.clone(), true).await, changed);
		assert!(wanted(Vec::new(), true).await.is_empty());
	}
}
