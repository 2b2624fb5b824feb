//! Describes the methods of this area.

use crate::openrpc::builder::Document;
use credio_primitives::{
	error_codes as codes,
	rpc::{PageRequest, PoolFilter, PoolPageJson},
};

pub(crate) fn describe(document: &mut Document) {
	document
		.method("credio_v1_pool", "Lists the transactions in this node's pool, by organization.")
		.param::<PoolFilter>("filter", "Which transactions.")
		.optional::<PageRequest>("page", "Which page.")
		.returns::<PoolPageJson>("A page of transactions.", &[codes::INVALID_PARAMETERS]);
}
