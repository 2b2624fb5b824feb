//! The file format: JSON in one canonical form, a part on each line, with a digest of each part.

use crate::{DocumentPart, Part, Refused};
use credio_primitives::{
	Digest,
	evidence::{Format, Subject},
	rpc::{BlockRef, Bytes, EvidenceJson, FinalizedBlockJson},
};
use serde::{Deserialize, Serialize};

/// Maximum file size in bytes.
pub const MAX_FILE_SIZE: usize = 48 * 1024 * 1024;

/// The parts by line.
const LINES: [Part; 8] = [
	Part::Format,
	Part::Genesis,
	Part::Subject,
	Part::From,
	Part::Finality,
	Part::Storage,
	Part::Document,
	Part::Sums,
];

/// An evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
	/// The format's version.
	pub format: Format,
	/// Hash of block 0, which identifies the chain.
	pub genesis: Digest,
	/// Its subject.
	pub subject: Subject,
	/// The block that the proof of finality starts from.
	pub from: BlockRef,
	/// Each block that changed the validators, and finally the one with the proven state.
	pub finality: Vec<FinalizedBlockJson>,
	/// Trie nodes of that block's state, in ascending order.
	pub storage: Vec<Bytes>,
	/// The document part.
	pub document: Option<DocumentPart>,
}

/// The file's structure.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
	format: Format,
	genesis: Digest,
	subject: Subject,
	from: BlockRef,
	finality: Vec<FinalizedBlockJson>,
	storage: Vec<Bytes>,
	document: Option<DocumentPart>,
	sums: Sums,
}

/// `blake2_256` of the text of each part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sums {
	genesis: Digest,
	subject: Digest,
	from: Digest,
	finality: Digest,
	storage: Digest,
	document: Digest,
}

/// Returns the canonical text of a value.
fn text(value: &impl Serialize) -> Result<String, Refused> {
	serde_json::to_string(value).map_err(|error| Part::Format.refused(error))
}

fn sum(text: &str) -> Digest {
	Digest(sp_crypto_hashing::blake2_256(text.as_bytes()))
}

impl Evidence {
	/// Creates an evidence from a node's response and the document part.
	#[must_use]
	pub fn new(answer: EvidenceJson, document: Option<DocumentPart>) -> Self {
		let EvidenceJson { format, genesis, subject, from, finality, storage } = answer;
		Self { format, genesis, subject, from, finality, storage, document }
	}

	/// Returns the texts of the parts with a digest, in the order of lines.
	fn parts(&self) -> Result<[(Part, &'static str, String); 6], Refused> {
		Ok([
			(Part::Genesis, "genesis", text(&self.genesis)?),
			(Part::Subject, "subject", text(&self.subject)?),
			(Part::From, "from", text(&self.from)?),
			(Part::Finality, "finality", text(&self.finality)?),
			(Part::Storage, "storage", text(&self.storage)?),
			(Part::Document, "document", text(&self.document)?),
		])
	}

	/// Returns the text of the file.
	///
	/// # Errors
	///
	/// If it would be larger than [`MAX_FILE_SIZE`].
	pub fn to_text(&self) -> Result<String, Refused> {
		let parts = self.parts()?;
		let [genesis, subject, from, finality, storage, document] =
			parts.each_ref().map(|(_, _, text)| sum(text));
		let sums = text(&Sums { genesis, subject, from, finality, storage, document })?;
		let mut file = format!("{{\"format\":{}", text(&self.format)?);
		for (_, name, text) in &parts {
			file.push_str(&format!(",\n\"{name}\":{text}"));
		}
		file.push_str(&format!(",\n\"sums\":{sums}}}\n"));
		match file.len() {
			0..=MAX_FILE_SIZE => Ok(file),
			length => Err(too_large(length)),
		}
	}

	/// Parses a file. It has to be in the exact form of [`Self::to_text`].
	///
	/// # Errors
	///
	/// [`Refused`], with the part that is not.
	pub fn parse(file: &[u8]) -> Result<Self, Refused> {
		if file.len() > MAX_FILE_SIZE {
			return Err(too_large(file.len()));
		}
		let Written { format, genesis, subject, from, finality, storage, document, sums } =
			serde_json::from_slice(file).map_err(|error| {
				let line = error.line().saturating_sub(1);
				LINES.get(line).unwrap_or(&Part::Sums).refused(error)
			})?;
		let evidence = Self { format, genesis, subject, from, finality, storage, document };
		let parts = evidence.parts()?;
		let written =
			[sums.genesis, sums.subject, sums.from, sums.finality, sums.storage, sums.document];
		for ((part, _, text), written) in parts.iter().zip(written) {
			if sum(text) != written {
				return Err(part.refused("it was changed: its digest is not the one in sums"));
			}
		}
		let expected = evidence.to_text()?;
		if expected.as_bytes() != file {
			let part = file
				.split(|byte| *byte == b'\n')
				.zip(expected.split('\n'))
				.position(|(found, expected)| found != expected.as_bytes())
				.and_then(|line| LINES.get(line))
				.unwrap_or(&Part::Sums);
			return Err(part.refused("it is not in canonical form"));
		}
		Ok(evidence)
	}
}

fn too_large(length: usize) -> Refused {
	Part::Format.refused(format!("{length} bytes are more than the {MAX_FILE_SIZE} of evidence"))
}
