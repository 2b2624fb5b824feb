//! A folder is a crate or groups crates.

use crate::{Finding, Rule, Tree};
use std::collections::BTreeSet;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
	let mut findings = Vec::new();
	let mut broken = |place: &str, problem: String| {
		findings.push(Finding { place: place.into(), rule: Rule::CrateIsAFolder, problem });
	};
	for folder in tree.crates.keys() {
		let inside = |outer: &&String| folder.starts_with(&format!("{outer}/"));
		if let Some(outer) = tree.crates.keys().find(inside) {
			broken(
				folder,
				format!("this crate lies inside the crate {outer}: put them side by side"),
			);
		}
	}
	let members = tree.workspace.get("workspace").and_then(|workspace| workspace.get("members"));
	let members = members.and_then(toml::Value::as_array).into_iter().flatten();
	let members = members.filter_map(toml::Value::as_str).collect::<BTreeSet<_>>();
	for folder in tree.crates.keys().filter(|folder| !members.contains(folder.as_str())) {
		broken(folder, "this crate is no member of the workspace: add it to `members`".into());
	}
	findings
}
