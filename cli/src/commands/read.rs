//! Reading: entries, documents, and what comes live.

use super::org::number;
use crate::{exit::Failure, output, session::Session};
use credio_client::{
	primitives::{entry::EntryFilter, Entry, EntryBody, RecordId},
	Client, ConnectError, Error,
};
use std::path::Path;

async fn stream_of(
	client: &Client,
	stream: &str,
	owner: Option<&str>,
) -> Result<credio_client::primitives::StreamId, Failure> {
	let owner = match owner {
		None => None,
		Some(name) => Some(number(client, Some(name)).await?),
	};
	Ok(client.find_stream(stream, owner).await?.id)
}

/// Lists entries of a stream.
pub async fn query(
	session: &Session,
	stream: &str,
	owner: Option<&str>,
	from: u64,
	limit: usize,
) -> Result<(), Failure> {
	let client = session.connect().await?;
	let filter = EntryFilter {
		stream: Some(stream_of(&client, stream, owner).await?),
		from_sequence: Some(from),
		..EntryFilter::default()
	};
	let entries = client.query(&filter, limit).await?;
	let columns = ["sequence", "record", "kind", "bytes", "epoch", "from", "block"];
	output::items(session.json, &entries, columns, row)
}

fn row(entry: &Entry) -> [String; 7] {
	let (kind, bytes, epoch) = match &entry.header.body {
		EntryBody::Record { size, epoch, .. } => ("record", Some(*size), Some(*epoch)),
		EntryBody::DigestAnchor { .. } => ("anchor", None, None),
		EntryBody::MerkleAnchor { .. } => ("Merkle anchor", None, None),
	};
	[
		entry.header.sequence.to_string(),
		entry.record_id.to_string(),
		kind.into(),
		output::or_dash(bytes),
		output::or_dash(epoch),
		entry.header.organization.to_string(),
		entry.header.block.to_string(),
	]
}

/// Prints entries of a stream as they become final.
pub async fn watch(
	session: &Session,
	stream: &str,
	owner: Option<&str>,
	from: u64,
	limit: Option<usize>,
) -> Result<(), Failure> {
	let client = session.connect().await?;
	let stream = stream_of(&client, stream, owner).await?;
	let mut entries = client.watch(stream, from).await?;
	let mut printed = 0usize;
	while limit.is_none_or(|limit| printed < limit) {
		let lost = || Error::Connect(ConnectError::Unreachable("the connection was lost".into()));
		let entry = entries.next().await?.ok_or_else(lost)?;
		match session.json {
			true => output::json_line(&entry)?,
			false => output::line(&row(&entry).join("  "))?,
		}
		printed += 1;
	}
	Ok(())
}

/// Fetches and decrypts a record.
pub async fn fetch(session: &Session, record: RecordId, output: &Path) -> Result<(), Failure> {
	let client = session.connect().await?;
	let fetched = client.fetch(record).await?;
	let bytes = &fetched.document.bytes;
	if output == Path::new("-") {
		return crate::output::document(bytes);
	}
	credio_files::write(output, bytes).map_err(|error| Failure::file(output, error))?;
	let header = &fetched.entry.header;
	crate::output::item(
		session.json,
		&serde_json::json!({
			"recordId": record,
			"file": output,
			"bytes": bytes.len(),
			"mediaType": fetched.document.media_type,
			"stream": header.stream,
			"sequence": header.sequence,
			"organization": header.organization,
			"block": header.block,
		}),
		&[
			("written", format!("{} ({} bytes)", output.display(), bytes.len())),
			("media type", fetched.document.media_type.clone()),
			("uploaded by", format!("organization {}", header.organization)),
			("verified", "against its commitment on the chain".into()),
		],
	)
}
