//! `credio-gateway`: the on-boarding API.

use clap::{Parser, Subcommand};
use credio_gateway::{
	Gateway, api,
	config::Config,
	credential::{digest_of, new_key},
	dev,
};
use std::{
	error::Error,
	io::{self, Write},
	net::SocketAddr,
	path::{Path, PathBuf},
	process::ExitCode,
	sync::Arc,
};
use tokio::{
	net::TcpListener,
	signal::unix::{SignalKind, signal},
	task::JoinSet,
};

/// The on-boarding API of Credio: documents in and out over plain HTTP.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Serve the tenants of a configuration
	Run(ConfigArgs),
	/// Check a configuration, and say all that is wrong with it
	Check(ConfigArgs),
	/// Serve the example organizations of a development chain; prints their keys
	Dev(DevArgs),
	/// Make an API key, and the digest that the configuration has of it
	Key,
	/// Print the OpenAPI document
	Openapi,
}

#[derive(Debug, clap::Args)]
struct ConfigArgs {
	/// The configuration
	#[arg(long, env = "CREDIO_GATEWAY_CONFIG", value_name = "FILE")]
	config: PathBuf,
}

#[derive(Debug, clap::Args)]
struct DevArgs {
	/// Node of a development chain
	#[arg(long, env = "CREDIO_NODE", value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// Address to listen at
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8480")]
	listen: SocketAddr,
	/// Folder for outboxes, objects and keys
	#[arg(long, value_name = "FOLDER", default_value = "credio-gateway-dev")]
	folder: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
	tracing_subscriber::fmt().with_writer(io::stderr).init();
	match run(Arguments::parse().command).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			let _ = writeln!(io::stderr(), "error: {error}");
			ExitCode::FAILURE
		},
	}
}

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
	let mut out = io::stdout();
	match command {
		Command::Run(ConfigArgs { config }) => {
			let config = Config::read(&config)?;
			let gateway = Gateway::open(&config).await?;
			serve(gateway, config.listen, &[]).await
		},
		Command::Check(ConfigArgs { config }) => {
			Config::read(&config)?;
			Ok(writeln!(out, "the configuration is right")?)
		},
		Command::Dev(DevArgs { node, listen, folder }) => {
			let config = development(&node, listen)?;
			let (gateway, keys) = dev::open(&config, Path::new(&folder)).await?;
			serve(gateway, listen, &keys).await
		},
		Command::Key => {
			let key = new_key().map_err(|error| error.to_string())?;
			Ok(writeln!(out, "key     {}\nsha256  {}", *key, digest_of(&key))?)
		},
		Command::Openapi => Ok(writeln!(out, "{}", api::document().to_pretty_json()?)?),
	}
}

fn development(node: &str, listen: SocketAddr) -> Result<Config, Box<dyn Error>> {
	Ok(Config {
		listen,
		behind_tls_proxy: false,
		nodes: vec![node.into()],
		chain: None,
		allow_plaintext_nodes: false,
		tenants: Vec::new(),
	})
}

/// Serves until the process is asked to end, and sends meanwhile what the tenants have stored.
async fn serve(
	gateway: Gateway,
	listen: SocketAddr,
	keys: &[dev::Shown],
) -> Result<(), Box<dyn Error>> {
	let gateway = Arc::new(gateway);
	let listener = TcpListener::bind(listen).await?;
	let mut out = io::stdout();
	writeln!(out, "http://{}", listener.local_addr()?)?;
	for dev::Shown { tenant, key } in keys {
		writeln!(out, "{tenant:12} {}", **key)?;
	}
	let mut workers = JoinSet::new();
	for tenant in gateway.tenants() {
		let tenant = tenant.clone();
		workers.spawn(async move { (tenant.name.clone(), tenant.work().await) });
	}
	let server = axum::serve(listener, api::routes(gateway)).with_graceful_shutdown(asked_to_end());
	tokio::select! {
		served = async { server.await } => Ok(served?),
		Some(ended) = workers.join_next() => match ended? {
			(tenant, Err(error)) => Err(format!("tenant {tenant:?}: {error}").into()),
			(tenant, Ok(())) => Err(format!("tenant {tenant:?}: its outbox has ended").into()),
		},
	}
}

async fn asked_to_end() {
	let terminated = async {
		match signal(SignalKind::terminate()) {
			Ok(mut terminated) => {
				terminated.recv().await;
			},
			Err(_) => std::future::pending().await,
		}
	};
	tokio::select! {
		_ = tokio::signal::ctrl_c() => {},
		() = terminated => {},
	}
}
