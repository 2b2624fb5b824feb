//! Streams and their key epochs.

use super::{
	Client,
	calling::continues_list,
	status::{is_rejected_for, is_rejected_with},
};
use crate::{
	calls::Call,
	error::{AccessError, Error, Result, SubmitError},
	name::Name,
};
use codec::Encode;
use credio_envelope::WrapContext;
use credio_primitives::{
	Digest, EpochSecret, GrantId, GrantStatus, KeyEpoch, KeyVersion, OrganizationId, Resource,
	StreamId, StreamName, WrappedSecret, error_codes as codes,
	grant::GrantKey,
	limits,
	rpc::{At, GrantJson, RequestState, StreamJson},
	text,
};
use credio_vault::{Held, VaultError, WrappedBy};

/// How often a rotation is repeated because another one came first.
const MAX_ROTATIONS: usize = 5;

impl Client {
	/// Returns a stream.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Proof`], [`Error::Connect`]; [`Error::UnexpectedResponse`] if its id does not
	/// follow from its owner and name.
	pub async fn stream(&self, id: StreamId) -> Result<StreamJson> {
		if let Some(verified) = self.verified() {
			return verified.stream(id).await;
		}
		let answer: At<StreamJson> = self.call("credio_v1_stream", (id,)).await?;
		check(id, &answer.answer)?;
		Ok(answer.answer)
	}

	/// Returns the streams of one organization, or of all.
	pub async fn streams(&self, owner: Option<OrganizationId>) -> Result<Vec<StreamJson>> {
		self.all("credio_v1_streams", owner, usize::MAX).await
	}

	/// Returns a stream by id, or by name within an organization (this one, unless `owner` is given).
	///
	/// # Errors
	///
	/// [`Error::NotFound`].
	pub async fn find_stream(
		&self,
		name: &str,
		owner: Option<OrganizationId>,
	) -> Result<StreamJson> {
		let id = match name.parse::<StreamId>() {
			Ok(id) if name.len() >= 64 => id,
			_ => StreamId::derive(owner.unwrap_or(self.organization), name.as_bytes()),
		};
		match self.stream(id).await {
			Err(error) if error.is_not_found() => Err(Error::NotFound {
				what: "stream",
				name: name.into(),
				hint: "`credio stream list` shows all; another organization's needs its id or --owner",
			}),
			other => other,
		}
	}

	/// Creates a stream and opens its first key epoch, in one request. Returns the existing stream of that name, so
	/// repeating it has no effect.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Argument`] for an invalid name.
	pub async fn create_stream(&self, name: &str) -> Result<StreamJson> {
		let name = stream_name(name)?;
		let id = StreamId::derive(self.organization, &name);
		let (secret, _) = self.new_secret(id, 0).await?;
		let calls = [Call::create_stream(&name), Call::open_epoch(id, 0, &secret, &[])];
		let attempt = self.attempt(&Name::new("stream", &name), 0).await?;
		if !attempt.is_applied {
			match self.submit(attempt.key, &calls).await {
				// Another gateway of the organization creates it, with another secret.
				Err(Error::Submit(SubmitError::KeyReused(key))) => {
					let status = self.decided(key).await?;
					if status.status != RequestState::Applied {
						return Err(SubmitError::Rejected(Box::new(status)).into());
					}
				},
				Err(error) => return Err(error),
				Ok(status) if status.status == RequestState::Applied => {},
				Ok(status) if is_rejected_with(&status, "AlreadyExists") => {},
				Ok(status) => {
					return Err(self
						.explain_missing_key(Error::Submit(SubmitError::Rejected(Box::new(status))))
						.await);
				},
			}
		}
		self.stream(id).await
	}

	/// Seals a stream: nothing can be appended any more. Repeating it has no effect.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn seal_stream(&self, id: StreamId) -> Result<()> {
		self.once(&Name::new("seal", &id), Call::seal_stream(id), "AlreadySealed").await
	}

	/// Opens the next key epoch of a stream, with the new secret wrapped for the active grants. Skips grantees without
	/// a usable key, and grants beyond the first [`limits::MAX_KEYS_PER_EPOCH`]; [`Self::add_keys`] gives them the
	/// secret later.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Connect`].
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
				Err(Error::Submit(SubmitError::Rejected(status)))
					if rotations < MAX_ROTATIONS && is_rejected_for(&status, &["EpochNotNext"]) => {},
				// Another gateway of the organization opens this epoch. If a grant has ended since, the next one is
				// due.
				Err(Error::Submit(SubmitError::KeyReused(key))) if rotations < MAX_ROTATIONS => {
					self.decided(key).await?;
					let state = self.stream(id).await?.epoch.ok_or(AccessError::NoEpoch)?;
					if state.current >= epoch && !state.rotation_due {
						return Ok(state.current);
					}
				},
				Err(error) => return Err(self.explain_missing_key(error).await),
				Ok(_) => {
					self.forget_epoch(id).await;
					return Ok(epoch);
				},
			}
		}
	}

	/// Replaces a rejection of a new secret by the error that names the key version that the vault lacks, if another
	/// gateway has rotated the key.
	async fn explain_missing_key(&self, error: Error) -> Error {
		let is_outdated = matches!(&error, Error::Submit(SubmitError::Rejected(status)) if is_rejected_for(status, &["KeyVersionOutdated"]));
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

	/// Returns a secret of a stream, wrapped to the grantee of each active grant on it.
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

	/// Gives the grantee of a grant on a stream the secrets of all epochs that the grant covers, as far as this
	/// organization has them, for example of epochs that were opened without it. The owner's keys replace earlier ones.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Argument`] for a grant on a record, [`Error::Submit`], [`Error::Connect`].
	pub async fn add_keys(&self, id: GrantId) -> Result<u32> {
		let GrantJson { resource, grantee, from_epoch, .. } = self.find_grant(id).await?;
		let Resource::Stream(stream) = resource else {
			return Err(Error::Argument("a grant on a record has its one key".into()));
		};
		let current = self.stream(stream).await?.epoch.ok_or(AccessError::NoEpoch)?.current;
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
			self.apply(Self::new_key()?, &[Call::add_keys(id, &keys)]).await?;
		}
		Ok(added)
	}

	/// Returns a digest of the stream's secrets that are wrapped to this organization at the last final block. When it
	/// changes, other entries may have become readable. `None` without a right to read any.
	///
	/// # Errors
	///
	/// [`Error::UnexpectedResponse`], [`Error::Connect`].
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
			if !continues_list(page.iter().map(|key| key.epoch), from)
				|| last.epoch == KeyEpoch::MAX
			{
				let cause = format!("its keys of epochs from {from} on are out of order");
				return Err(Error::UnexpectedResponse(cause));
			}
			keys.extend(page.into_iter().map(|key| {
				let wrapped = key.wrapped_keys.into_iter();
				(key.epoch, wrapped.map(|key| (key.key_version, key.sealed.0)).collect())
			}));
		}
	}

	/// Returns whether this organization or another one wraps the secrets of a stream. The node does not decide that: a
	/// stream's id follows from its owner and name.
	pub(crate) async fn wrapped_by(&self, stream: StreamId) -> Result<WrappedBy> {
		Ok(match self.owner(stream).await? == self.organization {
			true => WrappedBy::Ourselves,
			false => WrappedBy::Another,
		})
	}

	/// Returns the owner of a stream, which never changes.
	pub(super) async fn owner(&self, stream: StreamId) -> Result<OrganizationId> {
		if let Some(owner) = self.owners.lock().await.get(&stream) {
			return Ok(*owner);
		}
		let owner = self.stream(stream).await?.owner;
		self.owners.lock().await.insert(stream, owner);
		Ok(owner)
	}

	/// Creates a new stream secret, in the chain's encoding and in the vault's.
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

/// Checks that a stream's id follows from its owner and name.
pub(super) fn check(id: StreamId, stream: &StreamJson) -> Result<()> {
	if stream.id == id && StreamId::derive(stream.owner, stream.name.as_bytes()) == id {
		return Ok(());
	}
	Err(Error::UnexpectedResponse(format!(
		"stream {id} is not of organization {} under the name {:?}: use another node",
		stream.owner, stream.name
	)))
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
	fn node_cannot_forge_stream_owner() {
		let id = StreamId::derive(1, b"invoices");
		let stream = |id, owner, name: &str| StreamJson {
			id,
			name: name.into(),
			owner,
			status: StreamStatus::Open,
			entries: 0,
			created_at: 1,
			epoch: None,
			demands_objects: false,
		};
		assert!(check(id, &stream(id, 1, "invoices")).is_ok());
		let other = StreamId::derive(2, b"invoices");
		for lie in [
			stream(id, 2, "invoices"),
			stream(id, 1, "others"),
			stream(other, 2, "invoices"),
			stream(other, 1, "invoices"),
		] {
			assert!(matches!(check(id, &lie), Err(Error::UnexpectedResponse(_))), "{lie:?}");
		}
	}
}
