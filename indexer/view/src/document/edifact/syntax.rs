//! The syntax of ISO 9735: interchanges of messages of segments of elements of components.

use super::super::reason::Reason;
use crate::{
	document::encoding,
	value::{DecimalMark, Notation, Numbers},
};
use std::{borrow::Cow, rc::Rc};

/// A segment: elements of components. Element 0 is the segment's name.
pub(in crate::document) type Segment = Vec<Vec<String>>;

/// A message, from its UNH to its UNT.
pub(in crate::document) struct Message {
	/// UNB and UNG of the interchange and the group that it is in.
	pub envelope: Rc<Vec<Segment>>,
	pub segments: Vec<Segment>,
	pub text: String,
	pub notation: Notation<'static>,
}

/// The signs of an interchange.
#[derive(Clone, Copy)]
struct Signs {
	component: u8,
	element: u8,
	decimal_mark: DecimalMark,
	release: Option<u8>,
	end: u8,
}

const DEFAULT: Signs = Signs {
	component: b':',
	element: b'+',
	decimal_mark: DecimalMark::Either,
	release: Some(b'?'),
	end: b'\'',
};

/// A segment before its character set is known.
type Raw = Vec<Vec<Vec<u8>>>;

fn name(segment: &Raw) -> &[u8] {
	segment.first().and_then(|element| element.first()).map_or(&[], Vec::as_slice)
}

fn is_line_end(byte: u8) -> bool {
	matches!(byte, b'\n' | b'\r')
}

/// What stands between interchanges: lines, and the ends of files of older systems.
fn is_filling(byte: u8) -> bool {
	matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1a)
}

/// Returns the messages of all interchanges.
pub(in crate::document) fn parse(document: &[u8]) -> Result<Vec<Message>, Reason> {
	let document = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document);
	let mut reader = Reader { document, at: 0 };
	reader.skip_filling();
	if !reader.rest().starts_with(b"UN") {
		return Err(Reason::new("it is no EDIFACT: it does not begin with UNA, UNB or UNH"));
	}
	let mut messages = Vec::new();
	while !reader.rest().is_empty() {
		reader.interchange(&mut messages)?;
		reader.skip_filling();
	}
	Ok(messages)
}

/// The message after these has no end.
fn unended(messages: &[Message]) -> Reason {
	let number = messages.len() + 1;
	Reason::new(format!("it is no EDIFACT: its message {number} does not end with UNT"))
}

struct Reader<'a> {
	document: &'a [u8],
	at: usize,
}

/// A message that has begun.
struct Open {
	start: usize,
	segments: Vec<Segment>,
}

impl<'a> Reader<'a> {
	fn rest(&self) -> &'a [u8] {
		self.document.get(self.at..).unwrap_or_default()
	}

	fn skip_filling(&mut self) {
		self.at += self.rest().iter().take_while(|byte| is_filling(**byte)).count();
	}

	/// Reads the signs of an interchange, from its UNA or as they are without.
	fn signs(&mut self) -> Result<Signs, Reason> {
		if !self.rest().starts_with(b"UNA") {
			return Ok(DEFAULT);
		}
		let Some(&[component, element, decimal_mark, release, _, end]) =
			self.rest().get(3..9).and_then(|signs| signs.first_chunk::<6>())
		else {
			return Err(Reason::new("it is no EDIFACT: its UNA does not name six signs"));
		};
		let separators = [component, element, end];
		let release = (release != b' ').then_some(release);
		let is_sign = |byte: u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
		let is_twice = component == element || component == end || element == end;
		let escapes = release.is_some_and(|release| separators.contains(&release));
		if is_twice || escapes || !separators.into_iter().chain(release).all(is_sign) {
			return Err(Reason::new(
				"it is no EDIFACT: its UNA names one sign twice, or letters or digits",
			));
		}
		self.at += 9;
		self.skip_filling();
		let decimal_mark = match decimal_mark {
			b'.' => DecimalMark::Point,
			b',' => DecimalMark::Comma,
			_ => DecimalMark::Either,
		};
		Ok(Signs { component, element, decimal_mark, release, end })
	}

	/// Reads one interchange, or messages without one to the end.
	fn interchange(&mut self, messages: &mut Vec<Message>) -> Result<(), Reason> {
		let signs = self.signs()?;
		let numbers = Numbers { decimal_mark: signs.decimal_mark, ..Numbers::default() };
		let is_utf8 = self.is_utf8(&signs);
		let mut charset = Charset::of(None, is_utf8);
		let mut envelope: Rc<Vec<Segment>> = Rc::default();
		let mut open: Option<Open> = None;
		let mut is_in_interchange = false;
		loop {
			self.skip_filling();
			let start = self.at;
			if self.rest().is_empty() {
				break;
			}
			let raw = self.segment(&signs)?;
			let name = name(&raw).to_vec();
			if name == b"UNB" {
				let id = raw.get(1).and_then(|element| element.first());
				charset = Charset::of(id.map(Vec::as_slice), is_utf8);
			}
			let segment = charset.segment(raw)?;
			match (&name[..], open.take()) {
				(b"UNH", None) => open = Some(Open { start, segments: vec![segment] }),
				(b"UNT", Some(mut message)) => {
					message.segments.push(segment);
					let text = self.document.get(message.start..self.at).unwrap_or_default();
					messages.push(Message {
						envelope: Rc::clone(&envelope),
						segments: message.segments,
						text: charset.decode(text)?,
						notation: Notation { numbers, ..Notation::default() },
					});
				},
				(b"UNH" | b"UNE" | b"UNZ" | b"UNG" | b"UNB", Some(_)) => {
					return Err(unended(messages));
				},
				(b"UNB" | b"UNG", None) => {
					is_in_interchange |= name == b"UNB";
					let mut outer = if name == b"UNB" { Vec::new() } else { (*envelope).clone() };
					outer.retain(|segment| !is_named(segment, "UNG"));
					outer.push(segment);
					envelope = Rc::new(outer);
				},
				(b"UNZ", None) => return Ok(()),
				(b"UNE", None) => {},
				(_, Some(mut message)) => {
					message.segments.push(segment);
					open = Some(message);
				},
				(_, None) => {
					return Err(Reason::new(format!(
						"it is no EDIFACT: there is a segment outside of a message, after message {}",
						messages.len()
					)));
				},
			}
		}
		if open.is_some() {
			return Err(unended(messages));
		}
		if is_in_interchange {
			return Err(Reason::new("it is no EDIFACT: its interchange does not end with UNZ"));
		}
		Ok(())
	}

	/// Whether the interchange that begins here is UTF-8: another one of the file may be none.
	fn is_utf8(&self, signs: &Signs) -> bool {
		let mut ahead = Self { document: self.document, at: self.at };
		loop {
			ahead.skip_filling();
			let Ok(segment) = ahead.segment(signs) else {
				ahead.at = self.document.len();
				break;
			};
			if name(&segment) == b"UNZ" {
				break;
			}
		}
		std::str::from_utf8(self.document.get(self.at..ahead.at).unwrap_or_default()).is_ok()
	}

	/// Reads a segment up to its end.
	fn segment(&mut self, signs: &Signs) -> Result<Raw, Reason> {
		let mut segment = vec![vec![Vec::new()]];
		let mut bytes = self.rest().iter().copied();
		let mut used = 0;
		while let Some(byte) = bytes.next() {
			used += 1;
			let literal = if byte == signs.end {
				self.at += used;
				return Ok(segment);
			} else if byte == signs.element {
				segment.push(vec![Vec::new()]);
				continue;
			} else if byte == signs.component {
				if let Some(element) = segment.last_mut() {
					element.push(Vec::new());
				}
				continue;
			} else if Some(byte) == signs.release {
				// A line may end where it is full, before what is released.
				let mut released = bytes.by_ref().inspect(|_| used += 1);
				released.find(|byte| *byte == signs.end || !is_line_end(*byte))
			} else if is_line_end(byte) {
				// Lines are for people.
				None
			} else {
				Some(byte)
			};
			if let (Some(byte), Some(text)) =
				(literal, segment.last_mut().and_then(|element| element.last_mut()))
			{
				text.push(byte);
			}
		}
		Err(Reason::new("it is no EDIFACT: its last segment does not end"))
	}
}

pub(super) fn is_named(segment: &Segment, name: &str) -> bool {
	segment.first().and_then(|element| element.first()).is_some_and(|is| is == name)
}

/// The character set of an interchange.
#[derive(Clone, Copy)]
enum Charset {
	Of(&'static encoding_rs::Encoding),
	/// It is not known, so only ASCII can be read.
	Unknown,
}

impl Charset {
	/// By the syntax identifier of UNB (ISO 9735, code list 0001). What is UTF-8 is read as such, whatever it claims.
	fn of(syntax: Option<&[u8]>, is_utf8: bool) -> Self {
		let set = match syntax {
			_ if is_utf8 => encoding_rs::UTF_8,
			// UNOA and UNOB are ASCII; older software writes its own language under them.
			None | Some(b"UNOA" | b"UNOB" | b"UNOC") => encoding_rs::WINDOWS_1252,
			Some(b"UNOD") => encoding_rs::ISO_8859_2,
			Some(b"UNOE") => encoding_rs::ISO_8859_5,
			Some(b"UNOF") => encoding_rs::ISO_8859_7,
			Some(b"UNOG") => encoding_rs::ISO_8859_3,
			Some(b"UNOH") => encoding_rs::ISO_8859_4,
			Some(b"UNOI") => encoding_rs::ISO_8859_6,
			Some(b"UNOJ") => encoding_rs::ISO_8859_8,
			Some(b"UNOK") => encoding_rs::WINDOWS_1254,
			Some(b"UNOW") => encoding_rs::UTF_8,
			Some(_) => return Self::Unknown,
		};
		Self::Of(set)
	}

	fn decode(self, bytes: &[u8]) -> Result<String, Reason> {
		let unreadable =
			|| Reason::new("it has signs that its character set, named in UNB, does not have");
		let text = match self {
			Self::Of(set) => encoding::decode(set, bytes),
			Self::Unknown => bytes.is_ascii().then(|| String::from_utf8_lossy(bytes)),
		};
		text.map(Cow::into_owned).ok_or_else(unreadable)
	}

	fn segment(self, raw: Raw) -> Result<Segment, Reason> {
		raw.into_iter()
			.map(|element| element.into_iter().map(|component| self.decode(&component)).collect())
			.collect()
	}
}
