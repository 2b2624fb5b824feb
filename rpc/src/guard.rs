//! Keeps callers from reading ciphertexts past the access tokens.

use crate::error::Error;

/// Methods that call any function of the runtime.
const METHODS: [&str; 4] = ["state_call", "state_callAt", "chainHead_v1_call", "archive_v1_call"];

/// Functions that return ciphertexts or wrapped keys. The methods for these need an access token.
const FUNCTIONS: [&str; 4] =
	["RecordsApi_payload", "RecordsApi_read", "GrantsApi_read_access", "GrantsApi_stream_keys"];

/// Checks that a call runs no function of the runtime that needs an access token. `params` is the JSON of its parameters.
///
/// # Errors
///
/// [`Error::TokenRequired`].
pub fn check(method: &str, params: Option<&str>) -> Result<(), Error> {
	if !METHODS.contains(&method) {
		return Ok(());
	}
	let params = params.and_then(|params| serde_json::from_str(params).ok()).unwrap_or_default();
	let values: Vec<&serde_json::Value> = match &params {
		serde_json::Value::Array(values) => values.iter().collect(),
		serde_json::Value::Object(values) => values.values().collect(),
		_ => Vec::new(),
	};
	let is_reserved = |value: &&serde_json::Value| {
		value.as_str().is_some_and(|function| FUNCTIONS.contains(&function))
	};
	if values.iter().any(is_reserved) {
		return Err(Error::TokenRequired);
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn functions_that_need_a_token_are_refused() {
		for (method, params) in [
			("state_call", r#"["RecordsApi_read", "0x00"]"#),
			("state_call", r#"["RecordsApi_read", "0x00", "0x1234"]"#),
			("state_callAt", r#"["GrantsApi_stream_keys", "0x00", null]"#),
			("state_call", r#"{"name": "RecordsApi_payload", "bytes": "0x00"}"#),
			("state_call", r#"["\u0052ecordsApi_read", "0x00"]"#),
			("archive_v1_call", r#"["0x12", "GrantsApi_read_access", "0x00"]"#),
			("chainHead_v1_call", r#"["abc", "0x12", "RecordsApi_read", "0x00"]"#),
		] {
			assert_eq!(check(method, Some(params)), Err(Error::TokenRequired), "{method} {params}");
		}
	}

	#[test]
	fn other_calls_pass() {
		for (method, params) in [
			("state_call", Some(r#"["StreamsApi_header", "0x00"]"#)),
			("state_call", Some(r#"["GrantsApi_grants", "0x00"]"#)),
			("state_call", Some("nonsense")),
			("state_call", None),
			("credio_v1_fetch", Some(r#"["RecordsApi_read"]"#)),
		] {
			assert_eq!(check(method, params), Ok(()), "{method} {params:?}");
		}
	}
}
