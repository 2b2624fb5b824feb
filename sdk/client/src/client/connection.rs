//! Connections to nodes: encrypted beyond this machine, and closed if the other side is silent.

mod sender;

use crate::error::{ConnectError, Error, Result};
use credio_primitives::{Digest, rpc::Bytes, storage};
use credio_vault::ChainPin;
use jsonrpsee_client_transport::ws::{Url, WsTransportClientBuilder};
use jsonrpsee_ws_client::{PingConfig, WsClientBuilder};
use sender::ImpatientSender;
use std::time::Duration;
use subxt::rpcs::{RpcClient, client::RpcParams, utils::url_is_secure};

/// A connection is closed after this time without a sign of life, such as after a crash of the machine or a hanging
/// process.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long a live node may take for one call.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Buffered items of a subscription.
const BUFFERED_ITEMS: usize = 4_096;

/// How long a node may be silent.
#[derive(Clone, Copy, Debug)]
struct Patience {
	/// Until it accepts a connection.
	connect: Duration,
	/// Interval of pings.
	ping: Duration,
	/// Maximum silence. It is checked at this interval, so closing a connection can take twice as long.
	silence: Duration,
}

const PATIENCE: Patience = Patience {
	connect: Duration::from_secs(10),
	ping: Duration::from_secs(5),
	silence: Duration::from_millis(SILENCE.as_millis() as u64 / 2),
};

/// How nodes are connected to, and their chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
	/// The chain that a node has to be on; without one, any that this software supports.
	pub chain: Option<ChainPin>,
	/// Whether `ws://` may lead beyond this machine. Without TLS, anybody on the line can read calls and responses and
	/// forge responses.
	pub insecure: bool,
}

impl ConnectOptions {
	/// Returns the options pinned to a chain.
	#[must_use]
	pub fn pinned(self, chain: ChainPin) -> Self {
		Self { chain: Some(chain), ..self }
	}

	/// Checks the node's chain against the pinned one, if any.
	pub(super) fn check_chain(&self, node: &str, found: &ChainPin) -> Result<()> {
		self.chain.map_or(Ok(()), |pinned| pinned.check(node, found).map_err(Into::into))
	}

	/// Checks that an address may be used.
	pub fn check_address(&self, url: &str) -> Result<()> {
		let is_secure = url_is_secure(url).map_err(|error| {
			Error::Argument(format!("{} is not an address: {error}", shown(url)))
		})?;
		if is_secure || self.insecure {
			return Ok(());
		}
		Err(ConnectError::Insecure(shown(url)).into())
	}
}

/// Opens a connection.
///
/// # Errors
///
/// [`Error::Connect`], [`Error::Argument`].
pub(super) async fn open(url: &str, options: &ConnectOptions) -> Result<RpcClient> {
	options.check_address(url)?;
	open_within(url, PATIENCE).await
}

async fn open_within(url: &str, patience: Patience) -> Result<RpcClient> {
	let pings = PingConfig::new()
		.ping_interval(patience.ping)
		.inactive_limit(patience.silence)
		.max_failures(1);
	let transport = WsTransportClientBuilder {
		connection_timeout: patience.connect,
		// No redirection: it could lead from an encrypted line to a plain one.
		max_redirections: 1,
		..WsTransportClientBuilder::default()
	};
	let failed = |error: &dyn std::fmt::Display| {
		Error::Connect(ConnectError::Unreachable(format!("{}: {error}", shown(url))))
	};
	let address = Url::parse(url).map_err(|error| failed(&error))?;
	// The handshake has no timeout.
	let (sender, receiver) = tokio::time::timeout(patience.connect, transport.build(address))
		.await
		.map_err(|_| {
			Error::Connect(ConnectError::Unreachable(format!("{} does not answer", shown(url))))
		})?
		.map_err(|error| failed(&error))?;
	let client = WsClientBuilder::new()
		.request_timeout(ANSWER_TIMEOUT)
		.max_buffer_capacity_per_subscription(BUFFERED_ITEMS)
		.enable_ws_ping(pings)
		.build_with_transport(ImpatientSender::new(sender, patience.silence), receiver);
	Ok(RpcClient::new(client))
}

/// Returns a node's chain.
pub(super) async fn chain_of(rpc: &RpcClient) -> Result<ChainPin> {
	let genesis: Option<Digest> =
		rpc.request("chain_getBlockHash", super::calling::by_position(&(0,))?).await?;
	let genesis = genesis.ok_or_else(|| {
		Error::UnexpectedResponse("the node does not know its first block".into())
	})?;
	let key = super::calling::by_position(&(Bytes(storage::network_id()),))?;
	let network: Option<Bytes> = rpc.request("state_getStorage", key).await?;
	let network = match network {
		None => [0; 32],
		Some(bytes) => bytes.0.try_into().map_err(|_| {
			Error::UnexpectedResponse("the node's network id has not 32 bytes".into())
		})?,
	};
	Ok(ChainPin { genesis, network: Digest(network) })
}

/// Returns a node's last finalized block number, over a separate connection. Fails for a node of another chain.
pub(super) async fn finalized_at(
	url: &str,
	options: &ConnectOptions,
) -> Result<credio_primitives::BlockNumber> {
	let rpc = open(url, options).await?;
	options.check_chain(&shown(url), &chain_of(&rpc).await?)?;
	let hash: String = rpc.request("chain_getFinalizedHead", RpcParams::new()).await?;
	let header: serde_json::Value =
		rpc.request("chain_getHeader", super::calling::by_position(&(hash,))?).await?;
	super::heads::number_of(&header)
}

/// Returns an address for display, without user name and password.
#[must_use]
pub fn shown(url: &str) -> String {
	let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
	let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
	let host = rest[..authority].rfind('@').map_or(0, |at| at.saturating_add(1));
	format!("{scheme}://{}", &rest[host..])
}

#[cfg(test)]
mod tests {
	use super::*;
	use base64::{Engine, engine::general_purpose::STANDARD};
	use futures::future::join_all;
	use sha1::{Digest as _, Sha1};
	use std::time::Instant;
	use tokio::{
		io::{AsyncReadExt, AsyncWriteExt},
		net::TcpListener,
	};

	#[test]
	fn plain_connection_beyond_this_machine_needs_option() {
		let strict = ConnectOptions::default();
		let lenient = ConnectOptions { insecure: true, ..strict };
		for url in ["ws://127.0.0.1:9944", "ws://localhost:9944", "ws://[::1]:9944"] {
			strict.check_address(url).unwrap();
		}
		for url in ["wss://node.example", "wss://10.0.0.1:443"] {
			strict.check_address(url).unwrap();
		}
		for url in [
			"ws://10.0.0.1:9944",
			"ws://node.example",
			"ws://localhost.example:9944",
			"ws://127.0.0.1.example",
			"ws://127.0.0.1@node.example",
			"ws://[fe80::1]:9944",
			"ws://0.0.0.0:9944",
		] {
			let refused = strict.check_address(url).unwrap_err();
			assert!(
				matches!(refused, Error::Connect(ConnectError::Insecure(_))),
				"{url}: {refused}"
			);
			assert!(refused.with_hint().contains("--insecure"), "{refused}");
			lenient.check_address(url).unwrap();
		}
		assert!(matches!(strict.check_address("no address"), Err(Error::Argument(_))));
	}

	#[test]
	fn password_in_address_is_hidden() {
		assert_eq!(shown("wss://me:secret@node.example/path@"), "wss://node.example/path@");
		assert_eq!(shown("wss://node.example:443"), "wss://node.example:443");
		assert_eq!(shown("nonsense"), "nonsense");
		let error = ConnectOptions::default().check_address("ws://me:secret@node.example");
		assert!(!error.unwrap_err().to_string().contains("secret"));
	}

	const IMPATIENT: Patience = Patience {
		connect: Duration::from_secs(1),
		ping: Duration::from_millis(100),
		silence: Duration::from_millis(300),
	};

	async fn listen() -> (TcpListener, String) {
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let url = format!("ws://{}", listener.local_addr().unwrap());
		(listener, url)
	}

	/// A node that completes the handshake and is silent afterwards, like a stopped process.
	async fn fall_silent(listener: TcpListener) {
		const SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
		let (mut socket, _) = listener.accept().await.unwrap();
		let mut request = Vec::new();
		while !request.ends_with(b"\r\n\r\n") {
			request.push(socket.read_u8().await.unwrap());
		}
		let request = String::from_utf8(request).unwrap();
		let mut headers = request.lines().filter_map(|line| line.split_once(": "));
		let (_, key) =
			headers.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key")).unwrap();
		let accept = STANDARD.encode(Sha1::digest(format!("{key}{SUFFIX}")));
		let answer = format!(
			"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
			 Sec-WebSocket-Accept: {accept}\r\n\r\n"
		);
		socket.write_all(answer.as_bytes()).await.unwrap();
		std::future::pending().await
	}

	#[tokio::test]
	async fn silent_node_is_disconnected() {
		let (listener, url) = listen().await;
		let node = tokio::spawn(fall_silent(listener));
		let rpc = open_within(&url, IMPATIENT).await.unwrap();
		let start = Instant::now();
		let asked: std::result::Result<String, _> =
			rpc.request("chain_getFinalizedHead", RpcParams::new()).await;
		assert!(matches!(
			asked.map_err(Error::from),
			Err(Error::Connect(ConnectError::Unreachable(_)))
		));
		assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
		node.abort();
	}

	#[tokio::test]
	async fn node_that_stops_reading_is_disconnected() {
		let (listener, url) = listen().await;
		let node = tokio::spawn(fall_silent(listener));
		let rpc = open_within(&url, IMPATIENT).await.unwrap();
		// More than the socket buffers, and more calls than the queue takes.
		let large = "x".repeat(200_000);
		let calls = (0..400).map(|_| {
			let mut params = RpcParams::new();
			params.push(&large).unwrap();
			rpc.request::<String>("chain_getFinalizedHead", params)
		});
		let ended = tokio::time::timeout(Duration::from_secs(30), join_all(calls)).await;
		for answer in ended.expect("a call waits for ever") {
			assert!(matches!(
				answer.map_err(Error::from),
				Err(Error::Connect(ConnectError::Unreachable(_)))
			));
		}
		node.abort();
	}

	#[tokio::test]
	async fn missing_handshake_fails() {
		let (listener, url) = listen().await;
		assert!(matches!(
			open_within(&url, IMPATIENT).await,
			Err(Error::Connect(ConnectError::Unreachable(_)))
		));
		drop(listener);
	}

	#[tokio::test]
	async fn encrypted_connection_does_not_fall_back_to_plain() {
		let (listener, url) = listen().await;
		let url = url.replace("ws://", "wss://");
		let plain = tokio::spawn(fall_silent(listener));
		assert!(matches!(
			open_within(&url, IMPATIENT).await,
			Err(Error::Connect(ConnectError::Unreachable(_)))
		));
		plain.abort();
	}
}
