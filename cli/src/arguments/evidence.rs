//! Arguments of evidence and checkpoints.

use clap::{Args, Subcommand};
use credio_client::primitives::{GrantId, RecordId, RequestKey};
use std::path::PathBuf;

/// What is trusted beside the chain's specification.
#[derive(Debug, Default, Args)]
pub struct TrustArguments {
	/// Start from this checkpoint, which the council has signed, instead of genesis; may be given more than once, the oldest
	/// first, if the council has changed in between
	#[arg(long = "checkpoint", value_name = "FILE")]
	pub checkpoints: Vec<PathBuf>,
	/// Start from this checkpoint, which you have written yourself by --write-checkpoint. Nobody has to have signed it: all
	/// of it is believed
	#[arg(long, value_name = "FILE")]
	pub trusted_checkpoint: Option<PathBuf>,
}

/// Checkpoints.
#[derive(Debug, Subcommand)]
pub enum CheckpointCommand {
	/// Make a checkpoint of the newest final block, for the council to sign. Its validators and its council are proven,
	/// unless the node is believed
	#[command(after_help = "Example: credio checkpoint make -o checkpoint.json")]
	Make {
		/// Where to write it
		#[arg(short, long, value_name = "FILE")]
		output: PathBuf,
	},
	/// Sign a checkpoint as a seat of the council, once block, validators and council are proven to be those of the chain,
	/// or, if the node is believed, are those that it has
	#[command(
		after_help = "Examples:\n  credio checkpoint sign checkpoint.json\n  credio checkpoint sign checkpoint.json --offline"
	)]
	Sign {
		/// The checkpoint, to which the signature is added
		file: PathBuf,
		/// Ask no node: you have checked it in another way
		#[arg(long)]
		offline: bool,
	},
	/// Put the signatures of several copies into the first one
	#[command(
		after_help = "Example: credio checkpoint merge checkpoint.json from-acme.json from-bank.json"
	)]
	Merge {
		/// The checkpoint that gets them
		file: PathBuf,
		/// Copies of it that others have signed
		#[arg(required = true, value_name = "COPY")]
		copies: Vec<PathBuf>,
	},
	/// Start from here in place of what was verified last: from a checkpoint that the council has signed, or from genesis by a
	/// chain specification that you trust
	#[command(
		after_help = "Examples:\n  credio checkpoint trust --chain chain.json\n  credio checkpoint trust checkpoint.json\nCommands that read by proof go on from there. What is kept is beside the vault, or in --verified FILE."
	)]
	Trust {
		/// Checkpoints that the council has signed, the oldest first
		#[arg(value_name = "FILE", required_unless_present = "chain")]
		files: Vec<PathBuf>,
		/// Chain specification, raw, which you trust [default: what was verified last]
		#[arg(long, value_name = "FILE")]
		chain: Option<PathBuf>,
	},
	/// Check without a network whether enough seats of the council have signed a checkpoint
	#[command(
		after_help = "Examples:\n  credio checkpoint verify checkpoint.json --chain chain.json\n  credio checkpoint verify later.json --chain chain.json --checkpoint checkpoint.json"
	)]
	Verify {
		/// The checkpoint
		file: PathBuf,
		/// Chain specification, raw, which you trust
		#[arg(long, value_name = "FILE")]
		chain: PathBuf,
		/// What is trusted before it.
		#[command(flatten)]
		trust: TrustArguments,
	},
}

/// What evidence to make.
#[derive(Debug, Args)]
pub struct EvidenceArguments {
	/// To verify evidence instead
	#[command(subcommand)]
	pub command: Option<EvidenceCommand>,
	/// The record or anchor
	#[arg(required = true)]
	pub record: Option<RecordId>,
	/// Where to write the evidence
	#[arg(short, long, value_name = "FILE", required = true)]
	pub output: Option<PathBuf>,
	/// Put the commitment key into it, so that whoever has the document can check it. It opens nothing
	#[arg(long)]
	pub with_key: bool,
	/// The commitment key to put into it; without it, the record is fetched to derive it
	#[arg(long, value_name = "HEX")]
	pub commitment_key: Option<String>,
	/// Put the document itself into it, in plain, with the commitment key
	#[arg(long, value_name = "FILE")]
	pub with_document: Option<PathBuf>,
	/// Proof of a document under a Merkle anchor
	#[arg(long, value_name = "FILE")]
	pub proof: Option<PathBuf>,
	/// Key of the request that brought the record, to prove what became of it
	#[arg(long, value_name = "HEX")]
	pub request: Option<RequestKey>,
	/// A grant that was once given, to prove whether it holds; may be given more than once
	#[arg(long = "grant", value_name = "GRANT_ID")]
	pub grants: Vec<GrantId>,
	/// Chain specification, raw, as the verifier has it [default: genesis as the node has it]
	#[arg(long, value_name = "FILE")]
	pub chain: Option<PathBuf>,
	/// From where the proof of finality starts.
	#[command(flatten)]
	pub trust: TrustArguments,
}

/// What else to do with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
	/// Verify evidence without a network, and say what is proven and what is not
	#[command(
		after_help = "Examples:\n  credio evidence verify invoice.evidence --chain chain.json --document invoice.xml\n  credio evidence verify invoice.evidence --chain chain.json --write-checkpoint seen.json\n(`credio-node build-spec --raw --chain FILE` makes a chain specification raw)"
	)]
	Verify(VerifyEvidenceArguments),
}

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyEvidenceArguments {
	/// The evidence
	pub file: PathBuf,
	/// Chain specification, raw, which you trust
	#[arg(long, value_name = "FILE")]
	pub chain: PathBuf,
	/// From where the proof of finality starts.
	#[command(flatten)]
	pub trust: TrustArguments,
	/// Document to hold against the evidence
	#[arg(long, value_name = "FILE")]
	pub document: Option<PathBuf>,
	/// Its commitment key, if the evidence has none
	#[arg(long, value_name = "HEX", requires = "document")]
	pub commitment_key: Option<String>,
	/// Write the proven block as a checkpoint, for later evidence
	#[arg(long, value_name = "FILE")]
	pub write_checkpoint: Option<PathBuf>,
}
