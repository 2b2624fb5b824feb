//! Lies about whatever a node answers, made from what it has answered and from the OpenRPC document: each field is
//! replaced, swapped with another, replayed from an earlier answer, or left out, each list shortened, lengthened and
//! turned round, and each answer exchanged for an error that the document names.

use crate::proxy::{Answer, Said};
use credio_client::primitives::error_codes::TRANSACTION_REFUSED;
use serde_json::{json, Map, Value};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
};

/// How deep a lie goes into an answer.
const MAX_DEPTH: usize = 7;
/// How many other values under the name of a field are told in its place.
const MAX_OTHERS: usize = 2;
/// How many other answers to the same method are told in place of an answer.
const MAX_REPLAYS: usize = 6;

/// Reasons for which a transaction is refused that a client does not take for the last word.
const REASONS: [&str; 2] = ["badProof", "banned"];

/// A step into an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
	Field(String),
	Item(usize),
}

/// What is done to a value.
#[derive(Clone, Debug, PartialEq)]
enum Change {
	/// Another value stands in its place.
	Replace(Value),
	/// It is not there.
	LeaveOut,
	/// It changes places with another one beside it.
	Swap(Step),
	/// The list lacks its last item.
	Shorten,
	/// The list has an item again.
	Repeat,
	/// The list is the other way round.
	Reverse,
	/// In place of the whole answer there is an error.
	Error(Value),
}

/// A lie about one place in the answers of one method.
#[derive(Clone, Debug)]
pub struct Lie {
	method: String,
	is_notification: bool,
	/// Of answers that come in several shapes, which one.
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

/// What tells answers of one method apart that have nothing in common: the event of a notification, the function of a call
/// into the runtime, the key of a value.
fn shape(method: &str, params: &Value, result: &Value) -> Option<String> {
	match method {
		"state_call" | "state_getStorage" => params[0].as_str().map(str::to_owned),
		_ => result["event"].as_str().map(str::to_owned),
	}
}

/// Whether an answer is of the metadata, by which calls are made. What becomes of lies about that is tested elsewhere.
fn is_metadata(answer: &Answer) -> bool {
	answer.method == "state_getMetadata"
		|| answer.params[0].as_str().is_some_and(|function| function.starts_with("Metadata_"))
}

fn at<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
	path.iter().try_fold(value, |value, step| match step {
		Step::Field(name) => value.get_mut(name),
		Step::Item(position) => value.get_mut(position),
	})
}

impl Lie {
	/// Tells it, if this is an answer that it is about. Returns whether anything is changed.
	pub fn tell(&self, said: &mut Said<'_>) -> bool {
		let is_meant = said.method == self.method
			&& said.is_notification == self.is_notification
			&& shape(said.method, said.params, said.result) == self.shape
			&& said.error.is_none();
		if !is_meant {
			return false;
		}
		if let Change::Error(error) = &self.change {
			*said.error = Some(error.clone());
			return true;
		}
		let before = said.result.clone();
		self.change(said.result);
		before != *said.result
	}

	fn change(&self, answer: &mut Value) -> Option<()> {
		match (&self.change, self.path.split_last()) {
			(Change::Replace(value), Some((Step::Field(name), above))) => {
				at(answer, above)?.as_object_mut()?.insert(name.clone(), value.clone());
			},
			(Change::Replace(value), _) => *at(answer, &self.path)? = value.clone(),
			(Change::LeaveOut, None) => *answer = Value::Null,
			(Change::LeaveOut, Some((Step::Field(name), above))) => {
				at(answer, above)?.as_object_mut()?.remove(name);
			},
			(Change::LeaveOut, Some((Step::Item(position), above))) => {
				let list = at(answer, above)?.as_array_mut()?;
				(*position < list.len()).then(|| list.remove(*position))?;
			},
			(Change::Swap(other), Some((step, above))) => {
				let parent = at(answer, above)?;
				let (one, two) = ([step.clone()], [other.clone()]);
				let first = at(parent, &one)?.clone();
				let second = std::mem::replace(at(parent, &two)?, first);
				*at(parent, &one)? = second;
			},
			(Change::Shorten, _) => {
				at(answer, &self.path)?.as_array_mut()?.pop()?;
			},
			(Change::Repeat, _) => {
				let list = at(answer, &self.path)?.as_array_mut()?;
				list.insert(0, list.first()?.clone());
			},
			(Change::Reverse, _) => at(answer, &self.path)?.as_array_mut()?.reverse(),
			(Change::Swap(_), None) | (Change::Error(_), _) => return None,
		}
		Some(())
	}
}

/// What can be told in place of something else: all values that a node has told, by the name of their field, and its
/// answers by method.
#[derive(Debug, Default)]
pub struct Known {
	fields: BTreeMap<String, Vec<Value>>,
	answers: BTreeMap<(String, Option<String>), Vec<Value>>,
}

impl Known {
	/// Takes in what was answered.
	pub fn learn(&mut self, answers: &[Answer]) {
		for answer in answers.iter().filter(|answer| !is_metadata(answer)) {
			let shape = shape(&answer.method, &answer.params, &answer.result);
			let known = self.answers.entry((answer.method.clone(), shape)).or_default();
			if !known.contains(&answer.result) {
				known.push(answer.result.clone());
			}
			self.learn_fields("", &answer.result);
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

	/// Values that were told elsewhere under this name.
	fn others(&self, name: &str, value: &Value) -> Vec<Value> {
		let known = self.fields.get(name).into_iter().flatten();
		known.filter(|other| *other != value).take(MAX_OTHERS).cloned().collect()
	}
}

/// The OpenRPC document.
pub struct Document(Value);

impl Document {
	/// Reads it.
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

	/// The schemas that a value may have.
	fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
		let schema = self.resolve(schema);
		match schema["oneOf"].as_array() {
			Some(several) => several.iter().map(|one| self.resolve(one)).collect(),
			None => vec![schema],
		}
	}

	/// The schema of a field.
	fn field<'a>(&'a self, schema: &'a Value, name: &str) -> &'a Value {
		let found =
			self.alternatives(schema).into_iter().find(|one| one["properties"].get(name).is_some());
		found.map_or(&Value::Null, |one| &one["properties"][name])
	}

	fn items<'a>(&'a self, schema: &'a Value) -> &'a Value {
		let found = self.alternatives(schema).into_iter().find(|one| one.get("items").is_some());
		found.map_or(&Value::Null, |one| &one["items"])
	}

	/// Names of fields that an answer may have.
	fn fields(&self, schema: &Value) -> BTreeSet<String> {
		let properties =
			self.alternatives(schema).into_iter().filter_map(|one| one["properties"].as_object());
		properties.flat_map(|fields| fields.keys().cloned()).collect()
	}

	/// A value of a schema.
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

	/// All values of an enumeration.
	fn enumeration(&self, schema: &Value) -> Vec<Value> {
		let alternatives = self.alternatives(schema).into_iter();
		alternatives.filter_map(|one| one["enum"].as_array()).flatten().cloned().collect()
	}

	/// The errors of a method. A transaction that is refused is so for a reason, of which some make a client try again.
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

/// At most so many of these, spread over all. With another `shift` it is others.
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

/// Another text of the same length, as far as it is one.
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

/// Values of the same type.
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

/// Makes lies about what was answered.
pub struct Liar<'a> {
	/// What can be told in place of something else.
	pub known: &'a Known,
	/// What answers may look like.
	pub document: &'a Document,
}

impl Liar<'_> {
	/// All lies about these answers, each once.
	pub fn lies_about(&self, answers: &[Answer]) -> Vec<Lie> {
		let mut lies = Vec::new();
		let mut seen = BTreeSet::new();
		for answer in answers.iter().filter(|answer| !is_metadata(answer)) {
			let shape = shape(&answer.method, &answer.params, &answer.result);
			let about = About { liar: self, answer, shape };
			let mut found = Vec::new();
			about.whole(&mut found);
			about.place(&answer.result, about.schema(), &mut Vec::new(), &mut found);
			lies.extend(found.into_iter().filter(|lie| seen.insert(format!("{lie:?}"))));
		}
		lies
	}
}

/// One answer that is lied about.
struct About<'a> {
	liar: &'a Liar<'a>,
	answer: &'a Answer,
	shape: Option<String>,
}

impl<'a> About<'a> {
	fn schema(&self) -> &'a Value {
		let method = self.liar.document.method(&self.answer.method).unwrap_or(&Value::Null);
		match self.answer.is_notification {
			true => &method["x-notification"]["schema"],
			false => &method["result"]["schema"],
		}
	}

	fn lie(&self, path: &[Step], change: Change) -> Lie {
		Lie {
			method: self.answer.method.clone(),
			is_notification: self.answer.is_notification,
			shape: self.shape.clone(),
			path: path.to_vec(),
			change,
		}
	}

	/// Lies that leave nothing of it.
	fn whole(&self, lies: &mut Vec<Lie>) {
		let of_method = self.liar.document.method(&self.answer.method);
		let errors = of_method.map(|method| self.liar.document.errors(method)).unwrap_or_default();
		if !self.answer.is_notification {
			lies.extend(errors.into_iter().map(|error| self.lie(&[], Change::Error(error))));
		}
		let key = (self.answer.method.clone(), self.shape.clone());
		let others = self.liar.known.answers.get(&key).into_iter().flatten();
		let others = others.filter(|other| **other != self.answer.result).collect::<Vec<_>>();
		let replays = spread(others, MAX_REPLAYS, 0).into_iter();
		lies.extend(replays.map(|other| self.lie(&[], Change::Replace(other.clone()))));
		lies.push(self.lie(&[], Change::LeaveOut));
	}

	/// Lies about a place in it, and all below.
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
