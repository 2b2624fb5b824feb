//! A node cannot decide what a member signs: under false metadata or versions, no unintended call is signed, and
//! nothing is signed for an untrusted runtime.

use credio_client::{
	Client, Error, Life, RuntimePin, SignError,
	calls::Call,
	primitives::{Request, RequestKey},
};
use credio_e2e::{
	Cli, Node, chain_of_release,
	proxy::{LyingProxy, Reply},
	raw, repository,
};
use credio_vault::LocalVault;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed, v15::RuntimeMetadataV15};
use scale_info::{TypeDef, Variant, form::PortableForm};
use serde_json::json;
use std::{env, fs, sync::Arc};
use subxt::ext::codec::{Decode, Encode};

/// The previous release of the runtime, which clients know.
const OLDER: u32 = 6;

async fn connect(url: &str, name: &str) -> Result<Client, Error> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Client::connect(url, Arc::new(vault)).await
}

/// Decodes and changes the result of a `state_call` of a function.
fn change_call(message: &mut Reply<'_>, function: &str, change: impl Fn(&mut Vec<u8>)) -> bool {
	let is_asked = message.method == "state_call" && message.params[0] == function;
	if is_asked {
		let hex = message.result.as_str().expect("hex").trim_start_matches("0x");
		let mut bytes = hex::decode(hex).expect("hex");
		change(&mut bytes);
		*message.result = json!(format!("0x{}", hex::encode(bytes)));
	}
	is_asked
}

/// Changes the metadata of the runtime.
fn change_metadata(message: &mut Reply<'_>, change: impl Fn(&mut RuntimeMetadataV15)) -> bool {
	change_call(message, "Metadata_metadata_at_version", |bytes| {
		let opaque = Option::<Vec<u8>>::decode(&mut &bytes[..]).expect("a response");
		let decoded = RuntimeMetadataPrefixed::decode(&mut &opaque.expect("version 15")[..]);
		let RuntimeMetadata::V15(mut metadata) = decoded.expect("metadata").1 else {
			panic!("it is of version 15");
		};
		change(&mut metadata);
		*bytes = Some(RuntimeMetadataPrefixed::from(metadata).encode()).encode();
	})
}

/// Changes the version of the runtime in all replies.
fn change_version(message: &mut Reply<'_>, version: u32) -> bool {
	let is_asked = message.method == "state_getRuntimeVersion";
	if is_asked {
		message.result["specVersion"] = json!(version);
	}
	is_asked | change_core_version(message, version)
}

fn change_core_version(message: &mut Reply<'_>, version: u32) -> bool {
	change_call(message, "Core_version", |bytes| {
		let mut rest = &bytes[..];
		<(String, String, u32)>::decode(&mut rest).expect("names and a version");
		let at = bytes.len() - rest.len();
		bytes.splice(at..at + 4, version.encode());
	})
}

/// The calls of a pallet in metadata.
fn calls<'a>(
	metadata: &'a mut RuntimeMetadataV15,
	pallet: &str,
) -> &'a mut Vec<Variant<PortableForm>> {
	let pallet = metadata.pallets.iter().find(|one| one.name == pallet).expect("it exists");
	let id = pallet.calls.as_ref().expect("it has calls").ty.id;
	variants(metadata, id)
}

fn variants(metadata: &mut RuntimeMetadataV15, id: u32) -> &mut Vec<Variant<PortableForm>> {
	match &mut metadata.types.types[id as usize].ty.type_def {
		TypeDef::Variant(variants) => &mut variants.variants,
		other => panic!("{other:?}"),
	}
}

fn named<'a>(
	variants: &'a mut [Variant<PortableForm>],
	name: &str,
) -> &'a mut Variant<PortableForm> {
	variants.iter_mut().find(|one| one.name == name).expect("it exists")
}

/// Swaps the indexes of two pallets in the list of pallets.
fn swap_pallets(metadata: &mut RuntimeMetadataV15) {
	for pallet in &mut metadata.pallets {
		pallet.index = match pallet.index {
			50 => 51,
			51 => 50,
			other => other,
		};
	}
}

/// Swaps them in the type of all calls, too, and names one index for `seal_stream` and `rotate_key`.
fn swap_calls(metadata: &mut RuntimeMetadataV15) {
	swap_pallets(metadata);
	let all = metadata.extrinsic.call_ty.id;
	for pallet in variants(metadata, all) {
		pallet.index = match pallet.index {
			50 => 51,
			51 => 50,
			other => other,
		};
	}
	let rotate_key = named(calls(metadata, "Organizations"), "rotate_key").index;
	let anchor = calls(metadata, "Anchor");
	let seal_stream = named(anchor, "seal_stream").index;
	if let Some(other) = anchor.iter_mut().find(|call| call.index == rotate_key) {
		other.index = seal_stream;
	}
	named(anchor, "seal_stream").index = rotate_key;
}

/// Gives one argument of a call another type.
fn change_argument(metadata: &mut RuntimeMetadataV15) {
	let byte = metadata.types.types.iter().find_map(|ty| match ty.ty.type_def {
		TypeDef::Primitive(_) => Some(ty.id),
		_ => None,
	});
	let argument = &mut named(calls(metadata, "Anchor"), "seal_stream").fields[0];
	argument.ty.id = byte.expect("there are primitive types");
}

/// Shows calls of all kinds under other names.
fn rename_calls(metadata: &mut RuntimeMetadataV15) {
	let organizations = calls(metadata, "Organizations");
	named(organizations, "suspend").name = "reinstate_soon".into();
}

/// Tries everything that is signed; each must fail in this way.
async fn sign_nothing(proxy: &LyingProxy, is_refusal: impl Fn(&Error) -> bool) {
	let refused = |what: &str, error: Option<Error>| match error {
		Some(error) if is_refusal(&error) => {},
		other => panic!("{what}: {other:?}"),
	};
	let client = connect(&proxy.url(), "operator").await.expect("it is read from");
	let call = Call::remark(b"harmless");
	let request = Request {
		organization: client.organization_id(),
		key: RequestKey([1; 32]),
		expires_at: 100,
		lane: None,
	};
	refused("a request", client.sign(request, std::slice::from_ref(&call)).await.err());
	refused("a call", client.sign_call(&call, 0, Life::Immortal).await.err());
	refused("a batch", client.batch_all(std::slice::from_ref(&call)).await.err());
	refused("a leg", client.encoded_call(&call).await.err());
	refused("a stream", client.create_stream("invoices").await.err());
	refused("a motion", client.suspend(3).await.err());
	refused("an upgrade", client.propose_upgrade(b"code").await.err());
	refused("keys", client.set_session_keys(&[0; 64], &[]).await.err());
	// Nothing is shown by it to be signed, either.
	assert!(client.describe(&[50, 2, 3, 0, 0, 0]).await.is_none());
	// Reading still works.
	assert!(!client.organizations().await.expect("the node responds").is_empty());
	assert!(client.streams(None).await.expect("the node responds").is_empty());
	assert_eq!(proxy.extrinsics(), 0);
}

fn is_other(error: &Error) -> bool {
	matches!(error, Error::Sign(SignError::OtherRuntime { .. }))
}

#[tokio::test]
async fn metadata_with_swapped_indexes_is_rejected() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	proxy.tell(|message| change_metadata(message, swap_calls)).await;
	sign_nothing(&proxy, is_other).await;
	// The hash does not cover the list of pallets, by which software looks up calls.
	proxy.tell(|message| change_metadata(message, swap_pallets)).await;
	sign_nothing(&proxy, is_other).await;
	assert!(proxy.clear_lie().await > 0);
	// The same works through an honest node.
	let client = connect(&proxy.url(), "channel-one").await.expect("the node responds");
	client.create_stream("invoices").await.expect("it is created");
	assert!(proxy.extrinsics() > 0);
}

#[tokio::test]
async fn metadata_with_another_argument_or_name_is_rejected() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	for lie in [change_argument, rename_calls] {
		proxy.tell(move |message| change_metadata(message, lie)).await;
		sign_nothing(&proxy, is_other).await;
	}
	// Nor if it names another runtime that is known.
	proxy
		.tell(|message| change_version(message, OLDER) | change_metadata(message, change_argument))
		.await;
	sign_nothing(&proxy, is_other).await;
	assert!(proxy.clear_lie().await > 0);
}

#[tokio::test]
async fn unknown_runtime_is_rejected() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	proxy.tell(|said| change_version(said, 7_000)).await;
	let is_unknown = |error: &Error| {
		matches!(error, Error::Sign(SignError::UnknownRuntime { spec_version: 7_000, .. }))
	};
	sign_nothing(&proxy, is_unknown).await;
	// The library reads the version by another call, which must return the same.
	proxy.tell(|message| change_core_version(message, OLDER)).await;
	let refused = connect(&proxy.url(), "operator").await.expect_err("two versions are named");
	assert!(matches!(refused, Error::UnexpectedResponse(_)), "{refused}");
	assert!(proxy.clear_lie().await > 0);
}

/// The chain rejects signatures for another runtime, so a client need not notice.
#[tokio::test]
async fn chain_rejects_signatures_for_another_runtime() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let honest = connect(&node.url(), "operator").await.expect("the node responds");
	let rpc = raw::connect(&node).await;
	let known = honest.trusted_runtime().await.expect("it is known");
	let call = Call::remark(b"for one runtime");
	let life = honest.life().await.expect("the node responds");

	// The previous release; its metadata may be the same.
	proxy.tell(|message| change_version(message, OLDER)).await;
	let misled = connect(&proxy.url(), "operator").await.expect("the node responds");
	match misled.sign_call(&call, 0, life).await {
		Ok(signed) => assert!(raw::submit(&rpc, &signed).await.is_err()),
		Err(error) => assert!(is_other(&error), "{error}"),
	}
	// The byte before the call announces a signed hash: without it the signature is invalid.
	let signed = honest.sign_call(&call, 0, life).await.expect("it is signed");
	let encoded = call.encoded(&known).expect("there is such a call");
	let mode = signed.len() - encoded.len() - 1;
	assert!(signed.ends_with(&encoded) && signed[mode] == 1);
	let mut without = signed.clone();
	without[mode] = 0;
	assert!(raw::submit(&rpc, &without).await.is_err());
	raw::included(&honest, &signed).await;
}

#[test]
fn runtime_is_trusted_by_its_hash_only() {
	let node = Node::start();
	let runtime = tokio::runtime::Runtime::new().expect("it starts");
	let proxy = runtime.block_on(LyingProxy::before(&node.url()));
	runtime.block_on(proxy.tell(|message| change_version(message, 7_000)));
	let cli = Cli::at(proxy.url(), node.folder(), "channel-one");
	let shown = cli.json(&["runtime", "show", "--json"]).remove(0);
	assert_eq!(shown["trusted"], false);
	let hash = shown["metadataHash"].as_str().expect("a hash").to_owned();

	let (code, message) = cli.refused(&["stream", "create", "invoices"]);
	assert_eq!(code, 1);
	assert!(message.contains("credio trust runtime") && message.contains(&hash), "{message}");
	// Public data can be read.
	cli.ok(&["stream", "list"]);
	// Without a hash from elsewhere it is not trusted, nor with another one.
	let (_, message) = cli.refused(&["trust", "runtime"]);
	assert!(message.contains("--hash"), "{message}");
	let (code, _) = cli.refused(&["trust", "runtime", "--hash", &hash.replace("0x", "0x0")[..66]]);
	assert_eq!(code, 6);
	cli.refused(&["stream", "create", "invoices"]);
	assert_eq!(proxy.extrinsics(), 0);

	let trusted = cli.json(&["trust", "runtime", "--hash", &hash, "--json"]).remove(0);
	assert_eq!(trusted["specVersion"], 7_000);
	assert_eq!(trusted["changes"], json!([]));
	assert!(cli.ok(&["trust", "runtime"]).contains("already"));
	// It signs for it now, and the chain, which has another runtime, rejects that.
	let (code, _) = cli.refused(&["stream", "create", "invoices"]);
	assert_eq!(code, 3);
	assert!(proxy.extrinsics() > 0);
	// With other metadata it is another runtime, whatever its version.
	runtime.block_on(
		proxy.tell(|message| {
			change_version(message, 7_000) | change_metadata(message, rename_calls)
		}),
	);
	let handed_over = proxy.extrinsics();
	for command in [&["stream", "create", "invoices"][..], &["trust", "runtime"]] {
		let (code, message) = cli.refused(command);
		assert_eq!(code, 6, "{message}");
	}
	assert_eq!(proxy.extrinsics(), handed_over);
}

/// The runtime of a chain, as reported by its node.
async fn told(node: &Node) -> RuntimePin {
	let client = Client::connect_to_read(&node.url()).await.expect("the node responds");
	(*client.reported_runtime().await.expect("it is read")).clone()
}

/// `CREDIO_WRITE_VECTORS=1` writes the pins. The runtime is built again after that, since its hash goes into them.
#[tokio::test]
async fn pins_are_those_of_the_runtimes() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let release = chain_of_release(6, folder.path());
	let release = Node::start_on(&release, &["--alice", "--validator", "--force-authoring"]);
	for node in [&Node::start(), &release] {
		let told = told(node).await;
		let path = repository().join(format!("sdk/client/runtimes/{}.runtime", told.spec_version));
		if env::var_os("CREDIO_WRITE_VECTORS").is_some() {
			fs::write(&path, told.to_string()).expect("writable");
		}
		let pinned: RuntimePin = fs::read_to_string(&path)
			.unwrap_or_else(|_| panic!("{} is not there", path.display()))
			.parse()
			.expect("a pin");
		let changes = told.changes_since(&pinned);
		assert_eq!(told, pinned, "the runtime changed: {changes:?}");
	}
}

#[tokio::test]
async fn lifetime_starts_at_a_single_observed_block() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let client = connect(&proxy.url(), "channel-one").await.expect("the node responds");
	proxy.take_journal();
	let life = client.life().await.expect("the node responds");
	let asked = proxy.take_journal().requests;
	let looks = asked.iter().filter(|call| call.contains("chain_getFinalizedHead")).count();
	assert_eq!(looks, 1, "{asked:?}");
	let Life::From { number, hash, .. } = life else { panic!("it has no beginning") };
	let found = client.block_hash(number).await.expect("the node responds");
	assert_eq!(found.map(|found| found.0), Some(hash.0));
}
