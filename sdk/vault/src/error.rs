//! Errors of a vault.

use crate::ChainPin;
use credio_primitives::{AccountId, KeyVersion, OrganizationId};

/// An error of a vault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
	/// The vault has no private half of the encryption key of that version.
	#[error("the vault has no encryption key of version {0}")]
	UnknownKeyVersion(KeyVersion),
	/// The vault does not have the keys of its organization yet.
	#[error("the vault has no keys of its organization yet")]
	NoOrganizationKeys,
	/// The vault has another key of that version.
	#[error("the vault has another encryption key of version {0}: nothing was changed")]
	KeyConflict(KeyVersion),
	/// No key was prepared.
	#[error("no encryption key was prepared")]
	NoPendingKey,
	/// The chain has another key of that version, or none.
	#[error(
		"the chain has registered another encryption key of version {0}, or none: the keys are of another organization, or not all of them are genuine"
	)]
	NotRegistered(KeyVersion),
	/// The keys are sealed to another vault, or were changed.
	#[error("the keys are sealed to another vault, or were changed")]
	NotForThisVault,
	/// Another vault exported the keys.
	#[error("the keys were exported by the vault of {0}, and not by the one that was named")]
	FromAnotherVault(AccountId),
	/// The keys are of another organization.
	#[error(
		"the keys are of organization {found}, and the vault is of organization {organization}"
	)]
	OtherOrganization {
		/// The organization of the keys.
		found: OrganizationId,
		/// The vault's organization.
		organization: OrganizationId,
	},
	/// The vaults have different organization secrets.
	#[error(
		"the vaults have different organization secrets, and so would derive different request keys: nothing was changed"
	)]
	OtherOrganizationSecret,
	/// An empty password protects nothing.
	#[error("the password is empty, which protects nothing")]
	EmptyPassword,
	/// Parameters of Argon2id are out of bounds.
	#[error(
		"a password is stretched with 19 MiB to 1 GiB of memory, in 1 to 16 passes and 1 to 8 lanes"
	)]
	KdfOutOfBounds,
	/// The vault is for another chain.
	#[error("the vault is for the chain {pinned}, and not for {found}")]
	OtherChain {
		/// The vault's chain.
		pinned: Box<ChainPin>,
		/// The chain that was found.
		found: Box<ChainPin>,
	},
	/// The vault has no organization secret of that version.
	#[error(
		"the vault has no organization secret of key version {0}: another vault of the organization has renewed it"
	)]
	UnknownSecret(KeyVersion),
	/// Another process is changing the file.
	#[error("{path} is being changed by {holder}")]
	Locked {
		/// The file.
		path: String,
		/// The process that changes it.
		holder: String,
	},
	/// The file exists already.
	#[error("{path} exists already: a vault is never overwritten")]
	Exists {
		/// The file.
		path: String,
	},
	/// The wrapped secret is not the one on the ledger.
	#[error(
		"the wrapped key does not open to the secret that the stream's owner committed to on the ledger: the organization that passed it on wrapped another one"
	)]
	NotTheSecret,
	/// A stream secret is needed, and the vault was given another secret.
	#[error("this needs the stream secret, and the vault was given the key of one record")]
	NotAStreamSecret,
	/// Stored data is of another organization, under another name, or was changed.
	#[error(
		"the stored data cannot be opened: it is of another organization's vault, of one that has a newer organization secret, or was changed"
	)]
	NotOurs,
	/// Sealing, opening, wrapping or unwrapping failed.
	#[error(transparent)]
	Envelope(#[from] credio_envelope::Error),
	/// The system has no random bytes.
	#[error("the system has no random bytes: {0}")]
	NoRandomness(getrandom::Error),
	/// The vault's file cannot be read or written.
	#[error("the vault {path}: {source}")]
	File {
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
	/// The file is not a vault, or of an unknown version.
	#[error("{path} is not a vault that this software can read: {cause}")]
	Format {
		/// The file.
		path: String,
		/// Why.
		cause: String,
	},
	/// The password is wrong, or the file was damaged; cryptography cannot distinguish the two.
	#[error("wrong password for {path}, or the file is damaged")]
	WrongPassword {
		/// The file.
		path: String,
	},
}

impl VaultError {
	/// Returns what to do about it, for people.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::UnknownKeyVersion(_) => Some(
				"bring it over from the vault that made it (`credio vault export-keys`, `import-keys`), or ask for a new grant",
			),
			Self::NoOrganizationKeys => Some(
				"run `credio vault export-keys` with the organization's other vault, and `credio vault import-keys` with this one",
			),
			Self::NotForThisVault => Some(
				"export them to the key that `credio vault show` of this vault prints as transfer key",
			),
			Self::OtherOrganizationSecret => {
				Some("import into a vault that was made with `credio vault create --for-import`")
			},
			Self::UnknownSecret(_) => {
				Some("bring it over (`credio vault export-keys`, `import-keys`)")
			},
			Self::NotOurs => {
				Some("if the secret was renewed, `credio vault import-keys` brings the new one")
			},
			Self::Locked { .. } => Some("try again when that has ended"),
			Self::NotTheSecret => Some("ask the owner for a grant"),
			_ => None,
		}
	}
}
