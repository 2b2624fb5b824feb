//! Definitions of views in TOML, and the checks they pass.

use super::{
	error::ViewError,
	types::{
		Column, Format, MAX_COLUMNS, MAX_INDEXED_LENGTH, MAX_NAME_LENGTH, Mark, OwnerSelector,
		Place, StreamSelector, View,
	},
};
use crate::{
	path::{self, Namespaces, PathError, SegmentPath},
	value::{DEFAULT_SCALE, MAX_SCALE, Type},
};
use credio_primitives::OrganizationId;
use serde::{Deserialize, Serialize};

/// Largest definition, in bytes.
const MAX_LENGTH: usize = 64 * 1024;
/// Most items in any list of a definition.
const MAX_ITEMS: usize = 64;

/// One or several of something.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
	One(String),
	Many(Vec<String>),
}

impl OneOrMany {
	fn into_vec(self) -> Vec<String> {
		match self {
			Self::One(one) => vec![one],
			Self::Many(many) => many,
		}
	}
}

/// An organization by its number, `own`, or `*`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Owner {
	Number(OrganizationId),
	Word(String),
}

/// One or several owners.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Owners {
	One(Owner),
	Many(Vec<Owner>),
}

/// A definition as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Definition {
	name: String,
	stream: OneOrMany,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	owner: Option<Owners>,
	format: Format,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	media_types: Vec<String>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	when: Vec<MarkDefinition>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	rows: Option<String>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	delimiter: Option<char>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	key: Vec<String>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	full_text: Vec<String>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	index: Vec<String>,
	#[serde(default, skip_serializing_if = "Namespaces::is_empty")]
	namespaces: Namespaces,
	#[serde(default)]
	columns: Vec<ColumnDefinition>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MarkDefinition {
	path: String,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	equals: Option<OneOrMany>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ColumnDefinition {
	name: String,
	path: OneOrMany,
	#[serde(rename = "type")]
	ty: TypeName,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	scale: Option<u8>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	default: Option<Default>,
	#[serde(default, skip_serializing_if = "is_false")]
	required: bool,
	#[serde(default, skip_serializing_if = "is_false")]
	all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TypeName {
	Text,
	Integer,
	Decimal,
	Date,
	Timestamp,
	Boolean,
}

/// A default, as it is written. It has no binary fractions, which would not be exact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Default {
	Boolean(bool),
	Integer(i64),
	Text(String),
}

fn is_false(is: &bool) -> bool {
	!is
}

impl View {
	/// Reads a definition.
	///
	/// # Errors
	///
	/// [`ViewError`].
	pub fn parse(toml: &str) -> Result<Self, ViewError> {
		if toml.len() > MAX_LENGTH {
			return Err(ViewError::Toml(format!("it is longer than {MAX_LENGTH} bytes")));
		}
		build(toml::from_str(toml).map_err(|error| ViewError::Toml(error.to_string()))?)
	}

	/// Reads the stored form of a definition.
	///
	/// # Errors
	///
	/// [`ViewError`].
	pub fn from_stored(json: &str) -> Result<Self, ViewError> {
		build(serde_json::from_str(json).map_err(|error| ViewError::Toml(error.to_string()))?)
	}
}

fn build(definition: Definition) -> Result<View, ViewError> {
	let view = definition.name.clone();
	Builder { definition }.build().map_err(|problem| ViewError::Definition { view, problem })
}

struct Builder {
	definition: Definition,
}

impl Builder {
	fn build(self) -> Result<View, String> {
		let definition = &self.definition;
		let stored = serde_json::to_string(definition).map_err(|error| error.to_string())?;
		if !is_view_name(&definition.name) {
			return Err(format!(
				"its name has to begin with a lower-case letter and go on with lower-case letters, digits, `_` and `-`, \
				{MAX_NAME_LENGTH} at most"
			));
		}
		self.check_lists()?;
		let columns = self.columns()?;
		let number = |what: &str, name: &String| {
			columns
				.iter()
				.position(|column| column.name == *name)
				.ok_or_else(|| format!("{what} names {name:?}, which is no column of it"))
		};
		let numbers = |what: &str, names: &[String]| -> Result<Vec<usize>, String> {
			let mut numbers = Vec::new();
			for name in names {
				let number = number(what, name)?;
				if numbers.contains(&number) {
					return Err(format!("{what} names {name:?} twice"));
				}
				numbers.push(number);
			}
			Ok(numbers)
		};
		let key = numbers("key", &definition.key)?;
		let full_text = numbers("fullText", &definition.full_text)?;
		if let Some(other) = full_text.iter().find(|column| columns[**column].ty != Type::Text) {
			let name = &columns[*other].name;
			return Err(format!("fullText names {name:?}, which is no text column"));
		}
		let indexed = numbers("index", &definition.index)?;
		let mut columns = columns;
		for column in indexed {
			let column = &mut columns[column];
			column.is_indexed = true;
			if column
				.default
				.as_ref()
				.is_some_and(|text| text.to_string().len() > MAX_INDEXED_LENGTH)
			{
				let name = &column.name;
				return Err(format!(
					"the default of {name:?}, which has an index, is longer than {MAX_INDEXED_LENGTH} bytes"
				));
			}
		}
		let media_types = definition.media_types.iter().map(|ty| ty.to_ascii_lowercase()).collect();
		Ok(View {
			name: definition.name.clone(),
			streams: self.streams()?,
			owners: self.owners()?,
			format: definition.format,
			media_types,
			marks: self.marks()?,
			rows: self.rows()?,
			delimiter: self.delimiter()?,
			columns,
			key,
			full_text,
			definition: stored,
		})
	}

	fn check_lists(&self) -> Result<(), String> {
		let definition = &self.definition;
		let lists = [
			("mediaTypes", definition.media_types.len()),
			("when", definition.when.len()),
			("namespaces", definition.namespaces.len()),
		];
		match lists.iter().find(|(_, length)| *length > MAX_ITEMS) {
			Some((name, _)) => Err(format!("{name} has more than {MAX_ITEMS} items")),
			None => Ok(()),
		}
	}

	fn streams(&self) -> Result<Vec<StreamSelector>, String> {
		let streams = self.definition.stream.clone().into_vec();
		if streams.is_empty() || streams.len() > MAX_ITEMS {
			return Err(format!("stream has to name 1 to {MAX_ITEMS} streams, or be \"*\""));
		}
		streams
			.into_iter()
			.map(|stream| match stream.strip_suffix('*') {
				_ if stream.is_empty() => Err("stream has an empty name".into()),
				Some("") => Ok(StreamSelector::All),
				Some(prefix) => Ok(StreamSelector::Prefix(prefix.into())),
				None if stream.starts_with("0x") => match stream.parse() {
					Ok(id) => Ok(StreamSelector::Id(id)),
					Err(error) => Err(format!("stream has {stream:?}: {error}")),
				},
				None => Ok(StreamSelector::Name(stream)),
			})
			.collect()
	}

	fn owners(&self) -> Result<Vec<OwnerSelector>, String> {
		let owners = match &self.definition.owner {
			None => return Ok(Vec::new()),
			Some(Owners::One(one)) => std::slice::from_ref(one),
			Some(Owners::Many(many)) => many,
		};
		if owners.is_empty() || owners.len() > MAX_ITEMS {
			return Err(format!("owner has to name 1 to {MAX_ITEMS} organizations"));
		}
		let owners = owners.iter().map(|owner| match owner {
			Owner::Number(organization) => Ok(OwnerSelector::Organization(*organization)),
			Owner::Word(word) if word == "own" => Ok(OwnerSelector::Own),
			Owner::Word(word) if word == "*" => Ok(OwnerSelector::Anybody),
			Owner::Word(word) => Err(format!(
				"owner has {word:?}: it takes numbers of organizations, \"own\", and \"*\" for anybody"
			)),
		});
		owners.collect()
	}

	fn place(&self, path: &str) -> Result<Place, String> {
		let definition = &self.definition;
		let text = |error: PathError| error.to_string();
		Ok(match definition.format {
			Format::Json => Place::Node(path::parse_json(path).map_err(text)?),
			Format::Xml => {
				Place::Node(path::parse_xml(path, &definition.namespaces).map_err(text)?)
			},
			Format::Csv if path.is_empty() => return Err("a path names no column of CSV".into()),
			Format::Csv => Place::Column(path.into()),
			Format::Edifact if path == "text" => Place::Text,
			Format::Edifact => Place::Segment(SegmentPath::parse(path).map_err(text)?),
		})
	}

	fn marks(&self) -> Result<Vec<Mark>, String> {
		let marks = self.definition.when.iter().map(|mark| {
			Ok(Mark {
				place: self.place(&mark.path)?,
				equals: mark.equals.clone().map(OneOrMany::into_vec).unwrap_or_default(),
			})
		});
		marks.collect()
	}

	fn rows(&self) -> Result<Option<path::Path>, String> {
		let Some(rows) = &self.definition.rows else { return Ok(None) };
		match self.place(rows)? {
			Place::Node(path) => Ok(Some(path)),
			_ => Err("rows is for json and xml: documents of other formats have rows of their own"
				.into()),
		}
	}

	fn delimiter(&self) -> Result<u8, String> {
		let delimiter = self.definition.delimiter;
		if delimiter.is_some() && self.definition.format != Format::Csv {
			return Err("delimiter is for csv only".into());
		}
		let delimiter = delimiter.unwrap_or(',');
		u8::try_from(delimiter)
			.ok()
			.filter(|c| c.is_ascii() && !matches!(c, b'"' | b'\n' | b'\r'))
			.ok_or_else(|| {
				format!("delimiter cannot be {delimiter:?}: one of `,`, `;`, `|` or a tab, say")
			})
	}

	fn columns(&self) -> Result<Vec<Column>, String> {
		let definitions = &self.definition.columns;
		if definitions.is_empty() || definitions.len() > MAX_COLUMNS {
			return Err(format!(
				"it needs 1 to {MAX_COLUMNS} columns: add [[columns]] with name, path and type"
			));
		}
		let mut columns: Vec<Column> = Vec::new();
		for definition in definitions {
			let name = &definition.name;
			if !is_column_name(name) {
				return Err(format!(
					"the name of column {name:?} has to begin with a lower-case letter and go on with letters, digits \
					and `_`, {MAX_NAME_LENGTH} at most"
				));
			}
			if crate::filter::is_reserved(name) {
				return Err(format!("column {name:?}: the filter language has this word already"));
			}
			// SQLite takes both for one.
			if columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
				return Err(format!("two columns have the name {name:?}, but for upper case"));
			}
			let column = self.column(definition);
			columns.push(column.map_err(|problem| format!("column {name:?}: {problem}"))?);
		}
		Ok(columns)
	}

	fn column(&self, definition: &ColumnDefinition) -> Result<Column, String> {
		let ty = match definition.ty {
			TypeName::Text => Type::Text,
			TypeName::Integer => Type::Integer,
			TypeName::Decimal => {
				let scale = definition.scale.unwrap_or(DEFAULT_SCALE);
				if scale > MAX_SCALE {
					return Err(format!("scale is at most {MAX_SCALE}"));
				}
				Type::Decimal { scale }
			},
			TypeName::Date => Type::Date,
			TypeName::Timestamp => Type::Timestamp,
			TypeName::Boolean => Type::Boolean,
		};
		if definition.scale.is_some() && definition.ty != TypeName::Decimal {
			return Err("scale is for decimals only".into());
		}
		if definition.all && ty != Type::Text {
			return Err("all is for text only".into());
		}
		let default = definition.default.as_ref().map(|default| {
			let text = match default {
				Default::Boolean(is) => is.to_string(),
				Default::Integer(number) => number.to_string(),
				Default::Text(text) => text.clone(),
			};
			ty.parse(&text)
				.ok_or_else(|| format!("its default is no {ty}; decimals are written in quotes"))
		});
		let paths = definition.path.clone().into_vec();
		if paths.is_empty() || paths.len() > MAX_ITEMS {
			return Err(format!("it needs 1 to {MAX_ITEMS} paths"));
		}
		Ok(Column {
			name: definition.name.clone(),
			ty,
			places: paths.iter().map(|path| self.place(path)).collect::<Result<_, _>>()?,
			paths,
			takes_all: definition.all,
			default: default.transpose()?,
			is_required: definition.required,
			is_indexed: false,
		})
	}
}

fn is_view_name(name: &str) -> bool {
	is_name(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
}

fn is_column_name(name: &str) -> bool {
	is_name(name, |c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_name(name: &str, fits: impl Fn(char) -> bool) -> bool {
	name.len() <= MAX_NAME_LENGTH
		&& name.starts_with(|c: char| c.is_ascii_lowercase())
		&& name.chars().all(fits)
}
