//! Describes the methods of this area.

use crate::openrpc::builder::{AnyObject, Document};
use credio_primitives::{
	error_codes as codes,
	rpc::{At, Items, LimitsJson, ValidatorJson},
};

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_validators", "Lists the validators.")
		.returns::<At<Items<ValidatorJson>>>(
			"The validators. `next` is always null.",
			&[codes::INTERNAL],
		);
	document
		.method("credio_v1_limits", "Returns the genesis hash and the chain's bounds.")
		.returns::<LimitsJson>("The bounds.", &[codes::INTERNAL]);
	document
		.method("rpc.discover", "Returns this document.")
		.returns::<AnyObject>("The OpenRPC document.", &[codes::INTERNAL]);
}
