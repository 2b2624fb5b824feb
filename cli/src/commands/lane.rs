//! `credio lane`.

use crate::{exit::Failure, output, session::Session};
use clap::{Args, Subcommand};

/// Lanes, which apply requests in order
#[derive(Debug, Subcommand)]
pub(super) enum LaneCommand {
	Show(ShowArgs),
}

/// Show the next position of a lane
#[derive(Debug, Args)]
#[command(after_help = "Example: credio lane show 7")]
pub(super) struct ShowArgs {
	/// Number of the lane, from 0 to 1023
	lane: u32,
}

/// Runs a command on lanes.
pub(super) async fn run(session: &Session, command: LaneCommand) -> Result<(), Failure> {
	let client = session.connect().await?;
	match command {
		LaneCommand::Show(args) => {
			let lane = client.lane(args.lane).await?;
			output::item(
				session.json,
				&lane,
				&[
					("lane", lane.lane.to_string()),
					("next position", lane.next.to_string()),
					("at the best block", lane.next_at_best.to_string()),
				],
			)
		},
	}
}
