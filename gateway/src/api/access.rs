//! Who may read: access requests and grants.

use super::{
	documents::{parse_record, stream_id},
	extract::{Body, Parameters},
};
use crate::{
	Problem,
	credential::Scope,
	tenant::{Caller, Tenant},
};
use axum::{Json, extract::Path, http::StatusCode};
use credio_client::{End, Terms};
use credio_primitives::{
	AccessRequestId, GrantId, GrantStatus, Moment, OrganizationId, Permission, RecordId, Resource,
	StreamId,
	grant::{AccessRequestFilter, GrantFilter},
	rpc::{AccessRequestJson, AccessRequestStateJson, GrantJson},
};
use serde::{Deserialize, Serialize};

/// Most items that a list returns.
const MAX_ITEMS: usize = 1_000;

/// A stream or a record: one of the two.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subject {
	/// Id of the stream, or the name of an own one.
	#[serde(skip_serializing_if = "Option::is_none")]
	stream: Option<String>,
	/// The record.
	#[serde(skip_serializing_if = "Option::is_none")]
	record_id: Option<String>,
}

impl Subject {
	fn resource(&self, tenant: &Tenant) -> Result<Resource, Problem> {
		match (&self.stream, &self.record_id) {
			(Some(stream), None) => {
				Ok(Resource::Stream(stream_id(tenant.outbox.organization(), stream)))
			},
			(None, Some(record)) => Ok(Resource::Record(parse_record(record)?)),
			_ => Err(Problem::bad_request("name either a stream or a recordId")),
		}
	}
}

impl From<Resource> for Subject {
	fn from(resource: Resource) -> Self {
		match resource {
			Resource::Stream(stream) => Self { stream: Some(stream.to_string()), record_id: None },
			Resource::Record(record) => Self { stream: None, record_id: Some(record.to_string()) },
		}
	}
}

/// The right to read, or to append.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Right {
	/// To read a stream or a record.
	#[default]
	Read,
	/// To append to a stream.
	Append,
}

impl From<Right> for Permission {
	fn from(right: Right) -> Self {
		match right {
			Right::Read => Self::Read,
			Right::Append => Self::Append,
		}
	}
}

impl From<Permission> for Right {
	fn from(permission: Permission) -> Self {
		match permission {
			Permission::Read => Self::Read,
			Permission::Append => Self::Append,
		}
	}
}

/// The state of an access request.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Answer {
	/// The owner has not decided.
	Pending,
	/// Approved.
	Approved {
		/// The grant that was given.
		#[schema(value_type = String)]
		grant_id: GrantId,
	},
	/// Denied.
	Denied {
		/// Why.
		reason: String,
	},
}

/// An access request.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessRequest {
	/// Its id.
	#[schema(value_type = String)]
	access_request_id: AccessRequestId,
	/// The organization that asks.
	requester: OrganizationId,
	/// The organization that decides.
	owner: OrganizationId,
	/// What it asks for.
	#[serde(flatten)]
	subject: Subject,
	/// Which right.
	right: Right,
	/// Why: public to all members.
	purpose: String,
	/// What became of it.
	#[serde(flatten)]
	answer: Answer,
}

impl From<AccessRequestJson> for AccessRequest {
	fn from(request: AccessRequestJson) -> Self {
		Self {
			access_request_id: request.access_request_id,
			requester: request.requester,
			owner: request.owner,
			subject: request.resource.into(),
			right: request.permission.into(),
			purpose: request.purpose,
			answer: match request.state {
				AccessRequestStateJson::Pending => Answer::Pending,
				AccessRequestStateJson::Approved { grant_id } => Answer::Approved { grant_id },
				AccessRequestStateJson::Denied { reason } => Answer::Denied { reason },
			},
		}
	}
}

/// A grant.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Grant {
	/// Its id.
	#[schema(value_type = String)]
	grant_id: GrantId,
	/// The organization that gave it.
	grantor: OrganizationId,
	/// The organization that holds it.
	grantee: OrganizationId,
	/// What it is for.
	#[serde(flatten)]
	subject: Subject,
	/// Which right it gives.
	right: Right,
	/// Why it was given.
	purpose: String,
	/// When it ends, in milliseconds since 1970; null for never.
	expires_at: Option<Moment>,
	/// Whether its holder may give it on.
	delegable: bool,
	/// Whether it holds.
	#[schema(value_type = String)]
	status: GrantStatus,
}

impl From<GrantJson> for Grant {
	fn from(grant: GrantJson) -> Self {
		Self {
			grant_id: grant.grant_id,
			grantor: grant.grantor,
			grantee: grant.grantee,
			subject: grant.resource.into(),
			right: grant.permission.into(),
			purpose: grant.purpose,
			expires_at: grant.expires_at,
			delegable: grant.delegable,
			status: grant.status,
		}
	}
}

/// A right to ask for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewAccessRequest {
	/// Id of the stream.
	stream: Option<String>,
	/// The record.
	record_id: Option<String>,
	/// Which right.
	#[serde(default)]
	right: Right,
	/// Why: public to all members.
	purpose: String,
}

/// The terms of an approval.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Approval {
	/// Why; by default what the requester has stated.
	purpose: String,
	/// When the grant ends, in milliseconds since 1970; never without it.
	expires_at: Option<Moment>,
	/// Whether the grantee may give it on.
	delegable: bool,
}

impl Approval {
	fn terms(self) -> Terms {
		let Self { purpose, expires_at, delegable } = self;
		Terms { purpose, end: expires_at.map_or(End::Never, End::At), delegable, from_epoch: None }
	}
}

/// Why a request is denied.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Denial {
	/// The reason, which the requester reads.
	reason: String,
}

/// A grant to give.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewGrant {
	/// Id of the stream, or the name of an own one.
	stream: Option<String>,
	/// The record.
	record_id: Option<String>,
	/// Who gets it.
	grantee: OrganizationId,
	/// Which right.
	#[serde(default)]
	right: Right,
	/// Why: public to all members.
	purpose: String,
	/// When it ends, in milliseconds since 1970; never without it.
	expires_at: Option<Moment>,
	/// Whether the grantee may give it on.
	#[serde(default)]
	delegable: bool,
}

/// Which of them are listed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
	/// Those of own streams and records (`owned`), or those that the tenant's organization asked for or holds (`held`); by
	/// default both.
	side: Option<Side>,
	/// Those of a stream.
	stream: Option<String>,
	/// Those of a record.
	record_id: Option<String>,
}

/// Which side of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
enum Side {
	/// The organization owns the stream or the record.
	Owned,
	/// The organization asks, or holds.
	Held,
}

impl Which {
	fn subject(&self, tenant: &Tenant) -> Result<(Option<StreamId>, Option<RecordId>), Problem> {
		let owner = tenant.outbox.organization();
		let record = self.record_id.as_deref().map(parse_record).transpose()?;
		Ok((self.stream.as_deref().map(|stream| stream_id(owner, stream)), record))
	}

	/// Returns for which sides to ask: whether owned.
	fn sides(&self) -> &'static [bool] {
		match self.side {
			None => &[true, false],
			Some(Side::Owned) => &[true],
			Some(Side::Held) => &[false],
		}
	}
}

/// Asks the owner of a stream or a record for a right. Asking again for the same is the same request.
#[utoipa::path(
	post,
	path = "/v1/access-requests",
	tag = "access",
	request_body = NewAccessRequest,
	responses((status = 201, body = AccessRequest, description = "the request"))
)]
pub(super) async fn ask(
	caller: Caller,
	Body(new): Body<NewAccessRequest>,
) -> Result<(StatusCode, Json<AccessRequest>), Problem> {
	caller.ensure(Scope::AccessRequest)?;
	let tenant = &caller.tenant;
	let subject = Subject { stream: new.stream, record_id: new.record_id };
	let (resource, purpose) = (subject.resource(tenant)?, &new.purpose);
	let permission = new.right.into();
	let id = tenant.connection.read(|client| async move {
		let id = client.request_access(resource, permission, purpose).await?;
		client.access_request(id).await
	});
	Ok((StatusCode::CREATED, Json(id.await?.into())))
}

/// Lists access requests.
#[utoipa::path(
	get,
	path = "/v1/access-requests",
	tag = "access",
	params(Which),
	responses((status = 200, body = [AccessRequest], description = "the requests"))
)]
pub(super) async fn requests(
	caller: Caller,
	Parameters(which): Parameters<Which>,
) -> Result<Json<Vec<AccessRequest>>, Problem> {
	caller.ensure(Scope::NetworkRead)?;
	let tenant = &caller.tenant;
	let ((stream, record), own) = (which.subject(tenant)?, Some(tenant.outbox.organization()));
	let mut found = Vec::new();
	for owned in which.sides() {
		let (owner, requester) = if *owned { (own, None) } else { (None, own) };
		let filter = AccessRequestFilter {
			owner,
			requester,
			stream,
			record,
			..AccessRequestFilter::default()
		};
		let filter = &filter;
		let asked = tenant
			.connection
			.read(|client| async move { client.access_requests(filter, MAX_ITEMS).await });
		found.extend(asked.await?.into_iter().map(AccessRequest::from));
	}
	Ok(Json(found))
}

/// Returns an access request.
#[utoipa::path(
	get,
	path = "/v1/access-requests/{accessRequestId}",
	tag = "access",
	params(("accessRequestId" = String, Path)),
	responses((status = 200, body = AccessRequest, description = "the request"), (status = 404, body = Problem, description = "there is no such request"))
)]
pub(super) async fn request(
	caller: Caller,
	Path(id): Path<String>,
) -> Result<Json<AccessRequest>, Problem> {
	caller.ensure(Scope::NetworkRead)?;
	let id = parse_request(&id)?;
	let found =
		caller.tenant.connection.read(|client| async move { client.access_request(id).await });
	Ok(Json(found.await?.into()))
}

/// Approves an access request. Approving it again on the same terms returns the same grant.
#[utoipa::path(
	post,
	path = "/v1/access-requests/{accessRequestId}/approve",
	tag = "access",
	params(("accessRequestId" = String, Path)),
	request_body = Approval,
	responses((status = 200, body = Grant, description = "the grant"), (status = 404, body = Problem, description = "there is no such request"))
)]
pub(super) async fn approve(
	caller: Caller,
	Path(id): Path<String>,
	Body(approval): Body<Approval>,
) -> Result<Json<Grant>, Problem> {
	caller.ensure(Scope::AccessDecide)?;
	let (id, terms) = (parse_request(&id)?, approval.terms());
	let terms = &terms;
	let grant = caller.tenant.connection.read(|client| async move {
		let id = client.approve(id, terms).await?;
		client.find_grant(id).await
	});
	Ok(Json(grant.await?.into()))
}

/// Denies an access request. Denying it again for the same reason has no effect.
#[utoipa::path(
	post,
	path = "/v1/access-requests/{accessRequestId}/deny",
	tag = "access",
	params(("accessRequestId" = String, Path)),
	request_body = Denial,
	responses((status = 200, body = AccessRequest, description = "the request"), (status = 404, body = Problem, description = "there is no such request"))
)]
pub(super) async fn deny(
	caller: Caller,
	Path(id): Path<String>,
	Body(denial): Body<Denial>,
) -> Result<Json<AccessRequest>, Problem> {
	caller.ensure(Scope::AccessDecide)?;
	let (id, reason) = (parse_request(&id)?, &denial.reason);
	let denied = caller.tenant.connection.read(|client| async move {
		client.deny(id, reason).await?;
		client.access_request(id).await
	});
	Ok(Json(denied.await?.into()))
}

/// Gives a grant. Giving it again on the same terms returns the same one.
#[utoipa::path(
	post,
	path = "/v1/grants",
	tag = "access",
	request_body = NewGrant,
	responses((status = 201, body = Grant, description = "the grant"))
)]
pub(super) async fn grant(
	caller: Caller,
	Body(new): Body<NewGrant>,
) -> Result<(StatusCode, Json<Grant>), Problem> {
	caller.ensure(Scope::AccessDecide)?;
	let tenant = &caller.tenant;
	let subject = Subject { stream: new.stream, record_id: new.record_id };
	let (resource, grantee, permission) =
		(subject.resource(tenant)?, new.grantee, Permission::from(new.right));
	let approval =
		Approval { purpose: new.purpose, expires_at: new.expires_at, delegable: new.delegable };
	let terms = &approval.terms();
	let grant = tenant.connection.read(|client| async move {
		let id = client.grant(resource, grantee, permission, terms).await?;
		client.find_grant(id).await
	});
	Ok((StatusCode::CREATED, Json(grant.await?.into())))
}

/// Lists grants.
#[utoipa::path(
	get,
	path = "/v1/grants",
	tag = "access",
	params(Which),
	responses((status = 200, body = [Grant], description = "the grants"))
)]
pub(super) async fn grants(
	caller: Caller,
	Parameters(which): Parameters<Which>,
) -> Result<Json<Vec<Grant>>, Problem> {
	caller.ensure(Scope::NetworkRead)?;
	let tenant = &caller.tenant;
	let ((stream, record), own) = (which.subject(tenant)?, Some(tenant.outbox.organization()));
	let mut found = Vec::new();
	for owned in which.sides() {
		let (grantor, grantee) = if *owned { (own, None) } else { (None, own) };
		let filter = GrantFilter { grantor, grantee, stream, record, ..GrantFilter::default() };
		let filter = &filter;
		let given =
			tenant.connection.read(|client| async move { client.grants(filter, MAX_ITEMS).await });
		found.extend(given.await?.into_iter().map(Grant::from));
	}
	Ok(Json(found))
}

/// Revokes a grant, and those that were delegated under it.
#[utoipa::path(
	delete,
	path = "/v1/grants/{grantId}",
	tag = "access",
	params(("grantId" = String, Path)),
	responses((status = 204, description = "it has ended"), (status = 404, body = Problem, description = "there is no such grant"))
)]
pub(super) async fn revoke(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
	caller.ensure(Scope::AccessDecide)?;
	let id = id.parse::<GrantId>().map_err(|_| not_an_id("a grant"))?;
	caller.tenant.connection.read(|client| async move { client.revoke(id).await }).await?;
	Ok(StatusCode::NO_CONTENT)
}

fn parse_request(id: &str) -> Result<AccessRequestId, Problem> {
	id.parse().map_err(|_| not_an_id("an access request"))
}

fn not_an_id(what: &str) -> Problem {
	Problem::not_found(format!("the id of {what} is 0x and 64 hexadecimal digits"))
}
