//! A view: its streams, its documents, and its columns.

use super::role::Role;
use crate::{
	path::{FieldPath, Path, SegmentPath},
	value::{Notation, Numbers, Type, Value},
};
use credio_primitives::{OrganizationId, StreamId};
use sha2::{Digest as _, Sha256};

/// Most columns of a view.
pub const MAX_COLUMNS: usize = 64;
/// Longest name of a view or a column, in bytes.
pub const MAX_NAME_LENGTH: usize = 48;
/// Longest text of a column that has an index, in bytes.
pub const MAX_INDEXED_LENGTH: usize = 1_024;

/// Longest stored form of a definition, in bytes.
pub const MAX_DEFINITION_LENGTH: usize = 1 << 20;

/// Increases when documents are read in another way than before: then every view is rebuilt.
const READER_VERSION: u32 = 6;

/// Media types of documents with a value of JSON per line.
const JSON_LINES: [&str; 3] =
	["application/jsonl", "application/x-ndjson", "application/jsonlines"];

/// Returns a media type without its parameters, in lower case.
fn essence(media_type: &str) -> String {
	media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether documents of a media type are a value of JSON per line.
pub(crate) fn is_json_lines(media_type: &str) -> bool {
	JSON_LINES.contains(&essence(media_type).as_str())
}

/// What XML may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
	/// An attachment of a PDF.
	Pdf,
	/// The content of a signed document.
	Signed,
}

/// Returns what the XML of a media type is in.
pub(crate) fn container(media_type: &str) -> Option<Container> {
	match essence(media_type).as_str() {
		"application/pdf" => Some(Container::Pdf),
		"application/pkcs7-mime" | "application/x-pkcs7-mime" => Some(Container::Signed),
		_ => None,
	}
}

/// Format of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
	/// JSON.
	Json,
	/// XML.
	Xml,
	/// Lines of values; the first line has their names.
	Csv,
	/// UN/EDIFACT.
	Edifact,
	/// ANSI X12.
	X12,
	/// Statements of SWIFT: MT940, MT942, MT950.
	Mt940,
	/// OFX, in SGML or XML.
	Ofx,
}

impl Format {
	/// Returns its name.
	pub(super) fn name(self) -> &'static str {
		match self {
			Self::Json => "json",
			Self::Xml => "xml",
			Self::Csv => "csv",
			Self::Edifact => "edifact",
			Self::X12 => "x12",
			Self::Mt940 => "mt940",
			Self::Ofx => "ofx",
		}
	}

	/// Whether it says how its numbers are written, so that no view has to.
	pub(super) fn has_own_numbers(self) -> bool {
		match self {
			Self::Json | Self::Xml | Self::Csv => false,
			Self::Edifact | Self::X12 | Self::Mt940 | Self::Ofx => true,
		}
	}

	/// Whether documents of a media type are of this format by default.
	fn has(self, essence: &str) -> bool {
		match self {
			Self::Json => {
				essence.ends_with("/json")
					|| essence.ends_with("+json")
					|| JSON_LINES.contains(&essence)
			},
			Self::Xml => essence.ends_with("/xml") || essence.ends_with("+xml"),
			Self::Csv => essence == "text/csv",
			Self::Edifact => essence.starts_with("application/edifact"),
			Self::Mt940 => essence.ends_with("mt940") || essence.ends_with("mt942"),
			Self::Ofx => {
				essence.ends_with("/x-ofx")
					|| essence.ends_with("/ofx")
					|| essence == "application/vnd.intu.qfx"
			},
			Self::X12 => essence == "application/edi-x12",
		}
	}
}

/// Selects streams of a view. A view takes the streams of any of its selectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamSelector {
	/// Every stream.
	All,
	/// The stream of an id.
	Id(StreamId),
	/// Streams of a name, of any owner.
	Name(String),
	/// Streams with names that start with a prefix.
	Prefix(String),
}

/// Owners of the streams of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerSelector {
	/// The organization that owns the index.
	Own,
	/// One organization.
	Organization(OrganizationId),
	/// Anybody, who can thereby add rows to the view.
	Anybody,
}

/// The place of a value in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
	/// At a node of JSON, XML or OFX.
	Node(Path),
	/// In a column of CSV.
	Column(String),
	/// In a segment of EDIFACT or X12.
	Segment(SegmentPath),
	/// In a field of a statement of SWIFT.
	Field(FieldPath),
	/// The document as it is.
	Text,
}

/// Where the value of a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
	/// One place, or several with their texts joined by spaces: a first name and a family name, say.
	pub parts: Vec<Place>,
	/// As it was written.
	pub path: String,
}

/// A column of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
	/// Its name.
	pub name: String,
	/// Its type.
	pub ty: Type,
	/// What it means, if the definition says so.
	pub role: Option<Role>,
	/// Where its value is: the first source that has one counts.
	pub sources: Vec<Source>,
	/// How its dates are written, as a pattern of `strptime`; as ISO 8601 has it, or as the document says, without.
	pub date_format: Option<String>,
	/// Marks of documents, or rows, in which a number stands for its negative: amounts of a credit note, say.
	pub negated_by: Vec<Mark>,
	/// Marks of documents, or rows, in which a number is negative, with or without a minus: where standards disagree.
	pub negative_by: Vec<Mark>,
	/// Digits of a decimal that stand behind a decimal mark that is not written.
	pub implied_decimals: u8,
	/// Whether it takes all values of a place, one per line, and not the first only.
	pub takes_all: bool,
	/// Whether it takes the latest of several dates of a place, and not the first.
	pub takes_latest: bool,
	/// Values of documents, or rows, that have none, by their marks: the kind of a document by its root, say.
	pub otherwise: Vec<(Mark, Value)>,
	/// Value of documents that have none, and none of those marks.
	pub default: Option<Value>,
	/// Whether a document without a value does not fit.
	pub is_required: bool,
	/// Whether the database has an index of it.
	pub is_indexed: bool,
}

/// A mark by which a document is recognized as one of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
	/// Where to look.
	pub place: Place,
	/// Accepted values; any value if it is empty.
	pub equals: Vec<String>,
}

/// What a later document with the same values in its key replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replaces {
	/// The row with them. Rows of one document replace each other, too.
	#[default]
	Rows,
	/// All rows with them of earlier documents: for rows without a name of their own, such as instalments.
	Documents,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
	/// Its name.
	pub name: String,
	/// The streams it is made of.
	pub streams: Vec<StreamSelector>,
	/// Owners of those streams. If it is empty, the view takes the organization's own streams, and those that are
	/// selected by id: granting access to an organization that did not ask adds no rows to its views.
	pub owners: Vec<OwnerSelector>,
	/// Format of its documents.
	pub format: Format,
	/// Media types of its documents, or ends of them with `/` or `+`; those of the format if there are none.
	pub media_types: Vec<String>,
	/// Marks of its documents: one is enough; without any every document counts.
	pub marks: Vec<Mark>,
	/// Nodes that are a row each; without any a document is one row (CSV: a row per line, EDIFACT: a row per message).
	pub rows: Vec<Path>,
	/// Marks of its rows: one is enough; without any every row counts.
	pub row_marks: Vec<Mark>,
	/// Delimiter of CSV.
	pub delimiter: u8,
	/// Lines of CSV before the line with the names.
	pub skipped_lines: usize,
	/// How numbers are written.
	pub numbers: Numbers,
	/// Character set of documents that are not UTF-8 and declare none.
	pub encoding: Option<&'static encoding_rs::Encoding>,
	/// The columns.
	pub columns: Vec<Column>,
	/// Columns of the key, by number.
	pub key: Vec<usize>,
	/// What a later document with the same key replaces.
	pub replaces: Replaces,
	/// Columns for full text, by number.
	pub full_text: Vec<usize>,
	/// The definition in its stored form.
	pub(super) definition: String,
}

impl View {
	/// Returns the stored form of the definition.
	#[must_use]
	pub fn stored(&self) -> &str {
		&self.definition
	}

	/// Returns a digest of the definition, equal for definitions that compute the same rows.
	#[must_use]
	pub fn digest(&self) -> [u8; 32] {
		let version = READER_VERSION.to_le_bytes();
		Sha256::new().chain_update(version).chain_update(&self.definition).finalize().into()
	}

	/// Returns how numbers and dates are written in its documents, unless these or a column say it.
	pub(crate) fn notation(&self) -> Notation<'static> {
		Notation { numbers: self.numbers, ..Notation::default() }
	}

	/// Returns the number of a column.
	#[must_use]
	pub fn column(&self, name: &str) -> Option<usize> {
		self.columns.iter().position(|column| column.name == name)
	}

	/// Returns the number of the column with a role.
	#[must_use]
	pub fn column_with(&self, role: Role) -> Option<usize> {
		self.columns.iter().position(|column| column.role == Some(role))
	}

	/// Returns the roles that its columns have, with their names.
	pub fn roles(&self) -> impl Iterator<Item = (Role, &str)> {
		self.columns.iter().filter_map(|column| Some((column.role?, column.name.as_str())))
	}

	/// Returns the places of a document that it looks at.
	pub fn places(&self) -> impl Iterator<Item = &Place> {
		let columns = self.columns.iter();
		let sources = columns.flat_map(|column| &column.sources).flat_map(|source| &source.parts);
		let of_columns = self.columns.iter().flat_map(|column| {
			let numbers = column.negated_by.iter().chain(&column.negative_by);
			numbers.chain(column.otherwise.iter().map(|(mark, _)| mark))
		});
		let marks = self.marks.iter().chain(&self.row_marks).chain(of_columns);
		sources.chain(marks.map(|mark| &mark.place))
	}

	/// Whether it takes documents of this stream, in the index of the organization `own`.
	#[must_use]
	pub fn takes_stream(
		&self,
		own: OrganizationId,
		id: StreamId,
		of: Option<(OrganizationId, &str)>,
	) -> bool {
		let (owner, name) = of.unzip();
		let is_accepted = self.owners.iter().any(|accepted| match accepted {
			OwnerSelector::Own => owner == Some(own),
			OwnerSelector::Organization(organization) => owner == Some(*organization),
			OwnerSelector::Anybody => true,
		});
		let by_default = self.owners.is_empty();
		self.streams.iter().any(|selector| {
			let is_taken = match selector {
				StreamSelector::All => true,
				StreamSelector::Id(stream) => *stream == id,
				StreamSelector::Name(is) => name == Some(is),
				StreamSelector::Prefix(prefix) => name.is_some_and(|name| name.starts_with(prefix)),
			};
			let names_it = matches!(selector, StreamSelector::Id(_));
			is_taken && (is_accepted || by_default && (names_it || owner == Some(own)))
		})
	}

	/// Whether it takes documents of this media type.
	#[must_use]
	pub fn takes_media_type(&self, media_type: &str) -> bool {
		let essence = essence(media_type);
		if self.media_types.is_empty() {
			return self.format.has(&essence);
		}
		self.media_types.iter().any(|accepted| match accepted.starts_with(['/', '+']) {
			true => essence.ends_with(accepted.as_str()),
			false => essence == *accepted,
		})
	}
}
