//! Grants.

use super::org::number;
use crate::{arguments::GrantArguments, exit::Failure, output, session::Session, time};
use credio_client::{
	primitives::{
		grant::GrantFilter, rpc::GrantJson, GrantId, OrganizationId, Permission, RecordId, Resource,
	},
	Client, Terms,
};
use serde_json::json;

/// Gives a grant, or gives one on.
pub async fn grant(session: &Session, arguments: GrantArguments) -> Result<(), Failure> {
	let client = session.connect().await?;
	let to = number(&client, Some(&arguments.to)).await?;
	let terms = Terms {
		purpose: arguments.purpose,
		end: arguments.end.into(),
		delegable: arguments.delegable,
		from_epoch: arguments.from_epoch,
	};
	let permission = if arguments.append { Permission::Append } else { Permission::Read };
	let id = match (arguments.under, arguments.record, arguments.stream) {
		(Some(parent), ..) => client.delegate(parent, to, &terms).await?,
		(_, Some(record), _) => {
			client.grant(Resource::Record(record), to, permission, &terms).await?
		},
		(.., stream) => {
			let name = stream.unwrap_or_default();
			let stream = client.find_stream(&name, None).await?.id;
			client.grant(Resource::Stream(stream), to, permission, &terms).await?
		},
	};
	show(session, &client, id).await
}

/// Prints one grant.
pub async fn show(session: &Session, client: &Client, id: GrantId) -> Result<(), Failure> {
	let all = client.grants(&GrantFilter::default(), usize::MAX).await?;
	let grants = all.into_iter().filter(|grant| grant.grant_id == id).collect::<Vec<_>>();
	print(session, &grants)
}

/// Ends a grant.
pub async fn revoke(session: &Session, grant: GrantId) -> Result<(), Failure> {
	let client = session.connect().await?;
	let others = client.revoke(grant).await?;
	let ids = others.iter().map(|other| other.grant_id).collect::<Vec<_>>();
	let left = match ids.as_slice() {
		[] => "no other grant on it".into(),
		[other] => format!("another grant on it: {other}"),
		[first, ..] => format!("{} other grants on it, {first} among them", ids.len()),
	};
	output::item(
		session.json,
		&json!({ "grantId": grant, "revoked": true, "stillHeld": ids }),
		&[("revoked", grant.to_string()), ("the organization holds", left)],
	)
}

/// Gives up a grant.
pub async fn renounce(session: &Session, grant: GrantId) -> Result<(), Failure> {
	let client = session.connect().await?;
	client.renounce(grant).await?;
	output::item(
		session.json,
		&json!({ "grantId": grant, "renounced": true }),
		&[("renounced", grant.to_string())],
	)
}

/// Gives the holder of a grant the secrets that it lacks.
pub async fn add_keys(session: &Session, grant: GrantId) -> Result<(), Failure> {
	let client = session.connect().await?;
	let added = client.add_keys(grant).await?;
	output::item(
		session.json,
		&json!({ "grantId": grant, "keys": added }),
		&[("grant", grant.to_string()), ("keys", added.to_string())],
	)
}

/// Lists grants.
pub async fn list(
	session: &Session,
	stream: Option<String>,
	record: Option<RecordId>,
	from: Option<String>,
	to: Option<String>,
	active: bool,
) -> Result<(), Failure> {
	let client = session.connect().await?;
	let stream = match stream {
		None => None,
		Some(name) => Some(client.find_stream(&name, None).await?.id),
	};
	let filter = GrantFilter {
		stream,
		record,
		grantor: organization(&client, from).await?,
		grantee: organization(&client, to).await?,
		active,
	};
	print(session, &client.grants(&filter, usize::MAX).await?)
}

async fn organization(
	client: &Client,
	name: Option<String>,
) -> Result<Option<OrganizationId>, Failure> {
	match name {
		None => Ok(None),
		Some(name) => number(client, Some(&name)).await.map(Some),
	}
}

fn print(session: &Session, grants: &[GrantJson]) -> Result<(), Failure> {
	let columns = ["grant", "from", "to", "resource", "allows", "until", "status", "purpose"];
	output::items(session.json, grants, columns, |grant| {
		[
			grant.grant_id.to_string(),
			grant.grantor.to_string(),
			grant.grantee.to_string(),
			resource(&grant.resource),
			format!("{:?}", grant.permission).to_lowercase(),
			output::or_dash(grant.expires_at.map(time::shown)),
			format!("{:?}", grant.status).to_lowercase(),
			grant.purpose.clone(),
		]
	})
}

/// A resource in one word.
pub fn resource(resource: &Resource) -> String {
	match resource {
		Resource::Stream(stream) => format!("stream {stream}"),
		Resource::Record(record) => format!("record {record}"),
	}
}
