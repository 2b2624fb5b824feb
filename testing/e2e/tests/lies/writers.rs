//! Writes through a lying node: they have only the intended effect, and every statement about them is true.

use crate::lies::{
	case::{self, Ended, Tally},
	selection::{WRITE_LIES, selected},
	signed::{self, Meant},
	world::{DOCUMENT, FUNDER, OTHER, OWNER, VOTER, World, bundle, terms, upload},
};
use credio_client::{
	Client, Error, Terms,
	primitives::{
		AccessRequestId, BundleId, Digest, GrantId, Permission, RecordId, Resource, StreamId,
	},
};
use credio_e2e::{
	lies::{Document, Known, Liar, Lie},
	number,
	proxy::{LyingProxy, RecordedReply},
};
use futures::{StreamExt, stream};
use std::{collections::BTreeMap, time::Duration};

/// Concurrent writers. They mostly wait for blocks.
const WRITERS: usize = 32;
/// Time after which a write counts as not final yet: a node can always stay silent.
const LIMIT: Duration = Duration::from_secs(12);
/// The same for a vote, for which the others wait.
const VOTE_LIMIT: Duration = Duration::from_secs(6);
/// For how long a client waits for a block that is not final.
const PATIENCE: Duration = Duration::from_secs(4);

/// Something that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Write {
	Upload,
	/// With lies during the connection too, such as about the account.
	UploadFromStart,
	CreateStream,
	Seal,
	Rotate,
	Grant,
	GrantStream,
	AddKeys,
	Delegate,
	Revoke,
	Renounce,
	Anchor,
	Ask,
	Approve,
	Deny,
	Propose,
	Consent,
	Withdraw,
	/// Outside of requests: its outcome is the node's word.
	Vote,
}

const WRITES: [Write; 19] = [
	Write::Upload,
	Write::UploadFromStart,
	Write::CreateStream,
	Write::Seal,
	Write::Rotate,
	Write::Grant,
	Write::GrantStream,
	Write::AddKeys,
	Write::Delegate,
	Write::Revoke,
	Write::Renounce,
	Write::Anchor,
	Write::Ask,
	Write::Approve,
	Write::Deny,
	Write::Propose,
	Write::Consent,
	Write::Withdraw,
	Write::Vote,
];

impl Write {
	fn writer(self) -> &'static str {
		match self {
			Self::Ask => OTHER,
			Self::Consent | Self::Delegate | Self::Renounce => FUNDER,
			Self::Vote => VOTER,
			_ => OWNER,
		}
	}

	/// The calls that may be signed for it in requests.
	fn calls(self) -> &'static [&'static str] {
		match self {
			Self::Upload | Self::UploadFromStart => &["Records.append"],
			Self::CreateStream => &["Anchor.create_stream", "Grants.open_epoch"],
			Self::Seal => &["Anchor.seal_stream"],
			Self::Rotate => &["Grants.open_epoch"],
			Self::Grant | Self::GrantStream => &["Grants.grant"],
			Self::AddKeys => &["Grants.add_keys"],
			Self::Delegate => &["Grants.delegate"],
			Self::Revoke => &["Grants.revoke", "Grants.open_epoch"],
			Self::Renounce => &["Grants.renounce"],
			Self::Anchor => &["Anchor.anchor_merkle"],
			Self::Ask => &["Grants.request_access"],
			Self::Approve => &["Grants.approve"],
			Self::Deny => &["Grants.deny"],
			Self::Propose => &["Bundles.propose", "Bundles.consent", "Anchor.create_stream"],
			Self::Consent => &["Bundles.consent"],
			Self::Withdraw => &["Bundles.withdraw"],
			Self::Vote => &[],
		}
	}
}

/// A write, and the resources prepared for it.
#[derive(Clone, Debug)]
pub(super) struct Case {
	pub write: Write,
	pub n: usize,
	pub stream: StreamId,
	pub record: RecordId,
	pub grant: Option<GrantId>,
	pub access: Option<AccessRequestId>,
	pub bundle: Option<(BundleId, Digest)>,
}

impl Case {
	/// Returns its name, which its contents include.
	pub(super) fn name(&self) -> String {
		format!("{:?} {}", self.write, self.n)
	}

	/// Returns its secret text.
	pub(super) fn secret(&self) -> Vec<u8> {
		match self.write {
			Write::Upload | Write::UploadFromStart | Write::Anchor => {
				format!("what is secret in {}, as long as it is", self.name()).into_bytes()
			},
			_ => DOCUMENT.to_vec(),
		}
	}

	fn given(&self) -> GrantId {
		self.grant.expect("it was given")
	}

	fn agrees(&self) -> bool {
		self.n.is_multiple_of(2)
	}

	/// Prepares it, through an honest node.
	async fn prepare(world: &World, write: Write, n: usize) -> Result<Self, Error> {
		let (owner, other) = (&world.clients[OWNER], &world.clients[OTHER]);
		let funder = world.id(FUNDER);
		let (shelf, shelved) = world.shelf;
		let mut case = Self {
			write,
			n,
			stream: shelf,
			record: shelved,
			grant: None,
			access: None,
			bundle: None,
		};
		let name = case.name();
		match write {
			Write::Seal
			| Write::Rotate
			| Write::GrantStream
			| Write::AddKeys
			| Write::Delegate
			| Write::Revoke
			| Write::Renounce => {
				case.stream = owner.create_stream(&name).await?.id;
				case.record = upload(owner, case.stream, b"first", DOCUMENT).await?;
			},
			Write::Grant | Write::Ask | Write::Approve | Write::Deny => {
				case.record = upload(owner, shelf, name.as_bytes(), DOCUMENT).await?;
			},
			_ => {},
		}
		match write {
			Write::Rotate | Write::AddKeys | Write::Delegate | Write::Revoke | Write::Renounce => {
				let stream = Resource::Stream(case.stream);
				let terms = Terms { delegable: write == Write::Delegate, ..terms() };
				let grant = owner.grant(stream, funder, Permission::Read, &terms).await?;
				case.grant = Some(grant);
			},
			Write::Approve | Write::Deny => {
				let record = Resource::Record(case.record);
				let asked = other.request_access(record, Permission::Read, &name).await?;
				case.access = Some(asked);
			},
			Write::Consent | Write::Withdraw => {
				let new = bundle(owner, Some(funder), &name).await?;
				let made = owner.propose_bundle(&new).await?;
				case.bundle = Some((made.bundle_id, made.digest));
			},
			_ => {},
		}
		Ok(case)
	}

	/// Writes, and returns the ids that the client reports.
	async fn write(&self, world: &World, client: &Client) -> Result<String, Error> {
		let (funder, name, secret) = (world.id(FUNDER), self.name(), self.secret());
		let reading = Permission::Read;
		let (on_stream, on_record) = (Resource::Stream(self.stream), Resource::Record(self.record));
		let given = |id: GrantId| id.to_string();
		Ok(match self.write {
			Write::Upload | Write::UploadFromStart => {
				upload(client, self.stream, name.as_bytes(), &secret).await?.to_string()
			},
			Write::CreateStream => client.create_stream(&name).await?.id.to_string(),
			Write::Seal => {
				client.seal_stream(self.stream).await?;
				String::new()
			},
			Write::Rotate => client.rotate_stream(self.stream).await?.to_string(),
			Write::Grant => given(client.grant(on_record, funder, reading, &terms()).await?),
			Write::GrantStream => given(client.grant(on_stream, funder, reading, &terms()).await?),
			Write::AddKeys => client.add_keys(self.given()).await?.to_string(),
			Write::Delegate => {
				let other = world.id(OTHER);
				given(client.delegate(self.given(), other, &terms()).await?)
			},
			Write::Revoke => {
				client.revoke(self.given()).await?;
				String::new()
			},
			Write::Renounce => {
				client.renounce(self.given()).await?;
				String::new()
			},
			Write::Anchor => {
				let documents = [secret, b"another".to_vec()];
				client.anchor(self.stream, &documents).await?.record_id.to_string()
			},
			Write::Ask => client.request_access(on_record, reading, &name).await?.to_string(),
			Write::Approve => {
				let asked = self.access.expect("it was asked for");
				given(client.approve(asked, &Terms::default()).await?)
			},
			Write::Deny => {
				client.deny(self.access.expect("it was asked for"), &name).await?;
				String::new()
			},
			Write::Propose => {
				let new = bundle(client, Some(funder), &name).await?;
				client.propose_bundle(&new).await?.bundle_id.to_string()
			},
			Write::Consent => {
				let (id, digest) = self.bundle.expect("it was proposed");
				format!("{:?}", client.consent(id, digest).await?.status)
			},
			Write::Withdraw => {
				let (id, _) = self.bundle.expect("it was proposed");
				format!("{:?}", client.withdraw(id).await?.status)
			},
			Write::Vote => format!("{:?}", client.vote(world.motion, self.agrees()).await?),
		})
	}

	/// Returns the calls that may be signed.
	fn meant(&self, world: &World) -> Meant<'static> {
		match self.write {
			Write::Vote => Meant::Vote { motion: world.motion.0, agree: self.agrees() },
			write => Meant::Request(write.calls()),
		}
	}

	/// Writes without lies, and returns the node's replies.
	async fn record(&self, world: &World) -> Vec<RecordedReply> {
		let failed = |why: &dyn std::fmt::Display| -> ! { panic!("{}: {why}", self.name()) };
		let proxy = LyingProxy::before(&world.node.url()).await;
		proxy.record_replies(self.write == Write::UploadFromStart);
		let client = world.connect(&proxy.url(), self.write.writer(), PATIENCE).await;
		let client = client.unwrap_or_else(|error| failed(&error));
		proxy.record_replies(true);
		let message = self.write(world, &client).await.unwrap_or_else(|error| failed(&error));
		let journal = proxy.take_journal();
		world.check(self, Some(&message)).await.unwrap_or_else(|why| failed(&why));
		let (secret, meant) = (self.secret(), self.meant(world));
		signed::check(&world.metadata, &journal.requests, &secret, meant)
			.unwrap_or_else(|why| failed(&why));
		journal.replies
	}

	/// Writes under a lie, and checks the effect.
	async fn lie(&self, world: &World, lie: &Lie, tally: &Tally) {
		// The votes of a seat are in the order of their nonces.
		let _turn = match self.write {
			Write::Vote => Some(world.turn.lock().await),
			_ => None,
		};
		let proxy = LyingProxy::before(&world.node.url()).await;
		let url = proxy.url();
		let reported = lie.clone();
		let tell = || proxy.tell(move |message| reported.tell(message));
		let limit = if self.write == Write::Vote { VOTE_LIMIT } else { LIMIT };
		let ended = case::run(limit, async {
			let from_start = self.write == Write::UploadFromStart;
			if from_start {
				tell().await;
				let client = world.connect(&url, self.write.writer(), PATIENCE).await?;
				return self.write(world, &client).await;
			}
			let client = world.connect(&url, self.write.writer(), PATIENCE).await?;
			tell().await;
			self.write(world, &client).await
		});
		let ended = ended.await;
		let was_told = proxy.clear_lie().await > 0;
		let messages = proxy.take_journal().requests;
		let name = format!("{}, {lie}", self.name());
		tally.check_said(world, &name, &messages, &self.secret(), self.meant(world));
		let message = match &ended {
			Ended::Said(message) => Some(message.as_str()),
			_ => None,
		};
		if let Err(why) = world.check(self, message).await {
			tally.fail(format!("{name}: {why} ({ended:?})"));
		} else if was_told {
			tally.count(&name, &ended);
		}
	}
}

/// Writes everything through a node that lies, once for each lie.
pub(super) async fn run(world: &World, document: &Document, tally: &Tally) {
	let most = number("CREDIO_LIES_PER_WRITE", WRITE_LIES);
	// Case 0 of each is without lies.
	let all = (0..=most).flat_map(|n| WRITES.map(|write| (write, n)));
	let cases: BTreeMap<_, _> = stream::iter(all)
		.map(|(write, n)| async move {
			let case = Case::prepare(world, write, n).await;
			((n, write), case.unwrap_or_else(|error| panic!("{write:?} {n}: {error}")))
		})
		.buffer_unordered(WRITERS)
		.collect()
		.await;
	let recorded: Vec<_> = stream::iter(WRITES)
		.map(|write| {
			let case = &cases[&(0, write)];
			async move { (write, case.record(world).await) }
		})
		.buffer_unordered(WRITERS)
		.collect()
		.await;
	let mut known = Known::default();
	recorded.iter().for_each(|(_, responses)| known.learn(responses));
	let liar = Liar { known: &known, document };
	let lies = recorded.iter().flat_map(|(write, responses)| {
		let lies = liar.lies_about(responses);
		eprintln!("{write:?}: {} lies about {} answers", lies.len(), responses.len());
		(1..).zip(selected(lies, most)).map(|(n, lie)| ((n, *write), lie))
	});
	// Those of one write are spread, too.
	let lies: BTreeMap<_, _> = lies.collect();
	stream::iter(&lies)
		.for_each_concurrent(WRITERS, |(name, lie)| cases[name].lie(world, lie, tally))
		.await;
}
