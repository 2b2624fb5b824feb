//! What an organization did in a period, in figures.

use super::{period::Period, times::Times};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Number of an organization.
pub type Number = u32;

/// All figures of the page, without their sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
	/// The organization that the page is about.
	pub organization: Number,
	/// Names of all organizations.
	pub names: BTreeMap<Number, String>,
	/// The period.
	pub period: Period,
	/// Entries that the organization appended, by day.
	pub uploads: BTreeMap<Date, Entries>,
	/// Its own streams, and others' streams that it appended to in the period.
	pub streams: Vec<StreamUse>,
	/// Its requests, as the chain decided them.
	pub requests: Requests,
	/// Its requests, as an outbox knows them.
	pub outbox: Option<OutboxUse>,
	/// Grants that it gave or holds, and those that others gave on for what it owns, which held in the period.
	pub grants: Vec<GrantFact>,
	/// Access requests from and to it that were made, answered or open in the period.
	pub access: Vec<AccessFact>,
	/// What others may read of its data at the last block.
	pub readers: Vec<Reader>,
	/// Its index.
	pub index: Option<IndexUse>,
}

/// A number of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entries {
	/// Records.
	pub records: u64,
	/// Anchors of one document.
	pub digest_anchors: u64,
	/// Anchors of many documents.
	pub merkle_anchors: u64,
	/// Documents under those.
	pub leaves: u64,
	/// Payload bytes of the records on the chain: encrypted, and padded.
	pub bytes: u64,
}

impl Entries {
	/// Returns the number of entries.
	#[must_use]
	pub fn total(&self) -> u64 {
		self.records + self.anchors()
	}

	/// Returns the number of anchors.
	#[must_use]
	pub fn anchors(&self) -> u64 {
		self.digest_anchors + self.merkle_anchors
	}

	/// Adds other entries.
	pub fn add(&mut self, other: &Self) {
		self.records += other.records;
		self.digest_anchors += other.digest_anchors;
		self.merkle_anchors += other.merkle_anchors;
		self.leaves += other.leaves;
		self.bytes += other.bytes;
	}
}

/// A stream, with its entries in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUse {
	/// Its id.
	pub id: String,
	/// Its name.
	pub name: String,
	/// Its owner.
	pub owner: Number,
	/// Whether it takes entries no more.
	pub is_sealed: bool,
	/// Entries in it at the last block.
	pub entries: u64,
	/// Entries appended to it in the period, by organization. For a stream of another owner: by this organization only.
	pub by: BTreeMap<Number, Entries>,
}

/// Requests as the chain decided them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
	/// Applied and rejected, by day.
	pub by_day: BTreeMap<Date, Decided>,
	/// How often each error was the reason.
	pub errors: BTreeMap<String, u64>,
	/// Requests that came again after they had been decided, and changed nothing.
	pub repeated: u64,
}

/// How many requests were decided, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
	/// All calls were applied.
	pub applied: u64,
	/// None was.
	pub rejected: u64,
}

impl Requests {
	/// Returns the sum over all days.
	#[must_use]
	pub fn total(&self) -> Decided {
		self.by_day.values().fold(Decided::default(), |sum, day| Decided {
			applied: sum.applied + day.applied,
			rejected: sum.rejected + day.rejected,
		})
	}
}

/// Requests as an outbox knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxUse {
	/// Items that ended in the period.
	pub ended: Ended,
	/// Why items were rejected, in words, and how often.
	pub problems: BTreeMap<String, u64>,
	/// Items that wait or are being sent, when the page was made.
	pub undecided: u64,
	/// From storing to hearing that it is final, of applied and rejected items that ended in the period.
	pub times: Times,
}

/// Ended items of an outbox, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
	/// Applied.
	pub applied: u64,
	/// Rejected.
	pub rejected: u64,
	/// Expired.
	pub expired: u64,
	/// Outcome no longer known.
	pub undetermined: u64,
}

impl Ended {
	/// Returns the number of ended items.
	#[must_use]
	pub fn total(&self) -> u64 {
		self.applied + self.rejected + self.expired + self.undetermined
	}
}

/// What a grant or an access request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
	/// A stream, by name.
	Stream(String),
	/// One record, by id.
	Record(String),
}

/// How a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
	/// It was revoked.
	Revoked,
	/// Its last block passed.
	Expired,
	/// The one that it was delegated under ended.
	ParentEnded,
}

/// A grant that held in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFact {
	/// Its id.
	pub id: String,
	/// Who gave it.
	pub grantor: Number,
	/// Who holds it.
	pub grantee: Number,
	/// Its stream or record.
	pub subject: Subject,
	/// Whether it allows to append, and not to read.
	pub is_append: bool,
	/// Why it was given; not known of one that was given and revoked in one block.
	pub purpose: Option<String>,
	/// When it was given, in milliseconds since 1970.
	pub given_at: u64,
	/// When and how it ended, if it has.
	pub ended: Option<(u64, End)>,
	/// The last moment at which it holds, if it has one, in milliseconds since 1970.
	pub ends_at: Option<u64>,
}

/// How an access request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
	/// The owner gave a grant.
	Approved,
	/// The owner said no.
	Denied,
	/// The chain has removed it without an answer.
	Lapsed,
}

/// An access request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessFact {
	/// Its id.
	pub id: String,
	/// Who asks.
	pub requester: Number,
	/// The organization that decides.
	pub owner: Number,
	/// The stream or record.
	pub subject: Subject,
	/// Whether to append, and not to read.
	pub is_append: bool,
	/// Why.
	pub purpose: String,
	/// When, in milliseconds since 1970.
	pub asked_at: u64,
	/// When it was answered, and how; of one that lapsed, when it was to be removed.
	pub answered: Option<(u64, Answer)>,
	/// Why it was denied.
	pub reason: Option<String>,
}

/// What another organization may read at the last block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
	/// The organization.
	pub organization: Number,
	/// Whether the council has suspended it, so that it can read nothing for now.
	pub is_suspended: bool,
	/// Streams that it may read from, with the number of records.
	pub streams: Vec<(String, u64)>,
	/// Records that it may read by grants on these alone.
	pub single_records: u64,
}

impl Reader {
	/// Returns the number of records that it may read.
	#[must_use]
	pub fn records(&self) -> u64 {
		self.streams.iter().map(|(_, records)| records).sum::<u64>() + self.single_records
	}
}

/// An index of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexUse {
	/// Its views: name, and rows; `None` for one that is being built.
	pub views: Vec<(String, Option<u64>)>,
}

impl Activity {
	/// Returns the name of an organization.
	pub(super) fn name(&self, number: Number) -> String {
		match self.names.get(&number) {
			Some(name) => name.clone(),
			None => format!("organization {number}"),
		}
	}

	/// Returns the entries that the organization appended in the period.
	#[must_use]
	pub fn uploaded(&self) -> Entries {
		let mut sum = Entries::default();
		self.uploads.values().for_each(|day| sum.add(day));
		sum
	}

	/// Whether nothing happened in the period.
	#[must_use]
	pub fn is_empty(&self) -> bool {
		let began = |time: u64| self.period.has(time);
		let decided = self.requests.total();
		self.uploaded().total() == 0
			&& self.streams.iter().all(|stream| stream.by.is_empty())
			&& decided == Decided::default()
			&& self.outbox.as_ref().is_none_or(|outbox| outbox.ended.total() == 0)
			&& !self
				.grants
				.iter()
				.any(|grant| began(grant.given_at) || grant.ended.is_some_and(|(at, _)| began(at)))
			&& !self.access.iter().any(|access| {
				began(access.asked_at) || access.answered.as_ref().is_some_and(|(at, _)| began(*at))
			})
	}
}
