//! `credio vault`.

use crate::{
	exit::Failure,
	output,
	session::{NEW_PASSWORD, NO_ORGANIZATION, Session},
	values,
};
use clap::{Args, Subcommand, ValueEnum};
use credio_client::{
	Client,
	primitives::{AccountId, KeyVersion},
};
use credio_vault::{
	ChainPin, KeyExport, LocalVault, Scheme, VaultError,
	file::{self, Changing, Kdf},
};
use serde_json::json;
use std::{fs::File, io::Read, path::PathBuf};
use zeroize::Zeroizing;

/// Bound on a file with exported keys.
const MAX_EXPORT_SIZE: u64 = 1024 * 1024;

/// Create, show and change vaults, and rotate encryption keys
#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
	Create(CreateArgs),
	Show(ShowArgs),
	Rotate(RotateArgs),
	RenewSecret(RenewSecretArgs),
	Pin(PinArgs),
	ExportKeys(ExportKeysArgs),
	ImportKeys(ImportKeysArgs),
	ChangePassword(ChangePasswordArgs),
}

/// Create a vault with new keys
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio --vault acme.vault vault create\n  credio --vault gateway-2.vault vault create --like acme.vault\n  credio --vault gateway-3.vault vault create --for-import"
)]
pub(super) struct CreateArgs {
	/// Vault of another member of the organization, opened with the same password: share its encryption keys and
	/// organization secret, with a new account
	#[arg(long, value_name = "FILE", conflicts_with = "for_import")]
	like: Option<PathBuf>,
	/// Make an account only, and wait for the organization's keys: for a gateway on another machine
	#[arg(long)]
	for_import: bool,
	/// Signature scheme of the account
	#[arg(long, value_enum, default_value_t = SchemeName::Sr25519, conflicts_with = "like")]
	scheme: SchemeName,
	#[command(flatten)]
	kdf: KdfOptions,
}

/// Show the public part of a vault
#[derive(Debug, Args)]
#[command(after_help = "Example: credio --vault acme.vault vault show")]
pub(super) struct ShowArgs {}

/// Make a new encryption key and announce it on the chain
///
/// The same command completes an interrupted rotation.
#[derive(Debug, Args)]
#[command(after_help = "Example: credio --vault acme.vault vault rotate")]
pub(super) struct RotateArgs {}

/// Make a new organization secret, after the old one was stolen, with a new encryption key
///
/// Request keys of new requests are then unknown to the thief, and secrets of new key epochs are accepted as the
/// organization's own only if they were made with the new secret. Earlier uploads stay uploaded once.
///
/// Stop the other gateways first, and bring the new secret to their vaults with export-keys and import-keys before they
/// continue: a gateway with the old secret uploads the same documents again. The same command completes an interrupted
/// renewal.
#[derive(Debug, Args)]
#[command(after_help = "Example: credio --vault acme.vault vault renew-secret")]
pub(super) struct RenewSecretArgs {}

/// Pin the vault to a chain, so that nodes of other chains are rejected
///
/// The first command that changes the vault and asks the chain (rotate, renew-secret, import-keys) pins that chain; a new
/// vault has the chain of the configuration file.
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio --vault acme.vault vault pin 0x91b1…b0c3/0x7c2f…19aa\n(`credio runtime show` prints it; compare it with the chain's specification)"
)]
pub(super) struct PinArgs {
	/// Hash of block 0 and network id
	#[arg(value_name = "GENESIS/NETWORK")]
	chain: ChainPin,
}

/// Seal the organization's keys to another vault of the organization
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio --vault acme.vault vault export-keys --to 0x3f…e1 -o keys.json\n(`credio vault show` of the other vault prints its transfer key)"
)]
pub(super) struct ExportKeysArgs {
	/// Transfer key of the other vault
	#[arg(long, value_name = "0x…")]
	to: String,
	/// File to write
	#[arg(short, long, value_name = "FILE")]
	output: PathBuf,
}

/// Import keys that another vault of the organization has exported to this one
///
/// Each is compared with the key that the chain has registered. No existing key is replaced.
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio --vault gateway-2.vault vault import-keys keys.json --from 5F…y\n(`credio vault show` of the other vault prints its account)"
)]
pub(super) struct ImportKeysArgs {
	/// The file that `export-keys` wrote
	file: PathBuf,
	/// Account of the vault that exported them; a file from any other account is rejected
	#[arg(long, value_name = "SS58")]
	from: AccountId,
	/// Do not compare them with the chain
	#[arg(long)]
	offline: bool,
}

/// Encrypt the vault under another password
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio --vault acme.vault vault change-password\n  credio --vault acme.vault vault change-password --new-password-file new --memory-mib 256"
)]
pub(super) struct ChangePasswordArgs {
	/// File whose first line is the new password; without it CREDIO_VAULT_NEW_PASSWORD, else a prompt
	#[arg(long, env = "CREDIO_VAULT_NEW_PASSWORD_FILE", value_name = "FILE")]
	new_password_file: Option<PathBuf>,
	#[command(flatten)]
	kdf: KdfOptions,
}

/// Parameters of Argon2id, which stretches the password. A vault keeps those that are not given; a new one has defaults.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct KdfOptions {
	/// Memory to stretch the password with, in MiB: 19 to 1024 [default: 64]
	#[arg(long, value_name = "N")]
	memory_mib: Option<u32>,
	/// Passes over that memory: 1 to 16 [default: 3]
	#[arg(long, value_name = "N")]
	passes: Option<u32>,
	/// Lanes of the memory: 1 to 8 [default: 1]
	#[arg(long, value_name = "N")]
	lanes: Option<u32>,
}

impl KdfOptions {
	/// Returns these parameters with the rest from `kdf`.
	fn over(self, kdf: Kdf) -> Result<Kdf, VaultError> {
		let Self { memory_mib, passes, lanes } = self;
		let memory_kib = memory_mib.map_or(kdf.memory_kib(), |mib| mib.saturating_mul(1024));
		Kdf::new(memory_kib, passes.unwrap_or(kdf.passes()), lanes.unwrap_or(kdf.lanes()))
	}
}

/// Signature schemes of accounts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemeName {
	/// Schnorr signatures on Ristretto, as most accounts of Substrate chains have
	Sr25519,
	/// Ed25519
	Ed25519,
	/// ECDSA on secp256k1
	Ecdsa,
}

impl From<SchemeName> for Scheme {
	fn from(name: SchemeName) -> Self {
		match name {
			SchemeName::Sr25519 => Self::Sr25519,
			SchemeName::Ed25519 => Self::Ed25519,
			SchemeName::Ecdsa => Self::Ecdsa,
		}
	}
}

/// Runs a command on vaults.
pub(super) async fn run(session: &Session, command: VaultCommand) -> Result<(), Failure> {
	match command {
		VaultCommand::Create(args) => create(session, args).await,
		VaultCommand::Show(ShowArgs {}) => show(session),
		VaultCommand::Rotate(RotateArgs {}) => rotate(session, false).await,
		VaultCommand::RenewSecret(RenewSecretArgs {}) => rotate(session, true).await,
		VaultCommand::Pin(PinArgs { chain }) => pin(session, &chain).await,
		VaultCommand::ExportKeys(args) => export_keys(session, &args).await,
		VaultCommand::ImportKeys(args) => import_keys(session, &args).await,
		VaultCommand::ChangePassword(args) => change_password(session, args).await,
	}
}

async fn create(session: &Session, args: CreateArgs) -> Result<(), Failure> {
	let CreateArgs { like, for_import, scheme, kdf } = args;
	let (kdf, scheme) = (kdf.over(Kdf::default())?, scheme.into());
	let path = session.vault_path()?;
	if path.exists() {
		return Err(VaultError::Exists { path: path.display().to_string() }.into());
	}
	let password = session.password(like.is_none())?;
	let mut vault = match like {
		Some(other) => file::open(&other, password.as_bytes())?.for_another_member()?,
		None if for_import => LocalVault::waiting(NO_ORGANIZATION, scheme)?,
		None => LocalVault::generate_with(NO_ORGANIZATION, scheme)?,
	};
	if let Some(chain) = &session.options().chain {
		vault.pin(chain)?;
	}
	Changing::create(path, password.as_bytes(), kdf, vault).await?;
	show(session)
}

fn show(session: &Session) -> Result<(), Failure> {
	let public = file::public_part(session.vault_path()?)?;
	let newest = public.encryption_keys.last();
	let organization = match public.organization {
		NO_ORGANIZATION => "not admitted yet, or not known".into(),
		number => number.to_string(),
	};
	let mut lines = vec![
		("account", public.account.to_string()),
		("organization", organization),
		("chain", public.chain.map_or_else(|| "not pinned".into(), |chain| chain.to_string())),
		("encryption key", output::or_dash(newest.map(|key| key.public))),
		("key version", output::or_dash(newest.map(|key| key.version))),
		("organization secret", output::or_dash(public.secret_versions.last().map(since))),
		("transfer key", public.transfer_key.to_string()),
	];
	if let Some(pending) = public.pending_key {
		lines
			.push(("announced", format!("{pending}, perhaps; `credio vault rotate` completes it")));
	}
	output::item(session.json, &public, &lines)
}

/// Formats the version of the encryption key since which an organization secret is used.
fn since(version: &KeyVersion) -> String {
	format!("since key version {version}")
}

async fn pin(session: &Session, chain: &ChainPin) -> Result<(), Failure> {
	let mut changing = open_to_change(session).await?;
	changing.change(|vault| vault.pin(chain))?;
	output::item(session.json, &json!({ "chain": chain }), &[("chain", chain.to_string())])
}

async fn rotate(session: &Session, renews_secret: bool) -> Result<(), Failure> {
	let (mut changing, client) = open_and_connect(session).await?;
	let rotated = match renews_secret {
		true => client.renew_organization_secret(&mut changing).await?,
		false => client.rotate_encryption_key(&mut changing).await?,
	};
	let secrets = changing.vault().secret_versions();
	let mut lines = vec![
		("key version", rotated.version.to_string()),
		("encryption key", rotated.public.to_string()),
		("organization secret", output::or_dash(secrets.last().map(since))),
	];
	if !rotated.missing.is_empty() {
		lines.push((
			"missing",
			format!(
				"{}: made by other vaults of the organization; run `credio vault export-keys` there and `credio vault import-keys` here",
				list(&rotated.missing)
			),
		));
	}
	let json = json!({
		"keyVersion": rotated.version,
		"encryptionKey": rotated.public,
		"secretVersions": secrets,
		"missing": rotated.missing,
	});
	output::item(session.json, &json, &lines)
}

/// Opens the vault's file to change it.
async fn open_to_change(session: &Session) -> Result<Changing, Failure> {
	let path = session.vault_path()?;
	let password = session.password(false)?;
	Ok(Changing::open(path, password.as_bytes(), Changing::PATIENCE).await?)
}

/// Opens the vault to change it, connects with it, and pins it to the chain.
async fn open_and_connect(session: &Session) -> Result<(Changing, Client), Failure> {
	let mut changing = open_to_change(session).await?;
	let client = session.connect_with(changing.vault().clone()).await?;
	if changing.vault().chain().is_none() {
		changing.change(|vault| vault.pin(client.chain()))?;
	}
	Ok((changing, client))
}

async fn export_keys(session: &Session, args: &ExportKeysArgs) -> Result<(), Failure> {
	let output = &args.output;
	let to = values::public_key("transfer key", &args.to)?;
	let vault = session.vault_of_organization().await?;
	let export = vault.export_keys(to)?;
	credio_files::write(output, export.to_text()?.as_bytes())
		.map_err(|error| Failure::file(output, error))?;
	let versions = vault.encryption_keys().into_iter().map(|(version, _)| version);
	let versions = versions.collect::<Vec<_>>();
	output::item(
		session.json,
		&json!({ "file": output, "versions": versions, "from": vault.account() }),
		&[
			("written", output.display().to_string()),
			("key versions", list(&versions)),
			("import it with", format!("credio vault import-keys FILE --from {}", vault.account())),
		],
	)
}

async fn import_keys(session: &Session, args: &ImportKeysArgs) -> Result<(), Failure> {
	let ImportKeysArgs { file, from, offline } = args;
	let mut text = Zeroizing::new(String::new());
	File::open(file)
		.and_then(|file| file.take(MAX_EXPORT_SIZE + 1).read_to_string(&mut text))
		.map_err(|error| Failure::file(file, error))?;
	let export = KeyExport::parse(&text)?;
	let mut changing = open_to_change(session).await?;
	let (registered, chain) = if offline == &true {
		(None, None)
	} else {
		let client = session.connect_to_read().await?;
		let registered = client.encryption_keys(export.organization()).await?;
		(Some(registered), Some(*client.chain()))
	};
	let new = changing.change(|vault| {
		if vault.organization() == NO_ORGANIZATION {
			*vault = vault.clone().for_organization(export.organization());
		}
		if let Some(chain) = &chain {
			vault.pin(chain)?;
		}
		vault.import_keys(&export, from, registered.as_deref())
	})?;
	let secrets = changing.vault().secret_versions();
	output::item(
		session.json,
		&json!({ "versions": new, "secretVersions": secrets, "compared": !offline }),
		&[
			("new key versions", if new.is_empty() { "none".into() } else { list(&new) }),
			("organization secret", output::or_dash(secrets.last().map(since))),
			("compared", if *offline { "no (--offline)" } else { "with the chain" }.into()),
		],
	)
}

async fn change_password(session: &Session, args: ChangePasswordArgs) -> Result<(), Failure> {
	let ChangePasswordArgs { new_password_file, kdf } = args;
	let mut changing = open_to_change(session).await?;
	let kdf = kdf.over(changing.kdf())?;
	let new = NEW_PASSWORD.ask(new_password_file.as_deref(), true)?;
	changing.change_password(new.as_bytes(), Some(kdf))?;
	output::item(
		session.json,
		&json!({
			"memoryKib": kdf.memory_kib(),
			"passes": kdf.passes(),
			"lanes": kdf.lanes(),
		}),
		&[
			("password", "changed".into()),
			("memory", format!("{} MiB", kdf.memory_kib() / 1024)),
			("passes", kdf.passes().to_string()),
			("lanes", kdf.lanes().to_string()),
		],
	)
}

fn list(versions: &[u32]) -> String {
	versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
