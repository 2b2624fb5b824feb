//! Which chain is meant.

use crate::error::{Error, Result};
use codec::{Decode, Encode};
use credio_primitives::Digest;
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Names one chain among all: the hash of its first block, and the network id that is in it. No two networks have the
/// same, whoever is in them.
///
/// Written as `GENESIS/NETWORK`, each 0x and 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct ChainPin {
	/// Hash of block 0.
	pub genesis: Digest,
	/// The network id in block 0.
	pub network: Digest,
}

impl ChainPin {
	/// Checks that a node is of this chain.
	///
	/// # Errors
	///
	/// [`Error::OtherChain`].
	pub fn check(&self, node: &str, found: &Self) -> Result<()> {
		if self == found {
			return Ok(());
		}
		Err(Error::OtherChain {
			node: node.into(),
			found: Box::new(*found),
			pinned: Box::new(*self),
		})
	}
}

impl fmt::Display for ChainPin {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}/{}", self.genesis, self.network)
	}
}

impl FromStr for ChainPin {
	type Err = Error;

	fn from_str(text: &str) -> Result<Self> {
		let parts = text.split_once('/');
		let parsed = parts.and_then(|(genesis, network)| {
			Some(Self { genesis: genesis.parse().ok()?, network: network.parse().ok()? })
		});
		parsed.ok_or_else(|| {
			Error::Argument(
				"a chain is named by the hash of its first block, a slash, and its network id, each 0x and 64 hex digits: \
				 `credio runtime show` prints it"
					.into(),
			)
		})
	}
}

impl Serialize for ChainPin {
	fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for ChainPin {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
		String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn pin(genesis: u8, network: u8) -> ChainPin {
		ChainPin { genesis: Digest([genesis; 32]), network: Digest([network; 32]) }
	}

	#[test]
	fn a_pin_is_read_as_it_is_written() {
		let text = pin(1, 2).to_string();
		assert_eq!(text.parse::<ChainPin>().unwrap(), pin(1, 2));
		for unfit in ["", "0x01", &text[..text.len() - 1], &text.replace('/', " "), "a/b/c"] {
			assert!(unfit.parse::<ChainPin>().is_err(), "{unfit}");
		}
	}

	#[test]
	fn another_genesis_or_another_network_is_another_chain() {
		pin(1, 2).check("ws://node", &pin(1, 2)).unwrap();
		for other in [pin(3, 2), pin(1, 3)] {
			let error = pin(1, 2).check("ws://node", &other).unwrap_err();
			let said = error.to_string();
			assert!(matches!(error, Error::OtherChain { .. }));
			assert!(said.contains("ws://node") && said.contains(&other.to_string()), "{said}");
		}
	}
}
