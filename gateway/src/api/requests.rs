//! Requests, and their outcomes.

use super::preferences;
use crate::{
	Problem,
	credential::Scope,
	tenant::{Caller, Tenant},
};
use axum::{
	Json,
	extract::Path,
	http::{HeaderMap, HeaderValue, StatusCode, header},
	response::{IntoResponse, Response},
};
use credio_outbox::{ItemState, Listed};
use credio_primitives::RequestKey;
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RequestState {
	/// It is stored, and will be sent whatever happens to this process.
	Accepted,
	/// It is being sent, or waits for its block to be final.
	Sending,
	/// Final: all of it was applied.
	Applied,
	/// Final: none of it was applied, and never will be under this key.
	Rejected,
	/// Final: its last block has passed, and none of it was applied.
	Expired,
	/// Final: the gateway was away for longer than the chain keeps receipts.
	Undetermined,
}

/// A request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestJson {
	/// Its key on the chain.
	#[schema(value_type = String, example = "0x52c7d8e9…")]
	request_key: RequestKey,
	/// Its state.
	state: RequestState,
	/// Record id of the document that it appends.
	#[schema(value_type = Option<String>)]
	record_id: Option<credio_primitives::RecordId>,
	/// Its lane, and its position there once it has one.
	lane: Option<i64>,
	/// Its position in the lane.
	position: Option<i64>,
	/// Its last block, once it was sent.
	expires_at: Option<i64>,
	/// Number of its outcome, counted from 1 without gaps within the tenant.
	outcome_number: Option<i64>,
	/// The receipt, once it is final.
	#[schema(value_type = Option<Object>)]
	receipt: Option<credio_primitives::rpc::ReceiptJson>,
	/// Why it was not applied, or cannot be sent now.
	problem: Option<String>,
	/// When it was accepted, in milliseconds since 1970, by the gateway's clock.
	accepted_at: Option<i64>,
	/// When its outcome was found.
	ended_at: Option<i64>,
}

impl From<Listed> for RequestJson {
	fn from(item: Listed) -> Self {
		let state = match item.state {
			ItemState::Waiting => RequestState::Accepted,
			ItemState::Sending => RequestState::Sending,
			ItemState::Applied => RequestState::Applied,
			ItemState::Rejected => RequestState::Rejected,
			ItemState::Expired => RequestState::Expired,
			ItemState::Undetermined => RequestState::Undetermined,
		};
		Self {
			request_key: item.request_key,
			state,
			record_id: item.record_id,
			lane: item.lane,
			position: item.position,
			expires_at: item.expires_at,
			outcome_number: item.outcome_number,
			receipt: item.outcome.and_then(|status| status.receipt),
			problem: item.problem,
			accepted_at: item.stored_at,
			ended_at: item.ended_at,
		}
	}
}

/// Returns a request, once it has ended or the caller waits no longer.
pub(crate) async fn awaited(
	tenant: &Tenant,
	key: RequestKey,
	wait: Duration,
) -> Result<Listed, Problem> {
	if let Ok(ended) = timeout(wait, tenant.outbox.wait(key)).await {
		return Ok(ended?);
	}
	let unknown = || Problem::not_found(format!("the request {key} was not sent by this gateway"));
	tenant.outbox.status(key).await?.ok_or_else(unknown)
}

/// Answers with a request: 202 while it is undecided, 200 once it was applied, and 409 if it never will be.
pub(crate) fn answer(item: Listed, is_replay: bool) -> Response {
	let status = match item.state {
		ItemState::Waiting | ItemState::Sending => StatusCode::ACCEPTED,
		ItemState::Applied => StatusCode::OK,
		ItemState::Rejected | ItemState::Expired | ItemState::Undetermined => StatusCode::CONFLICT,
	};
	let location = format!("/v1/requests/{}", item.request_key);
	let mut response = (status, Json(RequestJson::from(item))).into_response();
	if let Ok(location) = HeaderValue::from_str(&location) {
		response.headers_mut().insert(header::LOCATION, location);
	}
	if is_replay {
		response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
	}
	response
}

/// Returns a request of this tenant. With `Prefer: wait=N` it answers once the request has ended, after at most N seconds.
#[utoipa::path(
	get,
	path = "/v1/requests/{requestKey}",
	tag = "requests",
	params(("requestKey" = String, Path), ("Prefer" = Option<String>, Header, description = "`wait=N`, at most 60 seconds")),
	responses(
		(status = 200, body = RequestJson, description = "the request"),
		(status = 404, body = Problem, description = "this gateway has not sent it for the tenant"),
	)
)]
pub(super) async fn find(
	caller: Caller,
	Path(key): Path<String>,
	headers: HeaderMap,
) -> Result<Json<RequestJson>, Problem> {
	caller.ensure(Scope::DocumentsRead)?;
	let found = awaited(&caller.tenant, parse(&key)?, preferences::wait(&headers)).await?;
	Ok(Json(found.into()))
}

/// Tries a request again that has ended without being applied, under the next key of its name: the old key stays as it is.
#[utoipa::path(
	post,
	path = "/v1/requests/{requestKey}/retry",
	tag = "requests",
	params(("requestKey" = String, Path)),
	responses(
		(status = 202, body = RequestJson, description = "the new request"),
		(status = 404, body = Problem, description = "there is no such request"),
		(status = 409, body = Problem, description = "it was applied, or is undecided"),
	)
)]
pub(super) async fn retry(caller: Caller, Path(key): Path<String>) -> Result<Response, Problem> {
	caller.ensure(Scope::DocumentsWrite)?;
	let tenant = &caller.tenant;
	let again = tenant.outbox.retry(parse(&key)?).await?;
	Ok(answer(awaited(tenant, again.request_key, Duration::ZERO).await?, false))
}

fn parse(key: &str) -> Result<RequestKey, Problem> {
	key.parse().map_err(|_| Problem::not_found("a request key is 0x and 64 hexadecimal digits"))
}
