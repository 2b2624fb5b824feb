//! Access requests: asking for a grant, and answering.

use super::{
	grants::{bounded, has_terms, Given},
	named::is_rejected_with,
	Client, Terms,
};
use crate::{
	calls::Call,
	error::{Error, Result},
	name::{Name, MAX_ATTEMPTS},
};
use credio_primitives::{
	grant::AccessRequestFilter,
	rpc::{AccessRequestJson, AccessRequestStateJson, At, GrantJson, RequestState},
	AccessRequestId, GrantId, GrantStatus, Permission, Resource,
};

impl Client {
	/// Asks the owner of a stream or record for a grant. If the same was asked for before and is not answered, or is approved
	/// by a grant that holds, that access request is answered, and none is made.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::Argument`].
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
			// What this attempt asked for is looked up by its id: a list could leave it out.
			let own = AccessRequestId::derive(self.organization, &attempt.reference());
			if attempt.is_applied && self.verified().is_some() && self.stands(own).await? {
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
				// It was denied, or is over.
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
				return Err(Error::Rejected(Box::new(status)));
			}
		}
	}

	/// Whether an access request waits for an answer, or is approved by a grant that holds.
	async fn stands(&self, id: AccessRequestId) -> Result<bool> {
		let state = match self.find_access_request(id).await {
			Err(error) if error.is_not_found() => return Ok(false),
			found => found?.state,
		};
		Ok(match state {
			AccessRequestStateJson::Pending => true,
			AccessRequestStateJson::Approved { grant_id } => {
				self.holding(grant_id).await?.is_some()
			},
			AccessRequestStateJson::Denied { .. } => false,
		})
	}

	/// Proves that an access request stands as the node has listed it.
	async fn check_asked(&self, listed: &AccessRequestJson) -> Result<()> {
		let asked = self.find_access_request(listed.access_request_id).await?;
		let what = |one: &AccessRequestJson| {
			(one.requester, one.resource, one.permission, one.purpose.clone())
		};
		let is_same = what(&asked) == what(listed) && asked.requester == self.organization;
		match is_same && self.stands(listed.access_request_id).await? {
			true => Ok(()),
			false => Err(Error::Contradicted("access request")),
		}
	}

	/// A grant, if it holds.
	pub(super) async fn holding(&self, id: GrantId) -> Result<Option<GrantJson>> {
		match self.find_grant(id).await {
			Err(error) if error.is_not_found() => Ok(None),
			found => found.map(|grant| Some(grant).filter(|one| one.status == GrantStatus::Active)),
		}
	}

	/// Approves an access request. Without a first epoch in the terms, a grant to read reaches back to the first one:
	/// the requester asked for what is there.
	///
	/// Approving again with the same terms answers the grant that was given.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::NotFound`], [`Error::Argument`] if it was answered otherwise.
	pub async fn approve(&self, id: AccessRequestId, terms: &Terms) -> Result<GrantId> {
		let request = self.find_access_request(id).await?;
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
		if let Some(given) = self.answered(&request, |grant| has_terms(grant, &terms, end)).await? {
			return Ok(given);
		}
		let attempt = self.attempt(&Name::new("approve", &id), 0).await?;
		let reference = attempt.reference();
		match self.submit(attempt.key, &[Call::approve(id, reference, &terms)]).await {
			Ok(status) if status.status == RequestState::Applied => {},
			Ok(status) if !is_rejected_with(&status, "AlreadyAnswered") => {
				return Err(Error::Rejected(Box::new(status)));
			},
			Err(error) if !matches!(error, Error::KeyReused(_)) => return Err(error),
			// Another gateway of the organization has answered meanwhile.
			_ => {
				self.decided(attempt.key).await?;
				let request = self.find_access_request(id).await?;
				let same = |grant: &GrantJson| has_terms(grant, &terms, end);
				return self.answered(&request, same).await?.ok_or(Error::KeyReused(attempt.key));
			},
		}
		let id = GrantId::derive(self.organization, &reference);
		self.complete(id, &terms).await?;
		Ok(id)
	}

	/// The grant that an access request was approved with, if it is the same; `None` if it was not answered.
	async fn answered(
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
		match self.holding(grant_id).await? {
			Some(grant) if is_same(&grant) => Ok(Some(grant_id)),
			Some(_) => Err(Error::Argument(format!(
				"the access request was approved already, by the grant {grant_id}, on other terms"
			))),
			None => Err(Error::Argument(format!(
				"the access request was approved already, by the grant {grant_id}, which has ended"
			))),
		}
	}

	/// Denies an access request. Denying it again for the same reason is harmless.
	///
	/// # Errors
	///
	/// [`Error::Rejected`], [`Error::NotFound`], [`Error::Argument`] if it was answered otherwise.
	pub async fn deny(&self, id: AccessRequestId, reason: &str) -> Result<()> {
		let bounded = bounded(reason, "a reason")?;
		match self.find_access_request(id).await?.state {
			AccessRequestStateJson::Pending => {},
			AccessRequestStateJson::Denied { reason: given } if given == reason => return Ok(()),
			AccessRequestStateJson::Denied { .. } | AccessRequestStateJson::Approved { .. } => {
				return Err(Error::Argument("the access request was answered already".into()));
			},
		}
		let attempt = self.attempt(&Name::new("deny", &(id, &bounded)), 0).await?;
		self.apply(attempt.key, &[Call::deny(id, &bounded)]).await.map(|_| ())
	}

	/// Access requests that match a filter, at most `most`.
	pub async fn access_requests(
		&self,
		filter: &AccessRequestFilter,
		most: usize,
	) -> Result<Vec<AccessRequestJson>> {
		self.all("credio_v1_accessRequests", filter, most).await
	}

	async fn find_access_request(&self, id: AccessRequestId) -> Result<AccessRequestJson> {
		if let Some(verified) = self.verified() {
			return verified.access_request(id).await;
		}
		let answer: Result<At<AccessRequestJson>> =
			self.call("credio_v1_accessRequest", (id,)).await;
		match answer {
			Err(error) if error.is_not_found() => Err(Error::NotFound {
				what: "access request",
				name: id.to_string(),
				hint: ": `credio access list` shows all",
			}),
			Ok(found) if found.answer.access_request_id != id => {
				Err(Error::Contradicted("access request"))
			},
			found => found.map(|found| found.answer),
		}
	}
}
