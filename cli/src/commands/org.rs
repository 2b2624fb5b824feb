//! Organizations, members, keys and quotas.

use super::council::say;
use crate::{arguments::OrgCommand, exit::Failure, output, session::Session};
use credio_client::{
	primitives::{rpc::OrganizationJson, OrganizationId, Quota, Roles},
	Client, NewOrganization, Proposed,
};

/// Runs a command on organizations.
pub async fn run(session: &Session, command: OrgCommand) -> Result<(), Failure> {
	let client = match &command {
		OrgCommand::List
		| OrgCommand::Show { .. }
		| OrgCommand::Members { organization: Some(_), set: None, remove: None, .. }
		| OrgCommand::Keys { organization: Some(_) } => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	match command {
		OrgCommand::List => list(session, &client.organizations().await?),
		OrgCommand::Show { organization } => {
			let id = number(&client, Some(&organization)).await?;
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
		},
		OrgCommand::Register { name, account, encryption_key } => {
			let encryption_key = encryption_key.parse().map_err(|_| {
				Failure::Other("the encryption key is not 0x and 64 hex digits".into())
			})?;
			let new = NewOrganization { name, admin: account, encryption_key, quota: None };
			let proposed = client.register(&new).await?;
			say(&proposed);
			match proposed {
				Proposed::CarriedOut => {
					list(session, &[client.find_organization(&new.name).await?])
				},
				Proposed::Waits(_) => Ok(()),
			}
		},
		OrgCommand::Suspend { organization, end } => {
			let id = number(&client, Some(&organization)).await?;
			say(&match end {
				false => client.suspend(id).await?,
				true => client.reinstate(id).await?,
			});
			let detail = client.organization(id).await?;
			list(session, &[detail.organization])
		},
		OrgCommand::Members { organization, set, roles, remove } => {
			let id = number(&client, organization.as_deref()).await?;
			let members = client.organization(id).await?.member_accounts;
			if let Some(account) = set {
				let has = |role: &str| roles.iter().any(|given| given == role);
				let roles = Roles {
					admin: has("admin"),
					submitter: has("submitter"),
					grantor: has("grantor"),
				};
				match members.iter().any(|member| member.account == account) {
					true => client.set_roles(&account, roles).await?,
					false => client.add_member(&account, roles).await?,
				}
			} else if let Some(account) = remove {
				client.remove_member(&account).await?;
			}
			let members = client.organization(id).await?.member_accounts;
			output::items(session.json, &members, ["account", "roles"], |member| {
				let Roles { admin, submitter, grantor } = member.member.roles;
				let roles = [(admin, "admin"), (submitter, "submitter"), (grantor, "grantor")];
				let held = roles.iter().filter(|(held, _)| *held).map(|(_, name)| *name);
				[member.account.to_string(), held.collect::<Vec<_>>().join(", ")]
			})
		},
		OrgCommand::Keys { organization } => {
			let id = number(&client, organization.as_deref()).await?;
			list(session, &[client.organization(id).await?.organization])
		},
	}
}

/// Number of an organization by name or number; the client's own without one.
pub async fn number(client: &Client, name: Option<&str>) -> Result<OrganizationId, Failure> {
	match name {
		None => Ok(client.organization_id()),
		Some(name) => Ok(client.find_organization(name).await?.id),
	}
}

fn list(session: &Session, organizations: &[OrganizationJson]) -> Result<(), Failure> {
	let columns = ["number", "name", "status", "members", "key version", "encryption key"];
	output::items(session.json, organizations, columns, |organization| {
		[
			organization.id.to_string(),
			organization.name.clone(),
			format!("{:?}", organization.status).to_lowercase(),
			organization.members.to_string(),
			organization.key_version.to_string(),
			organization.encryption_key.public.to_string(),
		]
	})
}

/// Shows a quota, or proposes another one to the council.
pub async fn quota(
	session: &Session,
	organization: Option<String>,
	set: Option<(u64, u64)>,
) -> Result<(), Failure> {
	let client = match (&organization, set) {
		(Some(_), None) => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	let id = number(&client, organization.as_deref()).await?;
	if let Some((bytes, ref_time)) = set {
		say(&client.set_quota(id, Quota { bytes, ref_time }).await?);
	}
	let quota = client.quota(id).await?;
	let share = |used: u64, of: u64| format!("{used} of {of}");
	output::item(
		session.json,
		&quota,
		&[
			("bytes", share(quota.used.bytes, quota.quota.bytes)),
			("weight (ps)", share(quota.used.ref_time, quota.quota.ref_time)),
			("window", format!("{} blocks", quota.window_length)),
			("next window at block", quota.next_window_at.to_string()),
		],
	)
}
