//! `credio objects`.

use crate::{exit::Failure, output, session::Session};
use clap::{Args, Subcommand};
use credio_objects::server;
use serde_json::json;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Objects: serve a store to those whom the chain allows, announce where
#[derive(Debug, Subcommand)]
pub(super) enum ObjectsCommand {
	Serve(ServeArgs),
	Announce(AnnounceArgs),
	Endpoints(EndpointsArgs),
}

/// Serve the object store over HTTP to those who may read the records, until Ctrl-C
///
/// TLS is for a proxy before it. Whom the chain allows is asked of the node at its last final block.
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio objects serve --object-store /srv/objects --listen 127.0.0.1:9955"
)]
pub(super) struct ServeArgs {
	/// Where to listen
	#[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9955")]
	listen: SocketAddr,
}

/// Announce on the chain at which URLs this organization serves objects
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio objects announce https://objects.channel-one.example\n  credio objects announce --none"
)]
pub(super) struct AnnounceArgs {
	/// At most 4 URLs, the preferred one first
	#[arg(value_name = "URL", required_unless_present = "none")]
	urls: Vec<String>,
	/// Announce that it serves no more
	#[arg(long, conflicts_with = "urls")]
	none: bool,
}

/// List the URLs at which an organization serves objects
#[derive(Debug, Args)]
#[command(after_help = "Example: credio objects endpoints channel-one")]
pub(super) struct EndpointsArgs {
	/// The organization, by name or number [default: this one]
	#[arg(value_name = "ORG")]
	organization: Option<String>,
}

/// Runs a command on objects.
pub(super) async fn run(session: &Session, command: ObjectsCommand) -> Result<(), Failure> {
	match command {
		ObjectsCommand::Serve(args) => serve(session, &args).await,
		ObjectsCommand::Announce(args) => {
			let client = session.connect().await?;
			let urls = args.urls.iter().map(String::as_str).collect::<Vec<_>>();
			client.set_endpoints(&urls).await?;
			print(session, &client.endpoints(client.organization_id()).await?)
		},
		ObjectsCommand::Endpoints(args) => {
			let client = session.connect().await?;
			let organization = args.organization.as_deref();
			let organization = crate::resolve::optional_organization(&client, organization).await?;
			let organization = organization.unwrap_or_else(|| client.organization_id());
			print(session, &client.endpoints(organization).await?)
		},
	}
}

async fn serve(session: &Session, args: &ServeArgs) -> Result<(), Failure> {
	let store = session.object_store()?;
	let client = session.connect().await?;
	let failed =
		|error| Failure::hinted(format!("{}: {error}", args.listen), "choose another --listen");
	let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
	let address = listener.local_addr().map_err(failed)?;
	output::line(&format!("serving {} at http://{address}", store.location()))?;
	let stop = async {
		let _ = tokio::signal::ctrl_c().await;
	};
	server::serve(listener, client, store, stop).await.map_err(failed)
}

fn print(session: &Session, endpoints: &[String]) -> Result<(), Failure> {
	match session.json {
		true => output::json_line(&json!({ "endpoints": endpoints })),
		false if endpoints.is_empty() => output::line("none"),
		false => endpoints.iter().try_for_each(|url| output::line(url)),
	}
}
