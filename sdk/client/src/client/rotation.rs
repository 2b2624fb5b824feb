//! Rotation of an organization's encryption key, with vault and chain in step.
//!
//! The key is stored before it is announced, and gets its version from the chain. So a crash at any point loses
//! nothing, and no vault stores a version that the chain does not have.

use super::Client;
use crate::{
	calls::Call,
	error::{Error, Result, SubmitError},
};
use codec::Encode;
use credio_primitives::{
	KeyVersion, OrganizationId, PublicKey,
	rpc::{At, EncryptionKeyJson},
};
use credio_vault::{LocalVault, file::Changing};
use futures::{StreamExt, TryStreamExt, stream};

/// Versions of a key that are read concurrently.
const CONCURRENCY: usize = 16;

/// An encryption key that the chain has registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
	/// Its version.
	pub version: KeyVersion,
	/// Its public half.
	pub public: PublicKey,
	/// Versions that the vault does not have. Other vaults of the organization generated them, and have to export them.
	pub missing: Vec<KeyVersion>,
}

/// The chain, as needed by a rotation.
pub(crate) trait Registry {
	/// Returns the registered public halves, by version.
	async fn registered(&self) -> Result<Vec<(KeyVersion, PublicKey)>>;

	/// Announces a key. Announcing it again is the same request.
	async fn announce(&self, public: PublicKey) -> Result<()>;
}

impl Registry for Client {
	async fn registered(&self) -> Result<Vec<(KeyVersion, PublicKey)>> {
		self.encryption_keys(self.organization).await
	}

	async fn announce(&self, public: PublicKey) -> Result<()> {
		let key = self.vault.request_key(&("rotate key", public).encode()).await?;
		self.apply(key, &[Call::rotate_key(public)]).await.map(|_| ())
	}
}

impl Client {
	/// Returns the proven public halves of all versions of an organization's encryption key.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Connect`], [`Error::Proof`]; [`Error::Refused`] with the code for "not found" if
	/// the node is trusted.
	pub async fn encryption_keys(
		&self,
		organization: OrganizationId,
	) -> Result<Vec<(KeyVersion, PublicKey)>> {
		if let Some(verified) = self.verified() {
			return verified.encryption_keys(organization).await;
		}
		let current = self.organization(organization).await?.organization.key_version;
		let keys = stream::iter(0..=current).map(|version| async move {
			let answer: At<EncryptionKeyJson> =
				self.call("credio_v1_encryptionKey", (organization, version)).await?;
			Ok((version, answer.answer.encryption_key.public))
		});
		keys.buffered(CONCURRENCY).try_collect().await
	}

	/// Generates a new version of this organization's encryption key and announces it. Completes an interrupted
	/// rotation or renewal first. `vault` is the file of this client's vault.
	///
	/// # Errors
	///
	/// [`Error::Submit`] for an account that is not an admin; [`Error::Connect`], after which the same call completes
	/// the rotation; [`Error::Vault`].
	pub async fn rotate_encryption_key(&self, vault: &mut Changing) -> Result<Rotated> {
		rotate(self, vault).await
	}

	/// Generates a new organization secret after a theft of the present one, with a new version of the encryption key,
	/// and announces the key. From that version on, the secret is used for the keys of new requests, the secrets of new
	/// key epochs, and stored data of clients. Requests that were started before continue under the earlier secret.
	///
	/// The organization's other vaults use the earlier secret until they import the new one. In the meantime, two
	/// vaults must not upload the same name, since it would be two uploads.
	///
	/// # Errors
	///
	/// As [`Self::rotate_encryption_key`].
	pub async fn renew_organization_secret(&self, vault: &mut Changing) -> Result<Rotated> {
		renew(self, vault).await
	}
}

async fn renew(registry: &impl Registry, vault: &mut Changing) -> Result<Rotated> {
	// A key that is registered already can only renew the secret if it was generated for that.
	if !vault.vault().is_renewing() {
		adopt(registry, vault, None).await?;
	}
	vault.change(LocalVault::prepare_renewal)?;
	rotate(registry, vault).await
}

async fn rotate(registry: &impl Registry, vault: &mut Changing) -> Result<Rotated> {
	// Before the announcement: vault and chain have to match.
	let pending = vault.vault().pending_key();
	if let Some(rotated) = adopt(registry, vault, pending).await? {
		return Ok(rotated);
	}
	let public = vault.change(LocalVault::prepare_key)?;
	match registry.announce(public).await {
		Err(error @ Error::Submit(SubmitError::Rejected(_))) => {
			// It has no version and will have none, if the rejection is true. If not, the key is still stored.
			vault.change(|vault| {
				vault.set_aside_key();
				Ok(())
			})?;
			return Err(error);
		},
		other => other?,
	}
	adopt(registry, vault, Some(public)).await?.ok_or_else(|| {
		Error::UnexpectedResponse(
			"the rotation is applied, and the chain does not list the key: try again".into(),
		)
	})
}

/// Adopts the versions of keys that the vault generated and the chain has registered. Returns `public` if it is among
/// them.
async fn adopt(
	registry: &impl Registry,
	vault: &mut Changing,
	public: Option<PublicKey>,
) -> Result<Option<Rotated>> {
	let registered = registry.registered().await?;
	let missing = vault.change(|vault| vault.adopt_keys(&registered))?;
	let found = registered.into_iter().rev().find(|(_, key)| Some(*key) == public);
	Ok(found.map(|(version, public)| Rotated { version, public, missing }))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::error::ConnectError;
	use credio_primitives::{RequestKey, rpc::RequestStatusJson};
	use credio_vault::{VaultError, file::Kdf};
	use std::{path::Path, sync::Mutex, time::Duration};

	/// Faults of an announcement.
	#[derive(Clone, Copy, PartialEq)]
	enum Fault {
		None,
		/// It is applied, and the response is lost.
		AnswerLost,
		/// It never arrives.
		Lost,
		/// It is rejected.
		Rejected,
		/// It is applied, and the node claims that it was rejected.
		Lie,
	}

	struct Chain {
		keys: Mutex<Vec<PublicKey>>,
		fault: Mutex<Fault>,
	}

	impl Chain {
		fn with(key: PublicKey) -> Self {
			Self { keys: Mutex::new(vec![key]), fault: Mutex::new(Fault::None) }
		}

		fn fails(&self, fault: Fault) {
			*self.fault.lock().unwrap() = fault;
		}
	}

	impl Registry for Chain {
		async fn registered(&self) -> Result<Vec<(KeyVersion, PublicKey)>> {
			Ok((0..).zip(self.keys.lock().unwrap().iter().copied()).collect())
		}

		async fn announce(&self, public: PublicKey) -> Result<()> {
			let fault = *self.fault.lock().unwrap();
			let mut keys = self.keys.lock().unwrap();
			if !matches!(fault, Fault::Lost | Fault::Rejected) && !keys.contains(&public) {
				keys.push(public);
			}
			let lost = || Err(Error::Connect(ConnectError::Unreachable("lost".into())));
			match fault {
				Fault::None => Ok(()),
				Fault::AnswerLost | Fault::Lost => lost(),
				Fault::Rejected | Fault::Lie => {
					let status = RequestStatusJson {
						organization: 7,
						request_key: RequestKey([0; 32]),
						status: credio_primitives::rpc::RequestState::Rejected,
						receipt: None,
					};
					Err(SubmitError::Rejected(Box::new(status)).into())
				},
			}
		}
	}

	async fn stored(folder: &Path, name: &str, vault: LocalVault) -> Changing {
		let kdf = Kdf::new(19 * 1024, 1, 1).unwrap();
		Changing::create(&folder.join(name), b"password", kdf, vault).await.unwrap()
	}

	fn versions(vault: &LocalVault) -> Vec<KeyVersion> {
		vault.encryption_keys().into_iter().map(|(version, _)| version).collect()
	}

	/// Asserts that every version of the vault is the chain's.
	async fn assert_in_step(chain: &Chain, vault: &LocalVault) {
		let registered = chain.registered().await.unwrap();
		for key in vault.encryption_keys() {
			assert!(registered.contains(&key), "{key:?} is no version of the chain");
		}
	}

	#[tokio::test]
	async fn two_gateways_rotate_without_losing_keys() {
		let folder = tempfile::tempdir().unwrap();
		let one = LocalVault::generate(7).unwrap();
		let chain = Chain::with(one.encryption_keys()[0].1);
		let two = one.for_another_member().unwrap();
		let mut one = stored(folder.path(), "one", one).await;
		let mut two = stored(folder.path(), "two", two).await;
		assert_eq!(rotate(&chain, &mut one).await.unwrap().version, 1);
		let rotated = rotate(&chain, &mut two).await.unwrap();
		assert_eq!((rotated.version, rotated.missing), (2, vec![1]));
		let rotated = rotate(&chain, &mut one).await.unwrap();
		assert_eq!((rotated.version, rotated.missing), (3, vec![2]));
		assert_eq!(versions(one.vault()), [0, 1, 3]);
		assert_eq!(versions(two.vault()), [0, 2]);
		assert_in_step(&chain, one.vault()).await;
		assert_in_step(&chain, two.vault()).await;

		// After exporting to each other, both have all versions.
		let (mut a, mut b) = (one.vault().clone(), two.vault().clone());
		let known = chain.registered().await.unwrap();
		let export = a.export_keys(b.transfer_key()).unwrap();
		b.import_keys(&export, &a.account(), Some(&known)).unwrap();
		let export = b.export_keys(a.transfer_key()).unwrap();
		a.import_keys(&export, &b.account(), Some(&known)).unwrap();
		assert_eq!(a.encryption_keys(), known);
		assert_eq!(b.encryption_keys(), known);
	}

	#[tokio::test]
	async fn interrupted_rotation_is_completed() {
		for fault in [Fault::AnswerLost, Fault::Lost] {
			let folder = tempfile::tempdir().unwrap();
			let vault = LocalVault::generate(7).unwrap();
			let chain = Chain::with(vault.encryption_keys()[0].1);
			let mut changing = stored(folder.path(), "one", vault).await;
			chain.fails(fault);
			let failed = rotate(&chain, &mut changing).await;
			assert!(
				matches!(failed, Err(Error::Connect(ConnectError::Unreachable(_)))),
				"{failed:?}"
			);
			assert_eq!(versions(changing.vault()), [0], "no version that nobody has confirmed");
			let pending = changing.vault().pending_key().unwrap();
			// The process ends, and another one continues.
			drop(changing);
			chain.fails(Fault::None);
			let path = folder.path().join("one");
			let mut changing = Changing::open(&path, b"password", Duration::ZERO).await.unwrap();
			let rotated = rotate(&chain, &mut changing).await.unwrap();
			assert_eq!((rotated.version, rotated.public), (1, pending));
			assert_eq!(chain.keys.lock().unwrap().len(), 2, "announced once");
			assert_eq!(changing.vault().pending_key(), None);
		}
	}

	#[tokio::test]
	async fn interrupted_renewal_is_completed() {
		for fault in [Fault::AnswerLost, Fault::Lost, Fault::Lie] {
			let folder = tempfile::tempdir().unwrap();
			let vault = LocalVault::generate(7).unwrap();
			let chain = Chain::with(vault.encryption_keys()[0].1);
			let mut changing = stored(folder.path(), "one", vault).await;
			chain.fails(fault);
			assert!(renew(&chain, &mut changing).await.is_err());
			assert_eq!(changing.vault().secret_versions(), [0], "not before the chain has the key");
			drop(changing);
			chain.fails(Fault::None);
			let path = folder.path().join("one");
			let mut changing = Changing::open(&path, b"password", Duration::ZERO).await.unwrap();
			renew(&chain, &mut changing).await.unwrap();
			let renewed = changing.vault().secret_versions();
			// The key that was said to be rejected is registered too, before the later one.
			let expected: &[KeyVersion] = if fault == Fault::Lie { &[0, 1, 2] } else { &[0, 1] };
			assert_eq!(renewed, expected);
			assert_in_step(&chain, changing.vault()).await;
			// Rotating keeps the secret.
			rotate(&chain, &mut changing).await.unwrap();
			assert_eq!(changing.vault().secret_versions(), expected);
		}
	}

	#[tokio::test]
	async fn interrupted_rotation_is_completed_before_renewal() {
		let folder = tempfile::tempdir().unwrap();
		let vault = LocalVault::generate(7).unwrap();
		let chain = Chain::with(vault.encryption_keys()[0].1);
		let mut changing = stored(folder.path(), "one", vault).await;
		chain.fails(Fault::AnswerLost);
		assert!(rotate(&chain, &mut changing).await.is_err());
		chain.fails(Fault::None);
		assert_eq!(renew(&chain, &mut changing).await.unwrap().version, 2);
		assert_eq!(changing.vault().secret_versions(), [0, 2]);
		// So does the next rotation complete a renewal.
		chain.fails(Fault::AnswerLost);
		assert!(renew(&chain, &mut changing).await.is_err());
		chain.fails(Fault::None);
		assert_eq!(rotate(&chain, &mut changing).await.unwrap().version, 3);
		assert_eq!(changing.vault().secret_versions(), [0, 2, 3]);
	}

	#[tokio::test]
	async fn rejected_rotation_leaves_no_version() {
		let folder = tempfile::tempdir().unwrap();
		let vault = LocalVault::generate(7).unwrap();
		let chain = Chain::with(vault.encryption_keys()[0].1);
		let mut changing = stored(folder.path(), "one", vault).await;
		chain.fails(Fault::Rejected);
		assert!(matches!(
			rotate(&chain, &mut changing).await,
			Err(Error::Submit(SubmitError::Rejected(_)))
		));
		assert_eq!(versions(changing.vault()), [0]);
		assert_eq!(changing.vault().pending_key(), None);
		chain.fails(Fault::None);
		assert_eq!(rotate(&chain, &mut changing).await.unwrap().version, 1);
		assert_in_step(&chain, changing.vault()).await;
	}

	#[tokio::test]
	async fn false_rejection_loses_no_key() {
		let folder = tempfile::tempdir().unwrap();
		let vault = LocalVault::generate(7).unwrap();
		let chain = Chain::with(vault.encryption_keys()[0].1);
		let mut changing = stored(folder.path(), "one", vault).await;
		chain.fails(Fault::Lie);
		assert!(matches!(
			rotate(&chain, &mut changing).await,
			Err(Error::Submit(SubmitError::Rejected(_)))
		));
		chain.fails(Fault::None);
		let rotated = rotate(&chain, &mut changing).await.unwrap();
		assert_eq!((rotated.version, rotated.missing), (2, vec![]));
		assert_eq!(versions(changing.vault()), [0, 1, 2]);
		assert_in_step(&chain, changing.vault()).await;
	}

	#[tokio::test]
	async fn cannot_rotate_with_vault_of_another_chain() {
		let folder = tempfile::tempdir().unwrap();
		let vault = LocalVault::generate(7).unwrap();
		let chain = Chain::with(PublicKey([9; 32]));
		let mut changing = stored(folder.path(), "one", vault).await;
		let refused = rotate(&chain, &mut changing).await;
		assert!(matches!(refused, Err(Error::Vault(VaultError::KeyConflict(0)))), "{refused:?}");
	}
}
