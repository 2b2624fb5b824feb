//! What a node has served, shared by all its connections and told by its metrics.

use crate::{pool::SeenRequests, streams::RecentPages, Error, Watcher};
use credio_primitives::{BlockNumber, OrganizationId, RequestKey};
use std::sync::{
	atomic::{AtomicU64, Ordering},
	Arc,
};

/// What a node has served since it started.
#[derive(Default)]
pub struct Served {
	/// Requests that it has taken.
	pub(crate) seen: SeenRequests,
	/// Its subscriptions.
	pub watcher: Arc<Watcher>,
	/// Pages of streams that were read last.
	pub(crate) pages: RecentPages,
	fetched: AtomicU64,
	denied: AtomicU64,
}

impl Served {
	/// Counts the answer to somebody who asked for a record.
	pub(crate) fn fetch<Answer>(&self, answer: &Result<Answer, Error>) {
		let count = match answer {
			Ok(_) => &self.fetched,
			Err(
				Error::AccessDenied(_) | Error::AccessTokenInvalid(_) | Error::AccessTokenExpired,
			) => &self.denied,
			Err(_) => return,
		};
		count.fetch_add(1, Ordering::Relaxed);
	}

	/// Counts somebody who asked for a record past the access tokens.
	pub fn count_denied(&self) {
		self.denied.fetch_add(1, Ordering::Relaxed);
	}

	/// Counts a record that was served as a part of its stream. Those that were not are no denials: nobody asked for them.
	pub(crate) fn count_served(&self) {
		self.fetched.fetch_add(1, Ordering::Relaxed);
	}

	/// How many records were served, and to how many of those who asked it was denied.
	pub fn fetches(&self) -> [(&'static str, u64); 2] {
		[
			("served", self.fetched.load(Ordering::Relaxed)),
			("denied", self.denied.load(Ordering::Relaxed)),
		]
	}

	/// The requests that this node has taken whose expiry has passed with this finalized block. Each is told once.
	pub fn take_expired(&self, finalized: BlockNumber) -> Vec<(OrganizationId, RequestKey)> {
		self.seen.take_expired(finalized)
	}
}
