//! Access requests.

use super::{
	grants::{resource, show},
	org::number,
};
use crate::{arguments::AccessCommand, exit::Failure, output, session::Session};
use credio_client::{
	primitives::{
		grant::AccessRequestFilter,
		rpc::{AccessRequestJson, AccessRequestStateJson},
		Permission, Resource,
	},
	Client, Terms,
};
use serde_json::json;

/// Runs a command on access requests.
pub async fn run(session: &Session, command: AccessCommand) -> Result<(), Failure> {
	let client = session.connect().await?;
	match command {
		AccessCommand::Request { stream, owner, record, purpose, append } => {
			let owner = match owner {
				None => None,
				Some(name) => Some(number(&client, Some(&name)).await?),
			};
			let resource = match (record, stream) {
				(Some(record), _) => Resource::Record(record),
				(None, stream) => {
					let name = stream.unwrap_or_default();
					Resource::Stream(client.find_stream(&name, owner).await?.id)
				},
			};
			let permission = if append { Permission::Append } else { Permission::Read };
			let id = client.request_access(resource, permission, &purpose).await?;
			output::item(
				session.json,
				&json!({ "accessRequestId": id, "resource": resource, "purpose": purpose }),
				&[("access request", id.to_string()), ("purpose", purpose.clone())],
			)
		},
		AccessCommand::List { pending } => list(session, &client, pending).await,
		AccessCommand::Approve { request, end, delegable, from_epoch } => {
			let terms = Terms { purpose: String::new(), end: end.into(), delegable, from_epoch };
			let grant = client.approve(request, &terms).await?;
			show(session, &client, grant).await
		},
		AccessCommand::Deny { request, reason } => {
			client.deny(request, &reason).await?;
			output::item(
				session.json,
				&json!({ "accessRequestId": request, "denied": true, "reason": reason }),
				&[("denied", request.to_string()), ("reason", reason.clone())],
			)
		},
	}
}

async fn list(session: &Session, client: &Client, pending: bool) -> Result<(), Failure> {
	let ours = Some(client.organization_id());
	let from = AccessRequestFilter { requester: ours, pending, ..AccessRequestFilter::default() };
	let to = AccessRequestFilter { owner: ours, pending, ..AccessRequestFilter::default() };
	let mut requests: Vec<AccessRequestJson> = client.access_requests(&from, usize::MAX).await?;
	requests.extend(client.access_requests(&to, usize::MAX).await?);
	let columns = ["access request", "from", "to", "resource", "wants to", "answer", "purpose"];
	output::items(session.json, &requests, columns, |request| {
		[
			request.access_request_id.to_string(),
			request.requester.to_string(),
			request.owner.to_string(),
			resource(&request.resource),
			format!("{:?}", request.permission).to_lowercase(),
			match &request.state {
				AccessRequestStateJson::Pending => "pending".into(),
				AccessRequestStateJson::Approved { grant_id } => format!("approved: {grant_id}"),
				AccessRequestStateJson::Denied { reason } => format!("denied: {reason}"),
			},
			request.purpose.clone(),
		]
	})
}
