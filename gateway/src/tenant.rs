//! Tenants: organizations on this gateway.

use crate::{
	config::{Config, TenantConfig},
	credential::{Scope, digest_of},
	nodes::{Connection, Nodes},
	spool,
};
use credio_client::{
	Error, Runtimes, Trust, VerifierSettings,
	objects::{ReadObjects, WriteObjects},
};
use credio_files::beside;
use credio_objects::{RemoteOptions, Sources, Store, StoreError};
use credio_outbox::{Outbox, OutboxError, Settings};
use credio_primitives::Digest;
use credio_vault::{Vault, VaultError, file};
use futures::future::try_join_all;
use std::{
	collections::{BTreeSet, HashMap},
	fs, io,
	os::unix::fs::DirBuilderExt,
	path::PathBuf,
	sync::Arc,
};
use zeroize::Zeroizing;

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
	/// A file of a tenant cannot be used.
	#[error("{path}: {error}")]
	File {
		/// The file.
		path: PathBuf,
		/// Why.
		error: io::Error,
	},
	/// A vault cannot be opened.
	#[error("tenant {tenant:?}: {error}")]
	Vault {
		/// The tenant.
		tenant: String,
		/// Why.
		error: VaultError,
	},
	/// An outbox cannot be opened.
	#[error("tenant {tenant:?}: {error}")]
	Outbox {
		/// The tenant.
		tenant: String,
		/// Why.
		error: OutboxError,
	},
	/// An object store cannot be opened.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The client cannot be made.
	#[error(transparent)]
	Client(#[from] Error),
}

/// An organization on this gateway.
#[derive(Debug)]
pub struct Tenant {
	/// Names it in logs.
	pub name: String,
	/// Its requests.
	pub outbox: Outbox,
	/// Folder for large documents until they are final.
	pub spool: PathBuf,
	/// Its object store.
	pub store: Option<Store>,
	pub(crate) connection: Connection,
	worker: Settings,
}

/// A credential that was recognized.
#[derive(Clone, Debug)]
pub struct Caller {
	/// The tenant.
	pub tenant: Arc<Tenant>,
	/// Name of the credential.
	pub key: String,
	/// What it may do.
	pub scopes: BTreeSet<Scope>,
}

/// The tenants, by the digests of their keys.
#[derive(Debug, Default)]
pub struct Gateway {
	tenants: Vec<Arc<Tenant>>,
	callers: HashMap<Digest, Caller>,
}

impl Tenant {
	/// Opens a tenant with its vault.
	///
	/// # Errors
	///
	/// [`StartError`].
	pub async fn open(
		config: &Config,
		tenant: &TenantConfig,
		vault: Arc<dyn Vault>,
	) -> Result<Self, StartError> {
		let name = tenant.name.clone();
		let outbox = Outbox::open(&tenant.outbox, vault.clone()).await;
		let outbox = outbox.map_err(|error| StartError::Outbox { tenant: name.clone(), error })?;
		let spool_error = |error| StartError::File { path: tenant.spool.clone(), error };
		// Plaintext of large documents lies there for a while.
		fs::DirBuilder::new()
			.recursive(true)
			.mode(0o700)
			.create(&tenant.spool)
			.map_err(spool_error)?;
		let spool = fs::canonicalize(&tenant.spool).map_err(spool_error)?;
		let store = tenant.objects.as_deref().map(Store::open).transpose()?;
		let remote = RemoteOptions { allow_plaintext: config.allow_plaintext_nodes };
		let sources = Sources::new(store.clone(), remote).map_err(Error::from)?;
		let objects: Arc<dyn ReadObjects> = Arc::new(sources);
		let verified = Some(beside(&tenant.vault, ".verified"));
		let trust =
			Trust::proofs(VerifierSettings { file: verified, ..VerifierSettings::default() });
		let nodes = Nodes {
			urls: config.nodes.clone(),
			options: config.connect_options(),
			trust: trust.clone(),
			runtimes: Runtimes::with_file(beside(&tenant.vault, ".runtimes")),
		};
		let worker = Settings {
			connect: nodes.options,
			trust,
			runtimes: nodes.runtimes.clone(),
			objects: store.clone().map(|store| Arc::new(store) as Arc<dyn WriteObjects>),
			..Settings::new(nodes.urls.clone())
		};
		let connection = Connection::new(nodes, vault, objects);
		Ok(Self { name, outbox, spool, store, connection, worker })
	}

	/// Opens the vault's file of a tenant.
	///
	/// # Errors
	///
	/// [`StartError`].
	pub fn vault(tenant: &TenantConfig) -> Result<Arc<dyn Vault>, StartError> {
		let path = &tenant.password_file;
		let text = fs::read_to_string(path).map(Zeroizing::new);
		let text = text.map_err(|error| StartError::File { path: path.clone(), error })?;
		let password = text.lines().next().unwrap_or_default();
		let vault = file::open(&tenant.vault, password.as_bytes());
		let tenant = tenant.name.clone();
		Ok(Arc::new(vault.map_err(|error| StartError::Vault { tenant, error })?))
	}

	/// Sends what the tenant has stored, until this is dropped.
	///
	/// # Errors
	///
	/// Those of [`Outbox::run`].
	pub async fn work(&self) -> Result<(), OutboxError> {
		tokio::select! {
			ended = self.outbox.run(self.worker.clone(), std::future::pending()) => ended,
			() = spool::tidy(&self.name, &self.spool, &self.outbox) => Ok(()),
		}
	}
}

impl Gateway {
	/// Opens all tenants with the vaults that the configuration names.
	///
	/// # Errors
	///
	/// [`StartError`].
	pub async fn open(config: &Config) -> Result<Self, StartError> {
		let open = config.tenants.iter().map(async |tenant| {
			let vault = Tenant::vault(tenant)?;
			Tenant::open(config, tenant, vault).await
		});
		let mut gateway = Self::default();
		for (tenant, settings) in try_join_all(open).await?.into_iter().zip(&config.tenants) {
			gateway.add(tenant, settings);
		}
		Ok(gateway)
	}

	/// Adds a tenant with its keys.
	pub fn add(&mut self, tenant: Tenant, settings: &TenantConfig) {
		let tenant = Arc::new(tenant);
		for key in &settings.keys {
			let caller = Caller {
				tenant: tenant.clone(),
				key: key.name.clone(),
				scopes: key.scopes.clone(),
			};
			self.callers.insert(key.sha256, caller);
		}
		self.tenants.push(tenant);
	}

	/// Returns who shows this key.
	#[must_use]
	pub fn caller(&self, key: &str) -> Option<&Caller> {
		self.callers.get(&digest_of(key))
	}

	/// Returns the tenants.
	#[must_use]
	pub fn tenants(&self) -> &[Arc<Tenant>] {
		&self.tenants
	}
}
