//! Generates lies of a node from its recorded replies and the OpenRPC document. Fields are replaced, swapped, replayed from
//! earlier replies, or left out; lists are shortened, lengthened and reversed; replies are replaced by documented errors.

use crate::proxy::{RecordedReply, Reply};
use credio_client::primitives::error_codes::TRANSACTION_REFUSED;
use serde_json::{Map, Value, json};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
};

/// Greatest depth of a lie in a reply.
const MAX_DEPTH: usize = 7;
/// Most known values of the same field that replace a field.
const MAX_OTHERS: usize = 2;
/// Most known replies to the same method that replace a reply.
const MAX_REPLAYS: usize = 6;

/// Reasons of a refusal after which a client tries again.
const REASONS: [&str; 2] = ["badProof", "banned"];

/// A step of a path in a reply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
	Field(String),
	Item(usize),
}

/// A change of a value.
#[derive(Clone, Debug, PartialEq)]
enum Change {
	/// Replaces it.
	Replace(Value),
	/// Removes it.
	LeaveOut,
	/// Swaps it with a sibling.
	Swap(Step),
	/// Removes the last item of a list.
	Shorten,
	/// Repeats the first item of a list.
	Repeat,
	/// Reverses a list.
	Reverse,
	/// Replaces the whole reply by an error.
	Error(Value),
}

/// A change at one place in the replies to one method.
#[derive(Clone, Debug)]
pub struct Lie {
	method: String,
	is_notification: bool,
	/// The shape of the replies, if they have several.
	shape: Option<String>,
	path: Vec<Step>,
	change: Change,
}

impl fmt::Display for Lie {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}", self.method)?;
		for step in &self.path {
			match step {
				Step::Field(name) => write!(f, ".{name}")?,
				Step::Item(position) => write!(f, "[{position}]")?,
			}
		}
		if let Some(shape) = &self.shape {
			write!(f, " of {shape}")?;
		}
		let change = format!("{:?}", self.change);
		write!(f, ": {}", change.chars().take(160).collect::<String>())
	}
}

/// Returns the shape of a reply, for methods that have several: the event of a notification, the function of a runtime call,
/// or the key of a stored value.
fn shape(method: &str, params: &Value, result: &Value) -> Option<String> {
	match method {
		"state_call" | "state_getStorage" => params[0].as_str().map(str::to_owned),
		_ => result["event"].as_str().map(str::to_owned),
	}
}

/// Returns whether a reply contains metadata. Lies about metadata are tested in `signing.rs`.
fn is_metadata(reply: &RecordedReply) -> bool {
	reply.method == "state_getMetadata"
		|| reply.params[0].as_str().is_some_and(|function| function.starts_with("Metadata_"))
}

fn at<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
	path.iter().try_fold(value, |value, step| match step {
		Step::Field(name) => value.get_mut(name),
		Step::Item(position) => value.get_mut(position),
	})
}

impl Lie {
	/// Changes a matching reply. Returns whether anything changed.
	pub fn tell(&self, reply: &mut Reply<'_>) -> bool {
		let matches = reply.method == self.method
			&& reply.is_notification == self.is_notification
			&& shape(reply.method, reply.params, reply.result) == self.shape
			&& reply.error.is_none();
		if !matches {
			return false;
		}
		if let Change::Error(error) = &self.change {
			*reply.error = Some(error.clone());
			return true;
		}
		let before = reply.result.clone();
		self.change(reply.result);
		before != *reply.result
	}

	fn change(&self, reply: &mut Value) -> Option<()> {
		match (&self.change, self.path.split_last()) {
			(Change::Replace(value), Some((Step::Field(name), above))) => {
				at(reply, above)?.as_object_mut()?.insert(name.clone(), value.clone());
			},
			(Change::Replace(value), _) => *at(reply, &self.path)? = value.clone(),
			(Change::LeaveOut, None) => *reply = Value::Null,
			(Change::LeaveOut, Some((Step::Field(name), above))) => {
				at(reply, above)?.as_object_mut()?.remove(name);
			},
			(Change::LeaveOut, Some((Step::Item(position), above))) => {
				let list = at(reply, above)?.as_array_mut()?;
				(*position < list.len()).then(|| list.remove(*position))?;
			},
			(Change::Swap(other), Some((step, above))) => {
				let parent = at(reply, above)?;
				let (one, two) = ([step.clone()], [other.clone()]);
				let first = at(parent, &one)?.clone();
				let second = std::mem::replace(at(parent, &two)?, first);
				*at(parent, &one)? = second;
			},
			(Change::Shorten, _) => {
				at(reply, &self.path)?.as_array_mut()?.pop()?;
			},
			(Change::Repeat, _) => {
				let list = at(reply, &self.path)?.as_array_mut()?;
				list.insert(0, list.first()?.clone());
			},
			(Change::Reverse, _) => at(reply, &self.path)?.as_array_mut()?.reverse(),
			(Change::Swap(_), None) | (Change::Error(_), _) => return None,
		}
		Some(())
	}
}

/// Known values for replacements: all values in recorded replies, by field name, and the results by method.
#[derive(Debug, Default)]
pub struct Known {
	fields: BTreeMap<String, Vec<Value>>,
	results: BTreeMap<(String, Option<String>), Vec<Value>>,
}

impl Known {
	/// Adds recorded replies.
	pub fn learn(&mut self, replies: &[RecordedReply]) {
		for reply in replies.iter().filter(|reply| !is_metadata(reply)) {
			let shape = shape(&reply.method, &reply.params, &reply.result);
			let known = self.results.entry((reply.method.clone(), shape)).or_default();
			if !known.contains(&reply.result) {
				known.push(reply.result.clone());
			}
			self.learn_fields("", &reply.result);
		}
	}

	fn learn_fields(&mut self, name: &str, value: &Value) {
		match value {
			Value::Object(fields) => {
				fields.iter().for_each(|(name, value)| self.learn_fields(name, value));
			},
			Value::Array(items) => items.iter().for_each(|item| self.learn_fields(name, item)),
			_ => {},
		}
		let known = self.fields.entry(name.to_owned()).or_default();
		if !name.is_empty() && !known.contains(value) {
			known.push(value.clone());
		}
	}

	/// Returns other known values of a field with this name.
	fn others(&self, name: &str, value: &Value) -> Vec<Value> {
		let known = self.fields.get(name).into_iter().flatten();
		known.filter(|other| *other != value).take(MAX_OTHERS).cloned().collect()
	}
}

/// The OpenRPC document.
pub struct Document(Value);

impl Document {
	/// Parses the document.
	///
	/// # Panics
	///
	/// If it is no JSON.
	pub fn new(text: &str) -> Self {
		Self(serde_json::from_str(text).expect("the document is JSON"))
	}

	fn method(&self, name: &str) -> Option<&Value> {
		self.0["methods"].as_array()?.iter().find(|method| method["name"] == name)
	}

	fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
		match schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
			Some(pointer) => self.0.pointer(pointer).unwrap_or(&Value::Null),
			None => schema,
		}
	}

	/// Returns the alternatives of a schema.
	fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
		let schema = self.resolve(schema);
		match schema["oneOf"].as_array() {
			Some(several) => several.iter().map(|one| self.resolve(one)).collect(),
			None => vec![schema],
		}
	}

	/// Returns the schema of a field.
	fn field<'a>(&'a self, schema: &'a Value, name: &str) -> &'a Value {
		let found =
			self.alternatives(schema).into_iter().find(|one| one["properties"].get(name).is_some());
		found.map_or(&Value::Null, |one| &one["properties"][name])
	}

	fn items<'a>(&'a self, schema: &'a Value) -> &'a Value {
		let found = self.alternatives(schema).into_iter().find(|one| one.get("items").is_some());
		found.map_or(&Value::Null, |one| &one["items"])
	}

	/// Returns the names of all fields of a schema.
	fn fields(&self, schema: &Value) -> BTreeSet<String> {
		let properties =
			self.alternatives(schema).into_iter().filter_map(|one| one["properties"].as_object());
		properties.flat_map(|fields| fields.keys().cloned()).collect()
	}

	/// Returns an example of a schema.
	fn example(&self, schema: &Value, depth: usize) -> Value {
		let alternatives = self.alternatives(schema);
		let Some(schema) = alternatives.iter().find(|one| one["type"] != "null") else {
			return Value::Null;
		};
		if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
			return first.clone();
		}
		let kind =
			schema["type"].as_array().and_then(|kinds| kinds.first()).unwrap_or(&schema["type"]);
		match kind.as_str() {
			Some("integer" | "number") => json!(1),
			Some("boolean") => json!(true),
			Some("array") => json!([]),
			Some("string")
				if schema["pattern"].as_str().is_some_and(|one| one.contains("{64}")) =>
			{
				json!(format!("0x{}", "5a".repeat(32)))
			},
			Some("string") if schema["pattern"].is_string() => json!("0x5a5a"),
			Some("string") => json!("5a"),
			Some("object") if depth < MAX_DEPTH => {
				let fields = schema["properties"].as_object().into_iter().flatten();
				let fields = fields.map(|(name, of)| (name.clone(), self.example(of, depth + 1)));
				Value::Object(fields.collect::<Map<_, _>>())
			},
			_ => Value::Null,
		}
	}

	/// Returns all values of an enumeration.
	fn enumeration(&self, schema: &Value) -> Vec<Value> {
		let alternatives = self.alternatives(schema).into_iter();
		alternatives.filter_map(|one| one["enum"].as_array()).flatten().cloned().collect()
	}

	/// Returns the errors of a method. A refused transaction also has a reason, and some reasons make a client try again.
	fn errors(&self, method: &Value) -> Vec<Value> {
		let named = method["errors"].as_array().into_iter().flatten();
		let errors = named.map(|error| self.resolve(error)).flat_map(|error| {
			let (code, message) = (&error["code"], &error["message"]);
			let reasons = if *code == TRANSACTION_REFUSED { &REASONS[..] } else { &[] };
			let plain = json!({ "code": code, "message": message });
			let with_reasons = reasons.iter().map(
				move |reason| json!({ "code": code, "message": message, "data": { "reason": reason } }),
			);
			[plain].into_iter().chain(with_reasons)
		});
		errors.collect()
	}
}

/// Selects at most a number of items, spread evenly. `shift` selects others.
pub fn spread<T>(all: Vec<T>, most: usize, shift: usize) -> Vec<T> {
	let count = all.len().max(1);
	let most = most.min(count);
	let is_taken = |position: usize| {
		let shifted = (position + shift) % count;
		(shifted + 1) * most / count > shifted * most / count
	};
	let numbered = all.into_iter().enumerate();
	numbered.filter(|(position, _)| is_taken(*position)).map(|(_, one)| one).collect()
}

/// Changes the last character of a text.
fn altered(text: &str) -> String {
	let mut characters = text.chars().collect::<Vec<_>>();
	if let Some(last) = characters.last_mut() {
		*last = match *last {
			'0' => '1',
			'a' => 'b',
			other if other.is_ascii_hexdigit() => '0',
			_ => 'a',
		};
	}
	characters.into_iter().collect()
}

/// Returns other values of the same type.
fn replacements(value: &Value) -> Vec<Value> {
	match value {
		Value::Null => vec![json!(0), json!("0x00")],
		Value::Bool(is) => vec![json!(!is)],
		Value::Number(number) => {
			let number = number.as_u64().unwrap_or_default();
			let others = [number.wrapping_add(1), number.saturating_sub(1), 0, u64::from(u32::MAX)];
			others
				.into_iter()
				.filter(|other| *other != number)
				.collect::<BTreeSet<_>>()
				.into_iter()
				.map(Value::from)
				.collect()
		},
		Value::String(text) => {
			let mut others = vec![json!(altered(text)), json!("")];
			if text.len() > 10 {
				others.push(json!(text[..text.len() / 2]));
			}
			others
		},
		Value::Array(_) => vec![json!([])],
		Value::Object(_) => vec![json!({})],
	}
}

/// Generates lies from recorded replies.
pub struct Liar<'a> {
	/// Values for replacements.
	pub known: &'a Known,
	/// The schemas of replies.
	pub document: &'a Document,
}

impl Liar<'_> {
	/// Returns all distinct lies about these replies.
	pub fn lies_about(&self, replies: &[RecordedReply]) -> Vec<Lie> {
		let mut lies = Vec::new();
		let mut seen = BTreeSet::new();
		for reply in replies.iter().filter(|reply| !is_metadata(reply)) {
			let shape = shape(&reply.method, &reply.params, &reply.result);
			let about = About { liar: self, reply, shape };
			let mut found = Vec::new();
			about.whole(&mut found);
			about.place(&reply.result, about.schema(), &mut Vec::new(), &mut found);
			lies.extend(found.into_iter().filter(|lie| seen.insert(format!("{lie:?}"))));
		}
		lies
	}
}

/// The reply that lies are generated from.
struct About<'a> {
	liar: &'a Liar<'a>,
	reply: &'a RecordedReply,
	shape: Option<String>,
}

impl<'a> About<'a> {
	fn schema(&self) -> &'a Value {
		let method = self.liar.document.method(&self.reply.method).unwrap_or(&Value::Null);
		match self.reply.is_notification {
			true => &method["x-notification"]["schema"],
			false => &method["result"]["schema"],
		}
	}

	fn lie(&self, path: &[Step], change: Change) -> Lie {
		Lie {
			method: self.reply.method.clone(),
			is_notification: self.reply.is_notification,
			shape: self.shape.clone(),
			path: path.to_vec(),
			change,
		}
	}

	/// Adds lies that replace the whole reply.
	fn whole(&self, lies: &mut Vec<Lie>) {
		let of_method = self.liar.document.method(&self.reply.method);
		let errors = of_method.map(|method| self.liar.document.errors(method)).unwrap_or_default();
		if !self.reply.is_notification {
			lies.extend(errors.into_iter().map(|error| self.lie(&[], Change::Error(error))));
		}
		let key = (self.reply.method.clone(), self.shape.clone());
		let others = self.liar.known.results.get(&key).into_iter().flatten();
		let others = others.filter(|other| **other != self.reply.result).collect::<Vec<_>>();
		let replays = spread(others, MAX_REPLAYS, 0).into_iter();
		lies.extend(replays.map(|other| self.lie(&[], Change::Replace(other.clone()))));
		lies.push(self.lie(&[], Change::LeaveOut));
	}

	/// Adds lies about a value in the reply, and all values below it.
	fn place(&self, value: &Value, schema: &Value, path: &mut Vec<Step>, lies: &mut Vec<Lie>) {
		if path.len() > MAX_DEPTH {
			return;
		}
		let document = self.liar.document;
		if let Some(last) = path.last() {
			let mut others = replacements(value);
			others.extend(document.enumeration(schema));
			if value.is_null() {
				others.push(document.example(schema, 0));
			}
			if let Step::Field(name) = last {
				others.extend(self.liar.known.others(name, value));
			}
			others.retain(|other| other != value);
			lies.extend(others.into_iter().map(|other| self.lie(path, Change::Replace(other))));
			lies.push(self.lie(path, Change::LeaveOut));
			if !value.is_null() {
				lies.push(self.lie(path, Change::Replace(Value::Null)));
			}
		}
		match value {
			Value::Object(fields) => {
				for (name, value) in fields {
					path.push(Step::Field(name.clone()));
					let like = |(_, other): &(&String, &Value)| {
						*other != value
							&& std::mem::discriminant(*other) == std::mem::discriminant(value)
					};
					if let Some((other, _)) = fields.iter().find(like) {
						lies.push(self.lie(path, Change::Swap(Step::Field(other.clone()))));
					}
					self.place(value, document.field(schema, name), path, lies);
					path.pop();
				}
				for name in document.fields(schema) {
					if !fields.contains_key(&name) {
						path.push(Step::Field(name.clone()));
						let example = document.example(document.field(schema, &name), 0);
						lies.push(self.lie(path, Change::Replace(example)));
						path.pop();
					}
				}
			},
			Value::Array(items) => {
				let changes = [Change::Shorten, Change::Repeat, Change::Reverse];
				lies.extend(changes.into_iter().map(|change| self.lie(path, change)));
				let last = items.len().saturating_sub(1);
				for position in [0, last].into_iter().collect::<BTreeSet<_>>() {
					let Some(item) = items.get(position) else { continue };
					path.push(Step::Item(position));
					if position != 0 {
						lies.push(self.lie(path, Change::Swap(Step::Item(0))));
					}
					self.place(item, document.items(schema), path, lies);
					path.pop();
				}
			},
			_ => {},
		}
	}
}
