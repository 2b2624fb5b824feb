//! States of transactions in the SDK's pool.

use super::amount::Amount;

/// The state of a transaction in the SDK's pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
	/// It can be in the next block.
	Ready,
	/// It needs another transaction before it.
	Waiting,
}

/// Amounts held, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
	/// Ready transactions.
	pub ready: Amount,
	/// Waiting transactions.
	pub waiting: Amount,
}

impl Totals {
	/// Returns the amount in a state.
	pub(crate) fn of(&mut self, state: State) -> &mut Amount {
		match state {
			State::Ready => &mut self.ready,
			State::Waiting => &mut self.waiting,
		}
	}
}
