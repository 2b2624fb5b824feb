//! The outbox: accepted items are decided, whichever process is killed.
//!
//! `CREDIO_KILLS` sets how often the client is killed, and a quarter of that the node; `CREDIO_UPLOADS` how many uploads
//! are made meanwhile. `scripts/kills.sh` runs the full size.

use credio_client::{
	Upload,
	calls::Call,
	primitives::{StreamName, limits::MAX_DOCUMENT_SIZE},
};
use credio_e2e::{
	Cli, Node, binary, moment, number,
	uploads::{compare, path},
};
use credio_outbox::{Item, ItemState, Outbox, OutboxError, Settings};
use credio_vault::LocalVault;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	sync::Arc,
	time::{Duration, Instant},
};

fn channel_one() -> Arc<LocalVault> {
	Arc::new(LocalVault::development("channel-one").expect("an example organization"))
}

fn documents(folder: &Path, count: usize) -> Vec<PathBuf> {
	fs::create_dir_all(folder).expect("writable");
	(0..count)
		.map(|n| {
			let file = folder.join(format!("{n:05}.txt"));
			fs::write(&file, format!("document {n}")).expect("writable");
			file
		})
		.collect()
}

/// Stores documents in an outbox, in a few lanes and outside of them, without a node.
fn store(cli: &Cli, outbox: &str, files: &[PathBuf], lanes: usize) -> BTreeMap<String, usize> {
	let mut stored = BTreeMap::new();
	for (n, chunk) in files.chunks(files.len().div_ceil(lanes + 1)).enumerate() {
		let lane = n.to_string();
		let mut arguments =
			vec!["upload", "--stream", "invoices", "--outbox", outbox, "--no-wait", "--json"];
		if n > 0 {
			arguments.extend(["--lane", &lane]);
		}
		arguments.extend(chunk.iter().map(|file| path(file)));
		for line in cli.json(&arguments) {
			let key = line["requestKey"].as_str().expect("a key").to_owned();
			assert!(stored.insert(key, n).is_none());
		}
	}
	stored
}

#[test]
fn items_stored_offline_are_applied_later() {
	let mut node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let outbox = node.folder().join("outbox");
	let files = documents(&node.folder().join("documents"), 40);
	node.kill();
	let stored = store(&cli, path(&outbox), &files, 3);
	assert_eq!(stored.len(), files.len());
	// Storing it again changes nothing; the same key for something else is refused.
	assert_eq!(store(&cli, path(&outbox), &files, 3), stored);
	let mut upload = vec!["upload", "--stream", "invoices", "--outbox", path(&outbox)];
	upload.extend(["--no-wait", "--key", "1"]);
	cli.ok(&[&upload[..], &[path(&files[0])]].concat());
	let (_, message) = cli.refused(&[&upload[..], &[path(&files[1])]].concat());
	assert!(message.contains("for something else"), "{message}");
	let listed = cli.json(&["outbox", "list", "--outbox", path(&outbox), "--json"]);
	assert_eq!(listed.len(), files.len() + 1);
	assert!(listed.iter().all(|item| item["state"] == "waiting"));
	// Nothing of a document is in the database.
	let database = fs::read(&outbox).expect("it exists");
	assert!(!database.windows(9).any(|bytes| bytes == b"document "));

	node.kill_and_restart();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["outbox", "run", "--outbox", path(&outbox), "--until-decided"]);
	let state = ["outbox", "list", "--outbox", path(&outbox), "--state", "applied", "--json"];
	assert_eq!(cli.json(&state).len(), files.len() + 1);
	// The document that was stored under two keys is two records.
	let mut stored = stored;
	let all = cli.json(&["outbox", "list", "--outbox", path(&outbox), "--json"]);
	stored.insert(all[files.len()]["requestKey"].as_str().expect("a key").into(), 0);
	compare(&cli, path(&outbox), &stored);
}

#[test]
fn killed_client_and_node_lose_double_and_reorder_nothing() {
	let kills = number("CREDIO_KILLS", 10);
	let uploads = number("CREDIO_UPLOADS", 400);
	let mut node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let outbox = node.folder().join("outbox");
	let files = documents(&node.folder().join("documents"), uploads);
	let stored = store(&cli, path(&outbox), &files, 4);
	let started = Instant::now();
	let run = |cli: &Cli| -> Child {
		cli.command(&["outbox", "run", "--outbox", path(&outbox), "--until-decided"])
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.spawn()
			.expect("credio starts")
	};
	let mut cli = cli;
	let (mut clients, mut nodes) = (0, 0);
	for n in 0..kills {
		let mut worker = run(&cli);
		std::thread::sleep(moment(n, Duration::from_millis(1_900)));
		if worker.try_wait().expect("a process has a status").is_none() {
			worker.kill().expect("it runs");
			clients += 1;
		}
		worker.wait().expect("it ends");
		if n % 4 == 3 {
			node.kill_and_restart();
			cli = Cli::new(&node, "channel-one");
			nodes += 1;
		}
	}
	let status = run(&cli).wait().expect("it ends");
	assert!(status.success());
	println!(
		"{uploads} uploads, {clients} clients and {nodes} nodes killed, {:.0?}: lost 0, doubled 0, reordered 0",
		started.elapsed()
	);
	compare(&cli, path(&outbox), &stored);
}

#[tokio::test]
async fn consumer_receives_every_outcome_once() {
	let node = Node::start();
	Cli::new(&node, "channel-one").ok(&["stream", "create", "invoices"]);
	let file = node.folder().join("outbox");
	let outbox = Outbox::open(path(&file), channel_one()).await.expect("it opens");
	let stream = credio_client::primitives::StreamId::derive(1, b"invoices");
	let mut keys = BTreeSet::new();
	for n in 0..30 {
		let document = format!("document {n}");
		let upload = Upload {
			stream,
			key: None,
			media_type: "text/plain",
			document: document.as_bytes(),
			supersedes: None,
		};
		keys.insert(outbox.enqueue(&Item::upload(upload)).await.expect("stored").request_key);
	}
	// A rejected item: the stream already exists.
	let name = StreamName::try_from(b"invoices".to_vec()).expect("short");
	let calls = [Call::create_stream(&name)];
	let item = Item { lifetime: Some(100), ..Item::calls(b"again", &calls) };
	let again = outbox.enqueue(&item).await.expect("stored");
	keys.insert(again.request_key);

	let run = outbox.run_until_decided(Settings::new(vec!["ws://127.0.0.1:9".into(), node.url()]));
	// The consumer reads a few outcomes, acknowledges some of them, and ends; another one continues after the last
	// acknowledged outcome.
	let consume = async {
		let mut first = outbox.outcomes("accounting").await.expect("it opens");
		let mut seen = Vec::new();
		for _ in 0..12 {
			seen.push(first.next().await.expect("the next event arrives").item.request_key);
		}
		outbox.acknowledge("accounting", 7).await.expect("stored");
		seen.truncate(7);
		let mut second = outbox.outcomes("accounting").await.expect("it opens");
		for number in 8..=31 {
			let outcome = second.next().await.expect("the next event arrives");
			assert_eq!(outcome.number, number);
			seen.push(outcome.item.request_key);
		}
		assert!(second.try_next().await.expect("the next event arrives").is_none());
		seen
	};
	let (result, seen) = tokio::join!(run, consume);
	result.expect("all is decided");
	assert_eq!(seen.len(), keys.len());
	assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), keys);
	let rejected =
		outbox.status(again.request_key).await.expect("the node responds").expect("it exists");
	assert_eq!(rejected.state, ItemState::Rejected);
	assert!(
		rejected
			.problem
			.is_some_and(|problem| problem.contains("StreamExists") || problem.contains("Exists"))
	);
	// Another consumer has a separate cursor.
	let mut other = outbox.outcomes("audit").await.expect("it opens");
	assert_eq!(other.next().await.expect("the next event arrives").number, 1);
	// A retry is a new request, which is rejected again.
	let retried = outbox.retry(again.request_key).await.expect("it has ended");
	assert_ne!(retried.request_key, again.request_key);
	outbox.run_until_decided(Settings::new(vec![node.url()])).await.expect("it is decided");
	let listed =
		outbox.status(retried.request_key).await.expect("the node responds").expect("is there");
	assert_eq!(listed.state, ItemState::Rejected);
}

#[tokio::test]
async fn unsendable_item_expires_and_its_lane_continues() {
	let node = Node::start();
	Cli::new(&node, "channel-one").ok(&["stream", "create", "invoices"]);
	let outbox = Outbox::open("sqlite::memory:", channel_one()).await.expect("it opens");
	let stream = |name: &[u8]| credio_client::primitives::StreamId::derive(1, name);
	let upload = |name: &[u8], document: &'static [u8]| Upload {
		stream: stream(name),
		key: None,
		media_type: "text/plain",
		document,
		supersedes: None,
	};
	// There is no such stream, so this one can never be sealed; the one behind it in the lane can.
	let impossible =
		Item { lifetime: Some(8), ..Item::upload(upload(b"nothing", b"first")).in_lane(3) };
	let possible = Item::upload(upload(b"invoices", b"second")).in_lane(3);
	let impossible = outbox.enqueue(&impossible).await.expect("stored");
	let possible = outbox.enqueue(&possible).await.expect("stored");
	outbox.run_until_decided(Settings::new(vec![node.url()])).await.expect("all is decided");
	let state = |key| {
		let outbox = outbox.clone();
		async move { outbox.status(key).await.expect("the node responds").expect("is there").state }
	};
	assert_eq!(state(impossible.request_key).await, ItemState::Expired);
	assert_eq!(state(possible.request_key).await, ItemState::Applied);

	// Errors that are known at once are returned at once.
	let large = vec![0; MAX_DOCUMENT_SIZE as usize + 1];
	let large = Upload { document: &large, ..upload(b"invoices", b"") };
	let error = outbox.enqueue(&Item::upload(large)).await.expect_err("it is too large");
	assert!(error.to_string().contains("as an object"), "{error}");
	let error = outbox.enqueue(&Item::calls(b"none", &[])).await.expect_err("nothing to do");
	assert!(matches!(error, OutboxError::Item(_)));
	let full = outbox.with_max_undecided(0);
	let item = Item::upload(upload(b"invoices", b"third"));
	assert!(matches!(full.enqueue(&item).await, Err(OutboxError::Full(0))));
}

#[tokio::test]
async fn application_and_outbox_share_a_transaction() {
	let node = Node::start();
	Cli::new(&node, "channel-one").ok(&["stream", "create", "invoices"]);
	let file = node.folder().join("application.sqlite");
	let outbox = Outbox::open(path(&file), channel_one()).await.expect("it opens");
	let pool =
		sqlx::SqlitePool::connect(&format!("sqlite://{}", path(&file))).await.expect("opens");
	sqlx::query("CREATE TABLE invoices (number INTEGER PRIMARY KEY, request_key BLOB, state TEXT)")
		.execute(&pool)
		.await
		.expect("a table is made");
	let stream = credio_client::primitives::StreamId::derive(1, b"invoices");
	// A worker works on the same database meanwhile, as in another process.
	let worker = Outbox::open(path(&file), channel_one()).await.expect("it opens");
	let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
	let settings = Settings::new(vec![node.url()]);
	let worker = tokio::spawn(async move {
		let stopped = async { drop(stopped.await) };
		worker.run(settings, stopped).await
	});
	for number in 0..60i64 {
		let document = format!("invoice {number}");
		let upload = Upload {
			stream,
			key: Some(&number.to_le_bytes()),
			media_type: "text/plain",
			document: document.as_bytes(),
			supersedes: None,
		};
		let mut transaction = pool.begin().await.expect("it begins");
		let item = Item::upload(upload);
		let enqueued = outbox.enqueue_in(&mut *transaction, &item).await.expect("stored");
		sqlx::query("INSERT INTO invoices VALUES ($1, $2, 'sent')")
			.bind(number)
			.bind(enqueued.request_key.0.to_vec())
			.execute(&mut *transaction)
			.await
			.expect("written");
		// Every third one is not committed, as if the application had crashed.
		if number % 3 == 2 {
			transaction.rollback().await.expect("undone");
		} else {
			transaction.commit().await.expect("done");
		}
	}
	assert_eq!(outbox.list(None, 0, 100).await.expect("the node responds").len(), 40);
	// And the outcomes, with the application's updates.
	let mut outcomes = outbox.outcomes("application").await.expect("it opens");
	for _ in 0..40 {
		let outcome = outcomes.next().await.expect("the next event arrives");
		let mut transaction = pool.begin().await.expect("it begins");
		sqlx::query("UPDATE invoices SET state = $1 WHERE request_key = $2")
			.bind(outcome.item.state.name())
			.bind(outcome.item.request_key.0.to_vec())
			.execute(&mut *transaction)
			.await
			.expect("written");
		outbox
			.acknowledge_in(&mut *transaction, "application", outcome.number)
			.await
			.expect("written");
		transaction.commit().await.expect("done");
	}
	let (applied,): (i64,) =
		sqlx::query_as("SELECT COUNT(*) FROM invoices WHERE state = 'applied'")
			.fetch_one(&pool)
			.await
			.expect("the node responds");
	assert_eq!(applied, 40);
	stop.send(()).expect("the worker still works");
	worker.await.expect("no panic").expect("it stops");
	assert!(
		outbox
			.outcomes("application")
			.await
			.expect("opens")
			.try_next()
			.await
			.expect("the node responds")
			.is_none()
	);
	assert_eq!(outbox.prune(u32::MAX).await.expect("it prunes"), 40);
}

/// A PostgreSQL server for one test. It ends on drop.
struct Postgres {
	folder: tempfile::TempDir,
	process: Child,
}

impl Postgres {
	/// Starts a server on a Unix socket. It does not run as root, so tests as root switch the account.
	fn start() -> Self {
		let programs = fs::read_dir("/usr/lib/postgresql")
			.expect("PostgreSQL is installed: ./scripts/test.sh does that")
			.filter_map(|entry| Some(entry.ok()?.path().join("bin")))
			.max()
			.expect("a version of PostgreSQL");
		let folder = tempfile::tempdir().expect("a temporary folder");
		let data = folder.path().join("data");
		let as_user = |program: &str| {
			let program = programs.join(program);
			if is_root() {
				let mut command = Command::new("runuser");
				command.args(["-u", "postgres", "--"]).arg(program);
				command
			} else {
				Command::new(program)
			}
		};
		if is_root() {
			let chown = Command::new("chown").arg("postgres").arg(folder.path()).status();
			assert!(chown.expect("chown runs").success());
		}
		let made = as_user("initdb")
			.args(["--auth=trust", "--username=credio", "--no-sync", "-D"])
			.arg(&data)
			.stdout(Stdio::null())
			.status();
		assert!(made.expect("initdb runs").success());
		let process = as_user("postgres")
			.arg("-D")
			.arg(&data)
			.args(["-c", "listen_addresses=", "-k"])
			.arg(folder.path())
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.spawn()
			.expect("postgres starts");
		Self { folder, process }
	}

	fn url(&self) -> String {
		let socket = path(self.folder.path()).replace('/', "%2F");
		format!("postgres://credio@{socket}/postgres")
	}
}

impl Drop for Postgres {
	fn drop(&mut self) {
		let pid = self.folder.path().join("data").join("postmaster.pid");
		let pid = fs::read_to_string(pid).unwrap_or_default();
		if let Some(pid) = pid.lines().next() {
			let _ = Command::new("kill").args(["-INT", pid]).status();
		}
		let _ = self.process.wait();
	}
}

fn is_root() -> bool {
	let id = Command::new("id").arg("-u").output().expect("id runs");
	id.stdout.starts_with(b"0\n")
}

#[tokio::test]
async fn postgresql_outbox_works_like_sqlite() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let server = Postgres::start();
	let started = Instant::now();
	let pool = loop {
		match sqlx::PgPool::connect(&server.url()).await {
			Ok(pool) => break pool,
			Err(error) => {
				assert!(started.elapsed() < Duration::from_secs(60), "{error}");
				tokio::time::sleep(Duration::from_millis(100)).await;
			},
		}
	};
	let outbox = Outbox::open(&server.url(), channel_one()).await.expect("it opens");
	let stream = credio_client::primitives::StreamId::derive(1, b"invoices");
	for number in 0..20i64 {
		let document = format!("invoice {number}");
		let upload = Upload {
			stream,
			key: None,
			media_type: "text/plain",
			document: document.as_bytes(),
			supersedes: None,
		};
		let mut transaction = pool.begin().await.expect("it begins");
		let item = Item::upload(upload).in_lane(5);
		outbox.enqueue_in(&mut *transaction, &item).await.expect("stored");
		if number % 4 == 3 {
			transaction.rollback().await.expect("undone");
		} else {
			transaction.commit().await.expect("done");
		}
	}
	// Two workers on one database: one works, the other stands by.
	let other = Outbox::open(&server.url(), channel_one()).await.expect("it opens");
	let settings = || Settings::new(vec![node.url()]);
	let (one, two) =
		tokio::join!(outbox.run_until_decided(settings()), other.run_until_decided(settings()));
	one.and(two).expect("all is decided");
	let applied = outbox.list(Some(ItemState::Applied), 0, 100).await.expect("the node responds");
	assert_eq!(applied.len(), 15);
	let positions = applied.iter().map(|item| item.position).collect::<Vec<_>>();
	assert_eq!(positions, (0..15).map(Some).collect::<Vec<_>>(), "in the order of storing");
	let mut outcomes = outbox.outcomes("application").await.expect("it opens");
	let mut transaction = pool.begin().await.expect("it begins");
	let last = loop {
		let outcome = outcomes.next().await.expect("the next event arrives");
		if outcome.number == 15 {
			break outcome;
		}
	};
	outbox.acknowledge_in(&mut *transaction, "application", last.number).await.expect("written");
	transaction.commit().await.expect("done");
	assert_eq!(outbox.prune(u32::MAX).await.expect("it prunes"), 15);
	assert_eq!(cli.json(&["query", "--stream", "invoices", "--json"]).len(), 15);
}

#[test]
fn outbox_example_runs() {
	let node = Node::start();
	let output = Command::new(binary("examples/outbox"))
		.env("CREDIO_NODE", node.url())
		.current_dir(node.folder())
		.output()
		.expect("the example starts");
	let message = String::from_utf8_lossy(&output.stdout);
	assert!(output.status.success(), "{message}\n{}", String::from_utf8_lossy(&output.stderr));
	assert!(message.contains("applied"), "{message}");
}
