//! The order of transactions in a block: fair among their owners.

use super::claim::Owner;
use sc_transaction_pool_api::{InPoolTransaction, ReadyTransactions};
use std::{
	cmp::Reverse,
	collections::{BinaryHeap, HashMap, HashSet, VecDeque},
	sync::Arc,
};

/// Bytes added to the size of each transaction, so that many small ones are not cheaper than few large ones. Writing as
/// many bytes takes about as long as the fixed work of a transaction.
const OVERHEAD: usize = 1_024;

/// Ready transactions of a pool: reports and governance calls first, then those of all other owners in turns, always of
/// the owner with the fewest bytes so far. Transactions of one owner keep the order of the pool, which respects lanes. So
/// neither an early expiry nor a large number of transactions takes another owner's turn.
pub(crate) struct Fair<Transaction: InPoolTransaction> {
	first: VecDeque<Arc<Transaction>>,
	owners: HashMap<Owner, VecDeque<Arc<Transaction>>>,
	/// The next turns: bytes taken so far, a number that breaks ties, and the owner.
	turns: BinaryHeap<Reverse<(usize, usize, Owner)>>,
	/// Tags of invalid transactions; transactions that require them are skipped.
	invalid: HashSet<Vec<u8>>,
}

impl<Transaction: InPoolTransaction> Fair<Transaction> {
	/// Orders the ready transactions of a pool. `owner` returns the owner of a transaction.
	pub(crate) fn new(
		ready: impl Iterator<Item = Arc<Transaction>>,
		owner: impl Fn(&Transaction) -> Owner,
	) -> Self {
		let mut fair = Self {
			first: VecDeque::new(),
			owners: HashMap::new(),
			turns: BinaryHeap::new(),
			invalid: HashSet::new(),
		};
		for transaction in ready {
			let owner = owner(&transaction);
			if matches!(owner, Owner::Reports | Owner::Seat(_)) {
				fair.first.push_back(transaction);
				continue;
			}
			let number = fair.owners.len();
			let queue = fair.owners.entry(owner).or_insert_with(|| {
				fair.turns.push(Reverse((0, number, owner)));
				VecDeque::new()
			});
			queue.push_back(transaction);
		}
		fair
	}

	fn depends_on_invalid(&self, transaction: &Transaction) -> bool {
		transaction.requires().iter().any(|tag| self.invalid.contains(tag))
	}

	fn leave_out(&mut self, transaction: &Transaction) {
		self.invalid.extend(transaction.provides().iter().cloned());
	}

	/// Returns the next transaction, whether or not its dependencies are valid.
	fn take(&mut self, size: impl Fn(&Transaction) -> usize) -> Option<Arc<Transaction>> {
		if let Some(transaction) = self.first.pop_front() {
			return Some(transaction);
		}
		loop {
			let Reverse((taken, number, owner)) = self.turns.pop()?;
			let Some(transaction) = self.owners.get_mut(&owner).and_then(VecDeque::pop_front)
			else {
				continue;
			};
			let taken = taken.saturating_add(size(&transaction)).saturating_add(OVERHEAD);
			self.turns.push(Reverse((taken, number, owner)));
			return Some(transaction);
		}
	}

	fn next_valid(&mut self, size: impl Fn(&Transaction) -> usize) -> Option<Arc<Transaction>> {
		loop {
			let transaction = self.take(&size)?;
			if !self.depends_on_invalid(&transaction) {
				return Some(transaction);
			}
			self.leave_out(&transaction);
		}
	}
}

impl<Extrinsic, Transaction> Iterator for Fair<Transaction>
where
	Extrinsic: codec::Encode,
	Transaction: InPoolTransaction<Transaction = Arc<Extrinsic>>,
{
	type Item = Arc<Transaction>;

	fn next(&mut self) -> Option<Self::Item> {
		self.next_valid(|transaction| transaction.data().encoded_size())
	}
}

impl<Extrinsic, Transaction> ReadyTransactions for Fair<Transaction>
where
	Extrinsic: codec::Encode,
	Transaction: InPoolTransaction<Transaction = Arc<Extrinsic>>,
{
	fn report_invalid(&mut self, transaction: &Self::Item) {
		self.leave_out(transaction);
	}
}

#[cfg(test)]
mod tests;
