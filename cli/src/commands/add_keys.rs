//! `credio add-keys`.

use crate::{exit::Failure, output, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::primitives::GrantId;
use serde_json::json;

/// Give the holder of a grant on a stream the secrets that it lacks, such as those of key epochs opened without it
#[derive(Debug, Args)]
#[command(after_help = "Example: credio add-keys 0x77a1b2c3…04d0")]
pub(super) struct AddKeysArgs {
	/// The grant
	grant: IdArg<GrantId>,
}

/// Adds the missing secrets to a grant, and prints their number.
pub(super) async fn run(session: &Session, args: AddKeysArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let grant = resolve::grant(&client, args.grant).await?;
	let added = client.add_keys(grant).await?;
	output::item(
		session.json,
		&json!({ "grantId": grant, "keys": added }),
		&[("grant", grant.to_string()), ("keys", added.to_string())],
	)
}
