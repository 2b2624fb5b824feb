//! Random requests against a model.

use crate::{BUCKET_WIDTH, Event, Receipts, mock::*, weights::WeightInfo};
use credio_primitives::{AccountId, LanePosition, OrganizationId, Outcome, Request};
use frame_support::{traits::OnIdle, weights::Weight};
use pallet_support::traits::Membership;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq)]
enum CallStep {
	Add(u8),
	AddAsSubmitter(u8),
	Fail,
	SwitchedOff,
	NotAllowed,
}

#[derive(Clone, Debug)]
enum Step {
	Submit {
		who: usize,
		/// The organization named, if it is not the signer's.
		named: Option<OrganizationId>,
		key: u8,
		expires_in: i64,
		/// A lane, and how far from its next position.
		lane: Option<(u32, i64)>,
		body: Vec<CallStep>,
		/// As the call of a transaction, or inside of another call.
		as_transaction: bool,
	},
	/// An account leaves its organization, and joins another one.
	Move { who: usize, to: Option<OrganizationId> },
	/// Lets blocks pass and runs the idle time of the last one, with weight for so many removals.
	Wait { blocks: u32, removals: u32 },
}

fn step() -> impl Strategy<Value = Step> {
	let call = prop_oneof![
		6 => (1..4u8).prop_map(CallStep::Add),
		2 => (1..4u8).prop_map(CallStep::AddAsSubmitter),
		1 => Just(CallStep::Fail),
		1 => Just(CallStep::SwitchedOff),
		1 => Just(CallStep::NotAllowed),
	];
	let body = prop_oneof![
		20 => prop::collection::vec(call, 0..4),
		1 => Just(vec![CallStep::Add(1); 65]),
	];
	let expires_in = prop_oneof![6 => 0..150i64, 1 => -2..0i64, 1 => 150..153i64];
	let offset = prop_oneof![6 => Just(0i64), 1 => -1..0i64, 1 => 1..3i64];
	let lane = prop::option::of((0..2u32, offset));
	let named = prop_oneof![6 => Just(None), 1 => (0..3u32).prop_map(Some)];
	prop_oneof![
		3 => (0..5usize, named, 0..5u8, expires_in, lane, body, any::<bool>()).prop_map(
			|(who, named, key, expires_in, lane, body, as_transaction)| Step::Submit {
				who, named, key, expires_in, lane, body, as_transaction
			}
		),
		1 => (0..3usize, prop::option::of(0..3u32)).prop_map(|(who, to)| Step::Move { who, to }),
		1 => (1..200u32, 0..8u32).prop_map(|(blocks, removals)| Step::Wait { blocks, removals }),
	]
}

const ACCOUNTS: [AccountId; 5] = [ALICE, ANNA, BOB, CAROL, STRANGER];

/// The organization of an account, if that may submit.
fn organization_of(who: usize) -> Option<OrganizationId> {
	let member = World::member(&ACCOUNTS[who])?;
	(member.organization != GAMMA).then_some(member.organization)
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
	Refused,
	Repeated,
	Applied,
	Rejected(u32),
}

struct Known {
	body: Vec<CallStep>,
	outcome: Answer,
	expires_at: u32,
	lane: Option<LanePosition>,
}

/// What the pallet promises, in the simplest terms.
#[derive(Default)]
struct Model {
	block: u32,
	sum: u32,
	known: BTreeMap<(OrganizationId, u8), Known>,
	/// Next positions.
	lanes: BTreeMap<(OrganizationId, u32), u64>,
}

impl Model {
	fn submit(
		&mut self,
		who: usize,
		organization: OrganizationId,
		key: u8,
		expires_at: i64,
		lane: Option<LanePosition>,
		body: &[CallStep],
	) -> Answer {
		// Nobody acts for another organization than the one that it is a member of now.
		if organization_of(who) != Some(organization) {
			return Answer::Refused;
		}
		if body.is_empty() || body.len() > 64 {
			return Answer::Refused;
		}
		if let Some(known) = self.known.get(&(organization, key)) {
			return if known.body == body { Answer::Repeated } else { Answer::Refused };
		}
		let now = i64::from(self.block);
		let in_time = (now..=now + i64::from(MaxRequestLifetime::get())).contains(&expires_at);
		if !in_time || body.contains(&CallStep::NotAllowed) {
			return Answer::Refused;
		}
		let is_submitter = ACCOUNTS[who] != ANNA;
		if !is_submitter && body.iter().any(|call| matches!(call, CallStep::AddAsSubmitter(_))) {
			return Answer::Refused;
		}
		if let Some(LanePosition { lane, sequence }) = lane {
			let next = self.lanes.entry((organization, lane)).or_default();
			if sequence != *next {
				return Answer::Refused;
			}
			*next += 1;
		}
		let failing = |call: &CallStep| matches!(call, CallStep::Fail | CallStep::SwitchedOff);
		let outcome = if let Some(index) = body.iter().position(failing) {
			Answer::Rejected(index as u32)
		} else {
			self.sum += body
				.iter()
				.map(|call| match call {
					CallStep::Add(n) | CallStep::AddAsSubmitter(n) => u32::from(*n),
					_ => 0,
				})
				.sum::<u32>();
			Answer::Applied
		};
		let expires_at = expires_at as u32;
		let known = Known { body: body.to_vec(), outcome: outcome.clone(), expires_at, lane };
		self.known.insert((organization, key), known);
		outcome
	}

	fn next_position(&self, organization: OrganizationId, lane: u32) -> u64 {
		self.lanes.get(&(organization, lane)).copied().unwrap_or_default()
	}

	/// Forgets what the chain has forgotten, which it may only after the retention.
	fn forget(&mut self) {
		let block = self.block;
		self.known.retain(|(organization, n), known| {
			let stays = Receipts::<Test>::contains_key(organization, key(*n));
			let kept = MaxRequestLifetime::get() + ReceiptRetention::get();
			let due = block > known.expires_at + kept;
			assert!(stays || due, "a receipt went before its time");
			stays
		});
	}
}

fn call(step: &CallStep) -> RuntimeCall {
	match step {
		CallStep::Add(n) => add((*n).into()),
		CallStep::AddAsSubmitter(n) => add_as_submitter((*n).into()),
		CallStep::Fail => fail_after_adding(100),
		CallStep::SwitchedOff => scratch::Call::switched_off {}.into(),
		CallStep::NotAllowed => frame_system::Call::remark { remark: vec![] }.into(),
	}
}

fn submit(who: AccountId, request: Request, body: &[CallStep], as_transaction: bool) -> Answer {
	System::reset_events();
	let calls = body.iter().map(call).collect::<Vec<_>>();
	let in_block =
		as_transaction.then(|| apply(who.clone(), 0, submit_call(request, calls.clone())));
	match in_block {
		Some(Ok(result)) => assert_eq!(result, Ok(()), "what gets into a block is decided"),
		// What does not get in changes nothing, and would not have done anything.
		Some(Err(_)) => {
			assert!(System::events().is_empty());
			let before = sp_io::storage::root(Default::default());
			return if Idempotency::submit(RuntimeOrigin::signed(who), request, calls).is_err() {
				Answer::Refused
			} else {
				System::reset_events();
				assert_eq!(before, sp_io::storage::root(Default::default()));
				Answer::Repeated
			};
		},
		None => {
			if Idempotency::submit(RuntimeOrigin::signed(who), request, calls).is_err() {
				assert!(System::events().is_empty());
				return Answer::Refused;
			}
		},
	}
	match System::events().pop().map(|record| record.event) {
		Some(RuntimeEvent::Idempotency(Event::Applied { .. })) => Answer::Applied,
		Some(RuntimeEvent::Idempotency(Event::Repeated { .. })) => Answer::Repeated,
		Some(RuntimeEvent::Idempotency(Event::Rejected { call_index, .. })) => {
			Answer::Rejected(call_index)
		},
		other => panic!("no event of the pallet: {other:?}"),
	}
}

fn compare(model: &Model) {
	assert_eq!(sum(), model.sum);
	assert_eq!(Receipts::<Test>::iter_keys().count(), model.known.len());
	for ((organization, lane), next) in &model.lanes {
		assert_eq!(Idempotency::next_position(*organization, *lane), *next);
	}
	for ((organization, n), known) in &model.known {
		let receipt = Receipts::<Test>::get(organization, key(*n)).unwrap();
		assert_eq!((receipt.expires_at, receipt.lane), (known.expires_at, known.lane));
		match receipt.outcome {
			Outcome::Applied => assert_eq!(known.outcome, Answer::Applied),
			Outcome::Rejected { call_index, .. } => {
				assert_eq!(known.outcome, Answer::Rejected(call_index));
			},
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: proptest_cases(100),
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn requests_do_what_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
		new_test_ext().execute_with(|| {
			let mut model = Model { block: 1, ..Model::default() };
			for step in &steps {
				match step {
					Step::Submit { who, named, key: n, expires_in, lane, body, as_transaction } => {
						let expires_at = (i64::from(model.block) + expires_in).max(0);
						let organization = named.or(organization_of(*who)).unwrap_or(ALPHA);
						let lane = lane.map(|(lane, offset)| {
							let next = model.next_position(organization, lane);
							let sequence = next.saturating_add_signed(offset);
							LanePosition { lane, sequence }
						});
						let request = Request {
							organization,
							key: key(*n),
							expires_at: expires_at as u32,
							lane,
						};
						let answer =
							submit(ACCOUNTS[*who].clone(), request, body, *as_transaction);
						assert_eq!(
							answer,
							model.submit(*who, organization, *n, expires_at, lane, body)
						);
						model.forget();
					},
					Step::Move { who, to } => move_to(ACCOUNTS[*who].clone(), *to),
					Step::Wait { blocks, removals } => {
						model.block += blocks;
						System::set_block_number(model.block);
						let budget = <() as WeightInfo>::remove_receipts(*removals);
						let used = Idempotency::on_idle(model.block, budget);
						assert!(used.all_lte(budget));
						model.forget();
					},
				}
				compare(&model);
				Idempotency::do_try_state().unwrap();
			}

			// In the end everything goes.
			let lifetime = 2 * MaxRequestLifetime::get() + ReceiptRetention::get() + BUCKET_WIDTH;
			System::set_block_number(model.block + lifetime);
			Idempotency::on_idle(System::block_number(), Weight::MAX);
			assert_eq!(Receipts::<Test>::iter_keys().count(), 0);
			Idempotency::do_try_state().unwrap();
		});
	}
}
