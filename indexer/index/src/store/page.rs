//! Cursors: positions of the next page or changes, as strings. A cursor that was not made here, or for another query,
//! is refused.

use super::{
	error::{Result, StoreError},
	query::Query,
};
use credio_view::{value::Value, view::View};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

/// Longest cursor, in characters.
const MAX_LENGTH: usize = 1 << 20;
/// Bytes of the checksum.
const CHECKSUM: usize = 8;

/// The last row of a page: its sort values and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Position {
	pub values: Vec<Option<Value>>,
	pub place: i64,
}

#[derive(Serialize, Deserialize)]
struct Encoded {
	query: String,
	values: Vec<Option<String>>,
	place: i64,
}

impl Position {
	pub(super) fn encode(&self, view: &View, query: &Query) -> Result<String> {
		let values = self.values.iter().map(|value| value.as_ref().map(ToString::to_string));
		seal(&Encoded { query: name(view, query), values: values.collect(), place: self.place })
	}

	/// Reads a cursor; `sort` are the columns by which the query is sorted.
	pub(super) fn decode(text: &str, view: &View, query: &Query, sort: &[usize]) -> Result<Self> {
		Self::read(text, view, query, sort).ok_or(StoreError::BadCursor)
	}

	fn read(text: &str, view: &View, query: &Query, sort: &[usize]) -> Option<Self> {
		let encoded: Encoded = open(text)?;
		if encoded.query != name(view, query) || encoded.values.len() != sort.len() {
			return None;
		}
		let values = encoded.values.iter().zip(sort).map(|(text, column)| match text {
			None => Some(None),
			Some(text) => view.columns.get(*column)?.ty.parse(text).map(Some),
		});
		Some(Self { values: values.collect::<Option<_>>()?, place: encoded.place })
	}
}

/// Writes a cursor.
pub(super) fn seal<Cursor: Serialize>(cursor: &Cursor) -> Result<String> {
	let mut bytes =
		serde_json::to_vec(cursor).map_err(|error| StoreError::Corrupted(error.to_string()))?;
	let checksum = checksum(&bytes);
	bytes.extend(checksum);
	Ok(hex::encode(bytes))
}

/// Reads a cursor, if it was made here.
pub(super) fn open<Cursor: DeserializeOwned>(text: &str) -> Option<Cursor> {
	if text.len() > MAX_LENGTH {
		return None;
	}
	let bytes = hex::decode(text).ok()?;
	let (content, found) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
	if checksum(content) != found {
		return None;
	}
	serde_json::from_slice(content).ok()
}

fn checksum(bytes: &[u8]) -> Vec<u8> {
	Sha256::new().chain_update("credio/index/page/v1").chain_update(bytes).finalize()[..CHECKSUM]
		.to_vec()
}

/// Returns a digest of the view's definition and of the parts of a query that decide the order of rows.
fn name(view: &View, query: &Query) -> String {
	let sort: Vec<String> = query.sort.iter().map(ToString::to_string).collect();
	let what = (&query.filter, sort, query.live, query.history);
	let what = serde_json::to_vec(&what).unwrap_or_default();
	hex::encode(&Sha256::new().chain_update(view.digest()).chain_update(what).finalize()[..16])
}
