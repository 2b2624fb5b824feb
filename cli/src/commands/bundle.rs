//! `credio bundle`.

mod file;

use crate::{
	exit::Failure,
	names::Names,
	options::DeadlineOptions,
	output, resolve,
	session::Session,
	table::{Cell, Table, head},
	values::{id::IdArg, time},
};
use clap::{Args, Subcommand};
use credio_client::{
	Client, Deadline, NewBundle,
	primitives::{
		BlockNumber, BundleId, Digest, Moment, RecordId,
		bundle::{BundleFilter, BundleStatus, Consent},
		rpc::{BundleDetailJson, BundleJson},
	},
};
use file::BundleFile;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Calls of several organizations that apply together or not at all
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
	Propose(ProposeArgs),
	Prepare(PrepareArgs),
	Show(ShowArgs),
	Consent(ConsentArgs),
	Withdraw(WithdrawArgs),
	List(ListArgs),
}

/// Propose a bundle, and consent to it for your organization
#[derive(Debug, Args)]
#[command(after_help = file::HELP)]
pub(super) struct ProposeArgs {
	/// The calls of each organization, in TOML
	file: PathBuf,
	#[command(flatten)]
	deadline: DeadlineOptions,
}

/// Print your organization's leg of a file with its calls encoded, for another organization to propose
#[derive(Debug, Args)]
#[command(after_help = "Example: credio bundle prepare our-leg.toml >> deal.toml")]
pub(super) struct PrepareArgs {
	/// As for propose, with your organization's leg only
	file: PathBuf,
}

/// Show a bundle: the calls of each organization, and the consents
#[derive(Debug, Args)]
#[command(after_help = "Example: credio bundle show 0x5e6fa0b1…c321")]
pub(super) struct ShowArgs {
	/// The bundle
	bundle: BundleArg,
}

/// Consent to a bundle for your organization; the last consent executes it
#[derive(Debug, Args)]
#[command(after_help = "Example: credio bundle consent 0x5e6fa0b1…c321 --digest 0x90…4a")]
pub(super) struct ConsentArgs {
	/// The bundle
	bundle: BundleArg,
	/// Its whole digest, as `credio bundle show` prints it with the calls
	#[arg(long, value_name = "HEX")]
	digest: Digest,
}

/// Withdraw your organization's consent, unless the last one has arrived
#[derive(Debug, Args)]
#[command(after_help = "Example: credio bundle withdraw 0x5e6fa0b1…c321")]
pub(super) struct WithdrawArgs {
	/// The bundle
	bundle: BundleArg,
}

/// List the bundles that an organization takes part in
#[derive(Debug, Args)]
#[command(after_help = "Example: credio bundle list --status open")]
pub(super) struct ListArgs {
	/// The organization; yours without it
	organization: Option<String>,
	/// Only bundles that it proposed
	#[arg(long)]
	proposed: bool,
	/// Only bundles with this status
	#[arg(long, value_parser = ["open", "executed", "aborted", "expired"])]
	status: Option<String>,
}

type BundleArg = IdArg<BundleId>;

/// Runs a command on bundles.
pub(super) async fn run(session: &Session, command: BundleCommand) -> Result<(), Failure> {
	let client = session.connect().await?;
	match command {
		BundleCommand::Propose(ProposeArgs { file, deadline }) => {
			propose(session, &client, &file, deadline.deadline()).await
		},
		BundleCommand::Prepare(PrepareArgs { file }) => prepare(&client, &file).await,
		BundleCommand::Show(ShowArgs { bundle }) => {
			let bundle = resolve::bundle(&client, bundle).await?;
			show(session, &client, bundle).await
		},
		BundleCommand::Consent(ConsentArgs { bundle, digest }) => {
			let bundle = resolve::bundle(&client, bundle).await?;
			let bundle = client.consent(bundle, digest).await?;
			print(session, &client, &bundle, &[]).await
		},
		BundleCommand::Withdraw(WithdrawArgs { bundle }) => {
			let bundle = resolve::bundle(&client, bundle).await?;
			let bundle = client.withdraw(bundle).await?;
			print(session, &client, &bundle, &[]).await
		},
		BundleCommand::List(ListArgs { organization, proposed, status }) => {
			let organization = Some(resolve::organization(&client, organization.as_deref()).await?);
			let filter = BundleFilter {
				organization,
				proposer: organization.filter(|_| proposed),
				status: status.as_deref().and_then(status_named),
			};
			list(session, &client, &filter).await
		},
	}
}

/// Proposes the bundle of a file, with the deadline of the file unless another is given.
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

/// Prints a leg as another file may contain it.
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
	let names = Names::of_organizations(client).await;
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
		output::line(&format!("{} {consent}", names.organization(leg.organization)))?;
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

/// Returns the bundle as JSON, with each call decoded beside its bytes.
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

/// Prints the state of a bundle.
///
/// # Errors
///
/// Fails for an aborted bundle, after it was printed.
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
		let mut lines = lines(bundle, &Names::of_organizations(client).await);
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
		("proposer", names.organization(bundle.proposer)),
		("proposed", moment_and_block(bundle.proposed_time, bundle.proposed_at)),
		("deadline", time::shown(bundle.deadline)),
		("consents", consents(bundle)),
	];
	if let Some(abort) = &bundle.abort {
		let organization = abort.organization.map(|organization| names.organization(organization));
		lines.push(("failed leg", output::or_dash(organization)));
		lines.push(("failed call", abort.call_index.to_string()));
		lines.push(("error", format!("{} ({})", abort.error.name, abort.error.description)));
	}
	lines
}

async fn list(session: &Session, client: &Client, filter: &BundleFilter) -> Result<(), Failure> {
	let bundles = client.bundles(filter, usize::MAX).await?;
	let names = match session.json {
		true => Names::default(),
		false => Names::of_organizations(client).await,
	};
	session.format().items(&bundles, || table(&bundles, &names))
}

fn table(bundles: &[BundleJson], names: &Names) -> Table {
	let heads = [
		head("bundle"),
		head("status"),
		head("since (UTC)"),
		head("proposer"),
		head("deadline (UTC)"),
		head("consents"),
	];
	Table::of(heads, bundles, |bundle| {
		[
			Cell::id(&bundle.bundle_id),
			Cell::value(format!("{:?}", bundle.status).to_lowercase()),
			Cell::value(time::minute(bundle.decided_time.unwrap_or(bundle.proposed_time))),
			names.organization_cell(bundle.proposer),
			Cell::value(time::minute(bundle.deadline)),
			Cell::value(consents(bundle)),
		]
	})
}

fn status(bundle: &BundleJson) -> String {
	let status = format!("{:?}", bundle.status).to_lowercase();
	match bundle.decided_time.zip(bundle.decided_at) {
		Some((moment, block)) => format!("{status} at {}", moment_and_block(moment, block)),
		None => status,
	}
}

/// Formats a moment, with the block that was made then.
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};

	#[test]
	fn table_fits() {
		let bundle = json!({
			"bundleId": BundleId([0xab; 32]),
			"proposer": 1,
			"proposedBy": credio_client::primitives::AccountId::from([1; 32]),
			"proposedAt": u32::MAX,
			"proposedTime": 1_795_771_920_000_u64,
			"deadline": 1_795_771_920_000_u64,
			"digest": Digest([0; 32]),
			"parties": [],
			"status": "executed",
			"decidedAt": null,
			"decidedTime": null,
			"abort": null,
		});
		let bundle = serde_json::from_value(bundle).unwrap();
		assert_fits(&table(&[bundle], &names::tests::longest()));
	}
}
