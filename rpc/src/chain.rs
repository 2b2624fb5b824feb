//! The chain as the handlers read it.

use crate::error::Error;
use codec::{Decode, DecodeAll};
use credio_primitives::{
	BlockNumber, Digest,
	rpc::{At, BlockRef, ErrorNameJson},
};
use pallet_support::apis::{
	BundlesApi, GrantsApi, OrganizationsApi, RecordsApi, RequestsApi, StreamsApi, ValidatorsApi,
};
use sp_api::{ApiExt, ApiRef, CallApiAt, ProvideRuntimeApi, RuntimeApiInfo};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_runtime::{
	DispatchError,
	traits::{Block as BlockT, Header as HeaderT},
};
use sp_state_machine::Backend;
use std::{marker::PhantomData, sync::Arc};

/// The first version of [`RecordsApi`] with objects.
const OBJECTS_SINCE: u32 = 3;

/// Blocks as Credio chains have them.
pub trait CredioBlock:
	BlockT<Hash = H256, Header: HeaderT<Number = BlockNumber, Hash = H256>>
{
}

impl<B> CredioBlock for B where
	B: BlockT<Hash = H256, Header: HeaderT<Number = BlockNumber, Hash = H256>>
{
}

/// A client with the runtime APIs of Credio chains.
pub trait CredioClient<Block: CredioBlock>:
	HeaderBackend<Block>
	+ CallApiAt<Block>
	+ ProvideRuntimeApi<
		Block,
		Api: BundlesApi<Block>
		         + GrantsApi<Block>
		         + OrganizationsApi<Block>
		         + RecordsApi<Block>
		         + RequestsApi<Block>
		         + StreamsApi<Block>
		         + ValidatorsApi<Block>,
	> + Send
	+ Sync
	+ 'static
{
}

impl<Block, Client> CredioClient<Block> for Client
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ CallApiAt<Block>
		+ ProvideRuntimeApi<
			Block,
			Api: BundlesApi<Block>
			         + GrantsApi<Block>
			         + OrganizationsApi<Block>
			         + RecordsApi<Block>
			         + RequestsApi<Block>
			         + StreamsApi<Block>
			         + ValidatorsApi<Block>,
		> + Send
		+ Sync
		+ 'static,
{
}

/// Reads blocks and their states.
pub(crate) struct Chain<Block, Client> {
	client: Arc<Client>,
	block: PhantomData<Block>,
}

impl<Block, Client> Clone for Chain<Block, Client> {
	fn clone(&self) -> Self {
		Self { client: self.client.clone(), block: PhantomData }
	}
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Chain<Block, Client> {
	/// Returns the chain of this client.
	pub(crate) fn new(client: Arc<Client>) -> Self {
		Self { client, block: PhantomData }
	}

	/// Returns the last finalized block.
	pub(crate) fn finalized(&self) -> BlockRef {
		let info = self.client.info();
		BlockRef { number: info.finalized_number, hash: Digest(info.finalized_hash.0) }
	}

	/// Returns the best block, which may not become final.
	pub(crate) fn best(&self) -> BlockRef {
		let info = self.client.info();
		BlockRef { number: info.best_number, hash: Digest(info.best_hash.0) }
	}

	/// Returns the hash of block 0, which names the chain.
	pub(crate) fn genesis(&self) -> Digest {
		Digest(self.client.info().genesis_hash.0)
	}

	/// Whether the runtime of a block has an API in this version or a later one.
	///
	/// # Errors
	///
	/// [`Error::Internal`].
	pub(crate) fn has<Api: RuntimeApiInfo + ?Sized>(
		&self,
		at: H256,
		since: u32,
	) -> Result<bool, Error> {
		let version = self.api().api_version::<Api>(at).map_err(Error::internal)?;
		Ok(version.is_some_and(|version| version >= since))
	}

	/// Returns whether the runtime of a block has objects and their erasures.
	///
	/// # Errors
	///
	/// [`Error::Internal`].
	pub(crate) fn has_objects(&self, at: H256) -> Result<bool, Error> {
		self.has::<dyn RecordsApi<Block>>(at, OBJECTS_SINCE)
	}

	/// Runs `read` at the finalized block and tags the result with it.
	pub(crate) fn at_finalized<T>(
		&self,
		read: impl FnOnce(BlockRef) -> Result<T, Error>,
	) -> Result<At<T>, Error> {
		let at = self.finalized();
		read(at).map(|answer| At { at, answer })
	}

	/// Returns the runtime API.
	pub(crate) fn api(&self) -> ApiRef<'_, Client::Api> {
		self.client.runtime_api()
	}

	/// Returns the state after a block.
	pub(crate) fn state(&self, at: &BlockRef) -> Result<Client::StateBackend, Error> {
		self.client.state_at(hash(at)).map_err(Error::internal)
	}

	/// Returns a value of the state after a block. This takes no instance of the runtime.
	pub(crate) fn value<T: Decode>(&self, at: &BlockRef, key: &[u8]) -> Result<Option<T>, Error> {
		let value = self.state(at)?.storage(key).map_err(Error::internal)?;
		value.map(|value| T::decode_all(&mut &value[..]).map_err(Error::internal)).transpose()
	}

	/// Returns the number of a block; `None` if the node does not know it.
	pub(crate) fn number(&self, block: H256) -> Result<Option<BlockNumber>, Error> {
		self.client.number(block).map_err(Error::internal)
	}

	/// Returns the hash of the block with this number on the best chain.
	pub(crate) fn hash_of(&self, number: BlockNumber) -> Result<Option<H256>, Error> {
		self.client.hash(number).map_err(Error::internal)
	}

	/// Returns the name and description of a dispatch error.
	pub(crate) fn error_name(
		&self,
		at: &BlockRef,
		error: DispatchError,
	) -> Result<ErrorNameJson, Error> {
		let (name, description) =
			self.api().error_name(hash(at), error).map_err(Error::internal)?;
		let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
		Ok(ErrorNameJson { name: text(name), description: text(description) })
	}
}

/// Returns the hash of a block as the client takes it.
pub(crate) fn hash(block: &BlockRef) -> H256 {
	H256(block.hash.0)
}
