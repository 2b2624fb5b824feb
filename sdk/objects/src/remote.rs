//! Servers of objects, as organizations announce them on the chain.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use credio_client::{
	objects::{Manifest, ObjectAccess, ObjectAddress, ObjectError, Piece},
	primitives::rpc::AccessToken,
};
use reqwest::{Client, Response, StatusCode, header, redirect};
use std::{sync::Once, time::Duration};
use url::{Host, Url};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may be silent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest text of a refusal that is shown.
const MAX_REFUSAL: usize = 2_000;

/// How servers are called.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoteOptions {
	/// Allows `http://` beyond this machine. Content is encrypted and checked anyway; others then see who reads which object.
	pub allow_plaintext: bool,
}

/// Reads objects from servers.
#[derive(Debug)]
pub(crate) struct Remote {
	client: Client,
	options: RemoteOptions,
}

/// Sets the TLS implementation of the process, unless it has one.
pub(crate) fn install_tls() {
	static ONCE: Once = Once::new();
	ONCE.call_once(|| {
		// Fails if there is one already, which is as good.
		let _ = rustls::crypto::ring::default_provider().install_default();
	});
}

/// Returns the value of the header `Authorization` that shows an access token.
///
/// # Errors
///
/// [`ObjectError::Interrupted`] if the token is not JSON, which it always is.
pub fn authorization(token: &AccessToken) -> Result<String, ObjectError> {
	let json = serde_json::to_vec(token).map_err(|_| ObjectError::Interrupted)?;
	Ok(format!("Credio {}", URL_SAFE_NO_PAD.encode(json)))
}

impl Remote {
	pub(crate) fn new(options: RemoteOptions) -> Result<Self, ObjectError> {
		install_tls();
		let client = Client::builder()
			.connect_timeout(CONNECT_TIMEOUT)
			.read_timeout(READ_TIMEOUT)
			// The token is for this server.
			.redirect(redirect::Policy::none())
			.build()
			.map_err(|error| ObjectError::Store(error.to_string()))?;
		Ok(Self { client, options })
	}

	/// Reads a piece from the first server that has it.
	pub(crate) async fn read(
		&self,
		object: &ObjectAddress,
		piece: &Piece,
		access: &ObjectAccess,
	) -> Result<Bytes, ObjectError> {
		if access.endpoints.is_empty() {
			let nobody =
				"neither its author nor the owner of its stream announces where it serves objects";
			return Err(ObjectError::NotFound(nobody.into()));
		}
		let mut causes = Vec::new();
		for endpoint in &access.endpoints {
			match self.read_from(endpoint, object, piece, access).await {
				Ok(bytes) => return Ok(bytes),
				Err(cause) => causes.push(format!("{endpoint}: {cause}")),
			}
		}
		Err(ObjectError::NotFound(causes.join("; ")))
	}

	async fn read_from(
		&self,
		endpoint: &str,
		object: &ObjectAddress,
		piece: &Piece,
		access: &ObjectAccess,
	) -> Result<Bytes, String> {
		let (url, range, length) = match piece {
			Piece::Manifest => {
				(self.url(endpoint, object, "manifest")?, None, Manifest::length_of(object) as u64)
			},
			Piece::Sealed(range) => {
				let length = range.end.saturating_sub(range.start);
				let header = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
				(self.url(endpoint, object, "chunks")?, Some(header), length)
			},
		};
		let authorization = authorization(&access.token).map_err(|error| error.to_string())?;
		let mut request = self.client.get(url).header(header::AUTHORIZATION, authorization);
		if let Some(range) = range {
			request = request.header(header::RANGE, range);
		}
		let response = request.send().await.map_err(|error| cause(&error))?;
		match response.status() {
			StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
				let bytes = read_at_most(response, length).await?;
				match bytes.len() as u64 == length {
					true => Ok(bytes),
					false => Err("it sent another range than was asked for".into()),
				}
			},
			status => Err(refusal(status, response).await),
		}
	}

	fn url(&self, endpoint: &str, object: &ObjectAddress, what: &str) -> Result<Url, String> {
		let mut url = Url::parse(endpoint).map_err(|error| error.to_string())?;
		let is_local = match url.host() {
			Some(Host::Domain(name)) => name == "localhost",
			Some(Host::Ipv4(address)) => address.is_loopback(),
			Some(Host::Ipv6(address)) => address.is_loopback(),
			None => false,
		};
		match url.scheme() {
			"https" => {},
			"http" if is_local || self.options.allow_plaintext => {},
			"http" => return Err("it is not https://, and plaintext is not allowed".into()),
			_ => return Err("it is not https://".into()),
		}
		let id = object.record_id.to_string();
		url.path_segments_mut()
			.map_err(|()| "it is no base of a URL".to_owned())?
			.pop_if_empty()
			.extend(["v1", "objects", &id, what]);
		Ok(url)
	}
}

fn cause(error: &reqwest::Error) -> String {
	let mut text = error.to_string();
	let mut source = std::error::Error::source(error);
	while let Some(error) = source {
		text = format!("{text}: {error}");
		source = error.source();
	}
	text
}

/// Reads at most so many bytes, and fails if there are more.
async fn read_at_most(mut response: Response, length: u64) -> Result<Bytes, String> {
	let mut bytes = BytesMut::new();
	while let Some(piece) = response.chunk().await.map_err(|error| cause(&error))? {
		if bytes.len() as u64 + piece.len() as u64 > length {
			return Err("it sent more than was asked for".into());
		}
		bytes.extend_from_slice(&piece);
	}
	Ok(bytes.freeze())
}

/// Returns a refusal as text: the detail of its problem, if it has one.
async fn refusal(status: StatusCode, mut response: Response) -> String {
	let mut text = Vec::new();
	while text.len() < MAX_REFUSAL {
		match response.chunk().await {
			Ok(Some(piece)) => text.extend_from_slice(&piece),
			_ => break,
		}
	}
	let problem = serde_json::from_slice::<serde_json::Value>(&text).unwrap_or_default();
	let detail = problem["detail"].as_str().unwrap_or_default();
	let shown = detail.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
	format!("{status} {shown}").trim_end().into()
}
