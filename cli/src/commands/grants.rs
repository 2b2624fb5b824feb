//! `credio grants`.

use crate::{
	exit::Failure,
	names::{BlockTimes, Names},
	output, resolve,
	session::Session,
	table::{Cell, Table, head, wide},
	values::{id::IdArg, time},
};
use clap::Args;
use credio_client::{
	Client,
	primitives::{GrantId, GrantStatus, RecordId, grant::GrantFilter, rpc::GrantJson},
};

/// List grants
#[derive(Debug, Args)]
#[command(after_help = "Example: credio grants --stream invoices --active")]
pub(super) struct GrantsArgs {
	/// On this stream
	#[arg(long, value_name = "NAME_OR_ID")]
	stream: Option<String>,
	/// On this record
	#[arg(long, value_name = "RECORD_ID", conflicts_with = "stream")]
	record: Option<IdArg<RecordId>>,
	/// Given by this organization
	#[arg(long, value_name = "ORG")]
	from: Option<String>,
	/// Held by this organization
	#[arg(long, value_name = "ORG")]
	to: Option<String>,
	/// Only active grants
	#[arg(long)]
	active: bool,
}

/// Lists grants.
pub(super) async fn run(session: &Session, args: GrantsArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let stream = match args.stream {
		None => None,
		Some(name) => Some(resolve::stream_to_read(&client, &name, None).await?),
	};
	let filter = GrantFilter {
		stream,
		record: resolve::optional_record(&client, args.record).await?,
		grantor: resolve::optional_organization(&client, args.from.as_deref()).await?,
		grantee: resolve::optional_organization(&client, args.to.as_deref()).await?,
		active: args.active,
	};
	print(session, &client, &client.grants(&filter, usize::MAX).await?).await
}

/// Prints one grant with its whole id.
pub(super) async fn print_grant(
	session: &Session,
	client: &Client,
	id: GrantId,
) -> Result<(), Failure> {
	let all = client.grants(&GrantFilter::default(), usize::MAX).await?;
	let grants = all.into_iter().filter(|grant| grant.grant_id == id).collect::<Vec<_>>();
	if !session.json {
		output::lines(&[("grant", id.to_string())])?;
	}
	print(session, client, &grants).await
}

async fn print(session: &Session, client: &Client, grants: &[GrantJson]) -> Result<(), Failure> {
	let (mut names, mut times) = (Names::default(), BlockTimes::default());
	if !session.json {
		names = Names::load(client).await;
	}
	if session.format().wide {
		times = BlockTimes::load(client, grants.iter().map(|grant| grant.granted_at)).await;
	}
	session.format().items(grants, || table(grants, &names, &times))
}

fn table(grants: &[GrantJson], names: &Names, times: &BlockTimes) -> Table {
	let heads = [
		head("grant"),
		head("from"),
		head("to"),
		head("resource"),
		head("allows"),
		head("until (UTC)"),
		head("status"),
		head("purpose"),
		wide("from epoch"),
		wide("delegable"),
		wide("under"),
		wide("granted at"),
		wide("time (UTC)"),
	];
	Table::of(heads, grants, |grant| {
		[
			Cell::id(&grant.grant_id),
			names.organization_cell(grant.grantor),
			names.organization_cell(grant.grantee),
			names.resource_cell(&grant.resource),
			Cell::value(format!("{:?}", grant.permission).to_lowercase()),
			Cell::optional(grant.expires_at.map(time::minute)),
			status(grant.status),
			Cell::prose(&grant.purpose),
			Cell::value(grant.from_epoch),
			Cell::value(if grant.delegable { "yes" } else { "no" }),
			Cell::optional_id(grant.parent),
			Cell::value(grant.granted_at),
			times.cell(grant.granted_at),
		]
	})
}

fn status(status: GrantStatus) -> Cell {
	match status {
		GrantStatus::Active => Cell::value("active"),
		GrantStatus::Expired => Cell::value("expired"),
		GrantStatus::ParentEnded => Cell::texts("ended", "parent ended"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};
	use credio_client::primitives::{Permission, Resource, StreamId};

	fn grant(resource: Resource) -> GrantJson {
		GrantJson {
			grant_id: GrantId([0xab; 32]),
			grantor: 1,
			grantee: 2,
			resource,
			permission: Permission::Append,
			from_epoch: u32::MAX,
			purpose: "p".repeat(256),
			expires_at: Some(1_795_771_920_000),
			delegable: true,
			parent: Some(GrantId([1; 32])),
			granted_at: u32::MAX,
			access_request: None,
			status: GrantStatus::ParentEnded,
		}
	}

	#[test]
	fn table_fits() {
		let (names, times) = (names::tests::longest(), names::tests::times(u32::MAX));
		let resources = [
			Resource::Stream(names::tests::STREAM),
			Resource::Stream(StreamId([1; 32])),
			Resource::Record(RecordId([1; 32])),
		];
		for resource in resources {
			assert_fits(&table(&[grant(resource)], &names, &times));
		}
	}
}
