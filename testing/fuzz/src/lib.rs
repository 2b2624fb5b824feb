//! What each fuzz target does with an input. A target panics if code panics, or if its result breaks a rule.

mod documents;
mod languages;
mod values;

use documents::Documents;

/// A fuzz target.
#[derive(Debug)]
pub enum Target {
	/// Documents of one media type, in the views that take it.
	Documents(Documents),
	/// Small inputs that are repeated until they are as large as a document may be.
	Large(Vec<Documents>),
	/// Numbers, dates, times and truth values in every notation.
	Values,
	/// Paths of every format.
	Paths,
	/// Filters.
	Filters(Box<languages::Filters>),
	/// Definitions of views, and what is searched for in full text.
	Views,
	/// Words of full text.
	Words,
}

/// The targets of documents, with their media types.
const DOCUMENTS: [(&str, &str); 11] = [
	("xml", "application/xml"),
	("json", "application/json"),
	("json-lines", "application/x-ndjson"),
	("csv", "text/csv"),
	("edifact", "application/edifact"),
	("x12", "application/edi-x12"),
	("mt940", "application/x-mt940"),
	("ofx", "application/x-ofx"),
	("pdf", "application/pdf"),
	("signed", "application/pkcs7-mime"),
	// Views of this crate, each with another character set.
	("encodings", "application/x-encoded"),
];

const OTHERS: [&str; 6] = ["large", "values", "paths", "filters", "views", "words"];

impl Target {
	/// Returns the target of a name.
	#[must_use]
	pub fn named(name: &str) -> Option<Self> {
		let documents = |(_, media_type)| Documents::new(media_type);
		if let Some(found) = DOCUMENTS.into_iter().find(|(is, _)| *is == name) {
			return Some(Self::Documents(documents(found)));
		}
		Some(match name {
			"large" => Self::Large(DOCUMENTS.into_iter().map(documents).collect()),
			"values" => Self::Values,
			"paths" => Self::Paths,
			"filters" => Self::Filters(Box::default()),
			"views" => Self::Views,
			"words" => Self::Words,
			_ => return None,
		})
	}

	/// Returns the names of all targets.
	#[must_use]
	pub fn names() -> String {
		let names: Vec<_> = DOCUMENTS.iter().map(|(name, _)| *name).chain(OTHERS).collect();
		names.join(" ")
	}

	/// Runs an input.
	///
	/// # Panics
	///
	/// If it finds a fault.
	pub fn run(&self, data: &[u8]) {
		match self {
			Self::Documents(documents) => documents.run(data),
			Self::Large(formats) => documents::run_large(formats, data),
			Self::Values => values::run(data),
			Self::Paths => languages::paths(data),
			Self::Filters(filters) => filters.run(data),
			Self::Views => languages::views(data),
			Self::Words => languages::words(data),
		}
	}
}
