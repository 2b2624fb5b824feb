//! Serves probes: whether the node is alive, and whether it is ready.
//!
//! A separate small listener, so that a probe on another machine reaches a validator without open JSON-RPC. It serves two
//! paths by GET and HEAD, with public information only.

use crate::{client::FullClient, lock::lock};
use credio_primitives::BlockNumber;
use credio_runtime::opaque::Block;
use http::{Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use sc_network_sync::SyncingService;
use sc_service::{SpawnTaskHandle, error::Error as ServiceError};
use serde::Serialize;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use std::{
	convert::Infallible,
	net::{SocketAddr, TcpListener as StdTcpListener},
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::Semaphore,
	time::timeout,
};

/// Most unfinalized blocks of a ready node.
const MAX_UNFINALIZED: BlockNumber = 64;
/// Most blocks that the best block may be behind the peers'.
const MAX_BEHIND: BlockNumber = 16;
/// Longest time without an imported block while peers have newer ones.
const MAX_STANDSTILL: Duration = Duration::from_secs(180);

/// Most probes at a time.
const MAX_CONNECTIONS: usize = 32;
/// Time limit of a probe, from its connection on.
const PROBE_TIME: Duration = Duration::from_secs(10);
/// Bounds of the head of its request: time, bytes and headers.
const HEAD_TIME: Duration = Duration::from_secs(5);
const MAX_HEAD: usize = 8 * 1024;
const MAX_HEADERS: usize = 32;

/// The sources of the node's state.
#[derive(Clone)]
pub(crate) struct Chain {
	pub client: Arc<FullClient>,
	pub sync: Arc<SyncingService<Block>>,
	/// Whether the node runs its chain without peers.
	pub alone: bool,
}

impl Chain {
	async fn state(&self) -> State {
		let info = self.client.info();
		let seen = match self.sync.status().await {
			Ok(status) => status.best_seen_block,
			Err(_) => None,
		};
		State {
			best: info.best_number,
			finalized: info.finalized_number,
			seen: seen.unwrap_or(info.best_number),
			peers: self.sync.num_connected_peers(),
			is_syncing: self.sync.is_major_syncing(),
			alone: self.alone,
		}
	}
}

/// The state of the node.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
	/// The best block, and the last finalized one.
	best: BlockNumber,
	finalized: BlockNumber,
	/// The best block announced by a peer.
	seen: BlockNumber,
	peers: usize,
	is_syncing: bool,
	#[serde(skip)]
	alone: bool,
}

impl State {
	/// Returns the reason to restart the node, if there is one. `standstill` is the time without an imported block.
	fn restart_reason(&self, standstill: Duration) -> Option<&'static str> {
		let is_behind = self.seen > self.best.saturating_add(MAX_BEHIND);
		(is_behind && standstill > MAX_STANDSTILL)
			.then_some("no block was imported for minutes, and peers have newer ones")
	}

	/// Returns the reason to send no clients here, if there is one.
	fn unready_reason(&self) -> Option<&'static str> {
		let has_peers = self.alone || self.peers > 0;
		let is_behind = self.seen > self.best.saturating_add(MAX_BEHIND);
		let is_final = self.best.saturating_sub(self.finalized) <= MAX_UNFINALIZED;
		match (has_peers, self.is_syncing || is_behind, is_final) {
			(false, ..) => Some("no peers"),
			(_, true, _) => Some("catching up"),
			(.., false) => Some("finality is behind"),
			(true, false, true) => None,
		}
	}
}

/// The best block seen by the last probe, and the time when it was first seen.
#[derive(Default)]
struct Progress(Mutex<Option<(BlockNumber, Instant)>>);

impl Progress {
	/// Returns how long `best` has been the best block, as seen by probes.
	fn standstill(&self, best: BlockNumber, now: Instant) -> Duration {
		let mut progress = lock(&self.0);
		let known = progress.filter(|(known, _)| *known == best);
		let (_, since) = *progress.insert(known.unwrap_or((best, now)));
		now.saturating_duration_since(since)
	}
}

/// The body of a response.
#[derive(Serialize)]
struct Body {
	status: &'static str,
	#[serde(skip_serializing_if = "Option::is_none")]
	reason: Option<&'static str>,
	#[serde(flatten)]
	state: State,
}

/// Returns the response to a request.
fn respond(
	method: &Method,
	path: &str,
	state: State,
	standstill: Duration,
) -> Response<Full<Bytes>> {
	let (good, reason) = match path {
		"/health" => ("alive", state.restart_reason(standstill)),
		"/readiness" => ("ready", state.unready_reason()),
		_ => return plain(StatusCode::NOT_FOUND),
	};
	if method != Method::GET && method != Method::HEAD {
		return plain(StatusCode::METHOD_NOT_ALLOWED);
	}
	let (code, status) = match reason {
		None => (StatusCode::OK, good),
		Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "failing"),
	};
	let body = serde_json::to_vec(&Body { status, reason, state }).unwrap_or_default();
	let mut response = Response::new(Full::new(body.into()));
	*response.status_mut() = code;
	let json = header::HeaderValue::from_static("application/json");
	response.headers_mut().insert(header::CONTENT_TYPE, json);
	let no_store = header::HeaderValue::from_static("no-store");
	response.headers_mut().insert(header::CACHE_CONTROL, no_store);
	response
}

fn plain(code: StatusCode) -> Response<Full<Bytes>> {
	let mut response = Response::new(Full::default());
	*response.status_mut() = code;
	response
}

/// Listens for probes as long as the node runs.
///
/// # Errors
///
/// If the address cannot be listened on.
pub(crate) fn listen(
	address: SocketAddr,
	chain: Chain,
	spawner: &SpawnTaskHandle,
) -> Result<(), ServiceError> {
	let listener = StdTcpListener::bind(address).map_err(|error| {
		ServiceError::Application(format!("--health-listen {address}: {error}").into())
	})?;
	listener.set_nonblocking(true)?;
	log::info!("Serving probes: addr={}", listener.local_addr()?);
	spawner.spawn("health", Some("credio"), async move {
		match TcpListener::from_std(listener) {
			Ok(listener) => accept(listener, chain).await,
			Err(error) => log::error!(target: "credio-health", "{error}"),
		}
	});
	Ok(())
}

async fn accept(listener: TcpListener, chain: Chain) {
	let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
	let progress = Arc::<Progress>::default();
	loop {
		// Acquired before a connection is accepted, so that further ones wait in the system's queue.
		let Ok(place) = places.clone().acquire_owned().await else { return };
		let socket = match listener.accept().await {
			Ok((socket, _)) => socket,
			Err(error) => {
				log::debug!(target: "credio-health", "{error}");
				tokio::time::sleep(Duration::from_millis(100)).await;
				continue;
			},
		};
		let (chain, progress) = (chain.clone(), progress.clone());
		tokio::spawn(async move {
			let served = timeout(PROBE_TIME, serve(socket, chain, progress)).await;
			if let Ok(Err(error)) = served {
				log::debug!(target: "credio-health", "{error}");
			}
			drop(place);
		});
	}
}

/// Serves one request, and closes the connection.
async fn serve(
	socket: TcpStream,
	chain: Chain,
	progress: Arc<Progress>,
) -> Result<(), hyper::Error> {
	let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
		let (chain, progress) = (&chain, &progress);
		async move {
			let state = chain.state().await;
			let standstill = progress.standstill(state.best, Instant::now());
			let response = respond(request.method(), request.uri().path(), state, standstill);
			Ok::<_, Infallible>(response)
		}
	});
	http1::Builder::new()
		.timer(TokioTimer::new())
		.header_read_timeout(HEAD_TIME)
		.max_headers(MAX_HEADERS)
		.max_buf_size(MAX_HEAD)
		.keep_alive(false)
		.serve_connection(TokioIo::new(socket), service)
		.await
}

#[cfg(test)]
mod tests {
	use super::*;

	const GOOD: State =
		State { best: 100, finalized: 98, seen: 100, peers: 3, is_syncing: false, alone: false };

	fn code(path: &str, state: State) -> u16 {
		respond(&Method::GET, path, state, Duration::ZERO).status().as_u16()
	}

	#[test]
	fn synced_node_is_alive_and_ready() {
		assert_eq!(code("/health", GOOD), 200);
		assert_eq!(code("/readiness", GOOD), 200);
	}

	#[test]
	fn node_that_is_behind_is_alive_and_not_ready() {
		for (state, reason) in [
			(State { peers: 0, ..GOOD }, "no peers"),
			(State { is_syncing: true, ..GOOD }, "catching up"),
			(State { seen: 1_000, ..GOOD }, "catching up"),
			(State { best: 163, seen: 163, ..GOOD }, "finality is behind"),
		] {
			assert_eq!(code("/health", state), 200, "{state:?}");
			assert_eq!(code("/readiness", state), 503, "{state:?}");
			assert_eq!(state.unready_reason(), Some(reason));
		}
		assert_eq!(code("/readiness", State { best: 162, seen: 162, ..GOOD }), 200);
	}

	#[test]
	fn chain_of_one_node_needs_no_peers() {
		assert_eq!(code("/readiness", State { peers: 0, alone: true, ..GOOD }), 200);
	}

	#[test]
	fn only_a_node_without_its_peers_blocks_is_dead() {
		let long = MAX_STANDSTILL + Duration::from_secs(1);
		let code = |state| respond(&Method::GET, "/health", state, long).status().as_u16();
		assert_eq!(code(State { seen: 1_000, ..GOOD }), 503);
		assert_eq!(code(GOOD), 200, "the whole chain stands still, and a restart does not help");
		assert_eq!(code(State { peers: 0, ..GOOD }), 200);
	}

	#[test]
	fn other_paths_and_methods_are_rejected() {
		for (method, path, code) in [
			(Method::GET, "/", 404),
			(Method::GET, "/health/readiness", 404),
			(Method::POST, "/health", 405),
			(Method::DELETE, "/readiness", 405),
			(Method::POST, "/", 404),
			(Method::HEAD, "/health", 200),
		] {
			let response = respond(&method, path, GOOD, Duration::ZERO);
			assert_eq!(response.status().as_u16(), code, "{method} {path}");
		}
	}

	#[test]
	fn standstill_ends_with_the_next_block() {
		let (progress, start) = (Progress::default(), Instant::now());
		let after = |seconds| start + Duration::from_secs(seconds);
		assert_eq!(progress.standstill(5, start), Duration::ZERO);
		assert_eq!(progress.standstill(5, after(60)), Duration::from_secs(60));
		assert_eq!(progress.standstill(6, after(61)), Duration::ZERO);
		assert_eq!(progress.standstill(6, after(62)), Duration::from_secs(1));
	}
}
