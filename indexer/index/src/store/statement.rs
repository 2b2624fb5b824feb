//! Statements for both databases, with their parameters.

use super::decimal;
use credio_database::Backend;
use credio_view::value::{Decimal, Type, Value};
use futures::TryStreamExt;
use sqlx::{
	Any, AnyConnection, AssertSqlSafe, Row as _, Sqlite, SqliteConnection,
	any::{AnyArguments, AnyRow},
	query::Query,
	sqlite::SqliteArguments,
};

/// Makes the query of a statement, for the database of the expected type.
macro_rules! bound {
	($statement:expr) => {{
		let mut query = sqlx::query(AssertSqlSafe($statement.sql));
		for argument in $statement.arguments {
			query = match argument {
				Argument::Integer(number) => query.bind(number),
				Argument::Text(text) | Argument::Words(text) => query.bind(text),
				Argument::Bytes(bytes) => query.bind(bytes),
			};
		}
		query
	}};
}

/// Most parameters of one statement; the limit of SQLite.
pub(crate) const MAX_ARGUMENTS: usize = 30_000;

/// Tables of one generation of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Table(pub i64);

impl Table {
	pub(super) fn rows(self) -> String {
		format!("rows_{}", self.0)
	}

	/// Returns the table for full text; SQLite only, since PostgreSQL has it in a column.
	pub(super) fn words(self) -> String {
		format!("rows_{}_words", self.0)
	}
}

/// A parameter.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
	Integer(Option<i64>),
	Text(Option<String>),
	Bytes(Option<Vec<u8>>),
	/// A `tsvector`, as text.
	Words(Option<String>),
}

impl From<i64> for Argument {
	fn from(number: i64) -> Self {
		Self::Integer(Some(number))
	}
}

impl From<&str> for Argument {
	fn from(text: &str) -> Self {
		Self::Text(Some(text.to_owned()))
	}
}

impl From<String> for Argument {
	fn from(text: String) -> Self {
		Self::Text(Some(text))
	}
}

impl From<Option<String>> for Argument {
	fn from(text: Option<String>) -> Self {
		Self::Text(text)
	}
}

impl From<Vec<u8>> for Argument {
	fn from(bytes: Vec<u8>) -> Self {
		Self::Bytes(Some(bytes))
	}
}

impl From<Option<Vec<u8>>> for Argument {
	fn from(bytes: Option<Vec<u8>>) -> Self {
		Self::Bytes(bytes)
	}
}

/// The stored form of values: numbers, or texts that sort like the values.
impl From<&Value> for Argument {
	fn from(value: &Value) -> Self {
		match value {
			Value::Integer(number) => (*number).into(),
			Value::Decimal(number) => decimal::encode(number.units).into(),
			Value::Boolean(is) => i64::from(*is).into(),
			Value::Text(text) => text.as_str().into(),
			Value::Date(_) | Value::Timestamp(_) => value.to_string().into(),
		}
	}
}

impl Argument {
	/// Returns the bytes of a text or of bytes; everything else is short.
	pub(super) fn size(&self) -> usize {
		match self {
			Self::Text(Some(text)) | Self::Words(Some(text)) => text.len(),
			Self::Bytes(Some(bytes)) => bytes.len(),
			_ => 0,
		}
	}

	/// Returns the parameter of a value that may be missing.
	pub(super) fn of(ty: Type, value: Option<&Value>) -> Self {
		match (value, ty) {
			(Some(value), _) => value.into(),
			(None, Type::Integer | Type::Boolean) => Self::Integer(None),
			(None, Type::Text | Type::Decimal { .. } | Type::Date | Type::Timestamp) => {
				Self::Text(None)
			},
		}
	}
}

/// Reads the value of a column from a row.
pub(crate) fn value(row: &AnyRow, at: usize, ty: Type) -> Result<Option<Value>, sqlx::Error> {
	let corrupted = || sqlx::Error::ColumnDecode {
		index: at.to_string(),
		source: format!("it is no {ty}").into(),
	};
	Ok(match ty {
		Type::Integer => row.try_get::<Option<i64>, _>(at)?.map(Value::Integer),
		Type::Decimal { scale } => row
			.try_get::<Option<String>, _>(at)?
			.map(|text| decimal::decode(&text).ok_or_else(corrupted))
			.transpose()?
			.map(|units| Value::Decimal(Decimal { units, scale })),
		Type::Boolean => row.try_get::<Option<i64>, _>(at)?.map(|is| Value::Boolean(is != 0)),
		Type::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
		Type::Date | Type::Timestamp => row
			.try_get::<Option<String>, _>(at)?
			.map(|text| ty.parse(&text).ok_or_else(corrupted))
			.transpose()?,
	})
}

/// A connection to run statements on.
pub(crate) enum Link<'c> {
	Any(&'c mut AnyConnection),
	Sqlite(&'c mut SqliteConnection),
}

/// A statement that is being built. Its text never contains input, which goes into parameters.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
	backend: Backend,
	table: Table,
	sql: String,
	arguments: Vec<Argument>,
}

impl Statement {
	pub(super) fn new(backend: Backend, sql: &str) -> Self {
		Self { backend, table: Table::default(), sql: sql.to_owned(), arguments: Vec::new() }
	}

	/// Sets the view that the statement reads.
	pub(super) fn over(mut self, table: Table) -> Self {
		self.table = table;
		self
	}

	pub(super) fn backend(&self) -> Backend {
		self.backend
	}

	pub(super) fn table(&self) -> Table {
		self.table
	}

	pub(super) fn push(&mut self, sql: &str) {
		self.sql.push_str(sql);
	}

	/// Inserts text before the statement.
	pub(super) fn after(mut self, sql: &str) -> Self {
		self.sql.insert_str(0, sql);
		self
	}

	/// Adds a parameter.
	pub(super) fn bind(&mut self, argument: impl Into<Argument>) {
		let argument = argument.into();
		let number = self.arguments.len() + 1;
		match (self.backend, &argument) {
			// SQLite searches numbered parameters linearly, which is slow for the many of an insert.
			(Backend::Sqlite, _) => self.sql.push('?'),
			(Backend::Postgres, Argument::Words(_)) => {
				self.sql.push_str(&format!("CAST(${number} AS TSVECTOR)"))
			},
			(Backend::Postgres, _) => self.sql.push_str(&format!("${number}")),
		}
		self.arguments.push(argument);
	}

	/// Adds parameters with commas between them.
	pub(super) fn bind_all(&mut self, arguments: impl IntoIterator<Item = Argument>) {
		for (number, argument) in arguments.into_iter().enumerate() {
			self.push(if number > 0 { ", " } else { "" });
			self.bind(argument);
		}
	}

	fn query(self) -> Query<'static, Any, AnyArguments> {
		bound!(self)
	}

	fn sqlite_query(self) -> Query<'static, Sqlite, SqliteArguments> {
		bound!(self)
	}

	pub(super) async fn execute(self, connection: &mut AnyConnection) -> Result<u64, sqlx::Error> {
		Ok(self.query().execute(connection).await?.rows_affected())
	}

	/// Passes the rows to `take`, one after the other, until it returns `false`.
	pub(super) async fn fetch_while<E: From<sqlx::Error>>(
		self,
		link: &mut Link<'_>,
		mut take: impl FnMut(AnyRow) -> Result<bool, E>,
	) -> Result<(), E> {
		match link {
			Link::Any(connection) => {
				let mut rows = self.query().fetch(&mut **connection);
				while let Some(row) = rows.try_next().await? {
					if !take(row)? {
						break;
					}
				}
			},
			Link::Sqlite(connection) => {
				let mut rows = self.sqlite_query().fetch(&mut **connection);
				while let Some(row) = rows.try_next().await? {
					if !take(AnyRow::try_from(&row)?)? {
						break;
					}
				}
			},
		}
		Ok(())
	}

	/// Returns all rows.
	pub(super) async fn fetch_from(self, link: &mut Link<'_>) -> Result<Vec<AnyRow>, sqlx::Error> {
		let mut rows = Vec::new();
		let take = |row| {
			rows.push(row);
			Ok::<_, sqlx::Error>(true)
		};
		self.fetch_while(link, take).await?;
		Ok(rows)
	}

	pub(super) async fn fetch_all(
		self,
		connection: &mut AnyConnection,
	) -> Result<Vec<AnyRow>, sqlx::Error> {
		self.query().fetch_all(connection).await
	}
}

/// Inserts rows, as many in a statement as the database takes.
pub(super) async fn insert(
	connection: &mut AnyConnection,
	backend: Backend,
	into: &str,
	rows: Vec<Vec<Argument>>,
) -> Result<(), sqlx::Error> {
	let width = rows.first().map_or(1, Vec::len).max(1);
	let mut rows = rows.into_iter().peekable();
	while rows.peek().is_some() {
		let mut statement = Statement::new(backend, into);
		for (number, row) in rows.by_ref().take(MAX_ARGUMENTS / width).enumerate() {
			statement.push(if number > 0 { ", (" } else { "(" });
			statement.bind_all(row);
			statement.push(")");
		}
		statement.execute(connection).await?;
	}
	Ok(())
}
