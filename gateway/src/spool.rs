//! Large documents on their way: they lie in a folder that only the gateway reads, until the chain has decided them.

use crate::Problem;
use axum::http::StatusCode;
use bytes::Bytes;
use credio_outbox::Outbox;
use credio_primitives::limits::MAX_OBJECT_DOCUMENT_SIZE;
use futures::{Stream, StreamExt};
use std::{
	fs, io,
	path::{Path, PathBuf},
	time::{Duration, SystemTime},
};
use tokio::{
	fs::OpenOptions,
	io::AsyncWriteExt,
	time::{MissedTickBehavior, interval},
};

/// Ending of the names of documents that are being received.
const RECEIVING: &str = "part";
/// How long a document may take to be received: from then on it is left over.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// How long a received document may take to be in the outbox.
const SOON: Duration = Duration::from_secs(300);
/// Time between two looks for leftovers.
const LOOKS: Duration = Duration::from_secs(60);

/// A received document. It is deleted on drop, unless it is kept.
#[derive(Debug)]
pub(crate) struct Received {
	file: PathBuf,
	is_kept: bool,
}

impl Received {
	/// Receives a document into a folder: its beginning, which was read already, and the rest. It is on the disk when this
	/// returns.
	pub(crate) async fn new(
		folder: &Path,
		beginning: &[u8],
		mut rest: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin,
	) -> Result<Self, Problem> {
		let mut name = [0; 16];
		getrandom::fill(&mut name).map_err(|error| Problem::internal(&error))?;
		let file = folder.join(hex::encode(name));
		let receiving = Self { file: file.with_extension(RECEIVING), is_kept: false };
		let failed = |error: io::Error| Problem::internal(&error);
		let mut to = OpenOptions::new()
			.write(true)
			.create_new(true)
			.mode(0o600)
			.open(&receiving.file)
			.await
			.map_err(failed)?;
		to.write_all(beginning).await.map_err(failed)?;
		let mut length = beginning.len() as u64;
		while let Some(piece) = rest.next().await {
			let piece = piece.map_err(|_| {
				Problem::bad_request("the document was cut off on its way: send it again")
			})?;
			length = length.saturating_add(piece.len() as u64);
			if length > MAX_OBJECT_DOCUMENT_SIZE {
				let detail = format!("the document has more than {MAX_OBJECT_DOCUMENT_SIZE} bytes");
				return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
			}
			to.write_all(&piece).await.map_err(failed)?;
		}
		to.sync_all().await.map_err(failed)?;
		fs::rename(&receiving.file, &file).map_err(failed)?;
		credio_files::sync_folder(folder).map_err(failed)?;
		Ok(Self { file, is_kept: false })
	}

	/// Returns its file.
	pub(crate) fn file(&self) -> &Path {
		&self.file
	}

	/// Keeps it: the outbox has it now.
	pub(crate) fn keep(mut self) {
		self.is_kept = true;
	}
}

impl Drop for Received {
	fn drop(&mut self) {
		if !self.is_kept {
			// A part that was renamed is no more there; what else is left is found later.
			let _ = fs::remove_file(&self.file);
		}
	}
}

/// Deletes documents that were decided, and what a killed process has left, for as long as it is polled.
pub(crate) async fn tidy(tenant: &str, folder: &Path, outbox: &Outbox) {
	let mut looks = interval(LOOKS);
	looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
	loop {
		looks.tick().await;
		if let Err(error) = look(folder, outbox).await {
			tracing::warn!(tenant, %error, "the folder of large documents cannot be tidied");
		}
	}
}

async fn look(
	folder: &Path,
	outbox: &Outbox,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
	let needed = outbox.object_files().await?;
	let now = SystemTime::now();
	for entry in fs::read_dir(folder)? {
		let entry = entry?;
		let file = entry.path();
		let is_receiving = file.extension().is_some_and(|extension| extension == RECEIVING);
		let age = now.duration_since(entry.metadata()?.modified()?).unwrap_or_default();
		let may_take = if is_receiving { LONGEST } else { SOON };
		if age > may_take && !needed.contains(&file) {
			fs::remove_file(&file)?;
		}
	}
	Ok(())
}
