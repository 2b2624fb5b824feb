//! Field 86, information to the account owner: free text, subfields (`166?00TRANSFER?20INVOICE 7?32NAME`) or words
//! (`/NAME/…/REMI/…`). Lines of the last two break anywhere, also within a word.

use crate::path::FieldPart;
use std::borrow::Cow;

/// Returns a part of a field.
pub(super) fn find<'a>(text: &'a str, part: &FieldPart) -> Option<Cow<'a, str>> {
	let structured = separator(text);
	match part {
		FieldPart::Whole if structured.is_some() || has_words(text) => Some(joined(text)),
		FieldPart::Whole => Some(Cow::Owned(text.replace('\n', " "))),
		FieldPart::Named(_) => structured.and(text.get(..3)).map(Cow::Borrowed),
		FieldPart::Numbered(from, to) => Some(Cow::Owned(subfields(text, structured?, *from, *to))),
		FieldPart::Word(word) if has_words(text) => {
			let text = joined(text);
			let start = format!("/{word}/");
			let (_, rest) = text.split_once(&start)?;
			let end = (0..rest.len()).find(|at| is_word(rest, *at)).unwrap_or(rest.len());
			let value = rest.get(..end)?.trim_end_matches('/').trim();
			Some(Cow::Owned(value.to_owned()))
		},
		FieldPart::Word(_) => None,
	}
}

/// Returns a text without its breaks of lines.
fn joined(text: &str) -> Cow<'_, str> {
	if text.contains('\n') { Cow::Owned(text.replace('\n', "")) } else { Cow::Borrowed(text) }
}

/// Returns the sign before each subfield: the one behind the three digits of the kind of transaction.
fn separator(text: &str) -> Option<char> {
	let (code, rest) = text.split_at_checked(3)?;
	let is_code = code.bytes().all(|c| c.is_ascii_digit());
	let sign = rest.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '/')?;
	let is_numbered =
		rest.get(1..3).is_some_and(|number| number.bytes().all(|c| c.is_ascii_digit()));
	(is_code && is_numbered).then_some(sign)
}

/// Returns the texts of subfields, one behind the other.
fn subfields(text: &str, separator: char, from: u8, to: u8) -> String {
	let text = joined(text);
	let mut found = String::new();
	let mut is_wanted = false;
	for part in text.split(separator).skip(1) {
		let number = part.get(..2).filter(|number| number.bytes().all(|c| c.is_ascii_digit()));
		match number.and_then(|number| number.parse::<u8>().ok()) {
			Some(number) => {
				is_wanted = (from..=to).contains(&number);
				if is_wanted {
					found.push_str(part.get(2..).unwrap_or_default());
				}
			},
			// The sign stands in a text.
			None if is_wanted => {
				found.push(separator);
				found.push_str(part);
			},
			None => {},
		}
	}
	found
}

/// Whether a text begins with a word between slashes.
fn has_words(text: &str) -> bool {
	is_word(text, 0)
}

/// Whether there is a word between slashes at a place.
fn is_word(text: &str, at: usize) -> bool {
	let Some(rest) = text.as_bytes().get(at..).and_then(|rest| rest.strip_prefix(b"/")) else {
		return false;
	};
	let length = rest.iter().take(5).take_while(|c| c.is_ascii_uppercase()).count();
	(2..=4).contains(&length) && rest.get(length) == Some(&b'/')
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn information_has_subfields_or_words() {
		let of = |text, part| find(text, &part).map(Cow::into_owned);
		let subfields = "166?00GUTSCHRIFT?20INVOICE VT-1\n0452?21 THANKS? YES?31DE00TEST?32SEGEL\nMACHEREI?33 OHG";
		assert_eq!(
			of(subfields, FieldPart::Numbered(20, 29)).as_deref(),
			Some("INVOICE VT-10452 THANKS? YES")
		);
		assert_eq!(
			of(subfields, FieldPart::Numbered(32, 33)).as_deref(),
			Some("SEGELMACHEREI OHG")
		);
		assert_eq!(of(subfields, FieldPart::Numbered(60, 63)).as_deref(), Some(""));
		assert_eq!(of(subfields, FieldPart::Named("code")).as_deref(), Some("166"));
		assert_eq!(of(subfields, FieldPart::Word("NAME".into())), None);
		let words = "/TRTP/SEPA OVERBOEKING/IBAN/NL00TEST0000000001/NAME/Kaap Groot\nhandel B.V./REMI/Invoice 1/2026/EREF/X";
		assert_eq!(
			of(words, FieldPart::Word("NAME".into())).as_deref(),
			Some("Kaap Groothandel B.V.")
		);
		assert_eq!(of(words, FieldPart::Word("REMI".into())).as_deref(), Some("Invoice 1/2026"));
		assert_eq!(of(words, FieldPart::Word("EREF".into())).as_deref(), Some("X"));
		assert_eq!(of(words, FieldPart::Word("BIC".into())), None);
		assert_eq!(of(words, FieldPart::Numbered(20, 29)), None);
		let free = "Invoice 7\nof May";
		assert_eq!(of(free, FieldPart::Whole).as_deref(), Some("Invoice 7 of May"));
		assert_eq!(of(free, FieldPart::Named("code")), None);
	}
}
