//! `credio renounce`.

use crate::{exit::Failure, output, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::primitives::GrantId;
use serde_json::json;

/// Give up a grant that your organization holds
#[derive(Debug, Args)]
#[command(after_help = "Example: credio renounce 0x77a1b2c3…04d0")]
pub(super) struct RenounceArgs {
	/// The grant
	grant: IdArg<GrantId>,
}

/// Gives up a grant.
pub(super) async fn run(session: &Session, args: RenounceArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let grant = resolve::grant(&client, args.grant).await?;
	client.renounce(grant).await?;
	output::item(
		session.json,
		&json!({ "grantId": grant, "renounced": true }),
		&[("renounced", grant.to_string())],
	)
}
