//! Chain specifications. The genesis comes from the runtime's presets.

use credio_runtime::{WASM_BINARY, genesis_presets};
use sc_service::ChainType;

/// Chain specification of a Credio chain.
pub(crate) type ChainSpec = sc_service::GenericChainSpec;

/// Returns the chain specification of one validator, for development.
///
/// # Errors
///
/// If the node was built without its runtime.
pub(crate) fn development() -> Result<ChainSpec, String> {
	from_preset(
		"Credio Development",
		"credio-dev",
		ChainType::Development,
		genesis_presets::DEVELOPMENT,
	)
}

/// Returns the chain specification of four validators on one machine.
///
/// # Errors
///
/// If the node was built without its runtime.
pub(crate) fn local() -> Result<ChainSpec, String> {
	from_preset("Credio Local", "credio-local", ChainType::Local, genesis_presets::LOCAL)
}

/// Returns the code of the runtime that was built with the node.
///
/// # Errors
///
/// If the node was built without its runtime.
pub(crate) fn runtime_code() -> Result<&'static [u8], String> {
	let error = "this node was built without its runtime; build it again without SKIP_WASM_BUILD";
	WASM_BINARY.ok_or_else(|| error.into())
}

fn from_preset(
	name: &str,
	id: &str,
	chain_type: ChainType,
	preset: &str,
) -> Result<ChainSpec, String> {
	Ok(ChainSpec::builder(runtime_code()?, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("credio")
		.with_chain_type(chain_type)
		.with_genesis_config_preset_name(preset)
		.build())
}
