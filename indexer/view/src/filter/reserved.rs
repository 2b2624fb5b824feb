//! The words of the filter language.

/// Words of the language, which no column can have as its name.
const RESERVED: [&str; 12] = [
	"and",
	"or",
	"not",
	"in",
	"between",
	"contains",
	"startswith",
	"is",
	"null",
	"match",
	"true",
	"false",
];

/// Whether no column can have this name.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
	RESERVED.contains(&name.to_ascii_lowercase().as_str())
}
