//! Runs plans of organizations at the same time.

use super::{bench::Bench, chain::Follower, figures::Figures, plan::Plan, reads, transactions};
use crate::process::{Uses, Watched};
use credio_client::Error;
use futures::future::try_join_all;
use std::time::Instant;

/// The load of an organization.
pub(crate) struct Work<'a> {
	/// The organization.
	pub bench: &'a Bench,
	/// Its plans, run at the same time.
	pub plans: Vec<Plan>,
}

/// The results of all works.
pub(crate) struct Done {
	/// For each work, the figures of each of its plans.
	pub works: Vec<Vec<Figures>>,
	/// The resources used by all of it.
	pub uses: Uses,
	/// Finalized transactions a second, without start and end of the run.
	pub steady: Option<f64>,
}

/// Runs one plan of one organization.
///
/// # Errors
///
/// As [`together`].
pub(crate) async fn measure(
	bench: &Bench,
	plan: Plan,
	watched: &Watched,
) -> Result<Figures, Error> {
	let done = together(&[Work { bench, plans: vec![plan] }], watched).await?;
	let none = || Error::Argument("the plan has no results".into());
	let mut figures = done.works.into_iter().flatten().next().ok_or_else(none)?;
	figures.uses = done.uses;
	Ok(figures)
}

/// Runs the works of organizations at the same time, and checks the lengths of their streams.
///
/// # Errors
///
/// [`Error::Connect`], [`Error::Argument`] for an invalid plan, and errors of reads.
pub(crate) async fn together(works: &[Work<'_>], watched: &Watched) -> Result<Done, Error> {
	let prepared =
		try_join_all(works.iter().map(|work| {
			try_join_all(work.plans.iter().map(|plan| Prepared::new(work.bench, plan)))
		}))
		.await?;
	let mut all = works.iter().flat_map(|work| &work.plans);
	let follower = match (works.first(), all.any(|plan| plan.profile.is_transaction())) {
		// One follower for all, so that each block is fetched once.
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
		// The plans share a stream, so its difference is reported with the first of them.
		parts[first].doubled = after.saturating_sub(before).abs_diff(expected);
	}
	Ok(Done { works: figures, uses, steady })
}

/// Returns the numbers of entries in the streams of the works.
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
				Err(Error::Argument("transactions need a follower of the chain's blocks".into()))
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
