//! Lanes.

use crate::{arguments::LaneCommand, exit::Failure, output, session::Session};

/// Runs a command on lanes.
pub async fn run(session: &Session, command: LaneCommand) -> Result<(), Failure> {
	let client = session.connect().await?;
	match command {
		LaneCommand::Show { lane } => {
			let lane = client.lane(lane).await?;
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
