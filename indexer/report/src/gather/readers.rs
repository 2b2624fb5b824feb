//! Counts the records of our streams that others may read at a block, by the rules of the chain.

use super::ledger::Ledger;
use crate::activity::{Number, Reader};
use credio_client::{Error, Past};
use credio_primitives::{
	KeyEpoch, Moment, Permission, RecordId, Resource, Sequence, StreamId, entry::EntryFilter,
};
use std::collections::{BTreeMap, BTreeSet};

/// Records of a stream, by key epoch and by who appended them.
#[derive(Debug, Default)]
struct Tally {
	next: Sequence,
	records: BTreeMap<(KeyEpoch, Number), u64>,
}

/// The rights of an organization to a stream, with the epochs from which they hold.
#[derive(Clone, Copy, Default)]
struct Rights {
	/// All records.
	read: Option<KeyEpoch>,
	/// Its own records.
	append: Option<KeyEpoch>,
}

impl Rights {
	fn cover(&self, reader: Number, epoch: KeyEpoch, author: Number) -> bool {
		self.read.is_some_and(|from| from <= epoch)
			|| (author == reader && self.append.is_some_and(|from| from <= epoch))
	}
}

/// Returns the earlier of two epochs.
fn earlier(known: Option<KeyEpoch>, other: KeyEpoch) -> Option<KeyEpoch> {
	Some(known.map_or(other, |known| known.min(other)))
}

/// Counts the records that others may read, and remembers how far it has counted.
#[derive(Debug, Default)]
pub(super) struct Readers {
	tallies: BTreeMap<StreamId, Tally>,
	/// Records that grants are on: stream, epoch and author. They never change.
	records: BTreeMap<RecordId, (StreamId, KeyEpoch, Number)>,
}

impl Readers {
	/// Returns what others may read at the block of `past`.
	pub(super) async fn at(
		&mut self,
		past: &Past<'_>,
		now: Moment,
		ledger: &Ledger,
		us: Number,
		suspended: &BTreeSet<Number>,
		names: &BTreeMap<StreamId, String>,
	) -> Result<Vec<Reader>, Error> {
		let (streams, records) = rights(ledger, now, us);
		let own = ledger.own();
		let mut readers = BTreeMap::<Number, Reader>::new();
		let reader = |organization| Reader {
			organization,
			is_suspended: suspended.contains(&organization),
			streams: Vec::new(),
			single_records: 0,
		};
		for ((organization, stream), rights) in &streams {
			if !own.contains(stream) {
				continue;
			}
			self.count(past, *stream).await?;
			let counted = self.tallies.get(stream).into_iter().flat_map(|tally| &tally.records);
			let covered = counted
				.filter(|((epoch, author), _)| rights.cover(*organization, *epoch, *author))
				.map(|(_, count)| count)
				.sum();
			let known = readers.entry(*organization).or_insert_with(|| reader(*organization));
			let covered = if known.is_suspended { 0 } else { covered };
			let name = names.get(stream).cloned().unwrap_or_else(|| stream.to_string());
			known.streams.push((name, covered));
		}
		for (organization, record) in records {
			let Some((stream, epoch, author)) = self.record(past, record).await? else { continue };
			let on_stream = streams.get(&(organization, stream)).copied().unwrap_or_default();
			if !own.contains(&stream) || on_stream.cover(organization, epoch, author) {
				continue;
			}
			let known = readers.entry(organization).or_insert_with(|| reader(organization));
			known.single_records += u64::from(!known.is_suspended);
		}
		Ok(readers.into_values().collect())
	}

	/// Counts the further entries of a stream, up to the block of `past`.
	async fn count(&mut self, past: &Past<'_>, stream: StreamId) -> Result<(), Error> {
		let tally = self.tallies.entry(stream).or_default();
		let filter = EntryFilter {
			stream: Some(stream),
			from_sequence: Some(tally.next),
			..EntryFilter::default()
		};
		let mut cursor = None;
		loop {
			let (entries, next) = past.entries(&filter, cursor).await?;
			for entry in entries {
				tally.next = entry.header.sequence.saturating_add(1);
				if let Some(epoch) = entry.header.body.epoch() {
					*tally.records.entry((epoch, entry.header.organization)).or_default() += 1;
				}
			}
			if next.is_none() {
				return Ok(());
			}
			cursor = next;
		}
	}

	async fn record(
		&mut self,
		past: &Past<'_>,
		id: RecordId,
	) -> Result<Option<(StreamId, KeyEpoch, Number)>, Error> {
		if let Some(known) = self.records.get(&id) {
			return Ok(Some(*known));
		}
		let Some(header) = past.header(id).await? else { return Ok(None) };
		let Some(epoch) = header.body.epoch() else { return Ok(None) };
		let known = (header.stream, epoch, header.organization);
		self.records.insert(id, known);
		Ok(Some(known))
	}
}

type Rightful = (BTreeMap<(Number, StreamId), Rights>, BTreeSet<(Number, RecordId)>);

/// Returns the rights of others at a moment: to streams, and to single records.
fn rights(ledger: &Ledger, at: Moment, us: Number) -> Rightful {
	let mut streams = BTreeMap::<(Number, StreamId), Rights>::new();
	let mut records = BTreeSet::new();
	for grant in ledger.holding(at) {
		match (grant.resource, grant.permission) {
			_ if grant.grantee == us => {},
			(Resource::Record(record), _) => {
				records.insert((grant.grantee, record));
			},
			(Resource::Stream(stream), permission) => {
				let rights = streams.entry((grant.grantee, stream)).or_default();
				let right = match permission {
					Permission::Read => &mut rights.read,
					Permission::Append => &mut rights.append,
				};
				*right = earlier(*right, grant.from_epoch);
			},
		}
	}
	(streams, records)
}
