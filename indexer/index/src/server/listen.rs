//! Where a server listens: at an address, or on a Unix socket that only its owner can connect to.

use super::guard::Guard;
use jsonrpsee::{
	Methods,
	server::{Server as RpcServer, ServerHandle, serve_with_graceful_shutdown, stop_channel},
};
use std::{
	fmt, fs, io,
	net::SocketAddr,
	os::unix::fs::{FileTypeExt, PermissionsExt},
	path::{Path, PathBuf},
	str::FromStr,
	time::Duration,
};
use tokio::net::{UnixListener, UnixStream};
use tower::{Service, ServiceBuilder, service_fn};

/// Most connections at a time.
const MAX_CONNECTIONS: u32 = 100;
/// Most subscriptions of a connection.
const MAX_SUBSCRIPTIONS: u32 = 16;
/// Messages that are buffered for a slow reader; after that the server waits for it.
const MESSAGE_BUFFER: u32 = 8;
/// Largest response, in bytes: six times the values of a page, as JSON escapes control characters, and the rest.
const MAX_ANSWER_SIZE: u32 = 16 << 20;
/// Longest request, in bytes.
const MAX_REQUEST_SIZE: u32 = 64 * 1024;
/// Prefix of the path of a Unix socket.
const UNIX: &str = "unix:";
/// Pause after a connection could not be accepted, mostly because too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// Where to listen: `IP:PORT`, or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
	/// An address and port.
	Tcp(SocketAddr),
	/// A socket in the file system.
	Unix(PathBuf),
}

impl FromStr for Address {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text.strip_prefix(UNIX) {
			Some("") => Err("unix: needs the path of a socket".into()),
			Some(path) => Ok(Self::Unix(path.into())),
			None => text
				.parse()
				.map(Self::Tcp)
				.map_err(|_| "it is neither IP:PORT nor unix:PATH".into()),
		}
	}
}

impl fmt::Display for Address {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Tcp(address) => write!(f, "ws://{address}"),
			Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
		}
	}
}

/// Starts a server at an address. Returns the address with the port that it got.
pub(super) async fn start(
	address: Address,
	guard: Guard,
	methods: Methods,
) -> io::Result<(Address, ServerHandle)> {
	let server = RpcServer::builder()
		.max_connections(MAX_CONNECTIONS)
		.max_request_body_size(MAX_REQUEST_SIZE)
		.max_response_body_size(MAX_ANSWER_SIZE)
		.max_subscriptions_per_connection(MAX_SUBSCRIPTIONS)
		.set_message_buffer_capacity(MESSAGE_BUFFER)
		.set_http_middleware(ServiceBuilder::new().layer(guard));
	let path = match address {
		Address::Tcp(address) => {
			let server = server.build(address).await?;
			let address = Address::Tcp(server.local_addr()?);
			return Ok((address, server.start(methods)));
		},
		Address::Unix(path) => path,
	};
	let listener = bind(&path).await?;
	let (stop, handle) = stop_channel();
	let builder = server.to_service_builder();
	let socket = Socket(path.clone());
	tokio::spawn(async move {
		let _removed_with_this = socket;
		loop {
			let accepted = tokio::select! {
				accepted = listener.accept() => accepted,
				() = stop.clone().shutdown() => return,
			};
			let Ok((stream, _)) = accepted else {
				tokio::time::sleep(PAUSE).await;
				continue;
			};
			let (builder, methods, until) = (builder.clone(), methods.clone(), stop.clone());
			let service = service_fn(move |request| {
				let mut service = builder.clone().build(methods.clone(), until.clone());
				async move { service.call(request).await }
			});
			// The outcome of a connection concerns its caller only.
			tokio::spawn(serve_with_graceful_shutdown(stream, service, stop.clone().shutdown()));
		}
	});
	Ok((Address::Unix(path), handle))
}

/// Creates a socket that only its owner can connect to. Replaces one that no process listens on any more.
async fn bind(path: &Path) -> io::Result<UnixListener> {
	let is_socket = fs::symlink_metadata(path).is_ok_and(|is| is.file_type().is_socket());
	if is_socket && UnixStream::connect(path).await.is_err() {
		fs::remove_file(path)?;
	}
	let listener = UnixListener::bind(path)?;
	fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
	Ok(listener)
}

/// Removes a socket when the server stops.
struct Socket(PathBuf);

impl Drop for Socket {
	fn drop(&mut self) {
		// The next server replaces one that stays.
		let _ = fs::remove_file(&self.0);
	}
}
