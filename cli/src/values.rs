//! Parsers of argument values.

pub(crate) mod id;
pub(crate) mod size;
pub(crate) mod time;

use crate::exit::Failure;
use credio_client::{
	envelope::CommitmentKey,
	primitives::{PublicKey, rpc::Bytes},
};
use std::str::FromStr;

/// Parses a commitment key.
///
/// # Errors
///
/// Fails unless the text is 0x and 64 hex digits.
pub(crate) fn commitment_key(text: &str) -> Result<CommitmentKey, Failure> {
	bytes32("commitment key", text)
}

/// Parses a public key, such as an encryption or transfer key; `what` names it in the error.
///
/// # Errors
///
/// Fails unless the text is 0x and 64 hex digits.
pub(crate) fn public_key(what: &str, text: &str) -> Result<PublicKey, Failure> {
	bytes32(what, text)
}

fn bytes32<Value: FromStr>(what: &str, text: &str) -> Result<Value, Failure> {
	text.parse().map_err(|_| Failure::Other(format!("the {what} is not 0x and 64 hex digits")))
}

/// Parses the bytes given with `flag`.
///
/// # Errors
///
/// Fails unless the text is 0x and hex digits.
pub(crate) fn bytes(flag: &str, text: &str) -> Result<Bytes, Failure> {
	serde_json::from_value(text.into())
		.map_err(|_| Failure::Other(format!("{flag} is not 0x and hex digits")))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_are_0x_and_64_hex_digits() {
		let key = format!("0x{}", "1f".repeat(32));
		assert!(commitment_key(&key).is_ok());
		assert_eq!(public_key("encryption key", &key).unwrap().to_string(), key);
		for text in ["", "0x1f", &"zz".repeat(32)] {
			let error = public_key("encryption key", text).unwrap_err().to_string();
			assert_eq!(error, "the encryption key is not 0x and 64 hex digits");
			assert!(commitment_key(text).is_err());
		}
	}

	#[test]
	fn bytes_are_0x_and_hex_digits() {
		assert_eq!(bytes("--proof", "0x01ff").unwrap().0, [1, 255]);
		assert!(bytes("--proof", "0x").unwrap().0.is_empty());
		for text in ["0xzz", "none"] {
			let error = bytes("--proof", text).unwrap_err().to_string();
			assert!(error.starts_with("--proof is not 0x"), "{text}: {error}");
		}
	}
}
