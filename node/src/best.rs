//! Accounts, lanes and requests at the best block. The runtime is called once per block and question, and not at all where
//! the node's own runtime has the version of the chain's.

use codec::Decode;
use credio_primitives::{AccountId, OrganizationId, Submission, request::NotASubmission};
use credio_runtime::{
	VERSION,
	configs::{
		governance::council_members,
		product::{MAX_NATIVE_DEPTH, Submitted},
	},
};
use pallet_support::apis::{OrganizationsApi, RequestsApi};
use sc_client_api::StorageProvider;
use sp_api::{CallContext, ProvideRuntimeApi};
use sp_blockchain::{Error, HeaderBackend};
use sp_core::{H256, storage::StorageKey};
use std::{
	collections::HashMap,
	hash::Hash,
	sync::{Arc, Mutex},
};

use crate::{client::FullClient, lock::lock};

/// Most cached values of a kind. Further ones are computed each time.
const MAX_CACHED: usize = 10_000;

/// Values of one block.
struct OfBlock<Key, Value> {
	block: H256,
	known: HashMap<Key, Value>,
}

impl<Key: Eq + Hash, Value: Copy> OfBlock<Key, Value> {
	fn get(&self, block: H256, key: &Key) -> Option<Value> {
		self.known.get(key).filter(|_| self.block == block).copied()
	}

	fn insert(&mut self, block: H256, key: Key, value: Value) {
		if self.block != block {
			self.block = block;
			self.known.clear();
		}
		if self.known.len() < MAX_CACHED {
			self.known.insert(key, value);
		}
	}
}

/// A cache of values of the last block that was asked about.
struct BlockCache<Key, Value>(Mutex<OfBlock<Key, Value>>);

impl<Key, Value> Default for BlockCache<Key, Value> {
	fn default() -> Self {
		Self(Mutex::new(OfBlock { block: H256::default(), known: HashMap::new() }))
	}
}

impl<Key: Eq + Hash, Value: Copy> BlockCache<Key, Value> {
	/// Returns the value of a key at a block, and calls `read` if it is not cached. The lock is not held during `read`.
	fn get(
		&self,
		block: H256,
		key: Key,
		read: impl FnOnce(&Key) -> Result<Value, Error>,
	) -> Result<Value, Error> {
		if let Some(value) = lock(&self.0).get(block, &key) {
			return Ok(value);
		}
		let value = read(&key)?;
		lock(&self.0).insert(block, key, value);
		Ok(value)
	}
}

/// A cached view of the best block.
pub(crate) struct BestBlock {
	client: Arc<FullClient>,
	/// Whether the node's own runtime has the version of the chain's.
	is_own: BlockCache<(), bool>,
	organizations: BlockCache<AccountId, Option<OrganizationId>>,
	next_positions: BlockCache<(OrganizationId, u32), u64>,
	seats: BlockCache<AccountId, bool>,
}

impl BestBlock {
	/// Returns a view of the best block of a client.
	pub(crate) fn new(client: Arc<FullClient>) -> Self {
		Self {
			client,
			is_own: BlockCache::default(),
			organizations: BlockCache::default(),
			next_positions: BlockCache::default(),
			seats: BlockCache::default(),
		}
	}

	/// Returns the organization of an account, if it is a member of one.
	pub(crate) fn organization(
		&self,
		account: &AccountId,
	) -> Result<Option<OrganizationId>, Error> {
		let at = self.client.info().best_hash;
		self.organizations.get(at, account.clone(), |account| {
			let member = self.client.runtime_api().member(at, account.clone())?;
			Ok(member.map(|member| member.organization))
		})
	}

	/// Returns whether an account has a seat in the council.
	pub(crate) fn is_seat(&self, account: &AccountId) -> Result<bool, Error> {
		let at = self.client.info().best_hash;
		self.seats.get(at, account.clone(), |account| {
			let seats = self.client.storage(at, &StorageKey(council_members()))?;
			let seats = seats.map(|seats| Vec::<AccountId>::decode(&mut seats.0.as_slice()));
			let seats = seats.transpose().map_err(|error| Error::Backend(error.to_string()))?;
			Ok(seats.is_some_and(|seats| seats.contains(account)))
		})
	}

	/// Returns the next position of a lane.
	pub(crate) fn next_position(
		&self,
		organization: OrganizationId,
		lane: u32,
	) -> Result<u64, Error> {
		let at = self.client.info().best_hash;
		self.next_positions.get(at, (organization, lane), |_| {
			Ok(self.client.runtime_api().next_position(at, organization, lane)?)
		})
	}

	/// Reads the request in a signed extrinsic. Calls the runtime only if its version is not the node's own, or if the
	/// node cannot decode the extrinsic.
	pub(crate) fn submission(
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

	/// Returns whether the node's own runtime has the version of the best block's.
	pub(crate) fn is_own_runtime(&self) -> Result<bool, Error> {
		self.is_own_runtime_at(self.client.info().best_hash)
	}

	/// Returns whether the node's own runtime has the version of a block's. Reading that version takes an instance of it.
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
	fn value_is_read_once_per_block() {
		let cache = BlockCache::default();
		let unread = |_: &u32| -> Result<u32, Error> { panic!("it is cached") };
		assert_eq!(cache.get(hash(1), 7, |_| Ok(1)).unwrap(), 1);
		assert_eq!(cache.get(hash(1), 7, unread).unwrap(), 1);
		assert_eq!(cache.get(hash(1), 8, |_| Ok(2)).unwrap(), 2);
		// Only the last block's values are cached.
		assert_eq!(cache.get(hash(2), 7, |_| Ok(3)).unwrap(), 3);
		assert_eq!(cache.get(hash(2), 7, unread).unwrap(), 3);
		assert_eq!(cache.get(hash(1), 7, |_| Ok(4)).unwrap(), 4);
	}

	#[test]
	fn late_value_is_not_taken_for_another_blocks() {
		let cache = BlockCache::default();
		let late = cache.get(hash(1), 7, |_| cache.get(hash(2), 7, |_| Ok(2)).map(|_| 1));
		assert_eq!(late.unwrap(), 1);
		assert_eq!(cache.get(hash(2), 7, |_| Ok(3)).unwrap(), 3);
	}

	#[test]
	fn failed_read_is_repeated() {
		let cache = BlockCache::default();
		let failed = cache.get(hash(1), 7, |_| Err(Error::Backend("no".into())));
		assert!(failed.is_err());
		assert_eq!(cache.get(hash(1), 7, |_| Ok(1)).unwrap(), 1);
	}

	#[test]
	fn cache_is_bounded() {
		let cache = BlockCache::default();
		for n in 0..=MAX_CACHED {
			assert_eq!(cache.get(hash(1), n, |n| Ok(*n)).unwrap(), n);
		}
		assert_eq!(cache.get(hash(1), MAX_CACHED - 1, |_| Ok(0)).unwrap(), MAX_CACHED - 1);
		assert_eq!(cache.get(hash(1), MAX_CACHED, |_| Ok(0)).unwrap(), 0);
	}
}
