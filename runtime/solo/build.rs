//! Builds the runtime's WebAssembly. The hash of its metadata, which clients sign along, is that of the runtime's pin in
//! the SDK; a test compares the pin with the build.

#[cfg(feature = "std")]
include!("src/version.rs");

fn main() {
	#[cfg(feature = "std")]
	{
		// The target folder is outside the checkout, so the builder cannot find the lock file by itself.
		println!("cargo::rerun-if-env-changed=WASM_BUILD_WORKSPACE_HINT");
		// Read at run time: the compiled script serves any checkout that builds into the same folder.
		let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
		if std::env::var_os("WASM_BUILD_WORKSPACE_HINT").is_none() {
			set_variable("WASM_BUILD_WORKSPACE_HINT", &format!("{package}/../.."));
		}
		name_metadata_hash(&format!("{package}/../../sdk/client/runtimes/{SPEC_VERSION}.runtime"));
		substrate_wasm_builder::WasmBuilder::init_with_defaults().build();
	}
}

/// Has the runtime compiled with the metadata hash of its pin. The metadata does not depend on it, so a new version is
/// built once without, its pin is written, and then it is built again.
#[cfg(feature = "std")]
fn name_metadata_hash(pin: &str) {
	println!("cargo::rerun-if-changed={pin}");
	let text = std::fs::read_to_string(pin).unwrap_or_default();
	match text.lines().find_map(|line| line.strip_prefix("metadata-hash ")) {
		Some(hash) => {
			// `CheckMetadataHash` reads it while it is compiled.
			set_variable("RUNTIME_METADATA_HASH", hash);
			println!("cargo::rustc-env=CREDIO_METADATA_HASH={hash}");
		},
		None => println!(
			"cargo::warning=runtime {SPEC_VERSION} has no pin, so it refuses what clients sign: \
			 CREDIO_WRITE_VECTORS=1 cargo nextest run -p credio-e2e -E 'test(pins_are)' writes it"
		),
	}
}

/// Sets a variable for what this script starts.
#[cfg(feature = "std")]
#[allow(unsafe_code)]
fn set_variable(name: &str, value: &str) {
	// SAFETY: the script has one thread.
	unsafe { std::env::set_var(name, value) }
}
