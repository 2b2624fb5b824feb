//! Pages of lists.

use crate::error::Error;
use credio_primitives::{
	Digest,
	limits::MAX_PAGE_SIZE,
	rpc::{Items, PageRequest},
};

/// Returns the cursor and the limit of a page.
///
/// # Errors
///
/// [`Error::InvalidParameters`] for a limit that is out of bounds.
pub(crate) fn page(request: Option<PageRequest>) -> Result<(Option<Digest>, u32), Error> {
	let request = request.unwrap_or_default();
	Ok((request.cursor, limit(request.limit)?))
}

/// Checks a limit. One that is out of bounds is refused rather than replaced.
///
/// # Errors
///
/// [`Error::InvalidParameters`] for 0, and for more than [`MAX_PAGE_SIZE`].
pub(crate) fn limit(limit: Option<u32>) -> Result<u32, Error> {
	match limit {
		None => Ok(MAX_PAGE_SIZE),
		Some(limit) if (1..=MAX_PAGE_SIZE).contains(&limit) => Ok(limit),
		Some(limit) => Err(Error::InvalidParameters(format!(
			"limit is {limit}, and must be from 1 to {MAX_PAGE_SIZE}"
		))),
	}
}

/// Converts a page of the runtime's.
pub(crate) fn items<Item, Json: From<Item>>(
	(items, next): (Vec<Item>, Option<Digest>),
) -> Items<Json> {
	Items { items: items.into_iter().map(Json::from).collect(), next }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn limit_out_of_bounds_is_refused() {
		assert_eq!(limit(None), Ok(MAX_PAGE_SIZE));
		assert_eq!(limit(Some(1)), Ok(1));
		assert_eq!(limit(Some(MAX_PAGE_SIZE)), Ok(MAX_PAGE_SIZE));
		for refused in [0, MAX_PAGE_SIZE + 1, u32::MAX] {
			assert!(matches!(limit(Some(refused)), Err(Error::InvalidParameters(_))));
		}
	}

	#[test]
	fn page_without_request_is_the_first_one() {
		assert_eq!(page(None), Ok((None, MAX_PAGE_SIZE)));
		let cursor = Some(Digest([1; 32]));
		assert_eq!(page(Some(PageRequest { cursor, limit: Some(7) })), Ok((cursor, 7)));
	}
}
