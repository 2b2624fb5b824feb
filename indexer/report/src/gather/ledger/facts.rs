//! Grants and access requests of a report.

use super::super::text::text;
use super::{KnownGrant, KnownRequest, Ledger};
use crate::activity::{AccessFact, Answer, GrantFact, Subject};
use credio_client::{Client, Error, Past};
use credio_primitives::{
	AccessRequestId, AccessRequestState, BlockNumber, GrantId, Moment, Permission, Resource,
	StreamId,
};
use std::collections::BTreeMap;

impl Ledger {
	/// Returns when a block was made.
	async fn time(&mut self, client: &Client, block: BlockNumber) -> Result<u64, Error> {
		if let Some(time) = self.times.get(&block) {
			return Ok(*time);
		}
		let time = client.block_time(block).await?;
		self.times.insert(block, time);
		Ok(time)
	}

	/// Returns the grants after the last block, which was made at `now`.
	pub(crate) async fn grant_facts(
		&mut self,
		client: &Client,
		now: Moment,
		names: &BTreeMap<StreamId, String>,
	) -> Result<Vec<GrantFact>, Error> {
		let given = self.grants.values().map(|known| known.grant.granted_at).collect::<Vec<_>>();
		for block in given {
			self.time(client, block).await?;
		}
		let fact = |(id, known): (&GrantId, &KnownGrant)| {
			let grant = &known.grant;
			GrantFact {
				id: id.to_string(),
				grantor: grant.grantor,
				grantee: grant.grantee,
				subject: subject(&grant.resource, names),
				is_append: grant.permission == Permission::Append,
				purpose: known.has_purpose.then(|| text(&grant.purpose)),
				given_at: self.times.get(&grant.granted_at).copied().unwrap_or_default(),
				ended: known.end(now),
				ends_at: grant.expires_at,
			}
		};
		Ok(self.grants.iter().map(fact).collect())
	}

	/// Returns the access requests after the last block, where `past` is, and which was made at `now`.
	pub(crate) async fn access_facts(
		&mut self,
		client: &Client,
		past: &Past<'_>,
		now: Moment,
		names: &BTreeMap<StreamId, String>,
	) -> Result<Vec<AccessFact>, Error> {
		let ids: Vec<AccessRequestId> = self.access.keys().copied().collect();
		let mut facts = Vec::new();
		for id in ids {
			let Some((asked, removable, is_open)) = self.access.get(&id).map(|known| {
				let KnownRequest { request, answered } = known;
				(request.requested_at, request.removable_at, answered.is_none())
			}) else {
				continue;
			};
			let asked_at = self.time(client, asked).await?;
			if is_open
				&& removable < now
				&& past.access_request(id).await?.is_none()
				&& let Some(known) = self.access.get_mut(&id)
			{
				known.answered = Some((removable, Answer::Lapsed));
			}
			let Some(KnownRequest { request, answered }) = self.access.get(&id) else { continue };
			facts.push(AccessFact {
				id: id.to_string(),
				requester: request.requester,
				owner: request.owner,
				subject: subject(&request.resource, names),
				is_append: request.permission == Permission::Append,
				purpose: text(&request.purpose),
				asked_at,
				answered: answered.clone(),
				reason: match &request.state {
					AccessRequestState::Denied(reason) => Some(text(reason)),
					_ => None,
				},
			});
		}
		Ok(facts)
	}
}

fn subject(resource: &Resource, names: &BTreeMap<StreamId, String>) -> Subject {
	match resource {
		Resource::Record(record) => Subject::Record(record.to_string()),
		Resource::Stream(stream) => {
			Subject::Stream(names.get(stream).cloned().unwrap_or_else(|| stream.to_string()))
		},
	}
}
