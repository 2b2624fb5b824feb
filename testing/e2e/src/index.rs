//! Indexes of an organization, maintained by the command line.

use crate::{
	cli::Cli,
	process::{Running, path, repository},
};
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Copies the views of `samples/views` to a folder, and extends them to streams of all owners. By default, views cover own
/// streams only.
///
/// # Panics
///
/// If they cannot be read or written.
pub fn views_of_anybody(folder: &Path) -> PathBuf {
	let to = folder.join("views-of-anybody");
	fs::create_dir_all(&to).expect("a folder");
	let samples = repository().join("samples/views");
	for entry in fs::read_dir(samples).expect("samples") {
		let file = entry.expect("a file").path();
		let view = fs::read_to_string(&file).expect("a view");
		let view = view.replacen("\nstream = ", "\nowner = \"*\"\nstream = ", 1);
		fs::write(to.join(file.file_name().expect("it has a name")), view).expect("writable");
	}
	to
}

/// An index, in a file or a PostgreSQL database, with the views of a folder.
pub struct Index<'a> {
	cli: &'a Cli,
	url: String,
	views: String,
}

impl<'a> Index<'a> {
	/// Names the index at a file's path or `postgres://…`, which need not exist.
	pub fn new(cli: &'a Cli, url: &str, views: &Path) -> Self {
		Self { cli, url: url.into(), views: path(views).into() }
	}

	/// Keeps it up to date until it is killed, including rows that are not final.
	///
	/// # Panics
	///
	/// If `credio` is not built.
	pub fn keep(&self, more_nodes: &[String]) -> Running {
		let mut arguments = vec!["index", "run", "--live"];
		arguments.extend(["--index", &self.url, "--views", &self.views]);
		for node in more_nodes {
			arguments.extend(["--or-node", node]);
		}
		let mut command = self.cli.command(&arguments);
		Running::start(&mut command)
	}

	/// Brings it up to date with the last final block.
	///
	/// # Panics
	///
	/// If the command fails.
	pub fn sync(&self) {
		self.cli.ok(&["index", "sync", "--index", &self.url, "--views", &self.views]);
	}

	/// Returns the rows of a view that match a filter; all if it is empty.
	///
	/// # Panics
	///
	/// If it cannot be searched.
	pub fn search(&self, view: &str, filter: &str) -> Vec<Value> {
		let mut search = vec!["search", "--index", &self.url, view, "--json"];
		search.extend((!filter.is_empty()).then_some(filter));
		self.cli.json(&search)
	}

	/// Returns the number of rows of a view that are not final.
	///
	/// # Panics
	///
	/// If it cannot be searched.
	pub fn not_final(&self, view: &str) -> usize {
		let search = ["search", "--index", &self.url, view, "--live", "--limit", "1000", "--json"];
		self.cli.json(&search).iter().filter(|row| row["isFinal"] == false).count()
	}

	/// Returns its address: a file's path or `postgres://…`.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// Returns its contents without the cursor, which differs between indexes that were synced at different times.
	///
	/// # Panics
	///
	/// If it cannot be read.
	pub fn dump(&self) -> String {
		let dump = self.cli.ok(&["index", "dump", "--index", &self.url, "-o", "-"]);
		let (cursor, rest) = dump.split_once('\n').expect("a line for the cursor");
		assert!(cursor.contains("\"cursor\""), "{cursor}");
		rest.into()
	}

	/// Brings it up to date, and compares it with a new index in a file. Returns the number of its current rows.
	///
	/// # Panics
	///
	/// If they differ.
	pub fn compare(&self, file: &Path) -> usize {
		let fresh = Index { cli: self.cli, url: path(file).into(), views: self.views.clone() };
		// No block with changes may come between the two.
		self.sync();
		fresh.sync();
		let (kept, fresh) = (self.dump(), fresh.dump());
		let differing = kept.lines().zip(fresh.lines()).find(|(one, other)| one != other);
		assert_eq!(differing, None, "a new index differs");
		assert_eq!(kept.len(), fresh.len(), "a new index differs");
		kept.lines().filter(|line| line.starts_with("{\"isCurrent\"")).count()
	}
}
