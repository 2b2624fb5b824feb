//! Reads through a lying node: each returns the truth, an error, or no outcome yet.

use crate::lies::{
	case::{self, Ended, Tally},
	selection::{READ_LIES, selected},
	signed::Meant,
	world::{BUSINESS_KEY, DOCUMENT, FUNDER, OPERATOR, OTHER, OWNER, World, terms, upload},
};
use credio_client::{
	Client, Error, EvidenceRequest, Terms,
	evidence::verify,
	primitives::{
		GrantId, Permission, RecordId, Resource, StreamId,
		bundle::BundleFilter,
		entry::EntryFilter,
		evidence::Facts,
		grant::{AccessRequestFilter, GrantFilter},
		rpc::{RequestState, RequestStatusJson},
	},
};
use credio_e2e::{
	lies::{Document, Known, Liar, Lie},
	number,
	proxy::{LyingProxy, RecordedReply},
};
use futures::{StreamExt, stream};
use std::{collections::BTreeMap, time::Duration};

/// Concurrent readers.
const READERS: usize = 8;
/// Time after which a read counts as no outcome yet: a node can always stay silent.
const LIMIT: Duration = Duration::from_secs(3);
/// For how long a client waits for a block that is not final.
const PATIENCE: Duration = Duration::from_millis(300);
/// As long while the truth is recorded.
const LONG_PATIENCE: Duration = Duration::from_secs(10);
/// Most items of a list.
const ITEMS: usize = 20;
/// The request is undecided or unknown, which is no outcome.
const NO_OUTCOME: &str = "not final yet";

/// Something that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
	/// The lies begin with the connection.
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
	Checkpoint,
	Lists,
}

const READS: [Read; 26] = [
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
	Read::Checkpoint,
	Read::Lists,
];

impl Read {
	fn reader(self) -> &'static str {
		match self {
			Self::FetchAsGrantee => FUNDER,
			Self::AskAgain => OTHER,
			Self::Motions | Self::Checkpoint => OPERATOR,
			_ => OWNER,
		}
	}

	/// The calls that it may sign: a repeated request may be granted again.
	fn calls(self) -> &'static [&'static str] {
		match self {
			Self::GrantAgain => &["Grants.grant"],
			Self::ApproveAgain => &["Grants.approve"],
			Self::AskAgain => &["Grants.request_access"],
			_ => &[],
		}
	}

	/// The reason why a result may be incomplete, if it may: missing lines are then no error, but others are.
	fn holds_back(self) -> Option<&'static str> {
		match self {
			Self::FetchStream => Some("a node may hold back the end of a stream"),
			Self::Motions => Some("a node may hold back motions; what each does is checked"),
			_ => None,
		}
	}

	/// Returns whether a result is true. An earlier truth counts as long as a node may be behind.
	fn is_true(self, found: &str, truths: &[&String]) -> bool {
		truths.iter().any(|truth| match self.holds_back() {
			Some(_) => found.lines().all(|line| truth.lines().any(|there| there == line)),
			None => found == *truth,
		})
	}
}

/// An outcome without the text of its error.
fn outcome_of(mut status: RequestStatusJson) -> String {
	if matches!(status.status, RequestState::Pending | RequestState::Unknown) {
		return NO_OUTCOME.into();
	}
	if let Some(error) = status.receipt.as_mut().and_then(|receipt| receipt.error.as_mut()) {
		error.description = String::new();
	}
	format!("{status:?}")
}

async fn stream_of(client: &Client, stream: StreamId) -> Result<String, Error> {
	Ok(format!("{:?}", client.stream(stream).await?))
}

async fn part_of(client: &Client, stream: StreamId) -> Result<String, Error> {
	let part = client.fetch_stream(stream, 0).await?;
	let lines = part.entries.into_iter().enumerate().map(|(position, (entry, document))| {
		if let Ok(document) = document {
			assert_eq!(document.bytes.as_slice(), DOCUMENT);
		}
		format!("{position} {entry:?}")
	});
	Ok(lines.collect::<Vec<_>>().join("\n"))
}

async fn fetched(client: &Client, record: RecordId) -> Result<String, Error> {
	let fetched = client.fetch(record).await?;
	assert_eq!(fetched.document.bytes.as_slice(), DOCUMENT);
	Ok(format!("{:?}", fetched.entry))
}

/// Reads all lists, which a node may forge.
async fn lists(client: &Client) -> Result<(), Error> {
	client.streams(None).await?;
	client.organizations().await?;
	client.validators().await?;
	client.query(&EntryFilter::default(), ITEMS).await?;
	client.grants(&GrantFilter::default(), ITEMS).await?;
	client.access_requests(&AccessRequestFilter::default(), ITEMS).await?;
	client.bundles(&BundleFilter::default(), ITEMS).await?;
	client.quota(client.organization_id()).await?;
	client.lane(0).await?;
	Ok(())
}

impl World {
	/// Reads values that a node must not be able to forge.
	async fn read(&self, read: Read, client: &Client) -> Result<String, Error> {
		let reading = Permission::Read;
		Ok(match read {
			Read::Connect => {
				format!("{} {}", client.organization_id(), stream_of(client, self.stream).await?)
			},
			Read::Stream => stream_of(client, self.stream).await?,
			Read::FindStream => format!("{:?}", client.find_stream("invoices", None).await?),
			Read::Organization => {
				format!("{:?}", client.organization(self.id(FUNDER)).await?.organization)
			},
			Read::FindOrganization => format!("{:?}", client.find_organization(FUNDER).await?),
			Read::EncryptionKeys => {
				format!("{:?}", client.encryption_keys(self.id(FUNDER)).await?)
			},
			Read::Record => format!("{:?}", client.record(self.record).await?),
			Read::Fetch | Read::FetchAsGrantee => fetched(client, self.record).await?,
			Read::FetchStream => part_of(client, self.stream).await?,
			Read::CommitmentKey => {
				let key = client.commitment_key(self.record).await?;
				client.verify(self.record, DOCUMENT, &key).await?;
				key.reveal()
			},
			Read::Anchored => {
				let (document, proof) = &self.anchored;
				client.verify_anchored(document, proof).await?;
				"it is anchored".into()
			},
			Read::Evidence => self.evidence_of(client, self.record).await?,
			Read::Applied => outcome_of(client.status(self.applied.key).await?),
			Read::AppliedByKey => {
				let status = client.status_of_key(self.stream, BUSINESS_KEY).await?;
				// An entry on the chain counts as applied, with or without a receipt.
				outcome_of(RequestStatusJson { receipt: None, ..status })
			},
			Read::Rejected => outcome_of(client.status_of(&self.rejected).await?),
			Read::Expired => outcome_of(client.status_of(&self.expired).await?),
			Read::Follow => outcome_of(client.follow(&self.applied).await?),
			Read::OpenBundle | Read::EndedBundle => {
				let bundle = match read {
					Read::OpenBundle => self.open_bundle,
					_ => self.ended_bundle,
				};
				let found = client.bundle(bundle).await?;
				format!("{:?} {:?}", found.bundle, found.legs)
			},
			Read::GrantAgain => {
				let (record, funder) = (Resource::Record(self.granted), self.id(FUNDER));
				client.grant(record, funder, reading, &terms()).await?.to_string()
			},
			Read::ApproveAgain => {
				client.approve(self.approved.0, &Terms::default()).await?.to_string()
			},
			Read::AskAgain => {
				let record = Resource::Record(self.approved.1);
				client.request_access(record, reading, "look").await?.to_string()
			},
			Read::Motions => {
				// The state of a motion is the node's word, but its effect is not.
				let line = |motion: &credio_client::Motion| {
					format!("{} {:?} {:?}", motion.hash, motion.call, motion.encoded)
				};
				client.motions().await?.iter().map(line).collect::<Vec<_>>().join("\n")
			},
			Read::Checkpoint => {
				let made = client.checkpoint().await?;
				let block = self.clients[OWNER].block_hash(made.block().number).await?;
				// Each seat checks it at another node before it signs.
				match made.has_the_same_voters(&self.checkpoint) && block == Some(made.block().hash)
				{
					true => "as all nodes have it".into(),
					false => return Err(Error::Argument("another seat does not sign it".into())),
				}
			},
			Read::Lists => {
				lists(client).await?;
				"whatever the node says".into()
			},
		})
	}

	async fn evidence_of(&self, client: &Client, record: RecordId) -> Result<String, Error> {
		let trusted = Some(self.trusted.clone());
		// A missing one: its absence is proven.
		let grants = vec![GrantId([7; 32])];
		let wanted = EvidenceRequest { trusted, grants, ..EvidenceRequest::default() };
		let evidence = client.evidence(record, wanted).await?;
		let facts = verify(&evidence, &self.trusted, None, None)?.facts;
		let Facts { chain, record_id, header, payload, absent_grants, .. } = facts;
		Ok(format!("{chain:?} {record_id} {header:?} {payload:?} {absent_grants:?}"))
	}

	/// Reads other things by the same methods; their replies are replayed.
	async fn read_others(&self, client: &Client) -> Result<(), Error> {
		let (shelf, _) = self.shelf;
		fetched(client, self.granted).await?;
		part_of(client, shelf).await?;
		self.evidence_of(client, self.granted).await?;
		client.organization(self.id(OTHER)).await?;
		client.record(self.granted).await?;
		client.stream(shelf).await?;
		Ok(())
	}
}

/// A read and its true results.
struct Recorded {
	responses: Vec<RecordedReply>,
	truth: String,
}

/// Records the replies of an honest node during a read.
async fn record(world: &World, read: Read, proxy: &LyingProxy) -> Recorded {
	proxy.record_replies(read == Read::Connect);
	let client = world.connect(&proxy.url(), read.reader(), LONG_PATIENCE).await;
	let client = client.unwrap_or_else(|error| panic!("{read:?}: {error}"));
	proxy.record_replies(true);
	let truth = world.read(read, &client).await;
	let truth = truth.unwrap_or_else(|error| panic!("{read:?}: {error}"));
	proxy.record_replies(false);
	Recorded { responses: proxy.take_journal().replies, truth }
}

async fn record_all(world: &World, proxy: &LyingProxy) -> BTreeMap<Read, Recorded> {
	stream::iter(READS)
		.then(|read| async move { (read, record(world, read, proxy).await) })
		.collect()
		.await
}

async fn record_others(world: &World, proxy: &LyingProxy) -> Vec<RecordedReply> {
	let client =
		world.connect(&proxy.url(), OWNER, LONG_PATIENCE).await.expect("the node responds");
	proxy.record_replies(true);
	world.read_others(&client).await.expect("it exists");
	proxy.record_replies(false);
	proxy.take_journal().replies
}

/// Reads everything through a node that lies, once for each lie.
pub(super) async fn run(world: &World, document: &Document, tally: &Tally) {
	let url = world.node.url();
	let proxy = LyingProxy::before(&url).await;
	let mut known = Known::default();
	known.learn(&record_others(world, &proxy).await);
	// An earlier truth, for replays.
	let before = record_all(world, &proxy).await;
	let owner = &world.clients[OWNER];
	owner.rotate_stream(world.stream).await.expect("it is opened");
	upload(owner, world.stream, b"more", DOCUMENT).await.expect("it is applied");
	let now = record_all(world, &proxy).await;
	before.values().chain(now.values()).for_each(|recorded| known.learn(&recorded.responses));

	let liar = Liar { known: &known, document };
	let lies = now.iter().flat_map(|(read, recorded)| {
		let lies = liar.lies_about(&recorded.responses);
		eprintln!("{read:?}: {} lies about {} answers", lies.len(), recorded.responses.len());
		lies.into_iter().map(|lie| (*read, lie))
	});
	let lies = selected(lies.collect(), number("CREDIO_LIES_OF_READS", READ_LIES));
	stream::iter(lies)
		.for_each_concurrent(READERS, |(read, lie)| {
			let truths = [&now[&read].truth, &before[&read].truth];
			async move { lie_to(world, read, &lie, &truths, tally).await }
		})
		.await;
}

/// Tries one lie on one reader.
async fn lie_to(world: &World, read: Read, lie: &Lie, truths: &[&String], tally: &Tally) {
	let proxy = LyingProxy::before(&world.node.url()).await;
	let url = proxy.url();
	let reported = lie.clone();
	let tell = || proxy.tell(move |message| reported.tell(message));
	let ended = case::run(LIMIT, async {
		if read == Read::Connect {
			tell().await;
			let client = world.connect(&url, read.reader(), PATIENCE).await?;
			return world.read(read, &client).await;
		}
		let client = world.connect(&url, read.reader(), PATIENCE).await?;
		tell().await;
		world.read(read, &client).await
	});
	let ended = ended.await;
	let was_told = proxy.clear_lie().await > 0;
	let messages = proxy.take_journal().requests;
	let name = format!("{read:?}, {lie}");
	tally.check_said(world, &name, &messages, DOCUMENT, Meant::Request(read.calls()));
	if !was_told {
		return;
	}
	let ended = match ended {
		Ended::Said(found) if found == NO_OUTCOME => Ended::Late,
		Ended::Said(found) if !read.is_true(&found, truths) => {
			tally.fail(format!("{name}: took for the truth {found}"));
			return;
		},
		other => other,
	};
	tally.count(&name, &ended);
}
