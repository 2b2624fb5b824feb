//! What the best block says of accounts, lanes and requests: asked of the runtime once a block, and read without it where
//! the node's own runtime is the chain's.

use codec::Decode;
use credio_primitives::{request::NotASubmission, AccountId, OrganizationId, Submission};
use credio_runtime::{
	configs::{
		governance::council_members,
		product::{Submitted, MAX_NATIVE_DEPTH},
	},
	VERSION,
};
use pallet_support::apis::{OrganizationsApi, RequestsApi};
use sc_client_api::StorageProvider;
use sp_api::{CallContext, ProvideRuntimeApi};
use sp_blockchain::{Error, HeaderBackend};
use sp_core::{storage::StorageKey, H256};
use std::{
	collections::HashMap,
	hash::Hash,
	sync::{Arc, Mutex},
};

use crate::{lock::lock, service::FullClient};

/// Most answers of a kind that are remembered. What goes beyond is asked each time.
const MAX_ANSWERS: usize = 10_000;

/// Answers of a kind, all of one block.
struct Answers<Question, Answer> {
	block: H256,
	known: HashMap<Question, Answer>,
}

impl<Question: Eq + Hash, Answer: Copy> Answers<Question, Answer> {
	fn get(&self, block: H256, question: &Question) -> Option<Answer> {
		self.known.get(question).filter(|_| self.block == block).copied()
	}

	fn note(&mut self, block: H256, question: Question, answer: Answer) {
		if self.block != block {
			self.block = block;
			self.known.clear();
		}
		if self.known.len() < MAX_ANSWERS {
			self.known.insert(question, answer);
		}
	}
}

/// Answers that are remembered.
struct Memory<Question, Answer>(Mutex<Answers<Question, Answer>>);

impl<Question, Answer> Default for Memory<Question, Answer> {
	fn default() -> Self {
		Self(Mutex::new(Answers { block: H256::default(), known: HashMap::new() }))
	}
}

impl<Question: Eq + Hash, Answer: Copy> Memory<Question, Answer> {
	/// The answer to a question at a block, for which `ask` is called unless it is known. Nobody waits for another one's.
	fn get(
		&self,
		block: H256,
		question: Question,
		ask: impl FnOnce(&Question) -> Result<Answer, Error>,
	) -> Result<Answer, Error> {
		if let Some(answer) = lock(&self.0).get(block, &question) {
			return Ok(answer);
		}
		let answer = ask(&question)?;
		lock(&self.0).note(block, question, answer);
		Ok(answer)
	}
}

/// What the best block says.
pub struct BestBlock {
	client: Arc<FullClient>,
	/// Whether the node's own runtime is the chain's.
	is_own: Memory<(), bool>,
	organizations: Memory<AccountId, Option<OrganizationId>>,
	next_positions: Memory<(OrganizationId, u32), u64>,
	seats: Memory<AccountId, bool>,
}

impl BestBlock {
	/// Of this client's chain.
	pub fn new(client: Arc<FullClient>) -> Self {
		Self {
			client,
			is_own: Memory::default(),
			organizations: Memory::default(),
			next_positions: Memory::default(),
			seats: Memory::default(),
		}
	}

	/// The organization of an account, if it is a member of one.
	pub fn organization(&self, account: &AccountId) -> Result<Option<OrganizationId>, Error> {
		let at = self.client.info().best_hash;
		self.organizations.get(at, account.clone(), |account| {
			let member = self.client.runtime_api().member(at, account.clone())?;
			Ok(member.map(|member| member.organization))
		})
	}

	/// Whether an account has a seat in the council.
	pub fn is_seat(&self, account: &AccountId) -> Result<bool, Error> {
		let at = self.client.info().best_hash;
		self.seats.get(at, account.clone(), |account| {
			let seats = self.client.storage(at, &StorageKey(council_members()))?;
			let seats = seats.map(|seats| Vec::<AccountId>::decode(&mut seats.0.as_slice()));
			let seats = seats.transpose().map_err(|error| Error::Backend(error.to_string()))?;
			Ok(seats.is_some_and(|seats| seats.contains(account)))
		})
	}

	/// The next position of a lane.
	pub fn next_position(&self, organization: OrganizationId, lane: u32) -> Result<u64, Error> {
		let at = self.client.info().best_hash;
		self.next_positions.get(at, (organization, lane), |_| {
			Ok(self.client.runtime_api().next_position(at, organization, lane)?)
		})
	}

	/// What a signed extrinsic says about the request in it. The runtime is asked only where it is another one than the
	/// node's own, or where that cannot decode the extrinsic.
	pub fn submission(
		&self,
		extrinsic: &[u8],
	) -> Result<Result<Submission, NotASubmission>, Error> {
		let at = self.client.info().best_hash;
		if self.is_own_runtime_at(at)? {
			match Submitted::decode(extrinsic, MAX_NATIVE_DEPTH) {
				Ok(submitted) => {
					let organization = self.organization(&submitted.signer)?;
					return Ok(submitted.of(organization));
				},
				// The runtime decodes calls that are nested deeper.
				Err(NotASubmission::Undecodable) => {},
				Err(reason) => return Ok(Err(reason)),
			}
		}
		Ok(self.client.runtime_api().submission(at, extrinsic.to_vec())?)
	}

	/// Whether the node's own runtime is that of the best block.
	pub fn is_own_runtime(&self) -> Result<bool, Error> {
		self.is_own_runtime_at(self.client.info().best_hash)
	}

	/// Whether the node's own runtime is the chain's. Learning the version takes an instance of the chain's.
	fn is_own_runtime_at(&self, at: H256) -> Result<bool, Error> {
		self.is_own.get(at, (), |()| {
			let version = self.client.runtime_version_at(at, CallContext::Offchain)?;
			Ok(version.spec_name == VERSION.spec_name
				&& version.spec_version == VERSION.spec_version)
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hash(n: u8) -> H256 {
		H256([n; 32])
	}

	#[test]
	fn a_question_is_asked_once_a_block() {
		let memory = Memory::default();
		let unasked = |_: &u32| -> Result<u32, Error> { panic!("it is known") };
		assert_eq!(memory.get(hash(1), 7, |_| Ok(1)).unwrap(), 1);
		assert_eq!(memory.get(hash(1), 7, unasked).unwrap(), 1);
		assert_eq!(memory.get(hash(1), 8, |_| Ok(2)).unwrap(), 2);
		// Another block knows nothing of that, and neither does the first one once it is the best one again.
		assert_eq!(memory.get(hash(2), 7, |_| Ok(3)).unwrap(), 3);
		assert_eq!(memory.get(hash(2), 7, unasked).unwrap(), 3);
		assert_eq!(memory.get(hash(1), 7, |_| Ok(4)).unwrap(), 4);
	}

	#[test]
	fn an_answer_that_comes_late_is_not_taken_for_another_blocks() {
		let memory = Memory::default();
		let late = memory.get(hash(1), 7, |_| memory.get(hash(2), 7, |_| Ok(2)).map(|_| 1));
		assert_eq!(late.unwrap(), 1);
		assert_eq!(memory.get(hash(2), 7, |_| Ok(3)).unwrap(), 3);
	}

	#[test]
	fn what_failed_is_asked_again() {
		let memory = Memory::default();
		let failed = memory.get(hash(1), 7, |_| Err(Error::Backend("no".into())));
		assert!(failed.is_err());
		assert_eq!(memory.get(hash(1), 7, |_| Ok(1)).unwrap(), 1);
	}

	#[test]
	fn no_more_is_remembered_than_there_is_room_for() {
		let memory = Memory::default();
		for n in 0..=MAX_ANSWERS {
			assert_eq!(memory.get(hash(1), n, |n| Ok(*n)).unwrap(), n);
		}
		assert_eq!(memory.get(hash(1), MAX_ANSWERS - 1, |_| Ok(0)).unwrap(), MAX_ANSWERS - 1);
		assert_eq!(memory.get(hash(1), MAX_ANSWERS, |_| Ok(0)).unwrap(), 0);
	}
}
