//! Checkpoints: created with a node, and signed by seats of the council.

use super::Client;
use crate::{
	error::{Error, ProofError, Result},
	verifier::{Trust, genesis_of},
};
use credio_evidence::{Checkpoint, FinalBlock, Part, Refused, Trusted};
use credio_primitives::{
	Digest,
	rpc::{BlockRef, Bytes},
	storage,
};
use credio_vault::Vault;
use std::time::Duration;
use subxt::rpcs::client::{RpcParams, RpcSubscription};

/// Blocks that are tried: a block that changes the validators cannot be used.
const ATTEMPTS: usize = 20;
/// Longest wait for blocks to become final.
const PATIENCE: Duration = Duration::from_secs(60);

/// Refuses the checkpoint.
fn refused(reason: &str) -> Refused {
	Refused { part: Part::Checkpoint, reason: reason.into() }
}

/// Explains an unproven finality: after a forced change of validators, which checkpoints are made for, no votes lead to
/// the block.
fn without_votes(error: Error) -> Error {
	match error {
		Error::Proof(ProofError::NotProven(Refused { part: Part::Finality, reason })) => refused(&format!(
			"no votes lead to it from the last verified block: {reason}. If the validators were changed by force, each seat \
			 asks a node of its own, which it believes (--trust-node)"
		))
		.into(),
		other => other,
	}
}

/// Signs a checkpoint as a seat of the council, without a node: [`Client::check_checkpoint`] checks it before.
///
/// # Errors
///
/// If the checkpoint has too many signatures.
pub async fn sign_checkpoint(vault: &dyn Vault, checkpoint: &mut Checkpoint) -> Result<()> {
	let signature = vault.sign(&checkpoint.digest().0).await?;
	Ok(checkpoint.add_signature(vault.account().await?, &signature)?)
}

impl Client {
	/// Creates an unsigned checkpoint of the newest final block, with its proven validators and council.
	///
	/// If the node is trusted, they are not proven, and the block is the next one that becomes final.
	///
	/// # Errors
	///
	/// [`Error::Connect`], [`Error::Proof`]; [`Error::Evidence`] if no votes lead to the block, as after a forced
	/// change of validators, or, with a trusted node, if no block becomes final within a minute or the validators keep
	/// changing.
	pub async fn checkpoint(&self) -> Result<Checkpoint> {
		match &self.trust {
			Trust::Proofs(verifier) => verifier.checkpoint(self).await.map_err(without_votes),
			Trust::Node => self.unproven_checkpoint().await,
		}
	}

	async fn unproven_checkpoint(&self) -> Result<Checkpoint> {
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

	/// Reads a block that has just become final; refused while its validators change.
	async fn final_block(
		&self,
		justification: Vec<u8>,
	) -> Result<std::result::Result<FinalBlock, Refused>> {
		let target = Checkpoint::justified(&justification)?.hash;
		let header = self.call("chain_getHeader", (target,)).await?;
		let at = |key| self.stored_bytes(key, Some(target));
		let best = |key| self.stored_bytes(key, None);
		let authorities = at(storage::grandpa_authorities()).await?;
		let set_id = at(storage::grandpa_set_id()).await?;
		let is_settled = best(storage::grandpa_authorities()).await? == authorities
			&& best(storage::grandpa_set_id()).await? == set_id
			&& best(storage::grandpa_pending_change()).await?.is_none()
			&& at(storage::grandpa_pending_change()).await?.is_none();
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
			council: at(storage::council_members()).await?.unwrap_or_default(),
		}))
	}

	/// Checks, before a seat signs it, that a checkpoint is of a final block and names the present validators and
	/// council: by proof, unless the node is trusted.
	///
	/// # Errors
	///
	/// [`Error::Evidence`] if not, or if the block is older than a day; [`Error::Proof`], [`Error::Connect`].
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
		match self.unproven_checkpoint().await?.has_the_same_voters(checkpoint) {
			true => Ok(()),
			false => Err(refused(
				"this node has other validators, or another council: make a new checkpoint if they have changed since",
			)
			.into()),
		}
	}

	/// Returns the node's genesis, to check evidence that is made with the node. A verifier uses the chain's
	/// specification instead.
	///
	/// # Errors
	///
	/// [`Error::Evidence`] if the node has pruned the state of block 0, [`Error::Proof`], [`Error::Connect`].
	pub async fn genesis(&self) -> Result<Trusted> {
		match genesis_of(self).await {
			Ok(genesis) => Ok(genesis.trusted().clone()),
			Err(Error::Proof(ProofError::NoProofs(_))) => {
				let reason = "the node has pruned the state of block 0: give the chain's specification with --chain";
				Err(Refused { part: Part::Specification, reason: reason.into() }.into())
			},
			Err(other) => Err(other),
		}
	}

	/// Reads a storage key at a block, or at the best block.
	async fn stored_bytes(&self, key: Vec<u8>, at: Option<Digest>) -> Result<Option<Vec<u8>>> {
		let found: Option<Bytes> = self.call("state_getStorage", (Bytes(key), at)).await?;
		Ok(found.map(|bytes| bytes.0))
	}
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn checkpoint_of(found: FinalBlock) -> std::result::Result<Checkpoint, Refused> {
	Checkpoint::from_final_block(&found)
}
