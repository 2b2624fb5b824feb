//! `credio quota`.

use crate::{exit::Failure, output, proposal::print_proposal, resolve, session::Session};
use clap::Args;
use credio_client::primitives::Quota;

/// Quota of an organization, and its use
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio quota\n  credio quota channel-one --set-bytes 1073741824 --set-ref-time 300000000000000"
)]
pub(super) struct QuotaArgs {
	/// Organization; yours without it
	organization: Option<String>,
	/// Propose this many bytes per window to the council
	#[arg(long, requires = "set_ref_time")]
	set_bytes: Option<u64>,
	/// Propose this much weight (picoseconds) per window to the council
	#[arg(long, requires = "set_bytes")]
	set_ref_time: Option<u64>,
}

/// Prints a quota, or proposes a new one to the council.
pub(super) async fn run(session: &Session, args: QuotaArgs) -> Result<(), Failure> {
	let QuotaArgs { organization, set_bytes, set_ref_time } = args;
	let set = set_bytes.zip(set_ref_time);
	let client = match (&organization, set) {
		(Some(_), None) => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	let id = resolve::organization(&client, organization.as_deref()).await?;
	if let Some((bytes, ref_time)) = set {
		print_proposal(&client.set_quota(id, Quota { bytes, ref_time }).await?);
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
