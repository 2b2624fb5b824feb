//! Secrets of streams, wrapped to this organization.

use super::Client;
use crate::error::{AccessError, Error, Result};
use credio_envelope::WrapContext;
use credio_primitives::{
	KeyEpoch, OrganizationId, Resource, StreamId, WrappedSecret,
	rpc::{At, Items, StreamKeyJson},
};
use credio_vault::{Held, Recipient};

impl Client {
	/// Returns the secret of a stream's epoch, wrapped to this organization.
	pub(crate) async fn held(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Held> {
		// Concurrent callers share one read.
		let held = self.held.lock().await.entry((stream, epoch)).or_default().clone();
		held.get_or_try_init(|| self.fetch_held(stream, epoch)).await.cloned()
	}

	/// Returns a page of the wrapped secrets of a stream, from an epoch on.
	pub(super) async fn stream_keys(
		&self,
		stream: StreamId,
		from: KeyEpoch,
	) -> Result<At<Items<StreamKeyJson>>> {
		let token = self.token("credio_v1_streamKeys", &(stream, from)).await?;
		self.call("credio_v1_streamKeys", (stream, from, token)).await
	}

	async fn fetch_held(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Held> {
		let At { at, answer: keys } = self.stream_keys(stream, epoch).await?;
		let StreamKeyJson { secret_commitment, wrapped_keys, .. } = keys
			.items
			.into_iter()
			.find(|key| key.epoch == epoch)
			.ok_or(AccessError::NoKey(epoch))?;
		if let Some(verified) = self.verified() {
			verified.check_secret(stream, epoch, secret_commitment, at).await?;
		}
		let wrapped_by = self.wrapped_by(stream).await?;
		// The owner's keys come first. Keys of other grantors may not open.
		let mut failed = Error::Access(AccessError::NoKey(epoch));
		for key in wrapped_keys {
			let held = Held {
				context: WrapContext {
					genesis: self.limits.genesis_hash,
					resource: Resource::Stream(stream),
					epoch,
					organization: self.organization,
					key_version: key.key_version,
				},
				secret: WrappedSecret::StreamSecret,
				wrapped_by,
				commitment: Some(secret_commitment),
				sealed: key.sealed.0,
			};
			match self.vault.check(&held).await {
				Ok(()) => return Ok(held),
				Err(error) => failed = error.into(),
			}
		}
		Err(failed)
	}

	/// Returns the recipient for secrets that are wrapped to an organization.
	pub(crate) async fn recipient(&self, organization: OrganizationId) -> Result<Recipient> {
		if let Some(verified) = self.verified() {
			return verified.recipient(organization).await;
		}
		let detail = self.organization(organization).await?;
		Ok(Recipient {
			organization,
			key_version: detail.organization.key_version,
			public: detail.organization.encryption_key.public,
		})
	}
}
