//! A node that lies about anything: for every operation, every field of every answer that it asks for is changed. What the
//! client takes from it is the truth, an error, or *not final yet*; what it signs is what was meant; what is secret does
//! not leave it.
//!
//! The lies are made from the node's own answers and from the OpenRPC document ([`credio_e2e::lies`]).
//! `CREDIO_LIES_PER_WRITE` says how many are told of each operation that writes, since each of those takes blocks.

use credio_e2e::{
	lies::{Document, Known, Liar, Lie},
	number,
	proxy::{Answer, LyingProxy},
	raw_specification, Node,
};
use credio_sdk::{
	calls::Call,
	client::{
		BundleLeg, Deadline, EvidenceRequest, MerkleProof, NewBundle, Outcome, Terms, Upload,
	},
	evidence::{verify, Trusted},
	primitives::{
		bundle::BundleStatus,
		rpc::{AccessRequestStateJson, RequestState, RequestStatus},
		AccessRequestId, BundleId, Digest, GrantId, OrganizationId, Permission, RecordId, Request,
		RequestKey, Resource, StreamId,
	},
	vault::LocalVault,
	verifier::VerifierSettings,
	Client, Error, Trust,
};
use futures::{stream, StreamExt};
use std::{
	collections::BTreeMap,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
	time::{Duration, Instant},
};
use subxt::{
	ext::scale_value::{scale, Value, ValueDef},
	Metadata,
};

/// Least number of lies that have to be told.
const LEAST: usize = 2_000;
/// How many clients there are at a time.
const READERS: usize = 6;
const WRITERS: usize = 32;
/// After this time an operation that goes on is *not final yet*: the node keeps it waiting, as a silent one does.
const READ_LIMIT: Duration = Duration::from_secs(4);
const WRITE_LIMIT: Duration = Duration::from_secs(15);
/// Who takes part, and what they are for.
const OWNER: &str = "channel-one";
const FUNDER: &str = "funder-one";
const OTHER: &str = "funder-two";

/// An operation that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
	Connect,
	Stream,
	FindStream,
	Organization,
	FindOrganization,
	EncryptionKeys,
	Record,
	Fetch,
	FetchAsGrantee,
	FetchStream,
	CommitmentKey,
	Anchored,
	Evidence,
	Applied,
	AppliedByKey,
	Rejected,
	Expired,
	Follow,
	OpenBundle,
	EndedBundle,
	GrantAgain,
	ApproveAgain,
	AskAgain,
	Motions,
}

const READS: [Read; 24] = [
	Read::Connect,
	Read::Stream,
	Read::FindStream,
	Read::Organization,
	Read::FindOrganization,
	Read::EncryptionKeys,
	Read::Record,
	Read::Fetch,
	Read::FetchAsGrantee,
	Read::FetchStream,
	Read::CommitmentKey,
	Read::Anchored,
	Read::Evidence,
	Read::Applied,
	Read::AppliedByKey,
	Read::Rejected,
	Read::Expired,
	Read::Follow,
	Read::OpenBundle,
	Read::EndedBundle,
	Read::GrantAgain,
	Read::ApproveAgain,
	Read::AskAgain,
	Read::Motions,
];

/// An operation that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Write {
	Upload,
	/// With lies about the connection, too: who the account is, say.
	UploadFromStart,
	CreateStream,
	Seal,
	Rotate,
	Grant,
	GrantStream,
	Revoke,
	Anchor,
	Ask,
	Approve,
	Deny,
	Propose,
	Consent,
}

const WRITES: [Write; 14] = [
	Write::Upload,
	Write::UploadFromStart,
	Write::CreateStream,
	Write::Seal,
	Write::Rotate,
	Write::Grant,
	Write::GrantStream,
	Write::Revoke,
	Write::Anchor,
	Write::Ask,
	Write::Approve,
	Write::Deny,
	Write::Propose,
	Write::Consent,
];

impl Read {
	fn reader(self) -> &'static str {
		match self {
			Self::FetchAsGrantee => FUNDER,
			Self::AskAgain => OTHER,
			Self::Motions => "operator",
			_ => OWNER,
		}
	}
}

impl Write {
	fn writer(self) -> &'static str {
		match self {
			Self::Ask => OTHER,
			Self::Consent => FUNDER,
			_ => OWNER,
		}
	}

	/// The calls that may be signed for it.
	fn calls(self) -> &'static [&'static str] {
		match self {
			Self::Upload | Self::UploadFromStart => &["Records.append"],
			Self::CreateStream => &["Anchor.create_stream", "Grants.open_epoch"],
			Self::Seal => &["Anchor.seal_stream"],
			Self::Rotate => &["Grants.open_epoch"],
			Self::Grant | Self::GrantStream => &["Grants.grant"],
			Self::Revoke => &["Grants.revoke", "Grants.open_epoch"],
			Self::Anchor => &["Anchor.anchor_merkle"],
			Self::Ask => &["Grants.request_access"],
			Self::Approve => &["Grants.approve"],
			Self::Deny => &["Grants.deny"],
			Self::Propose => &["Bundles.propose", "Bundles.consent", "Anchor.create_stream"],
			Self::Consent => &["Bundles.consent"],
		}
	}
}

/// What a node says without a proof, and what becomes of it if that is false: neither a secret nor an outcome depends on
/// it. `docs/security.md` says so.
const TOLD: [(Read, &str, &str, &str); 1] = [(
	Read::Motions,
	"state_getStorage",
	"",
	"how a motion stands; what it does is checked against its hash",
)];

/// What there is on the chain, and who acts.
struct World {
	node: Node,
	trusted: Trusted,
	metadata: Metadata,
	/// Where the call begins in a request as it is signed, after its length.
	call_offset: usize,
	clients: BTreeMap<&'static str, Client>,
	stream: StreamId,
	record: RecordId,
	applied: Request,
	rejected: Request,
	expired: Request,
	proof: MerkleProof,
	anchored: Vec<u8>,
	open_bundle: BundleId,
	ended_bundle: BundleId,
	granted: RecordId,
	approved: (AccessRequestId, RecordId),
}

const DOCUMENT: &[u8] = b"<invoice>a document that nobody else may read</invoice>";
const BUSINESS_KEY: &[u8] = b"invoice 1";

fn id(world: &World, name: &str) -> OrganizationId {
	world.clients[name].organization_id()
}

fn terms() -> Terms {
	Terms { purpose: "assess".into(), ..Terms::default() }
}

async fn connect(url: &str, name: &str) -> Result<Client, Error> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Client::connect(url, Arc::new(vault)).await
}

/// A client that waits for a short time, and trusts the specification.
async fn connect_strict(
	url: &str,
	name: &str,
	trusted: &Trusted,
	patience: Duration,
) -> Result<Client, Error> {
	let trusted = Some(trusted.clone());
	let settings = VerifierSettings { trusted, patience, ..VerifierSettings::default() };
	Ok(connect(url, name).await?.with_trust(Trust::proofs(settings)))
}

async fn upload(
	client: &Client,
	stream: StreamId,
	key: &[u8],
	document: &[u8],
) -> Result<RecordId, Error> {
	let upload =
		Upload { stream, key: Some(key), media_type: "text/xml", document, supersedes: None };
	match client.upload(&upload).await? {
		Outcome::Applied(uploaded) => Ok(uploaded.record_id),
		Outcome::Rejected(status) => Err(Error::Rejected(status)),
	}
}

/// A request under a key of its own that is decided, or not even sent.
async fn request(client: &Client, key: u8, calls: &[Call], is_sent: bool) -> Request {
	let expires_at = match is_sent {
		true => client.expiry().await.expect("it answers"),
		false => client.finalized_number().await.expect("it answers") + 2,
	};
	let request = Request {
		organization: client.organization_id(),
		key: RequestKey([key; 32]),
		expires_at,
		lane: None,
	};
	let signed = client.sign(request, calls).await.expect("it is signed");
	if is_sent {
		client.hand_over(&signed).await.expect("it is taken");
	}
	client.follow(&request).await.expect("it ends");
	request
}

async fn bundle(client: &Client, other: OrganizationId, key: u8, name: &str) -> NewBundle {
	let call = async |name: String| {
		let name = name.into_bytes().try_into().expect("it is short");
		client.encoded_call(&Call::create_stream(&name)).await.expect("there is one")
	};
	let leg = |organization, calls| BundleLeg { organization, calls };
	let own = leg(client.organization_id(), vec![call(format!("{name} of one")).await]);
	let mut legs = vec![own];
	if other != client.organization_id() {
		legs.push(leg(other, vec![call(format!("{name} of the other")).await]));
	}
	legs.sort_by_key(|leg| leg.organization);
	let deadline = Deadline::After(Duration::from_secs(900));
	NewBundle { key: RequestKey([key; 32]), deadline, legs }
}

impl World {
	async fn new() -> Self {
		let node = Node::start();
		let specification = node.folder().join("raw.json");
		raw_specification("dev", &specification);
		let text = std::fs::read(&specification).expect("it was written");
		let trusted = Trusted::from_specification(&text).expect("it is raw");
		let mut clients = BTreeMap::new();
		for name in ["operator", OWNER, "channel-two", FUNDER, OTHER] {
			clients.insert(name, connect(&node.url(), name).await.expect("it answers"));
		}
		let (owner, funder, other) = (&clients[OWNER], &clients[FUNDER], &clients[OTHER]);
		let stream = owner.create_stream("invoices").await.expect("it is created").id;
		let record = upload(owner, stream, BUSINESS_KEY, DOCUMENT).await.expect("it is applied");
		let granted = upload(owner, stream, b"granted", DOCUMENT).await.expect("it is applied");
		let asked = upload(owner, stream, b"asked", DOCUMENT).await.expect("it is applied");
		let resource = Resource::Stream(stream);
		for organization in [funder.organization_id(), other.organization_id()] {
			owner.grant(resource, organization, Permission::Read, &terms()).await.expect("given");
		}
		let on_record = Resource::Record(granted);
		owner
			.grant(on_record, funder.organization_id(), Permission::Read, &terms())
			.await
			.expect("it is given");
		let on_record = Resource::Record(asked);
		let access =
			other.request_access(on_record, Permission::Read, "look").await.expect("asked");
		owner.approve(access, &Terms::default()).await.expect("it is given");
		let documents = vec![b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
		let anchored = owner.anchor(stream, &documents).await.expect("it is applied");
		let name = |name: &str| name.as_bytes().to_vec().try_into().expect("it is short");
		let call = |text: &str| Call::create_stream(&name(text));
		let applied = request(owner, 1, &[call("applied")], true).await;
		let rejected = request(owner, 2, &[call("applied")], true).await;
		let expired = request(owner, 3, &[call("never")], false).await;
		let both = bundle(owner, funder.organization_id(), 4, "open").await;
		let open_bundle = owner.propose_bundle(&both).await.expect("it is proposed").bundle_id;
		let alone = bundle(owner, owner.organization_id(), 5, "ended").await;
		let ended = owner.propose_bundle(&alone).await.expect("it is executed");
		assert_eq!(ended.status, BundleStatus::Executed);

		let metadata = credio_e2e::raw::metadata(owner).await;
		let calls = [call("where a call begins")];
		let signed = owner.sign(applied, &calls).await.expect("it is signed").extrinsic;
		let runtime = owner.trusted_runtime().await.expect("it is pinned");
		let submission = Call::submit(&applied, &calls, &runtime).expect("there is one");
		let submission = submission.encoded(&runtime).expect("there is one");
		let call_offset = after_length(&signed).len() - submission.len();
		assert!(signed.ends_with(&submission), "the call is the end of an extrinsic");
		let ended_bundle = ended.bundle_id;
		let (proof, anchored) = (anchored.proofs[1].clone(), documents[1].clone());
		let approved = (access, asked);
		Self {
			node,
			trusted,
			metadata,
			call_offset,
			stream,
			record,
			applied,
			rejected,
			expired,
			proof,
			anchored,
			open_bundle,
			ended_bundle,
			granted,
			approved,
			clients,
		}
	}

	/// What an operation reads, without what is the node's word by design.
	async fn read(&self, read: Read, client: &Client) -> Result<String, Error> {
		let shown = |status: RequestStatus| status_of(&status);
		Ok(match read {
			Read::Connect => {
				format!("{} {}", client.organization_id(), stream_of(client, self.stream).await?)
			},
			Read::Stream => stream_of(client, self.stream).await?,
			Read::FindStream => format!("{:?}", client.find_stream("invoices", None).await?),
			Read::Organization => {
				format!("{:?}", client.organization(id(self, FUNDER)).await?.organization)
			},
			Read::FindOrganization => {
				let found = client.find_organization(FUNDER).await?;
				format!("{:?} {:?}", found.id, found.name)
			},
			Read::EncryptionKeys => {
				format!("{:?}", client.encryption_keys(id(self, FUNDER)).await?)
			},
			Read::Record => format!("{:?}", client.record(self.record).await?),
			Read::Fetch | Read::FetchAsGrantee => {
				let fetched = client.fetch(self.record).await?;
				assert_eq!(fetched.document.bytes.as_slice(), DOCUMENT);
				format!("{:?}", fetched.entry)
			},
			Read::FetchStream => {
				let part = client.fetch_stream(self.stream, 0).await?;
				let mut shown = Vec::new();
				for (position, (entry, document)) in part.entries.into_iter().enumerate() {
					if let Ok(document) = &document {
						assert_eq!(document.bytes.as_slice(), DOCUMENT);
					}
					shown.push(format!("{position} {entry:?}"));
				}
				shown.join("\n")
			},
			Read::CommitmentKey => {
				let key = client.commitment_key(self.record).await?;
				client.verify(self.record, DOCUMENT, &key).await?;
				key.reveal()
			},
			Read::Anchored => {
				client.verify_anchored(&self.anchored, &self.proof).await?;
				"it is".into()
			},
			Read::Evidence => {
				let trusted = Some(self.trusted.clone());
				let wanted = EvidenceRequest { trusted, ..EvidenceRequest::default() };
				let evidence = client.evidence(self.record, wanted).await?;
				let verified = verify(&evidence, &self.trusted, None, None)?;
				let facts = verified.facts;
				format!("{:?} {:?} {:?}", facts.chain, facts.header, facts.payload)
			},
			Read::Applied => shown(client.status(self.applied.key).await?),
			Read::AppliedByKey => {
				let status = client.status_of_key(self.stream, BUSINESS_KEY).await?;
				status_of(&RequestStatus { receipt: None, ..status })
			},
			Read::Rejected => shown(client.status_of(&self.rejected).await?),
			Read::Expired => shown(client.status_of(&self.expired).await?),
			Read::Follow => shown(client.follow(&self.applied).await?),
			Read::OpenBundle => {
				let found = client.bundle(self.open_bundle).await?;
				format!("{:?} {:?}", found.bundle, found.legs)
			},
			Read::EndedBundle => {
				let found = client.bundle(self.ended_bundle).await?;
				format!("{:?} {:?}", found.bundle, found.legs)
			},
			Read::GrantAgain => {
				let resource = Resource::Record(self.granted);
				let to = id(self, FUNDER);
				format!("{:?}", client.grant(resource, to, Permission::Read, &terms()).await?)
			},
			Read::ApproveAgain => {
				format!("{:?}", client.approve(self.approved.0, &Terms::default()).await?)
			},
			Read::AskAgain => {
				let resource = Resource::Record(self.approved.1);
				let asked = client.request_access(resource, Permission::Read, "look").await?;
				format!("{asked:?}")
			},
			Read::Motions => {
				format!("{:?}", client.motions().await?)
			},
		})
	}
}

async fn stream_of(client: &Client, stream: StreamId) -> Result<String, Error> {
	Ok(format!("{:?}", client.stream(stream).await?))
}

/// An outcome, without the words in which an error is described. That a request is not decided or not known is none.
fn status_of(status: &RequestStatus) -> String {
	let mut status = status.clone();
	if matches!(status.status, RequestState::Pending | RequestState::Unknown) {
		return NO_OUTCOME.into();
	}
	if let Some(error) = status.receipt.as_mut().and_then(|receipt| receipt.error.as_mut()) {
		error.description = String::new();
	}
	format!("{status:?}")
}

/// What is no outcome.
const NO_OUTCOME: &str = "not final yet";

/// What follows the length of an extrinsic.
fn after_length(extrinsic: &[u8]) -> &[u8] {
	let skipped = match extrinsic.first().map_or(0, |first| first % 4) {
		0 => 1,
		1 => 2,
		_ => 4,
	};
	&extrinsic[skipped..]
}

/// The names of all calls in a value.
fn names(value: &Value<u32>, of_call: u32, found: &mut Vec<String>) {
	match &value.value {
		ValueDef::Variant(pallet) => {
			if value.context == of_call {
				if let Some(ValueDef::Variant(call)) =
					pallet.values.values().next().map(|inner| &inner.value)
				{
					found.push(format!("{}.{}", pallet.name, call.name));
				}
			}
			pallet.values.values().for_each(|inner| names(inner, of_call, found));
		},
		ValueDef::Composite(values) => {
			values.values().for_each(|inner| names(inner, of_call, found));
		},
		_ => {},
	}
}

impl World {
	/// The calls in an extrinsic that a client has handed over.
	fn signed_calls(&self, extrinsic: &str) -> Vec<String> {
		let bytes = hex::decode(extrinsic.trim_start_matches("0x")).expect("hex");
		let mut call = &after_length(&bytes)[self.call_offset..];
		let of_call = self.metadata.outer_enums().call_enum_ty();
		let call = scale::decode_as_type(&mut call, of_call, self.metadata.types());
		let mut found = Vec::new();
		names(&call.expect("it is a call"), of_call, &mut found);
		found
	}

	/// What a client has said: nothing that is secret, and nothing signed but what is meant.
	fn check_said(&self, asked: &[String], secret: &[u8], calls: &[&str]) -> Result<(), String> {
		let text = String::from_utf8_lossy(secret).into_owned();
		let secret = hex::encode(secret);
		for said in asked {
			if said.contains(&text) || said.contains(&secret) {
				return Err(format!("it gave away what is secret: {said}"));
			}
			let Ok(call) = serde_json::from_str::<serde_json::Value>(said) else { continue };
			let is_handed_over = ["credio_v1_upload", "credio_v1_uploadAndWatch"]
				.contains(&call["method"].as_str().unwrap_or_default());
			if let Some(extrinsic) = call["params"][0].as_str().filter(|_| is_handed_over) {
				let signed = self.signed_calls(extrinsic);
				let is_meant = |name: &String| name == SUBMIT || calls.contains(&name.as_str());
				if !signed.iter().all(is_meant) {
					return Err(format!("it signed {signed:?}"));
				}
			}
			if call["method"].as_str().is_some_and(|method| method.starts_with("author_submit")) {
				return Err(format!("it signed something outside of a request: {said}"));
			}
		}
		Ok(())
	}
}

/// The call that submits a request.
const SUBMIT: &str = "Idempotency.submit";

/// How lies went.
#[derive(Default)]
struct Tally {
	told: AtomicUsize,
	truths: AtomicUsize,
	errors: AtomicUsize,
	waits: AtomicUsize,
	failures: Mutex<Vec<String>>,
}

impl Tally {
	fn fail(&self, what: String) {
		self.failures.lock().expect("nobody panics").push(what);
	}

	fn count(&self, which: &AtomicUsize) {
		which.fetch_add(1, Ordering::SeqCst);
	}
}

/// Whether it is said that this is the node's word.
fn is_told(read: Read, lie: &Lie) -> bool {
	TOLD.iter().any(|(of, method, field, _)| {
		*of == read
			&& *method == lie.method()
			&& (field.is_empty() || lie.fields().any(|name| name == *field))
	})
}

/// What is answered while an operation runs, and what it reads.
async fn record_read(world: &World, read: Read, proxy: &LyingProxy) -> (Vec<Answer>, String) {
	proxy.keep_answers(read == Read::Connect);
	let patience = Duration::from_secs(5);
	let client = connect_strict(&proxy.url(), read.reader(), &world.trusted, patience).await;
	let client = client.expect("it answers");
	proxy.keep_answers(true);
	let truth = world.read(read, &client).await;
	let truth = truth.unwrap_or_else(|error| panic!("{read:?}: {error}"));
	proxy.keep_answers(false);
	(proxy.take_journal().answers, truth)
}

/// Tells one lie to an operation that reads.
async fn lie_to_reader(
	world: &World,
	proxy: &LyingProxy,
	read: Read,
	lie: &Lie,
	truths: &[&String],
	tally: &Tally,
) {
	let told = lie.clone();
	let tell = || proxy.tell(move |said| told.tell(said));
	let patience = Duration::from_millis(300);
	let url = proxy.url();
	let outcome = tokio::time::timeout(READ_LIMIT, async {
		if read == Read::Connect {
			tell().await;
			let client = connect_strict(&url, read.reader(), &world.trusted, patience).await?;
			return world.read(read, &client).await;
		}
		let client = connect_strict(&url, read.reader(), &world.trusted, patience).await?;
		tell().await;
		world.read(read, &client).await
	});
	let outcome = outcome.await;
	let is_told_at_all = proxy.be_honest().await > 0;
	let asked = proxy.take_journal().asked;
	if let Err(why) = world.check_said(
		&asked,
		DOCUMENT,
		&["Grants.grant", "Grants.approve", "Grants.request_access"],
	) {
		tally.fail(format!("{read:?}, {lie}: {why}"));
	}
	if !is_told_at_all {
		return;
	}
	tally.count(&tally.told);
	match outcome {
		Ok(Ok(found)) if truths.contains(&&found) => tally.count(&tally.truths),
		Ok(Ok(found)) if found == NO_OUTCOME => tally.count(&tally.waits),
		Ok(Ok(found)) if is_told(read, lie) => {
			tally.count(&tally.truths);
			drop(found);
		},
		Ok(Ok(found)) => tally.fail(format!("{read:?}, {lie}: took for the truth {found}")),
		Ok(Err(_)) => tally.count(&tally.errors),
		Err(_) => tally.count(&tally.waits),
	}
}

/// Things that are there for one case of an operation that writes.
#[derive(Clone, Debug)]
struct Prepared {
	stream: StreamId,
	record: RecordId,
	grant: Option<GrantId>,
	access: Option<AccessRequestId>,
	bundle: Option<(BundleId, Digest)>,
}

impl World {
	/// What a case finds.
	async fn prepare(&self, write: Write, n: usize) -> Result<Prepared, Error> {
		let (owner, other) = (&self.clients[OWNER], &self.clients[OTHER]);
		let funder = self.clients[FUNDER].organization_id();
		let name = format!("{write:?} {n}");
		let (stream, record) = match write {
			Write::Seal | Write::Rotate | Write::GrantStream | Write::Revoke => {
				let stream = owner.create_stream(&name).await?.id;
				(stream, upload(owner, stream, b"first", DOCUMENT).await?)
			},
			Write::Grant | Write::Ask | Write::Approve | Write::Deny => {
				let record = upload(owner, self.stream, name.as_bytes(), DOCUMENT).await?;
				(self.stream, record)
			},
			_ => (self.stream, self.record),
		};
		let grant = match write {
			Write::Rotate | Write::Revoke => {
				let resource = Resource::Stream(stream);
				Some(owner.grant(resource, funder, Permission::Read, &terms()).await?)
			},
			_ => None,
		};
		let access = match write {
			Write::Approve | Write::Deny => {
				let resource = Resource::Record(record);
				Some(other.request_access(resource, Permission::Read, &name).await?)
			},
			_ => None,
		};
		let bundle = match write {
			Write::Consent => {
				let key = u8::try_from(n).unwrap_or(u8::MAX).saturating_add(100);
				let made = owner.propose_bundle(&bundle(owner, funder, key, &name).await).await?;
				Some((made.bundle_id, made.digest))
			},
			_ => None,
		};
		Ok(Prepared { stream, record, grant, access, bundle })
	}

	fn secret(write: Write, n: usize) -> Vec<u8> {
		match write {
			Write::Upload | Write::UploadFromStart | Write::Anchor => {
				format!("a secret of case {n} of {write:?}, which is as long as it is").into_bytes()
			},
			_ => DOCUMENT.to_vec(),
		}
	}

	/// Runs a case, and returns what it says that it made.
	async fn write(
		&self,
		write: Write,
		n: usize,
		prepared: &Prepared,
		client: &Client,
	) -> Result<String, Error> {
		let funder = id(self, FUNDER);
		let name = format!("{write:?} {n}");
		let secret = Self::secret(write, n);
		let Prepared { stream, record, grant, access, bundle: proposed } = prepared;
		let reading = Permission::Read;
		Ok(match write {
			Write::Upload | Write::UploadFromStart => {
				upload(client, *stream, name.as_bytes(), &secret).await?.to_string()
			},
			Write::CreateStream => client.create_stream(&name).await?.id.to_string(),
			Write::Seal => {
				client.seal_stream(*stream).await?;
				String::new()
			},
			Write::Rotate => client.rotate_stream(*stream).await?.to_string(),
			Write::Grant => {
				let resource = Resource::Record(*record);
				client.grant(resource, funder, reading, &terms()).await?.to_string()
			},
			Write::GrantStream => {
				let resource = Resource::Stream(*stream);
				client.grant(resource, funder, reading, &terms()).await?.to_string()
			},
			Write::Revoke => {
				client.revoke(grant.expect("it was given")).await?;
				String::new()
			},
			Write::Anchor => {
				let documents = [secret, b"another".to_vec()];
				client.anchor(*stream, &documents).await?.record_id.to_string()
			},
			Write::Ask => {
				let resource = Resource::Record(*record);
				client.request_access(resource, reading, &name).await?.to_string()
			},
			Write::Approve => {
				client.approve(access.expect("asked"), &Terms::default()).await?.to_string()
			},
			Write::Deny => {
				client.deny(access.expect("it was asked for"), &name).await?;
				String::new()
			},
			Write::Propose => {
				let key = u8::try_from(n).unwrap_or(u8::MAX).saturating_add(20);
				let new = bundle(client, funder, key, &name).await;
				client.propose_bundle(&new).await?.bundle_id.to_string()
			},
			Write::Consent => {
				let (id, digest) = proposed.expect("it was proposed");
				format!("{:?}", client.consent(id, digest).await?.status)
			},
		})
	}

	/// Checks, by nodes and clients that are honest, that what a case has said of its end is true, and that whatever has
	/// come of it is what was meant.
	async fn check(
		&self,
		write: Write,
		n: usize,
		prepared: &Prepared,
		said: Option<&str>,
	) -> Result<(), String> {
		let owner = &self.clients[OWNER];
		let (funder, other) = (&self.clients[FUNDER], &self.clients[OTHER]);
		let Prepared { stream, record, grant, access, bundle: proposed } = prepared;
		let failed = |error: Error| error.to_string();
		let need = |holds: bool, what: &str| match holds {
			true => Ok(()),
			false => Err(what.to_owned()),
		};
		let reads = |client: &'static str, record: RecordId| async move {
			match self.clients[client].fetch(record).await {
				Ok(fetched) => {
					need(fetched.document.bytes.as_slice() == DOCUMENT, "another document")
				},
				Err(error) => Err(format!("{client} cannot read it: {error}")),
			}
		};
		// The grants on a thing are those that were meant, and their holders can read.
		let held = |resource: Resource, by: &'static str| async move {
			let holder = self.clients[by].organization_id();
			for one in
				[id(self, "operator"), id(self, "channel-two"), id(self, FUNDER), id(self, OTHER)]
			{
				let there = owner.held_by(resource, one).await.map_err(failed)?;
				if one != holder && !there.is_empty() {
					return Err(format!("organization {one} was given a grant"));
				}
				if one == holder && !there.is_empty() {
					reads(by, *record).await?;
				}
				if one == holder && there.is_empty() && said.is_some() {
					return Err("there is no grant".into());
				}
			}
			Ok(())
		};
		match write {
			Write::Upload | Write::UploadFromStart => {
				let Some(said) = said else { return Ok(()) };
				let id = said.parse::<RecordId>().map_err(|error| error.to_string())?;
				let fetched = owner.fetch(id).await.map_err(failed)?;
				need(
					fetched.document.bytes.as_slice() == Self::secret(write, n),
					"another document",
				)?;
				need(fetched.entry.header.stream == *stream, "it is in another stream")
			},
			Write::CreateStream => {
				let id =
					StreamId::derive(owner.organization_id(), format!("{write:?} {n}").as_bytes());
				let Some(said) = said else { return Ok(()) };
				need(said == id.to_string(), "another stream")?;
				owner.stream(id).await.map(|_| ()).map_err(failed)
			},
			Write::Seal => {
				let is_sealed =
					format!("{:?}", owner.stream(*stream).await.map_err(failed)?.status);
				need(said.is_none() || is_sealed == "Sealed", "it is not sealed")
			},
			Write::Rotate => {
				let epoch = owner.stream(*stream).await.map_err(failed)?.epoch;
				let current = epoch.map_or(0, |epoch| epoch.current);
				if let Some(said) = said {
					need(said == current.to_string(), "another epoch is the present one")?;
				}
				held(Resource::Stream(*stream), FUNDER).await?;
				if current > 0 {
					// What is written from now on, the grantee reads.
					let later = upload(owner, *stream, b"later", DOCUMENT).await.map_err(failed)?;
					reads(FUNDER, later).await?;
				}
				Ok(())
			},
			Write::Grant => held(Resource::Record(*record), FUNDER).await,
			Write::GrantStream => held(Resource::Stream(*stream), FUNDER).await,
			Write::Revoke => {
				let resource = Resource::Stream(*stream);
				let left =
					owner.held_by(resource, funder.organization_id()).await.map_err(failed)?;
				need(
					said.is_none() || left.iter().all(|left| Some(left.grant_id) != *grant),
					"it is still there",
				)
			},
			Write::Anchor => {
				let Some(said) = said else { return Ok(()) };
				let id = said.parse::<RecordId>().map_err(|error| error.to_string())?;
				let entry = owner.record(id).await.map_err(failed)?;
				need(entry.header.stream == *stream, "it is in another stream")
			},
			Write::Ask => {
				let Some(said) = said else { return Ok(()) };
				let filter = credio_sdk::primitives::grant::AccessRequestFilter {
					record: Some(*record),
					..Default::default()
				};
				let asked = other.access_requests(&filter, usize::MAX).await.map_err(failed)?;
				let is_there = asked.iter().any(|asked| {
					asked.access_request_id.to_string() == said
						&& asked.requester == other.organization_id()
						&& asked.purpose == format!("{write:?} {n}")
				});
				need(is_there, "it was not asked for")
			},
			Write::Approve => held(Resource::Record(*record), OTHER).await,
			Write::Deny => {
				let filter = credio_sdk::primitives::grant::AccessRequestFilter {
					record: Some(*record),
					..Default::default()
				};
				let asked = other.access_requests(&filter, usize::MAX).await.map_err(failed)?;
				let state = asked.iter().find(|asked| Some(asked.access_request_id) == *access);
				let is_denied = matches!(
					state.map(|asked| &asked.state),
					Some(AccessRequestStateJson::Denied { reason }) if *reason == format!("{write:?} {n}")
				);
				need(said.is_none() || is_denied, "it was not denied")
			},
			Write::Propose => {
				let key = u8::try_from(n).unwrap_or(u8::MAX).saturating_add(20);
				let meant =
					bundle(owner, funder.organization_id(), key, &format!("{write:?} {n}")).await;
				let Some(said) = said else { return Ok(()) };
				need(said == meant.id(owner.organization_id()).to_string(), "another bundle")?;
				let id = said.parse::<BundleId>().map_err(|error| error.to_string())?;
				let there = owner.bundle(id).await.map_err(failed)?.bundle;
				need(there.status == BundleStatus::Open, "it has ended")
			},
			Write::Consent => {
				let (id, _) = proposed.ok_or("it was proposed")?;
				let there = owner.bundle(id).await.map_err(failed)?.bundle.status;
				need(said.is_none_or(|said| said == format!("{there:?}")), "it ended otherwise")
			},
		}
	}
}

/// The lies of an operation, so many of them, spread over all.
fn spread(mut lies: Vec<Lie>, most: usize) -> Vec<Lie> {
	let step = lies.len().div_ceil(most.max(1)).max(1);
	let mut position = 0;
	lies.retain(|_| {
		position += 1;
		position % step == 0
	});
	lies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "tells thousands of lies, which takes long: run it by name"]
async fn nothing_that_a_node_says_makes_a_client_believe_or_do_what_is_false() {
	let start = Instant::now();
	let world = World::new().await;
	let document = Document::new(include_str!("../../rpc/openrpc.json"));
	let mut known = Known::default();
	let proxy = LyingProxy::before(&world.node.url()).await;
	// What was true before, to be replayed.
	let mut before = BTreeMap::new();
	for read in READS {
		let (answers, truth) = record_read(&world, read, &proxy).await;
		known.learn(&answers);
		before.insert(read, truth);
	}
	let owner = &world.clients[OWNER];
	owner.rotate_stream(world.stream).await.expect("it is opened");
	upload(owner, world.stream, b"more", DOCUMENT).await.expect("it is applied");
	eprintln!("{:?}: the world is there", start.elapsed());

	let (mut cases, mut truths) = (Vec::new(), BTreeMap::new());
	for read in READS {
		let (answers, truth) = record_read(&world, read, &proxy).await;
		known.learn(&answers);
		truths.insert(read, truth);
		let lies = Liar { known: &known, document: &document }.lies_about(&answers);
		eprintln!("{read:?}: {} lies about {} answers", lies.len(), answers.len());
		cases.extend(lies.into_iter().map(|lie| (read, lie)));
	}
	let tally = Tally::default();
	let url = world.node.url();
	let proxies = stream::iter(0..READERS).then(|_| LyingProxy::before(&url));
	let proxies = Pool::new(proxies.collect().await);
	let most = number("CREDIO_LIES_OF_READS", usize::MAX);
	let cases = cases.into_iter().take(most);
	stream::iter(cases)
		.for_each_concurrent(READERS, |(read, lie)| {
			let (world, proxies, tally) = (&world, &proxies, &tally);
			// An old truth is one, as long as a node may be behind.
			let known = [&truths[&read], &before[&read]];
			async move {
				let proxy = proxies.take();
				lie_to_reader(world, &proxy, read, &lie, &known, tally).await;
				proxies.put(proxy);
			}
		})
		.await;
	eprintln!("{:?}: {} lies to readers", start.elapsed(), tally.told.load(Ordering::SeqCst));

	write_cases(&world, &document, &mut known, &tally).await;
	let told = tally.told.load(Ordering::SeqCst);
	let failures = tally.failures.into_inner().expect("nobody panics");
	eprintln!(
		"{:?}: {told} lies: {} times the truth, {} errors, {} times no end",
		start.elapsed(),
		tally.truths.load(Ordering::SeqCst),
		tally.errors.load(Ordering::SeqCst),
		tally.waits.load(Ordering::SeqCst),
	);
	assert!(failures.is_empty(), "{} lies had an effect:\n{}", failures.len(), failures.join("\n"));
	assert!(told >= LEAST || most != usize::MAX, "{told} lies are fewer than {LEAST}");
}

/// Proxies, of which each case has one for itself.
struct Pool(Mutex<Vec<LyingProxy>>);

impl Pool {
	fn new(proxies: Vec<LyingProxy>) -> Self {
		Self(Mutex::new(proxies))
	}

	fn take(&self) -> LyingProxy {
		self.0.lock().expect("nobody panics").pop().expect("there is one for each case at a time")
	}

	fn put(&self, proxy: LyingProxy) {
		self.0.lock().expect("nobody panics").push(proxy);
	}
}

/// Tells lies to the operations that write, and checks afterwards what has come of them.
async fn write_cases(world: &World, document: &Document, known: &mut Known, tally: &Tally) {
	let most = number("CREDIO_LIES_PER_WRITE", 20);
	let url = world.node.url();
	// Case 0 of each is without lies.
	let all = WRITES.into_iter().flat_map(|write| (0..=most).map(move |n| (write, n)));
	let prepared = stream::iter(all)
		.map(|(write, n)| async move {
			let prepared = world.prepare(write, n).await;
			let prepared = prepared.unwrap_or_else(|error| panic!("{write:?} {n}: {error}"));
			((write, n), prepared)
		})
		.buffer_unordered(WRITERS)
		.collect::<BTreeMap<_, _>>()
		.await;
	let url = &url;
	let recorded = stream::iter(WRITES)
		.map(|write| {
			let prepared = &prepared[&(write, 0)];
			async move {
				let proxy = LyingProxy::before(url).await;
				proxy.keep_answers(write == Write::UploadFromStart);
				let patience = Duration::from_secs(10);
				let url = proxy.url();
				let client = connect_strict(&url, write.writer(), &world.trusted, patience).await;
				let client = client.expect("it answers");
				proxy.keep_answers(true);
				let said = world.write(write, 0, prepared, &client).await;
				let said = said.unwrap_or_else(|error| panic!("{write:?}: {error}"));
				let checked = world.check(write, 0, prepared, Some(&said)).await;
				checked.unwrap_or_else(|error| panic!("{write:?}: {error}"));
				let journal = proxy.take_journal();
				world
					.check_said(&journal.asked, &World::secret(write, 0), write.calls())
					.unwrap_or_else(|error| panic!("{write:?}: {error}"));
				(write, journal.answers)
			}
		})
		.buffer_unordered(WRITERS)
		.collect::<Vec<_>>()
		.await;
	recorded.iter().for_each(|(_, answers)| known.learn(answers));
	let mut cases = Vec::new();
	for (write, answers) in &recorded {
		let lies = Liar { known, document }.lies_about(answers);
		eprintln!("{write:?}: {} lies about {} answers", lies.len(), answers.len());
		cases.extend(spread(lies, most).into_iter().zip(1..).map(|(lie, n)| (*write, n, lie)));
	}
	let proxies = stream::iter(0..WRITERS).then(|_| LyingProxy::before(url));
	let proxies = Pool::new(proxies.collect().await);
	stream::iter(cases)
		.for_each_concurrent(WRITERS, |(write, n, lie)| {
			let (proxies, prepared) = (&proxies, &prepared[&(write, n)]);
			async move {
				let proxy = proxies.take();
				lie_to_writer(world, &proxy, (write, n), prepared, &lie, tally).await;
				proxies.put(proxy);
			}
		})
		.await;
}

/// Tells one lie to an operation that writes.
async fn lie_to_writer(
	world: &World,
	proxy: &LyingProxy,
	(write, n): (Write, usize),
	prepared: &Prepared,
	lie: &Lie,
	tally: &Tally,
) {
	let told = lie.clone();
	let tell = || proxy.tell(move |said| told.tell(said));
	let patience = Duration::from_secs(5);
	let url = proxy.url();
	let outcome = tokio::time::timeout(WRITE_LIMIT, async {
		if write == Write::UploadFromStart {
			tell().await;
			let client = connect_strict(&url, write.writer(), &world.trusted, patience).await?;
			return world.write(write, n, prepared, &client).await;
		}
		let client = connect_strict(&url, write.writer(), &world.trusted, patience).await?;
		tell().await;
		world.write(write, n, prepared, &client).await
	});
	let outcome = outcome.await;
	let is_told_at_all = proxy.be_honest().await > 0;
	let asked = proxy.take_journal().asked;
	if is_told_at_all {
		tally.count(&tally.told);
	}
	if let Err(why) = world.check_said(&asked, &World::secret(write, n), write.calls()) {
		tally.fail(format!("{write:?} {n}, {lie}: {why}"));
	}
	let said = match &outcome {
		Ok(Ok(said)) => {
			tally.count(&tally.truths);
			Some(said.as_str())
		},
		Ok(Err(_)) => {
			tally.count(&tally.errors);
			None
		},
		Err(_) => {
			tally.count(&tally.waits);
			None
		},
	};
	if let Err(why) = world.check(write, n, prepared, said).await {
		let ended = outcome.map(|outcome| outcome.map_err(|error| error.to_string()));
		tally.fail(format!("{write:?} {n}, {lie}: {why} ({ended:?})"));
	}
}
