//! Indexes: after any kill during their construction, they end up equal to a new one.
//!
//! `CREDIO_KILLS` sets how often the process that keeps an index is killed, `CREDIO_UPLOADS` how many documents are uploaded
//! meanwhile. `scripts/index-kills.sh` runs the full size.

use credio_client::{Client, primitives::OrganizationId};
use credio_e2e::{
	Cli, Node, Running,
	index::{Index, views_of_anybody},
	moment, number, repository,
	uploads::path,
};
use credio_index::Store;
use credio_vault::LocalVault;
use std::{
	fs,
	net::TcpListener,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};

#[path = "../../../indexer/index/tests/store/postgres.rs"]
mod postgres;
use postgres::Postgres;

const FUNDER: OrganizationId = 3;

/// Range of the time between two faults, beyond a tenth of a second.
const SPREAD: Duration = Duration::from_millis(1_400);

/// Documents of several kinds; some replace others.
fn documents(folder: &Path, count: usize) -> Vec<PathBuf> {
	fs::create_dir_all(folder).expect("writable");
	let samples = repository().join("samples");
	let read = |name: &str| fs::read_to_string(samples.join(name)).expect("a sample");
	let (json, xml) = (read("invoice.json"), read("invoice-ubl.xml"));
	let write = |n: usize| {
		let (name, text) = match n % 10 {
			0 => (format!("{n:05}.txt"), format!("no invoice {n}")),
			// A later version of the one before.
			5 => (format!("{n:05}.xml"), xml.replace("HJ-2026-0417", &format!("HJ-{}", n - 1))),
			4 => (
				format!("{n:05}.xml"),
				format!("{}\n", xml.replace("HJ-2026-0417", &format!("HJ-{n}"))),
			),
			6 => (format!("{n:05}.json"), format!("{{\"no\": \"invoice {n}\"}}")),
			_ => (format!("{n:05}.json"), json.replace("TB-2026-0208", &format!("TB-{n}"))),
		};
		let file = folder.join(name);
		fs::write(&file, text).expect("writable");
		file
	};
	(0..count).map(write).collect()
}

/// Returns the last block of an index and of the chain.
async fn progress(url: &str, node: &str) -> (u32, u32) {
	let vault = LocalVault::development("funder-one").expect("an example organization");
	let client = Client::connect(node, Arc::new(vault)).await.expect("the node responds");
	let finalized = client.finalized_number().await.expect("the node responds");
	let cursor = match Store::open_to_read(url, FUNDER).await {
		Ok(store) => store.cursor().await.expect("the node responds"),
		// It was killed before it had made its tables.
		Err(_) => None,
	};
	(cursor.map_or(0, |cursor| cursor.number), finalized)
}

/// Kills the keeper of an index again and again while documents come and grants go. `restart` restarts the database.
fn survive(url: Option<&str>, restart: impl Fn()) {
	let kills = number("CREDIO_KILLS", 6);
	let uploads = number("CREDIO_UPLOADS", 240);
	let port =
		TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("it has one");
	let mut node = Node::start_with(&["--rpc-port", &port.port().to_string()]);
	let folder = node.folder().to_owned();
	let file = folder.join("kept.index");
	let url = url.unwrap_or(path(&file)).to_owned();
	let (channel, funder) = (Cli::new(&node, "channel-one"), Cli::new(&node, "funder-one"));
	channel.ok(&["stream", "create", "invoices"]);
	let grant = || {
		let to = ["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "assess"];
		channel.ok(&[&to[..], &["--from-epoch", "0"]].concat());
	};
	grant();
	let files = documents(&folder.join("documents"), uploads);
	let outbox = folder.join("outbox");
	let views = views_of_anybody(&folder);
	let index = Index::new(&funder, &url, &views);
	let runtime = tokio::runtime::Runtime::new().expect("a runtime");
	let store = |files: &[PathBuf]| {
		let upload = ["upload", "--stream", "invoices", "--outbox", path(&outbox), "--no-wait"];
		let files = files.iter().map(|file| path(file)).collect::<Vec<_>>();
		if !files.is_empty() {
			channel.ok(&[&upload[..], &files].concat());
		}
	};
	let started = Instant::now();
	let (mut behind, mut restarts, mut changes) = (0, 0, 0);
	let mut chunks = files.chunks(uploads.div_ceil(kills));
	store(chunks.next().unwrap_or_default());
	let sending =
		Running::start(&mut channel.command(&["outbox", "run", "--outbox", path(&outbox)]));
	for n in 0..kills {
		let keeper = index.keep(&["ws://127.0.0.1:9".into()]);
		store(chunks.next().unwrap_or_default());
		std::thread::sleep(moment(n, SPREAD));
		match n % 6 {
			2 => {
				node.kill_and_restart();
				restarts += 1;
			},
			3 => {
				restart();
				restarts += 1;
			},
			4 => {
				let grants =
					channel.json(&["grants", "--from", "channel-one", "--active", "--json"]);
				channel.ok(&["revoke", grants[0]["grantId"].as_str().expect("a grant")]);
				grant();
				changes += 1;
			},
			_ => {},
		}
		std::thread::sleep(moment(n + kills, SPREAD));
		keeper.kill();
		let (cursor, finalized) = runtime.block_on(progress(&url, &node.url()));
		behind += usize::from(cursor < finalized);
	}
	chunks.for_each(store);
	sending.kill();
	channel.ok(&["outbox", "run", "--outbox", path(&outbox), "--until-decided"]);
	let rows = index.compare(&folder.join("anew.index"));
	assert!(rows * 10 >= uploads * 7, "{rows} rows of {uploads} documents");
	println!(
		"{uploads} documents, {rows} rows: {kills} kills, {behind} of them while the index was behind the chain, {restarts} restarts of node \
		and database, {changes} grants ended and given: as one that is built anew; {:.0?}",
		started.elapsed()
	);
}

#[test]
fn sqlite_index_survives_kills() {
	survive(None, || {});
}

#[test]
fn postgresql_index_survives_kills() {
	let server = Postgres::start();
	survive(Some(&server.url()), || server.restart());
}
