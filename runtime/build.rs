//! Builds the runtime's WebAssembly, with the metadata hash that hardware and offline signers check where the feature
//! asks for it.

fn main() {
	#[cfg(feature = "std")]
	{
		// The target folder is outside the checkout, so the builder cannot find the lock file by itself.
		println!("cargo::rerun-if-env-changed=WASM_BUILD_WORKSPACE_HINT");
		if std::env::var_os("WASM_BUILD_WORKSPACE_HINT").is_none() {
			// Asked for when this runs: what is compiled serves any checkout that builds into the same folder.
			let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
			std::env::set_var("WASM_BUILD_WORKSPACE_HINT", format!("{package}/.."));
		}
		let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
		#[cfg(feature = "metadata-hash")]
		let builder = builder.enable_metadata_hash("CRED", 0);
		builder.build();
	}
}
