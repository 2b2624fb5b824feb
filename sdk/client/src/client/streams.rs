//! Streams and their key epochs.

use super::{goes_on, named::is_rejected_with, Client};
use crate::{
	calls::Call,
	error::{Error, Result},
	name::Name,
};
use codec::Encode;
use credio_envelope::WrapContext;
use credio_primitives::{
	error_codes as codes,
	grant::GrantKey,
	limits,
	rpc::{GrantJson, RequestState, StreamJson},
	text, Digest, EpochSecret, GrantId, GrantStatus, KeyEpoch, KeyVersion, Resource, StreamId,
	StreamName, WrappedSecret,
};
use credio_vault::{Held, VaultError, WrappedBy};

/// How often a rotation is made again because somebody else made one meanwhile.
const MAX_ROTATIONS: usize = 5;

impl Client {
	/// Creates a stream and opens its first key epoch, in one request. A stream of that name that is there already is
	/// answered, so repeating this is harmless.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::Argument`] for a name that cannot be one.
	pub async fn create_stream(&self, name: &str) -> Result<StreamJson> {
		let name = stream_name(name)?;
		let id = StreamId::derive(self.organization, &name);
		let (secret, _) = self.new_secret(id, 0).await?;
		let calls = [Call::create_stream(&name), Call::open_epoch(id, 0, &secret, &[])];
		let attempt = self.attempt(&Name::new("stream", &name), 0).await?;
		if !attempt.is_applied {
			match self.submit(attempt.key, &calls).await {
				// Another gateway of the organization makes it, with another secret.
				Err(Error::KeyReused(key)) => {
					let status = self.decided(key).await?;
					if status.status != RequestState::Applied {
						return Err(Error::Rejected(Box::new(status)));
					}
				},
				Err(error) => return Err(error),
				Ok(status) if status.status == RequestState::Applied => {},
				Ok(status) if is_rejected_with(&status, "AlreadyExists") => {},
				Ok(status) => {
					return Err(self.about_own_key(Error::Rejected(Box::new(status))).await);
				},
			}
		}
		self.stream(id).await
	}

	/// Seals a stream: nothing can be appended any more. Repeating it is harmless.
	///
	/// # Errors
	///
	/// [`Error::Rejected`].
	pub async fn seal_stream(&self, id: StreamId) -> Result<()> {
		let attempt = self.attempt(&Name::new("seal", &id), 0).await?;
		let status = self.submit(attempt.key, &[Call::seal_stream(id)]).await?;
		if status.status == RequestState::Applied || is_rejected_with(&status, "AlreadySealed") {
			return Ok(());
		}
		Err(Error::Rejected(Box::new(status)))
	}

	/// Opens the next key epoch of a stream, with the new secret wrapped to the grants that hold. It opens without those
	/// that nothing can be wrapped to, or beyond the first [`limits::MAX_KEYS_PER_EPOCH`]; [`Self::add_keys`] gives
	/// them the secret later.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::Connection`].
	pub async fn rotate_stream(&self, id: StreamId) -> Result<KeyEpoch> {
		let mut rotations = 0;
		loop {
			rotations += 1;
			let epoch = self.stream(id).await?.epoch.map_or(0, |state| state.current + 1);
			let (secret, held) = self.new_secret(id, epoch).await?;
			let grant_keys = self.wrapped_for_grants(id, &held).await?;
			let call = Call::open_epoch(id, epoch, &secret, &grant_keys);
			let attempt = self.attempt(&Name::new("epoch", &(id, epoch)), 0).await?;
			match self.apply(attempt.key, &[call]).await {
				Err(Error::Rejected(status))
					if rotations < MAX_ROTATIONS && is_rejected_for(&status, &["EpochNotNext"]) => {},
				// Another gateway of the organization opens this one. If a grant has ended since, the next is due.
				Err(Error::KeyReused(key)) if rotations < MAX_ROTATIONS => {
					self.decided(key).await?;
					let state = self.stream(id).await?.epoch.ok_or(Error::NoEpoch)?;
					if state.current >= epoch && !state.rotation_due {
						return Ok(state.current);
					}
				},
				Err(error) => return Err(self.about_own_key(error).await),
				Ok(_) => {
					self.forget_epoch(id).await;
					return Ok(epoch);
				},
			}
		}
	}

	/// Names the key that the vault lacks, if that is why a new secret was rejected: another gateway has rotated.
	async fn about_own_key(&self, error: Error) -> Error {
		let is_outdated = matches!(&error, Error::Rejected(status) if is_rejected_for(status, &["KeyVersionOutdated"]));
		if !is_outdated {
			return error;
		}
		let Ok(own) = self.recipient(self.organization).await else { return error };
		match self.vault.encryption_keys().await {
			Ok(keys) if keys.iter().all(|(version, _)| *version != own.key_version) => {
				VaultError::UnknownKeyVersion(own.key_version).into()
			},
			_ => error,
		}
	}

	/// A secret of a stream, wrapped to the holder of each grant on it that holds.
	async fn wrapped_for_grants(&self, id: StreamId, held: &Held) -> Result<Vec<GrantKey>> {
		let grants = self.grants_on(Resource::Stream(id)).await?;
		let holding = grants.into_iter().filter(|grant| grant.status == GrantStatus::Active);
		let mut keys = Vec::new();
		for GrantJson { grant_id, grantee, .. } in holding.take(limits::MAX_KEYS_PER_EPOCH as usize)
		{
			let to = self.recipient(grantee).await?;
			keys.push(GrantKey { grant: grant_id, key: self.vault.rewrap(held, &to).await? });
		}
		Ok(keys)
	}

	/// Gives the holder of a grant on a stream the secrets of all epochs that the grant covers, as far as this organization
	/// has them: of those that were opened without it, say. What the owner gives replaces what is there.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Argument`] for a grant on a record, [`Error::Rejected`], [`Error::Connection`].
	pub async fn add_keys(&self, id: GrantId) -> Result<u32> {
		let GrantJson { resource, grantee, from_epoch, .. } = self.find_grant(id).await?;
		let Resource::Stream(stream) = resource else {
			return Err(Error::Argument("a grant on a record has its one key".into()));
		};
		let current = self.stream(stream).await?.epoch.ok_or(Error::NoEpoch)?.current;
		let to = self.recipient(grantee).await?;
		let mut epochs = (from_epoch..=current).peekable();
		let mut added = 0;
		while epochs.peek().is_some() {
			let mut keys = Vec::new();
			for epoch in epochs.by_ref().take(limits::MAX_EPOCHS_PER_GRANT as usize) {
				let held = self.held(stream, epoch).await?;
				keys.push((epoch, self.vault.rewrap(&held, &to).await?));
			}
			added += keys.len() as u32;
			self.apply(self.new_key()?, &[Call::add_keys(id, &keys)]).await?;
		}
		Ok(added)
	}

	/// Names the secrets of a stream that are wrapped to this organization at the last final block: with another answer,
	/// other entries may be read than before. `None` without a right to read any.
	///
	/// # Errors
	///
	/// [`Error::Answer`], [`Error::Connection`].
	pub async fn keys_digest(&self, stream: StreamId) -> Result<Option<Digest>> {
		let mut keys = Vec::<(KeyEpoch, Vec<(KeyVersion, Vec<u8>)>)>::new();
		loop {
			let from = keys.last().map_or(0, |(epoch, _)| epoch.saturating_add(1));
			let page = match self.stream_keys(stream, from).await {
				Err(Error::Refused(refusal)) if refusal.code == codes::ACCESS_DENIED => {
					return Ok(None);
				},
				answer => answer?.answer.items,
			};
			let Some(last) = page.last() else {
				return Ok(Some(Digest(sp_crypto_hashing::blake2_256(&keys.encode()))));
			};
			if !goes_on(page.iter().map(|key| key.epoch), from) || last.epoch == KeyEpoch::MAX {
				let cause = format!("its keys of epochs from {from} on are out of order");
				return Err(Error::Answer(cause));
			}
			keys.extend(page.into_iter().map(|key| {
				let wrapped = key.wrapped_keys.into_iter();
				(key.epoch, wrapped.map(|key| (key.key_version, key.sealed.0)).collect())
			}));
		}
	}

	/// Who wraps the secrets of a stream to this organization. A node does not decide that: the id of a stream follows
	/// from its owner and its name.
	pub(crate) async fn wrapped_by(&self, stream: StreamId) -> Result<WrappedBy> {
		let known = self.owners.lock().await.get(&stream).copied();
		let owner = match known {
			Some(owner) => owner,
			None => {
				let owner = self.stream(stream).await?.owner;
				self.owners.lock().await.insert(stream, owner);
				owner
			},
		};
		Ok(match owner == self.organization {
			true => WrappedBy::Ourselves,
			false => WrappedBy::Another,
		})
	}

	/// A new stream secret as the chain takes it, and as the vault does.
	async fn new_secret(&self, stream: StreamId, epoch: KeyEpoch) -> Result<(EpochSecret, Held)> {
		let genesis = self.limits.genesis_hash;
		let secret = self.vault.new_stream_secret(genesis, stream, epoch).await?;
		let held = Held {
			sealed: secret.owner_key.sealed.to_vec(),
			context: WrapContext {
				genesis,
				resource: Resource::Stream(stream),
				epoch,
				organization: self.vault.organization().await?,
				key_version: secret.owner_key.key_version,
			},
			secret: WrappedSecret::StreamSecret,
			wrapped_by: WrappedBy::Ourselves,
			commitment: Some(secret.commitment),
		};
		Ok((secret, held))
	}
}

/// Checks that a stream has the owner and the name that its id follows from.
pub(super) fn check(id: StreamId, stream: &StreamJson) -> Result<()> {
	if stream.id == id && StreamId::derive(stream.owner, stream.name.as_bytes()) == id {
		return Ok(());
	}
	Err(Error::Answer(format!(
		"stream {id} is not of organization {} under the name {:?}: use another node",
		stream.owner, stream.name
	)))
}

/// Whether the chain rejected a request with one of these errors of `pallet-grants`.
pub fn is_rejected_for(
	status: &credio_primitives::rpc::RequestStatusJson,
	errors: &[&str],
) -> bool {
	let error = status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref());
	error.is_some_and(|error| {
		error.name.strip_prefix("Grants.").is_some_and(|name| errors.contains(&name))
	})
}

fn stream_name(name: &str) -> Result<StreamName> {
	let unfit = || {
		Error::Argument(
			"a stream's name is 1 to 64 bytes of text, without invisible and control characters, and without white \
			 space around it"
				.into(),
		)
	};
	if !text::is_plain(name) {
		return Err(unfit());
	}
	name.as_bytes().to_vec().try_into().map_err(|_| unfit())
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::StreamStatus;

	#[test]
	fn a_node_names_no_other_owner_of_a_stream() {
		let id = StreamId::derive(1, b"invoices");
		let stream = |id, owner, name: &str| StreamJson {
			id,
			name: name.into(),
			owner,
			status: StreamStatus::Open,
			entries: 0,
			created_at: 1,
			epoch: None,
		};
		assert!(check(id, &stream(id, 1, "invoices")).is_ok());
		let other = StreamId::derive(2, b"invoices");
		for lie in [
			stream(id, 2, "invoices"),
			stream(id, 1, "others"),
			stream(other, 2, "invoices"),
			stream(other, 1, "invoices"),
		] {
			assert!(matches!(check(id, &lie), Err(Error::Answer(_))), "{lie:?}");
		}
	}
}
