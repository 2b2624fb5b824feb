//! Requests for exports, and their progress.

use super::format::FileFormat;
use credio_primitives::StreamId;

/// Rows of a part by default.
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
		/// Whether to include replaced rows.
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
	/// Rows of each part except the last.
	pub part_rows: u64,
}

/// Progress of an export, or of its verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
	/// The current step.
	pub step: &'static str,
	/// How much of it is done.
	pub done: u64,
	/// The total, where it is known.
	pub total: Option<u64>,
}

/// Receives progress.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);
