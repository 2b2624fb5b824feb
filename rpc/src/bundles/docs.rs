//! Describes the methods of this area.

use crate::openrpc::builder::Document;
use credio_primitives::{
	BundleId,
	bundle::BundleFilter,
	error_codes as codes,
	rpc::{At, BundleDetailJson, BundleJson, Items, PageRequest},
};

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_bundle", "Returns a bundle, with its legs while it is open.")
		.param::<BundleId>("bundleId", "Its id.")
		.returns::<At<BundleDetailJson>>("The bundle.", &[codes::NOT_FOUND, codes::INTERNAL]);
	document
		.method("credio_v1_bundles", "Lists bundles by organization, proposer and status.")
		.param::<BundleFilter>("filter", "Which bundles.")
		.optional::<PageRequest>("page", "Which page.")
		.returns::<At<Items<BundleJson>>>(
			"A page of bundles.",
			&[codes::INVALID_PARAMETERS, codes::INTERNAL],
		);
}
