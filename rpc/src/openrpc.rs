//! The OpenRPC document that `rpc.discover` returns.
//!
//! The tests build it from the types of the methods: each area describes its methods in its `docs`, and the examples are
//! calls of a node in memory. `CREDIO_WRITE_VECTORS=1` writes the document again.

#[cfg(test)]
pub(crate) mod builder;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;

use crate::error::Error;

/// The document, as JSON text.
pub const DOCUMENT: &str = include_str!("../openrpc.json");

/// Returns the document.
pub fn document() -> Result<serde_json::Value, Error> {
	serde_json::from_str(DOCUMENT).map_err(Error::internal)
}
