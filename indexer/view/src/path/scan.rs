//! Reads a path character by character.

use super::error::{MAX_PATH_LENGTH, MAX_STEPS, PathError};

pub(super) struct Scanner<'a> {
	path: &'a str,
	rest: &'a str,
	steps: usize,
}

impl<'a> Scanner<'a> {
	pub(super) fn new(path: &'a str) -> Result<Self, PathError> {
		let scanner = Self { path, rest: path, steps: 0 };
		if path.len() > MAX_PATH_LENGTH {
			return Err(scanner.error(format!("it is longer than {MAX_PATH_LENGTH} bytes")));
		}
		Ok(scanner)
	}

	pub(super) fn error(&self, problem: impl Into<String>) -> PathError {
		let read = self.path.len() - self.rest.len();
		let position = self.path.get(..read).map_or(0, |read| read.chars().count());
		PathError { path: self.path.into(), position, problem: problem.into() }
	}

	pub(super) fn is_at_end(&self) -> bool {
		self.rest.is_empty()
	}

	pub(super) fn peek(&self) -> Option<char> {
		self.rest.chars().next()
	}

	pub(super) fn is_next(&self, text: &str) -> bool {
		self.rest.starts_with(text)
	}

	/// Takes a text if it comes next.
	pub(super) fn take(&mut self, text: &str) -> bool {
		match self.rest.strip_prefix(text) {
			Some(rest) => {
				self.rest = rest;
				true
			},
			None => false,
		}
	}

	pub(super) fn expect(&mut self, text: &str) -> Result<(), PathError> {
		if self.take(text) {
			return Ok(());
		}
		Err(self.error(format!("expected `{text}`")))
	}

	pub(super) fn skip_spaces(&mut self) {
		self.rest = self.rest.trim_start_matches(' ');
	}

	/// Takes characters as long as they fit.
	pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
		let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
		let (taken, rest) = self.rest.split_at(end);
		self.rest = rest;
		taken
	}

	/// Takes a name of a child.
	pub(super) fn name(&mut self) -> Result<&'a str, PathError> {
		let name = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
		if name.is_empty() {
			return Err(self.error("expected a name"));
		}
		Ok(name)
	}

	/// Takes a text in single or double quotes.
	pub(super) fn quoted(&mut self) -> Result<&'a str, PathError> {
		let quote = match self.peek() {
			Some(quote @ ('\'' | '"')) => quote,
			_ => return Err(self.error("expected a text in quotes")),
		};
		self.rest = &self.rest[1..];
		let text = self.take_while(|c| c != quote);
		if !self.take(&quote.to_string()) {
			return Err(self.error(format!("expected the closing {quote}")));
		}
		Ok(text)
	}

	/// Takes a whole number.
	pub(super) fn number(&mut self) -> Result<i64, PathError> {
		let is_negative = self.take("-");
		let digits = self.take_while(|c| c.is_ascii_digit());
		let number: i64 = digits.parse().map_err(|_| self.error("expected a number"))?;
		Ok(if is_negative { -number } else { number })
	}

	/// Counts a step, and fails if there are too many.
	pub(super) fn step(&mut self) -> Result<(), PathError> {
		self.steps += 1;
		if self.steps > MAX_STEPS {
			return Err(self.error(format!("it has more than {MAX_STEPS} steps")));
		}
		Ok(())
	}
}
