//! The file: its cross-references, by tables and by streams, and the objects that they lead to (ISO 32000-1, 7.5).

use super::{
	filter,
	object::{Dictionary, Object, Parser},
	wrong,
};
use crate::document::reason::Reason;
use std::collections::HashMap;

/// Most parts of a cross-reference: one for each time the file was changed.
const MAX_PARTS: usize = 64;
/// Most objects in the cross-references.
const MAX_OBJECTS: usize = 100_000;
/// Most bytes that are read of objects, one for each of them added.
const MAX_WORK: usize = 16 << 20;
/// How many references may lead from one to the next, and streams be needed to read another one.
const MAX_REFERENCES: usize = 8;

/// Where an object is.
#[derive(Clone, Copy)]
enum Place {
	At(usize),
	/// In a stream of objects, as the one of a number.
	In(u32, usize),
	Free,
}

/// A part of the cross-references.
struct Part {
	trailer: Dictionary,
	/// Objects that are free, unless a stream that belongs to the part has them.
	free: Vec<usize>,
}

pub(super) struct File<'a> {
	bytes: &'a [u8],
	places: HashMap<u32, Place>,
	trailer: Dictionary,
	/// Unpacked streams of objects.
	streams: HashMap<u32, (Dictionary, Vec<u8>)>,
	unpackable: usize,
	work: usize,
	/// Objects that are being read, since one is needed for the next.
	depth: usize,
}

impl<'a> File<'a> {
	/// Reads the cross-references.
	pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Reason> {
		if !bytes.starts_with(b"%PDF-") {
			return Err(wrong("it does not begin as one"));
		}
		let mut file = Self {
			bytes,
			places: HashMap::new(),
			trailer: Dictionary::new(),
			streams: HashMap::new(),
			unpackable: filter::MAX_UNPACKED,
			work: MAX_WORK,
			depth: 0,
		};
		let start = start(bytes);
		let mut next =
			vec![start.ok_or_else(|| wrong("it does not end as one, as if it were cut off"))?];
		let mut known = Vec::new();
		while let Some(at) = next.pop() {
			if known.contains(&at) {
				continue;
			}
			known.push(at);
			if known.len() > MAX_PARTS {
				return Err(wrong(&format!("it was changed more than {MAX_PARTS} times")));
			}
			let Part { trailer, free } = file.part(at)?;
			let place = |key: &str| -> Result<Option<usize>, Reason> {
				let Some(at) = trailer.get(key) else { return Ok(None) };
				let at = at.as_number().and_then(|at| usize::try_from(at).ok());
				at.map(Some).ok_or_else(no_references)
			};
			// What older readers do not see is free in the table, and in a stream (ISO 32000-1, 7.5.8.4).
			if let Some(at) = place("XRefStm")? {
				file.stream_part(at)?;
			}
			for number in free {
				file.add(number, Place::Free)?;
			}
			// What is newer counts.
			next.extend(place("Prev")?);
			if file.trailer.is_empty() {
				file.trailer = trailer;
			}
		}
		if file.trailer.contains_key("Encrypt") {
			return Err(wrong("it is encrypted"));
		}
		Ok(file)
	}

	/// Reads a part of the cross-references.
	fn part(&mut self, at: usize) -> Result<Part, Reason> {
		let mut parser = Parser::new(self.bytes, at);
		let mut free = Vec::new();
		if !parser.take_word(b"xref") {
			return Ok(Part { trailer: self.stream_part(at)?, free });
		}
		loop {
			if parser.take_word(b"trailer") {
				return match parser.object() {
					Some(Object::Dictionary(trailer)) => Ok(Part { trailer, free }),
					_ => Err(no_references()),
				};
			}
			let (Some(first), Some(count)) = (parser.number(), parser.number()) else {
				return Err(no_references());
			};
			for number in first..first.saturating_add(count) {
				let (Some(at), Some(_)) = (parser.number(), parser.number()) else {
					return Err(no_references());
				};
				if parser.take_word(b"n") {
					self.add(number, Place::At(at))?;
				} else if parser.take_word(b"f") && free.len() <= MAX_OBJECTS {
					free.push(number);
				} else {
					return Err(no_references());
				}
			}
		}
	}

	fn add(&mut self, number: usize, place: Place) -> Result<(), Reason> {
		let number = u32::try_from(number).map_err(|_| no_references())?;
		self.places.entry(number).or_insert(place);
		if self.places.len() > MAX_OBJECTS {
			return Err(wrong(&format!("it has more than {MAX_OBJECTS} objects")));
		}
		Ok(())
	}

	/// Reads a part that is a stream: entries of three numbers, of the widths that it says.
	fn stream_part(&mut self, at: usize) -> Result<Dictionary, Reason> {
		let (_, object, data) = self.object_at(at)?;
		let (Object::Dictionary(dictionary), Some(data)) = (object, data) else {
			return Err(no_references());
		};
		if dictionary.get("Type").and_then(Object::as_name) != Some("XRef") {
			return Err(no_references());
		}
		let numbers = |key: &str| -> Option<Vec<usize>> {
			let numbers = dictionary.get(key)?.as_list()?.iter();
			numbers.map(|number| usize::try_from(number.as_number()?).ok()).collect()
		};
		let size = dictionary.get("Size").and_then(Object::as_number).unwrap_or_default();
		let size = usize::try_from(size).unwrap_or_default();
		let widths =
			numbers("W").filter(|widths| widths.len() == 3 && widths.iter().all(|w| *w <= 8));
		let widths = widths.ok_or_else(no_references)?;
		let length: usize = widths.iter().sum();
		if length == 0 {
			return Err(no_references());
		}
		let content = filter::decode(&dictionary, data, &mut self.unpackable)?;
		let mut entries = content.chunks_exact(length);
		for range in numbers("Index").unwrap_or_else(|| vec![0, size]).chunks_exact(2) {
			for number in range[0]..range[0].saturating_add(range[1]) {
				let entry = entries.next().ok_or_else(no_references)?;
				let (kind, rest) = entry.split_at(widths[0]);
				let (second, third) = rest.split_at(widths[1]);
				let place = match if kind.is_empty() { 1 } else { whole(kind) } {
					0 => Place::Free,
					1 => Place::At(whole(second)),
					2 => {
						let stream = u32::try_from(whole(second)).map_err(|_| no_references())?;
						Place::In(stream, whole(third))
					},
					_ => continue,
				};
				self.add(number, place)?;
			}
		}
		Ok(dictionary)
	}

	/// Returns the number of an object, the object, and the data behind it if it is a stream.
	fn object_at(&mut self, at: usize) -> Result<(usize, Object, Option<&'a [u8]>), Reason> {
		if self.depth >= MAX_REFERENCES {
			return Err(wrong("a reference leads to itself"));
		}
		self.depth += 1;
		let read = self.read_at(at);
		self.depth -= 1;
		read
	}

	/// Counts bytes that were read.
	fn spend(&mut self, bytes: usize) -> Result<(), Reason> {
		let left = self.work.checked_sub(bytes.saturating_add(1));
		self.work = left.ok_or_else(|| wrong("too many objects lead to its invoice"))?;
		Ok(())
	}

	fn read_at(&mut self, at: usize) -> Result<(usize, Object, Option<&'a [u8]>), Reason> {
		let no_object = || wrong("a cross-reference leads to no object");
		let mut parser = Parser::new(self.bytes, at);
		let (Some(number), Some(_), true) =
			(parser.number(), parser.number(), parser.take_word(b"obj"))
		else {
			return Err(no_object());
		};
		let object = parser.object();
		self.spend(parser.at.saturating_sub(at))?;
		let object = object.ok_or_else(no_object)?;
		let Object::Dictionary(dictionary) = &object else { return Ok((number, object, None)) };
		if !parser.take_word(b"stream") {
			return Ok((number, object, None));
		}
		if !parser.take(b"\r\n") && !parser.take(b"\n") {
			return Err(wrong("a stream does not begin as one"));
		}
		let start = parser.at;
		let length = dictionary.get("Length").ok_or_else(|| wrong("a stream has no length"))?;
		let length =
			self.resolved(length)?.as_number().and_then(|length| usize::try_from(length).ok());
		let end = length.and_then(|length| start.checked_add(length));
		let data = end.and_then(|end| self.bytes.get(start..end));
		let mut parser = Parser::new(self.bytes, end.unwrap_or(usize::MAX));
		match data {
			Some(data) if parser.take_word(b"endstream") => Ok((number, object, Some(data))),
			_ => Err(wrong("a stream does not end where it should")),
		}
	}

	/// Returns the object of a number.
	fn object(&mut self, number: u32) -> Result<(Object, Option<&'a [u8]>), Reason> {
		match self.places.get(&number) {
			None | Some(Place::Free) => Ok((Object::Other, None)),
			Some(Place::At(at)) => {
				let (is, object, data) = self.object_at(*at)?;
				if u32::try_from(is) != Ok(number) {
					return Err(wrong("a cross-reference leads to another object"));
				}
				Ok((object, data))
			},
			Some(Place::In(stream, place)) => {
				let (stream, place) = (*stream, *place);
				Ok((self.object_in(number, stream, place)?, None))
			},
		}
	}

	/// Returns an object in a stream of objects: pairs of numbers and places, and then the objects.
	fn object_in(&mut self, number: u32, stream: u32, place: usize) -> Result<Object, Reason> {
		let no_object = || wrong("a cross-reference leads to no object");
		if !self.streams.contains_key(&stream) {
			let Some(Place::At(at)) = self.places.get(&stream).copied() else {
				return Err(no_object());
			};
			let (_, Object::Dictionary(dictionary), Some(data)) = self.object_at(at)? else {
				return Err(no_object());
			};
			let content = filter::decode(&dictionary, data, &mut self.unpackable)?;
			self.streams.insert(stream, (dictionary, content));
		}
		let Some((dictionary, content)) = self.streams.get(&stream) else {
			return Err(no_object());
		};
		let first = dictionary.get("First").and_then(Object::as_number);
		let first = first.and_then(|first| usize::try_from(first).ok());
		let mut parser = Parser::new(content, 0);
		let has_place = (0..place).all(|_| parser.number().is_some() && parser.number().is_some());
		if !has_place {
			return Err(no_object());
		}
		let (Some(is), Some(at), Some(first)) = (parser.number(), parser.number(), first) else {
			return Err(no_object());
		};
		if u32::try_from(is) != Ok(number) {
			return Err(wrong("a cross-reference leads to another object"));
		}
		let at = first.checked_add(at).ok_or_else(no_object)?;
		let numbers = parser.at;
		let mut parser = Parser::new(content, at);
		let object = parser.object();
		let read = parser.at.saturating_sub(at).saturating_add(numbers);
		self.spend(read)?;
		object.ok_or_else(no_object)
	}

	/// Returns an object, or the one that it refers to.
	pub(super) fn resolved(&mut self, object: &Object) -> Result<Object, Reason> {
		let mut object = object.clone();
		for _ in 0..MAX_REFERENCES {
			let Object::Reference(number) = object else { return Ok(object) };
			object = self.object(number)?.0;
		}
		Err(wrong("a reference leads to itself"))
	}

	/// Returns the dictionary that an object is, or refers to.
	pub(super) fn dictionary(
		&mut self,
		object: Option<&Object>,
	) -> Result<Option<Dictionary>, Reason> {
		let Some(object) = object else { return Ok(None) };
		Ok(match self.resolved(object)? {
			Object::Dictionary(dictionary) => Some(dictionary),
			_ => None,
		})
	}

	/// Returns the catalog.
	pub(super) fn root(&mut self) -> Result<Dictionary, Reason> {
		let root = self.trailer.get("Root").cloned();
		self.dictionary(root.as_ref())?.ok_or_else(|| wrong("it has no catalog"))
	}

	/// Returns the content of a stream.
	pub(super) fn content(&mut self, number: u32) -> Result<Vec<u8>, Reason> {
		match self.object(number)? {
			(Object::Dictionary(dictionary), Some(data)) => {
				filter::decode(&dictionary, data, &mut self.unpackable)
			},
			_ => Err(wrong("its invoice has no content")),
		}
	}
}

/// Returns the place of the newest cross-references. A file that goes on behind them is cut off in a later revision: what
/// they lead to is not the newest.
fn start(bytes: &[u8]) -> Option<usize> {
	let at = bytes.windows(9).rposition(|signs| signs == b"startxref")?;
	let mut parser = Parser::new(bytes, at + 9);
	let start = parser.number()?;
	let mut parser = Parser::new(bytes.get(parser.at..)?.trim_ascii_start(), 0);
	let is_end = parser.take(b"%%EOF");
	parser.skip_space();
	(is_end && parser.is_at_end()).then_some(start)
}

fn no_references() -> Reason {
	wrong("its cross-references are none")
}

/// Returns the number of bytes, the most significant one first.
fn whole(bytes: &[u8]) -> usize {
	bytes.iter().fold(0_usize, |number, byte| number.wrapping_shl(8) | usize::from(*byte))
}
