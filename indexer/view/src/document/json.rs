//! JSON, with numbers as text: a binary fraction would not be exact.

use super::{
	budget::{MAX_DEPTH, MAX_NODES},
	reason::Reason,
};
use crate::path::{self, Axis, Test, Work};
use serde::{
	Deserialize, Deserializer,
	de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// How often a large document may be read on the whole, and the bytes that any may take: those of 64 KiB nested as deep as
/// documents may be.
const MAX_READS: usize = 16;
const MIN_BYTES: usize = (MAX_DEPTH + 2) << 16;

#[derive(Debug)]
pub enum Json {
	Null,
	/// A number, a text or a boolean.
	Scalar(String),
	List(Vec<Self>),
	Object(Object),
}

/// Fields in the order of the document, so that the first of several values is the first that is written.
#[derive(Debug)]
pub struct Object {
	fields: Vec<(String, Json)>,
	/// The numbers of the fields, in the order of their names.
	by_name: Vec<usize>,
}

impl Object {
	/// Returns the fields as an object; `None` if two of them have one name.
	fn new(fields: Vec<(String, Json)>) -> Option<Self> {
		let name = |number: &usize| fields.get(*number).map(|(name, _)| name);
		let mut by_name: Vec<_> = (0..fields.len()).collect();
		by_name.sort_by_key(|number| name(number));
		let is_twice = by_name.windows(2).any(|two| two.first().map(name) == two.last().map(name));
		(!is_twice).then_some(Self { fields, by_name })
	}

	fn get(&self, name: &str) -> Option<&Json> {
		let order = |number: &usize| {
			let field = self.fields.get(*number);
			field.map(|(is, _)| is.as_str()).cmp(&Some(name))
		};
		let found = self.by_name.binary_search_by(order).ok()?;
		let (_, value) = self.fields.get(*self.by_name.get(found)?)?;
		Some(value)
	}
}

pub(super) fn parse(text: &str) -> Result<Json, Reason> {
	let raw: &RawValue = serde_json::from_str(text)
		.map_err(|error| Reason::new(format!("it is no JSON, from line {} on", error.line())))?;
	Reader::of(text).read(raw, 0)
}

/// Reads a list of the values of lines.
pub(super) fn parse_lines(text: &str) -> Result<Json, Reason> {
	let (mut reader, mut values) = (Reader::of(text), Vec::new());
	for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
		let raw: &RawValue = serde_json::from_str(line)
			.map_err(|_| Reason::new(format!("line {} is no JSON", number + 1)))?;
		values.push(reader.read(raw, 1).map_err(|reason| reason.of("line", number))?);
	}
	Ok(Json::List(values))
}

/// The fields of an object, in their order, those of one name too.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Reader;
		impl<'de> Visitor<'de> for Reader {
			type Value = Fields<'de>;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("an object")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
				let mut fields = Vec::new();
				while let Some(field) = map.next_entry()? {
					fields.push(field);
				}
				Ok(Fields(fields))
			}
		}
		deserializer.deserialize_map(Reader)
	}
}

/// The rest of the bounds of a document: each level reads its text again.
struct Reader {
	values: u32,
	bytes: usize,
}

impl Reader {
	fn of(text: &str) -> Self {
		let bytes = text.len().saturating_mul(MAX_READS).max(MIN_BYTES);
		Self { values: MAX_NODES, bytes }
	}

	fn read(&mut self, raw: &RawValue, depth: usize) -> Result<Json, Reason> {
		if depth > MAX_DEPTH {
			return Err(Reason::new(format!("it is nested deeper than {MAX_DEPTH} levels")));
		}
		let text = raw.get();
		self.values = self
			.values
			.checked_sub(1)
			.ok_or_else(|| Reason::new(format!("it has more than {MAX_NODES} values")))?;
		self.bytes = self
			.bytes
			.checked_sub(text.len())
			.ok_or_else(|| Reason::new("too much of it is nested too deep for its size"))?;
		// The content of a value was checked with the whole document; only a text may still have half a surrogate pair.
		let invalid = |_| Reason::new("it has a text that is no Unicode");
		Ok(match text.as_bytes().first() {
			Some(b'{') => {
				let Fields(fields) = serde_json::from_str(text).map_err(invalid)?;
				let fields =
					fields.into_iter().map(|(name, raw)| Ok((name, self.read(raw, depth + 1)?)));
				let object = Object::new(fields.collect::<Result<_, Reason>>()?);
				Json::Object(
					object
						.ok_or_else(|| Reason::new("an object in it has two fields of one name"))?,
				)
			},
			Some(b'[') => {
				let items: Vec<&RawValue> = serde_json::from_str(text).map_err(invalid)?;
				let items = items.into_iter().map(|raw| self.read(raw, depth + 1));
				Json::List(items.collect::<Result<_, _>>()?)
			},
			Some(b'"') => Json::Scalar(serde_json::from_str(text).map_err(invalid)?),
			Some(b'n') => Json::Null,
			_ => Json::Scalar(text.to_owned()),
		})
	}
}

impl<'a> path::Node<'a> for &'a Json {
	fn place(self) -> (usize, usize) {
		(std::ptr::from_ref(self).addr(), 0)
	}

	fn sorts_by_place() -> bool {
		false
	}

	fn step(self, axis: Axis, test: &Test, work: &mut Work, take: &mut dyn FnMut(Self, &mut Work)) {
		match axis {
			Axis::Attribute | Axis::Parent | Axis::Itself => {},
			Axis::Child => children(self, test, work, take),
			Axis::Descendant => descend(self, test, work, take),
		}
	}

	fn text(self, work: &mut Work) -> Option<Cow<'a, str>> {
		match self {
			Json::Null => Some(Cow::Borrowed("")),
			Json::Scalar(text) => {
				work.spend_on(text);
				Some(Cow::Borrowed(text))
			},
			Json::List(_) | Json::Object(_) => None,
		}
	}
}

fn children<'a>(
	of: &'a Json,
	test: &Test,
	work: &mut Work,
	take: &mut dyn FnMut(&'a Json, &mut Work),
) {
	let one = match (of, test) {
		(Json::Object(object), Test::Name { name, .. }) => object.get(name),
		(Json::List(items), Test::Index(index)) => {
			let place = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
			let place = if *index < 0 { items.len().checked_sub(place) } else { Some(place) };
			place.and_then(|place| items.get(place))
		},
		(_, Test::Any) => {
			for child in below(of) {
				if !work.spend(1) {
					return;
				}
				take(child, work);
			}
			return;
		},
		_ => None,
	};
	if work.spend(1)
		&& let Some(one) = one
	{
		take(one, work);
	}
}

/// Returns the values directly below a value.
fn below(of: &Json) -> Box<dyn Iterator<Item = &Json> + '_> {
	match of {
		Json::Object(object) => Box::new(object.fields.iter().map(|(_, value)| value)),
		Json::List(items) => Box::new(items.iter()),
		Json::Null | Json::Scalar(_) => Box::new(std::iter::empty()),
	}
}

fn descend<'a>(
	of: &'a Json,
	test: &Test,
	work: &mut Work,
	take: &mut dyn FnMut(&'a Json, &mut Work),
) {
	children(of, test, work, take);
	for child in below(of) {
		if !work.spend(1) {
			return;
		}
		descend(child, test, work, take);
	}
}
