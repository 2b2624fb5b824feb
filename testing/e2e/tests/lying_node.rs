//! A lying node, or an attacker on the line to it: no secret is sent to a stranger's key, and no outcome, owner or
//! document is forged. Each lie is also tried on a client that trusts its node, where it works.

use credio_client::{
	BundleLeg, Client, Deadline, Error, NewBundle, Outcome, ProofError, Terms, Trust, Upload,
	calls::Call,
	envelope::{StreamSecret, WrapContext},
	primitives::{
		Digest, KeyEpoch, OrganizationId, Permission, RecordId, Request, RequestKey, Resource,
		StreamId, bundle::BundleStatus, rpc::RequestState,
	},
};
use credio_e2e::{
	Cli, Node,
	proxy::{LyingProxy, Reply},
	raw_specification,
};
use credio_vault::LocalVault;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// The world of a test: a node behind a proxy that can lie, an owner that goes through the proxy, and a funder that does not.
struct World {
	node: Node,
	proxy: LyingProxy,
	owner: Client,
	funder: Client,
	stream: StreamId,
}

async fn connect(url: &str, name: &str) -> Client {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Client::connect(url, Arc::new(vault)).await.expect("the node responds")
}

impl World {
	async fn new() -> Self {
		let node = Node::start();
		let proxy = LyingProxy::before(&node.url()).await;
		let owner = connect(&proxy.url(), "channel-one").await;
		let funder = connect(&node.url(), "funder-one").await;
		let stream = owner.create_stream("invoices").await.expect("it is created").id;
		Self { node, proxy, owner, funder, stream }
	}

	/// The owner, as it would be if it believed the node.
	async fn credulous(&self) -> Client {
		connect(&self.proxy.url(), "channel-one").await.with_trust(Trust::Node)
	}

	/// An organization that has nothing to do with the node that lies.
	async fn honest(&self, name: &str) -> Client {
		connect(&self.node.url(), name).await
	}

	async fn grant(
		&self,
		owner: &Client,
		to: &Client,
		permission: Permission,
	) -> Result<(), Error> {
		let terms = Terms { purpose: "assess".into(), ..Terms::default() };
		let resource = Resource::Stream(self.stream);
		owner.grant(resource, to.organization_id(), permission, &terms).await.map(|_| ())
	}
}

async fn upload(client: &Client, stream: StreamId, document: &[u8]) -> Result<RecordId, Error> {
	let upload = Upload { stream, key: None, media_type: "text/plain", document, supersedes: None };
	match client.upload(&upload).await? {
		Outcome::Applied(uploaded) => Ok(uploaded.record_id),
		Outcome::Rejected(other) => panic!("not applied: {other:?}"),
	}
}

/// Returns whether a client can read a record.
async fn reads(client: &Client, id: RecordId) -> bool {
	client.fetch(id).await.is_ok()
}

async fn epoch(client: &Client, stream: StreamId) -> KeyEpoch {
	client.stream(stream).await.expect("the node responds").epoch.expect("it has one").current
}

/// The encryption key of the operator, who is to be shown as another organization.
async fn foreign_key(client: &Client) -> Value {
	json!(
		client.organization(0).await.expect("the node responds").organization.encryption_key.public
	)
}

/// Replaces the encryption keys of organizations.
fn false_key(message: &mut Reply<'_>, of: OrganizationId, key: &Value) -> bool {
	let lies = message.method == "credio_v1_organization" && message.result["id"] == of;
	if lies {
		message.result["encryptionKey"]["public"] = key.clone();
	}
	lies
}

#[tokio::test]
async fn grantees_secret_goes_to_its_own_key() {
	let world = World::new().await;
	let record = upload(&world.owner, world.stream, b"an invoice").await.expect("it is applied");
	let (key, funder) = (foreign_key(&world.funder).await, world.funder.organization_id());
	let of_funder = key.clone();
	world.proxy.tell(move |message| false_key(message, funder, &of_funder)).await;
	world.grant(&world.owner, &world.funder, Permission::Read).await.expect("it is given");
	assert!(reads(&world.funder, record).await, "it was wrapped to the funder's key");

	// With a trusted node, the secret goes to the wrong key, and the grantee cannot read.
	let other = world.honest("funder-two").await;
	let id = other.organization_id();
	world.proxy.tell(move |message| false_key(message, id, &key)).await;
	let credulous = world.credulous().await;
	world.grant(&credulous, &other, Permission::Read).await.expect("it is given");
	assert!(world.proxy.clear_lie().await > 0);
	assert!(!reads(&other, record).await, "it was wrapped to another key");
}

#[tokio::test]
async fn upload_does_not_rotate_on_the_word_of_a_node() {
	let world = World::new().await;
	world.grant(&world.owner, &world.funder, Permission::Read).await.expect("it is given");
	let (key, funder) = (foreign_key(&world.funder).await, world.funder.organization_id());
	let lie = move |message: &mut Reply<'_>| {
		let due = message.method == "credio_v1_stream";
		if due {
			message.result["epoch"]["rotationDue"] = json!(true);
		}
		due | false_key(message, funder, &key)
	};
	world.proxy.tell(lie.clone()).await;
	let record = upload(&world.owner, world.stream, b"an invoice").await.expect("it is applied");
	assert_eq!(epoch(&world.funder, world.stream).await, 0, "no epoch was opened");
	assert!(reads(&world.funder, record).await);

	world.proxy.tell(lie).await;
	let credulous = world.credulous().await;
	let record = upload(&credulous, world.stream, b"another one").await.expect("it is applied");
	assert!(world.proxy.clear_lie().await > 0);
	assert_eq!(epoch(&world.funder, world.stream).await, 1, "an epoch was opened");
	assert!(!reads(&world.funder, record).await, "its secret was wrapped to another key");
}

#[tokio::test]
async fn rotation_covers_exactly_the_grantees() {
	let world = World::new().await;
	world.grant(&world.owner, &world.funder, Permission::Read).await.expect("it is given");
	world
		.proxy
		.tell(|message| {
			let lies = message.method == "credio_v1_grants";
			if lies {
				message.result["items"] = json!([]);
			}
			lies
		})
		.await;
	world.owner.rotate_stream(world.stream).await.expect("it is opened");
	let record = upload(&world.owner, world.stream, b"an invoice").await.expect("it is applied");
	assert!(reads(&world.funder, record).await, "it was given the secret of the new epoch");

	let credulous = world.credulous().await;
	credulous.rotate_stream(world.stream).await.expect("it is opened");
	let record = upload(&credulous, world.stream, b"another one").await.expect("it is applied");
	assert!(!reads(&world.funder, record).await, "it was left out");
}

/// A forged stream secret, wrapped to an organization in the result of `streamKeys`.
async fn own_secret(client: &Client, stream: StreamId) -> (StreamSecret, Value) {
	let genesis = client.limits().genesis_hash;
	let to = client
		.organization(client.organization_id())
		.await
		.expect("the node responds")
		.organization;
	let context = WrapContext {
		genesis,
		resource: Resource::Stream(stream),
		epoch: 0,
		organization: to.id,
		key_version: to.key_version,
	};
	let secret = StreamSecret::from_random(&Zeroizing::new([7; 32]));
	let sealed = secret.wrap(&context, &to.encryption_key.public, &Zeroizing::new([8; 32]));
	let sealed = format!("0x{}", hex::encode(sealed.expect("a good key")));
	let items = json!([{
		"epoch": 0,
		"secretCommitment": secret.commitment(&genesis, &stream, 0),
		"wrappedKeys": [{ "keyVersion": to.key_version, "sealed": sealed }],
	}]);
	(secret, items)
}

#[tokio::test]
async fn forged_stream_secret_is_not_used() {
	let world = World::new().await;
	world.grant(&world.owner, &world.funder, Permission::Append).await.expect("it is given");
	let through = || async { connect(&world.proxy.url(), "funder-one").await };
	let (_, items) = own_secret(&world.funder, world.stream).await;
	world
		.proxy
		.tell(move |message| {
			let lies = message.method == "credio_v1_streamKeys";
			if lies {
				message.result["items"] = items.clone();
			}
			lies
		})
		.await;
	let refused = upload(&through().await, world.stream, b"an invoice").await.unwrap_err();
	assert!(matches!(refused, Error::Proof(ProofError::Contradicted(_))), "{refused}");

	let credulous = through().await.with_trust(Trust::Node);
	let record = upload(&credulous, world.stream, b"an invoice").await.expect("it is applied");
	assert!(world.proxy.clear_lie().await > 0);
	assert!(!reads(&world.owner, record).await, "the owner cannot open it, and the liar can");
}

/// A request that makes a stream, and how it ends for a client.
async fn outcome(client: &Client, name: &str) -> Result<(), Error> {
	client.create_stream(name).await.map(|_| ())
}

#[tokio::test]
async fn forged_outcomes_are_rejected() {
	let world = World::new().await;
	// An applied request is reported as rejected, as applied differently, or as expired.
	for (name, change) in [
		(
			"a",
			json!({ "status": "rejected", "receipt": { "failedCall": 0, "error": { "name": "Anchor.StreamExists", "description": "" } } }),
		),
		("b", json!({ "receipt": { "block": 1 } })),
		("c", json!({ "receipt": { "bodyDigest": Digest([1; 32]) } })),
		("d", json!({ "status": "expired", "event": "expired", "receipt": null })),
	] {
		let told = change.clone();
		world
			.proxy
			.tell(move |message| {
				let lies = message.is_notification
					&& message.method == "credio_v1_uploadAndWatch"
					&& message.result["event"] == "finalized";
				if lies {
					merge(message.result, &told);
				}
				lies
			})
			.await;
		let refused = outcome(&world.owner, name).await.expect_err(name);
		assert!(world.proxy.clear_lie().await > 0);
		assert!(
			matches!(refused, Error::Proof(ProofError::Contradicted(_) | ProofError::NotFinal(_))),
			"{name}: {refused}"
		);
	}
	// A request that was never sent is reported as applied.
	let request = Request {
		organization: world.owner.organization_id(),
		key: RequestKey([9; 32]),
		expires_at: world.owner.expiry().await.expect("the node responds"),
		lane: None,
	};
	let receipt = json!({
		"bodyDigest": Digest([1; 32]), "block": 2, "extrinsicIndex": 1, "expiresAt": request.expires_at,
		"lane": null, "failedCall": null, "error": null,
	});
	world
		.proxy
		.tell(move |message| {
			let lies = message.method == "credio_v1_status";
			if lies {
				message.result["status"] = json!("applied");
				message.result["receipt"] = receipt.clone();
			}
			lies
		})
		.await;
	for refused in [
		world.owner.status(request.key).await.unwrap_err(),
		world.owner.follow(&request).await.unwrap_err(),
	] {
		assert!(matches!(refused, Error::Proof(ProofError::Contradicted(_))), "{refused}");
	}
	let credulous = world.credulous().await;
	let believed = credulous.follow(&request).await.expect("the node responds");
	assert_eq!(believed.status, RequestState::Applied);
}

#[tokio::test]
async fn forged_bundle_outcomes_are_rejected() {
	let world = World::new().await;
	let name = b"of the bundle".to_vec().try_into().expect("it is short");
	let call = world.owner.encoded_call(&Call::create_stream(&name)).await.expect("there is one");
	let new = NewBundle {
		key: RequestKey([8; 32]),
		deadline: Deadline::After(Duration::from_secs(600)),
		legs: vec![BundleLeg { organization: world.owner.organization_id(), calls: vec![call] }],
	};
	world
		.proxy
		.tell(|message| {
			let lies = message.method == "credio_v1_bundle";
			if lies {
				message.result["status"] = json!("expired");
				message.result["decidedAt"] = Value::Null;
			}
			lies
		})
		.await;
	let told = world.owner.propose_bundle(&new).await.expect("it is executed at once");
	assert_eq!(told.status, BundleStatus::Executed);
	let believed = world.credulous().await.propose_bundle(&new).await.expect("it exists");
	assert_eq!(believed.status, BundleStatus::Expired);
	assert!(world.proxy.clear_lie().await > 1);
}

/// Puts fields in place of others.
fn merge(into: &mut Value, fields: &Value) {
	match (into, fields) {
		(Value::Object(into), Value::Object(fields)) => {
			for (name, value) in fields {
				merge(into.entry(name.clone()).or_insert(Value::Null), value);
			}
		},
		(into, value) => *into = value.clone(),
	}
}

#[tokio::test]
async fn forged_owners_and_documents_are_rejected() {
	let world = World::new().await;
	let record = upload(&world.owner, world.stream, b"an invoice").await.expect("it is applied");
	let other = upload(&world.owner, world.stream, b"another one").await.expect("it is applied");
	world
		.proxy
		.tell(|message| {
			let lies = message.method == "credio_v1_stream";
			if lies {
				message.result["owner"] = json!(99);
			}
			lies
		})
		.await;
	let told = world.owner.stream(world.stream).await.expect("it is proven");
	assert_eq!(told.owner, world.owner.organization_id());

	// Another record than was asked for, whole.
	let (proxy, node) = (&world.proxy, connect(&world.node.url(), "channel-one").await);
	let response = Arc::new(std::sync::Mutex::new(Value::Null));
	let kept = response.clone();
	proxy
		.tell(move |message| {
			if message.method != "credio_v1_fetch" {
				return false;
			}
			let mut kept = kept.lock().expect("no thread panics");
			if kept.is_null() {
				*kept = message.result.clone();
				return false;
			}
			*message.result = kept.clone();
			true
		})
		.await;
	world.owner.fetch(other).await.expect("it is as it is");
	let refused = world.owner.fetch(record).await.unwrap_err();
	assert!(matches!(refused, Error::Proof(ProofError::Contradicted(_))), "{refused}");
	assert!(proxy.clear_lie().await > 0);
	// A header that was changed, by one field or another.
	for (field, value) in [
		("sequence", json!(7)),
		("author", json!("5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM")),
		("organization", json!(3)),
		("block", json!(1)),
	] {
		proxy
			.tell(move |message| match message.method {
				"credio_v1_fetchStream" => {
					let items = message.result["items"].as_array_mut().expect("a list");
					items.iter_mut().for_each(|item| item[field] = value.clone());
					true
				},
				"credio_v1_fetch" => {
					message.result[field] = value.clone();
					true
				},
				_ => false,
			})
			.await;
		let refused = world.owner.fetch(record).await.unwrap_err();
		assert!(matches!(refused, Error::Proof(ProofError::Contradicted(_))), "{field}: {refused}");
		let refused = world.owner.fetch_stream(world.stream, 0).await.unwrap_err();
		assert!(matches!(refused, Error::Proof(ProofError::Contradicted(_))), "{field}: {refused}");
	}
	proxy.clear_lie().await;
	assert!(reads(&node, record).await && reads(&world.owner, record).await);
}

#[tokio::test]
async fn false_proofs_are_rejected() {
	let world = World::new().await;
	let refused = || async {
		// Values read at a block are cached, so another block has to become final.
		world.funder.wait_for_finality(1).await.expect("the subscription continues");
		world.owner.stream(world.stream).await.unwrap_err()
	};
	let not_proven = |refused: &Error| matches!(refused, Error::Proof(ProofError::NotProven(_)));
	// Nodes of the state that are changed or left out, votes that are, or a header.
	let flip = |text: &mut Value| {
		let hex = text.as_str().expect("hex").to_owned();
		let last = if hex.ends_with('0') { "1" } else { "0" };
		*text = json!(format!("{}{last}", &hex[..hex.len() - 1]));
	};
	world
		.proxy
		.tell(move |message| {
			let lies = message.method == "state_getReadProof";
			if lies {
				message.result["proof"].as_array_mut().expect("nodes").iter_mut().for_each(flip);
			}
			lies
		})
		.await;
	let error = refused().await;
	assert!(not_proven(&error), "{error}");
	world
		.proxy
		.tell(|message| {
			let lies = message.method == "state_getReadProof";
			if lies {
				message.result["proof"].as_array_mut().expect("nodes").pop();
			}
			lies
		})
		.await;
	let error = refused().await;
	assert!(not_proven(&error), "{error}");
	for field in ["header", "justification"] {
		world
			.proxy
			.tell(move |message| {
				if message.method != "credio_v1_finality" {
					return false;
				}
				let links = message.result["finality"].as_array_mut().expect("a list");
				links.iter_mut().for_each(|link| flip(&mut link[field]));
				!links.is_empty()
			})
			.await;
		let error = refused().await;
		assert!(not_proven(&error), "{field}: {error}");
	}
	world.proxy.clear_lie().await;
	assert!(world.owner.stream(world.stream).await.is_ok(), "the truth is taken again");
}

#[test]
fn trusted_chain_is_pinned() {
	let node = Node::start();
	let channel = Cli::new(&node, "channel-one");
	let file = |name: &str| raw_specification(name, &node.folder().join(format!("{name}.json")));
	channel.ok(&["checkpoint", "trust", "--chain", &file("local")]);
	let (code, message) = channel.refused(&["stream", "create", "invoices"]);
	assert_eq!(code, 1, "{message}");
	assert!(message.contains("is trusted"), "{message}");
	channel.ok(&["stream", "list", "--trust-node"]);
	// The client's trusted block is of this chain and later than genesis.
	channel.ok(&["checkpoint", "trust", "--chain", &file("dev")]);
	channel.ok(&["stream", "create", "receipts"]);
	let kept = node.folder().join("vaults/channel-one.vault.verified");
	let kept = std::fs::read_to_string(kept).expect("it is kept");
	let kept: Value = serde_json::from_str(&kept).expect("JSON");
	assert!(kept["block"]["number"].as_u64() > Some(0), "{kept}");
}
