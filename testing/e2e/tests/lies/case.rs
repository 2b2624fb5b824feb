//! Results of cases, and their counts.

use crate::lies::{
	signed::{self, Meant},
	world::World,
};
use credio_client::Error;
use futures::FutureExt;
use std::{
	collections::BTreeMap,
	fmt,
	future::Future,
	panic::AssertUnwindSafe,
	sync::{Mutex, MutexGuard, PoisonError},
	time::Duration,
};

/// Characters of an error by which it is grouped.
const KIND_LENGTH: usize = 40;

/// The result of a case.
#[derive(Clone, Debug)]
pub(super) enum Ended {
	/// With a value that the client accepts as true.
	Said(String),
	/// With an error.
	Failed(String),
	/// Not within its time.
	Late,
	/// It did not hold.
	Panicked(String),
}

/// Runs a case for some time at most.
pub(super) async fn run(
	limit: Duration,
	case: impl Future<Output = Result<String, Error>>,
) -> Ended {
	let case = AssertUnwindSafe(case).catch_unwind();
	match tokio::time::timeout(limit, case).await {
		Ok(Ok(Ok(message))) => Ended::Said(message),
		Ok(Ok(Err(error))) => Ended::Failed(error.to_string()),
		Ok(Err(panic)) => {
			let text = panic.downcast_ref::<String>().cloned();
			let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
			Ended::Panicked(text.unwrap_or_default())
		},
		Err(_) => Ended::Late,
	}
}

#[derive(Debug, Default)]
struct Counts {
	truths: usize,
	/// By how they begin.
	errors: BTreeMap<String, usize>,
	late: usize,
	failures: Vec<String>,
}

impl Counts {
	fn all_errors(&self) -> usize {
		self.errors.values().sum()
	}
}

/// Results of all cases with a lie.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

impl Tally {
	fn counts(&self) -> MutexGuard<'_, Counts> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Counts a case that has ended as it may; a panic is a failure.
	pub(super) fn count(&self, name: &str, ended: &Ended) {
		let mut counts = self.counts();
		match ended {
			Ended::Said(_) => counts.truths += 1,
			Ended::Failed(error) => {
				let kind = error.chars().take(KIND_LENGTH).collect();
				*counts.errors.entry(kind).or_default() += 1;
			},
			Ended::Late => counts.late += 1,
			Ended::Panicked(text) => {
				drop(counts);
				self.fail(format!("{name}: panicked: {text}"));
			},
		}
	}

	/// Adds a case in which a lie had an effect.
	pub(super) fn fail(&self, what: String) {
		eprintln!("FAILED {what}");
		self.counts().failures.push(what);
	}

	/// Checks a client's messages during a case.
	pub(super) fn check_said(
		&self,
		world: &World,
		name: &str,
		messages: &[String],
		secret: &[u8],
		meant: Meant<'_>,
	) {
		if let Err(why) = signed::check(&world.metadata, messages, secret, meant) {
			self.fail(format!("{name}: {why}"));
		}
	}

	/// Returns the number of cases with a lie.
	pub(super) fn reported(&self) -> usize {
		let counts = self.counts();
		counts.truths + counts.all_errors() + counts.late + counts.failures.len()
	}

	/// Returns the cases in which a lie had an effect.
	pub(super) fn into_failures(self) -> Vec<String> {
		self.0.into_inner().unwrap_or_else(PoisonError::into_inner).failures
	}
}

impl fmt::Display for Tally {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let reported = self.reported();
		let counts = self.counts();
		let (errors, failed) = (counts.all_errors(), counts.failures.len());
		let Counts { truths, late, .. } = *counts;
		write!(
			f,
			"{reported} lies: {truths} times the truth, {errors} errors, {late} times no outcome, {failed} failures"
		)?;
		counts.errors.iter().try_for_each(|(kind, count)| write!(f, "\n\t{count} errors: {kind}"))
	}
}
