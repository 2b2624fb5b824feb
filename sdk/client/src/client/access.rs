//! Access requests: asking for a grant, approving and denying.

use super::{
	Client, Terms,
	grants::{Given, bounded, has_terms},
	status::is_rejected_with,
};
use crate::{
	calls::Call,
	error::{Error, ProofError, Result, SubmitError},
	name::{MAX_ATTEMPTS, Name},
};
use credio_primitives::{
	AccessRequestId, GrantId, GrantStatus, Permission, Resource,
	grant::AccessRequestFilter,
	rpc::{AccessRequestJson, AccessRequestStateJson, At, GrantJson, RequestState},
};

impl Client {
	/// Asks the owner of a stream or record for a grant. Returns the earlier access request if the same was asked
	/// before and is open, or is approved by an active grant.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Argument`].
	pub async fn request_access(
		&self,
		resource: Resource,
		permission: Permission,
		purpose: &str,
	) -> Result<AccessRequestId> {
		let bounded = bounded(purpose, "a purpose")?;
		let name = Name::new("access", &(resource, permission, &bounded));
		let (stream, record) = match resource {
			Resource::Stream(stream) => (Some(stream), None),
			Resource::Record(record) => (None, Some(record)),
		};
		let requester = Some(self.organization);
		let filter =
			AccessRequestFilter { requester, stream, record, ..AccessRequestFilter::default() };
		let mut from = 0;
		loop {
			let attempt = self.attempt(&name, from).await?;
			// Look up this attempt's access request by id: a list could omit it.
			let own = AccessRequestId::derive(self.organization, &attempt.reference());
			if attempt.is_applied
				&& self.verified().is_some()
				&& self.is_open_or_granted(own).await?
			{
				return Ok(own);
			}
			let held = self.held_by(resource, self.organization).await?;
			let asked = self.access_requests(&filter, usize::MAX).await?;
			let stands = asked.into_iter().find(|asked| {
				let waits_or_holds = match &asked.state {
					AccessRequestStateJson::Pending => true,
					AccessRequestStateJson::Approved { grant_id } => {
						held.iter().any(|grant| grant.grant_id == *grant_id)
					},
					AccessRequestStateJson::Denied { .. } => false,
				};
				asked.permission == permission && asked.purpose == purpose && waits_or_holds
			});
			if let Some(asked) = stands {
				self.check_asked(&asked).await?;
				return Ok(asked.access_request_id);
			}
			if attempt.is_applied {
				// It was denied, or its grant has ended.
				from = attempt.number.saturating_add(1);
				continue;
			}
			let reference = attempt.reference();
			let call = Call::request_access(reference, resource, permission, &bounded);
			let status = self.submit(attempt.key, &[call]).await?;
			if status.status == RequestState::Applied {
				return Ok(AccessRequestId::derive(self.organization, &reference));
			}
			if !is_rejected_with(&status, "ReferenceUsed") || attempt.number >= MAX_ATTEMPTS {
				return Err(SubmitError::Rejected(Box::new(status)).into());
			}
		}
	}

	/// Whether an access request is open, or approved by an active grant.
	async fn is_open_or_granted(&self, id: AccessRequestId) -> Result<bool> {
		let state = match self.access_request(id).await {
			Err(error) if error.is_not_found() => return Ok(false),
			found => found?.state,
		};
		Ok(match state {
			AccessRequestStateJson::Pending => true,
			AccessRequestStateJson::Approved { grant_id } => {
				self.active_grant(grant_id).await?.is_some()
			},
			AccessRequestStateJson::Denied { .. } => false,
		})
	}

	/// Proves that an access request is on the chain as the node has listed it.
	async fn check_asked(&self, listed: &AccessRequestJson) -> Result<()> {
		let asked = self.access_request(listed.access_request_id).await?;
		let what = |one: &AccessRequestJson| {
			(one.requester, one.resource, one.permission, one.purpose.clone())
		};
		let is_same = what(&asked) == what(listed) && asked.requester == self.organization;
		match is_same && self.is_open_or_granted(listed.access_request_id).await? {
			true => Ok(()),
			false => Err(ProofError::Contradicted("access request").into()),
		}
	}

	/// Returns a grant if it is active.
	pub(super) async fn active_grant(&self, id: GrantId) -> Result<Option<GrantJson>> {
		match self.find_grant(id).await {
			Err(error) if error.is_not_found() => Ok(None),
			found => found.map(|grant| Some(grant).filter(|one| one.status == GrantStatus::Active)),
		}
	}

	/// Approves an access request. Without a first epoch in the terms, a grant to read starts at the stream's first
	/// epoch, since the requester asked for existing records.
	///
	/// Approving again with the same terms returns the existing grant.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::NotFound`], [`Error::Argument`] if the access request was decided otherwise.
	pub async fn approve(&self, id: AccessRequestId, terms: &Terms) -> Result<GrantId> {
		let request = self.access_request(id).await?;
		let (resource, requester) = (request.resource, request.requester);
		let first = match request.permission {
			Permission::Read => Some(0),
			Permission::Append => None,
		};
		let purpose = match terms.purpose.is_empty() {
			true => request.purpose.clone(),
			false => terms.purpose.clone(),
		};
		let end = terms.end;
		let terms = Terms { from_epoch: terms.from_epoch.or(first), purpose, ..terms.clone() };
		let Given { terms, .. } = self.terms(resource, requester, &terms).await?;
		if let Some(given) =
			self.approved_grant(&request, |grant| has_terms(grant, &terms, end)).await?
		{
			return Ok(given);
		}
		let attempt = self.attempt(&Name::new("approve", &id), 0).await?;
		let reference = attempt.reference();
		match self.submit(attempt.key, &[Call::approve(id, reference, &terms)]).await {
			Ok(status) if status.status == RequestState::Applied => {},
			Ok(status) if !is_rejected_with(&status, "AlreadyAnswered") => {
				return Err(SubmitError::Rejected(Box::new(status)).into());
			},
			Err(error) if !matches!(error, Error::Submit(SubmitError::KeyReused(_))) => {
				return Err(error);
			},
			// Another gateway of the organization has decided it in the meantime.
			_ => {
				self.decided(attempt.key).await?;
				let request = self.access_request(id).await?;
				let same = |grant: &GrantJson| has_terms(grant, &terms, end);
				return self
					.approved_grant(&request, same)
					.await?
					.ok_or(Error::Submit(SubmitError::KeyReused(attempt.key)));
			},
		}
		let id = GrantId::derive(self.organization, &reference);
		self.complete(id, &terms).await?;
		Ok(id)
	}

	/// Returns the grant of an approved access request if it has the same terms; `None` if the access request is open.
	async fn approved_grant(
		&self,
		request: &AccessRequestJson,
		is_same: impl Fn(&GrantJson) -> bool,
	) -> Result<Option<GrantId>> {
		let grant_id = match &request.state {
			AccessRequestStateJson::Pending => return Ok(None),
			AccessRequestStateJson::Approved { grant_id } => *grant_id,
			AccessRequestStateJson::Denied { .. } => {
				return Err(Error::Argument("the access request was denied already".into()));
			},
		};
		match self.active_grant(grant_id).await? {
			Some(grant) if is_same(&grant) => Ok(Some(grant_id)),
			Some(_) => Err(Error::Argument(format!(
				"the access request was approved already, by the grant {grant_id}, on other terms"
			))),
			None => Err(Error::Argument(format!(
				"the access request was approved already, by the grant {grant_id}, which has ended"
			))),
		}
	}

	/// Denies an access request. Denying it again for the same reason has no effect.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::NotFound`], [`Error::Argument`] if it was decided otherwise.
	pub async fn deny(&self, id: AccessRequestId, reason: &str) -> Result<()> {
		let bounded = bounded(reason, "a reason")?;
		match self.access_request(id).await?.state {
			AccessRequestStateJson::Pending => {},
			AccessRequestStateJson::Denied { reason: given } if given == reason => return Ok(()),
			AccessRequestStateJson::Denied { .. } | AccessRequestStateJson::Approved { .. } => {
				return Err(Error::Argument("the access request was decided already".into()));
			},
		}
		let attempt = self.attempt(&Name::new("deny", &(id, &bounded)), 0).await?;
		self.apply(attempt.key, &[Call::deny(id, &bounded)]).await.map(|_| ())
	}

	/// Returns at most `most` access requests that match a filter.
	pub async fn access_requests(
		&self,
		filter: &AccessRequestFilter,
		most: usize,
	) -> Result<Vec<AccessRequestJson>> {
		self.all("credio_v1_accessRequests", filter, most).await
	}

	/// Returns an access request.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Connect`].
	pub async fn access_request(&self, id: AccessRequestId) -> Result<AccessRequestJson> {
		if let Some(verified) = self.verified() {
			return verified.access_request(id).await;
		}
		let answer: Result<At<AccessRequestJson>> =
			self.call("credio_v1_accessRequest", (id,)).await;
		match answer {
			Err(error) if error.is_not_found() => Err(Error::NotFound {
				what: "access request",
				name: id.to_string(),
				hint: "`credio access list` shows all",
			}),
			Ok(found) if found.answer.access_request_id != id => {
				Err(ProofError::Contradicted("access request").into())
			},
			found => found.map(|found| found.answer),
		}
	}
}
