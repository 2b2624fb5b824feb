//! Vaults.

use super::NO_ORGANIZATION;
use crate::{
	exit::Failure,
	output,
	session::{Session, NEW_PASSWORD},
};
use clap::{Args, Subcommand, ValueEnum};
use credio_client::{
	primitives::{AccountId, KeyVersion, PublicKey},
	Client,
};
use credio_vault::{
	file::{self, Changing, Kdf},
	ChainPin, KeyExport, LocalVault, Scheme, VaultError,
};
use serde_json::json;
use std::{
	fs::File,
	io::Read,
	path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Bound on a file with exported keys.
const MAX_EXPORT_SIZE: u64 = 1024 * 1024;

/// Vaults.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
	/// Make a vault with new keys
	#[command(
		after_help = "Examples:\n  credio --vault acme.vault vault create\n  credio --vault gateway-2.vault vault create --like acme.vault\n  credio --vault gateway-3.vault vault create --for-import"
	)]
	Create {
		/// Another member's vault of the same organization: share its encryption keys and organization secret, with an
		/// account of its own. Both files are opened with the same password
		#[arg(long, value_name = "FILE", conflicts_with = "for_import")]
		like: Option<PathBuf>,
		/// Make an account only, and wait for the organization's keys: for a gateway on another machine
		#[arg(long)]
		for_import: bool,
		/// How the account signs
		#[arg(long, value_enum, default_value_t = SchemeName::Sr25519, conflicts_with = "like")]
		scheme: SchemeName,
		/// How the password is stretched.
		#[command(flatten)]
		kdf: KdfArguments,
	},
	/// Show what is public about a vault
	#[command(after_help = "Example: credio --vault acme.vault vault show")]
	Show,
	/// Make a new encryption key and announce it on the chain
	///
	/// A rotation that was cut short is completed by the same command.
	#[command(after_help = "Example: credio --vault acme.vault vault rotate")]
	Rotate,
	/// Make a new organization secret, after the one before was stolen, with a new encryption key
	///
	/// What is asked for from now on has request keys that the thief cannot follow, and new key epochs have secrets that only
	/// who has the new one takes for the organization's own. What was uploaded before stays uploaded once. Stop the other
	/// gateways first, and bring the new secret to their vaults with export-keys and import-keys before they go on: a gateway
	/// that goes on with the old one uploads the same documents anew. A renewal that was cut short is completed by the same
	/// command.
	#[command(after_help = "Example: credio --vault acme.vault vault renew-secret")]
	RenewSecret,
	/// Note the chain that the vault is for: it is used with nodes of no other
	///
	/// The first command that changes the vault and asks the chain (rotate, renew-secret, import-keys) notes that one; a new
	/// vault has the chain of the configuration file.
	#[command(
		after_help = "Example: credio --vault acme.vault vault pin 0x91b1…b0c3/0x7c2f…19aa\n(`credio runtime show` prints it; compare it with the chain's specification)"
	)]
	Pin {
		/// Hash of block 0 and network id
		#[arg(value_name = "GENESIS/NETWORK")]
		chain: ChainPin,
	},
	/// Seal the organization's keys to another vault of the organization
	#[command(
		after_help = "Example: credio --vault acme.vault vault export-keys --to 0x3f…e1 -o keys.json\n(`credio vault show` of the other vault prints its transfer key)"
	)]
	ExportKeys {
		/// Transfer key of the other vault
		#[arg(long, value_name = "0x…")]
		to: String,
		/// File to write
		#[arg(short, long, value_name = "FILE")]
		output: PathBuf,
	},
	/// Take keys that another vault of the organization has exported to this one
	///
	/// Each is compared with what the chain has registered. Nothing that is there already is replaced.
	#[command(
		after_help = "Example: credio --vault gateway-2.vault vault import-keys keys.json --from 5F…y\n(`credio vault show` of the other vault prints its account)"
	)]
	ImportKeys {
		/// What `export-keys` wrote
		file: PathBuf,
		/// Account of the vault that exported them: who else made the file is refused
		#[arg(long, value_name = "SS58")]
		from: AccountId,
		/// Do not compare them with the chain
		#[arg(long)]
		offline: bool,
	},
	/// Encrypt the vault under another password
	#[command(
		after_help = "Examples:\n  credio --vault acme.vault vault change-password\n  credio --vault acme.vault vault change-password --new-password-file new --memory-mib 256"
	)]
	ChangePassword {
		/// File whose first line is the new password; without it CREDIO_VAULT_NEW_PASSWORD, else a prompt
		#[arg(long, env = "CREDIO_VAULT_NEW_PASSWORD_FILE", value_name = "FILE")]
		new_password_file: Option<PathBuf>,
		/// How the password is stretched.
		#[command(flatten)]
		kdf: KdfArguments,
	},
}

/// How a password is stretched, by Argon2id. What is left out stays, or is the default in a new vault.
#[derive(Clone, Copy, Debug, Args)]
pub struct KdfArguments {
	/// Memory that stretching the password takes, in MiB: 19 to 1024 [default: 64]
	#[arg(long, value_name = "N")]
	memory_mib: Option<u32>,
	/// How often it passes over that memory: 1 to 16 [default: 3]
	#[arg(long, value_name = "N")]
	passes: Option<u32>,
	/// Lanes of the memory: 1 to 8 [default: 1]
	#[arg(long, value_name = "N")]
	lanes: Option<u32>,
}

impl KdfArguments {
	fn over(self, kdf: Kdf) -> Result<Kdf, VaultError> {
		let Self { memory_mib, passes, lanes } = self;
		let memory_kib = memory_mib.map_or(kdf.memory_kib(), |mib| mib.saturating_mul(1024));
		Kdf::new(memory_kib, passes.unwrap_or(kdf.passes()), lanes.unwrap_or(kdf.lanes()))
	}
}

/// How an account signs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemeName {
	/// Schnorr signatures on Ristretto, which most accounts of Substrate chains have
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
pub async fn run(session: &Session, command: VaultCommand) -> Result<(), Failure> {
	match command {
		VaultCommand::Create { like, for_import, scheme, kdf } => {
			let kdf = kdf.over(Kdf::default())?;
			create(session, like.as_deref(), for_import, scheme.into(), kdf).await
		},
		VaultCommand::Show => show(session),
		VaultCommand::Rotate => rotate(session, false).await,
		VaultCommand::RenewSecret => rotate(session, true).await,
		VaultCommand::Pin { chain } => pin(session, &chain).await,
		VaultCommand::ExportKeys { to, output } => export_keys(session, &to, &output).await,
		VaultCommand::ImportKeys { file, from, offline } => {
			import_keys(session, &file, &from, offline).await
		},
		VaultCommand::ChangePassword { new_password_file, kdf } => {
			change_password(session, new_password_file.as_deref(), kdf).await
		},
	}
}

async fn create(
	session: &Session,
	like: Option<&Path>,
	for_import: bool,
	scheme: Scheme,
	kdf: Kdf,
) -> Result<(), Failure> {
	let path = session.vault_path()?;
	if path.exists() {
		return Err(VaultError::Exists { path: path.display().to_string() }.into());
	}
	let password = session.password(like.is_none())?;
	let mut vault = match like {
		Some(other) => file::open(other, password.as_bytes())?.for_another_member()?,
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
		NO_ORGANIZATION => "as the chain says".into(),
		number => number.to_string(),
	};
	let mut lines = vec![
		("account", public.account.to_string()),
		("organization", organization),
		(
			"chain",
			public.chain.map_or_else(|| "any, until it is noted".into(), |chain| chain.to_string()),
		),
		("encryption key", output::or_dash(newest.map(|key| key.public))),
		("key version", output::or_dash(newest.map(|key| key.version))),
		("organization secret", output::or_dash(public.secret_versions.last().map(of_version))),
		("transfer key", public.transfer_key.to_string()),
	];
	if let Some(pending) = public.pending_key {
		lines
			.push(("announced", format!("{pending}, perhaps: `credio vault rotate` completes it")));
	}
	output::item(session.json, &public, &lines)
}

/// Since which version of the encryption key an organization secret is in force.
fn of_version(version: &KeyVersion) -> String {
	format!("since key version {version}")
}

async fn pin(session: &Session, chain: &ChainPin) -> Result<(), Failure> {
	let mut changing = open_to_change(session).await?;
	changing.change(|vault| vault.pin(chain))?;
	output::item(session.json, &json!({ "chain": chain }), &[("chain", chain.to_string())])
}

async fn rotate(session: &Session, renews_secret: bool) -> Result<(), Failure> {
	let (mut changing, client) = change(session).await?;
	let rotated = match renews_secret {
		true => client.renew_organization_secret(&mut changing).await?,
		false => client.rotate_encryption_key(&mut changing).await?,
	};
	let secrets = changing.vault().secret_versions();
	let mut lines = vec![
		("key version", rotated.version.to_string()),
		("encryption key", rotated.public.to_string()),
		("organization secret", output::or_dash(secrets.last().map(of_version))),
	];
	if !rotated.missing.is_empty() {
		lines.push((
			"missing",
			format!(
				"{}: other vaults of the organization made these versions; `credio vault export-keys` there, `credio vault import-keys` here",
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

/// The vault's file, to be changed.
async fn open_to_change(session: &Session) -> Result<Changing, Failure> {
	let path = session.vault_path()?;
	let password = session.password(false)?;
	Ok(Changing::open(path, password.as_bytes(), Changing::PATIENCE).await?)
}

/// The same, and a connection with the vault.
async fn change(session: &Session) -> Result<(Changing, Client), Failure> {
	let mut changing = open_to_change(session).await?;
	let client = session.connect_with(changing.vault().clone()).await?;
	if changing.vault().chain().is_none() {
		changing.change(|vault| vault.pin(client.chain()))?;
	}
	Ok((changing, client))
}

async fn export_keys(session: &Session, to: &str, output: &Path) -> Result<(), Failure> {
	let to: PublicKey = to
		.parse()
		.map_err(|_| Failure::Other("the transfer key is not 0x and 64 hex digits".into()))?;
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
			("take it with", format!("credio vault import-keys FILE --from {}", vault.account())),
		],
	)
}

async fn import_keys(
	session: &Session,
	input: &Path,
	from: &AccountId,
	offline: bool,
) -> Result<(), Failure> {
	let mut text = Zeroizing::new(String::new());
	File::open(input)
		.and_then(|file| file.take(MAX_EXPORT_SIZE + 1).read_to_string(&mut text))
		.map_err(|error| Failure::file(input, error))?;
	let export = KeyExport::parse(&text)?;
	let mut changing = open_to_change(session).await?;
	let (registered, chain) = match offline {
		true => (None, None),
		false => {
			let client = session.connect_to_read().await?;
			let registered = client.encryption_keys(export.organization()).await?;
			(Some(registered), Some(*client.chain()))
		},
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
			("organization secret", output::or_dash(secrets.last().map(of_version))),
			("compared", if offline { "with nothing" } else { "with the chain" }.into()),
		],
	)
}

async fn change_password(
	session: &Session,
	new_password_file: Option<&Path>,
	kdf: KdfArguments,
) -> Result<(), Failure> {
	let mut changing = open_to_change(session).await?;
	let kdf = kdf.over(changing.kdf())?;
	let new = NEW_PASSWORD.ask(new_password_file, true)?;
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
