//! The events of a period, from the blocks of the chain.

mod facts;

use crate::activity::{Answer, Decided, End, Entries, Number, Requests};
use credio_client::{BlockEvents, BusinessEvent, Client, Error, Past};
use credio_primitives::{
	AccessRequest, AccessRequestId, BlockNumber, Entry, EntryBody, Grant, GrantId, GrantStatus,
	Moment, RecordId, Resource, Sequence, StreamId,
	entry::EntryFilter,
	grant::{AccessRequestFilter, GrantFilter},
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The events of the blocks that were read.
#[derive(Debug, Default)]
pub(super) struct Ledger {
	us: Number,
	/// Returns our streams.
	own: BTreeSet<StreamId>,
	/// Entries that we appended, by day.
	pub uploads: BTreeMap<Date, Entries>,
	/// Entries that anyone appended to our streams, and we to others', by stream and organization.
	pub appended: BTreeMap<StreamId, BTreeMap<Number, Entries>>,
	/// Our requests.
	pub requests: Requests,
	/// Grants that held at some time: given by us, held by us, or on our resources.
	pub grants: BTreeMap<GrantId, KnownGrant>,
	access: BTreeMap<AccessRequestId, KnownRequest>,
	/// Streams of the records that grants are on.
	records: BTreeMap<RecordId, StreamId>,
	/// Times of single blocks.
	times: BTreeMap<BlockNumber, u64>,
}

/// A grant.
#[derive(Debug)]
pub(super) struct KnownGrant {
	/// The grant as given. If it was revoked in the same block, only its event is known.
	pub grant: Grant,
	has_purpose: bool,
	/// When it was revoked, or a grant above it was.
	ended: Option<(Moment, End)>,
}

impl KnownGrant {
	/// Returns when and how it ended, as of a moment.
	fn end(&self, now: Moment) -> Option<(Moment, End)> {
		// An expired grant cannot be revoked any more, although it exists until it is removed.
		let has_expired = self.grant.has_expired(self.ended.map_or(now, |(at, _)| at));
		let expired = self.grant.expires_at.filter(|_| has_expired);
		expired.map(|end| (end, End::Expired)).or(self.ended)
	}
}

#[derive(Debug)]
struct KnownRequest {
	request: AccessRequest,
	answered: Option<(u64, Answer)>,
}

impl Ledger {
	/// Returns the state before the first block of a period.
	pub(super) async fn before(client: &Client, first: BlockNumber) -> Result<Self, Error> {
		let us = client.organization_id();
		let mut ledger = Self { us, ..Self::default() };
		let past = client.at(first.saturating_sub(1)).await?;
		ledger.own.extend(past.streams(Some(us)).await?.into_iter().map(|stream| stream.id));
		for found in past.grants(&GrantFilter::default()).await? {
			if found.status == GrantStatus::Active && ledger.concerns(&past, &found.grant).await? {
				let known = KnownGrant { grant: found.grant, has_purpose: true, ended: None };
				ledger.grants.insert(found.grant_id, known);
			}
		}
		let asked = AccessRequestFilter { requester: Some(us), ..AccessRequestFilter::default() };
		let answers = AccessRequestFilter { owner: Some(us), ..AccessRequestFilter::default() };
		for filter in [asked, answers] {
			let filter = AccessRequestFilter { pending: true, ..filter };
			for found in past.access_requests(&filter).await? {
				let known = KnownRequest { request: found.request, answered: None };
				ledger.access.insert(found.access_request_id, known);
			}
		}
		Ok(ledger)
	}

	/// Returns the grants that hold at a moment.
	///
	/// Grants above them may be unknown here, and need not be asked: the chain emits an event for every grant that ends with one
	/// above, and none outlives its parent's last moment.
	pub(super) fn holding(&self, at: Moment) -> impl Iterator<Item = &Grant> {
		self.grants.values().filter(move |known| known.end(at).is_none()).map(|known| &known.grant)
	}

	/// Adds the events of some blocks, in their order. `past` is at the last of them.
	pub(super) async fn add(
		&mut self,
		client: &Client,
		past: &Past<'_>,
		blocks: &[BlockEvents],
		day_of: impl Fn(u64) -> Option<Date>,
	) -> Result<(), Error> {
		// Streams are never removed, and every one of ours is known by the end of these blocks.
		self.own.extend(past.streams(Some(self.us)).await?.into_iter().map(|stream| stream.id));
		let mut appended = BTreeMap::<StreamId, (Sequence, Sequence)>::new();
		for block in blocks {
			for event in &block.events {
				match event {
					BusinessEvent::EntryAppended { stream, sequence, organization, .. }
						if *organization == self.us || self.own.contains(stream) =>
					{
						let range = appended.entry(*stream).or_insert((*sequence, *sequence));
						*range = (range.0.min(*sequence), range.1.max(*sequence));
					},
					event => self.note(client, block, event, &day_of).await?,
				}
			}
		}
		let days: BTreeMap<BlockNumber, Option<Date>> =
			blocks.iter().map(|block| (block.block, day_of(block.time))).collect();
		for (stream, range) in appended {
			self.add_entries(past, stream, range, &days).await?;
		}
		Ok(())
	}

	/// Adds the entries of a stream in a range of sequence numbers.
	async fn add_entries(
		&mut self,
		past: &Past<'_>,
		stream: StreamId,
		(first, last): (Sequence, Sequence),
		days: &BTreeMap<BlockNumber, Option<Date>>,
	) -> Result<(), Error> {
		// Only our entries of others' streams.
		let organization = (!self.own.contains(&stream)).then_some(self.us);
		let filter = EntryFilter {
			stream: Some(stream),
			organization,
			from_sequence: Some(first),
			to_sequence: Some(last),
			..EntryFilter::default()
		};
		let mut cursor = None;
		loop {
			let (entries, next) = past.entries(&filter, cursor).await?;
			for entry in entries {
				let Some(day) = days.get(&entry.header.block).copied().flatten() else { continue };
				let counted = counted(&entry);
				let organization = entry.header.organization;
				let of_stream = self.appended.entry(stream).or_default();
				of_stream.entry(organization).or_default().add(&counted);
				if organization == self.us {
					self.uploads.entry(day).or_default().add(&counted);
				}
			}
			if next.is_none() {
				return Ok(());
			}
			cursor = next;
		}
	}

	async fn note(
		&mut self,
		client: &Client,
		block: &BlockEvents,
		event: &BusinessEvent,
		day_of: impl Fn(u64) -> Option<Date>,
	) -> Result<(), Error> {
		let us = self.us;
		match event {
			BusinessEvent::Applied { organization, .. } if *organization == us => {
				if let Some(day) = self.day(&day_of, block) {
					day.applied += 1;
				}
			},
			BusinessEvent::Rejected { organization, error, .. } if *organization == us => {
				if let Some(day) = self.day(&day_of, block) {
					day.rejected += 1;
				}
				*self.requests.errors.entry(error.clone()).or_default() += 1;
			},
			BusinessEvent::Repeated { organization, .. } if *organization == us => {
				self.requests.repeated += 1;
			},
			BusinessEvent::Granted { grant: id, grantor, grantee, resource, permission } => {
				let past = client.at(block.block).await?;
				let stored = past.grant(*id).await?;
				let has_purpose = stored.is_some();
				let grant = stored.unwrap_or_else(|| Grant {
					grantor: *grantor,
					grantee: *grantee,
					resource: *resource,
					permission: *permission,
					from_epoch: 0,
					purpose: Default::default(),
					expires_at: None,
					delegable: false,
					parent: None,
					granted_at: block.block,
					access_request: None,
					slot: 0,
				});
				if self.concerns(&past, &grant).await? {
					self.grants.insert(*id, KnownGrant { grant, has_purpose, ended: None });
				}
			},
			BusinessEvent::Revoked { grant } => self.end(*grant, block, End::Revoked),
			BusinessEvent::GrantRemoved { grant } => self.end(*grant, block, End::ParentEnded),
			BusinessEvent::AccessRequested { access_request, requester, owner }
				if [*requester, *owner].contains(&us) =>
			{
				let stored = client.at(block.block).await?.access_request(*access_request).await?;
				if let Some(request) = stored {
					self.access.insert(*access_request, KnownRequest { request, answered: None });
				}
			},
			BusinessEvent::AccessApproved { access_request, .. } => {
				if let Some(known) = self.access.get_mut(access_request) {
					known.answered = Some((block.time, Answer::Approved));
				}
			},
			BusinessEvent::AccessDenied { access_request } => {
				if let Some(known) = self.access.get_mut(access_request) {
					known.answered = Some((block.time, Answer::Denied));
					let past = client.at(block.block).await?;
					if let Some(request) = past.access_request(*access_request).await? {
						known.request = request;
					}
				}
			},
			_ => {},
		}
		Ok(())
	}

	fn day(
		&mut self,
		day_of: impl Fn(u64) -> Option<Date>,
		block: &BlockEvents,
	) -> Option<&mut Decided> {
		let day = day_of(block.time)?;
		Some(self.requests.by_day.entry(day).or_default())
	}

	fn end(&mut self, grant: GrantId, block: &BlockEvents, how: End) {
		if let Some(known) = self.grants.get_mut(&grant) {
			known.ended.get_or_insert((block.time, how));
		}
	}

	/// Whether we gave a grant, hold it, or own its resource.
	async fn concerns(&mut self, past: &Past<'_>, grant: &Grant) -> Result<bool, Error> {
		let of_record = match grant.resource {
			Resource::Record(record) => self.stream_of(past, record).await?,
			Resource::Stream(stream) => Some(stream),
		};
		let is_own = of_record.is_some_and(|stream| self.own.contains(&stream));
		Ok(is_own || [grant.grantor, grant.grantee].contains(&self.us))
	}

	async fn stream_of(
		&mut self,
		past: &Past<'_>,
		record: RecordId,
	) -> Result<Option<StreamId>, Error> {
		if let Some(stream) = self.records.get(&record) {
			return Ok(Some(*stream));
		}
		let stream = past.header(record).await?.map(|header| header.stream);
		if let Some(stream) = stream {
			self.records.insert(record, stream);
		}
		Ok(stream)
	}

	/// Returns our streams.
	pub(super) fn own(&self) -> &BTreeSet<StreamId> {
		&self.own
	}
}

/// Counts one entry.
fn counted(entry: &Entry) -> Entries {
	match entry.header.body {
		EntryBody::Record { size, .. } => {
			Entries { records: 1, bytes: size.into(), ..Entries::default() }
		},
		EntryBody::Object { size, .. } => Entries { records: 1, bytes: size, ..Entries::default() },
		EntryBody::DigestAnchor { .. } => Entries { digest_anchors: 1, ..Entries::default() },
		EntryBody::MerkleAnchor { leaves, .. } => {
			Entries { merkle_anchors: 1, leaves: leaves.into(), ..Entries::default() }
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::primitives::{Permission, Purpose};

	#[test]
	fn delegated_grant_holds_although_the_one_above_is_unknown() {
		let id = GrantId([1; 32]);
		let grant = Grant {
			grantor: 1,
			grantee: 2,
			resource: Resource::Stream(StreamId([3; 32])),
			permission: Permission::Read,
			purpose: Purpose::default(),
			expires_at: Some(10),
			delegable: false,
			from_epoch: 0,
			parent: Some(GrantId([9; 32])),
			granted_at: 1,
			access_request: None,
			slot: 0,
		};
		let mut ledger = Ledger::default();
		ledger.grants.insert(id, KnownGrant { grant, has_purpose: true, ended: None });
		assert_eq!(ledger.holding(10).count(), 1);
		assert_eq!(ledger.holding(11).count(), 0, "its last moment has passed");
		ledger.grants.entry(id).and_modify(|known| known.ended = Some((5, End::ParentEnded)));
		assert_eq!(ledger.holding(10).count(), 0, "a grant above has ended");
	}
}
