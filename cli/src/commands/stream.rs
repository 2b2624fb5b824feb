//! Streams.

use super::org::number;
use crate::{arguments::StreamCommand, exit::Failure, output, session::Session};
use credio_client::primitives::rpc::StreamJson;

/// Runs a command on streams.
pub async fn run(session: &Session, command: StreamCommand) -> Result<(), Failure> {
	let client = match command {
		StreamCommand::List { .. } => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	match command {
		StreamCommand::Create { name } => list(session, &[client.create_stream(&name).await?]),
		StreamCommand::List { owner } => {
			let owner = match owner {
				None => None,
				Some(name) => Some(number(&client, Some(&name)).await?),
			};
			list(session, &client.streams(owner).await?)
		},
		StreamCommand::Seal { stream } => {
			let id = client.find_stream(&stream, None).await?.id;
			client.seal_stream(id).await?;
			list(session, &[client.stream(id).await?])
		},
		StreamCommand::Rotate { stream } => {
			let id = client.find_stream(&stream, None).await?.id;
			client.rotate_stream(id).await?;
			list(session, &[client.stream(id).await?])
		},
	}
}

fn list(session: &Session, streams: &[StreamJson]) -> Result<(), Failure> {
	let columns = ["id", "name", "owner", "status", "entries", "epoch"];
	output::items(session.json, streams, columns, |stream| {
		[
			stream.id.to_string(),
			stream.name.clone(),
			stream.owner.to_string(),
			format!("{:?}", stream.status).to_lowercase(),
			stream.entries.to_string(),
			output::or_dash(stream.epoch.map(|state| state.current)),
		]
	})
}
