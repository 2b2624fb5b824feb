//! The rooms of a pool, and the choice between them.

use super::{
	amount::Amount,
	claim::{Claim, Owner},
	division::Division,
	room::{Part, Room, Strictness},
	state::State,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoomKind {
	Ready,
	Waiting,
	Governance,
	Reports,
}

impl RoomKind {
	fn of(owner: Owner, state: State) -> Self {
		match (owner, state) {
			(Owner::Seat(_), _) => Self::Governance,
			(Owner::Reports, _) => Self::Reports,
			(_, State::Ready) => Self::Ready,
			(_, State::Waiting) => Self::Waiting,
		}
	}
}

/// The place of a transaction: its room, the owner that is charged, and the part of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
	room: RoomKind,
	owner: Owner,
	part: Part,
}

/// All rooms of a pool.
#[derive(Debug)]
pub(crate) struct Rooms {
	ready: Room,
	waiting: Room,
	governance: Room,
	reports: Room,
}

impl Rooms {
	/// Returns empty rooms.
	pub(crate) fn new(division: Division) -> Self {
		Self {
			ready: division.ready(),
			waiting: division.waiting(),
			governance: division.governance(),
			reports: division.reports(),
		}
	}

	/// Finds a place for a transaction within the bounds.
	pub(crate) fn place(
		&self,
		claim: &Claim,
		state: State,
		strictness: Strictness,
	) -> Option<Place> {
		self.place_of(claim.owner, claim.bytes, state, strictness).or_else(|| {
			claim.otherwise.and_then(|owner| self.place_of(owner, claim.bytes, state, strictness))
		})
	}

	/// Finds a place for a transaction, beyond the bounds if there is none within.
	pub(crate) fn any_place(&self, claim: &Claim, state: State) -> Place {
		self.place(claim, state, Strictness::Entered)
			.unwrap_or_else(|| self.any_place_of(claim.owner, claim.bytes, state))
	}

	/// Charges a place for a transaction of so many bytes.
	pub(crate) fn take(&mut self, place: Place, bytes: usize) {
		self.room(place.room).add(place.owner, bytes, place.part);
	}

	/// Frees a place that was charged for so many bytes.
	pub(crate) fn free(&mut self, place: Place, bytes: usize) {
		self.room(place.room).remove(place.owner, bytes, place.part);
	}

	/// Moves an accepted transaction to the room of its new state, whether or not there is room, and returns its place.
	pub(crate) fn change_state(&mut self, place: Place, bytes: usize, state: State) -> Place {
		if !matches!(place.room, RoomKind::Ready | RoomKind::Waiting) {
			return place;
		}
		self.free(place, bytes);
		let place = self.any_place_of(place.owner, bytes, state);
		self.take(place, bytes);
		place
	}

	fn place_of(
		&self,
		owner: Owner,
		bytes: usize,
		state: State,
		strictness: Strictness,
	) -> Option<Place> {
		let kind = RoomKind::of(owner, state);
		let room = match kind {
			RoomKind::Ready => &self.ready,
			RoomKind::Waiting => &self.waiting,
			RoomKind::Governance => &self.governance,
			RoomKind::Reports => &self.reports,
		};
		let part = room.part_for(&owner, bytes, strictness)?;
		let is_within =
			kind != RoomKind::Waiting || part == Part::Own || self.can_become_ready(&owner, bytes);
		is_within.then_some(Place { room: kind, owner, part })
	}

	/// Returns whether one more waiting transaction keeps the shared rooms together within their bounds. A waiting
	/// transaction becomes ready without asking for room.
	fn can_become_ready(&self, owner: &Owner, bytes: usize) -> bool {
		let ready = self.ready.shared_use(owner);
		let waiting = self.waiting.shared_use(owner);
		let (total, each) = self.ready.shared_bounds();
		let (waiting_total, waiting_each) = self.waiting.shared_bounds();
		let amount = Amount::of(bytes);
		ready.0.plus(waiting.0).plus(amount).fits(total.plus(waiting_total))
			&& ready.1.plus(waiting.1).plus(amount).fits(each.plus(waiting_each))
	}

	fn any_place_of(&self, owner: Owner, bytes: usize, state: State) -> Place {
		self.place_of(owner, bytes, state, Strictness::Entered).unwrap_or(Place {
			room: RoomKind::of(owner, state),
			owner,
			part: Part::Shared,
		})
	}

	fn room(&mut self, kind: RoomKind) -> &mut Room {
		match kind {
			RoomKind::Ready => &mut self.ready,
			RoomKind::Waiting => &mut self.waiting,
			RoomKind::Governance => &mut self.governance,
			RoomKind::Reports => &mut self.reports,
		}
	}

	/// Returns whether the rooms of ready and of waiting transactions are empty.
	#[cfg(test)]
	pub(crate) fn is_empty(&self) -> bool {
		self.ready.is_empty() && self.waiting.is_empty()
	}
}
