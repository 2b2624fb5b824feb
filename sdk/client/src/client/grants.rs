//! Grants.

use super::{Client, records::Sealed, status::is_rejected_with};
use crate::{
	calls::Call,
	error::{AccessError, Error, ProofError, Result, SubmitError},
	name::{MAX_ATTEMPTS, Name},
};
use codec::Encode;
use credio_primitives::{
	GrantId, GrantStatus, KeyEpoch, Moment, OrganizationId, Permission, Purpose, RecordId,
	Reference, Resource, StreamId, WrappedKey,
	grant::{GrantFilter, GrantTerms},
	limits,
	rpc::{At, GrantJson, RequestState, StreamJson},
};
use credio_vault::Recipient;
use std::time::Duration;

/// When a grant ends, by the chain's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
	/// Never.
	#[default]
	Never,
	/// A duration from now.
	After(Duration),
	/// A moment in milliseconds since 1970.
	At(Moment),
}

/// The terms of a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
	/// Why it is given. Public to all members.
	pub purpose: String,
	/// When it ends.
	pub end: End,
	/// Whether the grantee may delegate it.
	pub delegable: bool,
	/// First key epoch that a grant on a stream covers; `None` for the present one.
	pub from_epoch: Option<KeyEpoch>,
}

/// Terms in the chain's encoding.
pub(super) struct Given {
	pub terms: GrantTerms,
	/// The present key epoch of the stream, or the record's epoch.
	pub epoch: KeyEpoch,
}

impl Client {
	/// Gives a grant on a stream or record of this organization. Returns the existing grant if the grantee has one with
	/// the same terms, so repeating it has no effect. Two ends that are durations from now count as the same if they
	/// differ by less than a tenth of the duration.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Access`], [`Error::Argument`].
	pub async fn grant(
		&self,
		resource: Resource,
		grantee: OrganizationId,
		permission: Permission,
		terms: &Terms,
	) -> Result<GrantId> {
		let end = terms.end;
		let Given { terms, epoch } = self.terms(resource, grantee, terms).await?;
		let name =
			Self::grant_name(&(resource, grantee, permission, None::<GrantId>), &terms, end, epoch);
		let is_same = |grant: &GrantJson| {
			grant.grantor == self.organization
				&& grant.permission == permission
				&& grant.parent.is_none()
				&& has_terms(grant, &terms, end)
		};
		let call = |reference| Call::grant(reference, resource, grantee, permission, &terms);
		let (id, is_new) = self.give(&name, (resource, grantee), is_same, call).await?;
		if is_new {
			self.complete(id, &terms).await?;
		}
		Ok(id)
	}

	/// Returns the name of a grant, from all of its terms. It includes the key epoch, so that a later grant with the
	/// terms of a revoked one has another name.
	fn grant_name(subject: &impl Encode, terms: &GrantTerms, end: End, epoch: KeyEpoch) -> Name {
		let end = match end {
			End::Never => (0u8, terms.expires_at.unwrap_or_default()),
			End::After(time) => (1, Moment::try_from(time.as_millis()).unwrap_or(Moment::MAX)),
			End::At(moment) => (2, moment),
		};
		let GrantTerms { purpose, delegable, from_epoch, .. } = terms;
		Name::new("grant", &(subject, purpose, end, delegable, from_epoch, epoch))
	}

	/// Gives a grant, unless its holder has the same one already. Returns its id and whether it is new. The name
	/// determines the request key and the grant's id, so two gateways that give the same grant at once create one.
	async fn give(
		&self,
		name: &Name,
		(resource, grantee): (Resource, OrganizationId),
		is_same: impl Fn(&GrantJson) -> bool,
		call: impl Fn(Reference) -> Call,
	) -> Result<(GrantId, bool)> {
		let (mut from, mut reused) = (0, 0);
		loop {
			let attempt = self.attempt(name, from).await?;
			// Look up this attempt's grant by id: if a list omitted it, a second one would be given.
			if attempt.is_applied && self.verified().is_some() {
				let given = GrantId::derive(self.organization, &attempt.reference());
				if self.active_grant(given).await?.is_some_and(|grant| is_same(&grant)) {
					return Ok((given, false));
				}
			}
			// Read after the attempt is known, so that its grant is included unless it has ended.
			let held = self.held_by(resource, grantee).await?;
			if let Some(grant) = held.iter().find(|grant| is_same(grant)) {
				// Prove that it is on the chain as listed.
				if self.find_grant(grant.grant_id).await? != *grant {
					return Err(ProofError::Contradicted("grant").into());
				}
				return Ok((grant.grant_id, false));
			}
			if attempt.number >= MAX_ATTEMPTS || !attempt.is_applied {
				let reference = attempt.reference();
				match self.submit(attempt.key, &[call(reference)]).await {
					// Another gateway of the organization gives it, with differently wrapped secrets.
					Err(Error::Submit(SubmitError::KeyReused(_))) if reused < MAX_ATTEMPTS => {
						reused += 1
					},
					Err(error) => return Err(error),
					Ok(status) if status.status == RequestState::Applied => {
						return Ok((GrantId::derive(self.organization, &reference), true));
					},
					// An earlier one exists, and ends sooner than asked for.
					Ok(status) if is_rejected_with(&status, "ReferenceUsed") => {},
					Ok(status) => return Err(SubmitError::Rejected(Box::new(status)).into()),
				}
				if attempt.number >= MAX_ATTEMPTS {
					return Err(SubmitError::KeyReused(attempt.key).into());
				}
				// Wait for another gateway's attempt; skip a rejected one.
				continue;
			}
			from = attempt.number.saturating_add(1);
		}
	}

	/// Returns the active grants of an organization on a stream or record. Revoking one leaves the others.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn held_by(
		&self,
		resource: Resource,
		grantee: OrganizationId,
	) -> Result<Vec<GrantJson>> {
		let filter = GrantFilter { grantee: Some(grantee), active: true, ..on(resource) };
		self.grants(&filter, usize::MAX).await
	}

	/// Adds the keys of further epochs, which did not fit into the grant.
	pub(super) async fn complete(&self, id: GrantId, given: &GrantTerms) -> Result<()> {
		if given.keys.len() == limits::MAX_EPOCHS_PER_GRANT as usize {
			self.add_keys(id).await?;
		}
		Ok(())
	}

	/// Delegates a grant that this organization holds. Returns the existing grant if the grantee has one with the same
	/// terms.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::NotFound`], [`Error::Access`].
	pub async fn delegate(
		&self,
		parent: GrantId,
		grantee: OrganizationId,
		terms: &Terms,
	) -> Result<GrantId> {
		let held = self.find_grant(parent).await?;
		let from_epoch = terms.from_epoch.unwrap_or(held.from_epoch);
		let end = terms.end;
		let terms = Terms { from_epoch: Some(from_epoch), ..terms.clone() };
		let Given { mut terms, epoch } = self.terms(held.resource, grantee, &terms).await?;
		if terms.expires_at.is_none() {
			// Without an end, it ends with its parent.
			terms.expires_at = held.expires_at;
		}
		let subject = (held.resource, grantee, held.permission, Some(parent));
		let name = Self::grant_name(&subject, &terms, end, epoch);
		let is_same = |grant: &GrantJson| {
			grant.grantor == self.organization
				&& grant.parent == Some(parent)
				&& has_terms(grant, &terms, end)
		};
		let call = |reference| Call::delegate(parent, reference, grantee, &terms);
		Ok(self.give(&name, (held.resource, grantee), is_same, call).await?.0)
	}

	/// Revokes a grant. If this organization owns the stream, opens the next key epoch afterwards, so that the old
	/// secret does not read later records. Returns the grantee's remaining grants on the same stream or record.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::NotFound`]; [`Error::Access`] if the grant is revoked, and only opening the epoch
	/// failed. The stream takes no record until it is open.
	pub async fn revoke(&self, id: GrantId) -> Result<Vec<GrantJson>> {
		let grant = self.find_grant(id).await?;
		self.apply(Self::new_key()?, &[Call::revoke(id)]).await?;
		if let Resource::Stream(stream) = grant.resource
			&& self.stream(stream).await?.owner == self.organization
		{
			let opened = self.rotate_stream(stream).await;
			opened.map_err(|error| Error::Access(AccessError::EpochNotOpened(Box::new(error))))?;
		}
		let mut left = self.grants_on(grant.resource).await?;
		left.retain(|left| left.grantee == grant.grantee && left.status == GrantStatus::Active);
		Ok(left)
	}

	/// Renounces a grant that this organization holds.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Connect`].
	pub async fn renounce(&self, id: GrantId) -> Result<()> {
		self.apply(Self::new_key()?, &[Call::renounce(id)]).await.map(|_| ())
	}

	/// Returns at most `most` grants that match a filter.
	pub async fn grants(&self, filter: &GrantFilter, most: usize) -> Result<Vec<GrantJson>> {
		self.all("credio_v1_grants", filter, most).await
	}

	/// Returns all grants on a stream or record.
	pub(crate) async fn grants_on(&self, resource: Resource) -> Result<Vec<GrantJson>> {
		if let Some(verified) = self.verified() {
			return verified.grants_on(resource).await;
		}
		let filter = on(resource);
		self.grants(&filter, usize::MAX).await
	}

	/// Returns a grant.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Connect`].
	pub async fn find_grant(&self, id: GrantId) -> Result<GrantJson> {
		if let Some(verified) = self.verified() {
			return verified.grant(id).await;
		}
		let answer: Result<At<GrantJson>> = self.call("credio_v1_grant", (id,)).await;
		match answer {
			Err(error) if error.is_not_found() => Err(Error::NotFound {
				what: "grant",
				name: id.to_string(),
				hint: "it was revoked, has expired, or never was",
			}),
			Ok(found) if found.answer.grant_id != id => {
				Err(ProofError::Contradicted("grant").into())
			},
			found => found.map(|found| found.answer),
		}
	}

	/// Returns the terms in the chain's encoding, with the secrets wrapped to the grantee.
	pub(super) async fn terms(
		&self,
		resource: Resource,
		grantee: OrganizationId,
		terms: &Terms,
	) -> Result<Given> {
		let purpose = bounded(&terms.purpose, "a purpose")?;
		let expires_at = match terms.end {
			End::Never => None,
			End::At(moment) => Some(moment),
			End::After(time) => Some(self.moment_in(time).await?),
		};
		let to = self.recipient(grantee).await?;
		let (from_epoch, epoch, keys) = match resource {
			Resource::Stream(stream) => self.stream_terms(stream, terms.from_epoch, &to).await?,
			Resource::Record(record) => {
				let (epoch, keys) = self.record_terms(record, &to).await?;
				(epoch, epoch, keys)
			},
		};
		let over = || Error::Argument("a grant is given with at most 64 keys".into());
		let keys = keys.try_into().map_err(|_| over())?;
		let delegable = terms.delegable;
		Ok(Given { terms: GrantTerms { purpose, expires_at, delegable, from_epoch, keys }, epoch })
	}

	async fn stream_terms(
		&self,
		stream: StreamId,
		from: Option<KeyEpoch>,
		to: &Recipient,
	) -> Result<(KeyEpoch, KeyEpoch, Vec<WrappedKey>)> {
		let StreamJson { epoch, .. } = self.stream(stream).await?;
		let current = epoch.ok_or(AccessError::NoEpoch)?.current;
		let from = from.unwrap_or(current);
		let mut keys = Vec::new();
		// The latest epochs. The others are added once the grant exists.
		let first = (current + 1).saturating_sub(limits::MAX_EPOCHS_PER_GRANT).max(from);
		for epoch in first..=current {
			let held = self.held(stream, epoch).await?;
			keys.push(self.vault.rewrap(&held, to).await?);
		}
		Ok((from, current, keys))
	}

	async fn record_terms(
		&self,
		record: RecordId,
		to: &Recipient,
	) -> Result<(KeyEpoch, Vec<WrappedKey>)> {
		let Sealed { entry, held, context, payload, .. } = self.fetch_sealed(record).await?;
		let Some(epoch) = entry.header.body.epoch() else {
			return Err(Error::Argument("an anchor has nothing to read".into()));
		};
		let key = match held.secret {
			credio_primitives::WrappedSecret::StreamSecret => {
				self.vault.wrap_data_key(&held, &context, &payload, to).await?
			},
			credio_primitives::WrappedSecret::DataKey => self.vault.rewrap(&held, to).await?,
		};
		Ok((epoch, vec![key]))
	}
}

/// Returns the filter for grants on a stream or record.
fn on(resource: Resource) -> GrantFilter {
	match resource {
		Resource::Stream(stream) => GrantFilter { stream: Some(stream), ..GrantFilter::default() },
		Resource::Record(record) => GrantFilter { record: Some(record), ..GrantFilter::default() },
	}
}

/// Whether a grant has these terms.
pub(super) fn has_terms(grant: &GrantJson, terms: &GrantTerms, end: End) -> bool {
	grant.purpose.as_bytes() == terms.purpose.as_slice()
		&& grant.delegable == terms.delegable
		&& grant.from_epoch == terms.from_epoch
		&& ends_alike(grant.expires_at, terms.expires_at, end)
}

/// Whether two ends are the same, or close enough for a duration.
fn ends_alike(there: Option<Moment>, asked: Option<Moment>, end: End) -> bool {
	match (there, asked, end) {
		(Some(there), Some(asked), End::After(time)) => {
			u128::from(there.abs_diff(asked)) <= time.as_millis() / 10
		},
		_ => there == asked,
	}
}

pub(super) fn bounded(text: &str, what: &str) -> Result<Purpose> {
	let error = || Error::Argument(format!("{what} is 1 to 256 bytes long"));
	if text.is_empty() {
		return Err(error());
	}
	text.as_bytes().to_vec().try_into().map_err(|_| error())
}
