//! Indexes: what an organization may read, searched in plaintext.

use credio_e2e::{Cli, Node};
use serde_json::Value;
use std::{fs, path::Path};

fn path(path: &Path) -> &str {
	path.to_str().expect("paths are UTF-8")
}

fn samples() -> String {
	format!("{}/../samples", env!("CARGO_MANIFEST_DIR"))
}

/// An index of an organization, kept by the command line.
struct Index<'a> {
	cli: &'a Cli,
	file: String,
}

impl Index<'_> {
	fn sync(&self) {
		let views = format!("{}/views", samples());
		self.cli.ok(&["index", "sync", "--index", &self.file, "--views", &views]);
	}

	fn search(&self, view: &str, filter: &str) -> Vec<Value> {
		let mut search = vec!["search", "--index", &self.file, view, "--json"];
		search.extend((!filter.is_empty()).then_some(filter));
		self.cli.json(&search)
	}

	/// All of it, but how far it is: one that is brought up to date later is further.
	fn dump(&self) -> String {
		let dump = self.cli.ok(&["index", "dump", "--index", &self.file, "-o", "-"]);
		let (cursor, rest) = dump.split_once('\n').expect("a line for the cursor");
		assert!(cursor.contains("\"cursor\""), "{cursor}");
		rest.into()
	}
}

#[test]
fn a_funder_finds_what_was_shared_and_nothing_else() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	channel.ok(&["stream", "create", "invoices"]);
	let documents =
		["invoice-ubl.xml", "invoice-cii.xml", "invoice.json", "repayment-schedule.csv"]
			.map(|name| format!("{}/{name}", samples()));
	let mut upload = vec!["upload", "--stream", "invoices"];
	upload.extend(documents.iter().map(String::as_str));
	channel.ok(&upload);
	let file = |name: &str| path(&node.folder().join(name)).to_owned();
	let own = Index { cli: &channel, file: file("channel.index") };
	own.sync();
	let views = channel.json(&["index", "views", "--index", &own.file, "--json"]);
	let counts = |index: &Index<'_>| {
		let count = |view: &Value| {
			let view = view["name"].as_str().expect("a name");
			index.search(view, "").len()
		};
		views.iter().map(count).collect::<Vec<_>>()
	};
	let all = counts(&own);
	assert!(all.iter().sum::<usize>() >= documents.len(), "{all:?}");

	// Without a grant the funder has headers, and no row.
	let index = Index { cli: &funder, file: file("funder.index") };
	index.sync();
	assert_eq!(counts(&index).iter().sum::<usize>(), 0);
	// A grant makes what is there already appear.
	channel.ok(&["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "assess"]);
	index.sync();
	assert_eq!(counts(&index), all);
	// What comes while it holds is found too, and a replaced document only where it is asked for.
	let changed = node.folder().join("invoice.json");
	let text = fs::read_to_string(&documents[2]).expect("readable");
	fs::write(&changed, text.replace("\"EUR\"", "\"SEK\"")).expect("writable");
	channel.ok(&["upload", "--stream", "invoices", path(&changed)]);
	index.sync();
	assert_ne!(counts(&index), vec![0; views.len()]);
	let found = views.iter().flat_map(|view| {
		let view = view["name"].as_str().expect("a name");
		let columns = funder.json(&["index", "views", "--index", &index.file, "--json"]);
		let has = columns.iter().any(|known| {
			known["name"] == view
				&& known["columns"]
					.as_array()
					.is_some_and(|names| names.contains(&"currency".into()))
		});
		if has {
			index.search(view, "currency = \"SEK\"")
		} else {
			Vec::new()
		}
	});
	assert_eq!(found.count(), 1);
	// An index that is built anew is the same, byte for byte.
	let again = Index { cli: &funder, file: file("again.index") };
	again.sync();
	assert_eq!(again.dump(), index.dump());

	// What is revoked is found no more, by no query, and is not in the index any more.
	let grants = channel.json(&["grants", "--from", "channel-one", "--active", "--json"]);
	channel.ok(&["revoke", grants[0]["grantId"].as_str().expect("a grant")]);
	index.sync();
	assert_eq!(counts(&index), vec![0; views.len()]);
	let bytes = fs::read(&index.file).expect("readable");
	let text = String::from_utf8_lossy(&bytes).into_owned();
	assert!(!text.contains("Hollin Joinery"), "a document is left");
	again.sync();
	assert_eq!(again.dump(), index.dump());
	assert_eq!(counts(&own).len(), all.len());
}
