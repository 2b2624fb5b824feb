//! The division of a pool's room.

use super::{amount::Amount, room::Room};

/// Organizations for which guaranteed room exists at the same time.
const GUARANTEED: usize = 64;

/// Seats of the council.
const SEATS: usize = credio_runtime::configs::governance::MAX_COUNCIL_MEMBERS as usize;

/// The division of a pool's room.
///
/// | part | for |
/// |---|---|
/// | 1/8 | ready transactions, reserved: 1/64 of it for each organization |
/// | 1/8 | waiting transactions: half reserved in the same way, half shared; one organization takes at most half of the shared part |
/// | 1/32 | governance calls: the same for each seat of the council |
/// | 1/256 | reports of equivocation |
/// | 1/128 | transactions that are let in before their signature can be checked |
/// | the rest | ready transactions, shared: one organization takes at most three quarters of it |
#[derive(Clone, Copy, Debug)]
pub(crate) struct Division {
	limit: Amount,
}

impl Division {
	/// Divides a limit.
	pub(crate) fn new(limit: Amount) -> Self {
		Self { limit }
	}

	/// Returns the bound on all that is held.
	pub(crate) fn limit(&self) -> Amount {
		self.limit
	}

	/// Returns the bound, at one door, on transactions in validation with an unchecked signature.
	pub(crate) fn unchecked(&self) -> Amount {
		self.limit.part(256)
	}

	/// Returns the bound on the excess in shared room that unchecked transactions at two doors can cause.
	fn slack(&self) -> Amount {
		self.limit.part(128)
	}

	/// Returns the room of ready transactions.
	pub(super) fn ready(&self) -> Room {
		let own = self.limit.part(8);
		let others = [own, own, self.limit.part(32), self.limit.part(256)];
		let others = others.into_iter().fold(self.slack(), Amount::plus);
		let shared = self.limit.minus(others);
		let most = shared.minus(shared.part(4));
		Room::shared(own, own.part(GUARANTEED), shared, most, self.slack())
	}

	/// Returns the room of waiting transactions.
	pub(super) fn waiting(&self) -> Room {
		let half = self.limit.part(8).part(2);
		Room::shared(half, half.part(GUARANTEED), half, half.part(2), self.slack())
	}

	/// Returns the room of governance calls.
	pub(super) fn governance(&self) -> Room {
		let all = self.limit.part(32);
		Room::divided(all, all.part(SEATS))
	}

	/// Returns the room of reports of equivocation.
	pub(super) fn reports(&self) -> Room {
		let all = self.limit.part(256);
		Room::divided(all, all)
	}
}
