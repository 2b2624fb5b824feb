//! `credio grant`.

use super::grants::print_grant;
use crate::{exit::Failure, options::EndOptions, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::{
	Terms,
	primitives::{GrantId, Permission, RecordId, Resource},
};

/// Give an organization a grant to read, or to append
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio grant --stream invoices --to funder-one --purpose 'assess for funding' --for 30d"
)]
pub(super) struct GrantArgs {
	/// Stream, by name or id
	#[arg(long, value_name = "NAME_OR_ID", required_unless_present_any = ["record", "under"])]
	stream: Option<String>,
	/// One record
	#[arg(long, value_name = "RECORD_ID", conflicts_with = "stream")]
	record: Option<IdArg<RecordId>>,
	/// Delegate under this grant, which your organization holds
	#[arg(long, value_name = "GRANT_ID", conflicts_with_all = ["stream", "record"])]
	under: Option<IdArg<GrantId>>,
	/// Organization that receives it
	#[arg(long, value_name = "ORG")]
	to: String,
	/// Why; public to all members
	#[arg(long)]
	purpose: String,
	#[command(flatten)]
	end: EndOptions,
	/// Let the grantee delegate it
	#[arg(long)]
	delegable: bool,
	/// Allow to append instead of to read
	#[arg(long, conflicts_with_all = ["record", "under"])]
	append: bool,
	/// First key epoch that it covers [default: the current one]
	#[arg(long, value_name = "EPOCH")]
	from_epoch: Option<u32>,
}

/// Gives a grant, or delegates one, and prints it.
pub(super) async fn run(session: &Session, args: GrantArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let to = resolve::organization(&client, Some(&args.to)).await?;
	let terms = Terms {
		purpose: args.purpose,
		end: args.end.into(),
		delegable: args.delegable,
		from_epoch: args.from_epoch,
	};
	let permission = if args.append { Permission::Append } else { Permission::Read };
	let id = match (args.under, args.record, args.stream) {
		(Some(parent), ..) => {
			let parent = resolve::grant(&client, parent).await?;
			client.delegate(parent, to, &terms).await?
		},
		(_, Some(record), _) => {
			let record = resolve::record(&client, record).await?;
			client.grant(Resource::Record(record), to, permission, &terms).await?
		},
		(.., stream) => {
			let stream = resolve::stream(&client, &stream.unwrap_or_default(), None).await?;
			client.grant(Resource::Stream(stream), to, permission, &terms).await?
		},
	};
	print_grant(session, &client, id).await
}
