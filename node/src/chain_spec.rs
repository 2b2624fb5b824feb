//! Chain specifications. The genesis comes from the runtime's presets.

use credio_runtime::{genesis_presets, WASM_BINARY};
use sc_service::ChainType;

/// Chain specification of a Credio chain.
pub type ChainSpec = sc_service::GenericChainSpec;

/// One validator, for development.
pub fn development() -> Result<ChainSpec, String> {
	from_preset(
		"Credio Development",
		"credio-dev",
		ChainType::Development,
		genesis_presets::DEVELOPMENT,
	)
}

/// Four validators on one machine.
pub fn local() -> Result<ChainSpec, String> {
	from_preset("Credio Local", "credio-local", ChainType::Local, genesis_presets::LOCAL)
}

fn from_preset(
	name: &str,
	id: &str,
	chain_type: ChainType,
	preset: &str,
) -> Result<ChainSpec, String> {
	let wasm = WASM_BINARY
		.ok_or("this node was built without its runtime: build it again without SKIP_WASM_BUILD")?;
	Ok(ChainSpec::builder(wasm, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("credio")
		.with_chain_type(chain_type)
		.with_genesis_config_preset_name(preset)
		.build())
}
