//! Changes of a block.

use crate::chain::CredioBlock;
use credio_primitives::block::Changes;
use pallet_support::apis::MonitoringApi;
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_core::H256;
use std::marker::PhantomData;

/// The first version of [`MonitoringApi`] with `changes`.
const CHANGES_SINCE: u32 = 2;

/// Lists the changes of a block.
pub trait BlockChanges {
	/// Returns the changes of `block`; `None` if they are unknown.
	fn changes(&self, block: H256) -> Option<Changes>;
}

/// Reads the changes of a block from the runtime.
pub(super) struct RuntimeChanges<'a, Block, Client>(&'a Client, PhantomData<Block>);

impl<'a, Block, Client> RuntimeChanges<'a, Block, Client> {
	pub(super) fn new(client: &'a Client) -> Self {
		Self(client, PhantomData)
	}
}

impl<Block, Client> BlockChanges for RuntimeChanges<'_, Block, Client>
where
	Block: CredioBlock,
	Client: ProvideRuntimeApi<Block, Api: MonitoringApi<Block>>,
{
	fn changes(&self, block: H256) -> Option<Changes> {
		let api = self.0.runtime_api();
		let is_listed = api
			.has_api_with::<dyn MonitoringApi<Block>, _>(block, |version| version >= CHANGES_SINCE)
			.ok()?;
		if !is_listed {
			return None;
		}
		let changes = api.changes(block);
		changes.inspect_err(|error| log::debug!(target: "credio-rpc", "{block:?}: {error}")).ok()
	}
}
