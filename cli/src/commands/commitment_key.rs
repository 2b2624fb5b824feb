//! `credio commitment-key`.

use crate::{exit::Failure, output, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::primitives::RecordId;
use serde_json::json;

/// Print the commitment key of a record, with which others can verify the document
#[derive(Debug, Args)]
#[command(after_help = "Example: credio commitment-key 0x8a04c1d2…5e01")]
pub(super) struct CommitmentKeyArgs {
	/// The record
	record: IdArg<RecordId>,
}

/// Prints the commitment key of a record.
pub(super) async fn run(session: &Session, args: CommitmentKeyArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let record = resolve::record(&client, args.record).await?;
	let key = client.commitment_key(record).await?.reveal();
	match session.json {
		true => output::json_line(&json!({ "recordId": record, "commitmentKey": key })),
		false => output::line(&key),
	}
}
