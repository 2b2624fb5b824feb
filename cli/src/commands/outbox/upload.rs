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
	primitives::{RecordId, RequestKey, StreamId, limits},
};
use credio_outbox::{Enqueued, Item, ItemState, Listed, Outbox};
use credio_vault::LocalVault;
use indicatif::ProgressBar;
use serde_json::json;
use std::{
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};

/// An outbox in memory, which keeps the order of a lane as long as this process lives.
const IN_MEMORY: &str = "sqlite::memory:";
/// Documents that an outbox in memory holds at a time.
const AT_ONCE: usize = 500;
/// How long an item may wait before its problem is printed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stores files in an outbox, sends them, and prints the outcome of each once it is final, in their order.
pub(crate) async fn run(session: &Session, args: UploadArgs) -> Result<(), Failure> {
	args.check()?;
	let vault = Arc::new(session.vault_of_organization().await?);
	let stream = resolve_stream(session, &vault, &args).await?;
	let supersedes = match &args.supersedes {
		None => None,
		Some(IdArg::Whole(record)) => Some(*record),
		Some(part) => Some(resolve::record(&session.connect().await?, part.clone()).await?),
	};
	let lines = Lines::new(session);
	if args.no_wait
		&& let Some(url) = &args.outbox
	{
		let outbox = open_with(session, url, vault).await?;
		let mut stored = Vec::with_capacity(args.files.len());
		for file in &args.files {
			let item = Stored { stream, args: &args, lane: args.lane, supersedes };
			stored.push((file, item.store(&outbox, file, false).await?));
		}
		lines.print_head()?;
		return stored.iter().try_for_each(|(file, enqueued)| {
			lines.print(&Line {
				outcome: json!(enqueued.state),
				record_id: enqueued.record_id,
				request_key: Some(enqueued.request_key),
				..Line::of(file, stream)
			})
		});
	}

	let total = args.files.len();
	let progress = ProgressBar::new(total as u64);
	let sending = Sending { session, args: &args, vault, stream, supersedes, lines, progress };
	let tally = match &args.outbox {
		Some(url) => {
			sending.lines.print_head()?;
			sending.send(url, args.lane, &args.files, false).await?
		},
		None => sending.send_in_memory().await?,
	};
	sending.progress.finish_and_clear();
	match tally.kind {
		None => Ok(()),
		Some(kind) => Err(Failure::Uploads { failed: tally.failed, total, kind }),
	}
}

/// Files that are being sent.
struct Sending<'a> {
	session: &'a Session,
	args: &'a UploadArgs,
	vault: Arc<LocalVault>,
	stream: StreamId,
	supersedes: Option<RecordId>,
	lines: Lines,
	progress: ProgressBar,
}

/// How many uploads failed, and how the first of them.
#[derive(Clone, Copy, Default)]
struct Tally {
	failed: usize,
	kind: Option<Kind>,
}

impl Tally {
	fn count(&mut self, kind: Kind) {
		self.failed += 1;
		self.kind.get_or_insert(kind);
	}

	fn add(&mut self, other: Self) {
		self.failed += other.failed;
		self.kind = self.kind.or(other.kind);
	}
}

impl Sending<'_> {
	/// Sends the files in a lane, some at a time, so that memory is bounded.
	async fn send_in_memory(&self) -> Result<Tally, Failure> {
		// An outbox waits for its node and for a key epoch; without one, what cannot be sent is an error at once.
		let client = self.session.connect_as(self.vault.clone()).await?;
		client.ensure_writable(self.stream).await?;
		let lane = self.args.lane.unwrap_or_else(|| lane_of(self.stream));
		self.lines.print_head()?;
		let mut tally = Tally::default();
		let is_demanded = client.stream(self.stream).await?.demands_objects;
		for files in self.args.files.chunks(AT_ONCE) {
			tally.add(self.send(IN_MEMORY, Some(lane), files, is_demanded).await?);
		}
		Ok(tally)
	}

	/// Sends files by an outbox, and prints their outcomes.
	async fn send(
		&self,
		url: &str,
		lane: Option<u32>,
		files: &[PathBuf],
		is_demanded: bool,
	) -> Result<Tally, Failure> {
		let Self { session, vault, stream, .. } = self;
		let outbox = open_with(session, url, vault.clone()).await?;
		let mut tally = Tally::default();
		let mut stored = Vec::with_capacity(files.len());
		for file in files {
			match self.store(&outbox, lane, file, is_demanded).await {
				Ok(enqueued) => stored.push((file, enqueued)),
				Err(failure) if url == IN_MEMORY => {
					tally.count(failure.explain().kind);
					self.note(file, &failure.with_hint());
					self.print(&Line::new(file, *stream, &Err(failure)))?;
				},
				Err(failure) => return Err(failure),
			}
		}
		let settings = settings(session, Vec::new())?;
		let nodes = outbox.nodes();
		let follow = async {
			let mut client = None;
			for (file, enqueued) in &stored {
				let item = self.wait(&outbox, file, enqueued.request_key).await?;
				// Connects late: the outcome shows that the node can be reached.
				if client.is_none() {
					client = Some(session.connect_as(vault.clone()).await?);
				}
				let line = line(client.as_ref(), file, *stream, &item).await?;
				match item.state {
					ItemState::Applied => {},
					ItemState::Rejected => tally.count(Kind::Rejected),
					_ => tally.count(Kind::Expired),
				}
				self.print(&line)?;
			}
			Ok(tally)
		};
		tokio::select! {
			result = follow => result,
			result = outbox.run(settings, std::future::pending()) => {
				result?;
				Err(Failure::Other("the outbox has stopped".into()))
			},
			never = print_nodes(nodes, 1, |line| self.progress.suspend(|| output::note(line))) => match never {},
		}
	}

	/// Stores a file that this command sends itself: an object needs a store.
	async fn store(
		&self,
		outbox: &Outbox,
		lane: Option<u32>,
		file: &Path,
		is_demanded: bool,
	) -> Result<Enqueued, Failure> {
		let Self { session, args, stream, supersedes, .. } = self;
		if args.is_object(file, is_demanded).await? {
			session.object_store()?;
		}
		let stored = Stored { stream: *stream, args, lane, supersedes: *supersedes };
		stored.store(outbox, file, is_demanded).await
	}

	/// Waits until an item has ended, and prints why it cannot be sent if that takes long.
	async fn wait(&self, outbox: &Outbox, file: &Path, key: RequestKey) -> Result<Listed, Failure> {
		let mut printed = None;
		loop {
			if let Ok(item) = tokio::time::timeout(PATIENCE, outbox.wait(key)).await {
				return Ok(item?);
			}
			let problem = outbox.status(key).await?.and_then(|item| item.problem);
			if problem != printed {
				if let Some(problem) = &problem {
					self.note(file, problem);
				}
				printed = problem;
			}
		}
	}

	fn note(&self, file: &Path, problem: &str) {
		self.progress.suspend(|| output::note(&format!("error: {}: {problem}", file.display())));
	}

	/// Prints a line. Uploads that were begun are completed, even if nobody reads their outcomes.
	fn print(&self, line: &Line) -> Result<(), Failure> {
		output::ignore_closed(self.progress.suspend(|| self.lines.print(line)))?;
		self.progress.inc(1);
		Ok(())
	}
}

/// Returns the lane in which documents of a stream keep their order. It is always the same, so that a command that is
/// repeated after it was killed fills the positions that were left free, and nothing behind them waits. It is in the
/// upper half, since lanes that are chosen by people are low.
fn lane_of(stream: StreamId) -> u32 {
	let [first, second, ..] = stream.0;
	let half = limits::MAX_LANES / 2;
	half + u32::from(u16::from_le_bytes([first, second])) % half
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

/// What files have in common that are stored in an outbox.
struct Stored<'a> {
	stream: StreamId,
	args: &'a UploadArgs,
	lane: Option<u32>,
	supersedes: Option<RecordId>,
}

impl Stored<'_> {
	/// Stores a file, or what names it if it is uploaded as an object.
	async fn store(
		&self,
		outbox: &Outbox,
		file: &Path,
		is_demanded: bool,
	) -> Result<Enqueued, Failure> {
		let Self { stream, args, lane, supersedes } = *self;
		if args.is_object(file, is_demanded).await? {
			let object = args.object_file(stream, file, supersedes).await?;
			return Ok(outbox.enqueue(&Item { lane, ..Item::object(&object) }).await?);
		}
		let document = document::read(file).await?;
		let upload = args.upload(stream, file, &document, supersedes);
		Ok(outbox.enqueue(&Item { lane, ..Item::upload(upload) }).await?)
	}
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn lanes_of_streams_are_in_the_upper_half() {
		for byte in 0..=u8::MAX {
			let lane = lane_of(StreamId([byte; 32]));
			assert!((512..limits::MAX_LANES).contains(&lane), "{lane}");
			assert_eq!(lane, lane_of(StreamId([byte; 32])));
		}
		assert_ne!(lane_of(StreamId([1; 32])), lane_of(StreamId([2; 32])));
	}
}
