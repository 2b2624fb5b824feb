//! Grants and access requests.

use super::{random_reference, Client};
use crate::{
	calls::Call,
	error::{Error, Result},
	vault::Recipient,
};
use credio_primitives::{
	grant::{AccessRequestFilter, GrantFilter, GrantTerms},
	limits,
	rpc::{AccessRequestJson, AccessRequestStateJson, GrantJson, StreamJson},
	AccessRequestId, EntryBody, GrantId, GrantStatus, KeyEpoch, Moment, OrganizationId, Permission,
	Purpose, RecordId, Resource, StreamId, WrappedKey,
};
use std::time::Duration;

/// When a grant ends, by the chain's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
	/// Never.
	#[default]
	Never,
	/// After so long from now.
	After(Duration),
	/// With this moment, in milliseconds since 1970.
	At(Moment),
}

/// What the giver of a grant decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
	/// Why it is given. Public to all members.
	pub purpose: String,
	/// When it ends.
	pub end: End,
	/// Whether the grantee may give it on.
	pub delegable: bool,
	/// First key epoch of a stream that it covers; `None` for the present one.
	pub from_epoch: Option<KeyEpoch>,
}

impl Client {
	/// Gives a grant on a stream or record of this organization. If the grantee holds one with the same terms already, it is
	/// answered, and no other is given, so that repeating this is harmless. Terms that end after a time from now are the same
	/// if that one ends within a tenth of the time of it.
	///
	/// Errors: [`Error::Rejected`], [`Error::NoEpoch`], [`Error::Argument`].
	pub async fn grant(
		&self,
		resource: Resource,
		grantee: OrganizationId,
		permission: Permission,
		terms: &Terms,
	) -> Result<GrantId> {
		let reference = random_reference()?;
		let end = terms.end;
		let terms = self.terms(resource, grantee, terms).await?;
		let held = self.held_by(resource, grantee).await?;
		let same = held.into_iter().find(|grant| {
			grant.grantor == self.organization
				&& grant.permission == permission
				&& grant.purpose.as_bytes() == terms.purpose.as_slice()
				&& grant.delegable == terms.delegable
				&& grant.from_epoch == terms.from_epoch
				&& grant.parent.is_none()
				&& ends_alike(grant.expires_at, terms.expires_at, end)
		});
		if let Some(grant) = same {
			// By proof, that it is there as it was told.
			if self.find_grant(grant.grant_id).await? == grant {
				return Ok(grant.grant_id);
			}
			return Err(Error::Contradicted("grant"));
		}
		let call = Call::grant(reference, resource, grantee, permission, &terms);
		self.apply(self.new_key()?, &[call]).await?;
		let id = GrantId::derive(self.organization, &reference);
		self.complete(id, &terms).await?;
		Ok(id)
	}

	/// The grants on a stream or record that hold and that an organization has. One that is revoked leaves it the others.
	///
	/// # Errors
	///
	/// [`Error::Connection`].
	pub async fn held_by(
		&self,
		resource: Resource,
		grantee: OrganizationId,
	) -> Result<Vec<GrantJson>> {
		let filter = GrantFilter { grantee: Some(grantee), active: true, ..on(resource) };
		self.grants(&filter, usize::MAX).await
	}

	/// Adds the keys of epochs that were too many to be given with the grant.
	async fn complete(&self, id: GrantId, given: &GrantTerms) -> Result<()> {
		if given.keys.len() == limits::MAX_EPOCHS_PER_GRANT as usize {
			self.add_keys(id).await?;
		}
		Ok(())
	}

	/// Gives on a grant that this organization holds.
	///
	/// Errors: [`Error::Rejected`], [`Error::NotFound`], [`Error::NoKey`].
	pub async fn delegate(
		&self,
		parent: GrantId,
		grantee: OrganizationId,
		terms: &Terms,
	) -> Result<GrantId> {
		let held = self.find_grant(parent).await?;
		let from_epoch = terms.from_epoch.unwrap_or(held.from_epoch);
		let terms = Terms { from_epoch: Some(from_epoch), ..terms.clone() };
		let mut terms = self.terms(held.resource, grantee, &terms).await?;
		if terms.expires_at.is_none() {
			// Without an end of its own it ends with the one it is delegated under.
			terms.expires_at = held.expires_at;
		}
		let reference = random_reference()?;
		let call = Call::delegate(parent, reference, grantee, &terms);
		self.apply(self.new_key()?, &[call]).await?;
		Ok(GrantId::derive(self.organization, &reference))
	}

	/// Ends a grant at once, whatever else may fail. If this organization owns the stream, the next key epoch is opened
	/// afterwards, so that nothing written later can be read with the old secret. Answers the grants on the same stream or
	/// record that their holder has left: with those it goes on.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::NotFound`]; [`Error::EpochNotOpened`] if the grant is revoked, and only the epoch could
	/// not be opened. The stream takes no record until it is.
	pub async fn revoke(&self, id: GrantId) -> Result<Vec<GrantJson>> {
		let grant = self.find_grant(id).await?;
		self.apply(self.new_key()?, &[Call::revoke(id)]).await?;
		if let Resource::Stream(stream) = grant.resource {
			if self.stream(stream).await?.owner == self.organization {
				let opened = self.rotate_stream(stream).await;
				opened.map_err(|error| Error::EpochNotOpened(Box::new(error)))?;
			}
		}
		let mut left = self.grants_on(grant.resource).await?;
		left.retain(|left| left.grantee == grant.grantee && left.status == GrantStatus::Active);
		Ok(left)
	}

	/// Gives up a grant that this organization holds.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::Connection`].
	pub async fn renounce(&self, id: GrantId) -> Result<()> {
		self.apply(self.new_key()?, &[Call::renounce(id)]).await.map(|_| ())
	}

	/// Asks the owner of a stream or record for a grant.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn request_access(
		&self,
		resource: Resource,
		permission: Permission,
		purpose: &str,
	) -> Result<AccessRequestId> {
		let reference = random_reference()?;
		let purpose = bounded(purpose, "a purpose")?;
		let call = Call::request_access(reference, resource, permission, &purpose);
		self.apply(self.new_key()?, &[call]).await?;
		Ok(AccessRequestId::derive(self.organization, &reference))
	}

	/// Approves an access request. Without a first epoch in the terms, a grant to read reaches back to the first one:
	/// the requester asked for what is there.
	///
	/// Errors: [`Error::Rejected`], [`Error::NotFound`], [`Error::Argument`] if it was answered already.
	pub async fn approve(&self, id: AccessRequestId, terms: &Terms) -> Result<GrantId> {
		let request = self.find_access_request(id).await?;
		if request.state != AccessRequestStateJson::Pending {
			return Err(Error::Argument("the access request was answered already".into()));
		}
		let first = match request.permission {
			Permission::Read => Some(0),
			Permission::Append => None,
		};
		let purpose = match terms.purpose.is_empty() {
			true => request.purpose.clone(),
			false => terms.purpose.clone(),
		};
		let terms = Terms { from_epoch: terms.from_epoch.or(first), purpose, ..terms.clone() };
		let reference = random_reference()?;
		let terms = self.terms(request.resource, request.requester, &terms).await?;
		self.apply(self.new_key()?, &[Call::approve(id, reference, &terms)]).await?;
		let id = GrantId::derive(self.organization, &reference);
		self.complete(id, &terms).await?;
		Ok(id)
	}

	/// Denies an access request.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn deny(&self, id: AccessRequestId, reason: &str) -> Result<()> {
		let reason = bounded(reason, "a reason")?;
		self.apply(self.new_key()?, &[Call::deny(id, &reason)]).await.map(|_| ())
	}

	/// Grants that match a filter, at most `most`.
	pub async fn grants(&self, filter: &GrantFilter, most: usize) -> Result<Vec<GrantJson>> {
		self.all("credio_v1_grants", filter, most).await
	}

	/// All grants on a stream or record.
	pub(crate) async fn grants_on(&self, resource: Resource) -> Result<Vec<GrantJson>> {
		if let Some(verified) = self.verified() {
			return verified.grants_on(resource).await;
		}
		let filter = on(resource);
		self.grants(&filter, usize::MAX).await
	}

	/// Access requests that match a filter, at most `most`.
	pub async fn access_requests(
		&self,
		filter: &AccessRequestFilter,
		most: usize,
	) -> Result<Vec<AccessRequestJson>> {
		self.all("credio_v1_accessRequests", filter, most).await
	}

	pub(crate) async fn find_grant(&self, id: GrantId) -> Result<GrantJson> {
		if let Some(verified) = self.verified() {
			return verified.grant(id).await;
		}
		self.grants(&GrantFilter::default(), usize::MAX)
			.await?
			.into_iter()
			.find(|grant| grant.grant_id == id)
			.ok_or_else(|| Error::NotFound {
				what: "grant",
				name: id.to_string(),
				hint: ": it was revoked, has expired, or never was",
			})
	}

	async fn find_access_request(&self, id: AccessRequestId) -> Result<AccessRequestJson> {
		if let Some(verified) = self.verified() {
			return verified.access_request(id).await;
		}
		self.access_requests(&AccessRequestFilter::default(), usize::MAX)
			.await?
			.into_iter()
			.find(|request| request.access_request_id == id)
			.ok_or_else(|| Error::NotFound {
				what: "access request",
				name: id.to_string(),
				hint: ": `credio access list` shows all",
			})
	}

	/// The terms as the chain takes them, with the secrets wrapped to the grantee.
	async fn terms(
		&self,
		resource: Resource,
		grantee: OrganizationId,
		terms: &Terms,
	) -> Result<GrantTerms> {
		let purpose = bounded(&terms.purpose, "a purpose")?;
		let expires_at = match terms.end {
			End::Never => None,
			End::At(moment) => Some(moment),
			End::After(time) => Some(self.moment_in(time).await?),
		};
		let to = self.recipient(grantee).await?;
		let (from_epoch, keys) = match resource {
			Resource::Stream(stream) => self.stream_terms(stream, terms.from_epoch, &to).await?,
			Resource::Record(record) => self.record_terms(record, &to).await?,
		};
		let over = || Error::Argument("a grant is given with at most 64 keys".into());
		let keys = keys.try_into().map_err(|_| over())?;
		Ok(GrantTerms { purpose, expires_at, delegable: terms.delegable, from_epoch, keys })
	}

	async fn stream_terms(
		&self,
		stream: StreamId,
		from: Option<KeyEpoch>,
		to: &Recipient,
	) -> Result<(KeyEpoch, Vec<WrappedKey>)> {
		let StreamJson { epoch, .. } = self.stream(stream).await?;
		let current = epoch.ok_or(Error::NoEpoch)?.current;
		let from = from.unwrap_or(current);
		let mut keys = Vec::new();
		// Those of the latest epochs. The others are added once the grant is there.
		let first = (current + 1).saturating_sub(limits::MAX_EPOCHS_PER_GRANT).max(from);
		for epoch in first..=current {
			let held = self.held(stream, epoch).await?;
			keys.push(self.vault.rewrap(&held, to)?);
		}
		Ok((from, keys))
	}

	async fn record_terms(
		&self,
		record: RecordId,
		to: &Recipient,
	) -> Result<(KeyEpoch, Vec<WrappedKey>)> {
		let (entry, held, context, payload) = self.fetch_sealed(record).await?;
		let EntryBody::Record { epoch, .. } = entry.header.body else {
			return Err(Error::Argument("an anchor has nothing to read".into()));
		};
		let key = match held.secret {
			credio_primitives::WrappedSecret::StreamSecret => {
				self.vault.wrap_data_key(&held, &context, &payload, to)?
			},
			credio_primitives::WrappedSecret::DataKey => self.vault.rewrap(&held, to)?,
		};
		Ok((epoch, vec![key]))
	}
}

/// Grants on a stream or record.
fn on(resource: Resource) -> GrantFilter {
	match resource {
		Resource::Stream(stream) => GrantFilter { stream: Some(stream), ..GrantFilter::default() },
		Resource::Record(record) => GrantFilter { record: Some(record), ..GrantFilter::default() },
	}
}

/// Whether a grant ends when it is asked to.
fn ends_alike(there: Option<Moment>, asked: Option<Moment>, end: End) -> bool {
	match (there, asked, end) {
		(Some(there), Some(asked), End::After(time)) => {
			u128::from(there.abs_diff(asked)) <= time.as_millis() / 10
		},
		_ => there == asked,
	}
}

fn bounded(text: &str, what: &str) -> Result<Purpose> {
	let error = || Error::Argument(format!("{what} is 1 to 256 bytes long"));
	if text.is_empty() {
		return Err(error());
	}
	text.as_bytes().to_vec().try_into().map_err(|_| error())
}
