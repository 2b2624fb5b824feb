//! Bundles.

use super::org::number;
use crate::{
	arguments::BundleCommand, bundle_file::BundleFile, exit::Failure, output, session::Session,
	time,
};
use credio_client::{
	primitives::{
		bundle::{BundleFilter, BundleStatus, Consent},
		rpc::{BundleDetailJson, BundleJson},
		BlockNumber, BundleId, Moment, OrganizationId, RecordId,
	},
	Client, Deadline, NewBundle,
};
use serde_json::{json, Value};
use std::{collections::HashMap, path::Path};

type Names = HashMap<OrganizationId, String>;

/// Runs a command on bundles.
pub async fn run(session: &Session, command: BundleCommand) -> Result<(), Failure> {
	let client = session.connect().await?;
	match command {
		BundleCommand::Propose { file, deadline } => {
			propose(session, &client, &file, deadline.deadline()).await
		},
		BundleCommand::Prepare { file } => prepare(&client, &file).await,
		BundleCommand::Show { bundle } => show(session, &client, bundle).await,
		BundleCommand::Consent { bundle, digest } => {
			let bundle = client.consent(bundle, digest).await?;
			print(session, &client, &bundle, &[]).await
		},
		BundleCommand::Withdraw { bundle } => {
			let bundle = client.withdraw(bundle).await?;
			print(session, &client, &bundle, &[]).await
		},
		BundleCommand::List { organization, proposed, status } => {
			let organization = Some(number(&client, organization.as_deref()).await?);
			let filter = BundleFilter {
				organization,
				proposer: organization.filter(|_| proposed),
				status: status.as_deref().and_then(status_named),
			};
			list(session, &client, &filter).await
		},
	}
}

/// Proposes what a file says, with its deadline unless another is given.
async fn propose(
	session: &Session,
	client: &Client,
	file: &Path,
	deadline: Option<Deadline>,
) -> Result<(), Failure> {
	let file = BundleFile::read(file).await?;
	let deadline = deadline.map_or_else(|| file.deadline(), Ok)?;
	let key = client.bundle_key(file.key.as_deref().map(str::as_bytes)).await?;
	let encoded = file.encode(client, &key).await?;
	let bundle = client.propose_bundle(&NewBundle { key, deadline, legs: encoded.legs }).await?;
	print(session, client, &bundle, &encoded.record_ids).await
}

/// Prints the leg in the form in which it stands in another file.
async fn prepare(client: &Client, file: &Path) -> Result<(), Failure> {
	let file = BundleFile::read(file).await?;
	let key = client.bundle_key(file.key.as_deref().map(str::as_bytes)).await?;
	let encoded = file.encode(client, &key).await?;
	for leg in encoded.legs {
		output::line("[[legs]]")?;
		output::line(&format!("organization = {}", leg.organization))?;
		for call in leg.calls {
			output::line("")?;
			if let Some(described) = client.describe(&call.call.0).await {
				described
					.to_string()
					.lines()
					.try_for_each(|line| output::line(&format!("# {line}")))?;
			}
			output::line("[[legs.calls]]")?;
			output::line("call = \"encoded\"")?;
			output::line(&format!("bytes = \"0x{}\"", hex::encode(&call.call.0)))?;
			if let Some(runtime) = call.encoded_for {
				output::line(&format!("runtime = \"{runtime}\""))?;
			}
		}
	}
	encoded.record_ids.iter().try_for_each(|record| output::line(&format!("# appends {record}")))
}

async fn show(session: &Session, client: &Client, id: BundleId) -> Result<(), Failure> {
	let detail = client.bundle(id).await?;
	if session.json {
		return output::json_line(&with_calls(client, &detail).await?);
	}
	let names = names(client).await?;
	output::item(false, &detail.bundle, &lines(&detail.bundle, &names))?;
	for (leg, party) in detail.legs.iter().zip(&detail.bundle.parties) {
		let consent = match &party.consent {
			Some(consent) => {
				let Consent { account, block, time } = consent;
				format!("consented at {} by {account}", moment_and_block(*time, *block))
			},
			None => "has not consented".into(),
		};
		output::line("")?;
		output::line(&format!("{} {consent}", name(&names, leg.organization)))?;
		for (index, call) in leg.calls.iter().enumerate() {
			let shown = match client.describe(&call.0).await {
				Some(described) => described.to_string(),
				None => format!("unknown: 0x{}", hex::encode(&call.0)),
			};
			let mut lines = shown.lines();
			let first = lines.next().unwrap_or_default();
			output::line(&format!("  {index}. {first}"))?;
			lines.try_for_each(|line| output::line(&format!("    {line}")))?;
		}
	}
	Ok(())
}

/// The bundle as JSON, with each call in words beside its bytes.
async fn with_calls(client: &Client, detail: &BundleDetailJson) -> Result<Value, Failure> {
	let mut shown =
		serde_json::to_value(detail).map_err(|error| Failure::Other(error.to_string()))?;
	let mut legs = Vec::new();
	for leg in &detail.legs {
		let mut calls = Vec::new();
		for call in &leg.calls {
			let described = client.describe(&call.0).await;
			calls.push(json!({
				"encoded": call,
				"call": described.as_ref().map(|described| &described.call),
				"arguments": described.as_ref().map(|described| &described.arguments),
			}));
		}
		legs.push(json!({ "organization": leg.organization, "calls": calls }));
	}
	shown["legs"] = legs.into();
	Ok(shown)
}

/// Prints where a bundle stands. One that was aborted is a failure, after it was printed.
async fn print(
	session: &Session,
	client: &Client,
	bundle: &BundleJson,
	record_ids: &[RecordId],
) -> Result<(), Failure> {
	if session.json {
		let mut line =
			serde_json::to_value(bundle).map_err(|error| Failure::Other(error.to_string()))?;
		if !record_ids.is_empty() {
			line["recordIds"] = json!(record_ids);
		}
		output::json_line(&line)?;
	} else {
		let mut lines = lines(bundle, &names(client).await?);
		lines.extend(record_ids.iter().map(|id| ("appends", id.to_string())));
		output::item(false, bundle, &lines)?;
	}
	match &bundle.abort {
		None => Ok(()),
		Some(abort) => Err(Failure::Aborted(format!(
			"call {} of leg {} failed with {} ({})",
			abort.call_index, abort.leg, abort.error.name, abort.error.description
		))),
	}
}

fn lines(bundle: &BundleJson, names: &Names) -> Vec<(&'static str, String)> {
	let mut lines = vec![
		("bundle", bundle.bundle_id.to_string()),
		("digest", bundle.digest.to_string()),
		("status", status(bundle)),
		("proposer", name(names, bundle.proposer)),
		("proposed", moment_and_block(bundle.proposed_time, bundle.proposed_at)),
		("deadline", time::shown(bundle.deadline)),
		("consents", consents(bundle)),
	];
	if let Some(abort) = &bundle.abort {
		let organization = abort.organization.map(|organization| name(names, organization));
		lines.push(("failed leg", output::or_dash(organization)));
		lines.push(("failed call", abort.call_index.to_string()));
		lines.push(("error", format!("{} ({})", abort.error.name, abort.error.description)));
	}
	lines
}

async fn list(session: &Session, client: &Client, filter: &BundleFilter) -> Result<(), Failure> {
	let bundles = client.bundles(filter, usize::MAX).await?;
	let names = if session.json { Names::new() } else { names(client).await? };
	output::items(
		session.json,
		&bundles,
		["bundle", "status", "proposer", "deadline", "consents"],
		|bundle| {
			[
				bundle.bundle_id.to_string(),
				status(bundle),
				name(&names, bundle.proposer),
				time::shown(bundle.deadline),
				consents(bundle),
			]
		},
	)
}

async fn names(client: &Client) -> Result<Names, Failure> {
	let organizations = client.organizations().await?;
	Ok(organizations.into_iter().map(|organization| (organization.id, organization.name)).collect())
}

fn name(names: &Names, organization: OrganizationId) -> String {
	names.get(&organization).cloned().unwrap_or_else(|| organization.to_string())
}

fn status(bundle: &BundleJson) -> String {
	let status = format!("{:?}", bundle.status).to_lowercase();
	match bundle.decided_time.zip(bundle.decided_at) {
		Some((moment, block)) => format!("{status} at {}", moment_and_block(moment, block)),
		None => status,
	}
}

/// A moment, with the block that was made then.
fn moment_and_block(moment: Moment, block: BlockNumber) -> String {
	format!("{} (block {block})", time::shown(moment))
}

fn consents(bundle: &BundleJson) -> String {
	let given = bundle.parties.iter().filter(|party| party.consent.is_some()).count();
	format!("{given} of {}", bundle.parties.len())
}

fn status_named(name: &str) -> Option<BundleStatus> {
	match name {
		"open" => Some(BundleStatus::Open),
		"executed" => Some(BundleStatus::Executed),
		"aborted" => Some(BundleStatus::Aborted),
		"expired" => Some(BundleStatus::Expired),
		_ => None,
	}
}
