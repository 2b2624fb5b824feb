//! Runs of transactions: they are signed, submitted, and found in blocks; their outcomes are read at the end.

use super::{
	bench::Bench,
	chain::{Follower, Tally, hash},
	figures::Figures,
	maker::{LIFETIME, Made, Maker},
	pace::Pace,
	plan::Plan,
};
use crate::lock::lock;
use credio_client::{
	Client, Error,
	primitives::{
		BlockNumber, LanePosition, Request,
		rpc::{RequestState, UploadedJson},
	},
};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};

/// Most transactions in flight in a closed loop: enough for several blocks.
const IN_FLIGHT: u32 = 2_048;
/// Concurrent calls to the node, without lanes.
const WORKERS: u32 = 64;
/// Final blocks without any of the transactions after which the rest counts as lost.
const PATIENCE: BlockNumber = 120;
/// Final blocks without any of the transactions after which a notice is printed.
const NOTICE: BlockNumber = 20;

/// A run that is ready to start.
pub(super) struct Prepared<'a> {
	bench: &'a Bench,
	plan: &'a Plan,
	maker: Maker<'a>,
	made: Vec<Made>,
	/// The next position of each lane.
	lanes: Vec<u64>,
}

/// State shared by all workers.
struct Shared<'a> {
	prepared: Prepared<'a>,
	pace: Pace,
	follower: &'a Follower,
	tally: Arc<Tally>,
	responses: Mutex<Responses>,
}

/// Responses of the node.
#[derive(Default)]
struct Responses {
	accepted: u64,
	busy: u64,
	refused: u64,
	reason: Option<String>,
}

/// A finished run: each transaction is final or lost.
pub(super) struct Ran<'a> {
	shared: Shared<'a>,
	/// From the start to the finality of the last transaction.
	took: Duration,
}

/// Prepares a run, and signs its transactions if the plan signs ahead.
///
/// # Errors
///
/// [`Error::Argument`] for transactions that cannot use lanes, or [`Error::Connect`].
pub(super) async fn prepare<'a>(bench: &'a Bench, plan: &'a Plan) -> Result<Prepared<'a>, Error> {
	if plan.lanes > 0 && (plan.sign_ahead || plan.profile.has_nonce()) {
		let cause =
			"lanes need positions at submission; leave out --sign-ahead, and use no remarks";
		return Err(Error::Argument(cause.into()));
	}
	let mut lanes = Vec::new();
	for lane in 0..plan.lanes {
		lanes.push(bench.client(0).lane(lane).await?.next_at_best);
	}
	let maker = Maker::new(bench, plan.profile).await?;
	let ahead = if plan.sign_ahead { plan.most() } else { 0 };
	let mut made = Vec::new();
	for number in 0..ahead {
		made.push(maker.make(number, None).await?);
	}
	Ok(Prepared { bench, plan, maker, made, lanes })
}

impl<'a> Prepared<'a> {
	/// Submits transactions by the plan, and waits until all accepted ones are final.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub(super) async fn run(
		self,
		follower: &'a Follower,
		started: Instant,
	) -> Result<Ran<'a>, Error> {
		let tally = Tally::new(self.plan.in_flight.unwrap_or(IN_FLIGHT));
		let shared = Shared {
			pace: Pace::start(self.plan, Some(tally.permits.clone())),
			follower,
			tally,
			responses: Mutex::default(),
			prepared: self,
		};
		let lanes = &shared.prepared.lanes;
		let workers = match lanes.is_empty() {
			true => (0..WORKERS).map(|_| None).collect::<Vec<_>>(),
			false => (0..).zip(lanes).map(|(lane, next)| Some((lane, *next))).collect(),
		};
		let bench = shared.prepared.bench;
		let workers = workers.into_iter().enumerate();
		try_join_all(workers.map(|(number, lane)| shared.work(bench.client(number), lane))).await?;
		shared.wait().await?;
		let last = shared.tally.settled().last;
		let took = last.map_or_else(|| started.elapsed(), |last| last.duration_since(started));
		Ok(Ran { shared, took })
	}
}

impl Shared<'_> {
	/// Submits one transaction after the other; in a lane, at consecutive positions. A position that the node rejected is
	/// used again, so that the lane has no gap.
	async fn work(&self, client: &Client, lane: Option<(u32, u64)>) -> Result<(), Error> {
		let Prepared { maker, made, .. } = &self.prepared;
		let mut position = lane.map(|(lane, sequence)| LanePosition { lane, sequence });
		while let Some((number, due)) = self.pace.next().await {
			maker.set_finalized(self.follower.finalized());
			let made = match made.get(number as usize) {
				Some(made) => made.clone(),
				None => maker.make(number, position).await?,
			};
			if self.submit(client, made, due).await?
				&& let Some(position) = &mut position
			{
				position.sequence += 1;
			}
		}
		Ok(())
	}

	/// Submits a transaction. Returns whether the node accepted it.
	async fn submit(&self, client: &Client, made: Made, due: Instant) -> Result<bool, Error> {
		let (hash, hex) = (hash(&made.extrinsic), format!("0x{}", hex::encode(&made.extrinsic)));
		// Before the submission: it may be in a block before the node's response arrives.
		self.follower.expect(hash, due, made.request, &self.tally);
		loop {
			let response = if made.request.is_some() {
				client.call::<UploadedJson>("credio_v1_upload", (&hex,)).await.map(|_| ())
			} else {
				let method = "author_submitExtrinsic";
				client.call::<serde_json::Value>(method, (&hex,)).await.map(|_| ())
			};
			let refusal = match response {
				Ok(()) => {
					lock(&self.responses).accepted += 1;
					return Ok(true);
				},
				Err(Error::Refused(refusal)) => refusal,
				Err(error) => return Err(error),
			};
			// Codes of the SDK's method: the pool is full (1016), or the priority is too low (1014).
			let is_busy = refusal.is_busy() || matches!(refusal.code, 1014 | 1016);
			{
				let mut responses = lock(&self.responses);
				if is_busy {
					responses.busy += 1;
				} else {
					responses.refused += 1;
					responses.reason.get_or_insert_with(|| refusal.to_string());
				}
			}
			if self.prepared.plan.rate.is_some() || !is_busy {
				self.follower.give_up(&hash);
				return Ok(false);
			}
			self.follower.next_block().await?;
		}
	}

	/// Waits until all accepted transactions are final or count as lost.
	async fn wait(&self) -> Result<(), Error> {
		let has_requests = self.prepared.maker.has_requests();
		let patience = if has_requests { LIFETIME + PATIENCE } else { PATIENCE };
		let (mut left, mut since) = (usize::MAX, self.follower.finalized());
		let mut now = since;
		loop {
			let still = self.follower.left(&self.tally);
			if still < left {
				(left, since) = (still, now);
			}
			if left == 0 || now.saturating_sub(since) > patience {
				return Ok(());
			}
			now = self.follower.next_block().await?;
			if now.saturating_sub(since) == NOTICE {
				eprintln!(
					"{left} of {} were accepted and are in none of the last {NOTICE} blocks; waiting up to {} blocks more",
					self.prepared.plan.profile,
					patience.saturating_sub(NOTICE)
				);
			}
		}
	}
}

impl Ran<'_> {
	/// Reads the outcome of each request, and computes the figures.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub(super) async fn figures(self) -> Result<Figures, Error> {
		let Prepared { bench, plan, maker, .. } = &self.shared.prepared;
		let mut figures = Figures::of(plan, self.shared.pace.given().await);
		{
			let responses = lock(&self.shared.responses);
			figures.accepted = responses.accepted;
			(figures.busy, figures.refused) = (responses.busy, responses.refused);
			figures.reason = responses.reason.clone();
		}
		let (left, unsettled) = self.shared.follower.give_up_all(&self.shared.tally);
		let settled = std::mem::take(&mut *self.shared.tally.settled());
		(figures.samples, figures.blocks) = (settled.samples, settled.blocks);
		if !maker.has_requests() {
			(figures.applied, figures.lost) = (settled.count, left);
		}
		let requests = settled.requests.into_iter().chain(settled.expired).chain(unsettled);
		let mut order = Order::default();
		let mut statuses = stream::iter(requests)
			.map(|request| async move {
				Ok::<_, Error>((request, bench.client(0).status_of(&request).await?))
			})
			.buffer_unordered(WORKERS as usize);
		while let Some((request, status)) = statuses.try_next().await? {
			match status.status {
				RequestState::Applied => figures.applied += 1,
				RequestState::Rejected => figures.rejected += 1,
				RequestState::Expired => figures.expired += 1,
				RequestState::Pending | RequestState::Unknown => figures.lost += 1,
			}
			if let Some(receipt) = status.receipt {
				order.add(&request, (receipt.block, receipt.extrinsic_index));
			}
		}
		figures.reordered = order.broken();
		figures.finish(self.took);
		Ok(figures)
	}
}

/// The places at which the requests of each lane were decided.
#[derive(Default)]
struct Order(BTreeMap<u32, Vec<(u64, Place)>>);

/// Block, and position in it.
type Place = (BlockNumber, u32);

impl Order {
	/// Adds a request that was decided at an extrinsic of a block. Without a lane there is no order.
	fn add(&mut self, request: &Request, at: (BlockNumber, u32)) {
		if let Some(LanePosition { lane, sequence }) = request.lane {
			self.0.entry(lane).or_default().push((sequence, at));
		}
	}

	/// Returns the number of requests that were decided before a predecessor in their lane.
	fn broken(&mut self) -> u64 {
		let lanes = self.0.values_mut().map(|lane| {
			lane.sort_unstable();
			lane.windows(2).filter(|pair| pair[0].1 >= pair[1].1).count() as u64
		});
		lanes.sum()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::primitives::RequestKey;

	#[test]
	fn order_is_checked_within_each_lane() {
		let mut order = Order::default();
		let mut add = |lane: Option<(u32, u64)>, at| {
			let lane = lane.map(|(lane, sequence)| LanePosition { lane, sequence });
			let key = RequestKey([0; 32]);
			order.add(&Request { organization: 1, key, expires_at: 9, lane }, at);
		};
		add(Some((0, 1)), (5, 3));
		add(Some((0, 0)), (5, 2));
		add(Some((1, 7)), (4, 1));
		add(None, (1, 1));
		assert_eq!(order.broken(), 0);
		order.add(
			&Request {
				organization: 1,
				key: RequestKey([1; 32]),
				expires_at: 9,
				lane: Some(LanePosition { lane: 0, sequence: 2 }),
			},
			(5, 1),
		);
		assert_eq!(order.broken(), 1);
	}
}
