//! Bundles and where they stand.

use crate::{
	handler::{hash, page, CredioBlock},
	Credio, Error,
};
use credio_primitives::{
	bundle::BundleFilter,
	rpc::{BlockRef, BundleDetailJson, BundleJson, Items, PageRequest},
	BundleId,
};
use pallet_support::apis::{BundlesApi, RequestsApi};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ ProvideRuntimeApi<Block, Api: BundlesApi<Block> + RequestsApi<Block>>,
{
	/// One bundle, with its legs while it is open.
	pub(crate) fn do_bundle(&self, at: &BlockRef, id: BundleId) -> Result<BundleDetailJson, Error> {
		let detail = self
			.client
			.runtime_api()
			.bundle(hash(at), id)
			.map_err(Error::internal)?
			.ok_or(Error::NotFound("bundle"))?;
		BundleDetailJson::new(detail, |error| self.error_name(at, error))
	}

	/// Bundles that match a filter.
	pub(crate) fn do_bundles(
		&self,
		at: &BlockRef,
		filter: BundleFilter,
		request: Option<PageRequest>,
	) -> Result<Items<BundleJson>, Error> {
		let (cursor, limit) = page(request)?;
		let (found, next) = self
			.client
			.runtime_api()
			.bundles(hash(at), filter, cursor, limit)
			.map_err(Error::internal)?;
		let items = found
			.into_iter()
			.map(|named| BundleJson::new(named, |error| self.error_name(at, error)))
			.collect::<Result<_, _>>()?;
		Ok(Items { items, next })
	}
}
