//! Room with a reserved part for each owner and a shared part.

use super::{amount::Amount, claim::Owner};
use std::collections::HashMap;

/// The part of a room that a transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
	/// The part reserved for its owner.
	Own,
	/// The part shared by all.
	Shared,
}

/// How strictly the bounds of the shared part hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
	/// A quarter less, for transactions of other nodes, so that room is left for local ones.
	Network,
	/// The bounds themselves, for local transactions.
	Local,
	/// The bounds and the slack, for transactions that entered while there was room.
	Entered,
}

/// The use of a part, by owner.
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
pub(crate) struct Room {
	/// Reserved for all owners together, and for each.
	own_total: Amount,
	own_each: Amount,
	/// Shared by all, and the bound for each.
	shared_total: Amount,
	shared_each: Amount,
	/// Allowed excess in the shared part.
	slack: Amount,
	own: Used,
	shared: Used,
}

impl Room {
	/// Returns a room with a shared part.
	pub(crate) fn shared(
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

	/// Returns a room without a shared part.
	pub(crate) fn divided(own_total: Amount, own_each: Amount) -> Self {
		let none = Amount::default();
		Self::shared(own_total, own_each, none, none, none)
	}

	/// Returns the amount that a transaction counts for in a part: at most its owner's whole reservation in the own part.
	fn counted(&self, part: Part, bytes: usize) -> Amount {
		match part {
			Part::Own => Amount::of(bytes.min(self.own_each.bytes)),
			Part::Shared => Amount::of(bytes),
		}
	}

	/// Returns the part that has room for a transaction. If the owner's reservation is unused, a transaction of any size
	/// fits.
	pub(crate) fn part_for(
		&self,
		owner: &Owner,
		bytes: usize,
		strictness: Strictness,
	) -> Option<Part> {
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

	/// Charges room to an owner.
	pub(crate) fn add(&mut self, owner: Owner, bytes: usize, part: Part) {
		let counted = self.counted(part, bytes);
		match part {
			Part::Own => self.own.add(owner, counted),
			Part::Shared => self.shared.add(owner, counted),
		}
	}

	/// Frees room of an owner.
	pub(crate) fn remove(&mut self, owner: Owner, bytes: usize, part: Part) {
		let counted = self.counted(part, bytes);
		match part {
			Part::Own => self.own.remove(owner, counted),
			Part::Shared => self.shared.remove(owner, counted),
		}
	}

	/// Returns the use of the shared part, in total and by one owner.
	pub(crate) fn shared_use(&self, owner: &Owner) -> (Amount, Amount) {
		(self.shared.total, self.shared.of(owner))
	}

	/// Returns the bounds on the shared part, in total and for one owner.
	pub(crate) fn shared_bounds(&self) -> (Amount, Amount) {
		(self.shared_total, self.shared_each)
	}

	/// Returns whether the room is unused.
	#[cfg(test)]
	pub(crate) fn is_empty(&self) -> bool {
		let is_empty = |used: &Used| used.owners.is_empty() && used.total == Amount::default();
		is_empty(&self.own) && is_empty(&self.shared)
	}
}
