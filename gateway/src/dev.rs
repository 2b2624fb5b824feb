//! A gateway for development: the example organizations of a development chain, in a folder, with keys that are printed.

use crate::{
	Gateway, Tenant,
	config::{Config, TenantConfig},
	credential::{ApiKey, Scope, digest_of, new_key},
	tenant::StartError,
};
use credio_vault::{LocalVault, Vault};
use std::{
	collections::BTreeSet,
	fs, io,
	path::{Path, PathBuf},
	sync::Arc,
};
use zeroize::Zeroizing;

/// The tenants.
const NAMES: [&str; 4] = ["channel-one", "channel-two", "funder-one", "operator"];

/// A key of a tenant, as it is printed.
#[derive(Debug)]
pub struct Shown {
	/// The tenant.
	pub tenant: &'static str,
	/// Its key.
	pub key: Zeroizing<String>,
}

/// Opens the example tenants in a folder. Their keys stay the same there.
///
/// # Errors
///
/// [`StartError`].
pub async fn open(config: &Config, folder: &Path) -> Result<(Gateway, Vec<Shown>), StartError> {
	let mut gateway = Gateway::default();
	let mut shown = Vec::new();
	for tenant in NAMES {
		let at = folder.join(tenant);
		let failed = |error| StartError::File { path: at.clone(), error };
		fs::create_dir_all(&at).map_err(failed)?;
		let key = key(&at.join("key")).map_err(failed)?;
		let settings = TenantConfig {
			name: tenant.into(),
			vault: at.join("vault"),
			password_file: PathBuf::new(),
			outbox: at.join("outbox").to_string_lossy().into_owned(),
			spool: at.join("spool"),
			objects: Some(folder.join("objects").to_string_lossy().into_owned()),
			keys: vec![ApiKey {
				name: "development".into(),
				sha256: digest_of(&key),
				scopes: BTreeSet::from(Scope::ALL),
			}],
		};
		let vault = LocalVault::development(tenant)
			.ok_or_else(|| failed(io::Error::other("it is no example organization")))?;
		let vault: Arc<dyn Vault> = Arc::new(vault);
		gateway.add(Tenant::open(config, &settings, vault).await?, &settings);
		shown.push(Shown { tenant, key });
	}
	Ok((gateway, shown))
}

/// Reads a key, or makes it.
fn key(file: &Path) -> io::Result<Zeroizing<String>> {
	match fs::read_to_string(file) {
		Ok(key) => Ok(Zeroizing::new(key.trim().to_owned())),
		Err(error) if error.kind() == io::ErrorKind::NotFound => {
			let key = new_key().map_err(io::Error::other)?;
			credio_files::write(file, key.as_bytes())?;
			Ok(key)
		},
		Err(error) => Err(error),
	}
}
