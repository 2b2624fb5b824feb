//! Vaults.

use super::NO_ORGANIZATION;
use crate::{arguments::VaultCommand, exit::Failure, output, session::Session};
use credio_sdk::vault::{file, LocalVault};
use std::path::Path;

/// Runs a command on vaults.
pub async fn run(session: &Session, command: VaultCommand) -> Result<(), Failure> {
	match command {
		VaultCommand::Create { like } => create(session, like.as_deref()),
		VaultCommand::Show => show(session),
		VaultCommand::Rotate => rotate(session).await,
	}
}

fn create(session: &Session, like: Option<&Path>) -> Result<(), Failure> {
	let path = session.vault_path()?;
	if path.exists() {
		return Err(Failure::Other(format!(
			"{} is there already: a vault is never overwritten",
			path.display()
		)));
	}
	let password = session.password(like.is_none())?;
	let vault = match like {
		None => LocalVault::generate(NO_ORGANIZATION)?,
		Some(other) => file::open(other, password.as_bytes())?.for_another_member()?,
	};
	file::store(path, password.as_bytes(), &vault)?;
	show(session)
}

fn show(session: &Session) -> Result<(), Failure> {
	let public = file::public_part(session.vault_path()?)?;
	let newest = public.encryption_keys.len().saturating_sub(1);
	let organization = match public.organization {
		NO_ORGANIZATION => "as the chain says".into(),
		number => number.to_string(),
	};
	output::item(
		session.json,
		&public,
		&[
			("account", public.account.to_string()),
			("organization", organization),
			("encryption key", output::or_dash(public.encryption_keys.last())),
			("key version", newest.to_string()),
		],
	)
}

async fn rotate(session: &Session) -> Result<(), Failure> {
	let path = session.vault_path()?;
	let password = session.password(false)?;
	let mut vault = file::open(path, password.as_bytes())?;
	let client = session.connect().await?;
	let detail = client.organization(client.organization_id()).await?;
	let announced = detail.organization.key_version as usize;
	// A key that was made but not announced, because a rotation was cut short, is announced now.
	if vault.encryption_keys().len() <= announced + 1 {
		vault.add_encryption_key()?;
		file::store(path, password.as_bytes(), &vault)?;
	}
	let (version, key) =
		vault.encryption_keys().into_iter().nth(announced + 1).ok_or_else(|| {
			Failure::Other("the vault has fewer encryption keys than the chain".into())
		})?;
	client.rotate_key(key).await?;
	output::item(
		session.json,
		&serde_json::json!({ "keyVersion": version, "encryptionKey": key }),
		&[("key version", version.to_string()), ("encryption key", key.to_string())],
	)
}
