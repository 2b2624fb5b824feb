//! Names of operations: a repetition has the same outcome, a different operation under the name is rejected, and a
//! rejected one can be corrected.

use credio_client::{
	Client, End, Error, Outcome, SubmitError, Terms, Upload,
	primitives::{
		Permission, RecordId, Reference, Resource, StreamId,
		grant::{AccessRequestFilter, GrantFilter},
		rpc::RequestState,
	},
};
use credio_e2e::{
	Cli, Node,
	uploads::{applied, entries, keyed, path},
};
use credio_outbox::{Item, ItemState, Outbox, OutboxError, Settings};
use credio_vault::LocalVault;
use std::{fs, sync::Arc, time::Duration};

const FUNDER_ONE: u32 = 3;

fn vault(name: &str) -> Arc<LocalVault> {
	Arc::new(LocalVault::development(name).expect("an example organization"))
}

async fn connect(node: &Node, name: &str) -> Client {
	Client::connect(&node.url(), vault(name)).await.expect("the node responds")
}

/// A chain with a stream, and its owner's client.
async fn world() -> (Node, Client, StreamId) {
	let node = Node::start();
	let client = connect(&node, "channel-one").await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	(node, client, stream)
}

fn is_reused(answer: &Result<Outcome, Error>) -> bool {
	matches!(answer, Err(Error::Submit(SubmitError::KeyReused(_))))
}

#[tokio::test]
async fn business_key_stands_for_one_operation() {
	let (node, client, stream) = world().await;
	let first = keyed(stream, b"INV-1", b"an invoice");
	let uploaded = applied(&client, &first).await;
	assert_eq!(applied(&client, &first).await, uploaded);
	// From another gateway, after a rotation of the stream's key.
	client.rotate_stream(stream).await.expect("it is rotated");
	assert_eq!(applied(&connect(&node, "channel-one").await, &first).await, uploaded);
	// Any other operation under the key is rejected.
	let supersedes = Some(uploaded.record_id);
	for other in [
		Upload { document: b"another invoice", ..first },
		Upload { media_type: "application/json", ..first },
		Upload { supersedes, ..first },
	] {
		assert!(is_reused(&client.upload(&other).await), "{other:?}");
	}
	assert_eq!(entries(&client, stream).await, 1);
	// Without a key all that is asked for is the name, so something else is another record.
	let plain = Upload { key: None, ..first };
	let mut records = vec![uploaded.record_id];
	for upload in
		[plain, Upload { media_type: "application/json", ..plain }, Upload { supersedes, ..plain }]
	{
		let uploaded = applied(&client, &upload).await;
		assert_eq!(applied(&client, &upload).await, uploaded);
		assert!(!records.contains(&uploaded.record_id));
		records.push(uploaded.record_id);
	}
	assert_eq!(entries(&client, stream).await, 4);
}

#[tokio::test]
async fn rejected_document_can_be_corrected_under_its_key() {
	let (_node, client, stream) = world().await;
	let nothing = RecordId::derive(9, &Reference([9; 32]));
	let wrong = Upload { supersedes: Some(nothing), ..keyed(stream, b"INV-2", b"wrong") };
	for _ in 0..3 {
		let outcome = client.upload(&wrong).await.expect("a response");
		assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
		let status = client.status_of_key(stream, b"INV-2").await.expect("the node responds");
		assert_eq!(status.status, RequestState::Rejected);
	}
	let corrected = keyed(stream, b"INV-2", b"corrected");
	let uploaded = applied(&client, &corrected).await;
	assert_eq!(applied(&client, &corrected).await, uploaded);
	let status = client.status_of_key(stream, b"INV-2").await.expect("the node responds");
	assert_eq!((status.status, status.request_key), (RequestState::Applied, uploaded.request_key));
	// The one that was rejected is another thing now.
	assert!(is_reused(&client.upload(&wrong).await));
	assert_eq!(entries(&client, stream).await, 1);
}

#[tokio::test]
async fn entry_is_recognized_without_its_receipt() {
	let (node, client, stream) = world().await;
	let upload = keyed(stream, b"INV-3", b"an old invoice");
	// As after the removal of its receipt: the entry exists, but no request under its key.
	let reference =
		Reference::derive(&client.key_of(stream, b"INV-3", 0).await.expect("a local vault"), 0);
	let (record, call) = client.seal_as(&upload, reference).await.expect("it is sealed");
	let other_key = client.key_of(stream, b"something else", 0).await.expect("a local vault");
	client.apply(other_key, &[call]).await.expect("it is applied");
	for _ in 0..3 {
		assert_eq!(applied(&client, &upload).await.record_id, record);
	}
	let status = client.status_of_key(stream, b"INV-3").await.expect("the node responds");
	assert_eq!(status.status, RequestState::Applied);
	assert!(is_reused(&client.upload(&keyed(stream, b"INV-3", b"a new invoice")).await));

	// Through an outbox, too.
	let outbox = Outbox::open("sqlite::memory:", vault("channel-one")).await.expect("it opens");
	let stored = outbox.enqueue(&Item::upload(upload)).await.expect("stored");
	assert_eq!(stored.record_id, Some(record));
	outbox.run_until_decided(Settings::new(vec![node.url()])).await.expect("it is decided");
	let item =
		outbox.status(stored.request_key).await.expect("the node responds").expect("is there");
	assert_eq!(item.state, ItemState::Applied);
	// A sealed stream rejects new entries, and keeps its old ones.
	client.seal_stream(stream).await.expect("it is sealed");
	client.seal_stream(stream).await.expect("it is sealed already");
	assert_eq!(applied(&client, &upload).await.record_id, record);
	assert_eq!(entries(&client, stream).await, 1);
}

#[tokio::test]
async fn outbox_uses_the_next_attempt_too() {
	let (node, client, stream) = world().await;
	let outbox = Outbox::open("sqlite::memory:", vault("channel-one")).await.expect("it opens");
	let nothing = RecordId::derive(9, &Reference([9; 32]));
	let wrong = Upload { supersedes: Some(nothing), ..keyed(stream, b"INV-4", b"wrong") };
	let run = || outbox.run_until_decided(Settings::new(vec![node.url()]));
	let state =
		async |key| outbox.status(key).await.expect("the node responds").expect("is there").state;
	let first = outbox.enqueue(&Item::upload(wrong)).await.expect("stored");
	// Undecided, the key stands for it.
	let corrected = keyed(stream, b"INV-4", b"corrected");
	let refused = outbox.enqueue(&Item::upload(corrected)).await;
	assert!(matches!(refused, Err(OutboxError::KeyReused(_))), "{refused:?}");
	run().await.expect("it is decided");
	assert_eq!(state(first.request_key).await, ItemState::Rejected);
	let second = outbox.enqueue(&Item::upload(corrected)).await.expect("stored");
	assert_ne!(second.request_key, first.request_key);
	run().await.expect("it is decided");
	assert_eq!(state(second.request_key).await, ItemState::Applied);
	// Each keeps its meaning; a third operation is rejected.
	let again = outbox.enqueue(&Item::upload(corrected)).await.expect("it exists");
	assert_eq!((again.request_key, again.state), (second.request_key, ItemState::Applied));
	let again = outbox.enqueue(&Item::upload(wrong)).await.expect("it exists");
	assert_eq!(again.state, ItemState::Rejected);
	let third = outbox.enqueue(&Item::upload(keyed(stream, b"INV-4", b"third"))).await;
	assert!(matches!(third, Err(OutboxError::KeyReused(_))), "{third:?}");
	// The client returns the same.
	assert_eq!(Some(applied(&client, &corrected).await.record_id), second.record_id);
	let status = client.status_of_key(stream, b"INV-4").await.expect("the node responds");
	assert_eq!((status.status, status.request_key), (RequestState::Applied, second.request_key));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_equal_grants_are_one() {
	let (node, one, stream) = world().await;
	let two = connect(&node, "channel-one").await;
	let terms = Terms {
		purpose: "assess".into(),
		end: End::After(Duration::from_secs(30 * 86_400)),
		..Terms::default()
	};
	let resource = Resource::Stream(stream);
	let give = async |client: &Client, terms: &Terms| {
		client.grant(resource, FUNDER_ONE, Permission::Read, terms).await
	};
	let (first, second) = tokio::join!(give(&one, &terms), give(&two, &terms));
	let id = first.expect("it is given");
	assert_eq!(second.expect("it is given"), id);
	assert_eq!(give(&one, &terms).await.expect("it exists"), id);
	let filter = GrantFilter { stream: Some(stream), active: true, ..GrantFilter::default() };
	assert_eq!(one.grants(&filter, usize::MAX).await.expect("the node responds").len(), 1);
	// On other terms it is another one.
	let other = Terms { purpose: "audit".into(), ..terms.clone() };
	assert_ne!(give(&one, &other).await.expect("it is given"), id);
	// A revoked grant is not reused for a later one.
	let left = one.revoke(id).await.expect("it is revoked");
	assert_eq!(left.len(), 1);
	let again = give(&one, &terms).await.expect("it is given again");
	assert_ne!(again, id);
	assert_eq!(one.grants(&filter, usize::MAX).await.expect("the node responds").len(), 2);
	one.revoke(again).await.expect("it is revoked");
}

#[tokio::test]
async fn access_requests_and_decisions_are_made_once() {
	let (node, owner, stream) = world().await;
	let funder = connect(&node, "funder-one").await;
	let resource = Resource::Stream(stream);
	let ask = || funder.request_access(resource, Permission::Read, "assess");
	let id = ask().await.expect("it is made");
	assert_eq!(ask().await.expect("it exists"), id);
	let terms = Terms::default();
	let grant = owner.approve(id, &terms).await.expect("it is approved");
	assert_eq!(owner.approve(id, &terms).await.expect("it is approved"), grant);
	let delegable = Terms { delegable: true, ..Terms::default() };
	assert!(matches!(owner.approve(id, &delegable).await, Err(Error::Argument(_))));
	assert!(matches!(owner.deny(id, "no").await, Err(Error::Argument(_))));
	// It holds, so there is nothing to ask for; once it is revoked, there is.
	assert_eq!(ask().await.expect("it exists"), id);
	owner.revoke(grant).await.expect("it is revoked");
	let second = ask().await.expect("it is made");
	assert_ne!(second, id);
	owner.deny(second, "no contract").await.expect("it is denied");
	owner.deny(second, "no contract").await.expect("it is denied already");
	assert!(owner.deny(second, "another reason").await.is_err());
	assert_ne!(ask().await.expect("it is made"), second);
	let filter = AccessRequestFilter { stream: Some(stream), ..AccessRequestFilter::default() };
	assert_eq!(
		owner.access_requests(&filter, usize::MAX).await.expect("the node responds").len(),
		3
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_epochs_and_anchors_are_made_once() {
	let (node, one, stream) = world().await;
	let two = connect(&node, "channel-one").await;
	assert_eq!(one.create_stream("invoices").await.expect("it exists").id, stream);
	let (first, second) = tokio::join!(one.create_stream("orders"), two.create_stream("orders"));
	assert_eq!(first.expect("it is created").id, second.expect("it is created").id);
	// Two gateways that rotate at once open one epoch, or one after the other.
	let (first, second) = tokio::join!(one.rotate_stream(stream), two.rotate_stream(stream));
	let current =
		one.stream(stream).await.expect("the node responds").epoch.expect("an epoch").current;
	let opened = [first.expect("it is opened"), second.expect("it is opened")];
	assert!(opened.into_iter().max() == Some(current) && current <= 2, "{opened:?}, {current}");

	let documents =
		["a contract", "a statement", "a contract"].map(|text| text.as_bytes().to_vec());
	let anchored = one.anchor(stream, &documents).await.expect("it is anchored");
	one.rotate_stream(stream).await.expect("it is rotated");
	let again = two.anchor(stream, &documents).await.expect("it exists");
	assert_eq!(again, anchored);
	for (document, proof) in documents.iter().zip(&again.proofs) {
		two.verify_anchored(document, proof).await.expect("it is proven");
	}
	let others = two.anchor(stream, &documents[..1]).await.expect("it is anchored");
	assert_ne!(others.record_id, anchored.record_id);
	assert_eq!(entries(&one, stream).await, 2);
}

#[test]
fn anchor_proofs_are_written_before_submission() {
	let mut node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "contracts"]);
	let file = node.folder().join("contract.pdf");
	fs::write(&file, "a contract").expect("writable");
	let proofs = node.folder().join("proofs");
	let arguments = ["anchor", "--stream", "contracts", "--proofs", path(&proofs), path(&file)];
	// The command is killed as soon as there is a proof.
	let mut anchoring = cli.command(&arguments).spawn().expect("credio starts");
	let proof = proofs.join("contract.pdf.0.proof.json");
	let start = std::time::Instant::now();
	let is_whole = || {
		let text = fs::read_to_string(&proof).unwrap_or_default();
		serde_json::from_str::<serde_json::Value>(&text).is_ok()
	};
	while !is_whole() {
		assert!(start.elapsed() < Duration::from_secs(60), "no proof");
		std::thread::sleep(Duration::from_millis(1));
	}
	let _ = anchoring.kill();
	anchoring.wait().expect("it ends");
	let before = fs::read(&proof).expect("it is whole");
	node.kill_and_restart();
	let cli = Cli::new(&node, "channel-one");
	let line = cli.json(&[&arguments[..], &["--json"]].concat()).remove(0);
	assert_eq!(fs::read(&proof).expect("it exists"), before, "the proof that was written holds");
	let record = line["recordId"].as_str().expect("an id");
	cli.ok(&["verify", record, path(&file), "--proof", path(&proof)]);
	assert_eq!(cli.json(&["query", "--stream", "contracts", "--json"]).len(), 1);
}
