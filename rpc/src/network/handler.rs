//! Reads validators and bounds.

use super::api::NetworkRpcServer;
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	page::items,
};
use credio_primitives::{
	limits,
	rpc::{At, Items, LimitsJson, ValidatorJson},
};
use pallet_support::apis::{BundlesApi, RequestsApi, ValidatorsApi};

/// Implements the methods of this area.
pub(crate) struct Network<Block, Client>(pub Chain<Block, Client>);

impl<Block: CredioBlock, Client: CredioClient<Block>> NetworkRpcServer for Network<Block, Client> {
	fn validators(&self) -> Result<At<Items<ValidatorJson>>, Error> {
		self.0.at_finalized(|at| {
			let found = self.0.api().validators(hash(&at)).map_err(Error::internal)?;
			Ok(items((found, None)))
		})
	}

	fn limits(&self) -> Result<LimitsJson, Error> {
		let at = hash(&self.0.finalized());
		let api = self.0.api();
		let requests = api.request_limits(at).map_err(Error::internal)?;
		let bundles = api.bundle_limits(at).map_err(Error::internal)?;
		Ok(LimitsJson {
			genesis_hash: self.0.genesis(),
			max_document_size: limits::MAX_DOCUMENT_SIZE,
			max_payload_size: limits::MAX_PAYLOAD_SIZE,
			max_request_lifetime: requests.max_request_lifetime,
			receipt_retention: requests.receipt_retention,
			max_calls: requests.max_calls,
			max_lanes: requests.max_lanes,
			max_positions_ahead: requests.max_positions_ahead,
			max_page_size: limits::MAX_PAGE_SIZE,
			max_bundle_lifetime: bundles.max_bundle_lifetime,
			bundle_retention: bundles.bundle_retention,
			max_bundle_weight: bundles.max_bundle_weight.into(),
		})
	}

	fn discover(&self) -> Result<serde_json::Value, Error> {
		crate::openrpc::document()
	}
}
