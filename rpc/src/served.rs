//! Counts and caches that all connections of a node share.

use crate::{error::Error, requests::SeenRequests, streams::RecentPages, watcher::Watcher};
use credio_primitives::{BlockNumber, OrganizationId, RequestKey};
use std::{
	fmt,
	sync::{
		Arc,
		atomic::{AtomicU64, Ordering},
	},
};

/// What all connections of a node share, since it started.
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

impl fmt::Debug for Served {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Served")
			.field("fetched", &self.fetched)
			.field("denied", &self.denied)
			.finish_non_exhaustive()
	}
}

impl Served {
	/// Counts the result of a fetch.
	pub(crate) fn count_fetch<T>(&self, answer: &Result<T, Error>) {
		let count = match answer {
			Ok(_) => &self.fetched,
			Err(
				Error::AccessDenied(_) | Error::AccessTokenInvalid(_) | Error::AccessTokenExpired,
			) => &self.denied,
			Err(_) => return,
		};
		count.fetch_add(1, Ordering::Relaxed);
	}

	/// Counts an attempt to read past the access tokens.
	pub fn count_denied(&self) {
		self.denied.fetch_add(1, Ordering::Relaxed);
	}

	/// Counts a record that was served as a part of its stream. Those left out are no denials: nobody asked for them.
	pub(crate) fn count_served(&self) {
		self.fetched.fetch_add(1, Ordering::Relaxed);
	}

	/// Returns how many fetches were served and denied.
	pub fn fetches(&self) -> [(&'static str, u64); 2] {
		[
			("served", self.fetched.load(Ordering::Relaxed)),
			("denied", self.denied.load(Ordering::Relaxed)),
		]
	}

	/// Removes and returns the requests of this node that have expired at this finalized block.
	pub fn take_expired(&self, finalized: BlockNumber) -> Vec<(OrganizationId, RequestKey)> {
		self.seen.take_expired(finalized)
	}
}
