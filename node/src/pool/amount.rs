//! Amounts of transactions.

use sc_transaction_pool::{TransactionPoolOptions, TransactionPoolType};
use std::time::Duration;

/// Size of the SDK's pool in sizes of the node's pool. The SDK's pool drops accepted transactions at its bounds, so they
/// must never be reached. Its share for waiting transactions is a tenth: as large as the node's whole pool.
const SLACK: usize = 10;

/// A number of transactions and their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
	/// Transactions.
	pub count: usize,
	/// Their encoded size.
	pub bytes: usize,
}

impl Amount {
	/// Returns the amount of one transaction of this size.
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

	/// Returns one of `of` equal parts, with room for at least one transaction.
	pub(super) fn part(self, of: usize) -> Self {
		Self { count: (self.count / of).max(1), bytes: (self.bytes / of).max(1) }
	}

	/// Returns options for the SDK's pool with bounds that are never reached below this limit.
	pub(crate) fn options(self, ban: Duration) -> TransactionPoolOptions {
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
