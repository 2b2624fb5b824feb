//! The state that the pallet should be in. It keeps everything and has no indices.

use super::steps::{ORGANIZATIONS, Terms};
use crate::mock::*;
use credio_primitives::{
	AccessRequestId, Denial, GrantId, GrantStatus, KeyEpoch, OrganizationId, Permission, RecordId,
	Resource, StreamId,
};
use pallet_support::traits::AppendGrants;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct ModelGrant {
	pub id: GrantId,
	pub grantor: OrganizationId,
	pub grantee: OrganizationId,
	pub resource: Resource,
	pub owner: OrganizationId,
	pub permission: Permission,
	pub from_epoch: KeyEpoch,
	pub expires_at: Option<u64>,
	pub delegable: bool,
	pub parent: Option<usize>,
	pub revoked: bool,
	/// Epochs with a secret that its holder was given.
	pub keys: BTreeSet<KeyEpoch>,
}

#[derive(Debug)]
pub(super) struct ModelRecord {
	pub id: RecordId,
	pub owner: OrganizationId,
	pub author: OrganizationId,
	pub epoch: KeyEpoch,
}

#[derive(Debug)]
pub(super) struct ModelRequest {
	pub id: AccessRequestId,
	pub requester: OrganizationId,
	pub owner: OrganizationId,
	pub permission: Permission,
	pub answered: bool,
}

/// A stream is known by its owner.
#[derive(Debug, Default)]
pub(super) struct ModelStream {
	pub epoch: Option<KeyEpoch>,
	/// Grants with the present secret wrapped to their holders.
	pub secret_known_to: Vec<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
	pub now: u32,
	pub references: u32,
	pub suspended: [bool; ORGANIZATIONS as usize],
	pub streams: [ModelStream; 2],
	pub grants: Vec<ModelGrant>,
	pub records: Vec<ModelRecord>,
	pub requests: Vec<ModelRequest>,
}

/// The expected result of a step.
#[derive(Debug, PartialEq)]
pub(super) enum Expected {
	Applied,
	Refused,
	/// It depends on how far clean-up has come.
	Either,
}

impl From<bool> for Expected {
	fn from(allowed: bool) -> Self {
		if allowed { Self::Applied } else { Self::Refused }
	}
}

impl Model {
	/// Returns the model of [`new_test_ext`].
	pub(super) fn new() -> Self {
		Self { now: 1, ..Self::default() }
	}

	pub(super) fn active(&self, organization: OrganizationId) -> bool {
		!self.suspended[organization as usize]
	}

	pub(super) fn stream(&self, owner: OrganizationId) -> &ModelStream {
		&self.streams[owner as usize]
	}

	/// A grant holds if it was not revoked, its last block has not passed, and the same is true of its parent.
	pub(super) fn holds(&self, grant: usize) -> bool {
		let grant = &self.grants[grant];
		!grant.revoked
			&& grant.expires_at.is_none_or(|end| u64::from(self.now) <= end)
			&& grant.parent.is_none_or(|parent| self.holds(parent))
	}

	pub(super) fn depth(&self, grant: usize) -> u32 {
		1 + self.grants[grant].parent.map_or(0, |parent| self.depth(parent))
	}

	pub(super) fn holding(&self) -> impl Iterator<Item = (usize, &ModelGrant)> {
		self.grants.iter().enumerate().filter(|(n, _)| self.holds(*n))
	}

	pub(super) fn holding_on_stream(
		&self,
		owner: OrganizationId,
	) -> Vec<(usize, GrantId, OrganizationId)> {
		self.holding()
			.filter(|(_, grant)| grant.resource == Resource::Stream(stream_of(owner)))
			.map(|(n, grant)| (n, grant.id, grant.grantee))
			.collect()
	}

	/// A new secret is due as soon as somebody who was given the present one has lost the right to it.
	pub(super) fn rotation_due(&self, owner: OrganizationId) -> bool {
		self.stream(owner).secret_known_to.iter().any(|grant| !self.holds(*grant))
	}

	pub(super) fn may_append(&self, organization: OrganizationId, owner: OrganizationId) -> bool {
		self.holding().any(|(_, grant)| {
			grant.grantee == organization
				&& grant.permission == Permission::Append
				&& grant.resource == Resource::Stream(stream_of(owner))
		})
	}

	pub(super) fn may_read(&self, organization: OrganizationId, record: &ModelRecord) -> bool {
		let granted = self.holding().any(|(_, grant)| {
			let covers = match grant.resource {
				Resource::Record(id) => id == record.id,
				Resource::Stream(id) => {
					id == stream_of(record.owner)
						&& grant.from_epoch <= record.epoch
						&& grant.keys.contains(&record.epoch)
				},
			};
			let allows = grant.permission == Permission::Read || record.author == organization;
			grant.grantee == organization && covers && allows
		});
		self.active(organization) && (organization == record.owner || granted)
	}

	pub(super) fn add(&mut self, grant: ModelGrant) {
		if matches!(grant.resource, Resource::Stream(_)) {
			let n = self.grants.len();
			self.streams[grant.owner as usize].secret_known_to.push(n);
		}
		self.grants.push(grant);
	}

	/// The terms on a stream as they are sent: its first epoch and the number of keys.
	pub(super) fn stream_epochs(&self, owner: OrganizationId, terms: Terms) -> (KeyEpoch, u32) {
		let current = self.stream(owner).epoch.unwrap_or(0);
		let from = current.saturating_sub(terms.epochs_back);
		(from, current - from + 1)
	}

	/// Checks that the pallet is in the state of the model.
	pub(super) fn compare(&self) {
		for (n, grant) in self.grants.iter().enumerate() {
			let stored = crate::Grants::<Test>::get(grant.id);
			let holds = stored.is_some_and(|stored| Grants::status(&stored) == GrantStatus::Active);
			assert_eq!(holds, self.holds(n), "{grant:?}");
		}
		for owner in [OWNER, READER] {
			let stream: StreamId = stream_of(owner);
			let state = Grants::key_epoch(&stream);
			assert_eq!(state.map(|state| state.current), self.stream(owner).epoch);
			let due = state.is_some_and(|state| state.rotation_due);
			assert_eq!(due, self.rotation_due(owner), "of {owner}");
			for organization in 0..ORGANIZATIONS {
				let may_append = Grants::may_append(organization, &stream);
				assert_eq!(may_append, self.may_append(organization, owner));
			}
		}
		for record in &self.records {
			for organization in 0..ORGANIZATIONS {
				let access = Grants::read_access(&grantor(organization), &record.id);
				let may_read = self.may_read(organization, record);
				assert_eq!(access.is_ok(), may_read, "{organization} reads {record:?}");
				let suspended = access == Err(Denial::Suspended);
				assert_eq!(suspended, !self.active(organization));
			}
		}
		Grants::do_try_state().unwrap();
	}
}
