//! Headers of requests.

use crate::Problem;
use axum::http::{HeaderMap, HeaderName};
use std::{str::FromStr, time::Duration};

/// Longest time that a call waits.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(60);

/// Returns a header as text; `None` if it is missing.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
	let mut values = headers.get_all(name).iter();
	let Some(value) = values.next() else { return Ok(None) };
	if values.next().is_some() {
		return Err(Problem::bad_request(format!("{name} stands more than once")));
	}
	let value = value.to_str();
	value.map(|value| Some(value.trim())).map_err(|_| {
		Problem::bad_request(format!("{name} has signs that are no visible ASCII characters"))
	})
}

/// Reads a header; `None` if it is missing.
pub(crate) fn value<Value: FromStr>(
	headers: &HeaderMap,
	name: &str,
	is: &str,
) -> Result<Option<Value>, Problem> {
	let Some(text) = text(headers, name)? else { return Ok(None) };
	let value = text.parse().map_err(|_| Problem::bad_request(format!("{name} is no {is}")))?;
	Ok(Some(value))
}

/// Returns how long the caller would wait for an outcome: `Prefer: wait=10` (RFC 7240), at most [`MAX_WAIT`].
pub(crate) fn wait(headers: &HeaderMap) -> Duration {
	let preferences = headers.get_all(HeaderName::from_static("prefer"));
	let all = preferences.iter().filter_map(|value| value.to_str().ok());
	let mut waits = all.flat_map(|value| value.split(',')).filter_map(|preference| {
		let (name, seconds) = preference.split_once('=')?;
		let is_wait = name.trim().eq_ignore_ascii_case("wait");
		is_wait.then(|| seconds.trim().parse::<u64>().ok())?
	});
	Duration::from_secs(waits.next().unwrap_or(0)).min(MAX_WAIT)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
		let mut headers = HeaderMap::new();
		for (name, value) in lines {
			headers.append(*name, value.parse().unwrap());
		}
		headers
	}

	#[test]
	fn wait_is_a_preference_within_bounds() {
		let waits = |value| wait(&headers(&[("prefer", value)])).as_secs();
		assert_eq!(waits("wait=10"), 10);
		assert_eq!(waits("respond-async, WAIT = 5"), 5);
		assert_eq!(waits("wait=100000"), 60);
		for unfit in ["", "wait", "wait=", "wait=-1", "wait=soon", "waiting=10"] {
			assert_eq!(waits(unfit), 0, "{unfit}");
		}
	}

	#[test]
	fn unfit_headers_are_refused_and_missing_ones_are_not() {
		assert!(value::<u32>(&headers(&[]), "credio-lane", "number").unwrap().is_none());
		assert_eq!(
			value(&headers(&[("credio-lane", "7")]), "credio-lane", "number").unwrap(),
			Some(7u32)
		);
		for unfit in [&[("credio-lane", "x")][..], &[("credio-lane", "1"), ("credio-lane", "1")]] {
			assert!(value::<u32>(&headers(unfit), "credio-lane", "number").is_err());
		}
	}
}
