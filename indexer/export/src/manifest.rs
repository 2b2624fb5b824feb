//! The manifest: subject, streams with the fates of their entries, and files of an export.

use super::{
	error::{ExportError, Result},
	folder::Written,
	format::FileFormat,
	table::Table,
};
use credio_index::store::{Cursor, export::Origin};
use credio_primitives::{
	BlockNumber, Digest, OrganizationId, RecordId, Sequence, StreamId, merkle::Frontier,
};
use credio_view::view::{MAX_DEFINITION_LENGTH, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Version of the format of manifests.
pub const FORMAT: &str = "credio/export/v2";
/// Longest manifest that is read, in bytes.
pub(crate) const MAX_MANIFEST_LENGTH: u64 = 256 << 20;

/// The exported view or stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
	tag = "kind",
	rename_all = "camelCase",
	rename_all_fields = "camelCase",
	deny_unknown_fields
)]
pub enum Subject {
	/// Rows of a view.
	View {
		/// Its name.
		name: String,
		/// SHA-256 that names the definition.
		digest: String,
		/// The definition in its stored form.
		definition: String,
		/// The filter; all rows without one.
		filter: Option<String>,
		/// Whether it includes replaced rows.
		history: bool,
	},
	/// Entries of a stream.
	Stream {
		/// The stream.
		id: StreamId,
		/// Its owner.
		owner: OrganizationId,
		/// Its name.
		name: String,
	},
}

impl Subject {
	pub(crate) fn of_view(view: &View, filter: Option<String>, history: bool) -> Self {
		Self::View {
			name: view.name.clone(),
			digest: hex::encode(view.digest()),
			definition: view.stored().into(),
			filter,
			history,
		}
	}

	/// Returns the view.
	pub(crate) fn view(&self) -> std::result::Result<Option<View>, String> {
		let Self::View { name, digest, definition, .. } = self else { return Ok(None) };
		if definition.len() > MAX_DEFINITION_LENGTH {
			return Err("the definition of the view is too long".into());
		}
		let view = View::from_stored(definition).map_err(|error| error.to_string())?;
		if hex::encode(view.digest()) != *digest
			|| view.name != *name
			|| view.stored() != definition
		{
			return Err("the definition of the view is not the one that its digest names".into());
		}
		Ok(Some(view))
	}

	/// Returns the columns.
	pub(crate) fn table(&self) -> std::result::Result<Table, String> {
		Ok(self.view()?.as_ref().map_or_else(Table::of_stream, Table::of_view))
	}
}

/// The fate of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
	/// It has rows; in an export of a stream, one row with its document.
	Rows,
	/// It is an anchor, and has no document.
	Anchor,
	/// The organization could not read it.
	Unreadable,
	/// It does not belong to the view, or has no rows.
	OtherDocument,
	/// It does not fit the view.
	Unfit,
	/// It was replaced.
	Superseded,
	/// The filter left it out.
	Filtered,
}

impl Fate {
	const ALL: [Self; 7] = [
		Self::Rows,
		Self::Anchor,
		Self::Unreadable,
		Self::OtherDocument,
		Self::Unfit,
		Self::Superseded,
		Self::Filtered,
	];
}

/// An entry: a line of `entries.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryLine {
	/// Its stream.
	pub stream: StreamId,
	/// Its position there.
	pub sequence: Sequence,
	/// Its name.
	pub record: RecordId,
	/// The block that has it.
	pub block: BlockNumber,
	/// `blake2_256` of its name and header in SCALE.
	pub header: Digest,
	/// Its fate.
	pub fate: Fate,
	/// Why it could not be read, or does not fit.
	pub why: Option<String>,
	/// Rows that are in the parts.
	pub rows: u64,
	/// Replaced rows.
	pub superseded: u64,
	/// Rows that the filter left out.
	pub filtered: u64,
	/// SHA-256 of its rows in the parts, each as a line of JSON; null if there are none.
	pub digest: Option<String>,
}

impl EntryLine {
	/// Returns its position. Entries are in this order.
	pub(crate) fn position(&self) -> (BlockNumber, StreamId, Sequence) {
		(self.block, self.stream, self.sequence)
	}

	pub(crate) fn is_of(&self, origin: &Origin) -> bool {
		self.record == origin.record
			&& self.position() == (origin.block, origin.stream, origin.sequence)
	}

	/// Returns its name in findings.
	pub(crate) fn name(&self) -> String {
		format!("entry {} of stream {} ({})", self.sequence, self.stream, self.record)
	}
}

/// Numbers of entries and rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
	/// Entries.
	pub entries: u64,
	/// Rows in the parts.
	pub rows: u64,
	/// Replaced rows.
	pub superseded_rows: u64,
	/// Rows that the filter left out.
	pub filtered_rows: u64,
	/// Entries by fate.
	pub fates: BTreeMap<Fate, u64>,
}

impl Default for Counts {
	fn default() -> Self {
		Self {
			entries: 0,
			rows: 0,
			superseded_rows: 0,
			filtered_rows: 0,
			fates: Fate::ALL.into_iter().map(|fate| (fate, 0)).collect(),
		}
	}
}

impl Counts {
	pub(crate) fn add(&mut self, entry: &EntryLine) {
		self.entries = self.entries.saturating_add(1);
		self.rows = self.rows.saturating_add(entry.rows);
		self.superseded_rows = self.superseded_rows.saturating_add(entry.superseded);
		self.filtered_rows = self.filtered_rows.saturating_add(entry.filtered);
		let of_fate = self.fates.entry(entry.fate).or_default();
		*of_fate = of_fate.saturating_add(1);
	}
}

/// A stream that the export covers, from its first entry to the last one as of the export's block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CoveredStream {
	/// The stream.
	pub id: StreamId,
	/// Its owner.
	pub owner: OrganizationId,
	/// Its name.
	pub name: String,
	/// First position, which is 0; null without entries.
	pub from: Option<Sequence>,
	/// Last position.
	pub to: Option<Sequence>,
	/// Root of the tree of `primitives/src/merkle.rs` over its entries in order; what stands there for a document's
	/// commitment is [`EntryLine::header`].
	pub root: Option<Digest>,
	/// Their numbers.
	pub counts: Counts,
}

/// A stream that is being counted entry by entry.
pub(crate) struct Tally {
	stream: CoveredStream,
	tree: Frontier,
}

impl Tally {
	pub(crate) fn new(id: StreamId, owner: OrganizationId, name: String) -> Self {
		let counts = Counts::default();
		let stream = CoveredStream { id, owner, name, from: None, to: None, root: None, counts };
		Self { stream, tree: Frontier::default() }
	}

	/// Adds an entry. Returns `false` if it is not the next one.
	pub(crate) fn add(&mut self, entry: &EntryLine) -> bool {
		let is_next = entry.sequence == self.tree.leaves();
		self.stream.from.get_or_insert(entry.sequence);
		self.stream.to = Some(entry.sequence);
		self.tree.push(&entry.header);
		self.stream.counts.add(entry);
		is_next
	}

	pub(crate) fn finish(self) -> CoveredStream {
		CoveredStream { root: self.tree.root(), ..self.stream }
	}
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportFile {
	/// Its name.
	pub name: String,
	/// Its rows; lines of `entries.jsonl`.
	pub rows: u64,
	/// Its length.
	pub bytes: u64,
	/// SHA-256 of it.
	pub sha256: String,
}

impl ExportFile {
	pub(crate) fn new(name: String, rows: u64, written: Written) -> Self {
		Self { name, rows, bytes: written.bytes, sha256: hex::encode(written.sha256) }
	}
}

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
	/// [`FORMAT`].
	pub format: String,
	/// Hash of the chain's first block.
	pub chain: Digest,
	/// The organization that owns the index.
	pub organization: OrganizationId,
	/// The exported view or stream.
	pub subject: Subject,
	/// Format of the parts.
	pub files_are: FileFormat,
	/// Rows of each part except the last.
	pub rows_per_part: u64,
	/// The last block that the index had.
	pub at: Cursor,
	/// Block of the first entry.
	pub first_block: Option<BlockNumber>,
	/// Block of the last entry.
	pub last_block: Option<BlockNumber>,
	/// The streams, by id.
	pub streams: Vec<CoveredStream>,
	/// All streams together.
	pub counts: Counts,
	/// All other files.
	pub files: Vec<ExportFile>,
	/// SHA-256 of the manifest with an empty text here, as JSON without white space.
	pub digest: String,
}

impl Manifest {
	/// Returns the digest that the manifest should have.
	pub(crate) fn computed_digest(&self) -> Result<String> {
		let without = Self { digest: String::new(), ..self.clone() };
		let text = serde_json::to_vec(&without).map_err(ExportError::json)?;
		Ok(hex::encode(Sha256::digest(text)))
	}

	/// Returns the content of its file.
	pub(crate) fn text(&self) -> Result<Vec<u8>> {
		let mut text = serde_json::to_vec_pretty(self).map_err(ExportError::json)?;
		text.push(b'\n');
		Ok(text)
	}

	/// Returns the number of parts: at least one, so that a file has the columns.
	#[must_use]
	pub fn parts(&self) -> u64 {
		self.counts.rows.div_ceil(self.rows_per_part.max(1)).max(1)
	}

	/// Returns the part with a row, counted from 0, and the number of the row in it, counted from 1.
	pub(crate) fn place_of(&self, row: u64) -> (String, u64) {
		let size = self.rows_per_part.max(1);
		(self.files_are.part(row / size + 1), row % size + 1)
	}
}
