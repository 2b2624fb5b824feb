//! Who may depend on whom.

use crate::{Crate, Finding, Rule, Tree};
use std::collections::BTreeSet;

/// The crate in which pallets meet.
const SUPPORT: &str = "pallet-support";
/// Crates that build nodes and runtimes: FRAME, the client side of the SDK, and our own node.
const NODE_SIDE: [&str; 6] =
	["credio-node", "credio-rpc", "credio-runtime", "frame-support", "frame-system", "sp-api"];
/// Folders of clients.
const CLIENTS: [&str; 4] = ["sdk/", "indexer/", "cli", "gateway"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
	let mut findings = Vec::new();
	for one in tree.crates.values() {
		let mut broken = |rule, problem| {
			findings.push(Finding { place: format!("{}/Cargo.toml", one.folder), rule, problem });
		};
		for name in declared_here(one) {
			let problem = format!(
				"{name} is declared here: declare it in the workspace root, and inherit it"
			);
			broken(Rule::DependenciesDeclaredOnce, problem);
		}
		let all = dependencies(one, &["dependencies", "dev-dependencies", "build-dependencies"]);
		let is_pallet = |name: &str| {
			let found = tree.crate_named(name);
			name != SUPPORT && found.is_some_and(|found| found.folder.starts_with("pallets/"))
		};
		if one.folder.starts_with("pallets/") {
			for name in all.iter().filter(|name| is_pallet(name) && **name != one.name) {
				let problem =
					format!("this pallet depends on {name}: let them meet in a trait of {SUPPORT}");
				broken(Rule::PalletsMeetInSupport, problem);
			}
		}
		if one.folder == "primitives" {
			for name in all.iter().filter(|name| is_frame(name)) {
				let problem = format!(
					"{name} is FRAME, and clients depend on this crate: move what needs it to {SUPPORT}"
				);
				broken(Rule::PrimitivesWithoutFrame, problem);
			}
		}
		if ["node", "rpc"].contains(&one.folder.as_str()) {
			for name in all.iter().filter(|name| is_pallet(name)) {
				let problem = format!(
					"this crate depends on {name}: read it through a runtime API of {SUPPORT}"
				);
				broken(Rule::NodeWithoutPallets, problem);
			}
		}
		if CLIENTS.iter().any(|folder| format!("{}/", one.folder).starts_with(folder)) {
			for (name, through) in reached(tree, one).iter().filter(|(name, _)| is_node_side(name))
			{
				let problem = format!(
					"this client depends on {name}{through}: reach the chain over JSON-RPC"
				);
				broken(Rule::ClientsWithoutNode, problem);
			}
		}
	}
	findings
}

/// Dependencies that are not inherited from the workspace.
fn declared_here(one: &Crate) -> Vec<String> {
	let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
	let tables = tables.iter().filter_map(|table| one.manifest.get(*table)?.as_table());
	let own = tables
		.flatten()
		.filter(|(_, value)| value.get("workspace").and_then(toml::Value::as_bool) != Some(true));
	own.map(|(name, _)| name.clone()).collect()
}

fn dependencies(one: &Crate, tables: &[&str]) -> BTreeSet<String> {
	let tables = tables.iter().filter_map(|table| one.manifest.get(*table)?.as_table());
	tables.flat_map(|table| table.keys().cloned()).collect()
}

/// What a crate depends on outside its tests, through crates of this repository too, and through which of them.
fn reached(tree: &Tree, from: &Crate) -> BTreeSet<(String, String)> {
	let mut reached = BTreeSet::new();
	let mut seen = BTreeSet::new();
	let mut open = vec![(from, String::new())];
	while let Some((one, through)) = open.pop() {
		if !seen.insert(one.name.clone()) {
			continue;
		}
		for name in dependencies(one, &["dependencies"]) {
			if let Some(next) = tree.crate_named(&name) {
				open.push((next, format!(" through {name}")));
			}
			reached.insert((name, through.clone()));
		}
	}
	reached
}

fn is_frame(name: &str) -> bool {
	(name.starts_with("frame-") && name != "frame-metadata") || name.starts_with("pallet-")
}

fn is_node_side(name: &str) -> bool {
	is_frame(name) || name.starts_with("sc-") || NODE_SIDE.contains(&name)
}
