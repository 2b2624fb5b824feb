//! Takes steps in the model and in the pallet.

use super::{
	state::{Expected, Model, ModelGrant, ModelRecord, ModelRequest, ModelStream},
	steps::{Flaw, Step, Terms},
};
use crate::{AccessRequests, Delegations, GrantCounts, GrantsByGrantee, mock::*};
use credio_primitives::{
	AccessRequestId, GrantId, KeyEpoch, OrganizationId, Permission, Resource,
	grant::{GrantKey, GrantTerms},
	limits,
};
use frame_support::{traits::OnIdle, weights::Weight};
use proptest::sample::Index;
use sp_runtime::DispatchError;

/// The expected and the actual result of a step.
pub(super) type Outcome = (Expected, Result<(), DispatchError>);

impl Model {
	fn next_reference(&mut self) -> u32 {
		self.references += 1;
		self.references
	}

	fn terms_of(&self, terms: Terms, from_epoch: KeyEpoch, keys: u32) -> GrantTerms {
		GrantTerms {
			purpose: purpose("audit"),
			expires_at: terms
				.ends_in
				.map(|blocks| u64::from(self.now).saturating_add_signed(blocks.into())),
			delegable: terms.delegable,
			from_epoch,
			keys: vec![key(terms.grantee); keys as usize].try_into().unwrap(),
		}
	}

	/// Whether anybody could give these terms to that grantee.
	fn acceptable(&self, owner: OrganizationId, by: OrganizationId, terms: Terms) -> bool {
		self.active(by)
			&& self.active(terms.grantee)
			&& terms.grantee != owner
			&& terms.grantee != by
			&& terms.ends_in.is_none_or(|blocks| blocks >= 0)
	}

	/// Takes a step in the model and in the pallet, and returns the expected and the actual result.
	pub(super) fn take(&mut self, step: &Step) -> Outcome {
		match *step {
			Step::OpenEpoch { by, of, flaw } => self.open_epoch(by, of, flaw),
			Step::Grant { by, of, record, append, terms } => {
				let record = record.filter(|_| !self.records.is_empty());
				let record = record.map(|index| index.index(self.records.len()));
				self.grant(by, of, record, append, terms)
			},
			Step::Delegate { by, parent, holding, terms } => {
				let parents = (0..self.grants.len()).filter(|n| !holding || self.holds(*n));
				let parents = parents.collect::<Vec<_>>();
				if parents.is_empty() {
					return (Expected::Applied, Ok(()));
				}
				self.delegate(by, *parent.get(&parents), terms)
			},
			Step::Revoke { by, grant } => self.revoke(by, grant),
			Step::Request { by, of, append } => self.request(by, of, append),
			Step::Approve { by, request, terms } => self.approve(by, request, terms),
			Step::Deny { by, request } => self.deny(by, request),
			Step::Write { by, of, old_epoch } => self.write(by, of, old_epoch),
			Step::Suspend(organization) => {
				self.suspended[organization as usize] = true;
				World::suspend(organization);
				(Expected::Applied, Ok(()))
			},
			Step::Reinstate(organization) => {
				self.suspended[organization as usize] = false;
				World::reinstate(organization);
				(Expected::Applied, Ok(()))
			},
			Step::RotateKey(organization) => {
				World::rotate_key(organization);
				(Expected::Applied, Ok(()))
			},
			Step::Idle { steps } => {
				use crate::WeightInfo;
				let remaining = <() as WeightInfo>::clean_up(1).saturating_mul(steps);
				let used: Weight = Grants::on_idle(self.now, remaining);
				assert!(used.all_lte(remaining));
				(Expected::Applied, Ok(()))
			},
			Step::Wait { blocks } => {
				self.now += blocks;
				System::set_block_number(self.now);
				(Expected::Applied, Ok(()))
			},
		}
	}

	fn open_epoch(&mut self, by: OrganizationId, of: OrganizationId, flaw: Flaw) -> Outcome {
		let staying = self.holding_on_stream(of);
		let mut keys = staying
			.iter()
			.map(|(_, grant, grantee)| GrantKey { grant: *grant, key: key(*grantee) })
			.collect::<Vec<_>>();
		let mut epoch = self.stream(of).epoch.map_or(0, |epoch| epoch + 1);
		let flawless = match flaw {
			Flaw::None => true,
			// Neither keeps the epoch from being opened.
			Flaw::LeaveOneOut => {
				keys.pop();
				true
			},
			Flaw::NameOneTwice => {
				keys.extend(keys.first().cloned());
				true
			},
			Flaw::SkipAnEpoch => {
				epoch += 1;
				false
			},
		};
		let allowed = flawless && by == of && self.active(by);
		if allowed {
			for (n, id, grantee) in &staying {
				let is_named = keys.iter().any(|key| key.grant == *id);
				if is_named && self.active(*grantee) {
					self.grants[*n].keys.insert(epoch);
				}
			}
			let secret_known_to = staying.into_iter().map(|(n, ..)| n).collect();
			self.streams[of as usize] = ModelStream { epoch: Some(epoch), secret_known_to };
		}
		let done = Grants::open_epoch(signed(by), stream_of(of), epoch, COMMITMENT, key(of), keys);
		(allowed.into(), plain(done))
	}

	fn grant(
		&mut self,
		by: Option<OrganizationId>,
		of: OrganizationId,
		record: Option<usize>,
		append: bool,
		terms: Terms,
	) -> Outcome {
		let permission = if append { Permission::Append } else { Permission::Read };
		let (owner, resource, from_epoch, keys) =
			if let Some(record) = record.map(|n| &self.records[n]) {
				(record.owner, Resource::Record(record.id), record.epoch, 1)
			} else {
				let (from, keys) = self.stream_epochs(of, terms);
				(of, Resource::Stream(stream_of(of)), from, keys)
			};
		let by = by.unwrap_or(owner);
		let fits = match record {
			Some(_) => !append,
			None => self.stream(owner).epoch.is_some(),
		};
		let allowed = fits && by == owner && self.acceptable(owner, by, terms);
		let number = self.next_reference();
		let sent = self.terms_of(terms, from_epoch, keys);
		let expires_at = sent.expires_at;
		let done =
			Grants::grant(signed(by), reference(number), resource, terms.grantee, permission, sent);
		if allowed && done.is_ok() {
			self.add(ModelGrant {
				id: GrantId::derive(by, &reference(number)),
				grantor: by,
				grantee: terms.grantee,
				resource,
				owner,
				permission,
				from_epoch,
				expires_at,
				delegable: terms.delegable,
				parent: None,
				revoked: false,
				keys: (from_epoch..from_epoch + keys).collect(),
			});
		}
		(unless_full(allowed, terms.grantee, resource), plain(done))
	}

	fn delegate(&mut self, by: Option<OrganizationId>, n: usize, terms: Terms) -> Outcome {
		let parent = &self.grants[n];
		let (id, resource, owner, permission) =
			(parent.id, parent.resource, parent.owner, parent.permission);
		let by = by.unwrap_or(parent.grantee);
		let (from_epoch, keys) = match resource {
			Resource::Record(_) => (parent.from_epoch, 1),
			Resource::Stream(_) => self.stream_epochs(owner, terms),
		};
		let sent = self.terms_of(terms, from_epoch, keys);
		let expires_at = sent.expires_at;
		let in_time = parent.expires_at.is_none_or(|end| expires_at.is_some_and(|own| own <= end));
		// A delegated grant lives for three blocks, or as long as its parent.
		let soon = u64::from(self.now) + 3;
		let earliest = parent.expires_at.map_or(soon, |end| end.min(soon));
		let in_time = in_time && expires_at.is_none_or(|own| own >= earliest);
		let allowed = self.holds(n)
			&& parent.delegable
			&& by == parent.grantee
			&& in_time
			&& from_epoch >= parent.from_epoch
			&& self.depth(n) < 4
			&& self.acceptable(owner, by, terms);
		let number = self.next_reference();
		let done = Grants::delegate(signed(by), id, reference(number), terms.grantee, sent);
		if allowed && done.is_ok() {
			self.add(ModelGrant {
				id: GrantId::derive(by, &reference(number)),
				grantor: by,
				grantee: terms.grantee,
				resource,
				owner,
				permission,
				from_epoch,
				expires_at,
				delegable: terms.delegable,
				parent: Some(n),
				revoked: false,
				keys: (from_epoch..from_epoch + keys).collect(),
			});
		}
		// What waits for clean-up counts among the delegated ones too.
		let most = Delegations::<Test>::get(resource).len();
		let expected = match unless_full(allowed, terms.grantee, resource) {
			Expected::Applied if most >= 8 => Expected::Either,
			expected => expected,
		};
		(expected, plain(done))
	}

	fn revoke(&mut self, by: OrganizationId, grant: Index) -> Outcome {
		if self.grants.is_empty() {
			return (Expected::Applied, Ok(()));
		}
		let n = grant.index(self.grants.len());
		let held = self.holds(n);
		let active = self.active(by);
		let grant = &mut self.grants[n];
		let done = Grants::revoke(signed(by), grant.id);
		let authorized = active && (by == grant.grantor || by == grant.owner);
		// A grant that has expired can be revoked as long as it is there.
		let expected = if authorized && !held && !grant.revoked {
			Expected::Either
		} else {
			(authorized && held).into()
		};
		grant.revoked |= done.is_ok();
		(expected, done.map(|_| ()).map_err(|error| error.error))
	}

	fn request(&mut self, by: OrganizationId, of: OrganizationId, append: bool) -> Outcome {
		let permission = if append { Permission::Append } else { Permission::Read };
		let allowed = by != of && self.active(by);
		let reference = reference(self.next_reference());
		if allowed {
			self.requests.push(ModelRequest {
				id: AccessRequestId::derive(by, &reference),
				requester: by,
				owner: of,
				permission,
				answered: false,
			});
		}
		let resource = Resource::Stream(stream_of(of));
		let why = purpose("credit check");
		let done = Grants::request_access(signed(by), reference, resource, permission, why);
		(allowed.into(), plain(done))
	}

	/// Whether an organization can answer a request now.
	fn answerable(&self, by: OrganizationId, request: usize) -> bool {
		let request = &self.requests[request];
		let is_there = AccessRequests::<Test>::contains_key(request.id);
		is_there && !request.answered && by == request.owner && self.active(by)
	}

	fn approve(&mut self, by: Option<OrganizationId>, request: Index, terms: Terms) -> Outcome {
		if self.requests.is_empty() {
			return (Expected::Applied, Ok(()));
		}
		let n = request.index(self.requests.len());
		let by = by.unwrap_or(self.requests[n].owner);
		let ready = self.answerable(by, n);
		let ModelRequest { id, requester, owner, permission, .. } = self.requests[n];
		let terms = Terms { grantee: requester, ..terms };
		let (from_epoch, keys) = self.stream_epochs(owner, terms);
		let sent = self.terms_of(terms, from_epoch, keys);
		let expires_at = sent.expires_at;
		let resource = Resource::Stream(stream_of(owner));
		let allowed =
			ready && self.stream(owner).epoch.is_some() && self.acceptable(owner, by, terms);
		let reference = reference(self.next_reference());
		let done = Grants::approve(signed(by), id, reference, sent);
		if allowed && done.is_ok() {
			self.requests[n].answered = true;
			self.add(ModelGrant {
				id: GrantId::derive(by, &reference),
				grantor: by,
				grantee: requester,
				resource,
				owner,
				permission,
				from_epoch,
				expires_at,
				delegable: terms.delegable,
				parent: None,
				revoked: false,
				keys: (from_epoch..from_epoch + keys).collect(),
			});
		}
		(unless_full(allowed, requester, resource), plain(done))
	}

	fn deny(&mut self, by: Option<OrganizationId>, request: Index) -> Outcome {
		if self.requests.is_empty() {
			return (Expected::Applied, Ok(()));
		}
		let n = request.index(self.requests.len());
		let by = by.unwrap_or(self.requests[n].owner);
		let ready = self.answerable(by, n);
		self.requests[n].answered |= ready;
		(ready.into(), Grants::deny(signed(by), self.requests[n].id, purpose("no")))
	}

	fn write(&mut self, by: OrganizationId, of: OrganizationId, old_epoch: bool) -> Outcome {
		let current = self.stream(of).epoch;
		let epoch = current.unwrap_or(0).saturating_sub(old_epoch.into());
		let allowed = self.active(by)
			&& current == Some(epoch)
			&& !self.rotation_due(of)
			&& (by == of || self.may_append(by, of));
		let number = self.next_reference();
		let done = write(by, stream_of(of), number, epoch);
		if let Ok(id) = done {
			self.records.push(ModelRecord { id, owner: of, author: by, epoch });
		}
		(allowed.into(), done.map(|_| ()))
	}
}

/// Lists have bounds, and what waits for clean-up fills them too.
fn unless_full(allowed: bool, grantee: OrganizationId, resource: Resource) -> Expected {
	let full = GrantsByGrantee::<Test>::get(grantee, resource).is_full()
		|| GrantCounts::<Test>::get(resource) == limits::MAX_GRANTS_PER_RESOURCE;
	if allowed && full { Expected::Either } else { allowed.into() }
}

/// [`by`], where an argument has that name.
fn signed(organization: OrganizationId) -> RuntimeOrigin {
	by(organization)
}
