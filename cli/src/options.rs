//! Options that several commands share.

use crate::{exit::Failure, values::time};
use clap::Args;
use credio_client::{Deadline, End, primitives::OrganizationId};
use credio_index::Store;
use std::{path::PathBuf, time::Duration};

/// Options of every command: node, vault, trust and output format.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
	/// WebSocket address of the node, wss:// unless it runs on this machine
	/// [config: node; default: ws://127.0.0.1:9944]
	#[arg(long, global = true, env = "CREDIO_NODE", value_name = "URL")]
	pub node: Option<String>,

	/// Allow ws:// and http:// beyond this machine. Without TLS, anybody on the line can read the calls and forge the responses
	#[arg(long, global = true, env = "CREDIO_INSECURE")]
	pub insecure: bool,

	/// File of the vault [config: vault]
	#[arg(long, global = true, env = "CREDIO_VAULT", value_name = "FILE")]
	pub vault: Option<PathBuf>,

	/// File whose first line is the vault's password; without it CREDIO_VAULT_PASSWORD, else a prompt
	/// [config: password_file]
	#[arg(long, global = true, env = "CREDIO_VAULT_PASSWORD_FILE", value_name = "FILE")]
	pub password_file: Option<PathBuf>,

	/// Configuration file with `node`, `vault`, `password_file`, `verified`, `object_store`, and `chain`, which every node
	/// must match
	/// [default: credio/config.toml in the user's configuration folder]
	#[arg(long, global = true, env = "CREDIO_CONFIG", value_name = "FILE")]
	pub config: Option<PathBuf>,

	/// File that stores the last verified block, so that no node can go back behind it
	/// [config: verified; default: the vault's file with .verified appended; in memory without a vault]
	#[arg(long, global = true, env = "CREDIO_VERIFIED", value_name = "FILE")]
	pub verified: Option<PathBuf>,

	/// Object store: a folder, or s3://bucket/prefix with the usual AWS_… variables. Documents over 64 KiB are stored there,
	/// sealed [config: object_store]
	#[arg(long, global = true, env = "CREDIO_OBJECT_STORE", value_name = "FOLDER_OR_URL")]
	pub object_store: Option<String>,

	/// Trust the node and skip proofs. A dishonest node can then read what you upload and grant, and invent outcomes,
	/// owners and documents
	#[arg(long, global = true)]
	pub trust_node: bool,

	/// Print JSON, one object a line, instead of tables
	#[arg(long, global = true)]
	pub json: bool,

	/// Print tables with whole ids, whole texts and all columns, however wide
	#[arg(long, global = true, conflicts_with = "json")]
	pub wide: bool,
}

/// The outbox of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutboxOptions {
	/// File of the outbox, or postgres://… for one in PostgreSQL, with the password in PGPASSFILE or PGPASSWORD
	#[arg(long, env = "CREDIO_OUTBOX", value_name = "FILE_OR_URL")]
	pub outbox: String,
}

/// The index of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct IndexOptions {
	/// File of the index, or postgres://… for one in PostgreSQL, with the password in PGPASSFILE or PGPASSWORD
	#[arg(long, env = "CREDIO_INDEX", value_name = "FILE_OR_URL")]
	pub index: String,
}

/// The index of a command that only reads it, without a vault.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadIndexOptions {
	#[command(flatten)]
	pub at: IndexOptions,
	/// Number of the index's organization, if a PostgreSQL database has several
	#[arg(long, value_name = "NUMBER")]
	pub organization: Option<OrganizationId>,
}

impl ReadIndexOptions {
	/// Opens the index to read it, which needs no keys.
	pub(crate) async fn open(&self) -> Result<Store, Failure> {
		Ok(Store::open_to_read(&self.at.index, self.organization).await?)
	}
}

/// The end of a grant.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct EndOptions {
	/// How long the grant holds from now on, by the chain's clock: 30d, 12h, 90min
	#[arg(long = "for", value_name = "TIME", value_parser = time::parse_duration)]
	duration: Option<Duration>,
	/// Last day of the grant, in UTC (2027-01-31), or its last moment (2027-01-31T12:00:00Z)
	#[arg(long, value_name = "DATE", value_parser = time::parse_until)]
	until: Option<u64>,
}

impl From<EndOptions> for End {
	fn from(end: EndOptions) -> Self {
		match (end.duration, end.until) {
			(Some(duration), _) => Self::After(duration),
			(None, Some(moment)) => Self::At(moment),
			(None, None) => Self::Never,
		}
	}
}

/// The deadline of a bundle.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub(crate) struct DeadlineOptions {
	/// How long all have to consent from now on, by the chain's clock: 3d, 12h, 90min [default: as in the file]
	#[arg(long = "for", value_name = "TIME", value_parser = time::parse_duration)]
	duration: Option<Duration>,
	/// Last day to consent, in UTC (2027-01-31), or the last moment (2027-01-31T12:00:00Z)
	#[arg(long, value_name = "DATE", value_parser = time::parse_until)]
	until: Option<u64>,
}

impl DeadlineOptions {
	/// Returns the deadline, if one is given.
	pub(crate) fn deadline(&self) -> Option<Deadline> {
		self.duration.map(Deadline::After).or(self.until.map(Deadline::At))
	}
}
