//! `credio evidence`: made with a node, verified without one.

use crate::{
	exit::Failure,
	output, resolve,
	session::Session,
	trusted::{self, TrustOptions},
	values::{self, id::IdArg},
};
use clap::{Args, Subcommand};
use credio_client::{
	EvidenceRequest, MerkleProof,
	evidence::{self, Checkpoint, Evidence, MAX_FILE_SIZE, Verified},
	primitives::{GrantId, RecordId, RequestKey},
};
use serde_json::json;
use std::{fs, path::PathBuf};

/// Write evidence of a record or anchor: a file that proves it to somebody without a node
#[derive(Debug, Args)]
#[command(
	args_conflicts_with_subcommands = true,
	subcommand_negates_reqs = true,
	after_help = "Examples:\n  credio evidence 0x8a04c1d2…5e01 -o invoice.evidence --with-key\n  credio evidence 0x8a04c1d2…5e01 -o contract.evidence --proof proofs/contract.pdf.proof.json\n  credio evidence verify invoice.evidence --chain chain.json --document invoice.xml"
)]
pub(super) struct EvidenceArgs {
	#[command(subcommand)]
	command: Option<EvidenceCommand>,
	/// The record or anchor
	#[arg(required = true)]
	record: Option<IdArg<RecordId>>,
	/// File to write
	#[arg(short, long, value_name = "FILE", required = true)]
	output: Option<PathBuf>,
	/// Include the commitment key, with which a holder of the document can check it. It decrypts nothing
	#[arg(long)]
	with_key: bool,
	/// The commitment key to include; without it, the record is fetched to derive the key
	#[arg(long, value_name = "HEX")]
	commitment_key: Option<String>,
	/// Include the document in plaintext, with the commitment key
	#[arg(long, value_name = "FILE")]
	with_document: Option<PathBuf>,
	/// Proof of a document under a Merkle anchor
	#[arg(long, value_name = "FILE")]
	proof: Option<PathBuf>,
	/// Whole key of the request that appended the record, to prove its outcome
	#[arg(long, value_name = "HEX")]
	request: Option<RequestKey>,
	/// A grant to prove the state of, also one that has ended; may be given several times
	#[arg(long = "grant", value_name = "GRANT_ID")]
	grants: Vec<IdArg<GrantId>>,
	/// Raw chain specification of the verifier [default: the node's genesis]
	#[arg(long, value_name = "FILE")]
	chain: Option<PathBuf>,
	#[command(flatten)]
	trust: TrustOptions,
}

/// Commands on evidence.
#[derive(Debug, Subcommand)]
pub(super) enum EvidenceCommand {
	Verify(VerifyArgs),
}

/// Verify evidence without a network, and list what it proves and what it does not
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio evidence verify invoice.evidence --chain chain.json --document invoice.xml\n  credio evidence verify invoice.evidence --chain chain.json --write-checkpoint seen.json\n(`credio-node build-spec --raw --chain FILE` makes a chain specification raw)"
)]
pub(super) struct VerifyArgs {
	/// The evidence
	file: PathBuf,
	/// Raw chain specification that you trust
	#[arg(long, value_name = "FILE")]
	chain: PathBuf,
	#[command(flatten)]
	trust: TrustOptions,
	/// Document to check against the evidence
	#[arg(long, value_name = "FILE")]
	document: Option<PathBuf>,
	/// Commitment key of the document, if the evidence has none
	#[arg(long, value_name = "HEX", requires = "document")]
	commitment_key: Option<String>,
	/// Write the proven block as a checkpoint, to verify later evidence from
	#[arg(long, value_name = "FILE")]
	write_checkpoint: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(session: &Session, args: EvidenceArgs) -> Result<(), Failure> {
	match args.command {
		Some(EvidenceCommand::Verify(args)) => verify(session, &args),
		None => make(session, args).await,
	}
}

/// Makes evidence of an entry, with a node.
async fn make(session: &Session, args: EvidenceArgs) -> Result<(), Failure> {
	let (Some(record), Some(output)) = (args.record, &args.output) else {
		return Err(Failure::hinted("there is nothing to prove", "give the record and --output"));
	};
	let client = session.connect().await?;
	let record = resolve::record(&client, record).await?;
	let proof = match &args.proof {
		None => None,
		Some(path) => {
			let proof: MerkleProof =
				serde_json::from_slice(&trusted::read(path, MAX_FILE_SIZE)?)
					.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
			if proof.record_id != record {
				let other = proof.record_id;
				return Err(Failure::Other(format!("the proof is for the anchor {other}")));
			}
			Some(proof)
		},
	};
	let wants_key = args.with_key || args.with_document.is_some();
	let commitment_key = match (&args.commitment_key, &proof) {
		(Some(key), _) => Some(values::commitment_key(key)?),
		(None, Some(proof)) if wants_key => Some(values::commitment_key(&proof.commitment_key)?),
		(None, None) if wants_key => Some(client.commitment_key(record).await?),
		_ => None,
	};
	let document = match &args.with_document {
		None => None,
		Some(path) => Some(trusted::read(path, MAX_FILE_SIZE / 4)?),
	};
	let genesis = match &args.chain {
		None => client.genesis().await?,
		Some(path) => trusted::specification(path)?,
	};
	let mut grants = Vec::new();
	for grant in args.grants {
		grants.push(resolve::grant(&client, grant).await?);
	}
	let request = EvidenceRequest {
		trusted: Some(args.trust.apply(genesis)?),
		request_key: args.request,
		grants,
		proof,
		commitment_key,
		document,
	};
	let evidence = client.evidence(record, request).await?;
	let text = evidence.to_text()?;
	credio_files::write(output, text.as_bytes()).map_err(|error| Failure::file(output, error))?;
	output::item(
		session.json,
		&json!({ "recordId": record, "file": output, "bytes": text.len() }),
		&[
			("record", record.to_string()),
			("record", record.to_string()),
			("written", format!("{} ({} bytes)", output.display(), text.len())),
			(
				"verify it with",
				format!("credio evidence verify {} --chain SPECIFICATION", output.display()),
			),
		],
	)
}

/// Verifies evidence without a node.
fn verify(session: &Session, args: &VerifyArgs) -> Result<(), Failure> {
	let genesis = trusted::specification(&args.chain)?;
	let trusted = args.trust.apply(genesis)?;
	let evidence = Evidence::parse(&trusted::read(&args.file, MAX_FILE_SIZE)?)?;
	let document = match &args.document {
		None => None,
		Some(path) => Some(fs::read(path).map_err(|error| Failure::file(path, error))?),
	};
	let key = args.commitment_key.as_deref().map(values::commitment_key).transpose()?;
	let verified = evidence::verify(&evidence, &trusted, document.as_deref(), key.as_ref())?;
	if let Some(path) = &args.write_checkpoint {
		let text = Checkpoint::after(&verified).to_text()?;
		credio_files::write(path, text.as_bytes()).map_err(|error| Failure::file(path, error))?;
	}
	print(session, &verified)
}

fn print(session: &Session, verified: &Verified) -> Result<(), Failure> {
	let (proven, not_proven) = (verified.proven(), verified.not_proven());
	if session.json {
		return output::json_line(&json!({
			"verified": true,
			"genesis": verified.genesis,
			"block": verified.block,
			"time": verified.facts.now,
			"recordId": verified.facts.record_id,
			"header": verified.facts.header,
			"documentVerified": verified.documented.length.is_some(),
			"proven": proven,
			"notProven": not_proven,
		}));
	}
	output::line("Proven:")?;
	for (number, sentence) in (1..).zip(&proven) {
		output::line(&format!("{number:3}. {sentence}"))?;
	}
	output::line("")?;
	output::line("Not proven:")?;
	not_proven.iter().try_for_each(|sentence| output::line(&format!("   - {sentence}")))
}
