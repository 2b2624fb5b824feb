//! Room of which a part is set apart for each owner and the rest is shared.

use super::{amount::Amount, ledger::Owner};
use std::collections::HashMap;

/// Whose room a transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// What is set apart for its owner.
	Own,
	/// What all share.
	Shared,
}

/// How strictly the bounds of the shared part hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
	/// A quarter less: for what other nodes send, so that it leaves room for what is handed in here.
	Network,
	/// As they are.
	Local,
	/// With the slack: for what entered while there was room.
	Entered,
}

/// How much of a room is used, and of which owners.
#[derive(Debug, Default)]
struct Used {
	total: Amount,
	owners: HashMap<Owner, Amount>,
}

impl Used {
	fn of(&self, owner: &Owner) -> Amount {
		self.owners.get(owner).copied().unwrap_or_default()
	}

	fn add(&mut self, owner: Owner, amount: Amount) {
		self.total = self.total.plus(amount);
		let used = self.owners.entry(owner).or_default();
		*used = used.plus(amount);
	}

	fn remove(&mut self, owner: Owner, amount: Amount) {
		self.total = self.total.minus(amount);
		let left = self.of(&owner).minus(amount);
		if left == Amount::default() {
			self.owners.remove(&owner);
		} else {
			self.owners.insert(owner, left);
		}
	}
}

/// A room, its bounds and its use.
#[derive(Debug)]
pub struct Room {
	/// Set apart for all owners together, and for each.
	own_total: Amount,
	own_each: Amount,
	/// Shared by all, and what one of them may take of it.
	shared_total: Amount,
	shared_each: Amount,
	/// By how much the shared part may be overrun by what entered while there was room.
	slack: Amount,
	own: Used,
	shared: Used,
}

impl Room {
	/// Returns a room of which a part is shared.
	pub fn shared(
		own_total: Amount,
		own_each: Amount,
		shared_total: Amount,
		shared_each: Amount,
		slack: Amount,
	) -> Self {
		Self {
			own_total,
			own_each,
			shared_total,
			shared_each,
			slack,
			own: Used::default(),
			shared: Used::default(),
		}
	}

	/// Returns a room of which nothing is shared.
	pub fn divided(own_total: Amount, own_each: Amount) -> Self {
		let none = Amount::default();
		Self::shared(own_total, own_each, none, none, none)
	}

	/// Returns how much a transaction counts in a part. One that is larger than what is set apart for its owner counts as
	/// all of that.
	fn counted(&self, part: Part, bytes: usize) -> Amount {
		match part {
			Part::Own => Amount::of(bytes.min(self.own_each.bytes)),
			Part::Shared => Amount::of(bytes),
		}
	}

	/// Returns the part that has room for a transaction. One of any size gets in if its owner has nothing in the part that
	/// is set apart for it.
	pub fn part_for(&self, owner: &Owner, bytes: usize, strictness: Strictness) -> Option<Part> {
		let counted = self.counted(Part::Own, bytes);
		let own = self.own.of(owner).plus(counted);
		let is_small = bytes <= self.own_each.bytes || own.count == 1;
		if is_small && own.fits(self.own_each) && self.own.total.plus(counted).fits(self.own_total)
		{
			return Some(Part::Own);
		}
		let bound = |limit: Amount| match strictness {
			Strictness::Network => limit.minus(limit.part(4)),
			Strictness::Local => limit,
			Strictness::Entered => limit.plus(self.slack),
		};
		let counted = self.counted(Part::Shared, bytes);
		let fits = self.shared.of(owner).plus(counted).fits(bound(self.shared_each))
			&& self.shared.total.plus(counted).fits(bound(self.shared_total));
		fits.then_some(Part::Shared)
	}

	/// Takes room.
	pub fn add(&mut self, owner: Owner, bytes: usize, part: Part) {
		let counted = self.counted(part, bytes);
		match part {
			Part::Own => self.own.add(owner, counted),
			Part::Shared => self.shared.add(owner, counted),
		}
	}

	/// Gives up room.
	pub fn remove(&mut self, owner: Owner, bytes: usize, part: Part) {
		let counted = self.counted(part, bytes);
		match part {
			Part::Own => self.own.remove(owner, counted),
			Part::Shared => self.shared.remove(owner, counted),
		}
	}

	/// Returns what is used of the shared part, in total and by one owner.
	pub fn shared_use(&self, owner: &Owner) -> (Amount, Amount) {
		(self.shared.total, self.shared.of(owner))
	}

	/// Returns the bounds on the shared part, in total and for one owner.
	pub fn shared_bounds(&self) -> (Amount, Amount) {
		(self.shared_total, self.shared_each)
	}

	/// Returns whether nothing is in it.
	#[cfg(test)]
	pub fn is_empty(&self) -> bool {
		let is_empty = |used: &Used| used.owners.is_empty() && used.total == Amount::default();
		is_empty(&self.own) && is_empty(&self.shared)
	}
}
