use super::{super::claim::Owner, *};
use proptest::prelude::*;
use sp_runtime::OpaqueExtrinsic;

/// Room for 64 times 64 transactions, so that each organization has reserved room.
const LIMIT: Amount = Amount { count: 4_096, bytes: 4_096 * 1_024 };

fn hash(n: u64) -> H256 {
	H256::from_low_u64_be(n)
}

fn extrinsic() -> UncheckedExtrinsic {
	OpaqueExtrinsic::try_from_encoded_extrinsic(&[0]).expect("an encoded extrinsic")
}

fn claim(organization: OrganizationId) -> Claim {
	let owner = Owner::Organization(organization);
	Claim { organization: Some(organization), ..Claim::unsigned(owner, 300) }
}

fn in_lane(organization: OrganizationId, sequence: u64) -> Claim {
	Claim { lane: Some(LanePosition { lane: 0, sequence }), ..claim(organization) }
}

fn ledger() -> Ledger {
	Ledger::new(Division::new(LIMIT))
}

/// Lets a transaction in and accepts it, if there is room.
fn take(ledger: &mut Ledger, n: u64, claim: &Claim, state: State) -> bool {
	let waits = state == State::Waiting;
	ledger.enter(hash(n), claim, waits, true, Strictness::Local).is_ok()
		&& ledger.accepted(hash(n), claim, &extrinsic(), state, 1, true).is_ok()
}

fn nothing_seen() -> (HashMap<H256, State>, HashSet<H256>) {
	Default::default()
}

#[test]
fn blocks_do_not_remove_transactions_in_flight() {
	let mut ledger = ledger();
	let (seen, included) = nothing_seen();
	ledger.enter(hash(1), &claim(1), false, true, Strictness::Local).unwrap();
	for block in 0..100 {
		assert_eq!(ledger.reconcile(&seen, &included, block), []);
	}
	assert!(ledger.knows(&hash(1)));
	ledger.accepted(hash(1), &claim(1), &extrinsic(), State::Ready, 1, true).unwrap();
	assert_eq!(ledger.total().ready, Amount::of(300));
}

#[test]
fn accepted_transaction_stays_until_the_inner_pool_denies_it() {
	let mut ledger = ledger();
	let (seen, included) = nothing_seen();
	assert!(take(&mut ledger, 1, &claim(1), State::Ready));
	let mut asked = 0;
	for block in 0..20 {
		for (asked_for, _) in ledger.reconcile(&seen, &included, block) {
			assert_eq!(asked_for, hash(1));
			asked += 1;
		}
	}
	assert!((2..10).contains(&asked), "{asked} lookups, with growing pauses");
	assert!(ledger.knows(&hash(1)));
	ledger.leave(&hash(1));
	assert_eq!(ledger.total(), Totals::default());
	assert!(ledger.rooms.is_empty());
}

#[test]
fn inclusion_in_a_block_frees_room() {
	let mut ledger = ledger();
	let (seen, _) = nothing_seen();
	assert!(take(&mut ledger, 1, &claim(1), State::Ready));
	assert_eq!(ledger.reconcile(&seen, &[hash(1)].into(), 2), []);
	assert!(!ledger.knows(&hash(1)) && ledger.rooms.is_empty());
}

/// Fills the room of waiting transactions with lanes that lack their first position.
fn fill_with_waiting(ledger: &mut Ledger, organizations: &[OrganizationId]) -> u64 {
	let mut taken = 0;
	for organization in organizations {
		for n in 1..10_000u64 {
			let claim = in_lane(*organization, n);
			let name = u64::from(*organization) * 100_000 + n;
			taken += u64::from(take(ledger, name, &claim, State::Waiting));
		}
	}
	taken
}

#[test]
fn waiting_transactions_leave_room_for_ready_ones() {
	let mut ledger = ledger();
	let taken = fill_with_waiting(&mut ledger, &[1, 2]);
	assert!(taken < LIMIT.count as u64 / 8, "{taken} wait");
	// Ready requests of the same and of other organizations, and waiting ones of others, still have room.
	for organization in [1, 2, 3] {
		assert!(take(&mut ledger, u64::from(organization), &claim(organization), State::Ready));
		let waits = in_lane(organization + 10, 7);
		assert!(take(&mut ledger, 10 + u64::from(organization), &waits, State::Waiting));
	}
}

#[test]
fn floods_leave_each_other_organization_its_room() {
	let mut ledger = ledger();
	for organization in [1, 2] {
		for n in 0..10_000 {
			take(
				&mut ledger,
				organization * 100_000 + n,
				&claim(organization as u32),
				State::Ready,
			);
		}
	}
	let mut own = 0;
	while take(&mut ledger, 900_000 + own, &claim(3), State::Ready) {
		own += 1;
	}
	assert!(own >= 8, "room for {own} is reserved");
	// Large ones too: at least one at a time.
	let large = Claim { bytes: 70_000, ..claim(4) };
	assert!(take(&mut ledger, 5, &large, State::Ready));
}

#[test]
fn members_cannot_take_the_room_of_seats_and_reports() {
	let mut ledger = ledger();
	for organization in 1..200 {
		for n in 0..1_000 {
			let name = organization * 100_000 + n;
			take(&mut ledger, name, &claim(organization as u32), State::Ready);
		}
	}
	let motion = Claim::unsigned(Owner::Seat([7; 32]), 60_000);
	assert!(take(&mut ledger, 1, &motion, State::Ready));
	let report = Claim::unsigned(Owner::Reports, 900);
	assert!(take(&mut ledger, 2, &report, State::Ready));
	// Nor can one seat take another's.
	for n in 0..1_000 {
		take(&mut ledger, 1_000_000 + n, &motion, State::Ready);
	}
	let other = Claim::unsigned(Owner::Seat([8; 32]), 60_000);
	assert!(take(&mut ledger, 3, &other, State::Ready));
}

#[test]
fn unchecked_transactions_take_no_room_of_the_named_account() {
	let mut ledger = ledger();
	for n in 0..100_000 {
		ledger.enter(hash(n), &claim(1), false, false, Strictness::Network).unwrap();
		ledger.refused(&hash(n));
	}
	assert!(ledger.rooms.is_empty());
	// Nor during validation.
	for n in 0..1_000 {
		ledger.enter(hash(n), &claim(1), false, false, Strictness::Network).unwrap();
	}
	assert!(ledger.rooms.is_empty());
	assert!(take(&mut ledger, 200_000, &claim(1), State::Ready));
}

#[test]
fn checked_transactions_have_reserved_room_from_entry_on() {
	let mut ledger = ledger();
	let mut let_in = 0u64;
	while ledger.enter(hash(let_in), &claim(1), false, true, Strictness::Local).is_ok() {
		let_in += 1;
		assert!(let_in < 10_000, "transactions in flight count");
	}
	for n in 0..let_in {
		ledger.accepted(hash(n), &claim(1), &extrinsic(), State::Ready, 1, true).unwrap();
	}
	assert_eq!(ledger.total().ready.count as u64, let_in);
}

#[test]
fn only_local_transactions_that_were_ready_for_long_are_stale() {
	let mut ledger = ledger();
	assert!(take(&mut ledger, 1, &claim(1), State::Ready));
	assert!(take(&mut ledger, 2, &in_lane(1, 9), State::Waiting));
	ledger.enter(hash(3), &claim(1), false, true, Strictness::Network).unwrap();
	ledger.accepted(hash(3), &claim(1), &extrinsic(), State::Ready, 1, false).unwrap();
	assert_eq!(ledger.ready_since(0), []);
	assert_eq!(ledger.ready_since(1), [hash(1)]);
	// A waiting transaction counts from the block at which it became ready.
	let seen = [(hash(2), State::Ready)].into();
	ledger.reconcile(&seen, &HashSet::new(), 50);
	assert_eq!(ledger.ready_since(49), [hash(1)]);
}

/// A random operation on a ledger.
#[derive(Clone, Debug)]
enum Step {
	Enter {
		n: u64,
		organization: OrganizationId,
		waits: bool,
		is_checked: bool,
		is_local: bool,
	},
	Accept {
		n: u64,
		is_ready: bool,
	},
	Refuse {
		n: u64,
	},
	/// A block with some transactions, and a view of some.
	Block {
		included: Vec<u64>,
		seen: Vec<(u64, bool)>,
	},
	Deny {
		n: u64,
	},
}

fn step() -> impl Strategy<Value = Step> {
	let n = 0u64..40;
	prop_oneof![
		(n.clone(), 0u32..4, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
			|(n, organization, waits, is_checked, is_local)| Step::Enter {
				n,
				organization,
				waits,
				is_checked,
				is_local
			}
		),
		(n.clone(), any::<bool>()).prop_map(|(n, is_ready)| Step::Accept { n, is_ready }),
		n.clone().prop_map(|n| Step::Refuse { n }),
		(
			prop::collection::vec(n.clone(), 0..4),
			prop::collection::vec((n.clone(), any::<bool>()), 0..20)
		)
			.prop_map(|(included, seen)| Step::Block { included, seen }),
		n.prop_map(|n| Step::Deny { n }),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(
		std::env::var("CREDIO_PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(500)
	))]

	/// Checks the ledger against a model of the transactions in flight and held.
	#[test]
	fn ledger_loses_no_transaction_and_no_room(steps in prop::collection::vec(step(), 0..200)) {
		let mut ledger = ledger();
		let mut in_flight = HashMap::<u64, (u32, Claim)>::new();
		let mut held = HashSet::<u64>::new();
		for (block, step) in (1u32..).zip(steps) {
			match step {
				Step::Enter { n, organization, waits, is_checked, is_local } => {
					let claim = claim(organization);
					let strictness = if is_local { Strictness::Local } else { Strictness::Network };
					if ledger.enter(hash(n), &claim, waits, is_checked, strictness).is_ok() {
						in_flight.entry(n).or_insert((0, claim)).0 += 1;
					}
				},
				Step::Accept { n, is_ready } => {
					let Some((times, claim)) = in_flight.get_mut(&n) else { continue };
					let state = if is_ready { State::Ready } else { State::Waiting };
					let accepted =
						ledger.accepted(hash(n), claim, &extrinsic(), state, block, true);
					if accepted.is_ok() {
						held.insert(n);
					}
					*times -= 1;
					if *times == 0 {
						in_flight.remove(&n);
					}
				},
				Step::Refuse { n } => {
					let Some((times, _)) = in_flight.get_mut(&n) else { continue };
					ledger.refused(&hash(n));
					*times -= 1;
					if *times == 0 {
						in_flight.remove(&n);
					}
				},
				Step::Block { included, seen } => {
					let seen = seen
						.into_iter()
						.map(|(n, ready)| (hash(n), if ready { State::Ready } else { State::Waiting }))
						.collect::<HashMap<_, _>>();
					for n in &included {
						if !seen.contains_key(&hash(*n)) {
							held.remove(n);
						}
					}
					let included = included.into_iter().map(hash).collect();
					for (asked, _) in ledger.reconcile(&seen, &included, block) {
						prop_assert!(ledger.get(&asked).is_some());
					}
				},
				Step::Deny { n } => {
					ledger.leave(&hash(n));
					held.remove(&n);
				},
			}
			for n in 0..40 {
				let is_known = in_flight.contains_key(&n) || held.contains(&n);
				prop_assert_eq!(ledger.knows(&hash(n)), is_known);
			}
			let total = ledger.total();
			prop_assert_eq!(total.ready.count + total.waiting.count, held.len());
		}
		// All room is free at the end.
		for (n, (times, _)) in in_flight {
			(0..times).for_each(|_| ledger.refused(&hash(n)));
		}
		(0..40).for_each(|n| ledger.leave(&hash(n)));
		prop_assert!(ledger.rooms.is_empty());
		prop_assert_eq!(ledger.total(), Totals::default());
		prop_assert!(ledger.order.is_empty() && ledger.totals.is_empty());
	}
}

#[test]
fn overdue_transactions_are_offered_again_with_growing_pauses() {
	let mut ledger = Ledger::new(Division::new(Amount { count: 16_384, bytes: 1 << 28 }));
	for n in 0..5u8 {
		let claim = Claim { organization: Some(1), ..Claim::unsigned(Owner::Organization(1), 600) };
		let (hash, extrinsic) = (H256([n; 32]), UncheckedExtrinsic::from_blob(vec![n]));
		let state = if n == 3 { State::Waiting } else { State::Ready };
		let waits = state == State::Waiting;
		ledger.enter(hash, &claim, waits, true, Strictness::Local).expect("there is room");
		ledger.accepted(hash, &claim, &extrinsic, state, 1, n < 4).expect("there is room");
	}
	let limit = Amount { count: 2, bytes: 1_200 };
	let mut due = |at| {
		let due = ledger.overdue(at, limit);
		due.into_iter().map(|extrinsic| extrinsic.inner()[0]).collect::<Vec<_>>()
	};
	assert!(due(8).is_empty());
	assert_eq!(due(9), [0, 1]);
	assert_eq!(due(10), [2]);
	assert_eq!(due(17), [0, 1]);
	assert_eq!(due(18), [2]);
	assert!(due(32).is_empty(), "twice as long");
	assert_eq!(due(33), [0, 1]);
}
