//! The repository is tidy, and each rule fails when it is broken on purpose.

use credio_tidy::{Finding, MAX_LINES, Rule, check};
use std::{fs, path::Path};
use tempfile::TempDir;

#[test]
fn repository_is_tidy() {
	let root = Path::new("../..");
	let findings = check(root).expect("the repository can be read");
	let lines = findings.iter().map(Finding::to_string).collect::<Vec<_>>();
	assert!(findings.is_empty(), "{}", lines.join("\n"));
}

/// A small repository that keeps every rule, to break one.
struct Repository(TempDir);

impl Repository {
	fn new() -> Self {
		let repository = Self(tempfile::tempdir().expect("a folder"));
		repository.write(
			"Cargo.toml",
			r#"[workspace]
members = ["primitives", "pallets/support", "pallets/anchor", "pallets/records", "node", "sdk/client"]
"#,
		);
		repository.add("primitives", "credio-primitives", &["serde"]);
		repository.add("pallets/support", "pallet-support", &["credio-primitives", "sp-api"]);
		repository.add("pallets/anchor", "pallet-anchor", &["pallet-support", "frame-support"]);
		repository.add("pallets/records", "pallet-records", &["pallet-support", "frame-support"]);
		repository.add("node", "credio-node", &["pallet-support", "sc-service"]);
		repository.add("sdk/client", "credio-client", &["credio-primitives", "frame-metadata"]);
		repository
	}

	fn write(&self, path: &str, text: &str) {
		let path = self.0.path().join(path);
		fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
		fs::write(path, text).expect("writable");
	}

	/// Adds a crate, or replaces its manifest.
	fn add(&self, folder: &str, name: &str, dependencies: &[&str]) {
		let dependencies = dependencies
			.iter()
			.map(|name| format!("{name}.workspace = true\n"))
			.collect::<String>();
		let manifest = format!("[package]\nname = \"{name}\"\n\n[dependencies]\n{dependencies}");
		self.write(&format!("{folder}/Cargo.toml"), &manifest);
		// As many words of the trade as the rule asks for.
		self.write(&format!("{folder}/src/lib.rs"), "//! Returns something.\n");
	}

	fn broken(&self) -> Vec<(Rule, String)> {
		let findings = check(self.0.path()).expect("it can be read");
		findings.into_iter().map(|finding| (finding.rule, finding.place)).collect()
	}

	#[track_caller]
	fn assert_broken(&self, rule: Rule, place: &str) {
		assert_eq!(self.broken(), [(rule, place.into())]);
	}
}

#[test]
fn tidy_repository_has_no_findings() {
	assert_eq!(Repository::new().broken(), []);
}

#[test]
fn finds_crate_inside_crate() {
	let repository = Repository::new();
	repository.write(
		"Cargo.toml",
		r#"[workspace]
members = ["primitives", "pallets/support", "pallets/anchor", "pallets/records", "node", "sdk/client", "sdk/client/vault"]
"#,
	);
	repository.add("sdk/client/vault", "credio-vault", &[]);
	repository.assert_broken(Rule::CrateIsAFolder, "sdk/client/vault");
}

#[test]
fn finds_crate_outside_workspace() {
	let repository = Repository::new();
	repository.add("sdk/vault", "credio-vault", &[]);
	repository.assert_broken(Rule::CrateIsAFolder, "sdk/vault");
}

#[test]
fn crate_that_the_workspace_excludes_keeps_rules_of_its_own() {
	let repository = Repository::new();
	repository.write("Cargo.toml", "[workspace]\nmembers = [\"primitives\", \"pallets/support\", \"pallets/anchor\", \"pallets/records\", \"node\", \"sdk/client\"]\nexclude = [\"testing/fuzz\"]\n");
	repository.write(
		"testing/fuzz/Cargo.toml",
		"[package]\nname = \"credio-fuzz\"\n\n[dependencies]\nserde = \"1\"\n",
	);
	assert_eq!(repository.broken(), []);
}

#[test]
fn finds_dependency_with_version() {
	let repository = Repository::new();
	repository.write(
		"primitives/Cargo.toml",
		"[package]\nname = \"credio-primitives\"\n\n[dependencies]\nserde = \"1\"\n",
	);
	repository.assert_broken(Rule::DependenciesDeclaredOnce, "primitives/Cargo.toml");
}

#[test]
fn finds_pallet_that_depends_on_pallet() {
	let repository = Repository::new();
	repository.add("pallets/records", "pallet-records", &["pallet-anchor"]);
	repository.assert_broken(Rule::PalletsMeetInSupport, "pallets/records/Cargo.toml");
}

#[test]
fn finds_pallet_whose_tests_depend_on_pallet() {
	let repository = Repository::new();
	repository.write(
		"pallets/records/Cargo.toml",
		"[package]\nname = \"pallet-records\"\n\n[dev-dependencies]\npallet-anchor.workspace = true\n",
	);
	repository.assert_broken(Rule::PalletsMeetInSupport, "pallets/records/Cargo.toml");
}

#[test]
fn finds_frame_in_primitives() {
	let repository = Repository::new();
	repository.add("primitives", "credio-primitives", &["frame-support"]);
	let client = (Rule::ClientsWithoutNode, "sdk/client/Cargo.toml".into());
	let primitives = (Rule::PrimitivesWithoutFrame, "primitives/Cargo.toml".into());
	assert_eq!(repository.broken(), [primitives, client]);
}

#[test]
fn finds_node_that_depends_on_pallet() {
	let repository = Repository::new();
	repository.add("node", "credio-node", &["pallet-records"]);
	repository.assert_broken(Rule::NodeWithoutPallets, "node/Cargo.toml");
}

#[test]
fn finds_client_that_depends_on_node() {
	let repository = Repository::new();
	for dependency in ["credio-node", "frame-support", "sc-service", "pallet-anchor"] {
		repository.add("sdk/client", "credio-client", &[dependency]);
		let findings = repository.broken();
		assert!(findings.iter().all(|(rule, _)| *rule == Rule::ClientsWithoutNode), "{findings:?}");
		assert!(!findings.is_empty(), "{dependency}");
	}
}

#[test]
fn finds_circle() {
	let repository = Repository::new();
	repository
		.write("node/src/lib.rs", "//! Returns something.\nmod pool;\nmod service;\nmod types;\n");
	repository.write("node/src/types.rs", "pub struct Client;\n");
	repository.write("node/src/pool.rs", "use crate::types::Client;\npub struct Pool(Client);\n");
	repository.write("node/src/service.rs", "pub fn start() -> crate::pool::Pool { todo!() }\n");
	assert_eq!(repository.broken(), []);
	repository.write(
		"node/src/pool.rs",
		"use crate::{service::start, types::Client};\npub struct Pool(Client);\n",
	);
	repository.assert_broken(Rule::NoCircles, "node/src/pool.rs");
}

#[test]
fn finds_circle_through_reexport_rename_and_macro() {
	let repository = Repository::new();
	repository.write(
		"node/src/lib.rs",
		"//! Returns something.\nmod pool;\nmod service;\npub use service::start as begin;\n",
	);
	repository
		.write("node/src/service.rs", "pub fn start() { println!(\"{}\", crate::pool::size()) }\n");
	repository.write("node/src/pool.rs", "use crate::begin;\npub fn size() -> u8 { begin(); 0 }\n");
	repository.assert_broken(Rule::NoCircles, "node/src/pool.rs");
}

#[test]
fn allows_module_to_use_what_stands_above_it() {
	let repository = Repository::new();
	repository.write(
		"node/src/lib.rs",
		"//! Returns something.\nmod pool;\npub struct Node;\npub fn start() { pool::fill(Node) }\n",
	);
	repository.write("node/src/pool.rs", "use super::Node;\npub fn fill(_: Node) {}\n");
	assert_eq!(repository.broken(), []);
}

#[test]
fn finds_long_file() {
	let repository = Repository::new();
	repository.write("node/src/long.rs", &"\n".repeat(MAX_LINES));
	assert_eq!(repository.broken(), []);
	repository.write("node/src/long.rs", &"\n".repeat(MAX_LINES + 1));
	repository.assert_broken(Rule::FileLength, "node/src/long.rs");
}

#[test]
fn finds_unwanted_words() {
	for phrase in
		["of which", "Whose", "in which", "what is", "what was", "told", "tells", "answers"]
	{
		let repository = Repository::new();
		repository.write("node/src/lib.rs", &format!("//! Returns something {phrase}.\n"));
		repository.assert_broken(Rule::PlainWords, "comments");
	}
	let repository = Repository::new();
	repository.write("node/src/lib.rs", "fn answers() {} // a name is no comment line\n");
	assert_eq!(repository.broken(), []);
}

#[test]
fn finds_lack_of_plain_words() {
	let repository = Repository::new();
	repository.write("node/src/lib.rs", &format!("//! {}\n", "word ".repeat(100_000)));
	repository.assert_broken(Rule::PlainWords, "comments");
}
