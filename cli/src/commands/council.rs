//! `credio council`.

use crate::{
	exit::Failure,
	output,
	proposal::print_proposal,
	session::Session,
	table::{Cell, Table, head},
};
use clap::{Args, Subcommand};
use credio_client::{
	Motion, Voted,
	primitives::{AccountId, Digest},
};
use serde_json::json;

/// The council: its members, and the motions that it votes on
#[derive(Debug, Subcommand)]
pub(super) enum CouncilCommand {
	Members(MembersArgs),
	Motions(MotionsArgs),
	Vote(VoteArgs),
}

/// List the members of the council, or propose adding or removing one
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio council members\n  credio council members --join 5F…y\n  credio council members --leave 5F…y"
)]
pub(super) struct MembersArgs {
	/// Propose adding this account
	#[arg(long, value_name = "SS58")]
	join: Option<AccountId>,
	/// Propose removing this account
	#[arg(long, value_name = "SS58", conflicts_with = "join")]
	leave: Option<AccountId>,
}

/// List the motions that the council votes on
#[derive(Debug, Args)]
#[command(after_help = "Example: credio council motions")]
pub(super) struct MotionsArgs {}

/// Vote on a motion. The vote that decides it also carries it out
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio council vote 0x8a…01\n  credio council vote 0x8a…01 --nay"
)]
pub(super) struct VoteArgs {
	/// Whole hash of the motion, which identifies its call
	motion: Digest,
	/// Vote against it
	#[arg(long)]
	nay: bool,
}

/// Runs a command on the council.
pub(super) async fn run(session: &Session, command: CouncilCommand) -> Result<(), Failure> {
	match command {
		CouncilCommand::Members(args) => members(session, args).await,
		CouncilCommand::Motions(MotionsArgs {}) => {
			let motions = session.connect_to_read().await?.motions().await?;
			print_motions(session, &motions)
		},
		CouncilCommand::Vote(VoteArgs { motion, nay }) => {
			let voted = session.connect().await?.vote(motion, !nay).await?;
			let (outcome, text) = match voted {
				Voted::CarriedOut => ("carriedOut", "approved and carried out"),
				Voted::Disapproved => ("disapproved", "rejected by the council"),
				Voted::Waits => ("waits", "waits for votes of other members"),
			};
			let shown = json!({ "motion": motion, "outcome": outcome });
			output::item(session.json, &shown, &[("motion", text.to_owned())])
		},
	}
}

async fn members(session: &Session, args: MembersArgs) -> Result<(), Failure> {
	let change = args.join.map(|who| (who, true)).or(args.leave.map(|who| (who, false)));
	let client = match change {
		None => session.connect_to_read().await?,
		Some(_) => session.connect().await?,
	};
	if let Some((account, join)) = change {
		print_proposal(&client.change_council(&account, join).await?);
	}
	let members = client.council().await?;
	session.format().items(&members, || members_table(&members))
}

fn members_table(members: &[AccountId]) -> Table {
	Table::of([head("account")], members, |account| [Cell::value(account)])
}

/// Prints motions one below the other: a vote needs the whole hash, and a call may have many arguments.
fn print_motions(session: &Session, motions: &[Motion]) -> Result<(), Failure> {
	if session.json {
		return motions.iter().try_for_each(output::json_line);
	}
	if motions.is_empty() {
		return output::line("none");
	}
	for (place, motion) in motions.iter().enumerate() {
		if place > 0 {
			output::line("")?;
		}
		let encoded = || format!("{} bytes that cannot be decoded", motion.encoded.0.len());
		let call = motion.call.as_ref().map_or_else(encoded, ToString::to_string);
		let (ayes, nays) = (motion.ayes.len(), motion.nays.len());
		output::lines(&[
			("motion", motion.hash.to_string()),
			("votes", format!("{ayes} for, {nays} against, {} needed", motion.threshold)),
			("ends", format!("at block {}", motion.ends_at)),
		])?;
		call.lines().try_for_each(|line| output::line(&format!("  {line}")))?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;

	#[test]
	fn table_fits() {
		assert_fits(&members_table(&[AccountId::from([0xab; 32])]));
	}
}
