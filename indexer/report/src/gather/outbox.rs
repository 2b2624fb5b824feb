//! Reads an outbox for a report.

use super::error::{Result, ensure_exists};
use crate::activity::OutboxUse;
use credio_database::Address;
use credio_outbox::{ItemState, Listed, Outbox};
use credio_primitives::BlockNumber;
use credio_vault::Vault;
use std::{collections::BTreeMap, sync::Arc};

/// Outcomes that are read at once.
const PAGE: u32 = 1_000;
/// Most reasons that are listed.
const MAX_PROBLEMS: usize = 1_000;

/// Reads an outbox, outcome after outcome.
#[derive(Debug)]
pub struct OutboxReader {
	outbox: Outbox,
	/// The last outcome that was read.
	read: i64,
	/// Outcomes of later blocks than the report has.
	later: Vec<Listed>,
	known: OutboxUse,
}

impl OutboxReader {
	/// Opens an existing outbox.
	///
	/// # Errors
	///
	/// [`GatherError::NoDatabase`](super::GatherError::NoDatabase), [`GatherError::Outbox`](super::GatherError::Outbox).
	pub async fn open(url: &str, vault: Arc<dyn Vault>) -> Result<Self> {
		ensure_exists("outbox", &Address::new(url))?;
		let outbox = Outbox::open(url, vault).await?;
		Ok(Self { outbox, read: 0, later: Vec::new(), known: OutboxUse::default() })
	}

	/// Counts the items that were decided at the blocks from `first` to `last`. Keeps those of later blocks if `is_open`:
	/// then a later call asks for them.
	pub(super) async fn count(
		&mut self,
		first: BlockNumber,
		last: BlockNumber,
		is_open: bool,
	) -> Result<OutboxUse> {
		let mut times = Vec::new();
		for item in std::mem::take(&mut self.later) {
			self.add(item, (first, last), is_open, &mut times);
		}
		loop {
			let page = self.outbox.outcomes_after(self.read, PAGE).await?;
			let Some(end) = page.last().and_then(|item| item.outcome_number) else { break };
			self.read = end;
			for item in page {
				self.add(item, (first, last), is_open, &mut times);
			}
		}
		if !times.is_empty() {
			self.known.times.extend(times);
		}
		let counts = self.outbox.counts().await?;
		let undecided = counts.iter().filter(|(state, _)| !state.has_ended());
		self.known.undecided = undecided.map(|(_, count)| u64::try_from(*count).unwrap_or(0)).sum();
		Ok(self.known.clone())
	}

	fn add(
		&mut self,
		item: Listed,
		(first, last): (BlockNumber, BlockNumber),
		is_open: bool,
		times: &mut Vec<u64>,
	) {
		let decided = item.decided_at.unwrap_or_default();
		if decided > i64::from(last) {
			if is_open {
				self.later.push(item);
			}
			return;
		}
		if decided < i64::from(first) {
			return;
		}
		let ended = &mut self.known.ended;
		match item.state {
			ItemState::Applied => ended.applied += 1,
			ItemState::Rejected => ended.rejected += 1,
			ItemState::Expired => ended.expired += 1,
			ItemState::Undetermined => ended.undetermined += 1,
			ItemState::Waiting | ItemState::Sending => return,
		}
		if matches!(item.state, ItemState::Applied | ItemState::Rejected) {
			let taken = item.stored_at.zip(item.ended_at);
			match taken.map(|(stored, ended)| u64::try_from(ended.saturating_sub(stored))) {
				Some(Ok(time)) => times.push(time),
				// Stored by older software, or with a clock that was set back.
				_ => self.known.times.unknown += 1,
			}
		}
		if item.state != ItemState::Applied {
			let why = item.problem.unwrap_or_else(|| item.state.name().into());
			count(&mut self.known.problems, why);
		}
	}
}

fn count(problems: &mut BTreeMap<String, u64>, why: String) {
	let is_known = problems.contains_key(&why) || problems.len() < MAX_PROBLEMS;
	*problems.entry(if is_known { why } else { "others".into() }).or_default() += 1;
}
