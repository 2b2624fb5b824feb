//! The last blocks of a node.

use super::{Client, requests::connection_lost};
use crate::error::{Result, unexpected};
use credio_primitives::{BlockNumber, Digest, Moment, rpc::BlockRef};
use subxt::rpcs::client::{RpcParams, RpcSubscription};

/// Lag of finality in blocks that counts as a stall.
const STALLED_AFTER: BlockNumber = 20;

/// Whether finality has stalled: blocks are produced, but no longer finalized.
#[must_use]
pub fn has_stalled(finalized: BlockNumber, best: BlockNumber) -> bool {
	best.saturating_sub(finalized) > STALLED_AFTER
}

/// A subscription to block numbers.
#[derive(Debug)]
pub struct Heads(RpcSubscription<serde_json::Value>);

impl Heads {
	/// Returns the next number. Some may be skipped.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn next(&mut self) -> Result<BlockNumber> {
		number_of(&self.0.next().await.ok_or_else(connection_lost)??)
	}
}

impl Client {
	/// Subscribes to the numbers of finalized blocks.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn finalized_heads(&self) -> Result<Heads> {
		self.heads("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads").await
	}

	/// Subscribes to the numbers of the best blocks, which may not become final.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn best_heads(&self) -> Result<Heads> {
		self.heads("chain_subscribeNewHeads", "chain_unsubscribeNewHeads").await
	}

	async fn heads(&self, subscribe: &str, unsubscribe: &str) -> Result<Heads> {
		Ok(Heads(self.subscribe((subscribe, unsubscribe), RpcParams::new()).await?))
	}

	/// Returns the hash of a block of the best chain, by number; `None` if it does not exist.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn block_hash(&self, number: BlockNumber) -> Result<Option<Digest>> {
		self.call("chain_getBlockHash", (number,)).await
	}

	/// Waits until another block is final, and then for `count` more.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn wait_for_finality(&self, count: usize) -> Result<()> {
		let mut heads = self.finalized_heads().await?;
		for _ in 0..=count {
			heads.next().await?;
		}
		Ok(())
	}

	/// Returns the last finalized block.
	async fn finalized_block(&self) -> Result<BlockRef> {
		self.block("chain_getFinalizedHead").await
	}

	/// Returns the block with the hash that a method returns.
	async fn block(&self, method: &str) -> Result<BlockRef> {
		let hash: Digest = self.call(method, ()).await?;
		let number = number_of(&self.call("chain_getHeader", (hash,)).await?)?;
		Ok(BlockRef { number, hash })
	}

	/// Returns the number of the last finalized block.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn finalized_number(&self) -> Result<BlockNumber> {
		Ok(self.finalized_block().await?.number)
	}

	/// Returns the number of the best block, which may not become final.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn best_number(&self) -> Result<BlockNumber> {
		number_of(&self.call("chain_getHeader", ()).await?)
	}

	/// Returns the time of the finalized block, by the chain's clock, in milliseconds since 1970.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect), [`Error::UnexpectedResponse`](crate::Error::UnexpectedResponse).
	pub async fn chain_time(&self) -> Result<Moment> {
		self.block_time(self.finalized_number().await?).await
	}

	/// Whether finality has stalled: blocks are produced, but no longer finalized.
	///
	/// # Errors
	///
	/// [`Error::Connect`](crate::Error::Connect).
	pub async fn is_stalled(&self) -> Result<bool> {
		Ok(has_stalled(self.finalized_number().await?, self.best_number().await?))
	}

	/// Returns the last final block; the best one if finality has stalled, since the council then decides in blocks
	/// that are not final.
	pub(super) async fn present_block(&self) -> Result<BlockRef> {
		let (finalized, best) = (self.finalized_block().await?, self.best_number().await?);
		match has_stalled(finalized.number, best) {
			true => self.block("chain_getBlockHash").await,
			false => Ok(finalized),
		}
	}
}

/// Returns the number in a header.
pub(super) fn number_of(header: &serde_json::Value) -> Result<BlockNumber> {
	let number = header["number"].as_str().unwrap_or_default();
	BlockNumber::from_str_radix(number.trim_start_matches("0x"), 16).map_err(unexpected)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn number_is_read_from_header() {
		let header = |number| serde_json::json!({ "number": number });
		assert_eq!(number_of(&header("0x1f")).unwrap(), 31);
		for invalid in [header("0x"), header("0x1ffffffff"), header("x"), serde_json::Value::Null] {
			assert!(number_of(&invalid).is_err(), "{invalid}");
		}
	}

	#[test]
	fn finality_stalls_beyond_maximum_lag() {
		for (finalized, best, expected) in
			[(100, 100, false), (100, 120, false), (100, 121, true), (100, 99, false)]
		{
			assert_eq!(has_stalled(finalized, best), expected, "{finalized} {best}");
		}
	}
}
