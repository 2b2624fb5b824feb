//! One pass over all entries of an export in the order of the chain, with the rows of each.

use super::{
	error::{ExportError, Result},
	manifest::{EntryLine, Fate, Subject},
	table::Table,
};
use credio_index::store::export::{Snapshot, StoredEntry, ViewRow, ViewTable};
use credio_primitives::{OrganizationId, StreamId};
use credio_view::filter::{self, Expression};
use sha2::{Digest as _, Sha256};
use std::collections::{HashSet, VecDeque};

/// Entries that are read at once, without documents.
const ENTRIES_AT_ONCE: u32 = 2_000;
/// Entries that are read at once, with documents.
const DOCUMENTS_AT_ONCE: u32 = 100;
/// Rows of a view that are read at once.
const ROWS_AT_ONCE: u32 = 500;

/// Receives rows and entries.
pub(crate) trait Visitor: Send {
	/// Takes a row of the export, as a line of JSON.
	fn row(&mut self, place: i64, line: &[u8]) -> Result<()>;
	/// Takes an entry, after its rows.
	fn entry(&mut self, entry: &EntryLine) -> Result<()>;
}

/// The entries that are scanned.
pub(crate) enum Scope {
	View {
		table: ViewTable,
		filter: Option<Expression>,
		filter_text: Option<String>,
		history: bool,
		/// The organization that owns the index.
		own: OrganizationId,
	},
	Stream {
		id: StreamId,
		owner: OrganizationId,
		name: String,
	},
}

impl Scope {
	/// Selects rows of a view.
	pub(crate) fn of_view(
		table: ViewTable,
		filter_text: Option<String>,
		history: bool,
		own: OrganizationId,
	) -> Result<Self> {
		let filter = filter_text.as_deref().map(|text| filter::parse(&table.view, text));
		let filter = filter.transpose().map_err(credio_index::store::StoreError::from)?;
		Ok(Self::View { table, filter, filter_text, history, own })
	}

	/// Returns the subject in the manifest.
	pub(crate) fn subject(&self) -> Subject {
		match self {
			Self::View { table, filter_text, history, .. } => {
				Subject::of_view(&table.view, filter_text.clone(), *history)
			},
			Self::Stream { id, owner, name } => {
				Subject::Stream { id: *id, owner: *owner, name: name.clone() }
			},
		}
	}

	/// Returns the columns.
	pub(crate) fn table(&self) -> Table {
		match self {
			Self::View { table, .. } => Table::of_view(&table.view),
			Self::Stream { .. } => Table::of_stream(),
		}
	}

	/// Whether the entries of a stream are scanned.
	pub(crate) fn covers(&self, id: StreamId, owner: OrganizationId, name: &str) -> bool {
		match self {
			Self::View { table, own, .. } => table.view.takes_stream(*own, id, Some((owner, name))),
			Self::Stream { id: only, .. } => id == *only,
		}
	}

	/// Scans the streams that it covers.
	pub(crate) async fn scan(
		&self,
		snapshot: &mut Snapshot,
		covered: &HashSet<StreamId>,
		visitor: &mut dyn Visitor,
	) -> Result<()> {
		let table = self.table();
		match self {
			Self::Stream { id, .. } => scan_stream(snapshot, *id, &table, visitor).await,
			Self::View { table: of, filter, history, .. } => {
				let rows = Rows {
					of,
					filter: filter.as_ref(),
					read: VecDeque::new(),
					last: -1,
					has_more: true,
				};
				scan_view(snapshot, rows, *history, covered, &table, visitor).await
			},
		}
	}
}

async fn scan_stream(
	snapshot: &mut Snapshot,
	id: StreamId,
	table: &Table,
	visitor: &mut dyn Visitor,
) -> Result<()> {
	let mut from = 0;
	loop {
		let entries = snapshot.stream(id, from, DOCUMENTS_AT_ONCE).await?;
		if entries.is_empty() {
			return Ok(());
		}
		for entry in entries {
			from = entry.origin.sequence.saturating_add(1);
			let line = table.line(&Table::entry_row(&entry));
			visitor.row(entry.place, &line)?;
			let digest = hex::encode(Sha256::digest(&line));
			visitor.entry(&EntryLine {
				rows: 1,
				digest: Some(digest),
				..entry_line(&entry, Fate::Rows)?
			})?;
		}
	}
}

async fn scan_view(
	snapshot: &mut Snapshot,
	mut rows: Rows<'_>,
	history: bool,
	covered: &HashSet<StreamId>,
	table: &Table,
	visitor: &mut dyn Visitor,
) -> Result<()> {
	let mut after = -1;
	loop {
		let entries = snapshot.entries(rows.of, after, ENTRIES_AT_ONCE).await?;
		if entries.is_empty() {
			return Ok(());
		}
		for entry in entries {
			after = entry.place;
			if !covered.contains(&entry.origin.stream) {
				continue;
			}
			let mut line = entry_line(&entry, Fate::OtherDocument)?;
			let mut digest = Sha256::new();
			while let Some(row) = rows.next_of(snapshot, entry.place).await? {
				if !history && !row.is_current {
					line.superseded += 1;
				} else if !row.is_taken {
					line.filtered += 1;
				} else {
					let text = table.line(&Table::view_row(row.place, &entry.origin, &row.values));
					visitor.row(row.place, &text)?;
					digest.update(&text);
					line.rows += 1;
				}
			}
			if line.rows > 0 {
				line.fate = Fate::Rows;
				line.digest = Some(hex::encode(digest.finalize()));
			} else if line.filtered > 0 {
				line.fate = Fate::Filtered;
			} else if line.superseded > 0 {
				line.fate = Fate::Superseded;
			}
			visitor.entry(&line)?;
		}
	}
}

/// Returns the line of an entry before its rows are read; `otherwise` is its fate if its document fits.
fn entry_line(entry: &StoredEntry, otherwise: Fate) -> Result<EntryLine> {
	let (fate, why) = match entry {
		StoredEntry { kind, .. } if kind != "record" => (Fate::Anchor, None),
		StoredEntry { problem: Some(why), .. } => (Fate::Unreadable, Some(why.clone())),
		StoredEntry { unfit: Some(why), .. } => (Fate::Unfit, Some(why.clone())),
		_ => (otherwise, None),
	};
	Ok(EntryLine {
		stream: entry.origin.stream,
		sequence: entry.origin.sequence,
		record: entry.origin.record,
		block: entry.origin.block,
		header: entry.digest.ok_or(ExportError::OldIndex)?,
		fate,
		why,
		rows: 0,
		superseded: 0,
		filtered: 0,
		digest: None,
	})
}

/// Rows of a view, read ahead.
struct Rows<'a> {
	of: &'a ViewTable,
	filter: Option<&'a Expression>,
	read: VecDeque<ViewRow>,
	last: i64,
	has_more: bool,
}

impl Rows<'_> {
	/// Returns the next row, if it belongs to the entry at this place.
	async fn next_of(&mut self, snapshot: &mut Snapshot, entry: i64) -> Result<Option<ViewRow>> {
		if self.read.is_empty() && self.has_more {
			let rows = snapshot.rows(self.of, self.filter, self.last, ROWS_AT_ONCE).await?;
			self.has_more = !rows.is_empty();
			self.last = rows.last().map_or(self.last, |row| row.place);
			self.read.extend(rows);
		}
		match self.read.front().map(ViewRow::entry) {
			Some(of) if of < entry => {
				let error = format!("row {of} has no entry");
				Err(credio_index::store::StoreError::Corrupted(error).into())
			},
			Some(of) if of == entry => Ok(self.read.pop_front()),
			_ => Ok(None),
		}
	}
}
