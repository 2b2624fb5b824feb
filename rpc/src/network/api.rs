//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::rpc::{At, Items, LimitsJson, ValidatorJson};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait NetworkRpc {
	/// Lists the validators.
	#[method(name = "credio_v1_validators", blocking)]
	fn validators(&self) -> Result<At<Items<ValidatorJson>>, Error>;

	/// Returns the chain's bounds.
	#[method(name = "credio_v1_limits", blocking)]
	fn limits(&self) -> Result<LimitsJson, Error>;

	/// Returns the OpenRPC document of all methods.
	#[method(name = "rpc.discover")]
	fn discover(&self) -> Result<serde_json::Value, Error>;
}
