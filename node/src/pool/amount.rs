//! How much a pool holds, and how its room is divided.

use super::room::Room;
use sc_transaction_pool::{TransactionPoolOptions, TransactionPoolType};
use std::time::Duration;

/// The SDK's pool is made this many times as large as the node's pool, so that its own bounds, which drop what was
/// accepted, are never met. What waits gets a tenth of that: as much as the node's whole pool.
const SLACK: usize = 10;

/// Organizations whose guaranteed room fits at the same time.
const GUARANTEED: usize = 64;

/// Seats of the council.
const SEATS: usize = credio_runtime::configs::governance::MAX_COUNCIL_MEMBERS as usize;

/// How much the pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
	/// Transactions.
	pub count: usize,
	/// Their encoded size.
	pub bytes: usize,
}

impl Amount {
	/// Returns the amount that one transaction of this size is.
	pub(super) fn of(bytes: usize) -> Self {
		Self { count: 1, bytes }
	}

	pub(super) fn plus(self, other: Self) -> Self {
		Self {
			count: self.count.saturating_add(other.count),
			bytes: self.bytes.saturating_add(other.bytes),
		}
	}

	pub(super) fn minus(self, other: Self) -> Self {
		Self {
			count: self.count.saturating_sub(other.count),
			bytes: self.bytes.saturating_sub(other.bytes),
		}
	}

	pub(super) fn fits(self, limit: Self) -> bool {
		self.count <= limit.count && self.bytes <= limit.bytes
	}

	/// Returns one of `of` equal parts, which has room for one transaction at least.
	pub(super) fn part(self, of: usize) -> Self {
		Self { count: (self.count / of).max(1), bytes: (self.bytes / of).max(1) }
	}

	/// Returns the options of an SDK's pool whose own bounds are never met below this limit.
	pub fn options(self, ban: Duration) -> TransactionPoolOptions {
		TransactionPoolOptions::new_with_params(
			self.count.saturating_mul(SLACK),
			self.bytes.saturating_mul(SLACK),
			Some(ban.as_secs()),
			TransactionPoolType::ForkAware,
			false,
			false,
		)
	}
}

/// How a pool's room is divided.
///
/// | part | for |
/// |---|---|
/// | 1/8 | what is ready, set apart: 1/64 of it for each organization |
/// | 1/8 | what waits for a predecessor: half set apart in the same way, half shared, of which one organization takes half |
/// | 1/32 | governance calls: the same for each seat of the council |
/// | 1/256 | reports of equivocation |
/// | 1/128 | what is let in although its signature could not be checked before |
/// | the rest | what is ready, shared: one organization takes at most three quarters of it |
#[derive(Clone, Copy, Debug)]
pub struct Division {
	limit: Amount,
}

impl Division {
	/// Divides this much room.
	pub fn new(limit: Amount) -> Self {
		Self { limit }
	}

	/// Returns the bound on all that is held.
	pub fn limit(&self) -> Amount {
		self.limit
	}

	/// Returns how much whose signature could not be checked may be in validation at one door.
	pub fn unchecked(&self) -> Amount {
		self.limit.part(256)
	}

	/// Returns by how much the shared room may be overrun by what was let in unchecked, at two doors.
	fn slack(&self) -> Amount {
		self.limit.part(128)
	}

	pub(super) fn ready(&self) -> Room {
		let own = self.limit.part(8);
		let others = [own, own, self.limit.part(32), self.limit.part(256)];
		let others = others.into_iter().fold(self.slack(), Amount::plus);
		let shared = self.limit.minus(others);
		let most = shared.minus(shared.part(4));
		Room::shared(own, own.part(GUARANTEED), shared, most, self.slack())
	}

	pub(super) fn waiting(&self) -> Room {
		let half = self.limit.part(8).part(2);
		Room::shared(half, half.part(GUARANTEED), half, half.part(2), self.slack())
	}

	pub(super) fn governance(&self) -> Room {
		let all = self.limit.part(32);
		Room::divided(all, all.part(SEATS))
	}

	pub(super) fn reports(&self) -> Room {
		let all = self.limit.part(256);
		Room::divided(all, all)
	}
}
