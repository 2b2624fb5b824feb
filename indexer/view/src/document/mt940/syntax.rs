//! Messages of SWIFT: blocks `{1:…}{2:…}{4:` … `-}`, or fields only, as banks write them to files.
//!
//! The balances of a statement are checked against its entries, so one that is cut off, or whose signs are read wrongly,
//! does not fit.

use super::fields::Field;
use crate::{document::reason::Reason, path::is_tag};

/// A statement.
#[derive(Default)]
pub(super) struct Statement {
	/// Its fields, but for those of entries.
	pub fields: Vec<Field>,
	pub entries: Vec<Entry>,
}

/// An entry.
pub(super) struct Entry {
	/// Field 61.
	pub field: Field,
	/// Field 86.
	pub information: Option<String>,
}

/// Kinds of messages that are statements.
const KINDS: [&str; 3] = ["940", "942", "950"];

/// Fields behind the entries: balances, and the sums of MT942. Information behind them is about the statement.
const BEHIND_ENTRIES: [&str; 6] = ["62F", "62M", "64", "65", "90D", "90C"];

/// Most fields of a statement, but for those of entries.
const MAX_FIELDS: usize = 256;

/// What may stand around messages.
fn is_filling(c: char) -> bool {
	matches!(c, ' ' | '\t' | '\r' | '\0' | '\u{1}' | '\u{3}' | '\u{1a}')
}

fn wrong(line: usize, problem: &str) -> Reason {
	Reason::new(format!("it is no MT940: line {line} {problem}"))
}

/// Returns the statements of all messages; those of other kinds are left out.
pub(super) fn parse(text: &str) -> Result<Vec<Statement>, Reason> {
	let mut reader = Reader::default();
	for (number, line) in text.split('\n').enumerate() {
		let line = line.strip_suffix('\r').unwrap_or(line);
		reader.line(number + 1, line)?;
	}
	reader.end()
}

/// A field that has begun, at a line.
struct Open {
	line: usize,
	tag: String,
	text: String,
}

#[derive(Default)]
struct Reader {
	statements: Vec<Statement>,
	/// The statement that is read.
	statement: Option<Statement>,
	field: Option<Open>,
	/// Whether a block 4 is open.
	is_in_block: bool,
	/// Whether blocks of a message began, and its block 4 did not.
	is_in_header: bool,
	/// Whether there was a message.
	has_message: bool,
	/// Whether the message is of another kind.
	is_other: bool,
	line: usize,
}

impl Reader {
	fn line(&mut self, number: usize, line: &str) -> Result<(), Reason> {
		self.line = number;
		if self.statement.is_none() && !self.is_in_block {
			return self.line_outside(number, line);
		}
		let is_end = match self.is_in_block {
			true => line.starts_with("-}"),
			false => matches!(line.trim_end_matches(is_filling), "-" | "-XXX"),
		};
		if is_end {
			self.end_message()?;
			// Blocks behind the text, and the next message.
			return match line.strip_prefix("-}") {
				Some(rest) => self.line_outside(number, rest),
				None => Ok(()),
			};
		}
		if self.is_other {
			return Ok(());
		}
		match field(line) {
			Some((tag, text)) => self.open_field(number, tag, text),
			None => match &mut self.field {
				Some(field) => {
					field.text.push('\n');
					field.text.push_str(line);
					Ok(())
				},
				None if line.trim_matches(is_filling).is_empty() => Ok(()),
				None => Err(wrong(number, "belongs to no field")),
			},
		}
	}

	/// Reads a line between messages.
	fn line_outside(&mut self, number: usize, line: &str) -> Result<(), Reason> {
		let line = line.trim_matches(is_filling);
		if line.starts_with('{') {
			if let Some((_, kind)) = line.split_once("{2:") {
				// The direction, and the kind.
				let kind = kind.get(1..4);
				let kind = kind.ok_or_else(|| wrong(number, "names no kind of message"))?;
				self.is_other = !KINDS.contains(&kind);
			}
			self.is_in_header |= line.contains("{1:");
			let Some((_, text)) = line.split_once("{4:") else { return Ok(()) };
			self.is_in_block = true;
			self.is_in_header = false;
			self.has_message = true;
			return if text.is_empty() { Ok(()) } else { self.line(number, text) };
		}
		match field(line) {
			Some(("20", text)) => self.open_field(number, "20", text),
			None if is_heading(line) => Ok(()),
			None if line == "-" => Ok(()),
			_ => Err(wrong(number, "stands outside of a message, which begins with field 20")),
		}
	}

	fn open_field(&mut self, line: usize, tag: &str, text: &str) -> Result<(), Reason> {
		self.close_field()?;
		if tag == "20" && self.statement.as_ref().is_some_and(|open| !open.fields.is_empty()) {
			// Files without blocks need not end a message.
			if self.is_in_block {
				return Err(wrong(line, "begins a statement before the one before has ended"));
			}
			self.close_statement()?;
		}
		self.statement.get_or_insert_default();
		self.has_message = true;
		self.field = Some(Open { line, tag: tag.to_owned(), text: text.to_owned() });
		Ok(())
	}

	/// Adds the field that is open to the statement.
	fn close_field(&mut self) -> Result<(), Reason> {
		let (Some(Open { line, tag, text }), Some(statement)) =
			(self.field.take(), &mut self.statement)
		else {
			return Ok(());
		};
		let has_closed = statement.has(&BEHIND_ENTRIES).is_some();
		if tag == "86" {
			if let (Some(entry), false) = (statement.entries.last_mut(), has_closed) {
				// Some banks write one for each line, which may end with a space between two words.
				let is_end = |c: char| c != ' ' && (c == '\n' || is_filling(c));
				let text = text.trim_end_matches(is_end).to_owned();
				match &mut entry.information {
					Some(before) => {
						before.push('\n');
						before.push_str(&text);
					},
					None => entry.information = Some(text),
				}
			}
			return Ok(());
		}
		// The last one of a file may have behind it what older systems end files with.
		let text = text.trim_end_matches(|c: char| c.is_whitespace() || is_filling(c)).to_owned();
		let Some(mut field) = Field::new(&tag, text) else {
			return Err(wrong(line, &format!("has a field {tag} that is not as SWIFT has it")));
		};
		if tag != "61" {
			let is_once = !matches!(tag.as_str(), "13D" | "34F" | "65" | "NS");
			if is_once && statement.fields.iter().any(|known| known.tag == tag) {
				return Err(wrong(line, &format!("has a second field {tag} of a statement")));
			}
			statement.fields.push(field);
			return match statement.fields.len() > MAX_FIELDS {
				true => Err(wrong(line, &format!("is behind {MAX_FIELDS} other fields"))),
				false => Ok(()),
			};
		}
		if has_closed {
			return Err(wrong(line, "has an entry behind the closing balance or the sums"));
		}
		field.parts.push(("number", (statement.entries.len() + 1).to_string()));
		statement.entries.push(Entry { field, information: None });
		Ok(())
	}

	fn close_statement(&mut self) -> Result<(), Reason> {
		self.close_field()?;
		let Some(statement) = self.statement.take() else { return Ok(()) };
		let number = self.statements.len();
		statement.check().map_err(|problem| {
			Reason::new(format!("it is no MT940: it {problem}")).of("statement", number)
		})?;
		self.statements.push(statement);
		Ok(())
	}

	fn end_message(&mut self) -> Result<(), Reason> {
		self.is_in_block = false;
		self.is_other = false;
		self.close_statement()
	}

	fn end(mut self) -> Result<Vec<Statement>, Reason> {
		if self.is_in_block || self.is_in_header || !self.has_message {
			return Err(wrong(self.line, "is the last one, and no message has ended"));
		}
		self.close_statement()?;
		Ok(self.statements)
	}
}

/// Whether it is a line that banks write above a message: their code, the kind of message.
fn is_heading(line: &str) -> bool {
	let is_sign = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, b' ' | b':');
	line.len() <= 35 && line.bytes().all(is_sign)
}

/// Returns the tag and the text of a line that begins a field.
fn field(line: &str) -> Option<(&str, &str)> {
	line.strip_prefix(':')?.split_once(':').filter(|(tag, _)| is_tag(tag))
}

impl Statement {
	fn has(&self, tags: &[&str]) -> Option<&Field> {
		self.fields.iter().find(|field| tags.contains(&field.tag.as_str()))
	}

	fn closing(&self) -> Option<&Field> {
		self.has(&["62F", "62M"])
	}

	/// Checks that it is complete, and that its entries lead from one balance to the other.
	fn check(&self) -> Result<(), &'static str> {
		if self.has(&["25", "25P"]).is_none() {
			return Err("has no account (25)");
		}
		let (opening, closing) = match (self.has(&["60F", "60M"]), self.closing()) {
			(Some(opening), Some(closing)) => (opening, closing),
			(Some(_), None) => return Err("has no closing balance (62), as if it were cut off"),
			(None, Some(_)) => return Err("has no opening balance (60)"),
			// MT942 has none.
			(None, None) => {
				return match self.has(&["34F"]) {
					Some(_) => Ok(()),
					None => Err("has no balances (60, 62) and no floor limit (34F)"),
				};
			},
		};
		if opening.part("currency") != closing.part("currency") {
			return Err("has balances (60, 62) of two currencies");
		}
		let too_large = "has amounts that are too large";
		let mut balance = opening.signed().ok_or(too_large)?;
		for entry in &self.entries {
			let amount = entry.field.signed().ok_or(too_large)?;
			balance = balance.checked_add(amount).ok_or(too_large)?;
		}
		if Some(balance) == closing.signed() {
			return Ok(());
		}
		Err(
			"has entries (61) that do not add up from the opening balance (60) to the closing one (62)",
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn statements_that_are_not_as_swift_has_them_do_not_fit() {
		let many: String = (0..300).map(|n| format!(":65:C260601EUR{n},\n")).collect();
		for (fields, problem) in [
			(":20:A\n:60F:C260601EUR1,\n:62F:C260601EUR1,", "has no account (25)"),
			(":20:A\n:25:B\n:62F:C260601EUR1,", "has no opening balance (60)"),
			(":20:A\n:25:B", "has no balances (60, 62) and no floor limit (34F)"),
			(":20:A\n:25:B\n:25:C", "line 3 has a second field 25 of a statement"),
			(
				":20:A\n:25:B\n:60F:C260601EUR1,\n:62F:C260601EUR1,\n:61:260601C1,NTRF",
				"behind the closing balance",
			),
			(":20:A\n:25:B\n:34F:EUR0,\n:90D:0EUR0,\n:61:260601C1,NTRF", "or the sums"),
			(":20:A\n:25:B\n:60F:C260601EUR1,5", "has no closing balance (62)"),
			("{1:F01}{2:O940}{4:\n:20:A\n:20:B", "line 3 begins a statement before"),
			("{1:F01}{2:O94", "line 1 names no kind of message"),
			("{1:F01}{2:O940}", "no message has ended"),
			("{1:F01}{2:O940}{4:\n:20:A\n-", "no message has ended"),
			("", "no message has ended"),
			("Dear Sir", "stands outside of a message"),
		] {
			let reason = parse(fields).err().map(|reason| reason.to_string());
			let reason = reason.unwrap_or_else(|| panic!("it fits: {fields}"));
			assert!(reason.contains(problem), "{fields}: {reason}");
		}
		let reason = parse(&format!(":20:A\n{many}")).err().map(|reason| reason.to_string());
		assert!(reason.is_some_and(|reason| reason.contains("is behind 256 other fields")));
	}

	#[test]
	fn information_may_stand_in_several_fields() {
		let text = ":20:A\n:25:B\n:60F:C260601EUR1,\n:61:260601C1,NTRF\n:86:a\n:86:b\n:62F:C260601EUR2,\n:86:c\n-XXX\n";
		let statements = parse(text).unwrap_or_else(|reason| panic!("{reason}"));
		assert_eq!(statements[0].entries[0].information.as_deref(), Some("a\nb"));
		// Spaces at the end of a line are between words.
		let text = ":20:A\n:25:B\n:34F:EUR0,\n:61:260601C1,NTRF\n:86:a \n:86:b\n";
		let statements = parse(text).unwrap_or_else(|reason| panic!("{reason}"));
		assert_eq!(statements[0].entries[0].information.as_deref(), Some("a \nb"));
	}

	#[test]
	fn files_may_end_as_those_of_older_systems() {
		let statement =
			":20:A\n:25:B\n:60F:C260601EUR1,\n:61:260601C1,NTRF\n:86:a\n:62F:C260601EUR2,";
		for end in ["", "\n", "\n\u{1a}", "\u{1a}", "\r\n\0", " \u{3}"] {
			let statements = parse(&format!("{statement}{end}\n{statement}{end}"));
			let statements = statements.unwrap_or_else(|reason| panic!("{end:?}: {reason}"));
			assert_eq!(statements.len(), 2, "{end:?}");
		}
		let statements = parse(":20:A\n:25:B\n:34F:EUR0,\n:61:260601C1,NTRF\n:86:a\r\n\u{1a}");
		let statements = statements.unwrap_or_else(|reason| panic!("{reason}"));
		assert_eq!(statements[0].entries[0].information.as_deref(), Some("a"));
	}

	#[test]
	fn information_behind_the_sums_of_mt942_is_about_the_statement() {
		let text = ":20:A\n:25:B\n:34F:EUR0,\n:61:260601C1,NTRF\n:86:a\n:90D:0EUR0,\n:90C:1EUR1,\n:86:b\n-\n";
		let statements = parse(text).unwrap_or_else(|reason| panic!("{reason}"));
		assert_eq!(statements[0].entries[0].information.as_deref(), Some("a"));
	}

	#[test]
	fn messages_of_other_kinds_are_left_out() {
		let of = |text| parse(text).map(|statements| statements.len()).ok();
		let statement =
			"{1:F01}{2:O940}{4:\n:20:A\n:25:B\n:60F:C260601EUR1,\n:62F:C260601EUR1,\n-}{5:}";
		let other = "{1:F01}{2:I103}{4:\n:20:A\n:32A:260601EUR1,\n-}";
		assert_eq!(of(other), Some(0));
		assert_eq!(of(&format!("{other}{statement}\r\n{statement}\u{3}")), Some(2));
	}
}
