//! `credio validator`.

use crate::{
	exit::Failure,
	names::BlockTimes,
	output,
	proposal::print_proposal,
	session::Session,
	table::{Cell, Table, head},
	values,
};
use clap::{Args, Subcommand};
use credio_client::{
	Client,
	primitives::{AccountId, rpc::ValidatorJson},
};
use serde_json::json;

/// Validators: who makes blocks and votes on finality
#[derive(Debug, Subcommand)]
pub(super) enum ValidatorCommand {
	List(ListArgs),
	SetKeys(SetKeysArgs),
	Add(AddArgs),
	Remove(RemoveArgs),
	ResumeFinality(ResumeFinalityArgs),
	Reinstate(ReinstateArgs),
}

/// List the validators and their states
#[derive(Debug, Args)]
#[command(after_help = "Example: credio validator list")]
pub(super) struct ListArgs {}

/// Set the session keys of this vault's account. The private keys stay on its node, where `credio-node session-keys` makes
/// them, also while the node runs
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio validator set-keys --session-keys 0x9a…3c --proof 0x5e…81\n(`credio-node session-keys --account 5F…y --keystore-path FOLDER` prints both, on the node's machine)"
)]
pub(super) struct SetKeysArgs {
	/// The public keys
	#[arg(long, value_name = "HEX", requires = "proof", required_unless_present = "own_node")]
	session_keys: Option<String>,
	/// The proof that the node holds the private keys
	#[arg(long, value_name = "HEX", requires = "session_keys")]
	proof: Option<String>,
	/// WebSocket address of the validator's node, which makes the keys; needs a node with --rpc-methods unsafe
	#[arg(long, value_name = "URL", conflicts_with = "session_keys")]
	own_node: Option<String>,
}

/// Propose adding a validator
#[derive(Debug, Args)]
#[command(after_help = "Example: credio validator add 5F…y")]
pub(super) struct AddArgs {
	/// The account, which has set its session keys
	account: AccountId,
}

/// Propose removing a validator
#[derive(Debug, Args)]
#[command(after_help = "Example: credio validator remove 5F…y")]
pub(super) struct RemoveArgs {
	/// The account
	account: AccountId,
}

/// Propose handing finality to the remaining validators, after so many are lost for ever that nothing becomes final. Proofs
/// from before then need a checkpoint
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio validator resume-finality --lost 5F…y --lost 5H…q --last-final 48211"
)]
pub(super) struct ResumeFinalityArgs {
	/// A lost validator, which is removed; may be given several times
	#[arg(long, value_name = "SS58")]
	lost: Vec<AccountId>,
	/// The highest block that is final at any of the remaining validators [default: this node's]
	#[arg(long, value_name = "BLOCK")]
	last_final: Option<u32>,
	/// Blocks from the plan of the change to the first vote; long enough for all remaining nodes to have that block
	#[arg(long, value_name = "BLOCKS", default_value_t = 30)]
	delay: u32,
}

/// Propose reinstating a validator that was disabled for voting twice
#[derive(Debug, Args)]
#[command(after_help = "Example: credio validator reinstate 5F…y")]
pub(super) struct ReinstateArgs {
	/// The account
	account: AccountId,
}

/// Runs a command on validators.
pub(super) async fn run(session: &Session, command: ValidatorCommand) -> Result<(), Failure> {
	let client = match command {
		ValidatorCommand::List(_) => session.connect_to_read().await?,
		_ => session.connect().await?,
	};
	let proposed = match command {
		ValidatorCommand::List(ListArgs {}) => None,
		ValidatorCommand::SetKeys(args) => return set_keys(session, &client, args).await,
		ValidatorCommand::Add(args) => Some(client.add_validator(&args.account).await?),
		ValidatorCommand::Remove(args) => Some(client.remove_validator(&args.account).await?),
		ValidatorCommand::Reinstate(args) => Some(client.reinstate_validator(&args.account).await?),
		ValidatorCommand::ResumeFinality(ResumeFinalityArgs { lost, last_final, delay }) => {
			let last_final = match last_final {
				Some(block) => block,
				None => client.finalized_number().await?,
			};
			Some(client.resume_finality(&lost, last_final, delay).await?)
		},
	};
	if let Some(proposed) = proposed {
		print_proposal(&proposed);
	}
	let validators = client.validators().await?;
	let offences = validators.iter().filter_map(|validator| validator.offence.as_ref());
	let times = match session.json {
		true => BlockTimes::default(),
		false => BlockTimes::load(&client, offences.map(|offence| offence.reported_at)).await,
	};
	session.format().items(&validators, || table(&validators, &times))
}

async fn set_keys(session: &Session, client: &Client, args: SetKeysArgs) -> Result<(), Failure> {
	let keys = if let Some(node) = args.own_node {
		client.rotate_session_keys(&node).await?
	} else {
		let keys = args.session_keys.unwrap_or_default();
		let keys = values::bytes("--session-keys", &keys)?;
		let proof = values::bytes("--proof", &args.proof.unwrap_or_default())?;
		client.set_session_keys(&keys.0, &proof.0).await?;
		keys
	};
	let account = client.account();
	output::item(
		session.json,
		&json!({ "account": account, "keys": keys }),
		&[
			("account", account.to_string()),
			("session keys", json!(keys).as_str().unwrap_or_default().to_owned()),
		],
	)
}

fn table(validators: &[ValidatorJson], times: &BlockTimes) -> Table {
	Table::of([head("account"), head("session keys"), head("state")], validators, |validator| {
		[
			Cell::value(&validator.account),
			Cell::value(if validator.has_keys { "set" } else { "missing" }),
			Cell::text(state(validator, times)),
		]
	})
}

/// Describes the state of a validator.
fn state(validator: &ValidatorJson, times: &BlockTimes) -> String {
	match (&validator.offence, validator.chosen, validator.active) {
		(Some(offence), ..) => {
			format!("voted twice, disabled at {}", times.text(offence.reported_at))
		},
		(None, true, true) => "active".into(),
		(None, true, false) => "joins in a few blocks".into(),
		(None, false, _) => "leaves in a few blocks".into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{names, table::assert_fits};

	#[test]
	fn table_fits() {
		let validator = json!({
			"account": AccountId::from([0xab; 32]),
			"chosen": true,
			"active": true,
			"hasKeys": false,
			"offence": { "session": 1, "reportedAt": u32::MAX },
		});
		let validator = serde_json::from_value(validator).unwrap();
		assert_fits(&table(&[validator], &names::tests::times(u32::MAX)));
	}
}
