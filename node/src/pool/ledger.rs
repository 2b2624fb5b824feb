//! The transactions that the pool holds, their owners, and the room that they take.
//!
//! A transaction is *in flight* from its entry until the SDK's pool has returned a result. If its signature was checked, it
//! takes room of the claimed owner from then on; otherwise only once it is valid, since until then the named account may
//! not have signed it. Once the SDK's pool has taken it, it is *held* until it is in a block or the SDK's pool reports it as
//! missing. A new block never removes a transaction in flight from the ledger.

use super::{
	amount::Amount,
	claim::Claim,
	division::Division,
	room::Strictness,
	rooms::{Place, Rooms},
	state::{State, Totals},
};
use credio_primitives::{BlockNumber, LanePosition, OrganizationId, RequestKey};
use credio_runtime::opaque::UncheckedExtrinsic;
use sp_core::H256;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Blocks after which a local, ready transaction is offered to other nodes again. The pause doubles each time.
const OVERDUE: BlockNumber = 8;
const MAX_DOUBLINGS: u32 = 5;

/// Most lookups in the SDK's pool per block.
const MAX_ASKED: usize = 512;

/// A transaction during its submission to the SDK's pool.
#[derive(Clone, Copy, Debug, Default)]
struct InFlight {
	/// Number of submissions.
	times: u32,
	/// The reserved place, with the size.
	reserved: Option<(Place, usize)>,
}

/// A transaction that the pool holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
	/// Its claim.
	pub claim: Claim,
	/// The transaction.
	pub extrinsic: UncheckedExtrinsic,
	/// Its state in the SDK's pool.
	pub state: State,
	/// Best block when it was accepted.
	pub since: BlockNumber,
	/// Best block when it became ready, or was accepted.
	pub ready_since: BlockNumber,
	/// Whether a client of this node submitted it.
	pub is_local: bool,
	place: Place,
	/// Its number in order of acceptance.
	number: u64,
	/// Blocks since it was last seen in a view of the SDK's pool.
	unseen: u32,
	/// Number of repeated offers to other nodes, and the block of the next one.
	offers: u32,
	offer_at: BlockNumber,
}

/// The start of a page: organization, and number in order of acceptance.
pub(crate) type Position = (Option<OrganizationId>, u64);

/// Accounts for all transactions of the pool.
#[derive(Debug)]
pub(crate) struct Ledger {
	division: Division,
	rooms: Rooms,
	in_flight: HashMap<H256, InFlight>,
	held: HashMap<H256, Held>,
	requests: HashMap<(OrganizationId, RequestKey), H256>,
	lanes: HashMap<(OrganizationId, u32, u64), H256>,
	order: BTreeMap<Position, H256>,
	totals: BTreeMap<Option<OrganizationId>, Totals>,
	total: Totals,
	next_number: u64,
}

/// The error of a transaction for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Ledger {
	/// Returns an empty ledger.
	pub(crate) fn new(division: Division) -> Self {
		Self {
			division,
			rooms: Rooms::new(division),
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

	/// Lets a transaction in, and reserves its room if its signature `is_checked`. `waits` is the expected state. Each call
	/// that succeeds must be followed by one call of [`Self::accepted`] or [`Self::refused`].
	///
	/// # Errors
	///
	/// If the owner has no room for it.
	pub(crate) fn enter(
		&mut self,
		hash: H256,
		claim: &Claim,
		waits: bool,
		is_checked: bool,
		strictness: Strictness,
	) -> Result<(), NoRoom> {
		let state = if waits { State::Waiting } else { State::Ready };
		if !self.knows(&hash) {
			let place = self.rooms.place(claim, state, strictness).ok_or(NoRoom)?;
			let reserved = is_checked.then_some((place, claim.bytes));
			if is_checked {
				self.rooms.take(place, claim.bytes);
			}
			self.in_flight.insert(hash, InFlight { times: 0, reserved });
		}
		let in_flight = self.in_flight.entry(hash).or_default();
		in_flight.times = in_flight.times.saturating_add(1);
		Ok(())
	}

	/// Records that the SDK's pool has taken a transaction.
	///
	/// # Errors
	///
	/// If there is no room for it in its actual state. The caller then removes it from the SDK's pool.
	pub(crate) fn accepted(
		&mut self,
		hash: H256,
		claim: &Claim,
		extrinsic: &UncheckedExtrinsic,
		state: State,
		since: BlockNumber,
		is_local: bool,
	) -> Result<(), NoRoom> {
		self.end_flight(&hash);
		if self.held.contains_key(&hash) {
			return Ok(());
		}
		let place = self.rooms.place(claim, state, Strictness::Entered).ok_or(NoRoom)?;
		self.add(hash, claim.clone(), extrinsic.clone(), state, since, is_local, place);
		Ok(())
	}

	/// Records that the SDK's pool did not take a transaction, or already had it.
	pub(crate) fn refused(&mut self, hash: &H256) {
		self.end_flight(hash);
	}

	/// Ends one submission, and frees the reserved room.
	fn end_flight(&mut self, hash: &H256) {
		let Some(in_flight) = self.in_flight.get_mut(hash) else { return };
		in_flight.times = in_flight.times.saturating_sub(1);
		let is_last = in_flight.times == 0;
		let reserved = in_flight.reserved.take();
		if is_last {
			self.in_flight.remove(hash);
		}
		if let Some((place, bytes)) = reserved {
			self.rooms.free(place, bytes);
		}
	}

	/// Adds a transaction that the SDK's pool has taken back from an abandoned block, whether or not there is room.
	pub(crate) fn returned(
		&mut self,
		hash: H256,
		claim: Claim,
		extrinsic: UncheckedExtrinsic,
		state: State,
		since: BlockNumber,
	) {
		if !self.knows(&hash) {
			let place = self.rooms.any_place(&claim, state);
			self.add(hash, claim, extrinsic, state, since, false, place);
		}
	}

	/// Returns whether a transaction is held or in flight.
	pub(crate) fn knows(&self, hash: &H256) -> bool {
		self.held.contains_key(hash) || self.in_flight.contains_key(hash)
	}

	/// Returns the held transaction with a hash.
	pub(crate) fn get(&self, hash: &H256) -> Option<&Held> {
		self.held.get(hash)
	}

	/// Returns the hash of the held transaction with a request.
	pub(crate) fn request(&self, organization: OrganizationId, key: RequestKey) -> Option<H256> {
		self.requests.get(&(organization, key)).copied()
	}

	/// Returns whether a ready request is held for a lane position.
	pub(crate) fn is_ready_at(&self, organization: OrganizationId, lane: LanePosition) -> bool {
		let held = self.lanes.get(&(organization, lane.lane, lane.sequence));
		held.and_then(|hash| self.held.get(hash)).is_some_and(|held| held.state == State::Ready)
	}

	/// Returns the amounts held.
	pub(crate) fn total(&self) -> Totals {
		self.total
	}

	/// Returns the amounts held, by organization. `None` stands for signers without one.
	pub(crate) fn totals(&self) -> &BTreeMap<Option<OrganizationId>, Totals> {
		&self.totals
	}

	/// Returns the bound on all that is held.
	pub(crate) fn limit(&self) -> Amount {
		self.division.limit()
	}

	/// Lists held transactions from a position on, by organization and in order of acceptance.
	pub(crate) fn page(&self, from: Position) -> impl Iterator<Item = (Position, H256, &Held)> {
		self.order
			.range(from..)
			.filter_map(|(position, hash)| Some((*position, *hash, self.held.get(hash)?)))
	}

	/// Returns the local transactions that have been ready since a block or longer.
	pub(crate) fn ready_since(&self, block: BlockNumber) -> Vec<H256> {
		let is_due =
			|held: &Held| held.is_local && held.state == State::Ready && held.ready_since <= block;
		self.held.iter().filter(|(_, held)| is_due(held)).map(|(hash, _)| *hash).collect()
	}

	/// Returns the transactions to offer to other nodes again at a block, the longest overdue first, and schedules their next
	/// offer. The result is within the limit, unless a single transaction exceeds it.
	pub(crate) fn overdue(&mut self, at: BlockNumber, limit: Amount) -> Vec<UncheckedExtrinsic> {
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

	/// Reconciles the ledger with the SDK's pool after a new block: `seen` are the transactions of its view, `included` those
	/// in the new blocks.
	///
	/// A transaction in no view may still be in the SDK's pool and in its next view. Such transactions stay and are returned;
	/// the caller submits them to the SDK's pool again and calls [`Self::leave`] for each that is refused.
	pub(crate) fn reconcile(
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
		moved.into_iter().for_each(|(hash, state)| self.change_state(&hash, state, now));
		asked
	}

	/// Removes a transaction that the SDK's pool no longer has, and frees its room.
	pub(crate) fn leave(&mut self, hash: &H256) {
		let Some(held) = self.held.remove(hash) else { return };
		let Claim { organization, request, lane, bytes, .. } = held.claim;
		self.rooms.free(held.place, bytes);
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
		self.rooms.take(place, claim.bytes);
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

	/// Changes the state of an accepted transaction, whether or not there is room for the new one.
	fn change_state(&mut self, hash: &H256, state: State, now: BlockNumber) {
		let Some(held) = self.held.get_mut(hash) else { return };
		let before = held.state;
		if before == state {
			return;
		}
		let bytes = held.claim.bytes;
		let amount = Amount::of(bytes);
		for totals in [Some(&mut self.total), self.totals.get_mut(&held.claim.organization)] {
			let Some(totals) = totals else { continue };
			*totals.of(before) = totals.of(before).minus(amount);
			*totals.of(state) = totals.of(state).plus(amount);
		}
		held.place = self.rooms.change_state(held.place, bytes, state);
		(held.state, held.ready_since) = (state, now);
	}
}

fn remove_if<Key: Eq + std::hash::Hash>(map: &mut HashMap<Key, H256>, key: &Key, hash: &H256) {
	if map.get(key) == Some(hash) {
		map.remove(key);
	}
}

#[cfg(test)]
mod tests;
