//! Checks that callers show the token, and that they address the server by one of its names. Without the second check,
//! a web page could reach it through a host name that resolves to this machine (DNS rebinding).

use futures::future::{Either, Ready, ready};
use http::StatusCode;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use std::{
	net::IpAddr,
	sync::Arc,
	task::{Context, Poll},
};
use tower::{Layer, Service};

/// Fewest characters of a token: 128 bits, as hex.
const MIN_LENGTH: usize = 32;

/// A token that callers show in the header `Authorization: Bearer …`. Only its hash is kept.
#[derive(Clone)]
pub struct Token([u8; 32]);

/// The token could be guessed.
#[derive(Debug, thiserror::Error)]
#[error("a token has at least 32 characters without spaces: openssl rand -hex 32 makes one")]
pub struct BadToken;

impl Token {
	/// Creates a token from at least 32 visible characters.
	///
	/// # Errors
	///
	/// [`BadToken`].
	pub fn new(text: &str) -> Result<Self, BadToken> {
		let text = text.trim();
		if text.len() < MIN_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
			return Err(BadToken);
		}
		Ok(Self(Sha256::digest(text).into()))
	}

	/// Compares hashes, so that the time taken reveals nothing about the token.
	fn is(&self, text: &str) -> bool {
		self.0 == <[u8; 32]>::from(Sha256::digest(text))
	}
}

impl std::fmt::Debug for Token {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("Token")
	}
}

/// Lets requests through that show the token and name this server.
#[derive(Clone, Debug)]
pub(super) struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
	token: Option<Token>,
	/// Names of the server, where callers have to name it.
	hosts: Option<Vec<String>>,
}

impl Guard {
	pub(super) fn new(token: Option<Token>, hosts: Option<Vec<String>>) -> Self {
		Self(Arc::new(Rules { token, hosts }))
	}

	/// Returns why a request is refused.
	fn refuses<Body>(&self, request: &HttpRequest<Body>) -> Option<(StatusCode, &'static str)> {
		let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
		if let Some(hosts) = &self.0.hosts {
			// HTTP/2 has the host in its address.
			let host = request.uri().authority().map(|authority| authority.as_str());
			if !host.or(header("host")).is_some_and(|host| is_named(host, hosts)) {
				return Some((
					StatusCode::FORBIDDEN,
					"this index does not go by that name: address it by number, or start it with --host NAME",
				));
			}
		}
		let token = self.0.token.as_ref()?;
		let shown = header("authorization").and_then(|shown| shown.strip_prefix("Bearer "));
		match shown.is_some_and(|text| token.is(text)) {
			true => None,
			false => Some((StatusCode::UNAUTHORIZED, "show the token of this index")),
		}
	}
}

/// Whether a host, maybe with a port, is a numeric address, this machine, or one of these names.
fn is_named(host: &str, names: &[String]) -> bool {
	let name = match host.rsplit_once(':') {
		Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
		_ => host,
	};
	let number = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
	number.parse::<IpAddr>().is_ok()
		|| ["localhost"]
			.into_iter()
			.chain(names.iter().map(String::as_str))
			.any(|is| name.eq_ignore_ascii_case(is))
}

impl<Inner> Layer<Inner> for Guard {
	type Service = Guarded<Inner>;

	fn layer(&self, inner: Inner) -> Guarded<Inner> {
		Guarded { guard: self.clone(), inner }
	}
}

/// A service behind a guard.
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
		let Some((status, said)) = self.guard.refuses(&request) else {
			return Either::Left(self.inner.call(request));
		};
		let mut response = HttpResponse::new(HttpBody::from(said));
		*response.status_mut() = status;
		Either::Right(ready(Ok(response)))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn refusal(guard: &Guard, host: Option<&str>, token: Option<&str>) -> Option<StatusCode> {
		let mut request = http::Request::new(());
		let mut set = |name: &'static str, value: String| {
			request.headers_mut().insert(name, value.parse().unwrap());
		};
		if let Some(host) = host {
			set("host", host.into());
		}
		if let Some(token) = token {
			set("authorization", format!("Bearer {token}"));
		}
		guard.refuses(&request).map(|(status, _)| status)
	}

	#[test]
	fn callers_show_the_token_and_name_the_server() {
		let secret = "0123456789abcdef0123456789abcdef";
		let hosts = vec!["index.acme.example".to_owned()];
		let guard = Guard::new(Some(Token::new(secret).unwrap()), Some(hosts));
		for host in
			["127.0.0.1:9950", "localhost", "[::1]:9950", "10.1.2.3", "Index.acme.example:443"]
		{
			assert_eq!(refusal(&guard, Some(host), Some(secret)), None, "{host}");
			for token in [None, Some(""), Some("0123456789abcdef0123456789abcdeF")] {
				let status = refusal(&guard, Some(host), token);
				assert_eq!(status, Some(StatusCode::UNAUTHORIZED), "{host}");
			}
		}
		// Names that others give this machine's address.
		for host in
			["evil.example", "127.0.0.1.evil.example:9950", "localhost.evil.example", "", ":"]
		{
			let status = refusal(&guard, Some(host), Some(secret));
			assert_eq!(status, Some(StatusCode::FORBIDDEN), "{host}");
		}
		assert_eq!(refusal(&guard, None, Some(secret)), Some(StatusCode::FORBIDDEN));
		// A Unix socket is its owner's, and has no name.
		assert_eq!(refusal(&Guard::new(None, None), None, None), None);
	}
}
