//! `credio verify`.

use crate::{
	exit::Failure,
	names::{BlockTimes, Names},
	output, resolve,
	session::Session,
	values::{self, id::IdArg},
};
use clap::Args;
use credio_client::{
	MerkleProof,
	envelope::{CommitmentKey, Committing},
	primitives::RecordId,
};
use serde_json::json;
use std::{
	fs::{self, File},
	io::{self, Read},
	path::{Path, PathBuf},
};

/// Check a document against the chain
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio verify 0x8a04c1d2…5e01 invoice.xml\n  credio verify 0x8a04c1d2…5e01 invoice.xml --commitment-key 0x4c…77\n  credio verify 0x8a04c1d2…5e01 contract.pdf --proof proofs/contract.pdf.proof.json"
)]
pub(super) struct VerifyArgs {
	/// The record or anchor
	record: IdArg<RecordId>,
	/// The document
	file: PathBuf,
	/// The commitment key; without it, the record is fetched to derive the key
	#[arg(long, value_name = "HEX", conflicts_with = "proof")]
	commitment_key: Option<String>,
	/// Proof of an anchored document
	#[arg(long, value_name = "FILE")]
	proof: Option<PathBuf>,
}

/// Checks a document against the chain.
pub(super) async fn run(session: &Session, args: VerifyArgs) -> Result<(), Failure> {
	let VerifyArgs { record, file, commitment_key, proof } = args;
	let key = commitment_key.as_deref().map(values::commitment_key).transpose()?;
	let client = session.connect().await?;
	let record = resolve::record(&client, record).await?;
	if let Some(path) = proof {
		let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
		let proof: MerkleProof = serde_json::from_str(&text)
			.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
		if proof.record_id != record {
			return Err(Failure::Other(format!("the proof is for the anchor {}", proof.record_id)));
		}
		let document = fs::read(&file).map_err(|error| Failure::file(&file, error))?;
		client.verify_anchored(&document, &proof).await?;
	} else {
		let key = match key {
			Some(key) => key,
			None => client.commitment_key(record).await?,
		};
		let commitment = commitment(&key, &file).map_err(|error| Failure::file(&file, error))?;
		client.verify_committed(record, commitment).await?;
	}
	let header = client.record(record).await?.header;
	if session.json {
		return output::json_line(&json!({
			"recordId": record,
			"verified": true,
			"organization": header.organization,
			"stream": header.stream,
			"sequence": header.sequence,
			"block": header.block,
		}));
	}
	let names = Names::load(&client).await;
	let times = BlockTimes::load(&client, [header.block]).await;
	output::lines(&[
		("record", record.to_string()),
		("verified", "the document is the one on the chain".into()),
		("appended by", names.organization(header.organization)),
		("stream", format!("{} ({})", names.stream(header.stream), header.stream)),
		("sequence", header.sequence.to_string()),
		("block", times.text(header.block)),
	])
}

/// Makes a commitment to a document of any size.
fn commitment(key: &CommitmentKey, file: &Path) -> io::Result<Committing> {
	let (mut file, mut commitment) = (File::open(file)?, key.start());
	let mut buffer = vec![0; 1 << 20];
	loop {
		match file.read(&mut buffer) {
			Ok(0) => return Ok(commitment),
			Ok(length) => commitment.update(&buffer[..length]),
			Err(error) if error.kind() == io::ErrorKind::Interrupted => {},
			Err(error) => return Err(error),
		}
	}
}
