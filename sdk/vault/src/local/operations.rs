//! The operations of a vault in the memory of this process.

use super::LocalVault;
use crate::{Held, MultiSignature, Recipient, Vault, VaultError, chain::ChainPin, random};
use async_trait::async_trait;
use chacha20poly1305::aead::{Aead, Payload};
use credio_envelope::{
	CommitmentKey, Context, Document, ObjectDescription, ObjectKey, Sealed, StreamSecret,
	WrapContext,
};
use credio_primitives::{
	AccountId, Digest, EpochSecret, KeyEpoch, KeyVersion, OrganizationId, PublicKey, RequestKey,
	Resource, StreamId, WrappedKey, WrappedSecret,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Length of a nonce of XChaCha20-Poly1305 in bytes.
const NONCE_LENGTH: usize = 24;

/// Returns the context for wrapping the same secret to another organization.
fn context_for(context: &WrapContext, resource: Resource, to: &Recipient) -> WrapContext {
	WrapContext { resource, organization: to.organization, key_version: to.key_version, ..*context }
}

fn wrapped_key(key_version: KeyVersion, sealed: Vec<u8>) -> Result<WrappedKey, VaultError> {
	let length = sealed.len();
	let sealed =
		sealed.try_into().map_err(|_| credio_envelope::Error::WrappedKeyLength { length })?;
	Ok(WrappedKey { key_version, sealed })
}

#[async_trait]
impl Vault for LocalVault {
	async fn account(&self) -> Result<AccountId, VaultError> {
		Ok(Self::account(self))
	}

	async fn organization(&self) -> Result<OrganizationId, VaultError> {
		Ok(self.organization)
	}

	async fn chain(&self) -> Result<Option<ChainPin>, VaultError> {
		Ok(self.chain)
	}

	async fn secret_versions(&self) -> Result<Vec<KeyVersion>, VaultError> {
		Ok(Self::secret_versions(self))
	}

	async fn encryption_keys(&self) -> Result<Vec<(KeyVersion, PublicKey)>, VaultError> {
		Ok(Self::encryption_keys(self))
	}

	async fn sign(&self, message: &[u8]) -> Result<MultiSignature, VaultError> {
		self.account.sign(message)
	}

	async fn request_key(&self, business_key: &[u8]) -> Result<RequestKey, VaultError> {
		self.request_key_under(self.secrets.newest()?.0, business_key).await
	}

	async fn request_key_under(
		&self,
		secret: KeyVersion,
		business_key: &[u8],
	) -> Result<RequestKey, VaultError> {
		let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.secrets.of(secret)?[..])
			.expect("HMAC takes keys of any length; qed");
		mac.update(business_key);
		Ok(RequestKey(mac.finalize().into_bytes().into()))
	}

	async fn protect(&self, name: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
		let mut nonce = [0; NONCE_LENGTH];
		getrandom::fill(&mut nonce).map_err(VaultError::NoRandomness)?;
		let message = Payload { msg: plaintext, aad: name };
		let (_, secret) = self.secrets.newest()?;
		let ciphertext = Self::protection(secret)
			.encrypt(&nonce.into(), message)
			.map_err(|_| VaultError::NotOurs)?;
		Ok([&nonce[..], &ciphertext].concat())
	}

	async fn unprotect(
		&self,
		name: &[u8],
		protected: &[u8],
	) -> Result<Zeroizing<Vec<u8>>, VaultError> {
		let (nonce, ciphertext) =
			protected.split_first_chunk::<NONCE_LENGTH>().ok_or(VaultError::NotOurs)?;
		self.secrets.newest()?;
		let open = |secret| {
			let message = Payload { msg: ciphertext, aad: name };
			Self::protection(secret).decrypt(&(*nonce).into(), message).ok()
		};
		let opened = self.secrets.iter().rev().find_map(|(_, secret)| open(secret));
		opened.map(Zeroizing::new).ok_or(VaultError::NotOurs)
	}

	async fn new_stream_secret(
		&self,
		genesis: Digest,
		stream: StreamId,
		epoch: KeyEpoch,
	) -> Result<EpochSecret, VaultError> {
		let secret = StreamSecret::from_random(&random()?);
		let (newest, own) =
			self.encryption_keys.last_key_value().ok_or(VaultError::NoOrganizationKeys)?;
		let context = WrapContext {
			genesis,
			resource: Resource::Stream(stream),
			epoch,
			organization: self.organization,
			key_version: *newest,
		};
		let psk = self.owner_psk(own)?;
		let sealed = secret.wrap_to_self(&context, &own.key.public(), &psk, &random()?)?;
		let owner_key = wrapped_key(*newest, sealed)?;
		Ok(EpochSecret { commitment: secret.commitment(&genesis, &stream, epoch), owner_key })
	}

	async fn check(&self, held: &Held) -> Result<(), VaultError> {
		match held.secret {
			WrappedSecret::StreamSecret => self.stream_secret(held).map(|_| ()),
			WrappedSecret::DataKey => {
				let key = self.encryption_key(held.context.key_version)?;
				Ok(key.unwrap_data_key(&held.context, &held.sealed).map(|_| ())?)
			},
		}
	}

	async fn rewrap(&self, held: &Held, to: &Recipient) -> Result<WrappedKey, VaultError> {
		let context = context_for(&held.context, held.context.resource, to);
		let sealed = match held.secret {
			WrappedSecret::StreamSecret => {
				self.stream_secret(held)?.wrap(&context, &to.public, &random()?)?
			},
			WrappedSecret::DataKey => self
				.encryption_key(held.context.key_version)?
				.unwrap_data_key(&held.context, &held.sealed)?
				.wrap(&context, &to.public, &random()?)?,
		};
		wrapped_key(to.key_version, sealed)
	}

	async fn wrap_data_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
		to: &Recipient,
	) -> Result<WrappedKey, VaultError> {
		let resource = Resource::Record(context.record_id);
		let wrap_context = context_for(&held.context, resource, to);
		let data_key = self.data_key(held, context, payload)?;
		wrapped_key(to.key_version, data_key.wrap(&wrap_context, &to.public, &random()?)?)
	}

	async fn seal(
		&self,
		held: &Held,
		context: &Context,
		media_type: &str,
		document: &[u8],
	) -> Result<Sealed, VaultError> {
		Ok(self.stream_secret(held)?.seal(context, media_type, document)?)
	}

	async fn open(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<Document, VaultError> {
		Ok(self.data_key(held, context, payload)?.open(context, payload)?)
	}

	async fn seal_object(
		&self,
		held: &Held,
		context: &Context,
		description: &ObjectDescription<'_>,
	) -> Result<ObjectKey, VaultError> {
		Ok(self.stream_secret(held)?.object_key(context, description)?)
	}

	async fn open_object(
		&self,
		held: &Held,
		context: &Context,
		header: &[u8],
	) -> Result<ObjectKey, VaultError> {
		Ok(self.data_key(held, context, header)?.object_key(context, header)?)
	}

	async fn commitment_key(
		&self,
		held: &Held,
		context: &Context,
		payload: &[u8],
	) -> Result<CommitmentKey, VaultError> {
		Ok(self.data_key(held, context, payload)?.commitment_key())
	}

	async fn anchor_commitment_key(
		&self,
		held: &Held,
		context: &Context,
		index: u32,
	) -> Result<CommitmentKey, VaultError> {
		Ok(self.stream_secret(held)?.anchor_commitment_key(context, index))
	}
}
