//! Views: tables of documents, with columns defined in TOML.
//!
//! `docs/search.md` explains the format; `samples/views/` has views to begin with.

mod definition;
mod error;
mod role;
mod types;

pub use error::ViewError;
pub use role::Role;
pub use types::{
	Column, Format, MAX_COLUMNS, MAX_DEFINITION_LENGTH, MAX_INDEXED_LENGTH, MAX_NAME_LENGTH, Mark,
	OwnerSelector, Place, Replaces, Source, StreamSelector, View,
};

pub(crate) use types::{Container, container, is_json_lines};

#[cfg(test)]
mod tests;
