//! Indexes of an organization, kept by the command line.

use crate::{uploads::path, Cli, Running};
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// The views of `samples/views` in a folder of their own, made of the streams of anybody: those samples are of own streams,
/// as views are that say nothing else.
///
/// # Panics
///
/// If they cannot be read or written.
pub fn views_of_anybody(folder: &Path) -> PathBuf {
	let to = folder.join("views-of-anybody");
	fs::create_dir_all(&to).expect("a folder");
	let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/views");
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
	/// The index at a file's path or `postgres://…`, which need not be there.
	pub fn new(cli: &'a Cli, url: &str, views: &Path) -> Self {
		Self { cli, url: url.into(), views: path(views).into() }
	}

	/// Keeps it up to date until it is killed, with rows that are not final.
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

	/// Brings it up to date with what is final now.
	///
	/// # Panics
	///
	/// If that fails.
	pub fn sync(&self) {
		self.cli.ok(&["index", "sync", "--index", &self.url, "--views", &self.views]);
	}

	/// Rows of a view that fit a filter; all without one.
	///
	/// # Panics
	///
	/// If it cannot be searched.
	pub fn search(&self, view: &str, filter: &str) -> Vec<Value> {
		let mut search = vec!["search", "--index", &self.url, view, "--json"];
		search.extend((!filter.is_empty()).then_some(filter));
		self.cli.json(&search)
	}

	/// How many rows of a view are shown that are not final.
	///
	/// # Panics
	///
	/// If it cannot be searched.
	pub fn not_final(&self, view: &str) -> usize {
		let search = ["search", "--index", &self.url, view, "--live", "--limit", "1000", "--json"];
		self.cli.json(&search).iter().filter(|row| row["isFinal"] == false).count()
	}

	/// Its address: a file's path or `postgres://…`.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// All of it, but how far it is: one that is brought up to date later is further.
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

	/// Brings it up to date and holds it against one that is built anew, in a file. Answers its rows and lines.
	///
	/// # Panics
	///
	/// If they differ.
	pub fn compare(&self, anew: &Path) -> usize {
		let fresh = Index { cli: self.cli, url: path(anew).into(), views: self.views.clone() };
		// The other one may not be a block further that changes something.
		self.sync();
		fresh.sync();
		let (kept, fresh) = (self.dump(), fresh.dump());
		let differing = kept.lines().zip(fresh.lines()).find(|(one, other)| one != other);
		assert_eq!(differing, None, "an index that is built anew is another one");
		assert_eq!(kept.len(), fresh.len(), "an index that is built anew is another one");
		kept.lines().filter(|line| line.starts_with("{\"isCurrent\"")).count()
	}
}
