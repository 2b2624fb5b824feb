//! Checkpoints: made with a node, and signed by seats of the council.

use super::{council::storage_key, Client};
use crate::{
	error::{Error, ProofError, Result},
	verifier::{genesis_of, Trust},
};
use credio_evidence::{Checkpoint, FinalBlock, Part, Refused, Trusted};
use credio_primitives::{
	rpc::{BlockRef, Bytes},
	Digest,
};
use credio_vault::Vault;
use std::time::Duration;
use subxt::rpcs::client::{RpcParams, RpcSubscription};

/// Blocks that are tried: one that changes the validators will not do.
const ATTEMPTS: usize = 20;
/// Longest wait for blocks to become final.
const PATIENCE: Duration = Duration::from_secs(60);

/// A refusal of the checkpoint.
fn refused(reason: &str) -> Refused {
	Refused { part: Part::Checkpoint, reason: reason.into() }
}

/// What is missing where the votes of the validators do not lead: after a change by force, which is what checkpoints are
/// made for.
fn without_votes(error: Error) -> Error {
	match error {
		Error::Proof(ProofError::NotProven(Refused { part: Part::Finality, reason })) => refused(&format!(
			"no votes lead to it from what was verified before: {reason}. If the validators were changed by force, each seat \
			 asks a node of its own, which it believes (--trust-node)"
		))
		.into(),
		other => other,
	}
}

/// Signs a checkpoint as a seat of the council. Asks no node: [`Client::check_checkpoint`] does.
///
/// # Errors
///
/// If the checkpoint has too many signatures.
pub async fn sign_checkpoint(vault: &dyn Vault, checkpoint: &mut Checkpoint) -> Result<()> {
	let signature = vault.sign(&checkpoint.digest().0).await?;
	Ok(checkpoint.add_signature(vault.account().await?, &signature)?)
}

impl Client {
	/// Makes a checkpoint of the newest final block: its validators and its council are proven. Nobody has signed it yet.
	///
	/// If the node is believed, they are its word, and the block is the next one that becomes final there.
	///
	/// # Errors
	///
	/// [`Error::Proof`], [`Error::Evidence`] if no votes lead to the block, as after a change
	/// of validators by force; if the node is believed, if no block becomes final within a minute, or the validators
	/// change all the time; [`Error::Connect`].
	pub async fn checkpoint(&self) -> Result<Checkpoint> {
		match &self.trust {
			Trust::Proofs(verifier) => verifier.checkpoint(self).await.map_err(without_votes),
			Trust::Node => self.believed_checkpoint().await,
		}
	}

	async fn believed_checkpoint(&self) -> Result<Checkpoint> {
		let methods = ("grandpa_subscribeJustifications", "grandpa_unsubscribeJustifications");
		let mut justifications: RpcSubscription<Bytes> =
			self.subscribe(methods, RpcParams::new()).await?;
		let first = async {
			let mut problem = refused("no block became final within a minute");
			for _ in 0..ATTEMPTS {
				let Some(justification) = justifications.next().await else { break };
				match self.final_block(justification?.0).await?.and_then(checkpoint_of) {
					Ok(checkpoint) => return Ok(checkpoint),
					Err(reason) => problem = reason,
				}
			}
			Err(problem.into())
		};
		let late = |_| Err(refused("no block became final within a minute").into());
		tokio::time::timeout(PATIENCE, first).await.unwrap_or_else(late)
	}

	/// What this node says of a block that has just become final; refused if its validators change at present.
	async fn final_block(
		&self,
		justification: Vec<u8>,
	) -> Result<std::result::Result<FinalBlock, Refused>> {
		let target = Checkpoint::justified(&justification)?.hash;
		let header = self.call("chain_getHeader", (target,)).await?;
		let at = |item| self.read_item("Grandpa", item, Some(target));
		let best = |item| self.read_item("Grandpa", item, None);
		let (authorities, set_id) = (at("Authorities").await?, at("CurrentSetId").await?);
		let is_settled = best("Authorities").await? == authorities
			&& best("CurrentSetId").await? == set_id
			&& best("PendingChange").await?.is_none()
			&& at("PendingChange").await?.is_none();
		if !is_settled {
			return Ok(Err(refused(
				"the validators change at present: try again when the change is final",
			)));
		}
		let set_id = set_id.and_then(|id| <[u8; 8]>::try_from(id).ok());
		Ok(Ok(FinalBlock {
			genesis: self.limits.genesis_hash,
			justification,
			header,
			authorities: authorities.unwrap_or_default(),
			set_id: set_id.map(u64::from_le_bytes).unwrap_or_default(),
			council: self.read_item("Council", "Members", Some(target)).await?.unwrap_or_default(),
		}))
	}

	/// Checks that a checkpoint is of a final block, and that the validators and the council that it names are those of
	/// now, before a seat signs it: by proof, unless the node is believed.
	///
	/// # Errors
	///
	/// [`Error::Evidence`] if not, or if the block is older than a day; [`Error::Proof`],
	/// [`Error::Connect`].
	pub async fn check_checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
		match &self.trust {
			Trust::Proofs(verifier) => {
				verifier.check_checkpoint(self, checkpoint).await.map_err(without_votes)
			},
			Trust::Node => self.compare_checkpoint(checkpoint).await,
		}
	}

	async fn compare_checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
		let BlockRef { number, hash } = checkpoint.block();
		let canonical: Option<Digest> = self.call("chain_getBlockHash", (number,)).await?;
		if canonical != Some(hash) || number > self.finalized_number().await? {
			return Err(refused("its block is not final at this node").into());
		}
		match self.believed_checkpoint().await?.has_the_same_voters(checkpoint) {
			true => Ok(()),
			false => Err(refused(
				"this node has other validators, or another council: make a new checkpoint if they have changed since",
			)
			.into()),
		}
	}

	/// Genesis of the chain whose hash this node names, to check what is made with the node. A verifier takes the chain's
	/// specification.
	///
	/// # Errors
	///
	/// [`Error::Evidence`] if the node has thrown the state of block 0 away, [`Error::Proof`],
	/// [`Error::Connect`].
	pub async fn genesis(&self) -> Result<Trusted> {
		match genesis_of(self).await {
			Ok(genesis) => Ok(genesis.trusted().clone()),
			Err(Error::Proof(ProofError::NoProofs(_))) => {
				let reason =
					"the node has thrown the state of block 0 away: give the chain's specification with --chain";
				Err(Refused { part: Part::Specification, reason: reason.into() }.into())
			},
			Err(other) => Err(other),
		}
	}

	/// Reads a value of a state, of the best block's without a hash.
	async fn read_item(
		&self,
		pallet: &str,
		item: &str,
		at: Option<Digest>,
	) -> Result<Option<Vec<u8>>> {
		let params = (storage_key(pallet, item, None), at);
		let found: Option<Bytes> = self.call("state_getStorage", params).await?;
		Ok(found.map(|bytes| bytes.0))
	}
}

fn checkpoint_of(found: FinalBlock) -> std::result::Result<Checkpoint, Refused> {
	Checkpoint::from_final_block(&found)
}
