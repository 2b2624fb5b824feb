//! Chain specifications for tests.

use crate::process::{binary, path, repository};
use std::{path::Path, process::Command};

/// Writes the raw specification of a chain, given by name or by file, to a file. Returns the file's path.
///
/// # Panics
///
/// If the node does not make it, or it cannot be written.
pub fn raw_specification(chain: &str, file: &Path) -> String {
	let output = Command::new(binary("credio-node"))
		.args(["build-spec", "--raw", "--chain", chain])
		.output()
		.expect("credio-node starts");
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	std::fs::write(file, output.stdout).expect("writable");
	path(file).to_owned()
}

/// Writes the specification of a development chain with an earlier release of the runtime into a folder. Returns the
/// file's path.
///
/// # Panics
///
/// If the node does not make it, or it cannot be written.
pub fn chain_of_release(number: u32, folder: &Path) -> String {
	let output = Command::new(binary("credio-node"))
		.args(["build-spec", "--chain", "dev"])
		.output()
		.expect("credio-node starts");
	let mut spec: serde_json::Value =
		serde_json::from_slice(&output.stdout).expect("a specification");
	let code = repository().join(format!("runtime/solo/releases/{number}.wasm"));
	let code = std::fs::read(code).expect("the release's runtime is kept");
	let genesis = &mut spec["genesis"]["runtimeGenesis"];
	genesis["code"] = serde_json::json!(format!("0x{}", hex::encode(code)));
	let file = folder.join("release.json");
	std::fs::write(&file, spec.to_string()).expect("writable");
	path(&file).to_owned()
}

/// Writes the raw specification of a chain with the members, keys and validators of another, and a different network id.
///
/// # Panics
///
/// If the node does not make it, or it cannot be written.
pub fn specification_of_another_chain(chain: &str, file: &Path) -> String {
	let raw = raw_specification(chain, file);
	let text = std::fs::read_to_string(file).expect("it was written");
	let mut specification: serde_json::Value = serde_json::from_str(&text).expect("JSON");
	let hash = |name: &str| hex::encode(sp_crypto_hashing::twox_128(name.as_bytes()));
	let key = format!("0x{}{}", hash("Governance"), hash("NetworkId"));
	let id = &mut specification["genesis"]["raw"]["top"][&key];
	assert!(id.is_string(), "the network id is in genesis");
	*id = format!("0x{}", "ee".repeat(32)).into();
	std::fs::write(file, specification.to_string()).expect("writable");
	raw
}
