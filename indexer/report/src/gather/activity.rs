//! Reads the activity of an organization from the chain, and from its outbox and index.

use super::{
	error::Result, index::count, ledger::Ledger, outbox::OutboxReader, readers::Readers,
	text::text, today::today,
};
use crate::{
	Source,
	activity::{Activity, Period, StreamUse},
	format,
};
use credio_client::{Client, Past};
use credio_index::Store;
use credio_primitives::{
	BlockNumber, OrganizationStatus, StreamId, StreamStatus, entry::StreamInfo,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Blocks that are read at once, which bounds the events in memory.
const CHUNK: BlockNumber = 16_384;
/// Calls to the node at a time.
const CONCURRENCY: usize = 16;

/// Receives how many blocks were read, and how many there are to read.
pub type OnProgress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// Reads what an activity report shows, and reads on as blocks become final.
#[derive(Debug)]
pub struct ActivityReader<'a> {
	client: &'a Client,
	outbox: Option<OutboxReader>,
	index: Option<Store>,
	/// First day of the period.
	from: Date,
	/// Last day of the period; the present day without it.
	to: Option<Date>,
	/// First block of the period, or the one after the last if there is none yet.
	first: BlockNumber,
	/// The last block that was read.
	read: BlockNumber,
	/// The last block of the period, once a block after it is final.
	end: Option<BlockNumber>,
	ledger: Ledger,
	readers: Readers,
}

impl<'a> ActivityReader<'a> {
	/// Starts to read a period, when `head` is the last final block. If `is_open`, the period goes on to the present day,
	/// whenever it is read.
	///
	/// # Errors
	///
	/// [`GatherError::Chain`](super::GatherError::Chain).
	pub async fn new(
		client: &'a Client,
		period: Period,
		is_open: bool,
		outbox: Option<OutboxReader>,
		index: Option<Store>,
		head: BlockNumber,
	) -> Result<Self> {
		// Block 0 has no time, and nothing happens in it.
		let first = client.first_block_since(period.begins_at(), 1..=head).await?;
		let ledger = Ledger::before(client, first).await?;
		Ok(Self {
			client,
			outbox,
			index,
			from: period.from(),
			to: (!is_open).then_some(period.to()),
			first,
			read: first.saturating_sub(1),
			end: None,
			ledger,
			readers: Readers::default(),
		})
	}

	/// Returns what the report shows when `head` is the last final block, and its sources.
	///
	/// # Errors
	///
	/// [`GatherError`](super::GatherError).
	pub async fn read(
		&mut self,
		head: BlockNumber,
		progress: OnProgress<'_>,
	) -> Result<(Activity, Vec<Source>)> {
		let period = self.period()?;
		let last = self.last(&period, head).await?;
		self.read_up_to(last, &period, progress).await?;
		let past = self.client.at(last).await?;
		let us = self.client.organization_id();
		let organizations = past.organizations().await?;
		let suspended: BTreeSet<_> = organizations
			.iter()
			.filter(|info| info.organization.status == OrganizationStatus::Suspended)
			.map(|info| info.id)
			.collect();
		let streams = past.streams(None).await?;
		let stream_names: BTreeMap<StreamId, String> =
			streams.iter().map(|info| (info.id, text(&info.stream.name))).collect();
		let outbox = match &mut self.outbox {
			Some(outbox) => Some(outbox.count(self.first, last, self.end.is_none()).await?),
			None => None,
		};
		let index = match &self.index {
			Some(index) => Some(count(index).await?),
			None => None,
		};
		let now = past.time().await?;
		let activity = Activity {
			organization: us,
			names: organizations
				.iter()
				.map(|info| (info.id, text(&info.organization.name)))
				.collect(),
			period,
			uploads: self.ledger.uploads.clone(),
			streams: self.streams(&streams),
			requests: self.ledger.requests.clone(),
			outbox,
			grants: self.ledger.grant_facts(self.client, now, &stream_names).await?,
			access: self.ledger.access_facts(self.client, &past, now, &stream_names).await?,
			readers: self
				.readers
				.at(&past, now, &self.ledger, us, &suspended, &stream_names)
				.await?,
			index,
		};
		let sources = self.sources(&past).await?;
		Ok((activity, sources))
	}

	fn period(&self) -> Result<Period> {
		Ok(Period::new(self.from, self.to.unwrap_or_else(today))?)
	}

	/// Returns the last final block of the period when `head` is the last final block.
	async fn last(&mut self, period: &Period, head: BlockNumber) -> Result<BlockNumber> {
		if let Some(end) = self.end {
			return Ok(end);
		}
		if self.client.block_time(head).await? < period.ends_at() {
			return Ok(head);
		}
		let after = self.client.first_block_since(period.ends_at(), 1..=head).await?;
		let end = after.saturating_sub(1);
		self.end = Some(end);
		Ok(end)
	}

	/// Reads the events up to a block.
	async fn read_up_to(
		&mut self,
		last: BlockNumber,
		period: &Period,
		progress: OnProgress<'_>,
	) -> Result<()> {
		let total = u64::from(last.saturating_sub(self.read));
		while self.read < last {
			let from = self.read.saturating_add(1);
			let to = self.read.saturating_add(CHUNK).min(last);
			let active = self.client.active_blocks(from..=to).await?;
			let blocks = stream::iter(active)
				.map(|number| self.client.events_of(number))
				.buffered(CONCURRENCY)
				.try_collect::<Vec<_>>()
				.await?;
			if !blocks.is_empty() {
				let past = self.client.at(to).await?;
				let day_of = |time| period.day_of(time);
				self.ledger.add(self.client, &past, &blocks, day_of).await?;
			}
			self.read = to;
			progress(total.saturating_sub((last - to).into()), total);
		}
		Ok(())
	}

	/// Returns our streams, and others' that we appended to.
	fn streams(&self, all: &[StreamInfo]) -> Vec<StreamUse> {
		let us = self.client.organization_id();
		let appended = &self.ledger.appended;
		all.iter()
			.filter(|info| info.stream.owner == us || appended.contains_key(&info.id))
			.map(|info| StreamUse {
				id: info.id.to_string(),
				name: text(&info.stream.name),
				owner: info.stream.owner,
				is_sealed: info.stream.status == StreamStatus::Sealed,
				entries: info.stream.next_sequence,
				by: appended.get(&info.id).cloned().unwrap_or_default(),
			})
			.collect()
	}

	async fn sources(&self, past: &Past<'_>) -> Result<Vec<Source>> {
		let last = past.at;
		let time = |time| format!("{} UTC", format::time(time));
		let mut sources =
			vec![Source::new("Chain", format!("genesis {}", self.client.limits().genesis_hash))];
		sources.push(if self.first > last.number {
			Source::new("Blocks", "no block of the period is final; the figures of its last block are those of the last one before it".to_owned())
		} else {
			let begins = self.client.block_time(self.first).await?;
			let ends = past.time().await?;
			Source::new(
				"Blocks",
				format!(
					"{} of {} to {} of {}, all final",
					format::number(self.first.into()),
					time(begins),
					format::number(last.number.into()),
					time(ends)
				),
			)
		});
		sources.push(Source::new(
			"Last block",
			format!("{}, hash {}", format::number(last.number.into()), last.hash),
		));
		sources.push(Source::new(
			"On the chain",
			"uploads, requests as the chain decided them, grants, access requests, and what partners may read: events and \
			state of these blocks, as the node told them",
		));
		if self.outbox.is_some() {
			sources.push(Source::new(
				"Outbox",
				"requests as the outbox knows them, and time to final: its items that ended at these blocks",
			));
		}
		if let Some(index) = &self.index {
			let at = index.cursor().await?.map_or_else(
				|| "which has no block yet".to_owned(),
				|cursor| format!("at block {}", format::number(cursor.number.into())),
			);
			sources.push(Source::new("Index", format!("rows of views: the index, {at}")));
		}
		Ok(sources)
	}
}
