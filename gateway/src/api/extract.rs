//! What handlers take from a call: refusals are problems, as everywhere.

use crate::Problem;
use axum::{
	Json,
	extract::{FromRequest, FromRequestParts, Query, Request},
	http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

/// Most bytes of a call's JSON.
const MAX_JSON: usize = 64 * 1_024;

/// A body in JSON.
#[derive(Debug)]
pub(crate) struct Body<Value>(pub Value);

impl<Value: DeserializeOwned, State: Send + Sync> FromRequest<State> for Body<Value> {
	type Rejection = Problem;

	async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
		let limited =
			request.map(|body| axum::body::Body::new(http_body_util::Limited::new(body, MAX_JSON)));
		let read = Json::<Value>::from_request(limited, state).await;
		read.map(|Json(value)| Self(value)).map_err(|refused| {
			// Values that do not fit are as bad as JSON that is none.
			let status = match refused.status() {
				StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
				status => status,
			};
			Problem::new(status, refused.body_text())
		})
	}
}

/// The parameters behind the question mark.
#[derive(Debug)]
pub(crate) struct Parameters<Value>(pub Value);

impl<Value: DeserializeOwned, State: Send + Sync> FromRequestParts<State> for Parameters<Value> {
	type Rejection = Problem;

	async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
		let read = Query::<Value>::from_request_parts(parts, state).await;
		let read = read.map(|Query(value)| Self(value));
		read.map_err(|refused| Problem::bad_request(refused.body_text()))
	}
}
