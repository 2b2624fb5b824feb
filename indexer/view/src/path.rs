//! Paths: places of column values in a document.
//!
//! JSON and XML are both trees, so a JSONPath and an XPath-like path are read into the same [`Path`]. What they may
//! contain is in `docs/search.md`.

mod error;
mod field;
mod json;
mod scan;
mod segment;
mod steps;
mod work;
mod xml;

pub use error::{MAX_PATH_LENGTH, MAX_STEPS, PathError};
pub use field::{FieldPart, FieldPath, is_tag};
pub use json::parse as parse_json;
pub use segment::{Component, SegmentPath};
pub use steps::{Axis, Condition, Node, Operand, Path, Step, Test, distinct};
pub use work::{TooMuchWork, Work};
pub use xml::{Namespaces, parse as parse_xml};
