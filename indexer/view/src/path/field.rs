//! Paths into statements of SWIFT: `25` is field 25 of the statement, `61.amount` the amount of the entry, `86?32` subfield
//! 32 of its field 86, `86?20-29` all of these as one text, `86/NAME` what follows the word NAME in it.

use super::{error::PathError, scan::Scanner};

/// Parts of field 61, an entry.
const OF_ENTRIES: &[&str] = &[
	"number",
	"valueDate",
	"entryDate",
	"mark",
	"fundsCode",
	"amount",
	"type",
	"reference",
	"bankReference",
	"details",
];
/// Parts of balances.
const OF_BALANCES: &[&str] = &["mark", "date", "currency", "amount"];
/// Parts of floor limits.
const OF_LIMITS: &[&str] = &["currency", "mark", "amount"];

/// A path to a field of a statement, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
	/// Tag of the field.
	pub tag: String,
	/// The part of it.
	pub part: FieldPart,
}

/// A part of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldPart {
	/// All of it.
	Whole,
	/// A part by its name.
	Named(&'static str),
	/// Subfields from one number to another.
	Numbered(u8, u8),
	/// What follows a word between slashes.
	Word(String),
}

/// Returns the names of a field's parts.
fn parts(tag: &str) -> &'static [&'static str] {
	match tag {
		"61" => OF_ENTRIES,
		"60F" | "60M" | "62F" | "62M" | "64" | "65" => OF_BALANCES,
		"34F" => OF_LIMITS,
		"86" => &["code"],
		_ => &[],
	}
}

impl FieldPath {
	/// Reads a path.
	pub fn parse(path: &str) -> Result<Self, PathError> {
		let mut scanner = Scanner::new(path)?;
		let tag = scanner.take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
		if !is_tag(tag) {
			return Err(scanner.error("expected the tag of a field, such as 61 or 60F"));
		}
		let part = if scanner.take(".") {
			let name = scanner.name()?;
			let names = parts(tag);
			let Some(name) = names.iter().find(|known| **known == name) else {
				let problem = match names {
					[] => "the field has no parts with names".to_owned(),
					names => format!("the field has the parts {}", names.join(", ")),
				};
				return Err(scanner.error(problem));
			};
			FieldPart::Named(name)
		} else if tag == "86" && scanner.take("?") {
			let from = number(&mut scanner)?;
			let to = if scanner.take("-") { number(&mut scanner)? } else { from };
			if to < from {
				return Err(scanner.error("expected a number that is not less than the first one"));
			}
			FieldPart::Numbered(from, to)
		} else if tag == "86" && scanner.take("/") {
			let word = scanner.take_while(|c| c.is_ascii_uppercase());
			if word.is_empty() {
				return Err(scanner.error("expected a word in capitals, such as NAME"));
			}
			FieldPart::Word(word.to_owned())
		} else {
			FieldPart::Whole
		};
		if !scanner.is_at_end() {
			return Err(scanner.error("expected the end"));
		}
		Ok(Self { tag: tag.to_owned(), part })
	}
}

/// Whether it is the tag of a field: two letters or digits, and maybe a letter.
#[must_use]
pub fn is_tag(text: &str) -> bool {
	let is_sign = |c: &u8| c.is_ascii_uppercase() || c.is_ascii_digit();
	match text.as_bytes() {
		[first, second] => is_sign(first) && is_sign(second),
		[first, second, letter] => is_sign(first) && is_sign(second) && letter.is_ascii_uppercase(),
		_ => false,
	}
}

fn number(scanner: &mut Scanner<'_>) -> Result<u8, PathError> {
	let digits = scanner.take_while(|c| c.is_ascii_digit());
	let number = (digits.len() == 2).then(|| digits.parse().ok()).flatten();
	number.ok_or_else(|| scanner.error("expected a number of two digits"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn paths_lead_to_fields_and_their_parts() {
		for (path, tag, part) in [
			("25", "25", FieldPart::Whole),
			("28C", "28C", FieldPart::Whole),
			("61.amount", "61", FieldPart::Named("amount")),
			("60F.currency", "60F", FieldPart::Named("currency")),
			("86?32", "86", FieldPart::Numbered(32, 32)),
			("86?20-29", "86", FieldPart::Numbered(20, 29)),
			("86/NAME", "86", FieldPart::Word("NAME".into())),
		] {
			assert_eq!(FieldPath::parse(path), Ok(FieldPath { tag: tag.into(), part }), "{path}");
		}
		for path in [
			"",
			"6",
			"61.",
			"61.currency",
			"25.name",
			"86?2",
			"86?29-20",
			"86/",
			"86/name",
			"25?20",
			"28CC",
			"61 ",
			"61.amount.x",
		] {
			assert!(FieldPath::parse(path).is_err(), "{path}");
		}
	}
}
