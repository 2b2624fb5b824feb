//! What can go wrong with an outbox.

use credio_primitives::{OrganizationId, RequestKey};
use credio_vault::{ChainPin, VaultError};

/// What can go wrong with an outbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
	/// The database cannot be used.
	#[error("the outbox's database: {0}")]
	Database(#[from] sqlx::Error),
	/// The database's file cannot be made.
	#[error("the outbox {path}: {source}")]
	File {
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
	/// The database was made by newer software.
	#[error(
		"the outbox has version {found} of its tables, and this software knows version {known}: use a newer one"
	)]
	NewerSchema {
		/// The version found.
		found: i64,
		/// The version known.
		known: i64,
	},
	/// The outbox holds requests of another organization.
	#[error(
		"the outbox holds requests of organization {found}, and the vault acts for organization {organization}: use a separate outbox for each"
	)]
	OtherOrganization {
		/// The organization of the outbox.
		found: i64,
		/// The vault's organization.
		organization: OrganizationId,
	},
	/// The outbox holds requests for another chain.
	#[error(
		"the outbox holds requests for the chain {pinned}, and all nodes are of others, {found} for one: use nodes of that chain, or a separate outbox for the other chain"
	)]
	OtherChain {
		/// The chain that the outbox is for.
		pinned: Box<ChainPin>,
		/// The other one.
		found: Box<ChainPin>,
	},
	/// Another worker holds the lease.
	#[error("another worker took over, since this one did not renew its lease in time")]
	Superseded,
	/// The key belongs to another item.
	#[error("the key {0} is in the outbox already, for something else: use a new key")]
	KeyReused(RequestKey),
	/// The outbox has no such item.
	#[error("the outbox has no item with the key {0}")]
	NotFound(RequestKey),
	/// The item has not ended, or was applied.
	#[error(
		"the item {0} has not ended yet; only what has ended without being applied can be tried again"
	)]
	NotEnded(RequestKey),
	/// The outbox is full.
	#[error(
		"the outbox holds {0} undecided items, which is its limit: wait until some are decided"
	)]
	Full(i64),
	/// An item cannot be used.
	#[error("{0}")]
	Item(String),
	/// The vault failed: for example, the stored item is of another organization.
	#[error(transparent)]
	Vault(#[from] VaultError),
	/// The stored form of an item is corrupt.
	#[error("an item of the outbox cannot be read: {0}")]
	Corrupted(String),
}

/// Success or [`OutboxError`].
pub type Result<Answer> = std::result::Result<Answer, OutboxError>;
