//! JSON schemas of types that derive none.

use crate::rpc::Bytes;
use alloc::borrow::Cow;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The schema of an [`AccountId`](crate::AccountId), an SS58 address.
#[derive(Debug)]
pub struct Ss58;

impl JsonSchema for Ss58 {
	fn inline_schema() -> bool {
		true
	}

	fn schema_name() -> Cow<'static, str> {
		"Ss58".into()
	}

	fn json_schema(_: &mut SchemaGenerator) -> Schema {
		json_schema!({ "type": "string", "format": "ss58" })
	}
}

impl JsonSchema for Bytes {
	fn inline_schema() -> bool {
		true
	}

	fn schema_name() -> Cow<'static, str> {
		"Bytes".into()
	}

	fn json_schema(_: &mut SchemaGenerator) -> Schema {
		json_schema!({ "type": "string", "pattern": "^0x([0-9a-f]{2})*$" })
	}
}
