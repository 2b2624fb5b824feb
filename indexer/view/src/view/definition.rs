//! Definitions of views in TOML, and the checks they pass.

mod build;

use self::build::Builder;
use super::{
	error::ViewError,
	role::Role,
	types::{Format, Replaces, View},
};
use crate::path::Namespaces;
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

/// One path, or several: each may be a list of paths, with texts that are joined.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Sources {
	One(String),
	Many(Vec<OneOrMany>),
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
	rows: Option<OneOrMany>,
	#[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
	row_marks: Vec<MarkDefinition>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	skip: Option<u8>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	decimal_mark: Option<char>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	thousands: Option<char>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	encoding: Option<String>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	delimiter: Option<char>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	key: Vec<String>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	replaces: Option<Replaces>,
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

/// A value of documents with a mark that have none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Otherwise {
	path: String,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	equals: Option<OneOrMany>,
	value: Default,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ColumnDefinition {
	name: String,
	path: Sources,
	#[serde(rename = "type")]
	ty: TypeName,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	role: Option<Role>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	scale: Option<u8>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	format: Option<String>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	otherwise: Vec<Otherwise>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	default: Option<Default>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	negate_when: Vec<MarkDefinition>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	negative_when: Vec<MarkDefinition>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	implied_decimals: Option<u8>,
	#[serde(default, skip_serializing_if = "is_false")]
	required: bool,
	#[serde(default, skip_serializing_if = "is_false")]
	all: bool,
	#[serde(default, skip_serializing_if = "is_false")]
	latest: bool,
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
