//! What the pool holds, whose it is, and which room it takes.
//!
//! A transaction is *in flight* from entering until the SDK's pool answers. It takes room of the owner that it claims from
//! then on if its signature was checked, and otherwise only once it is valid: before that, nobody knows whether the account
//! that it names has signed it. When the SDK's pool has taken it, it is *held*, until it is in a block or the SDK's pool says
//! that it does not have it. Nothing that is in flight is ever taken off the ledger by a new block.

use super::{
	amount::{Amount, Division},
	room::{Part, Room, Strictness},
};
use credio_primitives::{BlockNumber, LanePosition, OrganizationId, RequestKey};
use credio_runtime::opaque::UncheckedExtrinsic;
use sp_core::H256;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Blocks after which a transaction that was handed in here and could be in a block is offered to other nodes again, and
/// twice as many each time.
const OVERDUE: BlockNumber = 8;
const MAX_DOUBLINGS: u32 = 5;

/// Most transactions that the SDK's pool is asked about in one block.
const MAX_ASKED: usize = 512;

/// Whose room a transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
	/// An organization.
	Organization(OrganizationId),
	/// A seat of the council, for a governance call.
	Seat([u8; 32]),
	/// This node, for what no account has signed: reports of equivocation.
	Reports,
	/// An account that is a member of no organization.
	Nobody,
}

/// What a transaction says of itself. Nothing of it is verified.
#[derive(Clone, Debug)]
pub struct Claim {
	/// Whose room it takes.
	pub owner: Owner,
	/// Whose room it takes if the first has none for it.
	pub otherwise: Option<Owner>,
	/// The signer's organization.
	pub organization: Option<OrganizationId>,
	/// The request in it.
	pub request: Option<RequestKey>,
	/// That request's place in a lane.
	pub lane: Option<LanePosition>,
	/// Last block for that request.
	pub expires_at: Option<BlockNumber>,
	/// Its encoded size.
	pub bytes: usize,
}

impl Claim {
	/// Returns the claim of a transaction of so many bytes that says nothing but whose it is.
	pub fn unsigned(owner: Owner, bytes: usize) -> Self {
		Self {
			owner,
			otherwise: None,
			organization: None,
			request: None,
			lane: None,
			expires_at: None,
			bytes,
		}
	}
}

/// Where a transaction stands in the SDK's pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
	/// It could be in the next block.
	Ready,
	/// It needs another one before it.
	Waiting,
}

/// Which room a transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoomOf {
	Ready,
	Waiting,
	Governance,
	Reports,
}

#[derive(Clone, Copy, Debug)]
struct Place {
	room: RoomOf,
	owner: Owner,
	part: Part,
}

/// A transaction that is being handed to the SDK's pool.
#[derive(Clone, Copy, Debug, Default)]
struct InFlight {
	/// How often.
	times: u32,
	/// The room that is kept for it, with its size.
	reserved: Option<(Place, usize)>,
}

/// A transaction that the pool holds.
#[derive(Clone, Debug)]
pub struct Held {
	/// What it says of itself.
	pub claim: Claim,
	/// The transaction.
	pub extrinsic: UncheckedExtrinsic,
	/// Where it stands.
	pub state: State,
	/// Best block when it was accepted.
	pub since: BlockNumber,
	/// Best block when it became ready, or was accepted.
	pub ready_since: BlockNumber,
	/// Whether it was handed in at this node.
	pub is_local: bool,
	place: Place,
	/// Its number in order of acceptance.
	number: u64,
	/// Blocks since it was last seen in a view of the SDK's pool.
	unseen: u32,
	/// How often it was offered to other nodes again, and when it is next.
	offers: u32,
	offer_at: BlockNumber,
}

/// How much is held, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
	/// What is ready.
	pub ready: Amount,
	/// What waits.
	pub waiting: Amount,
}

impl Totals {
	fn of(&mut self, state: State) -> &mut Amount {
		match state {
			State::Ready => &mut self.ready,
			State::Waiting => &mut self.waiting,
		}
	}
}

/// Where a page of what is held starts: organization and number.
pub type Position = (Option<OrganizationId>, u64);

/// What is in the pool, and whose it is.
#[derive(Debug)]
pub struct Ledger {
	division: Division,
	ready: Room,
	waiting: Room,
	governance: Room,
	reports: Room,
	/// What is being handed to the SDK's pool at the moment.
	in_flight: HashMap<H256, InFlight>,
	held: HashMap<H256, Held>,
	requests: HashMap<(OrganizationId, RequestKey), H256>,
	lanes: HashMap<(OrganizationId, u32, u64), H256>,
	order: BTreeMap<Position, H256>,
	totals: BTreeMap<Option<OrganizationId>, Totals>,
	total: Totals,
	next_number: u64,
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

impl Ledger {
	/// Returns an empty ledger.
	pub fn new(division: Division) -> Self {
		Self {
			division,
			ready: division.ready(),
			waiting: division.waiting(),
			governance: division.governance(),
			reports: division.reports(),
			in_flight: HashMap::new(),
			held: HashMap::new(),
			requests: HashMap::new(),
			lanes: HashMap::new(),
			order: BTreeMap::new(),
			totals: BTreeMap::new(),
			total: Totals::default(),
			next_number: 0,
		}
	}

	/// Lets a transaction in, if its owner has room for it, and keeps that room for it if its signature `is_checked`. `waits`
	/// says whether it is going to wait, as far as known. Each one let in is to be [accepted](Self::accepted) or
	/// [refused](Self::refused), once.
	pub fn enter(
		&mut self,
		hash: H256,
		claim: &Claim,
		waits: bool,
		is_checked: bool,
		strictness: Strictness,
	) -> Result<(), NoRoom> {
		let state = if waits { State::Waiting } else { State::Ready };
		if !self.knows(&hash) {
			let place = self.place(claim, state, strictness).ok_or(NoRoom)?;
			let reserved = is_checked.then_some((place, claim.bytes));
			if is_checked {
				self.room(place.room).add(place.owner, claim.bytes, place.part);
			}
			self.in_flight.insert(hash, InFlight { times: 0, reserved });
		}
		let in_flight = self.in_flight.entry(hash).or_default();
		in_flight.times = in_flight.times.saturating_add(1);
		Ok(())
	}

	/// Notes that the SDK's pool has taken a transaction that was let in. Fails if it turns out that there is no room for
	/// it in the state that it is in: then it is to be removed from there.
	pub fn accepted(
		&mut self,
		hash: H256,
		claim: &Claim,
		extrinsic: &UncheckedExtrinsic,
		state: State,
		since: BlockNumber,
		is_local: bool,
	) -> Result<(), NoRoom> {
		self.landed(&hash);
		if self.held.contains_key(&hash) {
			return Ok(());
		}
		let place = self.place(claim, state, Strictness::Entered).ok_or(NoRoom)?;
		self.add(hash, claim.clone(), extrinsic.clone(), state, since, is_local, place);
		Ok(())
	}

	/// Notes that the SDK's pool did not take a transaction that was let in, or has it already.
	pub fn refused(&mut self, hash: &H256) {
		self.landed(hash);
	}

	/// Notes one answer, and gives up the room that was kept until it.
	fn landed(&mut self, hash: &H256) {
		let Some(in_flight) = self.in_flight.get_mut(hash) else { return };
		in_flight.times = in_flight.times.saturating_sub(1);
		let is_last = in_flight.times == 0;
		let reserved = in_flight.reserved.take();
		if is_last {
			self.in_flight.remove(hash);
		}
		if let Some((Place { room, owner, part }, bytes)) = reserved {
			self.room(room).remove(owner, bytes, part);
		}
	}

	/// Counts a transaction that the SDK's pool has taken by itself, from an abandoned block, whether or not there is room.
	pub fn returned(
		&mut self,
		hash: H256,
		claim: Claim,
		extrinsic: UncheckedExtrinsic,
		state: State,
		since: BlockNumber,
	) {
		if !self.knows(&hash) {
			let place = self.any_place(&claim, state);
			self.add(hash, claim, extrinsic, state, since, false, place);
		}
	}

	/// Returns whether a transaction is held or in flight.
	pub fn knows(&self, hash: &H256) -> bool {
		self.held.contains_key(hash) || self.in_flight.contains_key(hash)
	}

	/// Returns what is held under a hash.
	pub fn get(&self, hash: &H256) -> Option<&Held> {
		self.held.get(hash)
	}

	/// Returns the transaction that is held of a request.
	pub fn request(&self, organization: OrganizationId, key: RequestKey) -> Option<H256> {
		self.requests.get(&(organization, key)).copied()
	}

	/// Returns whether a request is held that is ready at a lane position.
	pub fn is_ready_at(&self, organization: OrganizationId, lane: LanePosition) -> bool {
		let held = self.lanes.get(&(organization, lane.lane, lane.sequence));
		held.and_then(|hash| self.held.get(hash)).is_some_and(|held| held.state == State::Ready)
	}

	/// Returns how much is held.
	pub fn total(&self) -> Totals {
		self.total
	}

	/// Returns how much is held of each organization, and of none.
	pub fn totals(&self) -> &BTreeMap<Option<OrganizationId>, Totals> {
		&self.totals
	}

	/// Returns the bound on what is held.
	pub fn limit(&self) -> Amount {
		self.division.limit()
	}

	/// Returns what is held by organization, in order of acceptance, from a position on.
	pub fn page(&self, from: Position) -> impl Iterator<Item = (Position, H256, &Held)> {
		self.order
			.range(from..)
			.filter_map(|(position, hash)| Some((*position, *hash, self.held.get(hash)?)))
	}

	/// Returns what was handed in here and is ready since this block or before.
	pub fn ready_since(&self, block: BlockNumber) -> Vec<H256> {
		let is_due =
			|held: &Held| held.is_local && held.state == State::Ready && held.ready_since <= block;
		self.held.iter().filter(|(_, held)| is_due(held)).map(|(hash, _)| *hash).collect()
	}

	/// Returns what is to be offered to other nodes again at a block, within these bounds, the longest overdue first. One of
	/// any size may go alone. Each is not again for a while, twice as long each time.
	pub fn overdue(&mut self, at: BlockNumber, limit: Amount) -> Vec<UncheckedExtrinsic> {
		let is_due =
			|held: &&mut Held| held.is_local && held.state == State::Ready && held.offer_at <= at;
		let mut due = self.held.values_mut().filter(is_due).collect::<Vec<_>>();
		due.sort_unstable_by_key(|held| (held.offer_at, held.number));
		let mut total = Amount::default();
		let within = due.into_iter().take_while(|held| {
			let is_first = total == Amount::default();
			total = total.plus(Amount::of(held.claim.bytes));
			is_first || total.fits(limit)
		});
		within
			.map(|held| {
				let pause = OVERDUE << held.offers.min(MAX_DOUBLINGS);
				held.offers = held.offers.saturating_add(1);
				held.offer_at = at.saturating_add(pause);
				held.extrinsic.clone()
			})
			.collect()
	}

	/// Brings the ledger in line with the SDK's pool after a new block: `seen` is what its view holds, `included` what is
	/// in blocks now.
	///
	/// What is in no view may still be in the SDK's pool, which shows it in the next one. So it stays, and is returned for
	/// the SDK's pool to be asked about; [`Self::leave`] takes note of a no.
	pub fn reconcile(
		&mut self,
		seen: &HashMap<H256, State>,
		included: &HashSet<H256>,
		now: BlockNumber,
	) -> Vec<(H256, UncheckedExtrinsic)> {
		let mut moved = Vec::new();
		let mut gone = Vec::new();
		let mut asked = Vec::new();
		for (hash, held) in &mut self.held {
			match seen.get(hash) {
				Some(state) => {
					held.unseen = 0;
					if *state != held.state {
						moved.push((*hash, *state));
					}
				},
				None if included.contains(hash) => gone.push(*hash),
				None => {
					held.unseen = held.unseen.saturating_add(1);
					let is_due = held.unseen > 1 && held.unseen.is_power_of_two();
					if is_due && !self.in_flight.contains_key(hash) && asked.len() < MAX_ASKED {
						asked.push((*hash, held.extrinsic.clone()));
					}
				},
			}
		}
		gone.iter().for_each(|hash| self.leave(hash));
		moved.into_iter().for_each(|(hash, state)| self.turn(&hash, state, now));
		asked
	}

	/// Gives up the room of a transaction that the SDK's pool does not have.
	pub fn leave(&mut self, hash: &H256) {
		let Some(held) = self.held.remove(hash) else { return };
		let Claim { organization, request, lane, bytes, .. } = held.claim;
		let Place { owner, part, .. } = held.place;
		self.room(held.place.room).remove(owner, bytes, part);
		self.order.remove(&(organization, held.number));
		let amount = Amount::of(bytes);
		*self.total.of(held.state) = self.total.of(held.state).minus(amount);
		if let Some(totals) = self.totals.get_mut(&organization) {
			*totals.of(held.state) = totals.of(held.state).minus(amount);
			if *totals == Totals::default() {
				self.totals.remove(&organization);
			}
		}
		let Some(organization) = organization else { return };
		if let Some(key) = request {
			remove_if(&mut self.requests, &(organization, key), hash);
		}
		if let Some(LanePosition { lane, sequence }) = lane {
			remove_if(&mut self.lanes, &(organization, lane, sequence), hash);
		}
	}

	#[allow(clippy::too_many_arguments)]
	fn add(
		&mut self,
		hash: H256,
		claim: Claim,
		extrinsic: UncheckedExtrinsic,
		state: State,
		since: BlockNumber,
		is_local: bool,
		place: Place,
	) {
		self.room(place.room).add(place.owner, claim.bytes, place.part);
		let number = self.next_number;
		self.next_number = self.next_number.saturating_add(1);
		self.order.insert((claim.organization, number), hash);
		let amount = Amount::of(claim.bytes);
		*self.total.of(state) = self.total.of(state).plus(amount);
		let totals = self.totals.entry(claim.organization).or_default();
		*totals.of(state) = totals.of(state).plus(amount);
		if let Some(organization) = claim.organization {
			if let Some(key) = claim.request {
				self.requests.insert((organization, key), hash);
			}
			if let Some(LanePosition { lane, sequence }) = claim.lane {
				self.lanes.insert((organization, lane, sequence), hash);
			}
		}
		let held = Held {
			claim,
			extrinsic,
			state,
			since,
			ready_since: since,
			is_local,
			place,
			number,
			unseen: 0,
			offers: 0,
			offer_at: since.saturating_add(OVERDUE),
		};
		self.held.insert(hash, held);
	}

	/// Moves a transaction from what waits to what is ready, or back, whether or not there is room: it was accepted.
	fn turn(&mut self, hash: &H256, state: State, now: BlockNumber) {
		let Some(held) = self.held.get(hash) else { return };
		let (claim, before, was) = (held.claim.clone(), held.place, held.state);
		if was == state {
			return;
		}
		let amount = Amount::of(claim.bytes);
		for totals in [Some(&mut self.total), self.totals.get_mut(&claim.organization)] {
			let Some(totals) = totals else { continue };
			*totals.of(was) = totals.of(was).minus(amount);
			*totals.of(state) = totals.of(state).plus(amount);
		}
		let mut place = before;
		if matches!(before.room, RoomOf::Ready | RoomOf::Waiting) {
			self.room(before.room).remove(before.owner, claim.bytes, before.part);
			place = self.any_place_of(before.owner, claim.bytes, state);
			self.room(place.room).add(place.owner, claim.bytes, place.part);
		}
		if let Some(held) = self.held.get_mut(hash) {
			(held.state, held.place, held.ready_since) = (state, place, now);
		}
	}

	/// Finds a place for a transaction.
	fn place(&self, claim: &Claim, state: State, strictness: Strictness) -> Option<Place> {
		self.place_of(claim.owner, claim.bytes, state, strictness).or_else(|| {
			claim.otherwise.and_then(|owner| self.place_of(owner, claim.bytes, state, strictness))
		})
	}

	fn place_of(
		&self,
		owner: Owner,
		bytes: usize,
		state: State,
		strictness: Strictness,
	) -> Option<Place> {
		let room = room_of(owner, state);
		let rooms = match room {
			RoomOf::Ready => &self.ready,
			RoomOf::Waiting => &self.waiting,
			RoomOf::Governance => &self.governance,
			RoomOf::Reports => &self.reports,
		};
		let part = rooms.part_for(&owner, bytes, strictness)?;
		// What waits becomes ready without asking for room, so what waits may not make that too much.
		let is_within = room != RoomOf::Waiting || part == Part::Own || {
			let ready = self.ready.shared_use(&owner);
			let waiting = self.waiting.shared_use(&owner);
			let (total, each) = self.ready.shared_bounds();
			let (waiting_total, waiting_each) = self.waiting.shared_bounds();
			let amount = Amount::of(bytes);
			ready.0.plus(waiting.0).plus(amount).fits(total.plus(waiting_total))
				&& ready.1.plus(waiting.1).plus(amount).fits(each.plus(waiting_each))
		};
		is_within.then_some(Place { room, owner, part })
	}

	/// Finds a place for a transaction, beyond the bounds if there is none within.
	fn any_place(&self, claim: &Claim, state: State) -> Place {
		self.place(claim, state, Strictness::Entered)
			.unwrap_or_else(|| self.any_place_of(claim.owner, claim.bytes, state))
	}

	fn any_place_of(&self, owner: Owner, bytes: usize, state: State) -> Place {
		self.place_of(owner, bytes, state, Strictness::Entered).unwrap_or(Place {
			room: room_of(owner, state),
			owner,
			part: Part::Shared,
		})
	}

	fn room(&mut self, room: RoomOf) -> &mut Room {
		match room {
			RoomOf::Ready => &mut self.ready,
			RoomOf::Waiting => &mut self.waiting,
			RoomOf::Governance => &mut self.governance,
			RoomOf::Reports => &mut self.reports,
		}
	}
}

fn room_of(owner: Owner, state: State) -> RoomOf {
	match (owner, state) {
		(Owner::Seat(_), _) => RoomOf::Governance,
		(Owner::Reports, _) => RoomOf::Reports,
		(_, State::Ready) => RoomOf::Ready,
		(_, State::Waiting) => RoomOf::Waiting,
	}
}

fn remove_if<Key: Eq + std::hash::Hash>(map: &mut HashMap<Key, H256>, key: &Key, hash: &H256) {
	if map.get(key) == Some(hash) {
		map.remove(key);
	}
}

#[cfg(test)]
mod tests;
