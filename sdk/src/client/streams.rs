//! Streams and their key epochs.

use super::Client;
use crate::{
	calls::Call,
	error::{Error, Result},
	vault::Held,
};
use credio_envelope::WrapContext;
use credio_primitives::{
	grant::GrantKey,
	rpc::{GrantJson, StreamJson},
	GrantId, GrantStatus, KeyEpoch, Resource, StreamId, StreamName, WrappedKey, WrappedSecret,
};
use std::collections::HashSet;

/// How often a rotation is made again because grants changed meanwhile.
const MAX_ROTATIONS: usize = 5;

impl Client {
	/// Creates a stream and opens its first key epoch, in one request.
	///
	/// Errors: [`Error::Rejected`] if there is a stream of that name.
	pub async fn create_stream(&self, name: &str) -> Result<StreamJson> {
		let name = stream_name(name)?;
		let id = StreamId::derive(self.organization, &name);
		let (owner_key, _) = self.new_secret(id, 0)?;
		let calls = [Call::create_stream(&name), Call::open_epoch(id, 0, &owner_key, &[])];
		self.apply(self.new_key()?, &calls).await?;
		self.stream(id).await
	}

	/// Seals a stream: nothing can be appended any more.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn seal_stream(&self, id: StreamId) -> Result<()> {
		self.apply(self.new_key()?, &[Call::seal_stream(id)]).await?;
		Ok(())
	}

	/// Opens the next key epoch of a stream, with the new secret wrapped to every grant that holds.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn rotate_stream(&self, id: StreamId) -> Result<KeyEpoch> {
		self.with_rotation(id, &[], None).await
	}

	/// Applies `before` and the opening of the next epoch in one request; grants under `ending` do not stay.
	pub(crate) async fn with_rotation(
		&self,
		id: StreamId,
		before: &[Call],
		ending: Option<GrantId>,
	) -> Result<KeyEpoch> {
		let mut rotations = 0;
		loop {
			rotations += 1;
			let epoch = self.stream(id).await?.epoch.map_or(0, |state| state.current + 1);
			let (owner_key, held) = self.new_secret(id, epoch)?;
			let mut grant_keys = Vec::new();
			for grant in self.staying(id, ending).await? {
				let to = self.recipient(grant.grantee).await?;
				let key = self.vault.rewrap(&held, &to)?;
				grant_keys.push(GrantKey { grant: grant.grant_id, key });
			}
			let mut calls = before.to_vec();
			calls.push(Call::open_epoch(id, epoch, &owner_key, &grant_keys));
			match self.apply(self.new_key()?, &calls).await {
				Err(Error::Rejected(status))
					if rotations < MAX_ROTATIONS
						&& is_rejected_for(&status, &["RotationIncomplete", "EpochNotNext"]) => {},
				Err(error) => return Err(error),
				Ok(_) => return Ok(epoch),
			}
		}
	}

	/// Grants on a stream that hold, but for one and those below it.
	async fn staying(&self, id: StreamId, ending: Option<GrantId>) -> Result<Vec<GrantJson>> {
		let grants = self.grants_on(Resource::Stream(id)).await?;
		let mut ended: HashSet<GrantId> = ending.into_iter().collect();
		// Grants stand at most a few in a row: each pass finds one more generation.
		loop {
			let below: Vec<_> = grants
				.iter()
				.filter(|grant| grant.parent.is_some_and(|parent| ended.contains(&parent)))
				.map(|grant| grant.grant_id)
				.filter(|id| !ended.contains(id))
				.collect();
			if below.is_empty() {
				break;
			}
			ended.extend(below);
		}
		Ok(grants
			.into_iter()
			.filter(|grant| grant.status == GrantStatus::Active && !ended.contains(&grant.grant_id))
			.collect())
	}

	/// A new stream secret, wrapped to this organization, and the same as the vault takes it.
	fn new_secret(&self, stream: StreamId, epoch: KeyEpoch) -> Result<(WrappedKey, Held)> {
		let genesis = self.limits.genesis_hash;
		let key = self.vault.new_stream_secret(genesis, stream, epoch)?;
		let held = Held {
			sealed: key.sealed.to_vec(),
			context: WrapContext {
				genesis,
				resource: Resource::Stream(stream),
				epoch,
				organization: self.vault.organization(),
				key_version: key.key_version,
			},
			secret: WrappedSecret::StreamSecret,
		};
		Ok((key, held))
	}
}

/// Whether the chain rejected a request with one of these errors of `pallet-grants`.
pub(crate) fn is_rejected_for(
	status: &credio_primitives::rpc::RequestStatus,
	errors: &[&str],
) -> bool {
	let error = status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref());
	error.is_some_and(|error| {
		error.name.strip_prefix("Grants.").is_some_and(|name| errors.contains(&name))
	})
}

fn stream_name(name: &str) -> Result<StreamName> {
	if name.is_empty() {
		return Err(Error::Argument("a stream's name is 1 to 64 bytes long".into()));
	}
	name.as_bytes()
		.to_vec()
		.try_into()
		.map_err(|_| Error::Argument("a stream's name is 1 to 64 bytes long".into()))
}
