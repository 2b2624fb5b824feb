//! Attacks by holders of grants: none keeps another's access alive, removes another's access, or makes a reader accept
//! a wrong stream secret.

use credio_client::{
	Client, End, Error, Outcome, Terms, Upload,
	calls::Call,
	envelope::{StreamSecret, WrapContext},
	primitives::{
		GrantId, GrantStatus, OrganizationId, Permission, PublicKey, RecordId, Reference, Request,
		RequestKey, Resource, StreamId, WrappedKey,
		grant::{AccessRequestFilter, GrantFilter, GrantTerms},
		limits,
		rpc::{AccessRequestJson, RequestState, RequestStatusJson},
	},
};
use credio_e2e::{Cli, Node};
use credio_vault::LocalVault;
use std::{sync::Arc, time::Duration};
use zeroize::Zeroizing;

const STREAM: &str = "invoices";

async fn connect(node: &Node, name: &str) -> Arc<Client> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Arc::new(Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds"))
}

/// An owner with a stream, and those to whom it gives grants.
async fn world(node: &Node) -> (Arc<Client>, StreamId, [Arc<Client>; 3]) {
	let owner = connect(node, "channel-one").await;
	let stream = owner.create_stream(STREAM).await.expect("it is created").id;
	let others = ["channel-two", "funder-one", "funder-two"];
	let [a, b, c] = others.map(|name| connect(node, name));
	(owner, stream, [a.await, b.await, c.await])
}

fn terms(purpose: &str) -> Terms {
	Terms { purpose: purpose.into(), ..Terms::default() }
}

fn delegable(purpose: &str) -> Terms {
	Terms { delegable: true, ..terms(purpose) }
}

async fn read(owner: &Client, stream: StreamId, to: &Client, terms: &Terms) -> GrantId {
	let resource = Resource::Stream(stream);
	owner.grant(resource, to.organization_id(), Permission::Read, terms).await.expect("it is given")
}

async fn upload(owner: &Client, stream: StreamId, document: &[u8]) -> RecordId {
	let upload = Upload { stream, key: None, media_type: "text/plain", document, supersedes: None };
	match owner.upload(&upload).await.expect("it is decided") {
		Outcome::Applied(uploaded) => uploaded.record_id,
		Outcome::Rejected(other) => panic!("not applied: {other:?}"),
	}
}

fn key(name: &str) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(name.as_bytes()))
}

async fn submit(client: &Client, name: &str, calls: &[Call]) -> RequestStatusJson {
	client.submit(key(name), calls).await.expect("it is decided")
}

/// Announces encryption keys without known private parts, one after the other.
async fn rotate_for_ever(client: Arc<Client>) {
	for n in 0u64.. {
		let mut public = [9; 32];
		public[..8].copy_from_slice(&n.to_le_bytes());
		let expires_at = client.expiry().await.expect("the node responds");
		let organization = client.organization_id();
		let request =
			Request { organization, key: key(&format!("key {n}")), expires_at, lane: None };
		let call = Call::rotate_key(PublicKey(public));
		let signed = client.sign(request, &[call]).await.expect("it is signed");
		let _ = client.hand_over(&signed).await;
		client.wait_for_finality(0).await.expect("the subscription continues");
	}
}

#[tokio::test]
async fn key_rotation_in_every_block_does_not_prevent_revocation() {
	let node = Node::start();
	let (owner, stream, [accomplice, reader, honest]) = world(&node).await;
	read(&owner, stream, &accomplice, &terms("assess")).await;
	read(&owner, stream, &honest, &terms("assess")).await;
	let rotating = tokio::spawn(rotate_for_ever(accomplice));
	for round in 0..3 {
		let grant = read(&owner, stream, &reader, &terms(&format!("round {round}"))).await;
		let record = upload(&owner, stream, format!("of {round}").as_bytes()).await;
		reader.fetch(record).await.expect("the grant holds");
		owner.revoke(grant).await.expect("it can be revoked");
		assert!(reader.fetch(record).await.is_err(), "access ends with the revocation");
		let later = upload(&owner, stream, format!("after {round}").as_bytes()).await;
		honest.fetch(later).await.expect("the epoch was opened for those who are ready");
	}
	rotating.abort();
}

/// Delegates junk in place of a key.
async fn delegate_junk(
	client: &Client,
	parent: GrantId,
	to: OrganizationId,
	name: &str,
	sealed: u8,
) -> RequestStatusJson {
	let sealed = vec![sealed; limits::WRAPPED_KEY_LENGTH as usize];
	let terms = GrantTerms {
		purpose: b"junk".to_vec().try_into().expect("it is short"),
		expires_at: None,
		delegable: false,
		from_epoch: 0,
		keys: vec![WrappedKey { key_version: 0, sealed: sealed.try_into().expect("80 bytes") }]
			.try_into()
			.expect("one key"),
	};
	let reference = Reference::derive(&key(name), 0);
	submit(client, name, &[Call::delegate(parent, reference, to, &terms)]).await
}

#[tokio::test]
async fn delegated_junk_does_not_disturb_reads() {
	let node = Node::start();
	let (owner, stream, [hostile, victim, other]) = world(&node).await;
	let record = upload(&owner, stream, b"a document").await;
	let given = read(&owner, stream, &hostile, &delegable("assess")).await;
	for n in 0..limits::MAX_DELEGATED_PER_GRANTEE {
		let to = victim.organization_id();
		let status = delegate_junk(&hostile, given, to, &format!("junk {n}"), n as u8).await;
		assert_eq!(status.status, RequestState::Applied);
	}
	// No further grants are possible, for any grantee.
	let to = other.organization_id();
	let status = delegate_junk(&hostile, given, to, "one more", 1).await;
	assert_eq!(status.status, RequestState::Rejected);
	// With junk only, the error tells the reader where to ask.
	let error = victim.fetch(record).await.expect_err("junk opens nothing");
	assert!(matches!(error, Error::Vault(_)), "{error}");
	read(&owner, stream, &victim, &terms("assess")).await;
	assert_eq!(
		victim.fetch(record).await.expect("the owner's comes first").document.bytes.as_slice(),
		b"a document"
	);
	// The victim renounces grants that it did not ask for.
	let to = Some(victim.organization_id());
	let filter = GrantFilter { grantee: to, ..GrantFilter::default() };
	for grant in victim.grants(&filter, usize::MAX).await.expect("the node responds") {
		if grant.purpose == "junk" {
			victim.renounce(grant.grant_id).await.expect("it is the holder");
		}
	}
	assert_eq!(victim.grants(&filter, usize::MAX).await.expect("the node responds").len(), 1);
}

#[tokio::test]
async fn wrong_stream_secret_is_rejected() {
	let node = Node::start();
	let (owner, stream, [hostile, victim, _]) = world(&node).await;
	let given = read(&owner, stream, &hostile, &delegable("assess")).await;
	// A key that opens, wrapped as it should be, to a secret of the attacker's own: the victim would seal under it.
	let to =
		owner.organization(victim.organization_id()).await.expect("the node responds").organization;
	let context = WrapContext {
		genesis: owner.block_hash(0).await.expect("the node responds").expect("there is one"),
		resource: Resource::Stream(stream),
		epoch: 0,
		organization: to.id,
		key_version: to.key_version,
	};
	let own = StreamSecret::from_random(&Zeroizing::new([7; 32]));
	let sealed = own.wrap(&context, &to.encryption_key.public, &Zeroizing::new([8; 32]));
	let sealed = sealed.expect("a good key").try_into().expect("80 bytes");
	let wrapped = WrappedKey { key_version: to.key_version, sealed };
	let terms = GrantTerms {
		purpose: b"lure".to_vec().try_into().expect("it is short"),
		expires_at: None,
		delegable: false,
		from_epoch: 0,
		keys: vec![wrapped].try_into().expect("one key"),
	};
	let reference = Reference::derive(&key("lure"), 0);
	let call = Call::delegate(given, reference, victim.organization_id(), &terms);
	assert_eq!(submit(&hostile, "lure", &[call]).await.status, RequestState::Applied);
	let record = upload(&owner, stream, b"a document").await;
	let error = victim.fetch(record).await.expect_err("it is another secret");
	assert!(error.with_hint().contains("ask the owner for a grant"), "{error}");
}

#[tokio::test]
async fn repeated_grant_is_the_same_and_revocation_lists_others() {
	let node = Node::start();
	let (owner, stream, [reader, ..]) = world(&node).await;
	let first = read(&owner, stream, &reader, &terms("assess")).await;
	assert_eq!(read(&owner, stream, &reader, &terms("assess")).await, first);
	let for_a_while = Terms { end: End::After(Duration::from_secs(86_400)), ..terms("assess") };
	let second = read(&owner, stream, &reader, &for_a_while).await;
	assert_ne!(second, first);
	assert_eq!(read(&owner, stream, &reader, &for_a_while).await, second);
	let record = upload(&owner, stream, b"a document").await;
	let left = owner.revoke(first).await.expect("it is revoked");
	assert_eq!(left.iter().map(|grant| grant.grant_id).collect::<Vec<_>>(), [second]);
	reader.fetch(record).await.expect("the other one holds");
	assert_eq!(owner.revoke(second).await.expect("it is revoked"), []);
	assert!(reader.fetch(record).await.is_err());
	// After a revocation the same terms make another grant.
	assert_ne!(read(&owner, stream, &reader, &terms("assess")).await, first);
}

#[tokio::test]
async fn grants_end_by_the_clock_not_by_blocks() {
	let node = Node::start();
	let (owner, stream, [reader, ..]) = world(&node).await;
	let now = owner.chain_time().await.expect("the node responds");
	let end = now + 8_000;
	let grant =
		read(&owner, stream, &reader, &Terms { end: End::At(end), ..terms("briefly") }).await;
	let record = upload(&owner, stream, b"a document").await;
	loop {
		let before = owner.chain_time().await.expect("the node responds");
		let response = reader.fetch(record).await;
		let after = owner.chain_time().await.expect("the node responds");
		match response {
			Ok(_) => assert!(before <= end, "it is read at {before}, past {end}"),
			Err(error) => {
				assert!(after > end, "{error} at {after}, before {end}");
				break;
			},
		}
		owner.wait_for_finality(0).await.expect("the subscription continues");
	}
	let filter = GrantFilter { stream: Some(stream), ..GrantFilter::default() };
	let there = owner.grants(&filter, usize::MAX).await.expect("the node responds");
	let ended = there.iter().find(|one| one.grant_id == grant);
	assert!(ended.is_none_or(|grant| grant.status == GrantStatus::Expired));
}

#[tokio::test]
async fn foreign_access_requests_do_not_hide_others() {
	let node = Node::start();
	let (owner, stream, [noisy, reader, _]) = world(&node).await;
	let other = owner.create_stream("others").await.expect("it is created").id;
	let asked = reader.request_access(Resource::Stream(stream), Permission::Read, "assess").await;
	let asked = asked.expect("it is asked");
	let granted = owner.approve(asked, &Terms::default()).await.expect("it is approved");
	let purpose = b"noise".to_vec().try_into().expect("it is short");
	for n in 0..4 {
		let name = format!("noise {n}");
		let calls = (0..limits::MAX_CALLS)
			.map(|at| {
				let reference = Reference::derive(&key(&name), at);
				let resource = Resource::Stream(if at % 2 == 0 { stream } else { other });
				Call::request_access(reference, resource, Permission::Read, &purpose)
			})
			.collect::<Vec<_>>();
		assert_eq!(submit(&noisy, &name, &calls).await.status, RequestState::Applied);
	}
	let filter = AccessRequestFilter {
		requester: Some(reader.organization_id()),
		stream: Some(stream),
		..AccessRequestFilter::default()
	};
	let found = owner.access_requests(&filter, usize::MAX).await.expect("the node responds");
	let ids = found.iter().map(|request: &AccessRequestJson| request.access_request_id);
	assert_eq!(ids.collect::<Vec<_>>(), [asked]);
	// The evidence names it, since a grant on the stream resulted from it.
	let record = upload(&owner, stream, b"a document").await;
	let evidence: serde_json::Value = owner
		.call("credio_v1_evidence", (record, serde_json::json!({ "grants": [granted] })))
		.await
		.expect("the node responds");
	let named = evidence["subject"]["accessRequests"].as_array().expect("a list");
	assert_eq!(named.len(), 64);
	assert!(named.iter().any(|id| *id == serde_json::json!(asked)), "the approved one is named");
}

#[test]
fn command_line_accepts_dates_and_durations() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	channel.ok(&["stream", "create", STREAM]);
	let grant = ["grant", "--stream", STREAM, "--to", "funder-one", "--purpose", "assess"];
	let with = |more: &[&str]| channel.ok(&[&grant, more].concat());
	assert!(with(&["--until", "2199-12-31"]).contains("2199-12-31 23:59"));
	with(&["--for", "30d"]);
	for (more, expected) in [
		(["--for", "1mo"], "give days"),
		(["--for", "soon"], "such as 30d"),
		(["--until", "31.12.2199"], "2027-01-31"),
		(["--until", "2020-01-01"], "ExpiryInPast"),
	] {
		let output = channel.run(&[&grant[..], &more].concat());
		assert!(!output.status.success(), "{more:?}");
		let message = String::from_utf8_lossy(&output.stderr);
		assert!(message.contains(expected), "{more:?}: {message}");
	}
}
