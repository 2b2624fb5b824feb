//! Uploads through an outbox that continue during faults, and the checks of their outcomes.

pub use crate::process::path;

use crate::{
	cli::Cli,
	network::{Network, connect_options},
};
use credio_client::{
	Client, Outcome, Upload, Uploaded,
	primitives::{StreamId, entry::EntryFilter},
};
use credio_outbox::{Item, Outbox, Settings};
use credio_vault::LocalVault;
use serde_json::Value;
use std::{
	collections::BTreeMap,
	path::PathBuf,
	sync::{
		Arc, Mutex,
		atomic::{AtomicBool, Ordering},
	},
	time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};

/// Time between two uploads.
const PERIOD: Duration = Duration::from_millis(250);
/// Lanes of the uploads; some use no lane.
const LANES: usize = 4;
const ORGANIZATION: &str = "channel-one";
const STREAM: &str = "invoices";

/// Returns the upload of a text under a business key.
pub fn keyed<'a>(stream: StreamId, key: &'a [u8], document: &'a [u8]) -> Upload<'a> {
	Upload { stream, key: Some(key), media_type: "text/plain", document, supersedes: None }
}

/// Uploads a document that must be applied.
///
/// # Panics
///
/// If it is not.
pub async fn applied(client: &Client, upload: &Upload<'_>) -> Uploaded {
	match client.upload(upload).await.expect("an outcome") {
		Outcome::Applied(uploaded) => uploaded,
		Outcome::Rejected(status) => panic!("rejected: {status:?}"),
	}
}

/// Returns the number of entries of a stream.
///
/// # Panics
///
/// If the node does not respond.
pub async fn entries(client: &Client, stream: StreamId) -> usize {
	let filter = EntryFilter { stream: Some(stream), ..EntryFilter::default() };
	client.query(&filter, usize::MAX).await.expect("the node responds").len()
}

/// Compares outbox and chain: nothing is lost, doubled or reordered, and each request has one outcome. `stored` has the
/// lane of each request key, 0 for none.
///
/// # Panics
///
/// If they differ.
pub fn compare(cli: &Cli, outbox: &str, stored: &BTreeMap<String, usize>) {
	let outcomes = cli.json(&["outbox", "export", "--outbox", outbox, "-o", "-"]);
	assert_eq!(outcomes.len(), stored.len(), "one outcome each");
	let numbers = outcomes.iter().map(|item| item["outcomeNumber"].as_i64());
	assert!(numbers.eq((1..).map(Some).take(outcomes.len())), "numbered without gaps");
	let limit = (2 * stored.len()).to_string();
	let query = ["query", "--stream", STREAM, "--limit", &limit, "--json"];
	let entries = cli
		.json(&query)
		.into_iter()
		.map(|entry| {
			let record = entry["recordId"].as_str().expect("a record").to_owned();
			(record, entry["sequence"].as_u64().expect("a number"))
		})
		.collect::<BTreeMap<_, _>>();
	assert_eq!(entries.len(), stored.len(), "nothing doubled, nothing lost");
	// Within a lane, the entries have the order of the stored items.
	let mut items: Vec<Value> = outcomes;
	items.sort_by_key(|item| item["id"].as_i64());
	let mut last = BTreeMap::new();
	for item in items {
		assert_eq!(item["state"], "applied", "{item}");
		let record = item["recordId"].as_str().expect("a record");
		let sequence = entries.get(record).copied().expect("applied, so on the chain");
		let lane = stored[item["requestKey"].as_str().expect("a key")];
		if lane > 0 {
			let before = last.insert(lane, sequence);
			assert!(before < Some(sequence), "lane {lane} is out of order");
		}
	}
}

/// Continuous uploads through an outbox that knows all validators.
#[derive(Debug)]
pub struct Uploads {
	file: PathBuf,
	stored: Arc<Mutex<BTreeMap<String, usize>>>,
	ended: watch::Receiver<Ended>,
	stopped: Arc<AtomicBool>,
	storing: JoinHandle<()>,
	sending: JoinHandle<()>,
}

/// The items with outcomes.
#[derive(Clone, Copy, Debug, Default)]
struct Ended {
	/// Their number.
	count: usize,
	/// The highest block with an outcome.
	block: u32,
}

impl Uploads {
	/// Creates a stream, and starts to upload to it.
	pub async fn start(network: &Network) -> Self {
		let urls = network.urls();
		cli(network).ok(&["stream", "create", STREAM]);
		let file = network.folder().join("outbox");
		let vault =
			Arc::new(LocalVault::development(ORGANIZATION).expect("an example organization"));
		let outbox = Outbox::open(path(&file), vault).await.expect("it opens");
		let stored = Arc::<Mutex<BTreeMap<_, _>>>::default();
		let stopped = Arc::<AtomicBool>::default();
		let storing = tokio::spawn(store(outbox.clone(), stored.clone(), stopped.clone()));
		let worker = outbox.clone();
		let sending = tokio::spawn(async move {
			let settings = Settings { connect: connect_options(), ..Settings::new(urls) };
			let run = worker.run(settings, std::future::pending());
			run.await.expect("the outbox continues");
		});
		let (sender, ended) = watch::channel(Ended::default());
		tokio::spawn(follow(outbox, sender));
		Self { file, stored, ended, stopped, storing, sending }
	}

	/// Returns the number of stored items.
	pub fn stored(&self) -> usize {
		self.stored.lock().expect("no thread panicked").len()
	}

	/// Returns the number of items with outcomes.
	pub fn ended(&self) -> usize {
		self.ended.borrow().count
	}

	/// Checks that every outcome is from a finalized block.
	///
	/// # Panics
	///
	/// If an outcome is from a block that no validator has finalized.
	pub fn check(&self, network: &Network) {
		let ended = *self.ended.borrow();
		let finalized = network.observer().view().highest_finalized();
		assert!(
			ended.block <= finalized,
			"an outcome is from block {}, but the last final block is {finalized}",
			ended.block
		);
	}

	/// Waits for the outcomes of all items stored so far.
	///
	/// # Panics
	///
	/// If the limit is exceeded.
	pub async fn decided(&self, network: &Network) {
		let goal = self.stored();
		let mut ended = self.ended.clone();
		let wait = ended.wait_for(|ended| ended.count >= goal);
		if tokio::time::timeout(crate::network::LIMIT, wait).await.is_err() {
			panic!("only {} of {goal} uploads have outcomes", self.ended());
		}
		network.print(&format!("{goal} uploads decided"));
	}

	/// Stops storing, waits for all outcomes, and compares them with the chain. Returns the number of uploads.
	///
	/// # Panics
	///
	/// If one was lost, doubled or reordered.
	pub async fn finish(self, network: &Network) -> usize {
		self.stopped.store(true, Ordering::Relaxed);
		while !self.storing.is_finished() {
			tokio::task::yield_now().await;
		}
		self.decided(network).await;
		self.check(network);
		self.sending.abort();
		let stored = self.stored.lock().expect("no thread panicked").clone();
		compare(&cli(network), path(&self.file), &stored);
		stored.len()
	}
}

fn cli(network: &Network) -> Cli {
	Cli::at(network.urls()[0].clone(), network.folder(), ORGANIZATION)
}

/// Stores documents at a steady pace, in lanes and without.
async fn store(
	outbox: Outbox,
	stored: Arc<Mutex<BTreeMap<String, usize>>>,
	stopped: Arc<AtomicBool>,
) {
	let stream = StreamId::derive(1, STREAM.as_bytes());
	let mut pace = tokio::time::interval(PERIOD);
	for n in 0.. {
		pace.tick().await;
		if stopped.load(Ordering::Relaxed) {
			return;
		}
		let document = format!("document\n{n}\n");
		let upload = Upload {
			stream,
			key: None,
			media_type: "text/plain",
			document: document.as_bytes(),
			supersedes: None,
		};
		let lane = n % (LANES + 1);
		let mut item = Item::upload(upload);
		item.lane = u32::try_from(lane).ok().filter(|lane| *lane > 0);
		let key = outbox.enqueue(&item).await.expect("stored").request_key;
		assert!(stored.lock().expect("no thread panicked").insert(key.to_string(), lane).is_none());
	}
}

/// Receives the outcomes as an application does.
async fn follow(outbox: Outbox, sender: watch::Sender<Ended>) {
	let mut outcomes = outbox.outcomes("faults").await.expect("it opens");
	loop {
		let outcome = outcomes.next().await.expect("the next outcome");
		let receipt = outcome.item.outcome.and_then(|status| status.receipt);
		let block = receipt.map_or(0, |receipt| receipt.block);
		sender.send_modify(|ended| {
			ended.count += 1;
			ended.block = ended.block.max(block);
		});
	}
}
