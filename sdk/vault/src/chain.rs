//! The identity of a chain.

use codec::{Decode, Encode};
use credio_primitives::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// Identifies one chain: the hash of its first block, and the network id in it. No two networks have the same, even
/// with the same members.
///
/// Written as `GENESIS/NETWORK`, each 0x and 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct ChainPin {
	/// Hash of block 0.
	pub genesis: Digest,
	/// The network id in block 0.
	pub network: Digest,
}

/// A node's chain is not the pinned one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{node} is a node of the chain {found}, and {pinned} is pinned")]
pub struct OtherChain {
	/// The node.
	pub node: String,
	/// The node's chain.
	pub found: Box<ChainPin>,
	/// The pinned chain.
	pub pinned: Box<ChainPin>,
}

impl OtherChain {
	/// Returns what to do about it, for people.
	#[must_use]
	pub fn hint(&self) -> &'static str {
		"use a node of that chain or, if the other one is meant, a separate configuration, vault and outbox"
	}
}

/// A text that is not a chain.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
	"a chain is written as the hash of its first block, a slash, and its network id, each 0x and 64 hex digits: `credio runtime show` prints it"
)]
pub struct UnfitChainPin;

impl ChainPin {
	/// Checks a node's chain.
	///
	/// # Errors
	///
	/// If it is another one.
	pub fn check(&self, node: &str, found: &Self) -> Result<(), OtherChain> {
		if self == found {
			return Ok(());
		}
		Err(OtherChain { node: node.into(), found: Box::new(*found), pinned: Box::new(*self) })
	}
}

impl fmt::Display for ChainPin {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}/{}", self.genesis, self.network)
	}
}

impl FromStr for ChainPin {
	type Err = UnfitChainPin;

	fn from_str(text: &str) -> Result<Self, UnfitChainPin> {
		let parts = text.split_once('/');
		let parsed = parts.and_then(|(genesis, network)| {
			Some(Self { genesis: genesis.parse().ok()?, network: network.parse().ok()? })
		});
		parsed.ok_or(UnfitChainPin)
	}
}

impl Serialize for ChainPin {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for ChainPin {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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
	fn pin_round_trips() {
		let text = pin(1, 2).to_string();
		assert_eq!(text.parse::<ChainPin>().unwrap(), pin(1, 2));
		for unfit in ["", "0x01", &text[..text.len() - 1], &text.replace('/', " "), "a/b/c"] {
			assert!(unfit.parse::<ChainPin>().is_err(), "{unfit}");
		}
	}

	#[test]
	fn other_genesis_or_network_is_refused() {
		pin(1, 2).check("ws://node", &pin(1, 2)).unwrap();
		for other in [pin(3, 2), pin(1, 3)] {
			let error = pin(1, 2).check("ws://node", &other).unwrap_err();
			let said = error.to_string();
			assert!(said.contains("ws://node") && said.contains(&other.to_string()), "{said}");
		}
	}
}
