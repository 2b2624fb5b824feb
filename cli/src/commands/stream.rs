//! `credio stream`.

use crate::{
	exit::Failure,
	names::{BlockTimes, Names},
	output, resolve,
	session::Session,
	table::{Cell, Table, head, wide},
};
use clap::{Args, Subcommand};
use credio_client::{Client, primitives::rpc::StreamJson};

/// Streams: create, list, seal, rotate
#[derive(Debug, Subcommand)]
pub(super) enum StreamCommand {
	Create(CreateArgs),
	List(ListArgs),
	Seal(SealArgs),
	DemandObjects(DemandObjectsArgs),
	Rotate(RotateArgs),
}

/// Create a stream
#[derive(Debug, Args)]
#[command(after_help = "Example: credio stream create 'invoices 2026'")]
pub(super) struct CreateArgs {
	/// Its name, public to all members
	name: String,
}

/// List streams
#[derive(Debug, Args)]
#[command(after_help = "Example: credio stream list --owner channel-one")]
pub(super) struct ListArgs {
	/// Only streams of this organization
	#[arg(long, value_name = "ORG")]
	owner: Option<String>,
}

/// Seal a stream: nothing can be appended any more
#[derive(Debug, Args)]
#[command(after_help = "Example: credio stream seal 'invoices 2025'")]
pub(super) struct SealArgs {
	/// Name or id
	stream: String,
}

/// Demand that all records of a stream are objects from now on, for good, so that they can be erased
#[derive(Debug, Args)]
#[command(after_help = "Example: credio stream demand-objects persons")]
pub(super) struct DemandObjectsArgs {
	/// Name or id
	stream: String,
}

/// Open the next key epoch of a stream
#[derive(Debug, Args)]
#[command(after_help = "Example: credio stream rotate 'invoices 2026'")]
pub(super) struct RotateArgs {
	/// Name or id
	stream: String,
}

/// Runs a command on streams.
pub(super) async fn run(session: &Session, command: StreamCommand) -> Result<(), Failure> {
	let client = match command {
		StreamCommand::List(_) => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	let stream = match command {
		StreamCommand::List(args) => {
			let owner = resolve::optional_organization(&client, args.owner.as_deref()).await?;
			return print(session, &client, &client.streams(owner).await?).await;
		},
		StreamCommand::Create(args) => client.create_stream(&args.name).await?,
		StreamCommand::Seal(args) => {
			let id = resolve::stream(&client, &args.stream, None).await?;
			client.seal_stream(id).await?;
			client.stream(id).await?
		},
		StreamCommand::DemandObjects(args) => {
			let id = resolve::stream(&client, &args.stream, None).await?;
			client.demand_objects(id).await?;
			client.stream(id).await?
		},
		StreamCommand::Rotate(args) => {
			let id = resolve::stream(&client, &args.stream, None).await?;
			client.rotate_stream(id).await?;
			client.stream(id).await?
		},
	};
	if !session.json {
		output::lines(&[("stream", stream.id.to_string())])?;
	}
	print(session, &client, &[stream]).await
}

async fn print(session: &Session, client: &Client, streams: &[StreamJson]) -> Result<(), Failure> {
	let (mut names, mut times) = (Names::default(), BlockTimes::default());
	if !session.json {
		names = Names::of_organizations(client).await;
	}
	if session.format().wide {
		times = BlockTimes::load(client, streams.iter().map(|stream| stream.created_at)).await;
	}
	session.format().items(streams, || table(streams, &names, &times))
}

fn table(streams: &[StreamJson], names: &Names, times: &BlockTimes) -> Table {
	let heads = [
		head("id"),
		head("name"),
		head("owner"),
		head("status"),
		head("entries"),
		head("epoch"),
		wide("objects only"),
		wide("created at"),
		wide("time (UTC)"),
	];
	Table::of(heads, streams, |stream| {
		[
			Cell::id(&stream.id),
			Cell::text(&stream.name),
			names.organization_cell(stream.owner),
			Cell::value(format!("{:?}", stream.status).to_lowercase()),
			Cell::value(stream.entries),
			Cell::optional(stream.epoch.map(|state| state.current)),
			Cell::value(if stream.demands_objects { "yes" } else { "no" }),
			Cell::value(stream.created_at),
			times.cell(stream.created_at),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};
	use credio_client::primitives::{KeyEpochState, StreamId, StreamStatus};

	#[test]
	fn table_fits() {
		let stream = StreamJson {
			id: StreamId([0xab; 32]),
			name: "n".repeat(64),
			owner: 1,
			status: StreamStatus::Sealed,
			entries: u64::MAX,
			created_at: u32::MAX,
			epoch: Some(KeyEpochState { current: u32::MAX, rotation_due: true, opened_at: 0 }),
			demands_objects: true,
		};
		let (names, times) = (names::tests::longest(), names::tests::times(u32::MAX));
		assert_fits(&table(&[stream], &names, &times));
	}
}
