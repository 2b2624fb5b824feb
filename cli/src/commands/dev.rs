//! Vaults of the example organizations of development chains.

use crate::{exit::Failure, output, session::Session};
use credio_client::primitives::development;
use credio_vault::{file, LocalVault};
use serde_json::json;
use std::{fs, path::Path};

/// Password of development vaults: it protects what everybody knows anyway.
const PASSWORD: &str = "development";

/// Writes one vault per example organization, and the password beside them.
pub fn run(session: &Session, folder: &Path) -> Result<(), Failure> {
	fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
	let password = folder.join("password");
	credio_files::write(&password, format!("{PASSWORD}\n").as_bytes())
		.map_err(|error| Failure::file(&password, error))?;
	let mut written = Vec::new();
	for organization in development::ORGANIZATIONS {
		let vault = LocalVault::development(organization.name)
			.ok_or_else(|| Failure::Other("a development vault cannot be made".into()))?;
		let path = folder.join(format!("{}.vault", organization.name));
		file::store(&path, PASSWORD.as_bytes(), &vault)?;
		written.push(json!({ "organization": organization.name, "vault": path }));
	}
	output::items(session.json, &written, ["organization", "vault"], |line| {
		["organization", "vault"].map(|field| line[field].as_str().unwrap_or_default().into())
	})
}
