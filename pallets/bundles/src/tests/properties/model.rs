//! What the pallet promises, in the simplest terms.

use super::{ACCOUNTS, CallStep, LegStep, Name};
use crate::mock::{MaxBundleLifetime, MaxOpenBundles};
use credio_primitives::{Moment, OrganizationId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
	Open,
	Executed,
	Aborted,
	Expired,
}

/// What comes of a consent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
	Refused,
	Taken,
	Executed,
	/// By this call of this leg.
	Aborted(u32, u32),
}

pub(crate) struct Known {
	pub deadline: Moment,
	pub legs: Vec<LegStep>,
	/// Which account consented for which organization.
	pub consents: BTreeMap<OrganizationId, usize>,
	pub state: State,
}

pub(crate) struct Model {
	pub now: Moment,
	pub sum: u32,
	pub members: [Option<OrganizationId>; ACCOUNTS],
	pub suspended: BTreeSet<OrganizationId>,
	pub bundles: BTreeMap<Name, Known>,
}

impl Model {
	pub(crate) fn new() -> Self {
		Self {
			now: 1,
			sum: 0,
			members: std::array::from_fn(|n| Some((n / 2) as OrganizationId)),
			suspended: BTreeSet::new(),
			bundles: BTreeMap::new(),
		}
	}

	/// For whom an account may act.
	fn acts_for(&self, who: usize) -> Option<OrganizationId> {
		self.members[who].filter(|organization| !self.suspended.contains(organization))
	}

	pub(crate) fn propose(
		&mut self,
		who: usize,
		n: u8,
		deadline: Moment,
		legs: &[LegStep],
	) -> bool {
		let Some(proposer) = self.acts_for(who) else { return false };
		let parties = legs.iter().map(|(organization, _)| *organization).collect::<BTreeSet<_>>();
		let calls = legs.iter().flat_map(|(_, calls)| calls).collect::<Vec<_>>();
		let open =
			|(name, known): &(&Name, &Known)| name.0 == proposer && known.state == State::Open;
		let good = parties.contains(&proposer)
			&& parties.len() == legs.len()
			&& parties.is_disjoint(&self.suspended)
			&& legs.iter().all(|(_, calls)| !calls.is_empty())
			&& calls.len() <= 64
			&& !calls.contains(&&CallStep::Forbidden)
			&& (self.now..=self.now + MaxBundleLifetime::get()).contains(&deadline)
			&& !self.bundles.contains_key(&(proposer, n))
			&& self.bundles.iter().filter(open).count() < MaxOpenBundles::get() as usize;
		if good {
			let (legs, consents) = (legs.to_vec(), BTreeMap::new());
			let known = Known { deadline, legs, consents, state: State::Open };
			self.bundles.insert((proposer, n), known);
		}
		good
	}

	/// The bundle, if it can still execute and has a leg of the account's organization.
	fn party(&mut self, who: usize, name: Name) -> Option<(OrganizationId, &mut Known)> {
		let organization = self.acts_for(who)?;
		let now = self.now;
		let known = self.bundles.get_mut(&name)?;
		let is_party = known.legs.iter().any(|(party, _)| *party == organization);
		(known.state == State::Open && now <= known.deadline && is_party)
			.then_some((organization, known))
	}

	pub(crate) fn withdraw(&mut self, who: usize, name: Name) -> bool {
		self.party(who, name)
			.is_some_and(|(organization, known)| known.consents.remove(&organization).is_some())
	}

	pub(crate) fn consent(
		&mut self,
		who: usize,
		name: Name,
		right_digest: bool,
		enough: bool,
	) -> Answer {
		let Some((organization, known)) = self.party(who, name) else { return Answer::Refused };
		if !right_digest || known.consents.contains_key(&organization) {
			return Answer::Refused;
		}
		let is_last = known.consents.len() + 1 == known.legs.len();
		if is_last && !enough {
			return Answer::Refused;
		}
		known.consents.insert(organization, who);
		if !is_last {
			return Answer::Taken;
		}
		let (legs, consents) = (known.legs.clone(), known.consents.clone());
		let (answer, state) = match self.execute(&legs, &consents) {
			Ok((sum, members)) => {
				(self.sum, self.members) = (sum, members);
				(Answer::Executed, State::Executed)
			},
			Err((leg, call_index)) => (Answer::Aborted(leg, call_index), State::Aborted),
		};
		self.bundles.get_mut(&name).expect("it is there").state = state;
		answer
	}

	/// What there is after all legs, or the leg and the call that fails.
	#[allow(clippy::type_complexity)]
	fn execute(
		&self,
		legs: &[LegStep],
		consents: &BTreeMap<OrganizationId, usize>,
	) -> Result<(u32, [Option<OrganizationId>; ACCOUNTS]), (u32, u32)> {
		for (leg, (organization, _)) in (0..).zip(legs) {
			if self.acts_for(consents[organization]) != Some(*organization) {
				return Err((leg, 0));
			}
		}
		let (mut sum, mut members) = (self.sum, self.members);
		for (leg, (organization, calls)) in (0..).zip(legs) {
			for (call_index, call) in (0..).zip(calls) {
				if members[consents[organization]] != Some(*organization) {
					return Err((leg, call_index));
				}
				match call {
					CallStep::Add(n) => sum += u32::from(*n),
					CallStep::Move(account, to) => members[*account] = *to,
					CallStep::Fail | CallStep::Wrapped | CallStep::Forbidden => {
						return Err((leg, call_index));
					},
				}
			}
		}
		Ok((sum, members))
	}
}
