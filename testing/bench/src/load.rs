//! The load generator: submits profiles in closed loops (so much in flight) or open ones (so much a second), and tells what
//! became of them.

mod bench;
mod chain;
mod figures;
pub mod grants;
mod maker;
mod pace;
mod plan;
mod profile;
mod reads;
mod transactions;

pub use bench::{since_epoch, Bench};
pub use figures::{quantile, Figures, Times};
pub use plan::Plan;
pub use profile::Profile;

use crate::{
	organizations,
	process::{Uses, Watched},
};
use chain::Follower;
use credio_client::Error;
use futures::future::try_join_all;
use pace::Pace;
use serde_json::json;
use std::time::Instant;

/// What to submit, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
	/// WebSocket address of a node of a development chain
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	#[command(flatten)]
	plan: Plan,
	/// Connections to the node
	#[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
	connections: u32,
	#[command(flatten)]
	watched: Watched,
	/// Print JSON
	#[arg(long)]
	json: bool,
}

/// Runs it, and prints the figures.
///
/// Errors: if the node cannot be reached, or refuses what it should take, or anything was lost, doubled or reordered.
pub async fn run(arguments: Arguments) -> Result<(), String> {
	let text = |error: Error| error.to_string();
	let bench = connect(&arguments.node, arguments.connections).await.map_err(text)?;
	let figures = measure(&bench, arguments.plan, &arguments.watched).await.map_err(text)?;
	if arguments.json {
		let mut printed = json!(figures);
		printed["kind"] = "load".into();
		println!("{printed}");
	} else {
		print!("{figures}");
	}
	match figures.broken() {
		0 => Ok(()),
		broken => Err(format!("{broken} were lost, doubled or reordered")),
	}
}

/// The connections of an example organization.
///
/// Errors: [`Error::Connect`], and what the council is refused if the chain is no development chain.
pub async fn connect(node: &str, connections: u32) -> Result<Bench, Error> {
	let benches = organizations::connect(node, 1, connections).await?;
	let none = || Error::Argument("there is no example organization".into());
	benches.into_iter().next().ok_or_else(none)
}

/// What an organization submits.
pub struct Work<'a> {
	/// The organization.
	pub bench: &'a Bench,
	/// All of these at the same time.
	pub plans: Vec<Plan>,
}

/// What came out of the work of organizations.
pub struct Done {
	/// For each work, the figures of each of its plans.
	pub works: Vec<Vec<Figures>>,
	/// What all of it took.
	pub uses: Uses,
	/// How many transactions a second became final once it was under way.
	pub steady: Option<f64>,
}

/// Carries out one plan of one organization.
///
/// Errors: as [`together`].
pub async fn measure(bench: &Bench, plan: Plan, watched: &Watched) -> Result<Figures, Error> {
	let done = together(&[Work { bench, plans: vec![plan] }], watched).await?;
	let none = || Error::Argument("there is nothing to do".into());
	let mut figures = done.works.into_iter().flatten().next().ok_or_else(none)?;
	figures.uses = done.uses;
	Ok(figures)
}

/// Carries out the work of organizations, all at the same time, and holds their streams against it.
///
/// Errors: [`Error::Connect`], [`Error::Argument`] for a plan that makes no sense, and whatever a read fails with.
pub async fn together(works: &[Work<'_>], watched: &Watched) -> Result<Done, Error> {
	let prepared =
		try_join_all(works.iter().map(|work| {
			try_join_all(work.plans.iter().map(|plan| Prepared::new(work.bench, plan)))
		}))
		.await?;
	let mut all = works.iter().flat_map(|work| &work.plans);
	let follower = match (works.first(), all.any(|plan| plan.profile.is_transaction())) {
		// One for all: each block is fetched once, however many wait for it.
		(Some(work), true) => Some(Follower::start(work.bench.another().await?).await?),
		_ => None,
	};
	let before = entries(works).await?;
	let watch = watched.begin();
	let started = Instant::now();
	let ran = try_join_all(prepared.into_iter().map(|of_work| {
		try_join_all(of_work.into_iter().map(|one| one.run(follower.as_ref(), started)))
	}))
	.await?;
	let uses = watch.end();
	let steady = follower.as_ref().and_then(Follower::steady);
	let mut figures = try_join_all(
		ran.into_iter().map(|of_work| try_join_all(of_work.into_iter().map(Ran::figures))),
	)
	.await?;
	let after = entries(works).await?;
	for ((work, parts), (before, after)) in
		works.iter().zip(&mut figures).zip(before.into_iter().zip(after))
	{
		let of_plans =
			|| work.plans.iter().zip(0usize..).filter(|(plan, _)| plan.profile.entries() > 0);
		let Some((_, first)) = of_plans().next() else { continue };
		let expected: u64 =
			of_plans().map(|(plan, at)| plan.profile.entries() * parts[at].applied).sum();
		// They share a stream, so what is amiss is told with the first of them.
		parts[first].doubled = after.saturating_sub(before).abs_diff(expected);
	}
	Ok(Done { works: figures, uses, steady })
}

/// Entries of the streams that are worked on.
async fn entries(works: &[Work<'_>]) -> Result<Vec<u64>, Error> {
	try_join_all(works.iter().map(|work| work.bench.entries())).await
}

enum Prepared<'a> {
	Transactions(Box<transactions::Prepared<'a>>),
	Reads(reads::Prepared<'a>),
}

enum Ran<'a> {
	Transactions(Box<transactions::Ran<'a>>),
	Reads(Box<Figures>),
}

impl<'a> Prepared<'a> {
	async fn new(bench: &'a Bench, plan: &'a Plan) -> Result<Self, Error> {
		Ok(match plan.profile.is_transaction() {
			true => Self::Transactions(Box::new(transactions::prepare(bench, plan).await?)),
			false => Self::Reads(reads::prepare(bench, plan).await?),
		})
	}

	async fn run(self, follower: Option<&'a Follower>, started: Instant) -> Result<Ran<'a>, Error> {
		match (self, follower) {
			(Self::Transactions(prepared), Some(follower)) => {
				let ran = prepared.run(follower, started).await?;
				Ok(Ran::Transactions(Box::new(ran)))
			},
			(Self::Reads(prepared), _) => Ok(Ran::Reads(Box::new(prepared.run(started).await?))),
			(Self::Transactions(_), None) => {
				Err(Error::Argument("nobody follows the chain's blocks".into()))
			},
		}
	}
}

impl Ran<'_> {
	async fn figures(self) -> Result<Figures, Error> {
		match self {
			Self::Transactions(ran) => ran.figures().await,
			Self::Reads(figures) => Ok(*figures),
		}
	}
}
