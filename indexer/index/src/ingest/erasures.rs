//! Erasures of the network, in the order of their numbers: what an owner has erased goes from the index, too.

use super::{Ingest, error::Result};
use credio_client::{Client, Error, ProofError};
use credio_primitives::object::NamedErasure;

impl Ingest {
	/// Follows erasures up to the last one.
	pub(super) async fn follow_erasures(&self, client: &Client) -> Result<()> {
		loop {
			let from = self.store.next_erasure().await?;
			let erasures = proven_erasures(client, from).await?;
			if erasures.is_empty() {
				return Ok(());
			}
			for erasure in erasures {
				let next = erasure.number.saturating_add(1);
				self.store.erase(erasure.record_id, Some(next)).await?;
			}
		}
	}
}

/// Returns erasures by number, from one on, at most a page. Each is proven, and none is left out: what is erased nobody
/// gets back, so a node is not believed.
///
/// # Errors
///
/// [`Error::Proof`] if one is not on the chain as the node says, [`Error::Connect`].
pub async fn proven_erasures(client: &Client, from: u64) -> Result<Vec<NamedErasure>, Error> {
	let mut proven = Vec::new();
	for (number, listed) in (from..).zip(client.erasures(from).await?) {
		let erasure = match client.erasure(listed.record_id).await {
			Err(error) if error.is_not_found() => None,
			found => found?,
		};
		match erasure {
			Some(erasure) if erasure.number == number && listed.number == number => {
				proven.push(erasure);
			},
			_ => return Err(ProofError::Contradicted("erasure of an object").into()),
		}
	}
	Ok(proven)
}
