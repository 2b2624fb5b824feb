//! `credio upload` without an outbox; with one, it is in `outbox/upload.rs`.

use crate::{
	document,
	exit::{Failure, Kind},
	output, resolve,
	session::Session,
	table::{Cell, ID, Rows},
	values::id::IdArg,
};
use clap::Args;
use credio_client::{
	Client, Error, ObjectUpload, Outcome, SubmitError, Upload,
	objects::{Described, Source},
	primitives::{BlockNumber, RecordId, RequestKey, StreamId, limits::MAX_DOCUMENT_SIZE},
};
use credio_outbox::ObjectFile;
use futures::StreamExt;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
	path::{Path, PathBuf},
	sync::Arc,
};
use tokio::sync::Semaphore;

/// Uploads in flight: enough to fill blocks, few enough to bound memory.
const IN_FLIGHT: usize = 200;
/// Objects in flight: each takes some 50 MB.
const OBJECTS_IN_FLIGHT: usize = 2;

/// Upload documents, encrypted, and wait until they are final
///
/// Several documents are appended in the given order, in a lane: by default in one of 512 to 1023 that the stream
/// decides. With --outbox they are in no order unless --lane is given, and documents over 64 KiB stay in their files until
/// they are sent.
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio upload --stream invoices march/*.xml\n  credio upload --stream invoices --lane 7 --outbox acme.outbox march/*.xml"
)]
pub(super) struct UploadArgs {
	/// Stream, by name or id
	#[arg(long, value_name = "NAME_OR_ID")]
	pub stream: String,
	/// Owner of the stream, if it is another organization's and given by name
	#[arg(long, value_name = "ORG")]
	pub owner: Option<String>,
	/// Business key of the upload, such as an invoice number; for one file only
	#[arg(long)]
	pub key: Option<String>,
	/// Media type [default: by the file's extension]
	#[arg(long)]
	pub media_type: Option<String>,
	/// The record that this one replaces; for one file only
	#[arg(long, value_name = "RECORD_ID")]
	pub supersedes: Option<IdArg<RecordId>>,
	/// Lane: the documents are applied in the given order, after everything sent in the lane before
	#[arg(long, value_name = "N")]
	pub lane: Option<u32>,
	/// Upload as objects, sealed in the object store, whatever their size: objects can be erased. Documents over 64 KiB are
	/// objects anyway, and all documents of a stream that demands objects
	#[arg(long)]
	pub object: bool,
	/// Append the documents in any order, which is faster: of two versions of an invoice either may be the current one
	#[arg(long, conflicts_with = "lane")]
	pub unordered: bool,
	/// Store the documents here first, encrypted, so that a crash loses none: a file, or postgres://…
	#[arg(long, env = "CREDIO_OUTBOX", value_name = "FILE_OR_URL")]
	pub outbox: Option<String>,
	/// Only store them; `credio outbox run` sends them
	#[arg(long, requires = "outbox")]
	pub no_wait: bool,
	/// Documents, in their order
	#[arg(required = true, value_name = "FILE")]
	pub files: Vec<PathBuf>,
}

impl UploadArgs {
	/// Whether the documents go through an outbox: one that was given, or one in memory that keeps the order of a lane.
	pub(super) fn uses_outbox(&self) -> bool {
		let is_ordered = self.lane.is_some() || self.files.len() > 1 && !self.unordered;
		self.outbox.is_some() || is_ordered
	}

	/// Checks that options for one file are not given for several.
	///
	/// # Errors
	///
	/// Fails if they are.
	pub(super) fn check(&self) -> Result<(), Failure> {
		let is_for_one = self.key.is_some() || self.supersedes.is_some();
		match is_for_one && self.files.len() > 1 {
			true => Err(Failure::Other("--key and --supersedes are for one file".into())),
			false => Ok(()),
		}
	}

	/// Whether a file is uploaded as an object.
	///
	/// # Errors
	///
	/// Fails if the file cannot be read.
	pub(super) async fn is_object(&self, file: &Path, is_demanded: bool) -> Result<bool, Failure> {
		let is_wanted = self.object || is_demanded;
		Ok(is_wanted || document::size(file).await? > MAX_DOCUMENT_SIZE.into())
	}

	/// Returns the upload of a file as an object.
	fn object_upload<'a>(
		&'a self,
		session: &Session,
		stream: StreamId,
		file: &'a Path,
		supersedes: Option<RecordId>,
	) -> Result<ObjectUpload<'a>, Failure> {
		Ok(ObjectUpload {
			stream,
			key: self.key.as_deref().map(str::as_bytes),
			media_type: self.media_type(file),
			source: Source::File(file.into()),
			supersedes,
			store: Arc::new(session.object_store()?),
		})
	}

	/// Reads a file that is uploaded as an object by an outbox.
	pub(super) async fn object_file(
		&self,
		stream: StreamId,
		file: &Path,
		supersedes: Option<RecordId>,
	) -> Result<ObjectFile, Failure> {
		let file = std::path::absolute(file).map_err(|error| Failure::file(file, error))?;
		let described = Described::of(&Source::File(file.clone()), self.media_type(&file)).await;
		let described = described.map_err(Error::Object)?;
		let key = self.key.as_deref().map(|key| key.as_bytes().to_vec());
		Ok(ObjectFile { stream, key, file, described, supersedes })
	}

	/// Returns the media type of a file.
	fn media_type(&self, file: &Path) -> &str {
		self.media_type.as_deref().unwrap_or_else(|| document::media_type(file))
	}

	/// Returns the upload of a file with this content.
	pub(super) fn upload<'a>(
		&'a self,
		stream: StreamId,
		file: &'a Path,
		document: &'a [u8],
		supersedes: Option<RecordId>,
	) -> Upload<'a> {
		Upload {
			stream,
			key: self.key.as_deref().map(str::as_bytes),
			media_type: self.media_type(file),
			document,
			supersedes,
		}
	}
}

/// Uploads files, and prints the outcome of each once it is final.
pub(super) async fn run(session: &Session, args: UploadArgs) -> Result<(), Failure> {
	args.check()?;
	let client = session.connect().await?;
	let stream = resolve::stream(&client, &args.stream, args.owner.as_deref()).await?;
	let supersedes = resolve::optional_record(&client, args.supersedes.clone()).await?;
	// Opens a key epoch that is due once, before many uploads find that it is.
	client.ensure_writable(stream).await?;
	let is_demanded = client.stream(stream).await?.demands_objects;

	let total = args.files.len();
	let progress = ProgressBar::new(total as u64);
	progress.set_style(
		ProgressStyle::with_template("{bar:40} {pos}/{len} final, {per_sec}, {eta} left {msg}")
			.unwrap_or_else(|_| ProgressStyle::default_bar()),
	);
	let room = Semaphore::new(OBJECTS_IN_FLIGHT);
	let mut outcomes = futures::stream::iter(&args.files)
		.map(|file| {
			let one = One { session, client: &client, args: &args, stream, supersedes };
			let (progress, room) = (&progress, &room);
			async move { (file, one.upload(file, is_demanded, room, progress).await) }
		})
		.buffer_unordered(IN_FLIGHT);
	let lines = Lines::new(session);
	lines.print_head()?;
	let (mut failed, mut kind) = (0usize, None);
	while let Some((file, outcome)) = outcomes.next().await {
		if !matches!(outcome, Ok(Outcome::Applied(_))) {
			failed += 1;
			kind = kind.or(Some(match &outcome {
				Ok(_) => Kind::Rejected,
				Err(failure) => failure.explain().kind,
			}));
			if let Err(error) = &outcome {
				progress.suspend(|| {
					output::note(&format!("error: {}: {}", file.display(), error.with_hint()))
				});
			}
		}
		// Uploads that were begun are completed, even if nobody reads their outcomes.
		let line = Line::new(file, stream, &outcome);
		output::ignore_closed(progress.suspend(|| lines.print(&line)))?;
		progress.inc(1);
	}
	progress.finish_and_clear();
	kind.map_or(Ok(()), |kind| Err(Failure::Uploads { failed, total, kind }))
}

/// The upload of one file, and what it shares with others.
struct One<'a> {
	session: &'a Session,
	client: &'a Client,
	args: &'a UploadArgs,
	stream: StreamId,
	supersedes: Option<RecordId>,
}

impl One<'_> {
	async fn upload(
		&self,
		file: &Path,
		is_demanded: bool,
		room: &Semaphore,
		progress: &ProgressBar,
	) -> Result<Outcome, Failure> {
		if self.args.is_object(file, is_demanded).await? {
			let _room = room.acquire().await;
			return self.upload_object(file, progress).await;
		}
		let document = document::read(file).await?;
		let upload = self.args.upload(self.stream, file, &document, self.supersedes);
		Ok(self.client.upload(&upload).await?)
	}

	/// Uploads a file as an object, and shows how much of it is stored.
	async fn upload_object(&self, file: &Path, progress: &ProgressBar) -> Result<Outcome, Failure> {
		let upload = self.args.object_upload(self.session, self.stream, file, self.supersedes)?;
		let size = document::size(file).await?;
		let show = |stored: u64| {
			let (stored, size) = (HumanBytes(stored), HumanBytes(size));
			progress.set_message(format!("{stored} of {size} stored"));
		};
		let outcome = self.client.upload_object(&upload, &show).await;
		progress.set_message("");
		Ok(outcome?)
	}
}

/// The outcome of one upload.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
	pub block: Option<BlockNumber>,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub error: Option<Value>,
	pub file: String,
	pub outcome: Value,
	pub record_id: Option<RecordId>,
	pub request_key: Option<RequestKey>,
	pub sequence: Option<u64>,
	pub stream: StreamId,
}

impl Line {
	/// Returns the line of an upload without an outcome.
	pub(super) fn of(file: &Path, stream: StreamId) -> Self {
		Self {
			block: None,
			error: None,
			file: file.display().to_string(),
			outcome: Value::Null,
			record_id: None,
			request_key: None,
			sequence: None,
			stream,
		}
	}

	pub(super) fn new(file: &Path, stream: StreamId, outcome: &Result<Outcome, Failure>) -> Self {
		let line = Self::of(file, stream);
		match outcome {
			Ok(Outcome::Applied(uploaded)) => Self {
				block: Some(uploaded.block),
				outcome: "applied".into(),
				record_id: Some(uploaded.record_id),
				request_key: Some(uploaded.request_key),
				sequence: Some(uploaded.sequence),
				stream: uploaded.stream,
				..line
			},
			Ok(Outcome::Rejected(status)) => {
				let receipt = status.receipt.as_ref();
				Self {
					block: receipt.map(|receipt| receipt.block),
					error: Some(json!(receipt.and_then(|receipt| receipt.error.clone()))),
					outcome: "rejected".into(),
					request_key: Some(status.request_key),
					..line
				}
			},
			Err(error) => Self {
				error: Some(json!({ "description": error.with_hint() })),
				outcome: match error {
					Failure::Sdk(Error::Submit(SubmitError::Expired(_))) => "expired".into(),
					_ => "failed".into(),
				},
				..line
			},
		}
	}
}

/// Prints uploads one by one, as JSON or as rows of a table.
pub(super) struct Lines {
	json: bool,
	rows: Rows<5>,
}

impl Lines {
	/// Prints as the session asks for.
	pub(super) fn new(session: &Session) -> Self {
		let format = session.format();
		Self { json: format.json, rows: rows(format.wide) }
	}

	/// Prints the head of the table.
	pub(super) fn print_head(&self) -> Result<(), Failure> {
		match self.json {
			true => Ok(()),
			false => output::ignore_closed(output::line(&self.rows.head())),
		}
	}

	/// Prints the outcome of one upload.
	pub(super) fn print(&self, line: &Line) -> Result<(), Failure> {
		match self.json {
			true => output::json_line(line),
			false => output::line(&self.rows.row(&cells(line))),
		}
	}
}

const fn rows(is_wide: bool) -> Rows<5> {
	let columns = [("record", ID), ("sequence", 8), ("block", 8), ("outcome", 12), ("file", 0)];
	Rows::new(columns, is_wide)
}

fn cells(line: &Line) -> [Cell; 5] {
	[
		Cell::optional_id(line.record_id),
		Cell::optional(line.sequence),
		Cell::optional(line.block),
		Cell::value(line.outcome.as_str().unwrap_or("-")),
		Cell::path(line.file.as_ref()),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::WIDTH;

	fn args(arguments: &[&str]) -> Result<UploadArgs, clap::Error> {
		#[derive(clap::Parser)]
		struct Parser {
			#[command(flatten)]
			args: UploadArgs,
		}
		let all = ["upload", "--stream", "invoices"].iter().chain(arguments);
		<Parser as clap::Parser>::try_parse_from(all).map(|parser| parser.args)
	}

	#[test]
	fn several_documents_keep_their_order_unless_told_otherwise() {
		let uses_outbox = |arguments: &[&str]| args(arguments).unwrap().uses_outbox();
		assert!(uses_outbox(&["first.xml", "corrected.xml"]));
		assert!(!uses_outbox(&["first.xml", "other.xml", "--unordered"]));
		assert!(!uses_outbox(&["first.xml"]));
		assert!(uses_outbox(&["first.xml", "--lane", "7"]));
		assert!(args(&["first.xml", "--lane", "7", "--unordered"]).is_err());
	}

	#[test]
	fn rows_fit() {
		let path = PathBuf::from("folder/".repeat(60)).join("invoice.xml");
		let line = Line {
			block: Some(u32::MAX),
			outcome: "undetermined".into(),
			record_id: Some(RecordId([0xab; 32])),
			sequence: Some(u64::MAX),
			..Line::of(&path, StreamId([1; 32]))
		};
		let text = rows(false).row(&cells(&line));
		assert!(text.chars().count() <= WIDTH, "{text}");
		assert!(text.starts_with("0xabababab…abab") && text.ends_with("/invoice.xml"));
	}

	#[test]
	fn failed_uploads_have_a_description_and_no_record() {
		let failure = Err(Failure::Sdk(SubmitError::Expired(RequestKey([1; 32])).into()));
		let line = json!(Line::new(Path::new("a.xml"), StreamId([1; 32]), &failure));
		assert_eq!(line["outcome"], "expired");
		assert!(line["recordId"].is_null() && line["requestKey"].is_null());
		assert!(line["error"]["description"].as_str().is_some_and(|text| text.contains("expired")));
	}
}
