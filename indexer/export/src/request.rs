//! What is asked of an export, and how far it is.

use super::format::FileFormat;
use credio_primitives::StreamId;

/// Rows of a part, unless somebody says otherwise.
pub const DEFAULT_PART_ROWS: u64 = 100_000;
/// Most rows of a part.
pub const MAX_PART_ROWS: u64 = 10_000_000;

/// What to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
	/// Rows of a view.
	View {
		/// The view.
		name: String,
		/// Which rows; all without a filter.
		filter: Option<String>,
		/// Whether rows that later ones have replaced are wanted, too.
		history: bool,
	},
	/// All entries of a stream.
	Stream(StreamId),
}

/// An export to make.
#[derive(Clone, Debug)]
pub struct Request {
	/// What to export.
	pub selection: Selection,
	/// Format of the parts.
	pub format: FileFormat,
	/// Rows of each part but the last one.
	pub part_rows: u64,
}

/// How far an export, or its verification, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
	/// What is being done.
	pub step: &'static str,
	/// How much of it is done.
	pub done: u64,
	/// Of how much, where that is known.
	pub total: Option<u64>,
}

/// Is told of progress.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);
