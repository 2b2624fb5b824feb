//! `credio fetch`.

mod object;

use crate::{exit::Failure, names::Names, output, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::{
	Client,
	primitives::{Entry, EntryBody, RecordId},
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Fetch and decrypt a record
///
/// Objects are read from the object store, or from the servers that their organizations announce. A fetch of an object that
/// was interrupted goes on when it is repeated.
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio fetch 0x8a04c1d2…5e01 -o invoice.xml\n  credio fetch 0x8a04c1d2…5e01 -o part --range 0-1048575"
)]
pub(super) struct FetchArgs {
	/// The record
	record: IdArg<RecordId>,
	/// File to write the document to; - for standard output
	#[arg(short, long, value_name = "FILE")]
	output: PathBuf,
	/// Bytes of the document, the first counted as 0 and the last included. Of an object only the chunks with these bytes are read, and they are
	/// checked against the chain
	#[arg(long, value_name = "FROM-TO", value_parser = object::parse_range)]
	range: Option<object::ByteRange>,
}

/// A document that was written.
struct Written {
	entry: Entry,
	media_type: String,
	bytes: u64,
	verified: &'static str,
}

/// Fetches and decrypts a record.
pub(super) async fn run(session: &Session, args: FetchArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let record = resolve::record(&client, args.record).await?;
	let (path, range) = (args.output.as_path(), args.range);
	let written = match client.record(record).await?.header.body {
		EntryBody::Object { .. } => object::fetch(&client, record, path, range).await?,
		_ => fetch_record(&client, record, path, range).await?,
	};
	match path == Path::new("-") {
		true => Ok(()),
		false => print(session, &client, path, &written).await,
	}
}

async fn fetch_record(
	client: &Client,
	record: RecordId,
	path: &Path,
	range: Option<object::ByteRange>,
) -> Result<Written, Failure> {
	let fetched = client.fetch(record).await?;
	let bytes = match &range {
		Some(range) => range.within(&fetched.document.bytes)?,
		None => &fetched.document.bytes,
	};
	match path == Path::new("-") {
		true => output::document(bytes)?,
		false => credio_files::write(path, bytes).map_err(|error| Failure::file(path, error))?,
	}
	Ok(Written {
		media_type: fetched.document.media_type.clone(),
		bytes: bytes.len() as u64,
		entry: fetched.entry,
		verified: "against its commitment on the chain",
	})
}

async fn print(
	session: &Session,
	client: &Client,
	path: &Path,
	written: &Written,
) -> Result<(), Failure> {
	let Written { entry, media_type, bytes, verified } = written;
	let header = &entry.header;
	if session.json {
		return output::json_line(&json!({
			"recordId": entry.record_id,
			"file": path,
			"bytes": bytes,
			"mediaType": media_type,
			"stream": header.stream,
			"sequence": header.sequence,
			"organization": header.organization,
			"block": header.block,
		}));
	}
	let names = Names::of_organizations(client).await;
	output::lines(&[
		("record", entry.record_id.to_string()),
		("written", format!("{} ({bytes} bytes)", path.display())),
		("media type", media_type.clone()),
		("uploaded by", names.organization(header.organization)),
		("verified", (*verified).into()),
	])
}
