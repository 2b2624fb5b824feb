//! An organization renews its secret after a theft: earlier operations stay unique, and later ones have keys that the
//! thief cannot derive.

use credio_client::{
	BundleLeg, Client, Deadline, Error, NewBundle, SubmitError, Upload, calls::Call,
	primitives::rpc::RequestState,
};
use credio_e2e::{
	Node,
	uploads::{applied, entries, keyed},
};
use credio_outbox::{Enqueued, Item, ItemState, Listed, Outbox, Settings};
use credio_vault::{
	LocalVault,
	file::{Changing, Kdf},
};
use std::{path::Path, sync::Arc, time::Duration};

async fn connect(node: &Node, vault: &LocalVault) -> Client {
	Client::connect(&node.url(), Arc::new(vault.clone())).await.expect("the node responds")
}

/// The vault of an example organization, in a file.
async fn stored(folder: &Path, name: &str) -> Changing {
	let vault = LocalVault::development(name).expect("an example organization");
	let kdf = Kdf::new(19 * 1024, 1, 1).expect("within the bounds");
	let path = folder.join("renewed.vault");
	Changing::create(&path, b"password", kdf, vault).await.expect("it is stored")
}

async fn open(path: &Path, vault: &LocalVault) -> Outbox {
	let path = path.to_str().expect("UTF-8");
	Outbox::open(path, Arc::new(vault.clone())).await.expect("it opens")
}

/// Runs an outbox to its end, and returns the final state of an item.
async fn ended(outbox: &Outbox, node: &Node, item: &Enqueued) -> Listed {
	outbox.run_until_decided(Settings::new(vec![node.url()])).await.expect("it is decided");
	outbox.status(item.request_key).await.expect("the node responds").expect("it exists")
}

fn create(stream: &str) -> Call {
	Call::create_stream(&stream.as_bytes().to_vec().try_into().expect("it is short"))
}

/// A bundle of the organization alone.
async fn bundle(client: &Client, key: &[u8]) -> NewBundle {
	let call = client.encoded_call(&create("of the bundle")).await.expect("it is encoded");
	let legs = vec![BundleLeg { organization: client.organization_id(), calls: vec![call] }];
	let key = client.bundle_key(Some(key)).await.expect("the node responds");
	NewBundle { key, deadline: Deadline::After(Duration::from_secs(3_600)), legs }
}

#[tokio::test]
async fn operations_before_a_renewal_stay_unique() {
	let node = Node::start();
	let mut file = stored(node.folder(), "channel-one").await;
	let thief = LocalVault::development("channel-one").expect("an example organization");
	let client = connect(&node, file.vault()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let invoice = keyed(stream, b"INV-1", b"an invoice");
	let plain = Upload { key: None, document: b"without a key", ..invoice };
	let uploaded = [applied(&client, &invoice).await, applied(&client, &plain).await];
	let documents = [b"a contract".to_vec(), b"its appendix".to_vec()];
	let anchored = client.anchor(stream, &documents).await.expect("it is anchored").record_id;
	let proposed = bundle(&client, b"B-1").await;
	let executed = client.propose_bundle(&proposed).await.expect("it is executed");

	client.renew_organization_secret(&mut file).await.expect("it is renewed");
	assert_eq!(file.vault().secret_versions(), [0, 1]);
	let client = connect(&node, file.vault()).await;
	assert_eq!([applied(&client, &invoice).await, applied(&client, &plain).await], uploaded);
	let other = client.upload(&keyed(stream, b"INV-1", b"another invoice")).await;
	assert!(matches!(other, Err(Error::Submit(SubmitError::KeyReused(_)))), "{other:?}");
	let status = client.status_of_key(stream, b"INV-1").await.expect("the node responds");
	assert_eq!(
		(status.status, status.request_key),
		(RequestState::Applied, uploaded[0].request_key)
	);
	let again = client.anchor(stream, &documents).await.expect("it is anchored").record_id;
	assert_eq!(again, anchored);
	let again = client.propose_bundle(&bundle(&client, b"B-1").await).await;
	assert_eq!(again.expect("it exists").bundle_id, executed.bundle_id);
	assert_eq!(entries(&client, stream).await, 3);

	// New entries are read like old ones, and have keys that the thief does not find by trying invoice numbers.
	client.rotate_stream(stream).await.expect("the next epoch opens");
	let new = applied(&client, &keyed(stream, b"INV-2", b"a second invoice")).await;
	let behind = connect(&node, &thief).await;
	let guessed = behind.key_of(stream, b"INV-2", 0).await.expect("a local vault");
	assert_ne!(new.request_key, guessed);
	assert_eq!(new.request_key, client.key_of(stream, b"INV-2", 0).await.expect("a local vault"));
	for (record, document) in [
		(uploaded[0].record_id, &b"an invoice"[..]),
		(uploaded[1].record_id, b"without a key"),
		(new.record_id, b"a second invoice"),
	] {
		let fetched = client.fetch(record).await.expect("it is read");
		assert_eq!(fetched.document.bytes.as_slice(), document);
	}
	// A gateway without the new secret fails before it duplicates anything.
	let refused = behind.upload(&keyed(stream, b"INV-2", b"a second invoice")).await;
	assert!(matches!(refused, Err(Error::Vault(_))), "{refused:?}");
	assert_eq!(entries(&client, stream).await, 4);
}

#[tokio::test]
async fn outbox_continues_after_a_renewal() {
	let node = Node::start();
	let mut file = stored(node.folder(), "channel-one").await;
	let old = LocalVault::development("channel-one").expect("an example organization");
	let client = connect(&node, &old).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let sent = keyed(stream, b"INV-1", b"an invoice");
	let uploaded = applied(&client, &sent).await;
	let calls = [create("of an outbox")];
	let first = open(&node.folder().join("first.outbox"), &old).await;
	let asked = first.enqueue(&Item::calls(b"make it", &calls)).await.expect("stored");
	assert_eq!(ended(&first, &node, &asked).await.state, ItemState::Applied);
	// Stored, and not sent yet.
	let waiting = keyed(stream, b"INV-2", b"waits");
	let stored = first.enqueue(&Item::upload(waiting)).await.expect("stored");
	drop(first);

	client.renew_organization_secret(&mut file).await.expect("it is renewed");
	let first = open(&node.folder().join("first.outbox"), file.vault()).await;
	let again = first.enqueue(&Item::upload(waiting)).await.expect("it exists");
	assert_eq!((again.request_key, again.is_new), (stored.request_key, false));
	let item = ended(&first, &node, &stored).await;
	assert_eq!((item.state, item.record_id), (ItemState::Applied, stored.record_id));

	// A new outbox, without earlier items.
	let second = open(&node.folder().join("second.outbox"), file.vault()).await;
	let again = second.enqueue(&Item::upload(sent)).await.expect("stored");
	let other = keyed(stream, b"INV-2", b"another one");
	let other = second.enqueue(&Item::upload(other)).await.expect("stored");
	let calls = second.enqueue(&Item::calls(b"make it", &calls)).await.expect("stored");
	let new = keyed(stream, b"INV-3", b"a new one");
	let new = second.enqueue(&Item::upload(new).in_lane(1)).await.expect("stored");
	let item = ended(&second, &node, &again).await;
	assert_eq!((item.state, item.record_id), (ItemState::Applied, Some(uploaded.record_id)));
	let item = ended(&second, &node, &other).await;
	assert_eq!(item.state, ItemState::Rejected);
	assert!(item.problem.is_some_and(|problem| problem.contains("renewed its secret")));
	assert_eq!(ended(&second, &node, &calls).await.state, ItemState::Applied);
	let item = ended(&second, &node, &new).await;
	assert_eq!((item.state, item.record_id), (ItemState::Applied, new.record_id));
	let client = connect(&node, file.vault()).await;
	assert_eq!(entries(&client, stream).await, 3);
}
