//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	BundleId,
	bundle::BundleFilter,
	rpc::{At, BundleDetailJson, BundleJson, Items, PageRequest},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait BundlesRpc {
	/// Returns a bundle, with its legs while it is open.
	#[method(name = "credio_v1_bundle", blocking)]
	fn bundle(&self, bundle_id: BundleId) -> Result<At<BundleDetailJson>, Error>;

	/// Lists bundles by organization, proposer and status.
	#[method(name = "credio_v1_bundles", blocking)]
	fn bundles(
		&self,
		filter: BundleFilter,
		page: Option<PageRequest>,
	) -> Result<At<Items<BundleJson>>, Error>;
}
