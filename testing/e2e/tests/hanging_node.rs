//! A node process hangs during use: clients without another node fail within the limits of a connection, an outbox
//! continues with another node, and everything is decided once the node resumes.

use credio_client::{
	Client, ConnectError, Error, Outcome, Upload,
	primitives::{RecordId, Request, RequestKey, StreamId, entry::EntryFilter, rpc::RequestState},
};
use credio_e2e::{
	Cli, Node,
	raw::{connect, peer_address},
};
use credio_outbox::{Item, ItemState, Nodes, Outbox, Settings};
use credio_vault::LocalVault;
use std::{
	collections::BTreeSet,
	future::Future,
	io::{BufRead, BufReader},
	process::{Child, Stdio},
	sync::Arc,
	time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};

/// Time limit of operations that must not hang: more than all limits of a connection together.
const LIMIT: Duration = Duration::from_secs(240);
/// The exit code of a command that cannot reach its node.
const UNREACHABLE: i32 = 8;
/// Documents in each outbox, and the time between two. Together they cover the time of the hang.
const ITEMS: usize = 120;
const PERIOD: Duration = Duration::from_millis(400);

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
	tokio::time::timeout(LIMIT, work)
		.await
		.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {what}"))
}

fn vault() -> Arc<LocalVault> {
	Arc::new(LocalVault::development("channel-one").expect("it is an example organization"))
}

async fn client(node: &Node) -> Client {
	Client::connect(&node.url(), vault()).await.expect("the node responds")
}

fn upload(stream: StreamId, document: &str) -> Upload<'_> {
	let document = document.as_bytes();
	Upload { stream, key: None, media_type: "text/plain", document, supersedes: None }
}

/// Uploads one document after the other through a node until one fails. Returns the number of applied ones.
async fn upload_until_failure(
	client: Client,
	stream: StreamId,
	applied: watch::Sender<usize>,
) -> Error {
	for n in 0.. {
		match client.upload(&upload(stream, &format!("direct {n}"))).await {
			Ok(Outcome::Applied(_)) => applied.send_replace(n + 1),
			Ok(other) => panic!("not applied: {other:?}"),
			Err(error) => return error,
		};
	}
	unreachable!("there are numbers enough")
}

/// An outbox that receives documents at a steady pace, and its worker.
struct Sending {
	outbox: Outbox,
	storing: JoinHandle<Vec<RequestKey>>,
	working: JoinHandle<()>,
}

impl Sending {
	async fn start(lane: u32, stream: StreamId, nodes: Vec<String>) -> Self {
		let outbox = Outbox::open("sqlite::memory:", vault()).await.expect("it opens");
		let (store, worker) = (outbox.clone(), outbox.clone());
		let storing = tokio::spawn(async move {
			let (mut pace, mut keys) = (tokio::time::interval(PERIOD), Vec::new());
			for n in 0..ITEMS {
				pace.tick().await;
				let document = format!("{n} in lane {lane}");
				let item = Item::upload(upload(stream, &document)).in_lane(lane);
				keys.push(store.enqueue(&item).await.expect("stored").request_key);
			}
			keys
		});
		let working = tokio::spawn(async move {
			let run = worker.run(Settings::new(nodes), std::future::pending());
			run.await.expect("the subscription continues");
		});
		Self { outbox, storing, working }
	}

	/// Waits until it stands so with its nodes.
	async fn until(&self, what: &str, holds: impl FnMut(&Nodes) -> bool) {
		let mut nodes = self.outbox.nodes();
		within(what, nodes.wait_for(holds)).await.expect("the outbox is there");
	}

	/// Waits until it works with this node.
	async fn works_with(&self, node: &Node) {
		let url = node.url();
		self.until(&format!("it works with {url}"), |nodes| {
			nodes.working_with.as_ref() == Some(&url)
		})
		.await;
	}

	/// Waits until one more was decided.
	async fn progress(&self) {
		let mut outcomes = self.outbox.outcomes_from_now().await.expect("it opens");
		within("an outcome", outcomes.next()).await.expect("the next event arrives");
	}

	/// Waits until all were applied, with one outcome each, and returns their records.
	async fn finish(self) -> Vec<RecordId> {
		let keys = within("all is stored", self.storing).await.expect("no panic");
		for key in &keys {
			let item = within("all is decided", self.outbox.wait(*key)).await.expect("it exists");
			assert_eq!(item.state, ItemState::Applied, "{item:?}");
		}
		let outcomes = self.outbox.outcomes_after(0, 1_000).await.expect("it reads");
		let numbers = outcomes.iter().map(|item| item.outcome_number);
		assert!(numbers.eq((1..).map(Some).take(keys.len())), "one outcome each");
		self.working.abort();
		outcomes.iter().map(|item| item.record_id.expect("it was applied")).collect()
	}
}

/// `credio watch`, after it has printed an entry.
fn start_watching(cli: &Cli) -> Child {
	let mut command = cli.command(&["watch", "--stream", "invoices", "--json"]);
	let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
	let mut watch = command.spawn().expect("credio starts");
	let mut reported = BufReader::new(watch.stdout.take().expect("it is piped"));
	let mut line = String::new();
	reported.read_line(&mut line).expect("it is UTF-8");
	assert!(line.starts_with('{'), "{line}");
	// The rest goes nowhere, and its end shows that the command has ended.
	std::thread::spawn(move || std::io::copy(&mut reported, &mut std::io::sink()));
	watch
}

/// Checks that a command ends by itself, and reports the loss of its node.
async fn says_unreachable(what: &str, command: Child) {
	let ended = tokio::task::spawn_blocking(move || command.wait_with_output());
	let output = within(what, ended).await.expect("no panic").expect("it has an end");
	let message = String::from_utf8_lossy(&output.stderr).into_owned();
	assert_eq!(output.status.code(), Some(UNREACHABLE), "{what}: {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_node_blocks_no_client_for_ever() {
	let validator = Node::start();
	let peer = peer_address(&connect(&validator).await).await;
	// It makes no blocks, so that the others continue without it.
	let front = Node::start_on("dev", &["--reserved-nodes", &peer]);
	let owner = client(&validator).await;
	let stream = owner.create_stream("invoices").await.expect("it is created").id;
	let through = client(&front).await;
	while through.find_stream("invoices", None).await.is_err() {
		within("the front is in step", through.wait_for_finality(0))
			.await
			.expect("the node responds");
	}

	// All of it goes through the one node, and an outbox knows the other as well.
	let alone = Sending::start(1, stream, vec![front.url()]).await;
	let of_two = Sending::start(2, stream, vec![front.url(), validator.url()]).await;
	let (applied, mut progress) = watch::channel(0);
	let uploading = tokio::spawn(upload_until_failure(client(&front).await, stream, applied));
	let request = Request {
		organization: owner.organization_id(),
		key: RequestKey([7; 32]),
		expires_at: owner.expiry().await.expect("the node responds"),
		lane: None,
	};
	let follower = client(&front).await;
	let following = tokio::spawn(async move { follower.follow(&request).await });
	let waiting = tokio::spawn(async move { through.wait_for_finality(usize::MAX).await });
	let cli = Cli::new(&front, "channel-one");
	for sending in [&alone, &of_two] {
		sending.works_with(&front).await;
		sending.progress().await;
	}
	within("uploads", progress.wait_for(|applied| *applied > 1))
		.await
		.expect("the subscription continues");
	let watching = start_watching(&cli);

	front.freeze();
	let late = cli
		.command(&["status", &request.key.to_string()])
		.stdout(Stdio::null())
		.stderr(Stdio::piped())
		.spawn()
		.expect("credio starts");
	says_unreachable("a command that comes later", late).await;
	says_unreachable("a command that watches", watching).await;
	let error = within("an upload", uploading).await.expect("no panic");
	assert!(matches!(error, Error::Connect(ConnectError::Unreachable(_))), "{error}");
	let followed = within("a follow", following).await.expect("no panic");
	assert!(matches!(followed, Err(Error::Connect(ConnectError::Unreachable(_)))), "{followed:?}");
	let waited = within("a wait for finality", waiting).await.expect("no panic");
	assert!(matches!(waited, Err(Error::Connect(ConnectError::Unreachable(_)))), "{waited:?}");
	alone.until("there is no other node", |nodes| nodes.is_stranded(1)).await;
	of_two.works_with(&validator).await;
	of_two.progress().await;

	front.thaw();
	alone.works_with(&front).await;
	let mut records = [alone.finish().await, of_two.finish().await].concat();
	// Operations in progress and all earlier ones exist, or are applied once.
	let direct = *progress.borrow() + 1;
	let through = client(&front).await;
	for n in 0..direct {
		let document = format!("direct {n}");
		match within("an upload", through.upload(&upload(stream, &document))).await {
			Ok(Outcome::Applied(uploaded)) => records.push(uploaded.record_id),
			other => panic!("not applied: {other:?}"),
		}
	}
	let filter = EntryFilter { stream: Some(stream), ..EntryFilter::default() };
	let entries = owner.query(&filter, 10 * records.len()).await.expect("the node responds");
	assert_eq!(entries.len(), 2 * ITEMS + direct, "nothing lost, nothing doubled");
	let there = entries.iter().map(|entry| entry.record_id).collect::<BTreeSet<_>>();
	assert_eq!(there, records.into_iter().collect::<BTreeSet<_>>());
	let status = through.status_of(&request).await.expect("the node responds");
	assert_eq!(status.status, RequestState::Unknown, "it was never handed in");
}
