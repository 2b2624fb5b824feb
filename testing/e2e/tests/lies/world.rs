//! The chain that is read and written through a node that lies, and who does so.

use credio_client::{
	BundleLeg, Client, Deadline, Error, MerkleProof, NewBundle, Outcome, Proposed, SubmitError,
	Terms, Trust, Upload,
	calls::Call,
	evidence::{Checkpoint, Trusted},
	primitives::{
		AccessRequestId, AccountId, BundleId, Digest, OrganizationId, Permission, RecordId,
		Request, RequestKey, Resource, StreamId, bundle::BundleStatus,
	},
	verifier::VerifierSettings,
};
use credio_e2e::{Node, binary, raw_specification, uploads::path};
use credio_vault::LocalVault;
use futures::future::{join_all, try_join_all};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, process::Command, sync::Arc, time::Duration};
use subxt::Metadata;
use tokio::{join, sync::Mutex};

/// Owns the resources, and has a seat in the council.
pub(super) const OWNER: &str = "channel-one";
/// Has grants on it, and a seat.
pub(super) const FUNDER: &str = "funder-one";
/// Asks for grants.
pub(super) const OTHER: &str = "funder-two";
/// Has a seat, and proposes.
pub(super) const OPERATOR: &str = "operator";
/// Has a seat, and votes.
pub(super) const VOTER: &str = "channel-two";

/// The text of every record.
pub(super) const DOCUMENT: &[u8] = b"<invoice>a document that nobody else may read</invoice>";
/// The business key of one.
pub(super) const BUSINESS_KEY: &[u8] = b"invoice 1";

/// The chain, and its contents before any case. Writing cases do not change resources of others.
pub(super) struct World {
	pub node: Node,
	pub trusted: Trusted,
	pub metadata: Metadata,
	/// Clients that talk to the node itself.
	pub clients: BTreeMap<&'static str, Client>,
	pub stream: StreamId,
	pub record: RecordId,
	/// A record of the same stream with a grant to [`FUNDER`].
	pub granted: RecordId,
	/// An access request of [`OTHER`] that was approved, and the record that it is for.
	pub approved: (AccessRequestId, RecordId),
	pub applied: Request,
	pub rejected: Request,
	pub expired: Request,
	/// A document that is anchored, and its proof.
	pub anchored: (Vec<u8>, MerkleProof),
	pub open_bundle: BundleId,
	pub ended_bundle: BundleId,
	/// A motion that needs more votes than those of [`OPERATOR`] and [`VOTER`].
	pub motion: Digest,
	/// A checkpoint, as an honest node has it.
	pub checkpoint: Checkpoint,
	/// Stream and record of the cases that write.
	pub shelf: (StreamId, RecordId),
	/// Held while a vote is cast, since votes of a seat have nonces.
	pub turn: Mutex<()>,
}

pub(super) fn terms() -> Terms {
	Terms { purpose: "assess".into(), ..Terms::default() }
}

pub(super) async fn connect(url: &str, name: &str) -> Result<Client, Error> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Client::connect(url, Arc::new(vault)).await
}

/// Uploads a document, and returns its record.
pub(super) async fn upload(
	client: &Client,
	stream: StreamId,
	key: &[u8],
	document: &[u8],
) -> Result<RecordId, Error> {
	let upload =
		Upload { stream, key: Some(key), media_type: "text/xml", document, supersedes: None };
	match client.upload(&upload).await? {
		Outcome::Applied(uploaded) => Ok(uploaded.record_id),
		Outcome::Rejected(status) => Err(Error::Submit(SubmitError::Rejected(status))),
	}
}

/// The key of a request, by a name.
pub(super) fn key_named(name: &str) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(name.as_bytes()))
}

/// Creates a stream in a request, and waits for its outcome; or lets the request expire.
async fn creation(client: &Client, request: &str, stream: &str, is_sent: bool) -> Request {
	let expires_at = match is_sent {
		true => client.expiry().await.expect("the node responds"),
		false => client.finalized_number().await.expect("the node responds") + 2,
	};
	let organization = client.organization_id();
	let request = Request { organization, key: key_named(request), expires_at, lane: None };
	let name = stream.as_bytes().to_vec().try_into().expect("it is short");
	let signed = client.sign(request, &[Call::create_stream(&name)]).await.expect("it is signed");
	if is_sent {
		client.hand_over(&signed).await.expect("it is taken");
	}
	client.follow(&request).await.expect("it ends");
	request
}

/// A bundle of a client's organization and another one; each creates a stream.
pub(super) async fn bundle(
	client: &Client,
	other: Option<OrganizationId>,
	name: &str,
) -> Result<NewBundle, Error> {
	let own = client.organization_id();
	let legs = [own].into_iter().chain(other).map(|organization| async move {
		let stream = format!("{name} of {organization}").into_bytes();
		let stream = stream.try_into().expect("it is short");
		let calls = vec![client.encoded_call(&Call::create_stream(&stream)).await?];
		Ok::<_, Error>(BundleLeg { organization, calls })
	});
	let mut legs = try_join_all(legs).await?;
	legs.sort_by_key(|leg| leg.organization);
	let deadline = Deadline::After(Duration::from_secs(3_600));
	Ok(NewBundle { key: key_named(name), deadline, legs })
}

/// Writes the specification of a development chain with four council seats, and returns the trust in it.
fn specification(file: &Path) -> Trusted {
	let output = Command::new(binary("credio-node"))
		.args(["build-spec", "--chain", "dev"])
		.output()
		.expect("credio-node starts");
	let mut spec: Value = serde_json::from_slice(&output.stdout).expect("a specification");
	let seats = [OPERATOR, OWNER, VOTER, FUNDER].map(account);
	let genesis = &mut spec["genesis"]["runtimeGenesis"]["patch"];
	genesis["councilMembership"]["members"] = json!(seats);
	std::fs::write(file, spec.to_string()).expect("it can be written");
	let raw = file.with_extension("raw.json");
	raw_specification(path(file), &raw);
	let raw = std::fs::read(raw).expect("it was written");
	Trusted::from_specification(&raw).expect("it is raw")
}

fn account(name: &str) -> AccountId {
	LocalVault::development(name).expect("it is an example organization").account()
}

/// Expects that all of it goes well: the node does not lie yet.
fn well<T>(result: Result<T, Error>) -> T {
	result.unwrap_or_else(|error| panic!("an honest node: {error}"))
}

impl World {
	pub(super) async fn new() -> Self {
		let folder = tempfile::tempdir().expect("a temporary folder can be made");
		let file = folder.path().join("four-seats.json");
		let trusted = specification(&file);
		// The calls of all cases come from one address.
		let arguments =
			["--alice", "--validator", "--force-authoring", "--rpc-rate-limit", "4000000000"];
		let node = Node::start_on(path(&file), &arguments);
		let url = node.url();
		let names = [OPERATOR, OWNER, VOTER, FUNDER, OTHER];
		let connected = names.map(|name| connect(&url, name));
		let clients: BTreeMap<_, _> =
			names.into_iter().zip(join_all(connected).await.into_iter().map(well)).collect();
		let (owner, funder, other) = (&clients[OWNER], &clients[FUNDER], &clients[OTHER]);
		let (to_funder, to_other) = (funder.organization_id(), other.organization_id());

		let (stream, shelf) = join!(owner.create_stream("invoices"), owner.create_stream("shelf"));
		let (stream, shelf) = (well(stream).id, well(shelf).id);
		let documents = vec![b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
		let on_stream = |to| async move {
			well(owner.grant(Resource::Stream(stream), to, Permission::Read, &terms()).await)
		};
		let on_record = || async {
			let record = well(upload(owner, stream, b"granted", DOCUMENT).await);
			let resource = Resource::Record(record);
			well(owner.grant(resource, to_funder, Permission::Read, &terms()).await);
			record
		};
		let approved = || async {
			let record = well(upload(owner, stream, b"asked", DOCUMENT).await);
			let resource = Resource::Record(record);
			let asked = well(other.request_access(resource, Permission::Read, "look").await);
			well(owner.approve(asked, &Terms::default()).await);
			(asked, record)
		};
		let decided = || async {
			let applied = creation(owner, "applied", "there", true).await;
			(applied, creation(owner, "rejected", "there", true).await)
		};
		let proposed = |name: &'static str, other| async move {
			let bundle = well(bundle(owner, other, name).await);
			well(owner.propose_bundle(&bundle).await)
		};
		let motion = || async {
			match well(clients[OPERATOR].add_validator(&account(OTHER)).await) {
				Proposed::Waits(motion) => motion,
				Proposed::CarriedOut => panic!("it takes three seats"),
			}
		};
		let (record, shelved, anchored, _, _, granted, approved) = join!(
			upload(owner, stream, BUSINESS_KEY, DOCUMENT),
			upload(owner, shelf, b"first", DOCUMENT),
			owner.anchor(stream, &documents),
			on_stream(to_funder),
			on_stream(to_other),
			on_record(),
			approved(),
		);
		let ((applied, rejected), expired, open, ended, motion, checkpoint) = join!(
			decided(),
			creation(owner, "expired", "never", false),
			proposed("open", Some(to_funder)),
			proposed("ended", None),
			motion(),
			clients[OPERATOR].checkpoint(),
		);
		assert_eq!(ended.status, BundleStatus::Executed);
		let anchored = (documents[1].clone(), well(anchored).proofs[1].clone());
		Self {
			metadata: credio_e2e::raw::metadata(owner).await,
			trusted,
			stream,
			record: well(record),
			granted,
			approved,
			applied,
			rejected,
			expired,
			anchored,
			open_bundle: open.bundle_id,
			ended_bundle: ended.bundle_id,
			motion,
			checkpoint: well(checkpoint),
			shelf: (shelf, well(shelved)),
			turn: Mutex::default(),
			clients,
			node,
		}
	}

	/// An organization of the world.
	pub(super) fn id(&self, name: &str) -> OrganizationId {
		self.clients[name].organization_id()
	}

	/// Returns a client that trusts only proofs from the specification on, with a time limit for waiting for proofs.
	pub(super) async fn connect(
		&self,
		url: &str,
		name: &str,
		patience: Duration,
	) -> Result<Client, Error> {
		let trusted = Some(self.trusted.clone());
		let settings = VerifierSettings { trusted, patience, ..VerifierSettings::default() };
		Ok(connect(url, name).await?.with_trust(Trust::proofs(settings)))
	}
}
