//! The API, `/v1`: resources over HTTP, described by the OpenAPI document that [`document`] generates.

mod access;
mod content;
mod documents;
mod extract;
mod health;
mod preferences;
mod requests;
mod streams;

use crate::{
	Gateway, Problem,
	credential::{Scope, bearer},
	tenant::Caller,
};
use axum::{
	Router,
	extract::{DefaultBodyLimit, FromRequestParts},
	http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
	middleware,
	response::Response,
};
use std::sync::Arc;
use utoipa::{
	Modify, OpenApi,
	openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// What handlers share.
pub(crate) type Shared = Arc<Gateway>;

#[derive(OpenApi)]
#[openapi(
	info(
		title = "Credio",
		description = "Append, read and share business documents on a permissioned ledger. Every request is applied exactly \
			once, or never: the chain decides, and proves it.",
	),
	modifiers(&Keys),
	security(("key" = []))
)]
struct Description;

struct Keys;

impl Modify for Keys {
	fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
		let scheme = HttpBuilder::new()
			.scheme(HttpAuthScheme::Bearer)
			.description(Some("An API key of a tenant. It names the tenant, too."))
			.build();
		let components = document.components.get_or_insert_default();
		components.add_security_scheme("key", SecurityScheme::Http(scheme));
	}
}

fn described() -> OpenApiRouter<Shared> {
	OpenApiRouter::with_openapi(Description::openapi())
		.routes(routes!(documents::append, documents::list))
		.routes(routes!(documents::evidence))
		.routes(routes!(documents::find))
		.routes(routes!(content::content))
		.routes(routes!(requests::find))
		.routes(routes!(requests::retry))
		.routes(routes!(streams::create, streams::list))
		.routes(routes!(streams::find))
		.routes(routes!(access::ask, access::requests))
		.routes(routes!(access::request))
		.routes(routes!(access::approve))
		.routes(routes!(access::deny))
		.routes(routes!(access::grant, access::grants))
		.routes(routes!(access::revoke))
		.routes(routes!(health::live))
		.routes(routes!(health::ready))
}

/// Returns the OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
	described().to_openapi()
}

/// Returns the routes of a gateway.
pub fn routes(gateway: Shared) -> Router {
	let (router, document) = described().split_for_parts();
	router
		.route(
			"/openapi.json",
			axum::routing::get(move || {
				let document = document.clone();
				async move { axum::Json(document) }
			}),
		)
		.fallback(async || {
			Problem::not_found("there is no such resource; /openapi.json lists them")
		})
		.method_not_allowed_fallback(async || {
			Problem::new(StatusCode::METHOD_NOT_ALLOWED, "the resource has no such method")
		})
		.layer(DefaultBodyLimit::disable())
		.layer(middleware::map_response(harden))
		.with_state(gateway)
}

/// Answers are for their caller, and no browser is to guess what they are.
async fn harden(mut response: Response) -> Response {
	let fixed: [(HeaderName, &str); 4] = [
		(header::CACHE_CONTROL, "no-store"),
		(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
		(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
		(header::REFERRER_POLICY, "no-referrer"),
	];
	for (name, value) in fixed {
		response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
	}
	response
}

impl Caller {
	/// Checks that a credential may do something.
	pub(crate) fn ensure(&self, scope: Scope) -> Result<(), Problem> {
		if self.scopes.contains(&scope) {
			return Ok(());
		}
		let detail = format!("the key {:?} lacks the scope {}", self.key, scope.name());
		Err(Problem::new(StatusCode::FORBIDDEN, detail))
	}
}

impl FromRequestParts<Shared> for Caller {
	type Rejection = Problem;

	async fn from_request_parts(parts: &mut Parts, gateway: &Shared) -> Result<Self, Problem> {
		let unknown = || {
			Problem::new(StatusCode::UNAUTHORIZED, "no known key was shown")
				.remedy("send a key of your tenant: Authorization: Bearer credio_…")
		};
		let shown = parts.headers.get(header::AUTHORIZATION).ok_or_else(unknown)?;
		let key = shown.to_str().ok().and_then(bearer).ok_or_else(unknown)?;
		gateway.caller(key).cloned().ok_or_else(unknown)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The committed document.
	const COMMITTED: &str = "openapi.json";

	#[test]
	fn committed_document_is_the_generated_one() {
		let generated = document().to_pretty_json().unwrap() + "\n";
		if std::env::var_os("CREDIO_WRITE_VECTORS").is_some() {
			std::fs::write(COMMITTED, &generated).unwrap();
		}
		let committed = std::fs::read_to_string(COMMITTED).unwrap();
		assert!(
			committed == generated,
			"gateway/openapi.json: run this test with CREDIO_WRITE_VECTORS=1"
		);
	}

	#[test]
	fn every_operation_says_what_it_answers() {
		let document = serde_json::to_value(document()).unwrap();
		for (path, operations) in document["paths"].as_object().unwrap() {
			for (method, operation) in operations.as_object().unwrap() {
				assert!(operation["summary"].is_string(), "{method} {path} has no summary");
				let responses = operation["responses"].as_object().unwrap();
				assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
			}
		}
	}
}
