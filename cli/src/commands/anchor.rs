//! `credio anchor`.

use crate::{
	exit::Failure,
	resolve,
	session::Session,
	table::{Cell, Table, head},
};
use clap::Args;
use credio_client::primitives::RecordId;
use serde::Serialize;
use std::{fs, path::PathBuf};

/// Anchor documents that are kept elsewhere; several become one Merkle anchor
#[derive(Debug, Args)]
#[command(after_help = "Example: credio anchor --stream contracts --proofs proofs/ *.pdf")]
pub(super) struct AnchorArgs {
	/// Stream of the anchor
	#[arg(long, value_name = "NAME_OR_ID")]
	stream: String,
	/// Folder for the proofs, one file a document
	#[arg(long, value_name = "DIR")]
	proofs: PathBuf,
	/// Documents
	#[arg(required = true, value_name = "FILE")]
	files: Vec<PathBuf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
	file: PathBuf,
	index: u32,
	leaves: u32,
	proof: PathBuf,
	record_id: RecordId,
}

/// Writes a proof for each file, and anchors them.
pub(super) async fn run(session: &Session, args: AnchorArgs) -> Result<(), Failure> {
	let AnchorArgs { stream, proofs, files } = args;
	let documents = files
		.iter()
		.map(|file| fs::read(file).map_err(|error| Failure::file(file, error)))
		.collect::<Result<Vec<_>, _>>()?;
	fs::create_dir_all(&proofs).map_err(|error| Failure::file(&proofs, error))?;
	let client = session.connect().await?;
	let stream = resolve::stream(&client, &stream, None).await?;
	let anchor = client.prepare_anchor(stream, &documents).await?;
	let mut written = Vec::new();
	for (file, proof) in files.into_iter().zip(&anchor.anchored.proofs) {
		let mut name = file.file_name().unwrap_or_default().to_os_string();
		name.push(format!(".{}.proof.json", proof.index));
		let path = proofs.join(name);
		let text = serde_json::to_string_pretty(proof)
			.map_err(|error| Failure::Other(error.to_string()))?;
		credio_files::write(&path, text.as_bytes()).map_err(|error| Failure::file(&path, error))?;
		written.push(Written {
			file,
			record_id: proof.record_id,
			index: proof.index,
			leaves: proof.leaves,
			proof: path,
		});
	}
	// The proofs are written first: nobody could make them again, and without them the anchor is useless.
	client.append_anchor(&anchor).await?;
	session.format().items(&written, || table(&written))
}

fn table(written: &[Written]) -> Table {
	let heads = [head("record"), head("index"), head("leaves"), head("proof"), head("file")];
	Table::of(heads, written, |one| {
		[
			Cell::id(&one.record_id),
			Cell::value(one.index),
			Cell::value(one.leaves),
			Cell::path(&one.proof),
			Cell::path(&one.file),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;

	#[test]
	fn table_fits() {
		let path = PathBuf::from("folder/".repeat(60));
		assert_fits(&table(&[Written {
			file: path.clone(),
			record_id: RecordId([0xab; 32]),
			index: u32::MAX,
			leaves: u32::MAX,
			proof: path,
		}]));
	}
}
