//! `credio upload` through an outbox.

use super::worker::{open_with, print_nodes, settings};
use crate::{
	commands::upload::{Line, Lines, UploadArgs},
	document,
	exit::{Failure, Kind},
	output, resolve,
	session::Session,
	values::id::{IdArg, IdPart},
};
use credio_client::{
	Client,
	primitives::{RecordId, StreamId},
};
use credio_outbox::{Enqueued, Item, ItemState, Listed, Outbox};
use credio_vault::LocalVault;
use indicatif::ProgressBar;
use serde_json::json;
use std::{path::Path, sync::Arc};

/// Stores files in an outbox, sends them, and prints the outcome of each once it is final, in their order.
pub(crate) async fn run(session: &Session, args: UploadArgs) -> Result<(), Failure> {
	args.check()?;
	let total = args.files.len();
	let vault = Arc::new(session.vault_of_organization().await?);
	let stream = resolve_stream(session, &vault, &args).await?;
	let supersedes = match &args.supersedes {
		None => None,
		Some(IdArg::Whole(record)) => Some(*record),
		Some(part) => Some(resolve::record(&session.connect().await?, part.clone()).await?),
	};
	// An outbox in memory keeps the order of a lane as long as this process lives.
	let url = args.outbox.as_deref().unwrap_or("sqlite::memory:");
	let outbox = open_with(session, url, vault.clone()).await?;
	let mut stored = Vec::with_capacity(total);
	for file in &args.files {
		stored.push((file, store(&outbox, stream, &args, supersedes, file).await?));
	}
	let lines = Lines::new(session);
	lines.print_head()?;
	if args.no_wait {
		return stored.iter().try_for_each(|(file, enqueued)| {
			lines.print(&Line {
				outcome: json!(enqueued.state),
				record_id: enqueued.record_id,
				request_key: Some(enqueued.request_key),
				..Line::of(file, stream)
			})
		});
	}

	let settings = settings(session, Vec::new());
	let nodes = outbox.nodes();
	let progress = ProgressBar::new(total as u64);
	let follow = async {
		let (mut failed, mut kind) = (0usize, Kind::Failed);
		let mut client = None;
		for (file, enqueued) in &stored {
			let item = outbox.wait(enqueued.request_key).await?;
			// Connects late: the outcome shows that the node can be reached.
			if client.is_none() {
				client = Some(session.connect_as(vault.clone()).await?);
			}
			let line = line(client.as_ref(), file, stream, &item).await?;
			if item.state != ItemState::Applied {
				failed += 1;
				kind = match item.state {
					ItemState::Rejected => Kind::Rejected,
					_ => Kind::Expired,
				};
			}
			output::ignore_closed(progress.suspend(|| lines.print(&line)))?;
			progress.inc(1);
		}
		progress.finish_and_clear();
		match failed {
			0 => Ok(()),
			failed => Err(Failure::Uploads { failed, total, kind }),
		}
	};
	tokio::select! {
		result = follow => result,
		result = outbox.run(settings, std::future::pending()) => Ok(result?),
		never = print_nodes(nodes, 1, |line| progress.suspend(|| output::note(line))) => match never {},
	}
}

/// Returns the stream, and asks the node only for the owner's number or a short id.
async fn resolve_stream(
	session: &Session,
	vault: &LocalVault,
	args: &UploadArgs,
) -> Result<StreamId, Failure> {
	match (args.stream.parse::<StreamId>(), &args.owner) {
		(Ok(id), _) if args.stream.len() >= 64 => Ok(id),
		(_, None) if args.stream.parse::<IdPart>().is_err() => {
			Ok(StreamId::derive(vault.organization(), args.stream.as_bytes()))
		},
		(_, None) => resolve::stream(&session.connect().await?, &args.stream, None).await,
		(_, Some(owner)) => {
			let client = session.connect().await?;
			if args.stream.parse::<IdPart>().is_ok() {
				resolve::stream(&client, &args.stream, Some(owner)).await
			} else {
				let owner = resolve::organization(&client, Some(owner)).await?;
				Ok(StreamId::derive(owner, args.stream.as_bytes()))
			}
		},
	}
}

async fn store(
	outbox: &Outbox,
	stream: StreamId,
	args: &UploadArgs,
	supersedes: Option<RecordId>,
	file: &Path,
) -> Result<Enqueued, Failure> {
	let document = document::read(file).await?;
	let upload = args.upload(stream, file, &document, supersedes);
	let item = Item { lane: args.lane, ..Item::upload(upload) };
	Ok(outbox.enqueue(&item).await?)
}

/// Returns the line of an item that has ended.
async fn line(
	client: Option<&Client>,
	file: &Path,
	stream: StreamId,
	item: &Listed,
) -> Result<Line, Failure> {
	let receipt = item.outcome.as_ref().and_then(|status| status.receipt.as_ref());
	let mut line = Line {
		block: receipt.map(|receipt| receipt.block),
		outcome: json!(item.state),
		request_key: Some(item.request_key),
		..Line::of(file, stream)
	};
	if let (ItemState::Applied, Some(record), Some(client)) = (item.state, item.record_id, client) {
		line.record_id = Some(record);
		line.sequence = Some(client.record(record).await?.header.sequence);
	} else if let Some(problem) = &item.problem {
		line.error = Some(json!({ "description": problem }));
	}
	Ok(line)
}
