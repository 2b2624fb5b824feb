//! The JSON-RPC server: jsonrpsee's, behind a limit on each client's calls.
//!
//! The SDK's server counts calls per HTTP request, so a client without WebSocket has no limit, and it bounds neither idle
//! connections nor slow requests.

use super::{
	gate::GateLayer,
	limit::{Limiter, MAX_WAIT},
};
use credio_rpc::Served;
use hyper_util::{
	rt::{TokioExecutor, TokioIo, TokioTimer},
	server::conn::auto::Builder,
	service::TowerToHyperService,
};
use jsonrpsee::{
	Methods, RpcModule,
	core::BoxError,
	server::{
		PingConfig, ServerHandle, StopHandle,
		middleware::{http::HostFilterLayer, rpc::RpcServiceBuilder},
		stop_channel, ws,
	},
};
use sc_rpc_server::{
	Metrics, MiddlewareLayer, NodeHealthProxyLayer, RpcEndpoint, RpcMetrics, utils::deny_unsafe,
};
use sc_service::{config::RpcConfiguration, error::Error as ServiceError};
use std::{
	io,
	net::{IpAddr, SocketAddr, TcpListener as StdTcpListener},
	pin::pin,
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};
use substrate_prometheus_endpoint::Registry;
use tokio::{
	net::{TcpListener, TcpStream},
	runtime::Runtime,
	sync::Semaphore,
	time::timeout,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

const MEGABYTE: u32 = 1024 * 1024;
/// TCP connections for each allowed JSON-RPC connection: some are idle or slow.
const SOCKETS_PER_CONNECTION: usize = 4;
/// Time limit for the head of a request, and for the next request.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Time limit of an HTTP request, including its body and response.
const REQUEST_TIME: Duration = Duration::from_secs(60);
/// Most headers of a request.
const MAX_HEADERS: usize = 64;
/// Threads for methods that block.
const BLOCKING_THREADS: usize = 64;

/// A running server. It stops on drop.
pub(crate) struct Server {
	handle: ServerHandle,
	runtime: Option<Runtime>,
}

impl Drop for Server {
	fn drop(&mut self) {
		let _ = self.handle.stop();
		// Without blocking, since this may run in another runtime.
		if let Some(runtime) = self.runtime.take() {
			runtime.shutdown_background();
		}
	}
}

/// Makes the tokio runtime of the methods, separate from the node's own tasks.
///
/// # Errors
///
/// If the system has no resources for it.
pub(crate) fn runtime() -> Result<Runtime, ServiceError> {
	tokio::runtime::Builder::new_multi_thread()
		.thread_name("rpc")
		.enable_all()
		.max_blocking_threads(BLOCKING_THREADS)
		.build()
		.map_err(|error| ServiceError::Application(error.into()))
}

/// Starts to serve `module` at the addresses of `config`.
///
/// # Errors
///
/// If a required address, or every address, cannot be listened on.
pub(crate) fn start(
	config: &RpcConfiguration,
	mut module: RpcModule<()>,
	runtime: Runtime,
	registry: Option<&Registry>,
	served: &Arc<Served>,
) -> Result<Server, ServiceError> {
	let failed = |error: BoxError| ServiceError::Application(error);
	add_rpc_methods(&mut module).map_err(|error| failed(error.into()))?;
	let names: Vec<&'static str> = module.method_names().collect();
	let metrics = RpcMetrics::new(registry)?.map(|metrics| metrics.with_known_methods(names));
	let methods = Methods::from(module);
	let (stop, handle) = stop_channel();
	let mut addresses = Vec::new();
	for endpoint in config.addr.iter().flatten() {
		let listener = match bind(endpoint) {
			Ok(listener) => listener,
			Err(_) if endpoint.is_optional => continue,
			Err(error) => {
				let message =
					format!("JSON-RPC cannot listen on {}: {error}", endpoint.listen_addr);
				return Err(failed(message.into()));
			},
		};
		let address = listener.local_addr()?;
		let shared = Shared {
			service: service(endpoint, address).map_err(failed)?,
			limiter: endpoint.rate_limit.map(Limiter::per_minute).map(Arc::new),
			endpoint: endpoint.clone(),
			address,
			methods: methods.clone(),
			metrics: metrics.clone(),
			served: Arc::clone(served),
			stop: stop.clone(),
		};
		addresses.push(address.to_string());
		runtime.spawn(listen(listener, Arc::new(shared)));
	}
	if addresses.is_empty() {
		return Err(failed("JSON-RPC has no address to listen on".into()));
	}
	log::info!("Running JSON-RPC server: addr={},", addresses.join(","));
	Ok(Server { handle, runtime: Some(runtime) })
}

/// Adds the method that lists all methods.
fn add_rpc_methods(module: &mut RpcModule<()>) -> Result<(), jsonrpsee::core::RegisterMethodError> {
	let mut names: Vec<&'static str> = module.method_names().chain(["rpc_methods"]).collect();
	names.sort_unstable();
	module
		.register_method("rpc_methods", move |_, _, _| serde_json::json!({ "methods": names }))?;
	Ok(())
}

fn bind(endpoint: &RpcEndpoint) -> io::Result<StdTcpListener> {
	let mut address = endpoint.listen_addr;
	let listener = StdTcpListener::bind(address).or_else(|error| {
		if !endpoint.retry_random_port {
			return Err(error);
		}
		address.set_port(0);
		StdTcpListener::bind(address)
	})?;
	listener.set_nonblocking(true)?;
	Ok(listener)
}

type HttpLayers = tower::layer::util::Stack<
	CorsLayer,
	tower::layer::util::Stack<
		NodeHealthProxyLayer,
		tower::layer::util::Stack<
			tower::util::Either<HostFilterLayer, tower::layer::util::Identity>,
			tower::layer::util::Identity,
		>,
	>,
>;
type Service = jsonrpsee::server::TowerServiceBuilder<tower::layer::util::Identity, HttpLayers>;

/// Builds jsonrpsee's service with the bounds of the endpoint.
fn service(endpoint: &RpcEndpoint, address: SocketAddr) -> Result<Service, BoxError> {
	// Rejects requests of other sites' pages in a browser on this machine by their Host.
	let own_names =
		["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{}", address.port()));
	let hosts = endpoint.cors.is_some().then(|| HostFilterLayer::new(own_names)).transpose()?;
	let cors = match &endpoint.cors {
		None => CorsLayer::permissive(),
		Some(origins) => {
			let origins =
				origins.iter().map(|origin| origin.parse()).collect::<Result<Vec<_>, _>>()?;
			CorsLayer::new().allow_origin(AllowOrigin::list(origins))
		},
	};
	let http =
		tower::ServiceBuilder::new().option_layer(hosts).layer(NodeHealthProxyLayer).layer(cors);
	Ok(jsonrpsee::server::Server::builder()
		.max_request_body_size(endpoint.max_payload_in_mb.saturating_mul(MEGABYTE))
		.max_response_body_size(endpoint.max_payload_out_mb.saturating_mul(MEGABYTE))
		.max_connections(endpoint.max_connections)
		.max_subscriptions_per_connection(endpoint.max_subscriptions_per_connection)
		.set_message_buffer_capacity(endpoint.max_buffer_capacity_per_connection)
		.set_batch_request_config(endpoint.batch_config)
		.enable_ws_ping(PingConfig::new().inactive_limit(Duration::from_secs(60)).max_failures(3))
		.set_id_provider(sc_rpc_server::RandomStringIdProvider::new(16))
		.set_http_middleware(http)
		.to_service_builder())
}

/// State shared by the connections of an address.
struct Shared {
	service: Service,
	limiter: Option<Arc<Limiter>>,
	endpoint: RpcEndpoint,
	address: SocketAddr,
	methods: Methods,
	metrics: Option<RpcMetrics>,
	served: Arc<Served>,
	stop: StopHandle,
}

async fn listen(listener: StdTcpListener, shared: Arc<Shared>) {
	let listener = match TcpListener::from_std(listener) {
		Ok(listener) => listener,
		Err(error) => {
			log::error!(target: "credio-rpc", "JSON-RPC cannot listen on {}: {error}", shared.address);
			return;
		},
	};
	let most = (shared.endpoint.max_connections as usize).saturating_mul(SOCKETS_PER_CONNECTION);
	let sockets = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
	let mut stop = pin!(shared.stop.clone().shutdown());
	loop {
		let accepted = tokio::select! {
			accepted = listener.accept() => accepted,
			() = &mut stop => return,
		};
		match accepted {
			Ok((socket, peer)) => {
				// Excess connections are closed at once.
				let Ok(place) = sockets.clone().try_acquire_owned() else { continue };
				let shared = shared.clone();
				tokio::spawn(async move {
					let ended = shared.connection(socket, peer.ip()).await;
					if let Err(error) = ended {
						log::debug!(target: "credio-rpc", "connection of {peer}: {error}");
					}
					drop(place);
				});
			},
			Err(error) => {
				// Mostly out of file descriptors; some will be free soon.
				log::debug!(target: "credio-rpc", "cannot accept a connection: {error}");
				tokio::time::sleep(Duration::from_millis(100)).await;
			},
		}
	}
}

impl Shared {
	/// Serves a connection to its end.
	async fn connection(self: Arc<Self>, socket: TcpStream, peer: IpAddr) -> Result<(), BoxError> {
		socket.set_nodelay(true)?;
		let stop = self.stop.clone().shutdown();
		let service = tower::service_fn(move |request| self.clone().request(request, peer));
		let mut builder = Builder::new(TokioExecutor::new());
		builder
			.http1()
			.timer(TokioTimer::new())
			.header_read_timeout(HEAD_TIME)
			.max_headers(MAX_HEADERS);
		let service = TowerToHyperService::new(service);
		let mut connection =
			pin!(builder.serve_connection_with_upgrades(TokioIo::new(socket), service));
		tokio::select! {
			ended = connection.as_mut() => return ended,
			() = stop => {},
		}
		connection.as_mut().graceful_shutdown();
		connection.await
	}

	/// Serves an HTTP request, which may become a WebSocket connection.
	async fn request(
		self: Arc<Self>,
		mut request: hyper::Request<hyper::body::Incoming>,
		peer: IpAddr,
	) -> Result<jsonrpsee::server::HttpResponse, BoxError> {
		let unsafe_methods = deny_unsafe(&self.address, &self.endpoint.rpc_methods);
		request.extensions_mut().insert(unsafe_methods);
		let is_websocket = ws::is_upgrade_request(&request);
		let client = self.client(request.headers(), peer);
		let is_free =
			self.endpoint.rate_limit_whitelisted_ips.iter().any(|ips| ips.contains(client));
		let gate = GateLayer {
			limiter: self.limiter.clone().filter(|_| !is_free),
			client,
			served: self.served.clone(),
			patience: (!is_websocket).then(|| Arc::new(Mutex::new(MAX_WAIT))),
		};
		let metrics = self.metrics.clone().map(|metrics| {
			let transport = if is_websocket { "ws" } else { "http" };
			MiddlewareLayer::new().with_metrics(Metrics::new(metrics, transport))
		});
		let middleware = RpcServiceBuilder::new().option_layer(metrics.clone()).layer(gate);
		let mut service = self
			.service
			.clone()
			.set_rpc_middleware(middleware)
			.build(self.methods.clone(), self.stop.clone());
		if is_websocket {
			let closed = service.on_session_closed();
			if let Some(metrics) = metrics {
				tokio::spawn(async move {
					let since = Instant::now();
					metrics.ws_connect();
					closed.await;
					metrics.ws_disconnect(since);
				});
			}
		}
		let response = tower::Service::call(&mut service, request);
		timeout(REQUEST_TIME, response)
			.await
			.map_err(|_| BoxError::from("the request took too long"))?
	}

	/// Returns the address whose budget is charged: that given by the nearest proxy, if proxies are trusted.
	fn client(&self, headers: &http::HeaderMap, peer: IpAddr) -> IpAddr {
		if !self.endpoint.rate_limit_trust_proxy_headers {
			return peer;
		}
		forwarded_for(headers).unwrap_or(peer)
	}
}

/// Returns the address added by the nearest proxy. Addresses before it come from the client and are not trusted.
fn forwarded_for(headers: &http::HeaderMap) -> Option<IpAddr> {
	let last = headers.get_all("x-forwarded-for").iter().next_back();
	let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next());
	let real = headers.get("x-real-ip").and_then(|value| value.to_str().ok());
	last.or(real)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn headers(pairs: &[(&'static str, &str)]) -> http::HeaderMap {
		let mut headers = http::HeaderMap::new();
		for (name, value) in pairs {
			headers.append(*name, value.parse().unwrap());
		}
		headers
	}

	#[test]
	fn client_address_is_that_of_the_nearest_proxy() {
		let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
		for (pairs, client) in [
			(&[][..], None),
			(&[("x-forwarded-for", "192.0.2.7")], address("192.0.2.7")),
			(&[("x-forwarded-for", "10.0.0.1, 192.0.2.7")], address("192.0.2.7")),
			(
				&[("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "192.0.2.7")],
				address("192.0.2.7"),
			),
			(&[("x-real-ip", "2001:db8::1")], address("2001:db8::1")),
			(&[("x-forwarded-for", "nonsense")], None),
		] {
			assert_eq!(forwarded_for(&headers(pairs)), client, "{pairs:?}");
		}
	}
}
