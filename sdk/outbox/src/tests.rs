//! Outboxes without a chain: nodes that are none, or of another chain, and names that are used again.

mod state_machine;

use super::{
	Enqueued, Item, ItemState, Nodes, Outbox, OutboxError, Settings,
	lease::Lease,
	store::{self, End},
};
use credio_client::{Client, ConnectError, ConnectOptions, Error, Upload};
use credio_primitives::{
	Digest, StreamId,
	rpc::{RequestState, RequestStatusJson},
};
use credio_vault::OtherChain;
use credio_vault::{ChainPin, LocalVault};
use jsonrpsee::{
	RpcModule,
	server::{Server, ServerHandle},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// A node that knows its chain and nothing else.
struct Foreign {
	url: String,
	_server: ServerHandle,
}

impl Foreign {
	async fn start(chain: ChainPin) -> Self {
		let mut module = RpcModule::new(());
		let version = json!({ "specName": "credio", "specVersion": 6, "transactionVersion": 2 });
		module.register_method("state_getRuntimeVersion", move |_, (), _| version.clone()).unwrap();
		module.register_method("chain_getBlockHash", move |_, (), _| json!(chain.genesis)).unwrap();
		module.register_method("state_getStorage", move |_, (), _| json!(chain.network)).unwrap();
		let server = Server::builder().build("127.0.0.1:0").await.unwrap();
		let url = format!("ws://{}", server.local_addr().unwrap());
		Self { url, _server: server.start(module) }
	}
}

/// Returns an address without a listener.
async fn unreachable() -> String {
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	format!("ws://{}", listener.local_addr().unwrap())
}

fn chain(number: u8) -> ChainPin {
	ChainPin { genesis: Digest([number; 32]), network: Digest([number; 32]) }
}

fn vault() -> Arc<LocalVault> {
	Arc::new(LocalVault::development("channel-one").unwrap())
}

async fn outbox() -> Outbox {
	Outbox::open("sqlite::memory:", vault()).await.unwrap()
}

fn upload<'a>(key: Option<&'a [u8]>, document: &'a [u8]) -> Upload<'a> {
	let stream = StreamId([7; 32]);
	Upload { stream, key, media_type: "text/plain", document, supersedes: None }
}

/// Returns an item as it is told when it is stored again.
fn stored_before(item: Enqueued) -> Enqueued {
	assert!(item.is_new);
	Enqueued { is_new: false, ..item }
}

async fn state(outbox: &Outbox, item: &Enqueued) -> ItemState {
	outbox.status(item.request_key).await.unwrap().unwrap().state
}

/// Runs the worker until it reports the expected state of its nodes.
async fn nodes_when(
	outbox: &Outbox,
	settings: Settings,
	is_expected: impl Fn(&Nodes) -> bool,
) -> Nodes {
	let mut news = outbox.nodes();
	let run = outbox.run(settings, std::future::pending());
	let seen = tokio::time::timeout(Duration::from_secs(30), news.wait_for(is_expected));
	tokio::select! {
		result = run => panic!("the worker ended: {result:?}"),
		seen = seen => seen.unwrap().unwrap().clone(),
	}
}

#[tokio::test]
async fn client_refuses_node_of_another_chain() {
	let node = Foreign::start(chain(2)).await;
	let options = ConnectOptions::default().pinned(chain(1));
	let refused = Client::connect_with(&options, &node.url, vault()).await.unwrap_err();
	let Error::Connect(ConnectError::OtherChain(OtherChain { found, pinned, .. })) = refused else {
		panic!("{refused}")
	};
	assert_eq!((*found, *pinned), (chain(2), chain(1)));
}

#[tokio::test]
async fn pinned_vault_is_used_with_no_other_chain() {
	let node = Foreign::start(chain(2)).await;
	let mut pinned = LocalVault::development("channel-one").unwrap();
	pinned.pin(&chain(1)).unwrap();
	let refused = Client::connect(&node.url, Arc::new(pinned.clone())).await.unwrap_err();
	assert!(matches!(refused, Error::Connect(ConnectError::OtherChain(_))), "{refused}");
	// Nor by an outbox that nobody has pinned.
	let outbox = Outbox::open("sqlite::memory:", Arc::new(pinned)).await.unwrap();
	let run = outbox.run_until_decided(Settings::new(vec![node.url.clone()]));
	let ended = tokio::time::timeout(Duration::from_secs(30), run).await.unwrap();
	assert!(matches!(ended, Err(OutboxError::OtherChain { .. })), "{ended:?}");
}

#[tokio::test]
async fn item_is_not_stored_twice_after_secret_renewal() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("member.outbox");
	let open = |vault: &LocalVault| {
		let vault = Arc::new(vault.clone());
		async { Outbox::open(path.to_str().unwrap(), vault).await.unwrap() }
	};
	let mut vault = LocalVault::generate(1).unwrap();
	let calls = [credio_client::calls::Call::remark(b"something")];
	let items = [
		Item::upload(upload(Some(b"INV-1"), b"a document")),
		Item::upload(upload(None, b"another")),
		Item::calls(b"calls", &calls),
	];
	let mut before = Vec::new();
	for item in &items {
		before.push(open(&vault).await.enqueue(item).await.unwrap());
	}
	let public = vault.prepare_renewal().unwrap();
	vault.adopt_keys(&[(1, public)]).unwrap();
	let outbox = open(&vault).await;
	for (item, before) in items.iter().zip(&before) {
		assert_eq!(outbox.enqueue(item).await.unwrap(), stored_before(*before));
	}
	// Other content under the key is refused as before. A new item has a key of the new secret.
	let refused = outbox.enqueue(&Item::upload(upload(Some(b"INV-1"), b"else"))).await;
	assert!(matches!(refused, Err(OutboxError::KeyReused(key)) if key == before[0].request_key));
	outbox.enqueue(&Item::upload(upload(Some(b"INV-2"), b"a document"))).await.unwrap();
	assert_eq!(outbox.list(None, 0, 10).await.unwrap().len(), items.len() + 1);
}

#[tokio::test]
async fn worker_ends_if_all_nodes_are_of_another_chain() {
	let outbox = outbox().await;
	outbox.pin(&chain(1)).await.unwrap();
	let item = Item { lifetime: Some(1), ..Item::upload(upload(None, b"a document")) };
	let stored = outbox.enqueue(&item).await.unwrap();
	let (one, other) = (Foreign::start(chain(2)).await, Foreign::start(chain(3)).await);
	let run = outbox.run_until_decided(Settings::new(vec![one.url.clone(), other.url.clone()]));
	let ended = tokio::time::timeout(Duration::from_secs(30), run).await.unwrap();
	assert!(matches!(ended, Err(OutboxError::OtherChain { .. })), "{ended:?}");
	assert_eq!(state(&outbox, &stored).await, ItemState::Waiting);
	// A setting does not change for which chain it is.
	let connect = ConnectOptions::default().pinned(chain(2));
	let settings = Settings { connect, ..Settings::new(vec![one.url.clone()]) };
	let refused = outbox.run_until_decided(settings).await;
	assert!(matches!(refused, Err(OutboxError::OtherChain { .. })), "{refused:?}");
	assert_eq!(outbox.chain().await.unwrap(), Some(chain(1)));
}

#[tokio::test]
async fn problems_of_nodes_are_reported_while_the_worker_runs() {
	let outbox = outbox().await;
	outbox.pin(&chain(1)).await.unwrap();
	let foreign = Foreign::start(chain(2)).await;
	let nodes = vec![foreign.url.clone(), unreachable().await];
	let seen =
		nodes_when(&outbox, Settings::new(nodes.clone()), |known| known.is_stranded(2)).await;
	let problem = |node: &String| {
		let known = seen.problems.iter().find(|known| known.node == *node);
		known.unwrap().problem.clone()
	};
	assert!(problem(&nodes[0]).contains(&chain(2).to_string()));
	assert!(problem(&nodes[1]).contains("cannot be reached"));
}

#[tokio::test]
async fn insecure_address_is_refused() {
	let outbox = outbox().await;
	let refused = outbox.run_until_decided(Settings::new(vec!["ws://192.0.2.1:9944".into()])).await;
	assert!(matches!(refused, Err(OutboxError::Item(_))), "{refused:?}");
}

/// Ends an item, as if that had become final.
async fn end(outbox: &Outbox, item: &Enqueued, state: ItemState) {
	let lease = Lease::acquire(&outbox.pool, outbox.is_postgres, "test").await.unwrap().unwrap();
	let waiting = store::waiting(&outbox.pool, 100).await.unwrap();
	let undecided = waiting.iter().find(|row| row.request_key == item.request_key).unwrap();
	let status = RequestStatusJson {
		organization: outbox.organization(),
		request_key: undecided.current_key,
		status: RequestState::Rejected,
		receipt: None,
	};
	lease
		.end(
			undecided.id,
			&End {
				state,
				status: &status,
				block: 9,
				problem: None,
				record: None,
				used_position: true,
			},
		)
		.await
		.unwrap();
}

#[tokio::test]
async fn other_content_under_a_used_key_is_refused() {
	let outbox = outbox().await;
	let plain = upload(Some(b"INV-1"), b"an invoice");
	let first = outbox.enqueue(&Item::upload(plain)).await.unwrap();
	assert_eq!(outbox.enqueue(&Item::upload(plain)).await.unwrap(), stored_before(first));
	for other in [
		Item::upload(upload(Some(b"INV-1"), b"another")),
		Item::upload(Upload { media_type: "application/json", ..plain }),
		Item::upload(Upload { supersedes: first.record_id, ..plain }),
		Item::upload(plain).in_lane(1),
	] {
		let refused = outbox.enqueue(&other).await;
		assert!(matches!(refused, Err(OutboxError::KeyReused(_))), "{refused:?}");
	}
	// Also after it was applied, or its outcome is unknown.
	for (key, state) in [(b"INV-1", ItemState::Applied), (b"INV-2", ItemState::Undetermined)] {
		let item = outbox.enqueue(&Item::upload(upload(Some(key), b"an invoice"))).await.unwrap();
		end(&outbox, &item, state).await;
		let refused = outbox.enqueue(&Item::upload(upload(Some(key), b"another"))).await;
		assert!(matches!(refused, Err(OutboxError::KeyReused(_))), "{refused:?}");
	}
}

#[tokio::test]
async fn corrected_document_is_next_attempt_of_unapplied_key() {
	let outbox = outbox().await;
	let enqueue = async |document: &[u8]| {
		outbox.enqueue(&Item::upload(upload(Some(b"INV-1"), document))).await
	};
	let first = enqueue(b"wrong").await.unwrap();
	end(&outbox, &first, ItemState::Rejected).await;
	let second = enqueue(b"wrong again").await.unwrap();
	assert_ne!(second.request_key, first.request_key);
	// Whatever the attempt, the chain takes one entry under the name.
	assert_eq!(second.record_id, first.record_id);
	end(&outbox, &second, ItemState::Expired).await;
	let third = enqueue(b"right").await.unwrap();
	assert!(third.request_key != second.request_key && third.record_id == first.record_id);
	assert!(matches!(enqueue(b"something else").await, Err(OutboxError::KeyReused(_))));
	end(&outbox, &third, ItemState::Applied).await;
	let known = [enqueue(b"wrong").await, enqueue(b"wrong again").await, enqueue(b"right").await];
	let known = known.map(|known| known.map(|known| (known.request_key, known.state)).unwrap());
	assert_eq!(
		known,
		[
			(first.request_key, ItemState::Rejected),
			(second.request_key, ItemState::Expired),
			(third.request_key, ItemState::Applied)
		]
	);
}

#[tokio::test]
async fn repeated_retry_is_one_attempt() {
	let outbox = outbox().await;
	let item = upload(None, b"a document");
	let first = outbox.enqueue(&Item::upload(item)).await.unwrap();
	assert!(matches!(outbox.retry(first.request_key).await, Err(OutboxError::NotEnded(_))));
	end(&outbox, &first, ItemState::Rejected).await;
	let second = outbox.retry(first.request_key).await.unwrap();
	assert_ne!(second.request_key, first.request_key);
	assert_eq!(second.record_id, first.record_id);
	assert_eq!(outbox.retry(first.request_key).await.unwrap(), stored_before(second));
}
