//! Reads bundles.

use super::api::BundlesRpcServer;
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	page::page,
};
use credio_primitives::{
	BundleId,
	bundle::BundleFilter,
	rpc::{At, BundleDetailJson, BundleJson, Items, PageRequest},
};
use pallet_support::apis::BundlesApi;

/// Implements the methods of this area.
pub(crate) struct Bundles<Block, Client>(pub Chain<Block, Client>);

impl<Block: CredioBlock, Client: CredioClient<Block>> BundlesRpcServer for Bundles<Block, Client> {
	fn bundle(&self, bundle_id: BundleId) -> Result<At<BundleDetailJson>, Error> {
		self.0.at_finalized(|at| {
			let detail = self.0.api().bundle(hash(&at), bundle_id).map_err(Error::internal)?;
			let detail = detail.ok_or(Error::NotFound("bundle"))?;
			BundleDetailJson::new(detail, |error| self.0.error_name(&at, error))
		})
	}

	fn bundles(
		&self,
		filter: BundleFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<BundleJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.0.at_finalized(|at| {
			let found = self.0.api().bundles(hash(&at), filter, cursor, limit);
			let (found, next) = found.map_err(Error::internal)?;
			let items = found
				.into_iter()
				.map(|named| BundleJson::new(named, |error| self.0.error_name(&at, error)))
				.collect::<Result<_, _>>()?;
			Ok(Items { items, next })
		})
	}
}
