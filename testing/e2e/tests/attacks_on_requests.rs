//! Requests that are copied, withheld, or signed without authority: none has an effect that its signer's organization
//! did not intend.

use credio_client::{
	Client, Error, Life, SignedRequest, Upload,
	calls::Call,
	primitives::{
		BlockNumber, LanePosition, OrganizationId, PublicKey, Request, RequestKey, Roles, StreamId,
		StreamName, error_codes as codes, rpc::RequestState, validity,
	},
};
use credio_e2e::{Node, raw};
use credio_outbox::{Item, ItemState, Outbox, Settings};
use credio_vault::LocalVault;
use std::{sync::Arc, time::Duration};
use subxt::{
	OnlineClient, PolkadotConfig,
	config::DefaultExtrinsicParamsBuilder,
	dynamic::{self, Value},
};
use subxt_signer::sr25519::dev;

const CHANNEL_ONE: OrganizationId = 1;
const CHANNEL_TWO: OrganizationId = 2;
const ALL_ROLES: Roles = Roles { admin: true, submitter: true, grantor: true };
const KEY_OF_ATTACKER: PublicKey = PublicKey([7; 32]);

fn development(name: &str) -> LocalVault {
	LocalVault::development(name).expect("it is an example organization")
}

async fn connect(node: &Node, vault: LocalVault) -> Client {
	Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds")
}

/// The admins of two organizations, and the vault of a member of the first.
async fn with_member(node: &Node, roles: Roles) -> (Client, Client, LocalVault) {
	let one = connect(node, development("channel-one")).await;
	let two = connect(node, development("channel-two")).await;
	let member = development("channel-one").for_another_member().expect("random bytes");
	one.add_member(&member.account(), roles).await.expect("it is added");
	(one, two, member)
}

fn key(name: &str) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(name.as_bytes()))
}

fn request(key: RequestKey, expires_at: BlockNumber, lane: Option<LanePosition>) -> Request {
	Request { organization: CHANNEL_ONE, key, expires_at, lane }
}

fn create_stream(name: &str) -> Call {
	let name: StreamName = name.as_bytes().to_vec().try_into().expect("it is short");
	Call::create_stream(&name)
}

fn code(result: Result<impl std::fmt::Debug, Error>) -> i32 {
	match result {
		Err(Error::Refused(refusal)) => refusal.code,
		other => panic!("not refused: {other:?}"),
	}
}

/// Both our method and the SDK's reject the request.
async fn assert_refused(client: &Client, signed: &SignedRequest, expected: i32) {
	assert_eq!(code(client.hand_over(signed).await), expected);
	let raw = format!("0x{}", hex::encode(&signed.extrinsic));
	let refused: Result<String, _> = client.call("author_submitExtrinsic", (&raw,)).await;
	assert!([1010, 1012].contains(&code(refused)), "invalid, or refused a moment ago");
}

async fn has_stream(client: &Client, organization: OrganizationId, name: &str) -> bool {
	let stream = StreamId::derive(organization, name.as_bytes());
	let response: Result<serde_json::Value, _> = client.call("credio_v1_stream", (stream,)).await;
	response.is_ok()
}

async fn key_of(client: &Client, organization: OrganizationId) -> PublicKey {
	let detail = client.organization(organization).await.expect("the node responds");
	detail.organization.encryption_key.public
}

#[tokio::test]
async fn applied_request_has_no_effect_in_the_signers_next_organization() {
	let node = Node::start();
	let (one, two, vault) = with_member(&node, ALL_ROLES).await;
	let account = vault.account();
	let member = connect(&node, vault).await;
	let expires_at = member.expiry().await.expect("the node responds");
	let calls = [create_stream("deal"), Call::rotate_key(KEY_OF_ATTACKER)];
	let signed =
		member.sign(request(key("copied"), expires_at, None), &calls).await.expect("signed");
	member.hand_over(&signed).await.expect("the node takes it");
	let status = member.follow(&signed.request).await.expect("it is decided");
	assert_eq!(status.status, RequestState::Applied);
	assert_eq!(key_of(&one, CHANNEL_ONE).await, KEY_OF_ATTACKER);

	one.remove_member(&account).await.expect("it is removed");
	assert_refused(&two, &signed, codes::NOT_A_MEMBER).await;
	two.add_member(&account, ALL_ROLES).await.expect("it is added");
	// Anybody sends the same bytes again.
	assert_refused(&two, &signed, codes::OTHER_ORGANIZATION).await;
	two.wait_for_finality(2).await.expect("the subscription continues");
	assert_ne!(key_of(&two, CHANNEL_TWO).await, KEY_OF_ATTACKER);
	assert!(!has_stream(&two, CHANNEL_TWO, "deal").await);
	let of_two = two.status(signed.request.key).await.expect("the node responds");
	assert_eq!(of_two.status, RequestState::Unknown);
}

#[tokio::test]
async fn withheld_call_of_a_moved_signer_is_rejected() {
	let node = Node::start();
	let (one, two, vault) = with_member(&node, ALL_ROLES).await;
	let account = vault.account();
	let member = connect(&node, vault).await;
	let call = Call::rotate_key(KEY_OF_ATTACKER);
	let nonce = member.next_nonce().await.expect("the node responds");
	let life = member.life().await.expect("the node responds");
	let sign = async |life| member.sign_call(&call, nonce, life).await.expect("it is signed");
	let withheld = [sign(life).await, sign(Life::Immortal).await];
	one.remove_member(&account).await.expect("it is removed");
	two.add_member(&account, ALL_ROLES).await.expect("it is added");
	let rpc = raw::connect(&node).await;
	for extrinsic in withheld {
		let refused = raw::submit(&rpc, &extrinsic).await;
		assert_eq!(refused, raw::invalid(validity::SIGNED_BEFORE_JOINING));
	}
	two.wait_for_finality(2).await.expect("the subscription continues");
	assert_ne!(key_of(&two, CHANNEL_TWO).await, KEY_OF_ATTACKER);
	// New signatures act for its current organization.
	raw::included(&two, &sign(member.life().await.expect("the node responds")).await).await;
	two.wait_for_finality(2).await.expect("the subscription continues");
	assert_eq!(key_of(&two, CHANNEL_TWO).await, KEY_OF_ATTACKER);
}

#[tokio::test]
async fn outbox_items_are_not_sent_for_the_next_organization() {
	let node = Node::start();
	let (one, two, vault) = with_member(&node, ALL_ROLES).await;
	let account = vault.account();
	let file = node.folder().join("moved.outbox");
	let file = file.to_str().expect("UTF-8");
	let outbox = Outbox::open(file, Arc::new(vault.clone())).await.expect("it opens");
	let calls = [create_stream("deal"), Call::rotate_key(KEY_OF_ATTACKER)];
	let item = Item { lifetime: Some(15), ..Item::calls(b"stored before", &calls) };
	let stored = outbox.enqueue(&item).await.expect("it is stored");

	one.remove_member(&account).await.expect("it is removed");
	two.add_member(&account, ALL_ROLES).await.expect("it is added");
	let work = outbox.run_until_decided(Settings::new(vec![node.url()]));
	tokio::time::timeout(Duration::from_secs(120), work).await.expect("it ends").expect("it works");
	let ended = outbox.status(stored.request_key).await.expect("it reads").expect("it exists");
	assert_eq!(ended.state, ItemState::Expired);
	assert_ne!(key_of(&two, CHANNEL_TWO).await, KEY_OF_ATTACKER);
	assert!(!has_stream(&two, CHANNEL_TWO, "deal").await);
	// Nor does the outbox open for that one.
	let moved = Outbox::open(file, Arc::new(vault.for_organization(CHANNEL_TWO))).await;
	assert!(moved.is_err());
}

#[tokio::test]
async fn member_without_roles_cannot_use_up_keys_or_positions() {
	let node = Node::start();
	let (admin, _, vault) = with_member(&node, Roles::default()).await;
	let colleague = connect(&node, vault).await;
	let stream = admin.create_stream("invoices").await.expect("it is created").id;
	let expires_at = admin.expiry().await.expect("the node responds");
	let lane = Some(LanePosition { lane: 0, sequence: 0 });
	let document = b"an invoice";
	let upload = Upload { stream, key: None, media_type: "text/plain", document, supersedes: None };
	let genuine = request(key("seen in the pool"), expires_at, lane);
	let (_, append) = admin.seal(&upload, genuine.key).await.expect("it is sealed");

	// The same key and position with a shorter expiry, under calls of any kind.
	let copied = Request { expires_at: expires_at - 500, ..genuine };
	for call in [
		append.clone(),
		create_stream("other"),
		Call::rotate_key(KEY_OF_ATTACKER),
		Call::anchor_digest(stream, Default::default(), Default::default()),
	] {
		let signed = colleague.sign(copied, &[call]).await.expect("it is signed");
		assert_refused(&colleague, &signed, codes::ROLE_MISSING).await;
	}
	let suspend =
		colleague.sign(copied, &[Call::suspend(CHANNEL_TWO)]).await.expect("it is signed");
	assert_refused(&colleague, &suspend, codes::TRANSACTION_REFUSED).await;

	let signed = admin.sign(genuine, &[append]).await.expect("it is signed");
	admin.hand_over(&signed).await.expect("the node takes it");
	let status = admin.follow(&genuine).await.expect("it is decided");
	assert_eq!(status.status, RequestState::Applied);
	assert_eq!(admin.lane(0).await.expect("the node responds").next, 1);
}

/// The default of tools without knowledge of Credio.
#[tokio::test]
async fn mortal_transaction_does_not_wait_in_a_lane() {
	let node = Node::start();
	let channel = connect(&node, development("channel-one")).await;
	let api = OnlineClient::<PolkadotConfig>::from_insecure_url(node.url())
		.await
		.expect("the node responds");
	let expires_at = channel.expiry().await.expect("the node responds");
	let at = api.at_current_block().await.expect("the node responds");
	// The position before it never comes in time.
	let position = Value::named_composite([("lane", Value::u128(3)), ("sequence", Value::u128(1))]);
	let create = Value::unnamed_variant(
		"Anchor",
		[Value::named_variant("create_stream", [("name", Value::from_bytes("in a lane"))])],
	);
	let request = Value::named_composite([
		("organization", Value::u128(CHANNEL_ONE.into())),
		("key", Value::from_bytes(key("mortal").0)),
		("expires_at", Value::u128(expires_at.into())),
		("lane", Value::unnamed_variant("Some", [position])),
	]);
	let submit = dynamic::transaction(
		"Idempotency",
		"submit",
		vec![request, Value::unnamed_composite([create])],
	);
	let sign = |params: DefaultExtrinsicParamsBuilder<PolkadotConfig>| {
		let (at, submit) = (at.clone(), submit.clone());
		async move {
			let mut transactions = at.transactions();
			let signed = transactions
				.create_signed(&submit, &dev::bob(), params.nonce(0).build())
				.await
				.expect("it is signed");
			format!("0x{}", hex::encode(signed.encoded()))
		}
	};
	let hand_over = |raw: String| {
		let channel = &channel;
		async move { channel.call::<serde_json::Value>("credio_v1_upload", (raw,)).await }
	};
	let mortal = sign(DefaultExtrinsicParamsBuilder::new().mortal(64)).await;
	assert_eq!(code(hand_over(mortal).await), codes::ERA_TOO_SHORT);
	// An era that reaches the expiry, and none.
	let long = sign(DefaultExtrinsicParamsBuilder::new().mortal(4_096)).await;
	hand_over(long).await.expect("it waits");
	let immortal = sign(DefaultExtrinsicParamsBuilder::new().immortal()).await;
	let taken = hand_over(immortal).await.expect("it is the same request");
	assert_eq!(taken["status"], "pending");
}
