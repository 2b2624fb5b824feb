//! Views: how documents of any format become rows with values that can be searched.
//!
//! A [`View`] names a stream, a format and columns; [`document`] makes rows of a document by it, [`filter`] parses what
//! is searched for, and [`words`] splits text for full-text search. Nothing here reads or writes: the same bytes and the
//! same view always give the same rows. `docs/search.md` explains views and the filter language.

pub mod document;
pub mod filter;
pub mod path;
pub mod value;
pub mod view;
pub mod words;

pub use filter::FilterError;
pub use path::{
	Axis, Condition, MAX_PATH_LENGTH, MAX_STEPS, Path, PathError, SegmentPath, Step, Test,
};
pub use value::{Decimal, Type, Value};
pub use view::{View, ViewError};
