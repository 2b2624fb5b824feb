//! Callers have to show a token, where there is one. Without one they are programs of this machine, and no pages of a
//! browser on it: those tell where they are from, and a page from anywhere can connect to a loopback address.

use futures::future::{ready, Either, Ready};
use http::StatusCode;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use std::{
	sync::Arc,
	task::{Context, Poll},
};
use tower::{Layer, Service};

/// Fewest characters of a token: 128 bits, as hex.
const MIN_LENGTH: usize = 32;

/// A token that callers show in the header `Authorization: Bearer …`. Only its hash is kept.
#[derive(Clone)]
pub struct Token([u8; 32]);

/// A token that could be guessed.
#[derive(Debug, thiserror::Error)]
#[error("a token has at least 32 characters without spaces: openssl rand -hex 32 makes one")]
pub struct BadToken;

impl Token {
	/// A token of at least 32 visible characters.
	///
	/// Errors: [`BadToken`].
	pub fn new(text: &str) -> Result<Self, BadToken> {
		let text = text.trim();
		if text.len() < MIN_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
			return Err(BadToken);
		}
		Ok(Self(Sha256::digest(text).into()))
	}

	/// Compares hashes, so how long that takes says nothing of the token.
	fn is(&self, text: &str) -> bool {
		self.0 == <[u8; 32]>::from(Sha256::digest(text))
	}
}

impl std::fmt::Debug for Token {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("Token")
	}
}

/// Lets requests through that show the token.
#[derive(Clone, Debug)]
pub(super) struct Guard(Arc<Option<Token>>);

impl Guard {
	pub(super) fn new(token: Option<Token>) -> Self {
		Self(Arc::new(token))
	}

	fn lets_through<Body>(&self, request: &HttpRequest<Body>) -> bool {
		let Some(token) = self.0.as_ref() else { return !request.headers().contains_key("origin") };
		let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
		shown.and_then(|shown| shown.strip_prefix("Bearer ")).is_some_and(|text| token.is(text))
	}
}

impl<Inner> Layer<Inner> for Guard {
	type Service = Guarded<Inner>;

	fn layer(&self, inner: Inner) -> Guarded<Inner> {
		Guarded { guard: self.clone(), inner }
	}
}

/// What is guarded.
#[derive(Clone, Debug)]
pub(super) struct Guarded<Inner> {
	guard: Guard,
	inner: Inner,
}

impl<Inner, Body> Service<HttpRequest<Body>> for Guarded<Inner>
where
	Inner: Service<HttpRequest<Body>, Response = HttpResponse>,
{
	type Response = HttpResponse;
	type Error = Inner::Error;
	type Future = Either<Inner::Future, Ready<Result<HttpResponse, Inner::Error>>>;

	fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Inner::Error>> {
		self.inner.poll_ready(context)
	}

	fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
		if self.guard.lets_through(&request) {
			return Either::Left(self.inner.call(request));
		}
		let said = "show the token of this index; pages of a browser need one on any address";
		let mut response = HttpResponse::new(HttpBody::from(said));
		*response.status_mut() = StatusCode::UNAUTHORIZED;
		Either::Right(ready(Ok(response)))
	}
}
