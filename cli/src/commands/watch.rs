//! `credio watch`.

use super::query::{kind, size_and_epoch};
use crate::{
	exit::Failure,
	names::Names,
	output, resolve,
	session::Session,
	table::{Cell, ID, Rows},
};
use clap::Args;
use credio_client::{ConnectError, Error, primitives::Entry};

/// Print entries of a stream as they become final, until interrupted
#[derive(Debug, Args)]
#[command(after_help = "Example: credio watch --stream invoices --from 0")]
pub(super) struct WatchArgs {
	/// Stream, by name or id
	#[arg(long, value_name = "NAME_OR_ID")]
	stream: String,
	/// Owner of the stream, if it is another organization's and given by name
	#[arg(long, value_name = "ORG")]
	owner: Option<String>,
	/// First sequence number
	#[arg(long, default_value_t = 0)]
	from: u64,
	/// Stop after this many entries
	#[arg(long)]
	limit: Option<usize>,
}

/// Prints entries of a stream as they become final.
pub(super) async fn run(session: &Session, args: WatchArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let stream = resolve::stream_to_read(&client, &args.stream, args.owner.as_deref()).await?;
	let mut entries = client.watch(stream, args.from).await?;
	let mut names = Names::default();
	let rows = rows(session.format().wide);
	if !session.json {
		names = Names::of_organizations(&client).await;
		output::line(&rows.head())?;
	}
	let mut printed = 0usize;
	while args.limit.is_none_or(|limit| printed < limit) {
		let lost = || Error::Connect(ConnectError::Unreachable("the connection was lost".into()));
		let entry = entries.next().await?.ok_or_else(lost)?;
		match session.json {
			true => output::json_line(&entry)?,
			false => output::line(&rows.row(&row(&entry, &names)))?,
		}
		printed += 1;
	}
	Ok(())
}

const fn rows(is_wide: bool) -> Rows<7> {
	let columns = [
		("sequence", 8),
		("record", ID),
		("kind", 13),
		("bytes", 7),
		("epoch", 5),
		("block", 8),
		("from", 0),
	];
	Rows::new(columns, is_wide)
}

fn row(Entry { record_id, header }: &Entry, names: &Names) -> [Cell; 7] {
	let (bytes, epoch) = size_and_epoch(&header.body);
	[
		Cell::value(header.sequence),
		Cell::id(record_id),
		Cell::value(kind(&header.body)),
		Cell::optional(bytes),
		Cell::optional(epoch),
		Cell::value(header.block),
		names.organization_cell(header.organization),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::WIDTH};
	use credio_client::primitives::{
		AccountId, Digest, EntryBody, EntryHeader, RecordId, StreamId,
	};

	#[test]
	fn rows_fit() {
		let body = EntryBody::MerkleAnchor { root: Digest([0; 32]), leaves: 1 };
		let header = EntryHeader {
			stream: StreamId([1; 32]),
			sequence: u64::MAX,
			organization: 1,
			author: AccountId::from([1; 32]),
			block: u32::MAX,
			body,
		};
		let entry = Entry { record_id: RecordId([0xab; 32]), header };
		let line = rows(false).row(&row(&entry, &names::tests::longest()));
		assert!(line.chars().count() <= WIDTH, "{line}");
	}
}
