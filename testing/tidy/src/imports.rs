//! No import runs in a circle among the files of a crate.
//!
//! A file imports another if a path in it leads to something that the other defines. What a module gets from the modules
//! above it is not counted: a module is a part of those. What it gets from its own parts is.

use crate::{
	Finding, Rule, Tree,
	modules::{Modules, Names},
};
use proc_macro2::{TokenStream, TokenTree};
use std::{
	collections::{BTreeMap, BTreeSet},
	io,
};
use syn::{UseTree, visit::Visit};

/// Who imports whom, and which names.
type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

pub(crate) fn check(tree: &Tree) -> io::Result<Vec<Finding>> {
	let mut findings = Vec::new();
	for one in tree.crates.values() {
		let sources = tree.sources_of(one);
		for root in ["lib.rs", "main.rs"] {
			let root = format!("{}/src/{root}", one.folder);
			if !sources.contains_key(root.as_str()) {
				continue;
			}
			let imports = imports(&Modules::read(&root, &sources)?);
			for circle in circles(&imports) {
				findings.push(Finding {
					place: circle.iter().next().cloned().unwrap_or_default(),
					rule: Rule::NoCircles,
					problem: described(&circle, &imports),
				});
			}
		}
	}
	Ok(findings)
}

fn imports(modules: &Modules) -> Imports {
	let mut imports = Imports::new();
	for (names, module) in &modules.0 {
		let mut paths = Paths(Vec::new());
		module.items.iter().for_each(|item| paths.visit_item(item));
		// Only files above: an inline module is in the same one.
		let above = (0..names.len()).filter_map(|length| modules.0.get(&names[..length]));
		let above = above.map(|module| module.file.as_str()).collect::<BTreeSet<_>>();
		for path in paths.0 {
			let Some(file) = modules.file_of(names, &path) else { continue };
			if file == module.file || above.contains(file) {
				continue;
			}
			let from = imports.entry(module.file.clone()).or_default();
			from.entry(file.into()).or_default().insert(path.last().cloned().unwrap_or_default());
		}
	}
	imports
}

/// The paths that are written in an item, macros included.
struct Paths(Vec<Names>);

impl Paths {
	fn add_tree(&mut self, before: Names, tree: &UseTree) {
		let with = |name: String| before.iter().cloned().chain([name]).collect::<Names>();
		match tree {
			UseTree::Path(path) => self.add_tree(with(path.ident.to_string()), &path.tree),
			UseTree::Name(name) if name.ident == "self" => self.0.push(before),
			UseTree::Name(name) => self.0.push(with(name.ident.to_string())),
			UseTree::Rename(name) if name.ident == "self" => self.0.push(before),
			UseTree::Rename(name) => self.0.push(with(name.ident.to_string())),
			UseTree::Glob(_) => self.0.push(before),
			UseTree::Group(group) => {
				group.items.iter().for_each(|tree| self.add_tree(before.clone(), tree));
			},
		}
	}

	/// Paths in the tokens of a macro, which has a grammar of its own.
	fn add_tokens(&mut self, tokens: TokenStream) {
		let mut path = Names::new();
		let mut colons = 0;
		for token in tokens {
			match token {
				TokenTree::Ident(ident) => {
					if colons != 2 {
						self.end(&mut path);
					}
					path.push(ident.to_string());
					colons = 0;
				},
				TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
				TokenTree::Group(group) => {
					self.end(&mut path);
					self.add_tokens(group.stream());
					colons = 0;
				},
				_ => {
					self.end(&mut path);
					colons = 0;
				},
			}
		}
		self.end(&mut path);
	}

	fn end(&mut self, path: &mut Names) {
		if path.len() > 1 {
			self.0.push(std::mem::take(path));
		}
		path.clear();
	}
}

impl<'ast> Visit<'ast> for Paths {
	fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
		self.add_tree(Names::new(), &import.tree);
	}

	fn visit_path(&mut self, path: &'ast syn::Path) {
		if path.segments.len() > 1 && path.leading_colon.is_none() {
			self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
		}
		syn::visit::visit_path(self, path);
	}

	fn visit_macro(&mut self, called: &'ast syn::Macro) {
		self.visit_path(&called.path);
		self.add_tokens(called.tokens.clone());
	}
}

/// Groups of files that reach each other, each group once.
fn circles(imports: &Imports) -> Vec<BTreeSet<String>> {
	let reach = |from: &String| {
		let mut reached = BTreeSet::new();
		let mut open = vec![from];
		while let Some(file) = open.pop() {
			let next = imports.get(file).into_iter().flat_map(BTreeMap::keys);
			open.extend(next.filter(|file| reached.insert((*file).clone())));
		}
		reached
	};
	let reached = imports.keys().map(|file| (file, reach(file))).collect::<BTreeMap<_, _>>();
	let mut circles = BTreeSet::new();
	for (file, from_here) in reached.iter().filter(|(file, from_here)| from_here.contains(**file)) {
		let back =
			|other: &&String| reached.get(other).is_some_and(|reached| reached.contains(*file));
		circles.insert(from_here.iter().filter(back).cloned().collect::<BTreeSet<_>>());
	}
	circles.into_iter().collect()
}

fn described(circle: &BTreeSet<String>, imports: &Imports) -> String {
	let mut ties = Vec::new();
	for from in circle {
		for (to, names) in
			imports.get(from).into_iter().flatten().filter(|(to, _)| circle.contains(*to))
		{
			let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
			ties.push(format!("{from} takes {names} from {to}"));
		}
	}
	format!(
		"{} files import each other in a circle: move what two of them need to a third. {}",
		circle.len(),
		ties.join("; ")
	)
}
