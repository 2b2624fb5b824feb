//! The repository as the rules see it: its crates and its Rust files.

use std::{
	collections::BTreeMap,
	fs, io,
	path::{Path, PathBuf},
};

/// Folders that hold no source of ours.
const SKIPPED: [&str; 4] = [".git", "node_modules", "target", "releases"];

/// A repository, read whole.
#[derive(Debug)]
pub struct Tree {
	/// Its root.
	pub root: PathBuf,
	/// The manifest of the workspace.
	pub workspace: toml::Table,
	/// The crates, by their folders.
	pub crates: BTreeMap<String, Crate>,
	/// The text of every Rust file, by its path.
	pub sources: BTreeMap<String, String>,
}

/// A crate.
#[derive(Debug)]
pub struct Crate {
	/// Its folder, from the root of the repository.
	pub folder: String,
	/// Its name.
	pub name: String,
	/// Its manifest.
	pub manifest: toml::Table,
}

impl Tree {
	/// Reads the repository at `root`.
	///
	/// # Errors
	///
	/// If a file cannot be read, or a manifest is no TOML.
	pub fn read(root: &Path) -> io::Result<Self> {
		let mut tree = Self {
			root: root.to_owned(),
			workspace: manifest(&root.join("Cargo.toml"))?,
			crates: BTreeMap::new(),
			sources: BTreeMap::new(),
		};
		tree.add_folder("")?;
		Ok(tree)
	}

	fn add_folder(&mut self, folder: &str) -> io::Result<()> {
		for entry in fs::read_dir(self.root.join(folder))? {
			let entry = entry?;
			let Ok(name) = entry.file_name().into_string() else { continue };
			let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
			let kind = entry.file_type()?;
			if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
				self.add_folder(&path)?;
			} else if kind.is_file() && name == "Cargo.toml" && self.is_in_workspace(folder) {
				let manifest = manifest(&entry.path())?;
				let name = manifest.get("package").and_then(|package| package.get("name"));
				let name = name.and_then(toml::Value::as_str).unwrap_or_default().to_owned();
				let found = Crate { folder: folder.to_owned(), name, manifest };
				self.crates.insert(folder.to_owned(), found);
			} else if kind.is_file() && name.ends_with(".rs") {
				self.sources.insert(path, fs::read_to_string(entry.path())?);
			}
		}
		Ok(())
	}

	/// Whether a folder is below the root, and the workspace does not exclude it: a crate that it excludes cannot inherit
	/// from it.
	fn is_in_workspace(&self, folder: &str) -> bool {
		let excluded =
			self.workspace.get("workspace").and_then(|workspace| workspace.get("exclude"));
		let mut excluded = excluded.and_then(toml::Value::as_array).into_iter().flatten();
		!folder.is_empty() && !excluded.any(|one| one.as_str() == Some(folder))
	}

	/// The crate of a name.
	#[must_use]
	pub fn crate_named(&self, name: &str) -> Option<&Crate> {
		self.crates.values().find(|one| one.name == name)
	}

	/// The Rust files below the source folder of a crate, by their paths.
	#[must_use]
	pub fn sources_of(&self, one: &Crate) -> BTreeMap<&str, &str> {
		let folder = format!("{}/src/", one.folder);
		let sources = self.sources.iter().filter(|(path, _)| path.starts_with(&folder));
		sources.map(|(path, text)| (path.as_str(), text.as_str())).collect()
	}
}

fn manifest(path: &Path) -> io::Result<toml::Table> {
	let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
	fs::read_to_string(path)?.parse::<toml::Table>().map_err(invalid)
}

/// Whether generated code is in the file: it follows its generator's rules.
pub(crate) fn is_generated(path: &str) -> bool {
	path.contains("/src/weights/")
}
