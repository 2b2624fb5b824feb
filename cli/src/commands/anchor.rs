//! Anchors, and verifying documents.

use crate::{exit::Failure, output, session::Session};
use credio_client::{envelope::CommitmentKey, primitives::RecordId, MerkleProof};
use serde_json::json;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Writes a proof for each file, and anchors them.
pub async fn run(
	session: &Session,
	stream: &str,
	proofs: &Path,
	files: &[PathBuf],
) -> Result<(), Failure> {
	let documents = files
		.iter()
		.map(|file| fs::read(file).map_err(|error| Failure::file(file, error)))
		.collect::<Result<Vec<_>, _>>()?;
	fs::create_dir_all(proofs).map_err(|error| Failure::file(proofs, error))?;
	let client = session.connect().await?;
	let stream = client.find_stream(stream, None).await?.id;
	let anchor = client.prepare_anchor(stream, &documents).await?;
	let mut lines = Vec::new();
	for (file, proof) in files.iter().zip(&anchor.anchored.proofs) {
		let mut name = file.file_name().unwrap_or_default().to_os_string();
		name.push(format!(".{}.proof.json", proof.index));
		let path = proofs.join(name);
		let text = serde_json::to_string_pretty(proof)
			.map_err(|error| Failure::Other(error.to_string()))?;
		credio_files::write(&path, text.as_bytes()).map_err(|error| Failure::file(&path, error))?;
		lines.push(json!({
			"file": file,
			"recordId": proof.record_id,
			"index": proof.index,
			"leaves": proof.leaves,
			"proof": path,
		}));
	}
	// The proofs are there whatever happens now: without them the anchor would be of no use, and nobody could make them.
	client.append_anchor(&anchor).await?;
	output::items(session.json, &lines, ["recordId", "index", "leaves", "proof", "file"], |line| {
		["recordId", "index", "leaves", "proof", "file"].map(|field| match &line[field] {
			serde_json::Value::String(text) => text.clone(),
			other => other.to_string(),
		})
	})
}

/// Checks a document against the chain.
pub async fn verify(
	session: &Session,
	record: RecordId,
	file: &Path,
	commitment_key: Option<&str>,
	proof: Option<&Path>,
) -> Result<(), Failure> {
	let document = fs::read(file).map_err(|error| Failure::file(file, error))?;
	let client = session.connect().await?;
	if let Some(path) = proof {
		let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
		let proof: MerkleProof = serde_json::from_str(&text)
			.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
		if proof.record_id != record {
			return Err(Failure::Other(format!("the proof is for the anchor {}", proof.record_id)));
		}
		client.verify_anchored(&document, &proof).await?;
	} else {
		let key: CommitmentKey = match commitment_key {
			Some(key) => key.parse().map_err(|_| {
				Failure::Other("the commitment key is not 0x and 64 hex digits".into())
			})?,
			None => client.commitment_key(record).await?,
		};
		client.verify(record, &document, &key).await?;
	}
	let header = client.record(record).await?.header;
	output::item(
		session.json,
		&json!({
			"recordId": record,
			"verified": true,
			"organization": header.organization,
			"stream": header.stream,
			"sequence": header.sequence,
			"block": header.block,
		}),
		&[
			("verified", "the document is the one on the chain".into()),
			("appended by", format!("organization {}", header.organization)),
			("position", format!("{} in stream {}", header.sequence, header.stream)),
			("block", header.block.to_string()),
		],
	)
}

/// Prints the commitment key of a record.
pub async fn commitment_key(session: &Session, record: RecordId) -> Result<(), Failure> {
	let client = session.connect().await?;
	let key = client.commitment_key(record).await?.reveal();
	match session.json {
		true => output::json_line(&json!({ "recordId": record, "commitmentKey": key })),
		false => output::line(&key.to_string()),
	}
}
