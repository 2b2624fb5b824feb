//! `credio query`.

use crate::{
	exit::Failure,
	names::{BlockTimes, Names},
	resolve,
	session::Session,
	table::{Cell, Table, head, wide},
};
use clap::Args;
use credio_client::primitives::{Entry, EntryBody, KeyEpoch, entry::EntryFilter};

/// List entries of a stream
#[derive(Debug, Args)]
#[command(after_help = "Example: credio query --stream invoices --from 100 --limit 20 --json")]
pub(super) struct QueryArgs {
	/// Stream, by name or id
	#[arg(long, value_name = "NAME_OR_ID")]
	stream: String,
	/// Owner of the stream, if it is another organization's and given by name
	#[arg(long, value_name = "ORG")]
	owner: Option<String>,
	/// First sequence number
	#[arg(long, default_value_t = 0)]
	from: u64,
	/// Most entries
	#[arg(long, default_value_t = 100)]
	limit: usize,
}

/// Lists entries of a stream.
pub(super) async fn run(session: &Session, args: QueryArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let stream = resolve::stream_to_read(&client, &args.stream, args.owner.as_deref()).await?;
	let filter = EntryFilter {
		stream: Some(stream),
		from_sequence: Some(args.from),
		..EntryFilter::default()
	};
	let entries = client.query(&filter, args.limit).await?;
	let (mut names, mut times) = (Names::default(), BlockTimes::default());
	if !session.json {
		names = Names::of_organizations(&client).await;
		times = BlockTimes::load(&client, entries.iter().map(|entry| entry.header.block)).await;
	}
	session.format().items(&entries, || table(&entries, &names, &times))
}

fn table(entries: &[Entry], names: &Names, times: &BlockTimes) -> Table {
	let heads = [
		head("sequence"),
		head("record"),
		head("kind"),
		head("bytes"),
		head("epoch"),
		head("from"),
		head("block"),
		head("time (UTC)"),
		wide("author"),
	];
	Table::of(heads, entries, |Entry { record_id, header }| {
		let (bytes, epoch) = size_and_epoch(&header.body);
		[
			Cell::value(header.sequence),
			Cell::id(record_id),
			Cell::value(kind(&header.body)),
			Cell::optional(bytes),
			Cell::optional(epoch),
			names.organization_cell(header.organization),
			Cell::value(header.block),
			times.cell(header.block),
			Cell::text(&header.author),
		]
	})
}

/// Returns the size in bytes and the key epoch of a record; an anchor has neither.
pub(super) fn size_and_epoch(body: &EntryBody) -> (Option<u64>, Option<KeyEpoch>) {
	match body {
		EntryBody::Record { size, epoch, .. } => (Some((*size).into()), Some(*epoch)),
		EntryBody::Object { size, epoch, .. } => (Some(*size), Some(*epoch)),
		EntryBody::DigestAnchor { .. } | EntryBody::MerkleAnchor { .. } => (None, None),
	}
}

/// Returns the kind of an entry in one word or two.
pub(super) fn kind(body: &EntryBody) -> &'static str {
	match body {
		EntryBody::Record { .. } => "record",
		EntryBody::Object { .. } => "object",
		EntryBody::DigestAnchor { .. } => "anchor",
		EntryBody::MerkleAnchor { .. } => "Merkle anchor",
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};
	use credio_client::primitives::{AccountId, Digest, EntryHeader, RecordId, StreamId};

	fn entry(body: EntryBody) -> Entry {
		let header = EntryHeader {
			stream: StreamId([1; 32]),
			sequence: 9_999_999_999,
			organization: 1,
			author: AccountId::from([1; 32]),
			block: 9_999_999,
			body,
		};
		Entry { record_id: RecordId([0xab; 32]), header }
	}

	#[test]
	fn table_fits() {
		let record = EntryBody::Record {
			epoch: 99_999,
			size: 1 << 30,
			commitment: [0; 32].into(),
			supersedes: None,
		};
		let anchor = EntryBody::MerkleAnchor { root: Digest([0; 32]), leaves: 1 };
		let names = names::tests::longest();
		let times = names::tests::times(9_999_999);
		assert_fits(&table(&[entry(record)], &names, &times));
		assert_fits(&table(&[entry(anchor)], &names, &times));
	}
}
