//! `credio fetch`.

use crate::{exit::Failure, names::Names, output, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::primitives::RecordId;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Fetch and decrypt a record
#[derive(Debug, Args)]
#[command(after_help = "Example: credio fetch 0x8a04c1d2…5e01 -o invoice.xml")]
pub(super) struct FetchArgs {
	/// The record
	record: IdArg<RecordId>,
	/// File to write the document to; - for standard output
	#[arg(short, long, value_name = "FILE")]
	output: PathBuf,
}

/// Fetches and decrypts a record.
pub(super) async fn run(session: &Session, args: FetchArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let record = resolve::record(&client, args.record).await?;
	let fetched = client.fetch(record).await?;
	let (bytes, path) = (&fetched.document.bytes, &args.output);
	if path == Path::new("-") {
		return output::document(bytes);
	}
	credio_files::write(path, bytes).map_err(|error| Failure::file(path, error))?;
	let header = &fetched.entry.header;
	if session.json {
		return output::json_line(&json!({
			"recordId": record,
			"file": path,
			"bytes": bytes.len(),
			"mediaType": fetched.document.media_type,
			"stream": header.stream,
			"sequence": header.sequence,
			"organization": header.organization,
			"block": header.block,
		}));
	}
	let names = Names::of_organizations(&client).await;
	output::lines(&[
		("record", record.to_string()),
		("written", format!("{} ({} bytes)", path.display(), bytes.len())),
		("media type", fetched.document.media_type.clone()),
		("uploaded by", names.organization(header.organization)),
		("verified", "against its commitment on the chain".into()),
	])
}
