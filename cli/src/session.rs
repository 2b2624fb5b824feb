//! The session of a command: configuration, vault and connection.

use crate::{exit::Failure, options::Global, output::Format};
use credio_client::{
	Client, ConnectOptions, Error, Runtimes, Trust, VerifierSettings, objects::ObjectError,
};
use credio_files::beside;
use credio_objects::{RemoteOptions, Sources, Store};
use credio_vault::{ChainPin, LocalVault, VaultError, file};
use serde::Deserialize;
use std::{
	env, fs,
	path::{Path, PathBuf},
	sync::Arc,
};
use zeroize::Zeroizing;

/// The organization of a vault until the chain has admitted its organization.
pub(crate) const NO_ORGANIZATION: u32 = u32::MAX;

const DEFAULT_NODE: &str = "ws://127.0.0.1:9944";

/// The vault's password.
const PASSWORD: Password = Password {
	name: "Password of the vault",
	variable: "CREDIO_VAULT_PASSWORD",
	file_variable: "CREDIO_VAULT_PASSWORD_FILE",
};

/// The vault's next password.
pub(crate) const NEW_PASSWORD: Password = Password {
	name: "New password of the vault",
	variable: "CREDIO_VAULT_NEW_PASSWORD",
	file_variable: "CREDIO_VAULT_NEW_PASSWORD_FILE",
};

/// A password and its sources. The arguments are none of them, since every user of the machine can read them.
pub(crate) struct Password {
	name: &'static str,
	variable: &'static str,
	file_variable: &'static str,
}

impl Password {
	/// Reads the password from a file, the environment, or a prompt.
	///
	/// # Errors
	///
	/// Fails for an empty password.
	pub(crate) fn ask(
		&self,
		file: Option<&Path>,
		twice: bool,
	) -> Result<Zeroizing<String>, Failure> {
		let password = self.read(file, twice)?;
		match password.is_empty() {
			true => Err(VaultError::EmptyPassword.into()),
			false => Ok(password),
		}
	}

	fn read(&self, file: Option<&Path>, twice: bool) -> Result<Zeroizing<String>, Failure> {
		if let Some(path) = file {
			let text = Zeroizing::new(
				fs::read_to_string(path).map_err(|error| Failure::file(path, error))?,
			);
			return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
		}
		if let Ok(password) = env::var(self.variable) {
			return Ok(Zeroizing::new(password));
		}
		let prompt = |text: &str| {
			rpassword::prompt_password(text).map(Zeroizing::new).map_err(|error| {
				let variable = self.file_variable;
				Failure::hinted(
					format!("no password: {error}"),
					format!("set {variable}, or run in a terminal"),
				)
			})
		};
		let password = prompt(&format!("{}: ", self.name))?;
		if twice && *prompt("Repeat it: ")? != *password {
			return Err(Failure::Other("the two passwords differ".into()));
		}
		Ok(password)
	}
}

/// The configuration file. Flags and environment variables take precedence.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
	node: Option<String>,
	vault: Option<PathBuf>,
	password_file: Option<PathBuf>,
	/// The chain that every node must match.
	chain: Option<ChainPin>,
	verified: Option<PathBuf>,
	object_store: Option<String>,
}

/// Node, vault, trust and output format, merged from flags, environment and configuration file.
pub(crate) struct Session {
	node: String,
	options: ConnectOptions,
	vault: Option<PathBuf>,
	password_file: Option<PathBuf>,
	trust: Trust,
	verified: Option<PathBuf>,
	runtimes: Runtimes,
	object_store: Option<String>,
	/// Whether to print JSON.
	pub json: bool,
	wide: bool,
}

impl Session {
	/// Reads the configuration file, if there is one.
	pub(crate) fn new(global: Global) -> Result<Self, Failure> {
		let config = match global.config.clone().or_else(default_config) {
			Some(path) if path.exists() => read_config(&path)?,
			_ => Config::default(),
		};
		let vault = global.vault.or(config.vault);
		let verified = global.verified.or(config.verified);
		let verified =
			verified.or_else(|| vault.as_deref().map(|vault| beside(vault, ".verified")));
		let runtimes = vault.as_deref().map(|vault| beside(vault, ".runtimes"));
		let trust = if global.trust_node {
			Trust::Node
		} else {
			let file = verified.clone();
			Trust::proofs(VerifierSettings { file, ..VerifierSettings::default() })
		};
		Ok(Self {
			node: global.node.or(config.node).unwrap_or_else(|| DEFAULT_NODE.into()),
			options: ConnectOptions { chain: config.chain, insecure: global.insecure },
			vault,
			trust,
			verified,
			runtimes: runtimes.map_or_else(Runtimes::built_in, Runtimes::with_file),
			password_file: global.password_file.or(config.password_file),
			object_store: global.object_store.or(config.object_store),
			json: global.json,
			wide: global.wide,
		})
	}

	/// Returns how results are printed.
	pub(crate) fn format(&self) -> Format {
		Format { json: self.json, wide: self.wide }
	}

	/// Returns the vault's file.
	pub(crate) fn vault_path(&self) -> Result<&Path, Failure> {
		self.vault.as_deref().ok_or_else(|| {
			Failure::hinted(
				"no vault is set",
				"give --vault FILE, or set CREDIO_VAULT, or `vault` in the configuration file",
			)
		})
	}

	/// Reads the vault's password from a file, the environment, or a prompt.
	pub(crate) fn password(&self, twice: bool) -> Result<Zeroizing<String>, Failure> {
		PASSWORD.ask(self.password_file.as_deref(), twice)
	}

	/// Opens the vault.
	pub(crate) fn open_vault(&self) -> Result<LocalVault, Failure> {
		let path = self.vault_path()?;
		Ok(file::open(path, self.password(false)?.as_bytes())?)
	}

	/// Returns the address of the node.
	pub(crate) fn node(&self) -> &str {
		&self.node
	}

	/// Returns how nodes are connected to, and which chain they must match.
	pub(crate) fn options(&self) -> ConnectOptions {
		self.options
	}

	/// Returns the file that stores the last verified block.
	pub(crate) fn verified(&self) -> Option<&Path> {
		self.verified.as_deref()
	}

	/// Returns whether the node has to prove its responses.
	pub(crate) fn trust(&self) -> Trust {
		self.trust.clone()
	}

	/// Returns the runtimes that calls are signed for.
	pub(crate) fn runtimes(&self) -> &Runtimes {
		&self.runtimes
	}

	/// Opens the vault with the organization that it acts for. Asks the node for it only if the vault was made before its
	/// organization was admitted.
	pub(crate) async fn vault_of_organization(&self) -> Result<LocalVault, Failure> {
		let vault = self.open_vault()?;
		if vault.organization() != NO_ORGANIZATION {
			return Ok(vault);
		}
		let client = self.connect_as(Arc::new(vault.clone())).await?;
		Ok(vault.for_organization(client.organization_id()))
	}

	/// Connects to the node without a vault, for commands that read public data only.
	pub(crate) async fn connect_to_read(&self) -> Result<Client, Failure> {
		let client = Client::connect_to_read_with(&self.options, &self.node).await?;
		Ok(self.trusting(client))
	}

	/// Returns the client with the trust of this session.
	fn trusting(&self, client: Client) -> Client {
		client.with_trust(self.trust()).with_runtimes(self.runtimes.clone())
	}

	/// Opens the vault and connects to the node. The chain decides which organization the account acts for.
	pub(crate) async fn connect(&self) -> Result<Client, Failure> {
		self.connect_with(self.open_vault()?).await
	}

	/// Connects as [`Self::connect`], with an open vault.
	pub(crate) async fn connect_with(&self, vault: LocalVault) -> Result<Client, Failure> {
		let client = self.connect_as(Arc::new(vault.clone())).await?;
		let organization = client.organization_id();
		let of_vault = vault.organization();
		if of_vault == organization {
			return Ok(client);
		}
		if of_vault != NO_ORGANIZATION {
			return Err(Failure::hinted(
				format!(
					"the vault is of organization {of_vault}, but its account is a member of organization {organization}"
				),
				"make a vault for that organization",
			));
		}
		let vault = vault.for_organization(organization);
		self.connect_as(Arc::new(vault)).await
	}

	/// Connects to the node with an open vault, whatever its organization.
	pub(crate) async fn connect_as(&self, vault: Arc<LocalVault>) -> Result<Client, Failure> {
		let client = Client::connect_with(&self.options, &self.node, vault).await?;
		Ok(self.trusting(client).with_objects(self.objects()?))
	}

	/// Returns where objects are read from: the object store, if one is given, and then the servers that are announced.
	pub(crate) fn objects(&self) -> Result<Arc<Sources>, Failure> {
		let store = self.optional_object_store()?;
		let options = RemoteOptions { allow_plaintext: self.options.insecure };
		Ok(Arc::new(Sources::new(store, options).map_err(Error::from)?))
	}

	/// Opens the object store, if one is given.
	pub(crate) fn optional_object_store(&self) -> Result<Option<Store>, Failure> {
		Ok(self.object_store.as_deref().map(Store::open).transpose()?)
	}

	/// Opens the object store.
	pub(crate) fn object_store(&self) -> Result<Store, Failure> {
		Ok(self.optional_object_store()?.ok_or(Error::Object(ObjectError::NoStore))?)
	}
}

fn default_config() -> Option<PathBuf> {
	let folder = env::var_os("XDG_CONFIG_HOME")
		.map(PathBuf::from)
		.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".config")))?;
	Some(folder.join("credio").join("config.toml"))
}

fn read_config(path: &Path) -> Result<Config, Failure> {
	let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
	toml::from_str(&text)
		.map_err(|error| Failure::Other(format!("{}: {}", path.display(), error.message())))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn global(config: &Path) -> Global {
		Global { config: Some(config.into()), ..Global::default() }
	}

	#[test]
	fn empty_passwords_are_rejected() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("password");
		for empty in ["", "\n", "\nsecond line"] {
			fs::write(&path, empty).unwrap();
			let refused = PASSWORD.ask(Some(&path), false);
			assert!(refused.is_err_and(|error| error.to_string().contains("empty")));
		}
		fs::write(&path, "first line\nsecond line").unwrap();
		assert_eq!(*PASSWORD.ask(Some(&path), false).unwrap(), "first line");
	}

	#[test]
	fn flags_precede_the_configuration_file_and_defaults_come_last() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("config.toml");
		assert_eq!(Session::new(global(&path)).unwrap().node, DEFAULT_NODE);
		fs::write(&path, "node = \"ws://configured\"\nvault = \"a.vault\"").unwrap();
		let session = Session::new(global(&path)).unwrap();
		assert_eq!(session.node, "ws://configured");
		assert_eq!(session.vault_path().unwrap(), Path::new("a.vault"));
		let flags = Global { node: Some("ws://flag".into()), ..global(&path) };
		assert_eq!(Session::new(flags).unwrap().node, "ws://flag");
		for unfit in ["nodes = 1", "chain = \"0x12\""] {
			fs::write(&path, unfit).unwrap();
			assert!(Session::new(global(&path)).is_err(), "{unfit}");
		}
	}

	#[test]
	fn the_configuration_file_pins_a_chain_and_cannot_allow_unencrypted_connections() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("config.toml");
		let chain = format!("0x{}/0x{}", "1".repeat(64), "2".repeat(64));
		fs::write(&path, format!("chain = \"{chain}\"")).unwrap();
		let session = Session::new(global(&path)).unwrap();
		assert_eq!(session.options().chain.unwrap().to_string(), chain);
		assert!(!session.options().insecure);
		fs::write(&path, "insecure = true").unwrap();
		assert!(Session::new(global(&path)).is_err());
	}
}
