//! Copies of objects: indexes read them, and lose erased ones.

use super::{Party, Server, files, text};
use credio_e2e::{
	Node, Running,
	index::{Index, views_of_anybody},
	repository,
	uploads::path,
};
use std::{
	fs,
	path::{Path, PathBuf},
	thread,
	time::{Duration, Instant},
};

/// Stands in a name, so in rows, words and the document.
const MARKER: &str = "markerfirm7of9";
const VIEW: &str = "invoices-ubl";

/// Writes an invoice in UBL of 3 MB: it carries an attachment.
fn write_invoice(folder: &Path, seller: &str) -> PathBuf {
	let invoice =
		fs::read_to_string(repository().join("samples/invoice-ubl.xml")).expect("it is there");
	let attachment = (0u64..70_000)
		.flat_map(|n| sp_crypto_hashing::blake2_256(&n.to_le_bytes()))
		.map(|byte| format!("{byte:02x}"))
		.collect::<String>();
	let attachment = format!(
		"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject \
		mimeCode=\"application/pdf\" filename=\"a.pdf\">{}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>\
		</cac:AdditionalDocumentReference><cac:AccountingSupplierParty>",
		&attachment[..3_000_000]
	);
	let invoice = invoice.replace("Hollin Joinery", seller);
	let invoice = invoice.replacen("<cac:AccountingSupplierParty>", &attachment, 1);
	let file = folder.join("large.xml");
	fs::write(&file, invoice).expect("writable");
	file
}

fn found(index: &Index<'_>) -> usize {
	index.search(VIEW, &format!("match '{MARKER}'")).len()
}

/// Waits until an index that is kept has so many rows with the marker.
fn wait_for(index: &Index<'_>, rows: usize) {
	let end = Instant::now() + Duration::from_secs(60);
	while found(index) != rows {
		assert!(Instant::now() < end, "there are not {rows} rows after a minute");
		thread::sleep(Duration::from_millis(300));
	}
}

/// Files under a folder with the marker, in any case.
fn with_marker(folder: &Path) -> Vec<PathBuf> {
	let holds = |file: &PathBuf| {
		let bytes = fs::read(file).unwrap_or_default().to_ascii_lowercase();
		bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
	};
	files(folder).into_iter().filter(holds).collect()
}

#[test]
fn index_reads_objects_and_loses_them_when_they_are_erased() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Party::new(&node, name));
	channel.cli.ok(&["stream", "create", "invoices"]);
	channel.cli.ok(&["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "credit"]);
	let server = Server::start(&channel);
	channel.cli.ok(&["objects", "announce", &server.url()]);
	let file = write_invoice(node.folder(), MARKER);
	let uploaded = channel.upload("invoices", &file);
	fs::remove_file(&file).expect("it is there");
	let record = text(&uploaded, "recordId");
	let views = views_of_anybody(node.folder());
	let name = |name: &str| path(&node.folder().join(name)).to_owned();
	let (url, kept_url) = (name("funder.index"), name("kept.index"));
	let index = Index::new(&funder.cli, &url, &views);
	let sync = |arguments: &[&str]| {
		let output = funder.cli.run(&[&["index", "sync", "--index", &url], arguments].concat());
		assert!(output.status.success(), "{output:?}");
		String::from_utf8_lossy(&output.stderr).into_owned()
	};

	// A store that lies makes no row, and holds nothing up.
	let part = files(&channel.store).remove(0);
	let good = fs::read(&part).expect("readable");
	let mut bad = good.clone();
	bad[70_000] ^= 1;
	fs::write(&part, &bad).expect("writable");
	let told = sync(&["--views", path(&views)]);
	assert!(told.contains(record) && told.contains("was changed: chunk 1"), "{told}");
	assert_eq!(found(&index), 0);
	fs::write(&part, &good).expect("writable");
	// One that is too large is listed, until the bound is raised.
	assert_eq!(sync(&["--largest-object", "1MiB"]), "");
	assert_eq!(found(&index), 0);
	let dump = funder.cli.ok(&["index", "dump", "--index", &url, "-o", "-"]);
	assert!(dump.contains("\"problem\":\"tooLarge\""), "{dump}");
	assert_eq!(sync(&[]), "");
	assert_eq!(found(&index), 1);
	let kept = Index::new(&funder.cli, &kept_url, &views);
	funder.cli.ok(&[
		"index",
		"sync",
		"--index",
		&kept_url,
		"--keep-revoked",
		"--views",
		path(&views),
	]);
	assert_eq!(found(&kept), 1);
	assert!(!with_marker(node.folder()).is_empty(), "the test finds it");

	// Nothing is deleted before it is erased.
	let apply =
		["erasures", "apply", "--json", "--index", &url, "--index", &kept_url, "--acknowledge"];
	assert_eq!(funder.cli.json(&apply).len(), 0);
	assert_eq!(found(&index), 1);
	channel.cli.ok(&channel.with_store(&["erase", record]));
	// Indexes that are kept up to date follow, whatever else they keep.
	funder.cli.ok(&["index", "sync", "--index", &kept_url, "--keep-revoked"]);
	assert_eq!(found(&kept), 0);
	let applied = funder.cli.json(&apply);
	assert_eq!(applied.len(), 1, "{applied:?}");
	assert_eq!(text(&applied[0], "recordId"), record);
	assert_eq!(applied[0]["acknowledged"], "now");
	assert_eq!(applied[0]["deletedFrom"], serde_json::json!([format!("index {url}")]));
	assert_eq!(funder.cli.json(&apply).len(), 0, "it is done");
	assert_eq!(found(&index), 0);
	// Neither a store, an index nor a log has it any more.
	assert_eq!(with_marker(node.folder()), Vec::<PathBuf>::new());
	index.sync();
	let dump = funder.cli.ok(&["index", "dump", "--index", &url, "-o", "-"]);
	assert!(dump.contains("\"problem\":\"erased\""), "{dump}");

	let evidence = node.folder().join("erased.evidence");
	funder.cli.ok(&["evidence", record, "-o", path(&evidence)]);
	let specification = credio_e2e::raw_specification("dev", &node.folder().join("chain.json"));
	let proven = funder.cli.ok(&["evidence", "verify", path(&evidence), "--chain", &specification]);
	assert!(proven.contains("acknowledged: organization"), "{proven}");
}

#[test]
fn index_that_is_kept_follows_objects_and_erasures() {
	let node = Node::start();
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Party::new(&node, name));
	channel.cli.ok(&["stream", "create", "invoices"]);
	let views = repository().join("samples/views");
	let url = path(&node.folder().join("channel.index")).to_owned();
	let index = Index::new(&channel.cli, &url, &views);
	let file = write_invoice(node.folder(), MARKER);
	// The first is uploaded to a store that is not there yet for the index: it is tried again.
	let first = channel.upload("invoices", &file);
	let hidden = node.folder().join("hidden");
	fs::rename(&channel.store, &hidden).expect("it is there");
	let run = ["index", "run", "--index", &url, "--views", path(&views)];
	let running = Running::start(&mut channel.cli.command(&channel.with_store(&run)));
	channel.cli.ok(&[
		"upload",
		"--stream",
		"invoices",
		&format!("{}/samples/invoice.json", path(&repository())),
	]);
	let end = Instant::now() + Duration::from_secs(60);
	// Blocks wait for no object.
	while !has_rows(&channel, &index, "invoices-json") {
		assert!(Instant::now() < end, "the object holds the index up");
		thread::sleep(Duration::from_millis(300));
	}
	assert_eq!(found(&index), 0);
	let _ = fs::remove_dir_all(&channel.store);
	fs::rename(&hidden, &channel.store).expect("it is there");
	wait_for(&index, 1);
	channel.cli.ok(&channel.with_store(&["erase", text(&first, "recordId")]));
	wait_for(&index, 0);
	// A process that is killed in between goes on.
	let again = write_invoice(node.folder(), &format!("{MARKER} again"));
	let second = channel.upload("invoices", &again);
	running.kill();
	channel.cli.ok(&channel.with_store(&["index", "sync", "--index", &url]));
	assert_eq!(found(&index), 1);
	channel.cli.ok(&channel.with_store(&["erase", text(&second, "recordId")]));
	channel.cli.ok(&["index", "sync", "--index", &url]);
	assert_eq!(found(&index), 0);
	for file in [file, again] {
		let _ = fs::remove_file(file);
	}
	assert_eq!(with_marker(node.folder()), Vec::<PathBuf>::new());
	// Who had neither a grant nor a copy has nothing to acknowledge.
	let none = funder.cli.json(&["erasures", "apply", "--json", "--acknowledge"]);
	assert_eq!(none.len(), 0, "{none:?}");
}

/// Whether a view has rows, and is there at all.
fn has_rows(party: &Party, index: &Index<'_>, view: &str) -> bool {
	let searched = party.cli.run(&["search", "--index", index.url(), view, "--json"]);
	searched.status.success() && !searched.stdout.is_empty()
}
