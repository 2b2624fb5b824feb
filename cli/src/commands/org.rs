//! `credio org`.

use crate::{
	exit::Failure,
	output,
	proposal::print_proposal,
	resolve,
	session::Session,
	table::{Cell, Table, head},
	values,
};
use clap::{Args, Subcommand};
use credio_client::{
	Client, NewOrganization, Proposed,
	primitives::{
		AccountId, Roles,
		rpc::{MemberJson, OrganizationJson},
	},
};

/// Organizations, their members and keys
#[derive(Debug, Subcommand)]
pub(super) enum OrgCommand {
	List(ListArgs),
	Show(ShowArgs),
	Register(RegisterArgs),
	Suspend(SuspendArgs),
	Members(MembersArgs),
	Keys(KeysArgs),
}

/// List organizations
#[derive(Debug, Args)]
#[command(after_help = "Example: credio org list")]
pub(super) struct ListArgs {}

/// Show an organization
#[derive(Debug, Args)]
#[command(after_help = "Example: credio org show funder-one")]
pub(super) struct ShowArgs {
	/// Name or number
	organization: String,
}

/// Propose admitting an organization
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio org register acme --account 5F…y --encryption-key 0x3f…e1\n(`credio vault show` of the new organization prints both)"
)]
pub(super) struct RegisterArgs {
	/// Its name
	name: String,
	/// Account of its first member
	#[arg(long, value_name = "SS58")]
	account: AccountId,
	/// Its encryption key
	#[arg(long, value_name = "HEX")]
	encryption_key: String,
}

/// Propose suspending an organization, or reinstating it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credio org suspend acme\n  credio org suspend acme --end")]
pub(super) struct SuspendArgs {
	/// Name or number
	organization: String,
	/// End the suspension
	#[arg(long)]
	end: bool,
}

/// List the members of an organization, or change yours
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio org members\n  credio org members --set 5F…y --roles submitter,grantor\n  credio org members --remove 5F…y"
)]
pub(super) struct MembersArgs {
	/// Name or number; yours without it
	organization: Option<String>,
	/// Add this account, or set its roles
	#[arg(long, value_name = "SS58", requires = "roles")]
	set: Option<AccountId>,
	/// Its roles: any of admin, submitter, grantor
	#[arg(long, value_delimiter = ',', value_parser = ["admin", "submitter", "grantor"])]
	roles: Vec<String>,
	/// Remove this account
	#[arg(long, value_name = "SS58", conflicts_with = "set")]
	remove: Option<AccountId>,
}

/// Show the encryption key of an organization
#[derive(Debug, Args)]
#[command(after_help = "Example: credio org keys funder-one")]
pub(super) struct KeysArgs {
	/// Name or number; yours without it
	organization: Option<String>,
}

/// Runs a command on organizations.
pub(super) async fn run(session: &Session, command: OrgCommand) -> Result<(), Failure> {
	let client = match &command {
		OrgCommand::List(_)
		| OrgCommand::Show(_)
		| OrgCommand::Members(MembersArgs {
			organization: Some(_), set: None, remove: None, ..
		})
		| OrgCommand::Keys(KeysArgs { organization: Some(_) }) => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	match command {
		OrgCommand::List(ListArgs {}) => list(session, &client.organizations().await?),
		OrgCommand::Show(args) => show(session, &client, &args.organization).await,
		OrgCommand::Register(args) => register(session, &client, args).await,
		OrgCommand::Suspend(SuspendArgs { organization, end }) => {
			let id = resolve::organization(&client, Some(&organization)).await?;
			print_proposal(&match end {
				false => client.suspend(id).await?,
				true => client.reinstate(id).await?,
			});
			list(session, &[client.organization(id).await?.organization])
		},
		OrgCommand::Members(args) => members(session, &client, args).await,
		OrgCommand::Keys(args) => {
			let id = resolve::organization(&client, args.organization.as_deref()).await?;
			let organization = client.organization(id).await?.organization;
			if !session.json {
				let key = organization.encryption_key.public;
				output::lines(&[("encryption key", key.to_string())])?;
			}
			list(session, &[organization])
		},
	}
}

async fn show(session: &Session, client: &Client, name: &str) -> Result<(), Failure> {
	let id = resolve::organization(client, Some(name)).await?;
	let detail = client.organization(id).await?;
	let organization = &detail.organization;
	output::item(
		session.json,
		&detail,
		&[
			("number", organization.id.to_string()),
			("name", organization.name.clone()),
			("status", format!("{:?}", organization.status).to_lowercase()),
			("members", organization.members.to_string()),
			("encryption key", organization.encryption_key.public.to_string()),
			("key version", organization.key_version.to_string()),
		],
	)
}

async fn register(session: &Session, client: &Client, args: RegisterArgs) -> Result<(), Failure> {
	let encryption_key = values::public_key("encryption key", &args.encryption_key)?;
	let new = NewOrganization { name: args.name, admin: args.account, encryption_key, quota: None };
	let proposed = client.register(&new).await?;
	print_proposal(&proposed);
	match proposed {
		Proposed::CarriedOut => list(session, &[client.find_organization(&new.name).await?]),
		Proposed::Waits(_) => Ok(()),
	}
}

async fn members(session: &Session, client: &Client, args: MembersArgs) -> Result<(), Failure> {
	let MembersArgs { organization, set, roles, remove } = args;
	let id = resolve::organization(client, organization.as_deref()).await?;
	let members = client.organization(id).await?.member_accounts;
	if let Some(account) = set {
		let has = |role: &str| roles.iter().any(|given| given == role);
		let roles =
			Roles { admin: has("admin"), submitter: has("submitter"), grantor: has("grantor") };
		match members.iter().any(|member| member.account == account) {
			true => client.set_roles(&account, roles).await?,
			false => client.add_member(&account, roles).await?,
		}
	} else if let Some(account) = remove {
		client.remove_member(&account).await?;
	}
	let members = client.organization(id).await?.member_accounts;
	session.format().items(&members, || members_table(&members))
}

fn members_table(members: &[MemberJson]) -> Table {
	Table::of([head("account"), head("roles")], members, |member| {
		let Roles { admin, submitter, grantor } = member.member.roles;
		let roles = [(admin, "admin"), (submitter, "submitter"), (grantor, "grantor")];
		let held = roles.iter().filter(|(held, _)| *held).map(|(_, name)| *name);
		[Cell::value(&member.account), Cell::value(held.collect::<Vec<_>>().join(", "))]
	})
}

fn list(session: &Session, organizations: &[OrganizationJson]) -> Result<(), Failure> {
	session.format().items(organizations, || table(organizations))
}

fn table(organizations: &[OrganizationJson]) -> Table {
	let heads = [
		head("number"),
		head("name"),
		head("status"),
		head("members"),
		head("key version"),
		head("encryption key"),
	];
	Table::of(heads, organizations, |organization| {
		[
			Cell::value(organization.id),
			Cell::text(&organization.name),
			Cell::value(format!("{:?}", organization.status).to_lowercase()),
			Cell::value(organization.members),
			Cell::value(organization.key_version),
			Cell::id(&organization.encryption_key.public),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;
	use serde_json::json;

	#[test]
	fn table_of_organizations_fits() {
		let organization = json!({
			"id": u32::MAX,
			"name": "n".repeat(64),
			"status": "suspended",
			"members": u32::MAX,
			"keyVersion": u32::MAX,
			"encryptionKey": { "suite": 1, "public": format!("0x{}", "ab".repeat(32)), "since": 1 },
		});
		assert_fits(&table(&[serde_json::from_value(organization).unwrap()]));
	}

	#[test]
	fn table_of_members_fits() {
		let member = json!({
			"account": AccountId::from([0xab; 32]),
			"organization": 1,
			"roles": { "admin": true, "submitter": true, "grantor": true },
			"since": 1,
		});
		assert_fits(&members_table(&[serde_json::from_value(member).unwrap()]));
	}
}
