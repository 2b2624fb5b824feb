//! Serves a store over HTTP to those whom the chain allows.
//!
//! | resource | what |
//! |---|---|
//! | `GET /v1/objects/{recordId}/manifest` | the header of the envelope and the digests of its chunks |
//! | `GET /v1/objects/{recordId}/chunks` | the sealed chunks; with `Range`, a part of them |
//! | `GET /health` | whether the server is up |
//!
//! Callers show the access token of a fetch of the record: `Authorization: Credio <the token's JSON in base64url>`. The node
//! decides, at a final block, whether its signer may read the record, as it does for `credio_v1_fetch`. Refusals are problem
//! details (RFC 9457) with the code of the node's error.

use crate::{Store, one_range};
use axum::{
	Json, Router,
	body::Body,
	extract::{Path, State},
	http::{HeaderMap, HeaderValue, StatusCode, header},
	response::{IntoResponse, Response},
	routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use credio_client::{
	Client, Error,
	objects::{ObjectAddress, ObjectError, Piece},
	primitives::{EntryBody, RecordId, error_codes as codes, rpc::AccessToken},
};
use futures::{StreamExt, stream};
use serde_json::json;
use std::{io, sync::Arc};
use tokio::{net::TcpListener, sync::Semaphore};

/// Longest header with a token, in bytes.
const MAX_TOKEN: usize = 2_048;
/// Requests that are served at a time; others wait.
const MAX_AT_A_TIME: usize = 64;

/// What a server serves.
#[derive(Debug)]
struct Served {
	client: Client,
	store: Store,
	room: Arc<Semaphore>,
}

/// Returns the routes of a server, for example to serve them beside others.
pub fn routes(client: Client, store: Store) -> Router {
	let room = Arc::new(Semaphore::new(MAX_AT_A_TIME));
	Router::new()
		.route("/v1/objects/{record}/manifest", get(manifest))
		.route("/v1/objects/{record}/chunks", get(chunks))
		.route("/health", get(|| async { "ok\n" }))
		.with_state(Arc::new(Served { client, store, room }))
}

/// Serves a store until `stop` ends.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
	listener: TcpListener,
	client: Client,
	store: Store,
	stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
	axum::serve(listener, routes(client, store)).with_graceful_shutdown(stop).await
}

/// Why a request is refused.
#[derive(Debug)]
struct Problem {
	status: StatusCode,
	code: Option<i32>,
	detail: String,
}

impl Problem {
	fn new(status: StatusCode, code: Option<i32>, detail: impl Into<String>) -> Self {
		Self { status, code, detail: detail.into() }
	}

	fn no_token(detail: &str) -> Self {
		Self::new(StatusCode::UNAUTHORIZED, Some(codes::ACCESS_TOKEN_INVALID), detail)
	}
}

impl From<Error> for Problem {
	fn from(error: Error) -> Self {
		let Error::Refused(refusal) = &error else {
			return match error.is_not_found() {
				true => Self::new(StatusCode::NOT_FOUND, Some(codes::NOT_FOUND), error.to_string()),
				// Faults of the node are not for callers.
				false => Self::new(
					StatusCode::SERVICE_UNAVAILABLE,
					None,
					"the chain cannot be read now: try again",
				),
			};
		};
		let status = match refusal.code {
			codes::ACCESS_TOKEN_INVALID | codes::ACCESS_TOKEN_EXPIRED => StatusCode::UNAUTHORIZED,
			codes::ACCESS_DENIED => StatusCode::FORBIDDEN,
			codes::NOT_FOUND => StatusCode::NOT_FOUND,
			_ => StatusCode::SERVICE_UNAVAILABLE,
		};
		Self::new(status, Some(refusal.code), refusal.to_string())
	}
}

impl From<ObjectError> for Problem {
	fn from(error: ObjectError) -> Self {
		match error {
			ObjectError::NotFound(_) => {
				Self::new(StatusCode::NOT_FOUND, None, "this server does not have the object")
			},
			_ => Self::new(StatusCode::BAD_GATEWAY, None, "the object store failed: try again"),
		}
	}
}

impl IntoResponse for Problem {
	fn into_response(self) -> Response {
		let Self { status, code, detail } = self;
		let title = status.canonical_reason().unwrap_or_default();
		let body =
			json!({ "title": title, "status": status.as_u16(), "detail": detail, "code": code });
		let mut response = (status, Json(body)).into_response();
		let kind = HeaderValue::from_static("application/problem+json");
		response.headers_mut().insert(header::CONTENT_TYPE, kind);
		if status == StatusCode::UNAUTHORIZED {
			let scheme = HeaderValue::from_static("Credio");
			response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
		}
		response
	}
}

/// Returns the object that a caller may read.
async fn object(
	served: &Served,
	record: &str,
	headers: &HeaderMap,
) -> Result<ObjectAddress, Problem> {
	let token = token(headers)?;
	let record_id = record.parse::<RecordId>().map_err(|_| {
		Problem::new(StatusCode::NOT_FOUND, Some(codes::NOT_FOUND), "that is no record id")
	})?;
	let entry = served.client.authorize(record_id, &token).await?;
	match entry.header.body {
		EntryBody::Object { root, size, .. } => Ok(ObjectAddress { record_id, root, size }),
		_ => Err(Problem::new(
			StatusCode::NOT_FOUND,
			Some(codes::NOT_FOUND),
			"the record is no object: its ciphertext is on the chain",
		)),
	}
}

fn token(headers: &HeaderMap) -> Result<AccessToken, Problem> {
	let value = headers
		.get(header::AUTHORIZATION)
		.ok_or_else(|| Problem::no_token("show an access token: Authorization: Credio …"))?;
	let token = value
		.to_str()
		.ok()
		.filter(|value| value.len() <= MAX_TOKEN)
		.and_then(|value| value.strip_prefix("Credio "))
		.and_then(|token| URL_SAFE_NO_PAD.decode(token.trim()).ok())
		.and_then(|json| serde_json::from_slice(&json).ok());
	token.ok_or_else(|| Problem::no_token("the access token cannot be read"))
}

async fn manifest(
	State(served): State<Arc<Served>>,
	Path(record): Path<String>,
	headers: HeaderMap,
) -> Result<Response, Problem> {
	let _room = served.room.acquire().await;
	let object = object(&served, &record, &headers).await?;
	let bytes = served.store.piece(&object, &Piece::Manifest).await?;
	Ok((StatusCode::OK, common_headers(&object), bytes).into_response())
}

async fn chunks(
	State(served): State<Arc<Served>>,
	Path(record): Path<String>,
	headers: HeaderMap,
) -> Result<Response, Problem> {
	// Held until the body is sent.
	let room = served.room.clone().acquire_owned().await;
	let object = object(&served, &record, &headers).await?;
	let length = object.sealed_length();
	let (status, range) = match headers.get(header::RANGE) {
		None => (StatusCode::OK, 0..length),
		Some(asked) => {
			let asked = asked.to_str().ok().and_then(|asked| one_range(asked, length));
			let Some(range) = asked else { return Ok(not_satisfiable(length)) };
			(StatusCode::PARTIAL_CONTENT, range)
		},
	};
	let mut parts = object.parts_of(&range);
	// The first part is read before the head is sent, so that a missing object is a refusal.
	let first = match parts.next() {
		Some((number, within)) => Some(served.store.within_part(&object, number, within).await?),
		None => None,
	};
	let rest = stream::iter(parts).then(move |(number, within)| {
		let (store, _room) = (served.store.clone(), &room);
		async move { store.within_part(&object, number, within).await }
	});
	let body = Body::from_stream(stream::iter(first.map(Ok)).chain(rest));
	let mut response = (status, common_headers(&object), body).into_response();
	insert(&mut response, header::CONTENT_LENGTH, &(range.end - range.start).to_string());
	if status == StatusCode::PARTIAL_CONTENT {
		let value = format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1));
		insert(&mut response, header::CONTENT_RANGE, &value);
	}
	Ok(response)
}

fn not_satisfiable(length: u64) -> Response {
	let detail = format!("there are {length} bytes: ask for one range of them");
	let refused = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, None, detail);
	let mut response = refused.into_response();
	insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}"));
	response
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
	if let Ok(value) = HeaderValue::from_str(value) {
		response.headers_mut().insert(name, value);
	}
}

fn common_headers(object: &ObjectAddress) -> [(header::HeaderName, String); 5] {
	[
		(header::CONTENT_TYPE, "application/octet-stream".into()),
		(header::ACCEPT_RANGES, "bytes".into()),
		(header::CACHE_CONTROL, "no-store".into()),
		(header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
		(header::ETAG, format!("\"{}\"", object.root)),
	]
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn unreadable_tokens_are_refused() {
		let mut headers = HeaderMap::new();
		assert_eq!(token(&headers).unwrap_err().status, StatusCode::UNAUTHORIZED);
		for unfit in ["", "Bearer abc", "Credio", "Credio ===", "Credio e30", &"a".repeat(5_000)] {
			headers.insert(header::AUTHORIZATION, HeaderValue::from_str(unfit).unwrap());
			assert_eq!(token(&headers).unwrap_err().status, StatusCode::UNAUTHORIZED, "{unfit}");
		}
	}
}
