//! `credio revoke`.

use crate::{exit::Failure, output, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::primitives::GrantId;
use serde_json::json;

/// End a grant at once, and open the stream's next key epoch
#[derive(Debug, Args)]
#[command(after_help = "Example: credio revoke 0x77a1b2c3…04d0")]
pub(super) struct RevokeArgs {
	/// The grant
	grant: IdArg<GrantId>,
}

/// Revokes a grant, and prints the other grants of its holder on the same resource.
pub(super) async fn run(session: &Session, args: RevokeArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let grant = resolve::grant(&client, args.grant).await?;
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
