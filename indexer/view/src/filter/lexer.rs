//! Splits a filter into tokens.

use super::error::{FilterError, MAX_LENGTH};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
	/// A word of the language or a name.
	Word(String),
	/// A text that stood in quotes.
	Text(String),
	/// A number as it was written.
	Number(String),
	/// `(`, `)`, `,` or a comparison.
	Sign(&'static str),
	End,
}

impl Token {
	/// Returns its name in messages.
	pub(super) fn shown(&self) -> String {
		match self {
			Self::Word(word) => format!("`{word}`"),
			Self::Text(_) => "a text".into(),
			Self::Number(number) => format!("`{number}`"),
			Self::Sign(sign) => format!("`{sign}`"),
			Self::End => "the end".into(),
		}
	}
}

/// The longer ones first.
const SIGNS: [&str; 10] = ["!=", "<=", ">=", "<>", "=", "<", ">", "(", ")", ","];

/// Returns the tokens, each with the number of characters before it. The last one is the end.
pub(super) fn tokens(filter: &str) -> Result<Vec<(Token, usize)>, FilterError> {
	if filter.len() > MAX_LENGTH {
		let problem = format!("it is longer than {MAX_LENGTH} bytes");
		return Err(FilterError { position: 0, problem });
	}
	let mut tokens = Vec::new();
	let mut rest = filter;
	let position = |rest: &str| {
		let read = filter.len().saturating_sub(rest.len());
		filter.get(..read).map_or(0, |read| read.chars().count())
	};
	loop {
		rest = rest.trim_start();
		let at = position(rest);
		let Some(first) = rest.chars().next() else {
			tokens.push((Token::End, at));
			return Ok(tokens);
		};
		let is_in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
		let (token, length) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign))
		{
			(Token::Sign(if *sign == "<>" { "!=" } else { sign }), sign.len())
		} else if matches!(first, '"' | '\'') {
			let (text, length) = quoted(rest, first).ok_or_else(|| FilterError {
				position: at,
				problem: format!("the text that begins here does not end with {first}"),
			})?;
			(Token::Text(text), length)
		} else if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
			let length = rest
				.find(|c: char| !(is_in_word(c) || matches!(c, '.' | '-' | '+')))
				.unwrap_or(rest.len());
			(Token::Number(rest[..length].to_owned()), length)
		} else if is_in_word(first) {
			let length = rest.find(|c| !is_in_word(c)).unwrap_or(rest.len());
			(Token::Word(rest[..length].to_owned()), length)
		} else {
			let problem = format!("{first:?} means nothing here; texts stand in quotes");
			return Err(FilterError { position: at, problem });
		};
		tokens.push((token, at));
		rest = &rest[length..];
	}
}

/// Reads a text in quotes; a backslash escapes the next character. Returns the text with its length in bytes.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
	let mut content = String::new();
	let mut characters = text.char_indices().skip(1);
	while let Some((at, c)) = characters.next() {
		match c {
			'\\' => content.push(characters.next()?.1),
			c if c == quote => return Some((content, at + c.len_utf8())),
			c => content.push(c),
		}
	}
	None
}
