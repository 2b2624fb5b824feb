//! Refusals: problem details (RFC 9457), with the codes and remedies of `credio_v1` where the chain or a node refuses.

use axum::{
	Json,
	http::{HeaderValue, StatusCode, header},
	response::{IntoResponse, Response},
};
use credio_client::{Error, ErrorKind};
use credio_outbox::OutboxError;
use credio_primitives::error_codes;
use serde::Serialize;

/// Why a call was refused.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
	/// `about:blank`: the title says what there is to say about the kind.
	#[serde(rename = "type")]
	kind: &'static str,
	/// The meaning of the status.
	title: &'static str,
	/// The status.
	status: u16,
	/// The fault of this call.
	detail: String,
	/// What to do about it.
	#[serde(skip_serializing_if = "Option::is_none")]
	remedy: Option<String>,
	/// A code of docs/rpc.md, if a node or the chain refused.
	#[serde(skip_serializing_if = "Option::is_none")]
	code: Option<i32>,
}

impl Problem {
	/// Creates a problem.
	pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
		Self {
			kind: "about:blank",
			title: status.canonical_reason().unwrap_or("Error"),
			status: status.as_u16(),
			detail: detail.into(),
			remedy: None,
			code: None,
		}
	}

	/// Says what to do about it.
	#[must_use]
	pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
		Self { remedy: Some(remedy.into()), ..self }
	}

	pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
		Self::new(StatusCode::BAD_REQUEST, detail)
	}

	pub(crate) fn not_found(detail: impl Into<String>) -> Self {
		Self { code: Some(error_codes::NOT_FOUND), ..Self::new(StatusCode::NOT_FOUND, detail) }
	}

	/// A failure of the gateway itself: callers learn that it failed, and its log has why.
	pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
		tracing::error!(%error, "a call failed");
		Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the gateway failed")
			.remedy("try again; its operator finds the cause in its log")
	}
}

fn status_of(kind: ErrorKind) -> StatusCode {
	match kind {
		ErrorKind::Unavailable | ErrorKind::NotFinal | ErrorKind::Busy | ErrorKind::NotReady => {
			StatusCode::SERVICE_UNAVAILABLE
		},
		ErrorKind::NotFound => StatusCode::NOT_FOUND,
		ErrorKind::Denied => StatusCode::FORBIDDEN,
		ErrorKind::Rejected | ErrorKind::Expired => StatusCode::CONFLICT,
		ErrorKind::Usage => StatusCode::BAD_REQUEST,
		ErrorKind::Untrusted => StatusCode::BAD_GATEWAY,
		_ => StatusCode::INTERNAL_SERVER_ERROR,
	}
}

impl From<Error> for Problem {
	fn from(error: Error) -> Self {
		let status = status_of(error.kind());
		if status == StatusCode::INTERNAL_SERVER_ERROR {
			return Self::internal(&error);
		}
		let code = match &error {
			Error::Refused(refusal) => Some(refusal.code),
			_ => None,
		};
		let remedy = error.hint().map(|hint| hint.into_owned());
		Self { code, remedy, ..Self::new(status, error.to_string()) }
	}
}

impl From<OutboxError> for Problem {
	fn from(error: OutboxError) -> Self {
		let status = match &error {
			OutboxError::KeyReused(_) => StatusCode::UNPROCESSABLE_ENTITY,
			OutboxError::NotFound(_) => StatusCode::NOT_FOUND,
			OutboxError::NotEnded(_) => StatusCode::CONFLICT,
			OutboxError::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
			OutboxError::Item(_) => StatusCode::BAD_REQUEST,
			_ => return Self::internal(&error),
		};
		Self::new(status, error.to_string())
	}
}

impl IntoResponse for Problem {
	fn into_response(self) -> Response {
		let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
		let mut response = (status, Json(self)).into_response();
		let kind = HeaderValue::from_static("application/problem+json");
		response.headers_mut().insert(header::CONTENT_TYPE, kind);
		if status == StatusCode::UNAUTHORIZED {
			let scheme = HeaderValue::from_static("Bearer");
			response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
		}
		response
	}
}
