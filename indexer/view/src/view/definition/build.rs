//! Checks of a definition, and the view that it makes.

use super::{
	ColumnDefinition, Default, Definition, MAX_ITEMS, MarkDefinition, OneOrMany, Owner, Owners,
	Sources, TypeName,
};
use crate::{
	path::{self, FieldPath, PathError, SegmentPath},
	value::{DEFAULT_SCALE, Dates, DecimalMark, MAX_SCALE, Numbers, Type},
	view::types::{
		Column, Format, MAX_COLUMNS, MAX_INDEXED_LENGTH, MAX_NAME_LENGTH, Mark, OwnerSelector,
		Place, Source, StreamSelector, View,
	},
};
use encoding_rs::{Encoding, UTF_8};
use jiff::{civil, tz::TimeZone};

pub(super) struct Builder {
	pub(super) definition: Definition,
}

impl Builder {
	pub(super) fn build(self) -> Result<View, String> {
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
		if definition.replaces.is_some() && key.is_empty() {
			return Err("replaces needs a key".into());
		}
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
			marks: self.marks(&definition.when)?,
			rows: self.rows()?,
			row_marks: self.marks(&definition.row_marks)?,
			delimiter: self.delimiter()?,
			skipped_lines: self.skipped_lines()?,
			numbers: self.numbers()?,
			encoding: self.encoding()?,
			columns,
			key,
			replaces: definition.replaces.unwrap_or_default(),
			full_text,
			definition: stored,
		})
	}

	fn check_lists(&self) -> Result<(), String> {
		let definition = &self.definition;
		check_length("mediaTypes", definition.media_types.len())?;
		check_length("when", definition.when.len())?;
		check_length("where", definition.row_marks.len())?;
		check_length("namespaces", definition.namespaces.len())
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
			Format::Xml | Format::Ofx => {
				Place::Node(path::parse_xml(path, &definition.namespaces).map_err(text)?)
			},
			Format::Csv if path.is_empty() => return Err("a path names no column of CSV".into()),
			Format::Csv => Place::Column(path.into()),
			Format::Edifact | Format::X12 if path == "text" => Place::Text,
			Format::Mt940 => Place::Field(FieldPath::parse(path).map_err(text)?),
			Format::X12 => Place::Segment(SegmentPath::parse_x12(path).map_err(text)?),
			Format::Edifact => Place::Segment(SegmentPath::parse(path).map_err(text)?),
		})
	}

	fn marks(&self, definitions: &[MarkDefinition]) -> Result<Vec<Mark>, String> {
		definitions.iter().map(|mark| self.mark(&mark.path, mark.equals.as_ref())).collect()
	}

	fn mark(&self, path: &str, equals: Option<&OneOrMany>) -> Result<Mark, String> {
		let equals = equals.cloned().map(OneOrMany::into_vec).unwrap_or_default();
		Ok(Mark { place: self.place(path)?, equals })
	}

	fn rows(&self) -> Result<Vec<path::Path>, String> {
		let Some(rows) = &self.definition.rows else { return Ok(Vec::new()) };
		let rows = rows.clone().into_vec();
		if rows.is_empty() || rows.len() > MAX_ITEMS {
			return Err(format!("rows has to name 1 to {MAX_ITEMS} paths"));
		}
		let paths = rows.iter().map(|path| match self.place(path)? {
			Place::Node(path) => Ok(path),
			_ => Err(
				"rows is for json, xml and ofx: documents of other formats have rows of their own"
					.into(),
			),
		});
		paths.collect()
	}

	fn skipped_lines(&self) -> Result<usize, String> {
		match self.definition.skip {
			Some(_) if self.definition.format != Format::Csv => Err("skip is for csv only".into()),
			skip => Ok(skip.unwrap_or_default().into()),
		}
	}

	fn numbers(&self) -> Result<Numbers, String> {
		let Definition { decimal_mark, thousands, format, .. } = &self.definition;
		if (decimal_mark.is_some() || thousands.is_some()) && format.has_own_numbers() {
			return Err(format!(
				"decimalMark and thousands are not for {}, which has its own",
				format.name()
			));
		}
		let decimal_mark = match decimal_mark {
			None | Some('.') => DecimalMark::Point,
			Some(',') => DecimalMark::Comma,
			Some(other) => {
				return Err(format!("decimalMark cannot be {other:?}: it is `.` or `,`"));
			},
		};
		let is_taken = |mark: char| match decimal_mark {
			DecimalMark::Comma => mark == ',',
			_ => mark == '.',
		};
		match thousands {
			Some(mark) if is_taken(*mark) || !matches!(mark, '.' | ',' | ' ' | '\'' | '_') => {
				Err(format!(
					"thousands cannot be {mark:?}: one of `.`, `,`, `'`, `_` or a space, and not the decimalMark"
				))
			},
			thousands => Ok(Numbers { decimal_mark, thousands: *thousands, implied_decimals: 0 }),
		}
	}

	fn encoding(&self) -> Result<Option<&'static Encoding>, String> {
		let Some(name) = &self.definition.encoding else { return Ok(None) };
		if self.definition.format == Format::Edifact {
			return Err("encoding is not for edifact, which names its own".into());
		}
		match Encoding::for_label(name.as_bytes()) {
			Some(encoding) => Ok((encoding != UTF_8).then_some(encoding)),
			None => Err(format!("encoding has {name:?}, which is no character set that is known")),
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
			if let Some(role) = definition.role
				&& let Some(other) = columns.iter().find(|column| column.role == Some(role))
			{
				let other = &other.name;
				return Err(format!(
					"column {name:?}: {other:?} has the role {role} already, and a view has it once"
				));
			}
			let column = self.column(definition);
			columns.push(column.map_err(|problem| format!("column {name:?}: {problem}"))?);
		}
		Ok(columns)
	}

	fn source(&self, ty: Type, paths: OneOrMany) -> Result<Source, String> {
		let parts = paths.into_vec();
		if parts.len() != 1 && ty != Type::Text {
			return Err("paths are joined for text only".into());
		}
		if parts.is_empty() || parts.len() > MAX_ITEMS {
			return Err(format!("a list within path joins 1 to {MAX_ITEMS} paths"));
		}
		let places = parts.iter().map(|path| self.place(path)).collect::<Result<_, _>>()?;
		Ok(Source { parts: places, path: parts.join(" and ") })
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
		if let Some(role) = definition.role
			&& !role.fits(ty)
		{
			return Err(format!("a column with the role {role} has to be {}", role.expected()));
		}
		if let Some(format) = &definition.format {
			check_date_format(ty, format)?;
		}
		if definition.all && ty != Type::Text {
			return Err("all is for text only".into());
		}
		if definition.latest && !ty.has_date() {
			return Err("latest is for dates and timestamps only".into());
		}
		let value = |default: &Default| {
			let text = match default {
				Default::Boolean(is) => is.to_string(),
				Default::Integer(number) => number.to_string(),
				Default::Text(text) => text.clone(),
			};
			ty.parse(&text)
				.ok_or_else(|| format!("its default is no {ty}; decimals are written in quotes"))
		};
		let default = definition.default.as_ref().map(value);
		check_length("otherwise", definition.otherwise.len())?;
		let otherwise = definition
			.otherwise
			.iter()
			.map(|case| Ok((self.mark(&case.path, case.equals.as_ref())?, value(&case.value)?)));
		let otherwise = otherwise.collect::<Result<_, String>>()?;
		for (name, marks) in
			[("negateWhen", &definition.negate_when), ("negativeWhen", &definition.negative_when)]
		{
			if !marks.is_empty() && !ty.is_number() {
				return Err(format!("{name} is for numbers only"));
			}
			check_length(name, marks.len())?;
		}
		if definition.implied_decimals.is_some() && definition.ty != TypeName::Decimal {
			return Err("impliedDecimals is for decimals only".into());
		}
		let implied_decimals = definition.implied_decimals.unwrap_or_default();
		if implied_decimals > MAX_SCALE {
			return Err(format!("impliedDecimals is at most {MAX_SCALE}"));
		}
		let paths = match &definition.path {
			Sources::One(one) => vec![OneOrMany::One(one.clone())],
			Sources::Many(many) => many.clone(),
		};
		if paths.is_empty() || paths.len() > MAX_ITEMS {
			return Err(format!("it needs 1 to {MAX_ITEMS} paths"));
		}
		Ok(Column {
			name: definition.name.clone(),
			ty,
			role: definition.role,
			sources: paths
				.into_iter()
				.map(|path| self.source(ty, path))
				.collect::<Result<_, _>>()?,
			negated_by: self.marks(&definition.negate_when)?,
			negative_by: self.marks(&definition.negative_when)?,
			implied_decimals,
			date_format: definition.format.clone(),
			takes_all: definition.all,
			takes_latest: definition.latest,
			otherwise,
			default: default.transpose()?,
			is_required: definition.required,
			is_indexed: false,
		})
	}
}

fn check_length(list: &str, length: usize) -> Result<(), String> {
	match length > MAX_ITEMS {
		true => Err(format!("{list} has more than {MAX_ITEMS} items")),
		false => Ok(()),
	}
}

/// Checks that a pattern reads what it writes.
fn check_date_format(ty: Type, format: &str) -> Result<(), String> {
	if !ty.has_date() {
		return Err("format is for dates and timestamps only".into());
	}
	let is_good = civil::date(2026, 11, 23)
		.at(10, 41, 0, 0)
		.to_zoned(TimeZone::UTC)
		.ok()
		.and_then(|moment| jiff::fmt::strtime::format(format, &moment).ok())
		.is_some_and(|text| {
			let dates = Dates::Pattern(format);
			let day = civil::date(2026, 11, 23);
			match ty {
				Type::Date => dates.date(&text) == Some(day),
				_ => dates
					.timestamp(&text)
					.is_some_and(|moment| moment.to_zoned(TimeZone::UTC).date() == day),
			}
		});
	if is_good {
		return Ok(());
	}
	Err(format!(
		"format {format:?} reads no day: write it as strptime has it, such as \"%d.%m.%Y\""
	))
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
