//! Work of honest organizations: append in lanes and without, grant and revoke, and govern.

use crate::adversary::{
	report::Report,
	stop::Stop,
	world::{Member, SHARED, STREAM, World},
};
use credio_client::{
	Client, Outcome, Terms, Upload,
	calls::Call,
	primitives::{
		LanePosition, Permission, Quota, RecordId, Reference, Resource, rpc::RequestState,
	},
};
use credio_e2e::{
	number,
	raw::{best_number, included},
};
use futures::{StreamExt, stream};
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// The lane of every second request.
const LANE: u32 = 1;
/// Entries in a page of the final check.
const READ_AT_ONCE: usize = 32;
/// Time between two motions.
const MOTIONS: Duration = Duration::from_secs(5);

/// Continuous work.
pub(super) struct Work {
	tasks: JoinSet<()>,
	report: Arc<Mutex<Report>>,
	appended: Arc<Mutex<Appended>>,
}

/// The appended records: by organization, each request's record with its position in the lane, if it has one.
type Appended = BTreeMap<usize, Vec<(RecordId, Option<u64>)>>;

/// Starts it.
pub(super) fn start(world: &World, phase: &str, stop: &Stop) -> Work {
	let (report, appended) = (Arc::<Mutex<Report>>::default(), Arc::<Mutex<Appended>>::default());
	let mut tasks = JoinSet::new();
	for (n, member) in world.honest.iter().enumerate() {
		let work = append(
			n,
			member.at(n).clone(),
			phase.to_owned(),
			stop.clone(),
			report.clone(),
			appended.clone(),
		);
		tasks.spawn(work);
	}
	let (owner, reader) = (world.honest[1].at(2).clone(), world.honest[3].at(3).clone());
	tasks.spawn(share(
		owner,
		reader,
		world.honest[1].stream(SHARED),
		phase.to_owned(),
		stop.clone(),
		report.clone(),
	));
	let seats = world.honest[..3].iter().map(|seat| seat.at(0).clone()).collect::<Vec<_>>();
	tasks.spawn(govern(
		seats,
		world.honest[5].at(0).organization_id(),
		stop.clone(),
		report.clone(),
	));
	Work { tasks, report, appended }
}

impl Work {
	/// Waits until all that was begun has ended, and checks that nothing was lost, doubled or reordered.
	///
	/// # Panics
	///
	/// If something was.
	pub(super) async fn finish(mut self, world: &World) -> Report {
		while let Some(ended) = self.tasks.join_next().await {
			ended.expect("honest work does not fail");
		}
		let appended = self.appended.lock().expect("no thread panicked").clone();
		for (n, records) in appended {
			check(&world.honest[n], records).await;
		}

		self.report.lock().expect("no thread panicked").clone()
	}
}

/// Every record exists once, and those of the lane are in the order of their positions.
async fn check(member: &Member, records: Vec<(RecordId, Option<u64>)>) {
	let read = stream::iter(&records).map(|(record, position)| async move {
		let entry = member.at(0).record(*record).await.expect("what was applied is there");
		position.map(|position| (position, entry.header.sequence))
	});
	let lane = read.buffer_unordered(READ_AT_ONCE).collect::<Vec<_>>().await;
	let lane = lane.into_iter().flatten().collect::<BTreeMap<_, _>>();
	assert!(lane.values().is_sorted(), "{}: the lane is out of order", member.name);
	let filter = credio_client::primitives::entry::EntryFilter {
		stream: Some(member.stream(STREAM)),
		..Default::default()
	};
	let entries = member.at(1).query(&filter, usize::MAX).await.expect("the node responds");
	for (record, _) in records {
		let times = entries.iter().filter(|entry| entry.record_id == record).count();
		assert_eq!(times, 1, "{}: {record} is in its stream {times} times", member.name);
	}
}

/// Appends at a steady pace, every second time at the lane's next position.
async fn append(
	n: usize,
	client: Arc<Client>,
	phase: String,
	stop: Stop,
	report: Arc<Mutex<Report>>,
	appended: Arc<Mutex<Appended>>,
) {
	let stream =
		credio_client::primitives::StreamId::derive(client.organization_id(), STREAM.as_bytes());
	let rate = number("CREDIO_ADVERSARY_RATE", 2).max(1);
	let mut pace =
		tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).expect("small"));
	let mut next = client.lane(LANE).await.expect("the node responds").next_at_best;
	let mut under_way = JoinSet::new();
	for number in 0u64.. {
		pace.tick().await;
		if stop.is_due() {
			break;
		}
		let key = client
			.key_of(stream, format!("{phase}-{number}").as_bytes(), 0)
			.await
			.expect("the vault is here");
		let document = format!("{phase} {number}");
		let upload = Upload {
			stream,
			key: None,
			media_type: "text/plain",
			document: document.as_bytes(),
			supersedes: None,
		};
		let reference = Reference::derive(&key, 0);
		let (record, call) = client.seal_as(&upload, reference).await.expect("it is sealed");
		let lane = (number % 2 == 1).then(|| {
			let position = LanePosition { lane: LANE, sequence: next };
			next += 1;
			position
		});
		let (client, report, appended) = (client.clone(), report.clone(), appended.clone());
		under_way.spawn(async move {
			let since = Instant::now();
			let status = client.submit_at(key, &[call], lane).await.expect("it is decided");
			assert_eq!(status.status, RequestState::Applied, "{status:?}");
			report.lock().expect("no thread panicked").add(since.elapsed());
			let position = lane.map(|lane| lane.sequence);
			let mut appended = appended.lock().expect("no thread panicked");
			appended.entry(n).or_default().push((record, position));
		});
	}
	while let Some(ended) = under_way.join_next().await {
		ended.expect("a request is decided");
	}
}

/// Gives a grant, uploads, and revokes it; measures until the reader is refused.
async fn share(
	owner: Arc<Client>,
	reader: Arc<Client>,
	stream: credio_client::primitives::StreamId,
	phase: String,
	stop: Stop,
	report: Arc<Mutex<Report>>,
) {
	for round in 0u32.. {
		if stop.is_due() {
			return;
		}
		let resource = Resource::Stream(stream);
		let terms = Terms { purpose: format!("{phase} {round}"), ..Terms::default() };
		let grantee = reader.organization_id();
		let grant =
			owner.grant(resource, grantee, Permission::Read, &terms).await.expect("it is given");
		let document = format!("{phase} {round}");
		let upload = Upload {
			stream,
			key: None,
			media_type: "text/plain",
			document: document.as_bytes(),
			supersedes: None,
		};
		let Outcome::Applied(uploaded) = owner.upload(&upload).await.expect("it is decided") else {
			panic!("the owner's upload was rejected");
		};
		// The reader's node may hear of the block's finality after the owner's.
		let mut heads = reader.finalized_heads().await.expect("the node responds");
		while heads.next().await.expect("the subscription continues") < uploaded.block {}
		reader.fetch(uploaded.record_id).await.expect("the grant holds");
		let from = best_number(&reader).await;
		let revoking = {
			let owner = owner.clone();
			tokio::spawn(async move { owner.revoke(grant).await })
		};
		let mut heads = reader.finalized_heads().await.expect("the node responds");
		let ended = loop {
			let number = heads.next().await.expect("the subscription continues");
			if reader.fetch(uploaded.record_id).await.is_err() {
				break number;
			}
		};
		revoking.await.expect("it does not panic").expect("it is revoked");
		report.lock().expect("no thread panicked").revocations.push(ended.saturating_sub(from));
	}
}

/// Proposes motions, votes on them and carries them out; measures until each call is in a block.
async fn govern(
	seats: Vec<Arc<Client>>,
	organization: u32,
	stop: Stop,
	report: Arc<Mutex<Report>>,
) {
	let runtime = seats[0].trusted_runtime().await.expect("it is known");
	let mut pace = tokio::time::interval(MOTIONS);
	for round in 1u64.. {
		pace.tick().await;
		if stop.is_due() {
			return;
		}
		let quota = Quota { bytes: (256 << 20) + round, ref_time: 150_000_000_000_000 };
		let call = Call::set_quota(organization, quota);
		let threshold = 3;
		let proposal = Call::propose(threshold, &call, &runtime).expect("there is such a call");
		let encoded = call.encoded(&runtime).expect("there is such a call");
		let motion = credio_client::primitives::Digest(sp_crypto_hashing::blake2_256(&encoded));
		note(&seats[0], &proposal, &report).await;
		seats[0].wait_for_finality(1).await.expect("the subscription continues");
		let motions = seats[0].motions().await.expect("the node responds");
		let index = motions.iter().find(|one| one.hash == motion).expect("it was proposed").index;
		for seat in &seats {
			note(seat, &Call::vote(motion, index, true), &report).await;
		}
		seats[0].wait_for_finality(1).await.expect("the subscription continues");
		// Carries it out, as all that are needed have voted.
		seats[0].vote(motion, true).await.expect("it passes");
	}
}

async fn note(client: &Client, call: &Call, report: &Mutex<Report>) {
	let nonce = client.next_nonce().await.expect("the node responds");
	let life = client.life().await.expect("the node responds");
	let extrinsic = client.sign_call(call, nonce, life).await.expect("there is such a call");
	let blocks = included(client, &extrinsic).await;
	report.lock().expect("no thread panicked").motions.push(blocks);
}
