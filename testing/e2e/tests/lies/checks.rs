//! Checks of the effects of a write, at an honest node.

use crate::lies::{
	world::{DOCUMENT, FUNDER, OPERATOR, OTHER, OWNER, VOTER, World, upload},
	writers::{Case, Write},
};
use credio_client::{
	Error, NewBundle,
	primitives::{
		BundleId, RecordId, Resource, StreamId, StreamStatus,
		bundle::BundleStatus,
		grant::AccessRequestFilter,
		rpc::{AccessRequestJson, AccessRequestStateJson, Bytes, LegJson},
	},
};

type Checked = Result<(), String>;

fn failed(error: impl std::fmt::Display) -> String {
	error.to_string()
}

fn need(holds: bool, otherwise: &str) -> Checked {
	match holds {
		true => Ok(()),
		false => Err(otherwise.into()),
	}
}

impl World {
	/// Checks that a client's statement about a write is true, and that its effect is the intended one. Without a
	/// statement, there may be no effect.
	pub(super) async fn check(&self, case: &Case, message: Option<&str>) -> Checked {
		let owner = &self.clients[OWNER];
		let (on_stream, on_record) = (Resource::Stream(case.stream), Resource::Record(case.record));
		match case.write {
			Write::Upload | Write::UploadFromStart => self.check_upload(case, message).await,
			Write::CreateStream => {
				let id = StreamId::derive(owner.organization_id(), case.name().as_bytes());
				let Some(message) = message else { return Ok(()) };
				need(message == id.to_string(), "another stream")?;
				owner.stream(id).await.map(|_| ()).map_err(failed)
			},
			Write::Seal => {
				let status = owner.stream(case.stream).await.map_err(failed)?.status;
				need(message.is_none() || status == StreamStatus::Sealed, "it is not sealed")
			},
			Write::Rotate => self.check_rotation(case, message).await,
			Write::Grant => self.check_grants(case, on_record, &[FUNDER], message).await,
			Write::GrantStream => self.check_grants(case, on_stream, &[FUNDER], message).await,
			Write::AddKeys => self.check_grants(case, on_stream, &[FUNDER], None).await,
			Write::Delegate => self.check_grants(case, on_stream, &[FUNDER, OTHER], message).await,
			Write::Approve => self.check_grants(case, on_record, &[OTHER], message).await,
			Write::Revoke | Write::Renounce => {
				let left = owner.held_by(on_stream, self.id(FUNDER)).await;
				let is_left =
					left.map_err(failed)?.iter().any(|left| Some(left.grant_id) == case.grant);
				need(message.is_none() || !is_left, "it is still there")
			},
			Write::Anchor => {
				let Some(message) = message else { return Ok(()) };
				let id = message.parse::<RecordId>().map_err(failed)?;
				let entry = owner.record(id).await.map_err(failed)?;
				need(entry.header.stream == case.stream, "it is in another stream")
			},
			Write::Ask => {
				let asked = self.asked_by_other(case).await.map_err(failed)?;
				let is_meant = |one: &AccessRequestJson| one.purpose == case.name();
				need(asked.iter().all(is_meant), "something else was asked for")?;
				let is_there = |message: &str| {
					asked.iter().any(|one| one.access_request_id.to_string() == message)
				};
				need(message.is_none_or(is_there), "it was not asked for")
			},
			Write::Deny => {
				let asked = self.asked_by_other(case).await.map_err(failed)?;
				let state = asked.iter().find(|one| Some(one.access_request_id) == case.access);
				let is_denied = matches!(
					state.map(|one| &one.state),
					Some(AccessRequestStateJson::Denied { reason }) if *reason == case.name()
				);
				need(message.is_none() || is_denied, "it was not denied")
			},
			Write::Propose => {
				let Some(message) = message else { return Ok(()) };
				let id = message.parse::<BundleId>().map_err(failed)?;
				let NewBundle { legs, .. } =
					crate::lies::world::bundle(owner, Some(self.id(FUNDER)), &case.name())
						.await
						.map_err(failed)?;
				let there = owner.bundle(id).await.map_err(failed)?;
				let calls = |leg: &LegJson| (leg.organization, leg.calls.clone());
				let meant = legs.into_iter().map(|leg| {
					let calls = leg.calls.into_iter().map(|call| Bytes(call.call.0));
					(leg.organization, calls.collect::<Vec<_>>())
				});
				need(there.legs.iter().map(calls).eq(meant), "another bundle")?;
				need(there.bundle.status == BundleStatus::Open, "it has ended")
			},
			Write::Consent => {
				let (id, _) = case.bundle.ok_or("it was proposed")?;
				let there = owner.bundle(id).await.map_err(failed)?.bundle.status;
				need(
					message.is_none_or(|message| message == format!("{there:?}")),
					"it ended otherwise",
				)
			},
			Write::Withdraw => {
				let (id, _) = case.bundle.ok_or("it was proposed")?;
				let there = owner.bundle(id).await.map_err(failed)?.bundle;
				need(there.status == BundleStatus::Open, "it has ended")?;
				let has_none = there.parties.iter().all(|party| party.consent.is_none());
				need(message.is_none() || has_none, "the consent is still there")
			},
			Write::Vote => self.check_motion().await,
		}
	}

	async fn check_upload(&self, case: &Case, message: Option<&str>) -> Checked {
		let Some(message) = message else { return Ok(()) };
		let id = message.parse::<RecordId>().map_err(failed)?;
		let fetched = self.clients[OWNER].fetch(id).await.map_err(failed)?;
		need(fetched.document.bytes.as_slice() == case.secret(), "another document")?;
		need(fetched.entry.header.stream == case.stream, "it is in another stream")
	}

	/// Every grantee reads documents uploaded after a rotation.
	async fn check_rotation(&self, case: &Case, message: Option<&str>) -> Checked {
		let owner = &self.clients[OWNER];
		let epoch = owner.stream(case.stream).await.map_err(failed)?.epoch;
		let current = epoch.map_or(0, |epoch| epoch.current);
		need(
			message.is_none_or(|message| message == current.to_string()),
			"another epoch is current",
		)?;
		self.check_grants(case, Resource::Stream(case.stream), &[FUNDER], None).await?;
		if current == 0 {
			return Ok(());
		}
		let later = upload(owner, case.stream, b"later", DOCUMENT).await.map_err(failed)?;
		self.check_readable(FUNDER, later).await
	}

	/// Only these organizations have grants on a resource, each has at most one, and can read by it.
	async fn check_grants(
		&self,
		case: &Case,
		resource: Resource,
		holders: &[&str],
		message: Option<&str>,
	) -> Checked {
		let mut grants = Vec::new();
		for name in [OPERATOR, VOTER, FUNDER, OTHER] {
			let held =
				self.clients[OWNER].held_by(resource, self.id(name)).await.map_err(failed)?;
			let most = usize::from(holders.contains(&name));
			need(held.len() <= most, &format!("{name} has {} grants", held.len()))?;
			if !held.is_empty() {
				self.check_readable(name, case.record).await?;
			}
			grants.extend(held);
		}
		let is_there =
			|message: &str| grants.iter().any(|grant| grant.grant_id.to_string() == message);
		need(message.is_none_or(is_there), "there is no such grant")
	}

	async fn check_readable(&self, name: &str, record: RecordId) -> Checked {
		match self.clients[name].fetch(record).await {
			Ok(fetched) => need(fetched.document.bytes.as_slice() == DOCUMENT, "another document"),
			Err(error) => Err(format!("{name} cannot read it: {error}")),
		}
	}

	/// Access requests of [`OTHER`] that concern the record of a case.
	async fn asked_by_other(&self, case: &Case) -> Result<Vec<AccessRequestJson>, Error> {
		let filter = AccessRequestFilter { record: Some(case.record), ..Default::default() };
		let other = &self.clients[OTHER];
		let mut asked = other.access_requests(&filter, usize::MAX).await?;
		asked.retain(|asked| asked.requester == other.organization_id());
		Ok(asked)
	}

	/// The motion is open, and no other seat has voted.
	async fn check_motion(&self) -> Checked {
		let motions = self.clients[OPERATOR].motions().await.map_err(failed)?;
		let motion = motions.iter().find(|motion| motion.hash == self.motion);
		let motion = motion.ok_or("the motion was closed")?;
		let voters = [OPERATOR, VOTER].map(|name| self.clients[name].account());
		let mut voted = motion.ayes.iter().chain(&motion.nays);
		need(voted.all(|seat| voters.contains(&seat)), "somebody else has voted")
	}
}
