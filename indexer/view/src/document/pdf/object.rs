//! Objects of PDF (ISO 32000-1, 7.3).

use std::collections::BTreeMap;

/// How deep objects may be nested.
const MAX_DEPTH: usize = 32;
/// Most objects in one object.
const MAX_OBJECTS: usize = 20_000;

/// A dictionary.
pub(super) type Dictionary = BTreeMap<String, Object>;

/// An object. Streams are read by their dictionary.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
	/// Null, a boolean, or a number that is not whole: nothing that is looked for.
	Other,
	Number(i64),
	Name(String),
	Text(Vec<u8>),
	List(Vec<Self>),
	Dictionary(Dictionary),
	Reference(u32),
}

impl Object {
	pub(super) fn as_number(&self) -> Option<i64> {
		match self {
			Self::Number(number) => Some(*number),
			_ => None,
		}
	}

	pub(super) fn as_name(&self) -> Option<&str> {
		match self {
			Self::Name(name) => Some(name),
			_ => None,
		}
	}

	pub(super) fn as_text(&self) -> Option<&[u8]> {
		match self {
			Self::Text(text) => Some(text),
			_ => None,
		}
	}

	pub(super) fn as_list(&self) -> Option<&[Self]> {
		match self {
			Self::List(items) => Some(items),
			_ => None,
		}
	}
}

/// Reads objects. `None` stands for anything else.
pub(super) struct Parser<'a> {
	bytes: &'a [u8],
	pub at: usize,
	/// Objects that may still be read.
	left: usize,
}

fn is_space(byte: u8) -> bool {
	matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
	matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Parser<'a> {
	pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
		Self { bytes, at, left: MAX_OBJECTS }
	}

	fn rest(&self) -> &'a [u8] {
		self.bytes.get(self.at..).unwrap_or_default()
	}

	pub(super) fn is_at_end(&self) -> bool {
		self.rest().is_empty()
	}

	/// Skips white space and comments.
	pub(super) fn skip_space(&mut self) {
		loop {
			self.at += self.rest().iter().take_while(|byte| is_space(**byte)).count();
			if self.rest().first() != Some(&b'%') {
				return;
			}
			let line = self.rest().iter().take_while(|byte| !matches!(byte, b'\n' | b'\r'));
			self.at += line.count();
		}
	}

	/// Takes a text if it comes next.
	pub(super) fn take(&mut self, text: &[u8]) -> bool {
		let is_next = self.rest().starts_with(text);
		if is_next {
			self.at += text.len();
		}
		is_next
	}

	/// Takes a word, such as `obj`, behind white space.
	pub(super) fn take_word(&mut self, word: &[u8]) -> bool {
		self.skip_space();
		let before = self.at;
		if self.regular() == word {
			return true;
		}
		self.at = before;
		false
	}

	/// Takes signs that are neither white space nor delimiters.
	fn regular(&mut self) -> &'a [u8] {
		let rest = self.rest();
		let length = rest.iter().take_while(|byte| !is_space(**byte) && !is_delimiter(**byte));
		let taken = rest.get(..length.count()).unwrap_or_default();
		self.at += taken.len();
		taken
	}

	/// Takes a whole number that is not negative.
	pub(super) fn number(&mut self) -> Option<usize> {
		self.skip_space();
		let taken = self.regular();
		let is_number = !taken.is_empty() && taken.iter().all(u8::is_ascii_digit);
		is_number.then(|| std::str::from_utf8(taken).ok()?.parse().ok())?
	}

	pub(super) fn object(&mut self) -> Option<Object> {
		self.object_at(0)
	}

	fn object_at(&mut self, depth: usize) -> Option<Object> {
		self.left = self.left.checked_sub(1)?;
		if depth > MAX_DEPTH {
			return None;
		}
		self.skip_space();
		let object = match *self.rest().first()? {
			b'/' => {
				self.at += 1;
				Object::Name(name(self.regular()))
			},
			b'(' => Object::Text(self.literal()?),
			b'[' => {
				self.at += 1;
				let mut items = Vec::new();
				loop {
					self.skip_space();
					if self.take(b"]") {
						break Object::List(items);
					}
					items.push(self.object_at(depth + 1)?);
				}
			},
			b'<' if self.rest().starts_with(b"<<") => {
				self.at += 2;
				let mut entries = Dictionary::new();
				loop {
					self.skip_space();
					if self.take(b">>") {
						break Object::Dictionary(entries);
					}
					if !self.take(b"/") {
						return None;
					}
					let name = name(self.regular());
					entries.insert(name, self.object_at(depth + 1)?);
				}
			},
			b'<' => Object::Text(self.hexadecimal()?),
			_ => self.word()?,
		};
		Some(object)
	}

	/// Reads a number, a reference, or a word that stands for a value.
	fn word(&mut self) -> Option<Object> {
		let word = std::str::from_utf8(self.regular()).ok()?;
		if let Ok(number) = word.parse::<i64>() {
			let before = self.at;
			// A reference is two numbers and an R.
			if let (Ok(number), Some(_)) = (u32::try_from(number), self.number())
				&& self.take_word(b"R")
			{
				return Some(Object::Reference(number));
			}
			self.at = before;
			return Some(Object::Number(number));
		}
		let is_real = word.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
		let is_value = matches!(word, "true" | "false" | "null") || (is_real && !word.is_empty());
		is_value.then_some(Object::Other)
	}

	/// Reads a text in parentheses.
	fn literal(&mut self) -> Option<Vec<u8>> {
		let mut text = Vec::new();
		let mut depth = 0_usize;
		let mut bytes = self.rest().iter().copied().enumerate();
		while let Some((number, byte)) = bytes.next() {
			match byte {
				b'(' => {
					depth += 1;
					if depth == 1 {
						continue;
					}
				},
				b')' => {
					depth = depth.checked_sub(1)?;
					if depth == 0 {
						self.at += number + 1;
						return Some(text);
					}
				},
				b'\\' => {
					let (number, byte) = bytes.next()?;
					let digits = self.rest().get(number..)?.iter().take(3);
					let digits = digits.take_while(|digit| matches!(digit, b'0'..=b'7'));
					let digits: Vec<u8> = digits.copied().collect();
					text.push(match byte {
						b'n' => b'\n',
						b'r' => b'\r',
						b't' => b'\t',
						b'b' => 8,
						b'f' => 12,
						// A line that goes on.
						b'\n' => continue,
						b'\r' => {
							if self.rest().get(number + 1) == Some(&b'\n') {
								bytes.next();
							}
							continue;
						},
						_ if !digits.is_empty() => {
							for _ in 1..digits.len() {
								bytes.next();
							}
							let code =
								digits.iter().fold(0_u16, |code, c| code * 8 + u16::from(c - b'0'));
							u8::try_from(code & 0xff).ok()?
						},
						other => other,
					});
					continue;
				},
				_ => {},
			}
			text.push(byte);
		}
		None
	}

	/// Reads a text as digits of base 16.
	fn hexadecimal(&mut self) -> Option<Vec<u8>> {
		let length = self.rest().iter().position(|byte| *byte == b'>')?;
		let digits = self.rest().get(1..length)?;
		let mut digits: Vec<u8> = digits.iter().copied().filter(|byte| !is_space(*byte)).collect();
		if digits.len() % 2 == 1 {
			digits.push(b'0');
		}
		self.at += length + 1;
		hex::decode(digits).ok()
	}
}

/// Returns a name: `#` and two digits stand for a byte.
fn name(bytes: &[u8]) -> String {
	let mut read = Vec::with_capacity(bytes.len());
	let mut rest = bytes;
	while let Some((byte, after)) = rest.split_first() {
		let code = after.get(..2).filter(|_| *byte == b'#').and_then(|code| hex::decode(code).ok());
		if let Some(code) = code {
			read.extend(code);
			rest = after.get(2..).unwrap_or_default();
		} else {
			read.push(*byte);
			rest = after;
		}
	}
	String::from_utf8_lossy(&read).into_owned()
}
