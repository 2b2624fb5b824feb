//! Evidence: made with a node, verified without one.

use crate::{
	arguments::{EvidenceArguments, EvidenceCommand, TrustArguments, VerifyEvidenceArguments},
	exit::Failure,
	output,
	session::Session,
};
use credio_client::{
	envelope::CommitmentKey,
	evidence::{
		verify as verify_evidence, Checkpoint, Evidence, Trusted, Verified, MAX_FILE_SIZE,
		MAX_SPEC_SIZE,
	},
	EvidenceRequest, MerkleProof,
};
use serde_json::json;
use std::{
	fs::{self, File},
	io::Read,
	path::Path,
};

/// Runs the command.
pub async fn run(session: &Session, arguments: EvidenceArguments) -> Result<(), Failure> {
	match arguments.command {
		Some(EvidenceCommand::Verify(arguments)) => verify(session, &arguments),
		None => make(session, arguments).await,
	}
}

fn key_of(text: &str) -> Result<CommitmentKey, Failure> {
	text.parse()
		.map_err(|_| Failure::Other("the commitment key is not 0x and 64 hex digits".into()))
}

/// Makes evidence of an entry.
async fn make(session: &Session, arguments: EvidenceArguments) -> Result<(), Failure> {
	let EvidenceArguments { record, output, .. } = &arguments;
	let (Some(record), Some(output)) = (*record, output) else {
		return Err(Failure::Other("give the record and --output".into()));
	};
	let client = session.connect().await?;
	let proof = match &arguments.proof {
		None => None,
		Some(path) => {
			let proof: MerkleProof = serde_json::from_slice(&read(path, MAX_FILE_SIZE)?)
				.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
			if proof.record_id != record {
				let other = proof.record_id;
				return Err(Failure::Other(format!("the proof is for the anchor {other}")));
			}
			Some(proof)
		},
	};
	let wants_key = arguments.with_key || arguments.with_document.is_some();
	let commitment_key = match (&arguments.commitment_key, &proof) {
		(Some(key), _) => Some(key_of(key)?),
		(None, Some(proof)) if wants_key => Some(key_of(&proof.commitment_key)?),
		(None, None) if wants_key => Some(client.commitment_key(record).await?),
		_ => None,
	};
	let document = match &arguments.with_document {
		None => None,
		Some(path) => Some(read(path, MAX_FILE_SIZE / 4)?),
	};
	let genesis = match &arguments.chain {
		None => client.genesis().await?,
		Some(path) => Trusted::from_specification(&read(path, MAX_SPEC_SIZE)?)?,
	};
	let request = EvidenceRequest {
		trusted: Some(trusted(genesis, &arguments.trust)?),
		request_key: arguments.request,
		grants: arguments.grants.clone(),
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
			("written", format!("{} ({} bytes)", output.display(), text.len())),
			(
				"verify it with",
				format!("credio evidence verify {} --chain SPECIFICATION", output.display()),
			),
		],
	)
}

/// What is trusted: genesis, or a checkpoint in its place.
pub fn trusted(genesis: Trusted, arguments: &TrustArguments) -> Result<Trusted, Failure> {
	let mut trusted = match &arguments.trusted_checkpoint {
		None => genesis,
		Some(path) => genesis.at(&checkpoint(path)?)?,
	};
	for path in &arguments.checkpoints {
		trusted = trusted.accept(&checkpoint(path)?)?;
	}
	Ok(trusted)
}

/// Reads a checkpoint.
pub fn checkpoint(path: &Path) -> Result<Checkpoint, Failure> {
	Ok(Checkpoint::parse(&read(path, MAX_FILE_SIZE)?)?)
}

/// Verifies evidence. Asks no node.
fn verify(session: &Session, arguments: &VerifyEvidenceArguments) -> Result<(), Failure> {
	let genesis = Trusted::from_specification(&read(&arguments.chain, MAX_SPEC_SIZE)?)?;
	let trusted = trusted(genesis, &arguments.trust)?;
	let evidence = Evidence::parse(&read(&arguments.file, MAX_FILE_SIZE)?)?;
	let document = match &arguments.document {
		None => None,
		Some(path) => Some(fs::read(path).map_err(|error| Failure::file(path, error))?),
	};
	let key = arguments.commitment_key.as_deref().map(key_of).transpose()?;
	let verified = verify_evidence(&evidence, &trusted, document.as_deref(), key.as_ref())?;
	if let Some(path) = &arguments.write_checkpoint {
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

/// Reads a file that has to be no longer than this.
pub fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
	let failure = |error| Failure::file(path, error);
	let mut bytes = Vec::new();
	let file = File::open(path).map_err(failure)?;
	file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failure)?;
	if bytes.len() > limit {
		return Err(Failure::Other(format!("{}: it is longer than {limit} bytes", path.display())));
	}
	Ok(bytes)
}
