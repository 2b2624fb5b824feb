//! The modules of a crate, with the names that each defines or imports.

use std::{
	collections::{BTreeMap, BTreeSet},
	io,
};
use syn::{Attribute, Item, UseTree};

/// A path of names: of a module from the root of its crate, or as it is written.
pub(crate) type Names = Vec<String>;

/// A module of a crate.
#[derive(Default)]
pub(crate) struct Module {
	/// The file that it is in.
	pub file: String,
	/// Names that it defines.
	pub defined: BTreeSet<String>,
	/// Names that it imports, with the paths they stand for.
	pub imported: BTreeMap<String, Names>,
	/// Paths whose every name it imports.
	pub globs: Vec<Names>,
	/// What stands in it, without its tests.
	pub items: Vec<Item>,
}

/// The modules below one root (`lib.rs` or `main.rs`), by their paths.
pub(crate) struct Modules(pub BTreeMap<Names, Module>);

impl Modules {
	/// Reads the modules below the file `root`. Modules of tests are left out: they may use anything.
	///
	/// # Errors
	///
	/// If a file is no Rust.
	pub(crate) fn read(root: &str, sources: &BTreeMap<&str, &str>) -> io::Result<Self> {
		let mut modules = Self(BTreeMap::new());
		let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
		modules.add_file(Vec::new(), root, folder, sources)?;
		Ok(modules)
	}

	fn add_file(
		&mut self,
		names: Names,
		file: &str,
		folder: &str,
		sources: &BTreeMap<&str, &str>,
	) -> io::Result<()> {
		let Some(text) = sources.get(file) else { return Ok(()) };
		let invalid =
			|error| io::Error::new(io::ErrorKind::InvalidData, format!("{file}: {error}"));
		let parsed = syn::parse_file(text).map_err(invalid)?;
		self.add_module(names, file, folder, parsed.items, sources)
	}

	fn add_module(
		&mut self,
		names: Names,
		file: &str,
		folder: &str,
		items: Vec<Item>,
		sources: &BTreeMap<&str, &str>,
	) -> io::Result<()> {
		let mut module = Module { file: file.into(), ..Module::default() };
		for item in items {
			if is_test(attributes(&item)) {
				continue;
			}
			match item {
				Item::Mod(inner) => {
					let name = inner.ident.to_string();
					let names = names.iter().cloned().chain([name.clone()]).collect();
					let below = format!("{folder}/{name}");
					if let Some((_, items)) = inner.content {
						self.add_module(names, file, &below, items, sources)?
					} else {
						let plain = format!("{below}.rs");
						let nested = format!("{below}/mod.rs");
						let found =
							if sources.contains_key(plain.as_str()) { plain } else { nested };
						self.add_file(names, &found, &below, sources)?;
					}
				},
				Item::Use(import) => {
					module.import(Vec::new(), &import.tree);
					module.items.push(Item::Use(import));
				},
				other => {
					module.defined.extend(defined_by(&other));
					module.items.push(other);
				},
			}
		}
		self.0.insert(names, module);
		Ok(())
	}

	/// The file that defines what `path`, written in the module `within`, leads to; `None` if it leads out of the crate.
	pub(crate) fn file_of(&self, within: &Names, path: &[String]) -> Option<&str> {
		self.follow(within, path, 0)
	}

	fn follow(&self, within: &Names, path: &[String], depth: usize) -> Option<&str> {
		if depth > 16 {
			return None;
		}
		let (mut at, mut rest) = match path.first()?.as_str() {
			"crate" => (Vec::new(), &path[1..]),
			"self" => (within.clone(), &path[1..]),
			"super" => {
				let mut at = within.clone();
				let ups = path.iter().take_while(|name| *name == "super").count();
				at.truncate(at.len().checked_sub(ups)?);
				(at, &path[ups..])
			},
			first => {
				let module = self.0.get(within)?;
				if let Some(target) = module.imported.get(first) {
					let whole = target.iter().chain(&path[1..]).cloned().collect::<Names>();
					// `use name;` stands for itself.
					return (whole != path)
						.then(|| self.follow(within, &whole, depth + 1))
						.flatten();
				}
				let below = within.iter().cloned().chain([first.into()]).collect::<Names>();
				if !self.0.contains_key(&below) && !module.defined.contains(first) {
					return None;
				}
				(within.clone(), path)
			},
		};
		while let Some((name, after)) = rest.split_first() {
			let below = at.iter().cloned().chain([name.clone()]).collect::<Names>();
			if self.0.contains_key(&below) {
				(at, rest) = (below, after);
				continue;
			}
			let module = self.0.get(&at)?;
			if module.defined.contains(name) {
				return Some(&module.file);
			}
			if let Some(target) = module.imported.get(name) {
				let whole = target.iter().chain(after).cloned().collect::<Names>();
				return self.follow(&at, &whole, depth + 1);
			}
			let through = module.globs.iter().find_map(|glob| {
				let whole = glob.iter().chain(rest).cloned().collect::<Names>();
				self.follow(&at, &whole, depth + 1)
			});
			return through.or(Some(&module.file));
		}
		Some(&self.0.get(&at)?.file)
	}
}

impl Module {
	fn import(&mut self, before: Names, tree: &UseTree) {
		let with = |name: String| before.iter().cloned().chain([name]).collect::<Names>();
		match tree {
			UseTree::Path(path) => self.import(with(path.ident.to_string()), &path.tree),
			UseTree::Name(name) if name.ident == "self" => {
				if let Some(last) = before.last().cloned() {
					self.imported.insert(last, before);
				}
			},
			UseTree::Name(name) => {
				let name = name.ident.to_string();
				self.imported.insert(name.clone(), with(name));
			},
			UseTree::Rename(renamed) => {
				let path =
					if renamed.ident == "self" { before } else { with(renamed.ident.to_string()) };
				self.imported.insert(renamed.rename.to_string(), path);
			},
			UseTree::Glob(_) => self.globs.push(before),
			UseTree::Group(group) => {
				group.items.iter().for_each(|tree| self.import(before.clone(), tree));
			},
		}
	}
}

fn defined_by(item: &Item) -> Option<String> {
	let ident = match item {
		Item::Const(item) => &item.ident,
		Item::Enum(item) => &item.ident,
		Item::Fn(item) => &item.sig.ident,
		Item::Macro(item) => item.ident.as_ref()?,
		Item::Static(item) => &item.ident,
		Item::Struct(item) => &item.ident,
		Item::Trait(item) => &item.ident,
		Item::TraitAlias(item) => &item.ident,
		Item::Type(item) => &item.ident,
		Item::Union(item) => &item.ident,
		_ => return None,
	};
	Some(ident.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
	match item {
		Item::Const(item) => &item.attrs,
		Item::Enum(item) => &item.attrs,
		Item::Fn(item) => &item.attrs,
		Item::Impl(item) => &item.attrs,
		Item::Mod(item) => &item.attrs,
		Item::Static(item) => &item.attrs,
		Item::Struct(item) => &item.attrs,
		Item::Trait(item) => &item.attrs,
		Item::Type(item) => &item.attrs,
		Item::Use(item) => &item.attrs,
		_ => &[],
	}
}

/// Whether an item is compiled for tests or benchmarks only.
fn is_test(attributes: &[Attribute]) -> bool {
	let cfgs = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
	cfgs.filter_map(|cfg| cfg.meta.require_list().ok()).any(|cfg| {
		let condition = cfg.tokens.to_string();
		condition == "test"
			|| condition.contains("any (test")
			|| condition.contains("runtime-benchmarks")
	})
}
