//! Secrets that a vault accepts and rejects.

use super::{Held, LocalVault, Vault, VaultError, WrappedBy};
use credio_envelope::{Error, StreamSecret, WrapContext};
use credio_primitives::{Digest, Resource, StreamId, WrappedSecret};
use zeroize::Zeroizing;

const GENESIS: Digest = Digest([1; 32]);
const STREAM: StreamId = StreamId([2; 32]);

fn held(vault: &LocalVault, wrapped_by: WrappedBy, sealed: Vec<u8>, commitment: Digest) -> Held {
	Held {
		sealed,
		context: WrapContext {
			genesis: GENESIS,
			resource: Resource::Stream(STREAM),
			epoch: 3,
			organization: vault.organization(),
			key_version: 0,
		},
		secret: WrappedSecret::StreamSecret,
		wrapped_by,
		commitment: Some(commitment),
	}
}

/// Returns a secret that somebody else has made for the vault's public key, with everything else right.
fn made_by_a_node(vault: &LocalVault, wrapped_by: WrappedBy) -> Held {
	let secret = StreamSecret::from_random(&Zeroizing::new([7; 32]));
	let commitment = secret.commitment(&GENESIS, &STREAM, 3);
	let made = held(vault, wrapped_by, Vec::new(), commitment);
	let (_, public) = vault.encryption_keys()[0];
	let sealed = secret.wrap(&made.context, &public, &Zeroizing::new([8; 32])).unwrap();
	Held { sealed, ..made }
}

#[tokio::test]
async fn foreign_secret_is_not_accepted_as_own() {
	let vault = LocalVault::generate(7).unwrap();
	let given = made_by_a_node(&vault, WrappedBy::Another);
	assert!(vault.check(&given).await.is_ok(), "what others give is wrapped like that");
	let claimed = made_by_a_node(&vault, WrappedBy::Ourselves);
	let refused = vault.check(&claimed).await;
	assert!(matches!(refused, Err(VaultError::Envelope(Error::UnwrapFailed))), "{refused:?}");
}

#[tokio::test]
async fn own_secret_needs_organization_secret() {
	let vault = LocalVault::generate(7).unwrap();
	let made = vault.new_stream_secret(GENESIS, STREAM, 3).await.unwrap();
	let sealed = made.owner_key.sealed.to_vec();
	let own = held(&vault, WrappedBy::Ourselves, sealed.clone(), made.commitment);
	assert!(vault.check(&own).await.is_ok());
	assert!(vault.for_another_member().unwrap().check(&own).await.is_ok(), "a second gateway");
	// The encryption key of the same organization, and the secret of another.
	let mut thief = LocalVault::generate(7).unwrap();
	thief.encryption_keys = vault.encryption_keys.clone();
	let refused = thief.check(&own).await;
	assert!(matches!(refused, Err(VaultError::Envelope(Error::UnwrapFailed))), "{refused:?}");
	let as_given = held(&vault, WrappedBy::Another, sealed.clone(), made.commitment);
	assert!(vault.check(&as_given).await.is_err());
	// And only with the commitment on the ledger.
	let other = held(&vault, WrappedBy::Ourselves, sealed, Digest([9; 32]));
	assert!(matches!(vault.check(&other).await, Err(VaultError::NotTheSecret)));
}

#[tokio::test]
async fn renewal_locks_out_stolen_secret() {
	let mut vault = LocalVault::generate(7).unwrap();
	let before = vault.new_stream_secret(GENESIS, STREAM, 3).await.unwrap();
	let protected = vault.protect(b"item", b"waits in an outbox").await.unwrap();
	let thief = vault.clone();
	let public = vault.prepare_renewal().unwrap();
	vault.adopt_keys(&[(1, public)]).unwrap();

	// Earlier secrets open.
	let old =
		held(&vault, WrappedBy::Ourselves, before.owner_key.sealed.to_vec(), before.commitment);
	assert!(vault.check(&old).await.is_ok());
	assert_eq!(*vault.unprotect(b"item", &protected).await.unwrap(), b"waits in an outbox");

	// The thief can neither open nor make later ones, even with the public half of the new key.
	let made = vault.new_stream_secret(GENESIS, STREAM, 4).await.unwrap();
	assert_eq!(made.owner_key.key_version, 1);
	let protected = vault.protect(b"item", b"stored now").await.unwrap();
	assert!(matches!(thief.unprotect(b"item", &protected).await, Err(VaultError::NotOurs)));
	let secret = StreamSecret::from_random(&Zeroizing::new([7; 32]));
	let commitment = secret.commitment(&GENESIS, &STREAM, 3);
	let mut forged = held(&vault, WrappedBy::Ourselves, Vec::new(), commitment);
	forged.context.key_version = 1;
	let psk = credio_envelope::OwnerPsk::derive(thief.secrets.newest().unwrap().1);
	let ephemeral = Zeroizing::new([8; 32]);
	forged.sealed = secret.wrap_to_self(&forged.context, &public, &psk, &ephemeral).unwrap();
	let refused = vault.check(&forged).await;
	assert!(matches!(refused, Err(VaultError::Envelope(Error::UnwrapFailed))), "{refused:?}");
	// Names of later uploads mean nothing to the thief.
	let name = b"INV-2026-0001";
	let new = vault.request_key(name).await.unwrap();
	assert_ne!(new, thief.request_key(name).await.unwrap());
	assert_eq!(
		vault.request_key_under(0, name).await.unwrap(),
		thief.request_key(name).await.unwrap(),
		"what was begun before goes on under the key that it has"
	);
}
