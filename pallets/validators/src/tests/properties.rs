//! Random sequences of decisions, offences and changes of keys against a model.

use super::{by_council, offend};
use crate::{Error, mock::*};
use frame_support::assert_noop;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
	Add(u8),
	Remove(u8),
	Reinstate(u8),
	Offend(u8),
	SetKeys(u8),
	Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let who = 1..9u8;
	prop_oneof![
		who.clone().prop_map(Step::Add),
		who.clone().prop_map(Step::Remove),
		who.clone().prop_map(Step::Reinstate),
		who.clone().prop_map(Step::Offend),
		who.prop_map(Step::SetKeys),
		(1..8u32).prop_map(Step::Wait),
	]
}

/// What the pallet promises, in the simplest terms.
struct Model {
	chosen: Vec<u8>,
	with_keys: BTreeMap<u8, u8>,
	disabled: BTreeSet<u8>,
}

impl Model {
	/// Those who make blocks once two sessions have ended.
	fn expected(&self) -> Vec<u8> {
		let fit = |validator: &&u8| !self.disabled.contains(validator);
		let fit = self.chosen.iter().filter(fit).copied().collect::<Vec<_>>();
		if fit.is_empty() { self.chosen.clone() } else { fit }
	}

	fn add(&mut self, who: u8) {
		let outcome = Validators::add_validator(by_council(), account(who));
		if !self.with_keys.contains_key(&who) {
			assert_eq!(outcome, Err(Error::<Test>::NoSessionKeys.into()));
		} else if self.chosen.contains(&who) {
			assert_eq!(outcome, Err(Error::<Test>::AlreadyValidator.into()));
		} else if self.chosen.len() == MAX_VALIDATORS as usize {
			assert_eq!(outcome, Err(Error::<Test>::TooManyValidators.into()));
		} else {
			assert_eq!(outcome, Ok(()));
			self.chosen.push(who);
		}
	}

	fn remove(&mut self, who: u8) {
		if !self.chosen.contains(&who) {
			assert_noop!(
				Validators::remove_validator(by_council(), account(who)),
				Error::<Test>::NotAValidator
			);
			return;
		}
		let left = self.chosen.iter().filter(|other| **other != who);
		if left.clone().all(|other| self.disabled.contains(other)) {
			assert_noop!(
				Validators::remove_validator(by_council(), account(who)),
				Error::<Test>::LastValidator
			);
			return;
		}
		self.chosen = left.copied().collect();
		self.disabled.remove(&who);
		assert_eq!(Validators::remove_validator(by_council(), account(who)), Ok(()));
	}

	fn take(&mut self, step: &Step) {
		match *step {
			Step::Add(who) => self.add(who),
			Step::Remove(who) => self.remove(who),
			Step::Reinstate(who) => {
				let outcome = Validators::reinstate_validator(by_council(), account(who));
				assert_eq!(outcome.is_ok(), self.disabled.remove(&who));
			},
			Step::Offend(who) => {
				offend(who);
				if self.chosen.contains(&who) {
					self.disabled.insert(who);
				}
			},
			Step::SetKeys(who) => {
				// Nobody can set keys that another one has.
				set_keys(who, who);
				self.with_keys.insert(who, who);
			},
			Step::Wait(blocks) => wait(blocks),
		}
	}
}

proptest! {
	#[test]
	fn holds_for_random_sequences(
		first in 1..5u8,
		steps in prop::collection::vec(step(), 1..40),
	) {
		new_test_ext_with(first).execute_with(|| {
			let mut model = Model {
				chosen: (1..=first).collect(),
				with_keys: (1..=first).map(|n| (n, n)).collect(),
				disabled: BTreeSet::new(),
			};
			for step in &steps {
				model.take(step);
				Validators::do_try_state().expect("the storage is consistent");
				assert!(!active().is_empty(), "the chain goes on");
			}
			wait(2);
			let expected = model.expected();
			let mut sorted = active();
			// After a change two blocks are enough; keys that were set need two whole sessions.
			wait(2 * SESSION);
			assert_eq!(active(), expected);
			sorted.sort_unstable();
			let mut expected = expected;
			expected.sort_unstable();
			assert_eq!(sorted, expected, "changes hold within three blocks");
		});
	}
}
