//! Credentials of back ends: API keys, of which the gateway keeps digests only, and what each may do.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use credio_primitives::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// How keys begin, so that scanners of leaked secrets find them.
const PREFIX: &str = "credio_";
/// Random bytes of a key: so many that its digest needs no salt and no slow function.
const KEY_BYTES: usize = 32;
/// Longest key that is looked at, in bytes.
const MAX_KEY: usize = 128;

/// What a credential may do.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
pub enum Scope {
	/// Read documents, and what the chain has about them.
	#[serde(rename = "documents:read")]
	DocumentsRead,
	/// Append documents.
	#[serde(rename = "documents:write")]
	DocumentsWrite,
	/// Read streams, grants, access requests and organizations.
	#[serde(rename = "network:read")]
	NetworkRead,
	/// Create and seal streams.
	#[serde(rename = "streams:write")]
	StreamsWrite,
	/// Ask for access.
	#[serde(rename = "access:request")]
	AccessRequest,
	/// Decide who may read: approve and deny access requests, grant and revoke.
	#[serde(rename = "access:decide")]
	AccessDecide,
}

impl Scope {
	/// All scopes.
	pub const ALL: [Self; 6] = [
		Self::DocumentsRead,
		Self::DocumentsWrite,
		Self::NetworkRead,
		Self::StreamsWrite,
		Self::AccessRequest,
		Self::AccessDecide,
	];

	/// Returns its name.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::DocumentsRead => "documents:read",
			Self::DocumentsWrite => "documents:write",
			Self::NetworkRead => "network:read",
			Self::StreamsWrite => "streams:write",
			Self::AccessRequest => "access:request",
			Self::AccessDecide => "access:decide",
		}
	}
}

/// A key as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
	/// Names it in logs.
	pub name: String,
	/// SHA-256 of the key.
	pub sha256: Digest,
	/// What it may do.
	pub scopes: BTreeSet<Scope>,
}

/// Returns a new key.
///
/// # Errors
///
/// If the system gives no random bytes.
pub fn new_key() -> Result<Zeroizing<String>, getrandom::Error> {
	let mut bytes = Zeroizing::new([0; KEY_BYTES]);
	getrandom::fill(&mut *bytes)?;
	Ok(Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*bytes))))
}

/// Returns the digest by which a gateway knows a key.
#[must_use]
pub fn digest_of(key: &str) -> Digest {
	Digest(Sha256::digest(key).into())
}

/// Returns the key of a header `Authorization`, if it may be one.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
	let (scheme, key) = header.split_once(' ')?;
	let is_key =
		scheme.eq_ignore_ascii_case("Bearer") && key.starts_with(PREFIX) && key.len() <= MAX_KEY;
	is_key.then_some(key)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_are_long_and_never_the_same() {
		let (one, other) = (new_key().unwrap(), new_key().unwrap());
		assert_ne!(one, other);
		assert_eq!(one.len(), PREFIX.len() + 43);
		assert_ne!(digest_of(&one), digest_of(&other));
		assert_eq!(bearer(&format!("Bearer {}", *one)), Some(one.as_str()));
		assert_eq!(bearer(&format!("bearer {}", *one)), Some(one.as_str()));
	}

	#[test]
	fn other_headers_are_no_keys() {
		let long = format!("Bearer credio_{}", "a".repeat(MAX_KEY));
		for header in
			["", "Bearer", "Bearer ", "Bearer abc", "Basic credio_abc", "credio_abc", &long]
		{
			assert_eq!(bearer(header), None, "{header}");
		}
	}

	#[test]
	fn names_of_scopes_are_those_of_the_configuration() {
		for scope in Scope::ALL {
			assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
		}
	}
}
