//! `credio erasures`.

mod apply;

use crate::{
	exit::Failure,
	names::{BlockTimes, Names},
	session::Session,
	table::{Cell, Table, head, wide},
};
use clap::{Args, Subcommand};
use credio_client::{Client, primitives::object::NamedErasure};

/// List erased objects, and who has deleted its copies; or delete the copies of this organization
#[derive(Debug, Args)]
#[command(
	args_conflicts_with_subcommands = true,
	after_help = "Examples:\n  credio erasures --from 120\n  credio erasures apply --index acme.index --acknowledge"
)]
pub(super) struct ErasuresArgs {
	#[command(subcommand)]
	command: Option<ErasuresCommand>,
	/// Number of the first erasure
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	from: u64,
	/// Most erasures
	#[arg(long, value_name = "N", default_value_t = 256)]
	limit: usize,
}

/// Commands on erasures.
#[derive(Debug, Subcommand)]
pub(super) enum ErasuresCommand {
	Apply(apply::ApplyArgs),
}

/// Lists erasures, or carries them out.
pub(super) async fn run(session: &Session, args: ErasuresArgs) -> Result<(), Failure> {
	if let Some(ErasuresCommand::Apply(args)) = args.command {
		return apply::run(session, args).await;
	}
	let client = session.connect_to_read().await?;
	let (mut found, mut from) = (Vec::new(), args.from);
	while found.len() < args.limit {
		let page = client.erasures(from).await?;
		let Some(last) = page.last() else { break };
		from = last.number.saturating_add(1);
		found.extend(page);
	}
	found.truncate(args.limit);
	print(session, &client, &found).await
}

/// Prints erasures.
pub(super) async fn print(
	session: &Session,
	client: &Client,
	erasures: &[NamedErasure],
) -> Result<(), Failure> {
	let (mut names, mut times) = (Names::default(), BlockTimes::default());
	if !session.json {
		names = Names::load(client).await;
		times = BlockTimes::load(client, erasures.iter().map(|erasure| erasure.block)).await;
	}
	session.format().items(erasures, || table(erasures, &names, &times))
}

fn table(erasures: &[NamedErasure], names: &Names, times: &BlockTimes) -> Table {
	let heads = [
		head("number"),
		head("record"),
		head("stream"),
		head("block"),
		wide("time (UTC)"),
		head("acknowledged by"),
		wide("signed by"),
	];
	Table::of(heads, erasures, |erasure| {
		let by = erasure.acknowledgements.iter();
		let by = by.map(|given| names.organization(given.organization)).collect::<Vec<_>>();
		let by = if by.is_empty() { "nobody".into() } else { by.join(", ") };
		[
			Cell::value(erasure.number),
			Cell::id(&erasure.record_id),
			Cell::text(names.stream(erasure.stream)),
			Cell::value(erasure.block),
			times.cell(erasure.block),
			Cell::text(&by),
			Cell::text(&erasure.author),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};
	use credio_client::primitives::{AccountId, RecordId, StreamId, object::Acknowledgement};

	#[test]
	fn table_fits() {
		let erasure = NamedErasure {
			number: 99_999,
			record_id: RecordId([0xab; 32]),
			stream: StreamId([1; 32]),
			sequence: 9_999_999_999,
			author: AccountId::from([1; 32]),
			block: 9_999_999,
			acknowledgements: vec![Acknowledgement { organization: 1, block: 9_999_999 }; 20],
		};
		let (names, times) = (names::tests::longest(), names::tests::times(9_999_999));
		assert_fits(&table(&[erasure], &names, &times));
	}
}
