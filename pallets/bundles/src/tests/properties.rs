//! Random bundles against a model.

mod model;

use crate::mock::*;
use credio_primitives::{
	AccountId, BundleId, BundleState, Digest, Moment, OrganizationId, Roles, limits,
};
use frame_support::weights::Weight;
use model::{Answer, Known, Model, State};
use proptest::prelude::*;

/// Organizations that take part. The last one has no members until an account moves there.
const PARTIES: OrganizationId = 4;
/// Accounts that act: two of each organization but the last one.
const ACCOUNTS: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CallStep {
	Add(u8),
	Fail,
	/// Moves an account to another organization, or out of all.
	Move(usize, Option<OrganizationId>),
	/// May not stand in a leg.
	Forbidden,
	/// The same inside another call.
	Wrapped,
}

pub(crate) type LegStep = (OrganizationId, Vec<CallStep>);

/// Which bundle: its proposer and the number of its reference.
pub(crate) type Name = (OrganizationId, u8);

#[derive(Clone, Debug)]
enum Step {
	Propose {
		who: usize,
		reference: u8,
		deadline_in: i64,
		legs: Vec<LegStep>,
	},
	Consent {
		who: usize,
		name: Name,
		right_digest: bool,
		enough: bool,
	},
	/// All accounts consent one after the other.
	AllConsent(Name),
	Withdraw {
		who: usize,
		name: Name,
	},
	Move(usize, Option<OrganizationId>),
	Suspend(OrganizationId, bool),
	/// Makes blocks, fewer or more than milliseconds, and runs the idle time of the last one, with weight for so many
	/// visits.
	Wait {
		blocks: u32,
		millis: Moment,
		visits: u32,
	},
}

fn moved() -> impl Strategy<Value = (usize, Option<OrganizationId>)> {
	(0..ACCOUNTS, prop::option::weighted(0.8, 0..PARTIES))
}

fn legs() -> impl Strategy<Value = Vec<LegStep>> {
	let call = prop_oneof![
		12 => (1..4u8).prop_map(CallStep::Add),
		1 => Just(CallStep::Fail),
		2 => moved().prop_map(|(account, to)| CallStep::Move(account, to)),
		1 => Just(CallStep::Wrapped),
	];
	let calls = prop_oneof![
		20 => prop::collection::vec(call, 1..4),
		1 => Just(vec![]),
		1 => Just(vec![CallStep::Add(1); 40]),
		1 => Just(vec![CallStep::Forbidden]),
	];
	let organizations = prop_oneof![
		// Mostly each organization once, in some order.
		10 => prop::sample::subsequence((0..PARTIES).collect::<Vec<_>>(), 1..=3).prop_shuffle(),
		1 => prop::collection::vec(0..PARTIES, 0..4),
	];
	(organizations, prop::collection::vec(calls, 4))
		.prop_map(|(organizations, calls)| organizations.into_iter().zip(calls).collect())
}

fn step() -> impl Strategy<Value = Step> {
	let name = || (0..3u32, 0..4u8);
	let deadline_in = prop_oneof![8 => 0..150i64, 1 => -2..0i64, 1 => 150..153i64];
	prop_oneof![
		4 => (0..ACCOUNTS, 0..4u8, deadline_in, legs()).prop_map(
			|(who, reference, deadline_in, legs)| Step::Propose { who, reference, deadline_in, legs }
		),
		4 => (0..ACCOUNTS, name(), prop::bool::weighted(0.9), prop::bool::weighted(0.9)).prop_map(
			|(who, name, right_digest, enough)| Step::Consent { who, name, right_digest, enough }
		),
		3 => name().prop_map(Step::AllConsent),
		1 => (0..ACCOUNTS, name()).prop_map(|(who, name)| Step::Withdraw { who, name }),
		1 => moved().prop_map(|(account, to)| Step::Move(account, to)),
		1 => (0..PARTIES, prop::bool::ANY).prop_map(|(of, to)| Step::Suspend(of, to)),
		2 => (1..300u32, 0..100u64, 0..8u32)
			.prop_map(|(blocks, millis, visits)| Step::Wait { blocks, millis, visits }),
	]
}

pub(crate) fn account(n: usize) -> AccountId {
	let organization = (n / 2) as OrganizationId;
	if n.is_multiple_of(2) { gateway(organization) } else { second(organization) }
}

fn bundle_id((proposer, n): Name) -> BundleId {
	BundleId::derive(proposer, &reference(n))
}

fn call(step: &CallStep) -> RuntimeCall {
	match step {
		CallStep::Add(n) => add((*n).into()),
		CallStep::Fail => fail_after_adding(100),
		CallStep::Move(n, organization) => {
			scratch::Call::move_account { account: account(*n), organization: *organization }.into()
		},
		CallStep::Forbidden => scratch::Call::forbidden {}.into(),
		CallStep::Wrapped => {
			scratch::Call::wrap { call: Box::new(scratch::Call::forbidden {}.into()) }.into()
		},
	}
}

/// Consents on the chain, and says what came of it.
fn consent(who: usize, name: Name, right_digest: bool, enough: bool) -> Answer {
	let id = bundle_id(name);
	let digest = crate::Bundles::<Test>::get(id).map(|bundle| bundle.digest).unwrap_or_default();
	let digest = if right_digest { digest } else { Digest([9; 32]) };
	let weight = if enough { MaxBundleWeight::get() } else { Weight::zero() };
	let result = Bundles::consent(RuntimeOrigin::signed(account(who)), id, digest, weight);
	if result.is_err() {
		return Answer::Refused;
	}
	match bundle(id).state {
		BundleState::Open => Answer::Taken,
		BundleState::Executed { .. } => Answer::Executed,
		BundleState::Aborted { leg, call_index, .. } => Answer::Aborted(leg, call_index),
		BundleState::Expired => panic!("a consent does not expire a bundle"),
	}
}

fn run(model: &mut Model, step: &Step) {
	let signed = |who: usize| RuntimeOrigin::signed(account(who));
	match step {
		Step::Propose { who, reference: n, deadline_in, legs } => {
			let deadline = model.now.saturating_add_signed(*deadline_in);
			let calls = legs
				.iter()
				.map(|(organization, calls)| leg(*organization, calls.iter().map(call).collect()))
				.collect();
			let result = Bundles::propose(signed(*who), reference(*n), deadline, calls);
			assert_eq!(result.is_ok(), model.propose(*who, *n, deadline, legs), "{result:?}");
		},
		Step::Consent { who, name, right_digest, enough } => {
			let answer = consent(*who, *name, *right_digest, *enough);
			assert_eq!(answer, model.consent(*who, *name, *right_digest, *enough));
		},
		Step::AllConsent(name) => {
			for who in 0..ACCOUNTS {
				assert_eq!(consent(who, *name, true, true), model.consent(who, *name, true, true));
			}
		},
		Step::Withdraw { who, name } => {
			let result = Bundles::withdraw(signed(*who), bundle_id(*name));
			assert_eq!(result.is_ok(), model.withdraw(*who, *name), "{result:?}");
		},
		Step::Move(who, to) => {
			World::set_member(account(*who), *to, Roles::ALL);
			model.members[*who] = *to;
		},
		Step::Suspend(organization, suspended) => {
			if *suspended {
				World::suspend(*organization);
				model.suspended.insert(*organization);
			} else {
				World::reinstate(*organization);
				model.suspended.remove(organization);
			}
		},
		Step::Wait { blocks, millis, visits } => {
			model.now += millis;
			System::set_block_number(System::block_number() + blocks);
			at(model.now);
			let budget = Bundles::visits_weight(*visits, visits * limits::MAX_LEGS);
			assert!(idle(budget).all_lte(budget));
		},
	}
}

/// Follows the chain's clean-up, which may come late, but not early.
fn clean_up(model: &mut Model) {
	let now = model.now;
	model.bundles.retain(|name, known| {
		let Some(bundle) = crate::Bundles::<Test>::get(bundle_id(*name)) else {
			let due = now > known.deadline + BundleRetention::get();
			assert!(due, "a bundle went before its time");
			return false;
		};
		if bundle.state == BundleState::Expired && known.state == State::Open {
			assert!(now > known.deadline, "a bundle expired before its time");
			known.state = State::Expired;
		}
		true
	});
}

fn state_of(state: BundleState) -> State {
	match state {
		BundleState::Open => State::Open,
		BundleState::Executed { .. } => State::Executed,
		BundleState::Aborted { .. } => State::Aborted,
		BundleState::Expired => State::Expired,
	}
}

fn compare(model: &Model) {
	assert_eq!(sum(), model.sum);
	assert_eq!(crate::Bundles::<Test>::iter_keys().count(), model.bundles.len());
	for who in 0..ACCOUNTS {
		let organization = member(&account(who)).map(|member| member.organization);
		assert_eq!(organization, model.members[who]);
	}
	for (name, Known { deadline, legs, consents, state }) in &model.bundles {
		let bundle = bundle(bundle_id(*name));
		assert_eq!(bundle.deadline, *deadline);
		assert_eq!(bundle.parties.len(), legs.len());
		for (party, (organization, _)) in bundle.parties.iter().zip(legs) {
			assert_eq!(party.organization, *organization);
			let consented = party.consent.as_ref().map(|consent| consent.account.clone());
			assert_eq!(consented, consents.get(organization).map(|who| account(*who)));
		}
		assert_eq!(state_of(bundle.state), *state);
		// A query returns the end at once, even if clean-up comes later.
		let returned = Bundles::bundle(bundle_id(*name)).expect("it is there").named.bundle.state;
		let has_expired = *state == State::Open && model.now > *deadline;
		assert_eq!(state_of(returned), if has_expired { State::Expired } else { *state });
	}
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: proptest_cases(100),
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn bundles_do_what_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
		new_test_ext().execute_with(|| {
			let mut model = Model::new();
			for step in &steps {
				run(&mut model, step);
				// Idle time cleans up, and so does each proposal.
				clean_up(&mut model);
				compare(&model);
				Bundles::do_try_state().unwrap();
			}

			// In the end everything goes.
			go_to(model.now + MaxBundleLifetime::get() + BundleRetention::get() + 1);
			assert_eq!(crate::Bundles::<Test>::iter_keys().count(), 0);
			assert_eq!(sum(), model.sum);
			Bundles::do_try_state().unwrap();
		});
	}
}
