//! `credio access`.

use super::grants::print_grant;
use crate::{
	exit::Failure,
	names::{BlockTimes, Names},
	options::EndOptions,
	output, resolve,
	session::Session,
	table::{Cell, Table, head, wide},
	values::id::IdArg,
};
use clap::{Args, Subcommand};
use credio_client::{
	Client, Terms,
	primitives::{
		AccessRequestId, Permission, RecordId, Resource,
		grant::AccessRequestFilter,
		rpc::{AccessRequestJson, AccessRequestStateJson},
	},
};
use serde_json::json;

/// Request access, and answer requests for it
#[derive(Debug, Subcommand)]
pub(super) enum AccessCommand {
	Request(RequestArgs),
	List(ListArgs),
	Approve(ApproveArgs),
	Deny(DenyArgs),
}

/// Ask the owner of a stream or record for a grant
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio access request --stream invoices --owner channel-one --purpose 'assess for funding'"
)]
pub(super) struct RequestArgs {
	/// Stream, by id, or by name with --owner
	#[arg(long, value_name = "NAME_OR_ID", required_unless_present = "record")]
	stream: Option<String>,
	/// Owner of the stream
	#[arg(long, value_name = "ORG")]
	owner: Option<String>,
	/// One record, by its whole id
	#[arg(long, value_name = "RECORD_ID", conflicts_with = "stream")]
	record: Option<RecordId>,
	/// Why; public to all members
	#[arg(long)]
	purpose: String,
	/// Ask to append instead of to read
	#[arg(long, conflicts_with = "record")]
	append: bool,
}

/// List access requests from and to your organization
#[derive(Debug, Args)]
#[command(after_help = "Example: credio access list --pending")]
pub(super) struct ListArgs {
	/// Only pending requests
	#[arg(long)]
	pending: bool,
}

/// Approve an access request
#[derive(Debug, Args)]
#[command(after_help = "Example: credio access approve 0x19f0e2d4…b7c4 --for 30d")]
pub(super) struct ApproveArgs {
	/// The access request
	request: IdArg<AccessRequestId>,
	#[command(flatten)]
	end: EndOptions,
	/// Let the grantee delegate the grant
	#[arg(long)]
	delegable: bool,
	/// First key epoch that the grant covers [default: 0 to read, the current one to append]
	#[arg(long, value_name = "EPOCH")]
	from_epoch: Option<u32>,
}

/// Deny an access request
#[derive(Debug, Args)]
#[command(after_help = "Example: credio access deny 0x19f0e2d4…b7c4 --reason 'no contract'")]
pub(super) struct DenyArgs {
	/// The access request
	request: IdArg<AccessRequestId>,
	/// Why; public to all members
	#[arg(long)]
	reason: String,
}

/// Runs a command on access requests.
pub(super) async fn run(session: &Session, command: AccessCommand) -> Result<(), Failure> {
	let client = session.connect().await?;
	match command {
		AccessCommand::Request(args) => request(session, &client, args).await,
		AccessCommand::List(args) => list(session, &client, args.pending).await,
		AccessCommand::Approve(args) => approve(session, &client, args).await,
		AccessCommand::Deny(DenyArgs { request, reason }) => {
			let request = resolve::access_request(&client, request).await?;
			client.deny(request, &reason).await?;
			output::item(
				session.json,
				&json!({ "accessRequestId": request, "denied": true, "reason": reason }),
				&[("denied", request.to_string()), ("reason", reason.clone())],
			)
		},
	}
}

async fn request(session: &Session, client: &Client, args: RequestArgs) -> Result<(), Failure> {
	let resource = match (args.record, args.stream) {
		(Some(record), _) => Resource::Record(record),
		(None, stream) => {
			let name = stream.unwrap_or_default();
			let owner = args.owner.as_deref();
			Resource::Stream(resolve::stream_to_read(client, &name, owner).await?)
		},
	};
	let permission = if args.append { Permission::Append } else { Permission::Read };
	let id = client.request_access(resource, permission, &args.purpose).await?;
	output::item(
		session.json,
		&json!({ "accessRequestId": id, "resource": resource, "purpose": args.purpose }),
		&[("access request", id.to_string()), ("purpose", args.purpose.clone())],
	)
}

async fn approve(session: &Session, client: &Client, args: ApproveArgs) -> Result<(), Failure> {
	let request = resolve::access_request(client, args.request).await?;
	let terms = Terms {
		purpose: String::new(),
		end: args.end.into(),
		delegable: args.delegable,
		from_epoch: args.from_epoch,
	};
	let grant = client.approve(request, &terms).await?;
	print_grant(session, client, grant).await
}

async fn list(session: &Session, client: &Client, pending: bool) -> Result<(), Failure> {
	let ours = Some(client.organization_id());
	let from = AccessRequestFilter { requester: ours, pending, ..AccessRequestFilter::default() };
	let to = AccessRequestFilter { owner: ours, pending, ..AccessRequestFilter::default() };
	let mut requests: Vec<AccessRequestJson> = client.access_requests(&from, usize::MAX).await?;
	requests.extend(client.access_requests(&to, usize::MAX).await?);
	let (mut names, mut times) = (Names::default(), BlockTimes::default());
	if !session.json {
		names = Names::load(client).await;
	}
	if session.format().wide {
		let blocks = requests.iter().map(|request| request.requested_at);
		times = BlockTimes::load(client, blocks).await;
	}
	session.format().items(&requests, || table(&requests, &names, &times))
}

fn table(requests: &[AccessRequestJson], names: &Names, times: &BlockTimes) -> Table {
	let heads = [
		head("access request"),
		head("from"),
		head("to"),
		head("resource"),
		head("wants to"),
		head("answer"),
		head("purpose"),
		wide("requested at"),
		wide("time (UTC)"),
	];
	Table::of(heads, requests, |request| {
		[
			Cell::id(&request.access_request_id),
			names.organization_cell(request.requester),
			names.organization_cell(request.owner),
			names.resource_cell(&request.resource),
			Cell::value(format!("{:?}", request.permission).to_lowercase()),
			answer(&request.state),
			Cell::prose(&request.purpose),
			Cell::value(request.requested_at),
			times.cell(request.requested_at),
		]
	})
}

fn answer(state: &AccessRequestStateJson) -> Cell {
	match state {
		AccessRequestStateJson::Pending => Cell::value("pending"),
		AccessRequestStateJson::Approved { grant_id } => {
			Cell::texts("approved", format_args!("approved: {grant_id}"))
		},
		AccessRequestStateJson::Denied { reason } => Cell::prose(format_args!("denied: {reason}")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};
	use credio_client::primitives::GrantId;

	#[test]
	fn table_fits() {
		let (names, times) = (names::tests::longest(), names::tests::times(u32::MAX));
		let states = [
			AccessRequestStateJson::Pending,
			AccessRequestStateJson::Approved { grant_id: GrantId([1; 32]) },
			AccessRequestStateJson::Denied { reason: "r".repeat(256) },
		];
		for state in states {
			for resource in
				[Resource::Stream(names::tests::STREAM), Resource::Record(RecordId([1; 32]))]
			{
				let request = AccessRequestJson {
					access_request_id: AccessRequestId([0xab; 32]),
					requester: 1,
					owner: 2,
					resource,
					permission: Permission::Append,
					purpose: "p".repeat(256),
					state: state.clone(),
					requested_at: u32::MAX,
					removable_at: 0,
				};
				assert_fits(&table(&[request], &names, &times));
			}
		}
	}
}
