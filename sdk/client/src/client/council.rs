//! Governance: motions of the council, validators, and runtime upgrades.

use super::Client;
use crate::{
	calls::{Call, DescribedCall},
	error::{Error, ProofError, Result, unexpected},
};
use codec::{Compact, Decode, DecodeAll};
use credio_primitives::{
	AccountId, BlockNumber, Digest,
	rpc::{At, Bytes, Items, ValidatorJson, WeightJson},
	storage,
};
use serde::Serialize;
use subxt::Metadata;

/// The result of a proposal to the council.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
	/// The council has one member, so the call was executed.
	CarriedOut,
	/// The motion with this hash waits for votes of other members.
	Waits(Digest),
}

/// The result of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voted {
	/// Enough members agree: the motion was executed.
	CarriedOut,
	/// Too many members disagree: the motion was closed.
	Disapproved,
	/// It waits for votes of other members.
	Waits,
}

/// The share of the council that a motion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
	/// More than half.
	Majority,
	/// Two thirds.
	TwoThirds,
}

impl Share {
	/// Returns the number of votes for a council of this size.
	fn of(self, members: usize) -> u32 {
		let needed = match self {
			Self::Majority => members / 2 + 1,
			Self::TwoThirds => (2 * members).div_ceil(3),
		};
		u32::try_from(needed.max(1)).unwrap_or(u32::MAX)
	}
}

/// A motion that the council votes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Motion {
	/// Its hash, which votes name.
	pub hash: Digest,
	/// Its number.
	pub index: u32,
	/// Votes that it needs.
	pub threshold: u32,
	/// Members that agree.
	pub ayes: Vec<AccountId>,
	/// Members that disagree.
	pub nays: Vec<AccountId>,
	/// Block at which voting ends.
	pub ends_at: BlockNumber,
	/// The proposed call; `None` if the runtime is not trusted or the call cannot be shown.
	pub call: Option<DescribedCall>,
	/// The encoded call.
	pub encoded: Bytes,
}

/// A node's report on its session keys.
#[derive(serde::Deserialize)]
struct RotatedKeys {
	keys: Bytes,
	proof: Option<Bytes>,
}

impl Client {
	/// Proposes a call to the council. This client's account has to be a member. A council of one executes it at once.
	pub(super) async fn propose(&self, call: &Call) -> Result<Proposed> {
		self.propose_with(Share::Majority, call).await
	}

	async fn propose_with(&self, share: Share, call: &Call) -> Result<Proposed> {
		let threshold = share.of(self.council().await?.len());
		let runtime = self.trusted_runtime().await?;
		let proposal = Call::propose(threshold, call, &runtime)?;
		self.submit_call(&proposal).await?;
		if threshold < 2 {
			return Ok(Proposed::CarriedOut);
		}
		let encoded = call.encoded(&runtime)?;
		let motion = Digest(sp_crypto_hashing::blake2_256(&encoded));
		// The chain does not count a proposal as a vote.
		self.vote(motion, true).await?;
		Ok(Proposed::Waits(motion))
	}

	/// Proposes a call with root origin.
	async fn propose_as_root(&self, call: &Call) -> Result<Proposed> {
		let call = Call::dispatch_as_root(call, &*self.trusted_runtime().await?)?;
		self.propose_with(Share::TwoThirds, &call).await
	}

	/// Returns the members of the council.
	pub async fn council(&self) -> Result<Vec<AccountId>> {
		Ok(self.stored(storage::council_members()).await?.unwrap_or_default())
	}

	/// Returns the open motions, the oldest first.
	///
	/// # Errors
	///
	/// [`Error::Connect`], [`Error::UnexpectedResponse`] if the runtime stores them differently.
	pub async fn motions(&self) -> Result<Vec<Motion>> {
		let hashes: Vec<Digest> =
			self.stored(storage::council_motions()).await?.unwrap_or_default();
		let mut motions = Vec::new();
		for hash in hashes {
			motions.extend(self.motion(hash).await?);
		}
		Ok(motions)
	}

	/// Returns an open motion.
	async fn motion(&self, hash: Digest) -> Result<Option<Motion>> {
		type Votes = (u32, u32, Vec<AccountId>, Vec<AccountId>, BlockNumber);
		let votes: Option<Votes> = self.stored(storage::council_votes(&hash)).await?;
		let encoded = self.storage(storage::council_motion(&hash)).await?;
		let (Some(votes), Some(encoded)) = (votes, encoded) else { return Ok(None) };
		// Votes name the hash, so a node cannot show another motion for it.
		if sp_crypto_hashing::blake2_256(&encoded) != hash.0 {
			return Err(ProofError::Contradicted("motion").into());
		}
		let (index, threshold, ayes, nays, ends_at) = votes;
		let describe = |metadata: &Metadata| DescribedCall::of_motion(&encoded, metadata);
		let call = self.describe_by(describe).await;
		let encoded = Bytes(encoded);
		Ok(Some(Motion { hash, index, threshold, ayes, nays, ends_at, call, encoded }))
	}

	/// Votes on a motion, and closes it if that decides it.
	///
	/// # Errors
	///
	/// [`Error::NotFound`] for an unknown motion, [`Error::Submit`] for an account that is not a council member, has
	/// voted the same before, or executes a call that fails.
	pub async fn vote(&self, motion: Digest, agree: bool) -> Result<Voted> {
		let not_found = || Error::NotFound {
			what: "motion",
			name: motion.to_string(),
			hint: "`credio council motions` lists the open ones",
		};
		let account = self.account();
		let before = self.motion(motion).await?.ok_or_else(not_found)?;
		let voted = if agree { &before.ayes } else { &before.nays };
		if !voted.contains(account) {
			self.submit_call(&Call::vote(motion, before.index, agree)).await?;
		}
		let Some(after) = self.motion(motion).await? else {
			// Another member has closed it in the meantime.
			return Ok(if agree { Voted::CarriedOut } else { Voted::Disapproved });
		};
		let members = self.council().await?.len();
		let passes = after.ayes.len() >= after.threshold as usize;
		let fails = members.saturating_sub(after.nays.len()) < after.threshold as usize;
		if !passes && !fails {
			return Ok(Voted::Waits);
		}
		let limit = self.motion_weight_limit()?;
		let length = u32::try_from(after.encoded.0.len()).unwrap_or(u32::MAX);
		self.submit_call(&Call::close(motion, after.index, limit, length)).await?;
		Ok(if passes { Voted::CarriedOut } else { Voted::Disapproved })
	}

	/// Returns the maximum weight of a motion.
	fn motion_weight_limit(&self) -> Result<WeightJson> {
		let runtime = self.runtime();
		let council = runtime.metadata_ref().pallet_by_name("Council");
		let limit = council.and_then(|pallet| pallet.constant_by_name("MaxProposalWeight"));
		let decode = |mut value: &[u8]| <(Compact<u64>, Compact<u64>)>::decode_all(&mut value);
		let limit = limit.and_then(|limit| decode(limit.value()).ok());
		let (ref_time, proof_size) = limit.ok_or_else(|| {
			Error::UnexpectedResponse("the runtime has no limit for the weight of motions".into())
		})?;
		Ok(WeightJson { ref_time: ref_time.0, proof_size: proof_size.0 })
	}

	/// Proposes adding an account to the council, or removing it. Needs two thirds.
	pub async fn change_council(&self, account: &AccountId, join: bool) -> Result<Proposed> {
		let call = match join {
			true => Call::join_council(account),
			false => Call::leave_council(account),
		};
		self.propose_with(Share::TwoThirds, &call).await
	}

	/// Returns the validators and their state.
	pub async fn validators(&self) -> Result<Vec<ValidatorJson>> {
		let answer: At<Items<ValidatorJson>> = self.call("credio_v1_validators", ()).await?;
		Ok(answer.answer.items)
	}

	/// Sets session keys for this account: the public keys of its node, with a proof of the private ones, as printed by
	/// `credio-node session-keys`.
	///
	/// # Errors
	///
	/// [`Error::Submit`] if the proof is not for these keys and this account, [`Error::Connect`].
	pub async fn set_session_keys(&self, keys: &[u8], proof: &[u8]) -> Result<()> {
		self.submit_call(&Call::set_session_keys(keys, proof)).await
	}

	/// Makes the account's own node at `node` generate new session keys, and sets them for this account. The private
	/// keys stay in the node's keystore. The node has to allow unsafe methods at that address, which nobody else should
	/// reach.
	///
	/// # Errors
	///
	/// [`Error::Connect`], [`Error::Refused`] by the other node, [`Error::Submit`].
	pub async fn rotate_session_keys(&self, node: &str) -> Result<Bytes> {
		use subxt::rpcs::client::RpcParams;
		let own = super::connection::open(node, &self.options).await?;
		self.chain
			.check(&super::connection::shown(node), &super::connection::chain_of(&own).await?)?;
		let mut params = RpcParams::new();
		let account: [u8; 32] = self.account().clone().into();
		params.push(Bytes(account.to_vec())).map_err(unexpected)?;
		let made: RotatedKeys = own.request("author_rotateKeysWithOwner", params).await?;
		let proof = made.proof.unwrap_or(Bytes(Vec::new()));
		self.set_session_keys(&made.keys.0, &proof.0).await?;
		Ok(made.keys)
	}

	/// Proposes adding a validator.
	pub async fn add_validator(&self, account: &AccountId) -> Result<Proposed> {
		self.propose(&Call::add_validator(account)).await
	}

	/// Proposes removing a validator.
	pub async fn remove_validator(&self, account: &AccountId) -> Result<Proposed> {
		self.propose(&Call::remove_validator(account)).await
	}

	/// Proposes reinstating a validator that was disabled for an offence.
	pub async fn reinstate_validator(&self, account: &AccountId) -> Result<Proposed> {
		self.propose(&Call::reinstate_validator(account)).await
	}

	/// Proposes to resume finality with the remaining validators: removes the lost ones, and the others vote on top of
	/// the last finalized block from `delay` blocks after the block that schedules the change. Needs two thirds.
	pub async fn resume_finality(
		&self,
		lost: &[AccountId],
		best_finalized: BlockNumber,
		delay: BlockNumber,
	) -> Result<Proposed> {
		let call = Call::resume_finality(lost, best_finalized, delay);
		self.propose_with(Share::TwoThirds, &call).await
	}

	/// Returns the hash that authorizes a runtime's code: `blake2_256` of it.
	#[must_use]
	pub fn code_hash(code: &[u8]) -> Digest {
		Digest(sp_crypto_hashing::blake2_256(code))
	}

	/// Proposes to authorize an upgrade to this runtime code. Needs two thirds. [`Self::apply_upgrade`] applies it.
	pub async fn propose_upgrade(&self, code: &[u8]) -> Result<Proposed> {
		self.propose_as_root(&Call::authorize_upgrade(Self::code_hash(code))).await
	}

	/// Upgrades the runtime to this code, which the council has authorized.
	///
	/// # Errors
	///
	/// [`Error::Submit`] if the code is not authorized, of another chain, or not a newer version.
	pub async fn apply_upgrade(&self, code: &[u8]) -> Result<()> {
		self.submit_call(&Call::apply_authorized_upgrade(code)).await
	}

	/// Reads a storage key at the present block.
	async fn storage(&self, key: Vec<u8>) -> Result<Option<Vec<u8>>> {
		let at = self.present_block().await?.hash;
		let stored: Option<Bytes> = self.call("state_getStorage", (Bytes(key), at)).await?;
		Ok(stored.map(|bytes| bytes.0))
	}

	async fn stored<T: Decode>(&self, key: Vec<u8>) -> Result<Option<T>> {
		let stored = self.storage(key).await?;
		stored.map(|bytes| T::decode(&mut &bytes[..]).map_err(unexpected)).transpose()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn council_shares_match_runtime() {
		let of = |share: Share| [1, 2, 3, 4, 5, 6].map(|members| share.of(members));
		assert_eq!(of(Share::Majority), [1, 2, 2, 3, 3, 4]);
		assert_eq!(of(Share::TwoThirds), [1, 2, 2, 3, 4, 4]);
	}
}
