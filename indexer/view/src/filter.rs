//! The filter language: `amount > 1000 and currency = "EUR"`.
//!
//! A filter is read into an [`Expression`], with every column and literal checked against the view, and only that becomes
//! SQL: what a caller writes is never part of a statement, but goes along as its parameters. `docs/search.md` explains
//! the language.

mod lexer;
mod parser;

pub use parser::parse;

use crate::{
	value::{Type, Value},
	words::Search,
};

/// Longest filter, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;
/// Most conditions of a filter, counting each value of a list.
pub const MAX_TERMS: usize = 256;
/// How deep a filter may be nested.
pub const MAX_DEPTH: usize = 32;

/// Words of the language, which no column can have as its name.
const RESERVED: [&str; 12] = [
	"and",
	"or",
	"not",
	"in",
	"between",
	"contains",
	"startswith",
	"is",
	"null",
	"match",
	"true",
	"false",
];

/// Whether no column can have this name.
pub fn is_reserved(name: &str) -> bool {
	RESERVED.contains(&name.to_ascii_lowercase().as_str())
}

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter cannot be read at character {position}: {problem}")]
pub struct FilterError {
	/// Characters before the problem.
	pub position: usize,
	/// What is wrong.
	pub problem: String,
}

/// A filter that fits a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
	/// All of these hold.
	And(Vec<Expression>),
	/// One of these holds.
	Or(Vec<Expression>),
	/// This does not hold.
	Not(Box<Expression>),
	/// An operand compares with a value. With a missing one nothing compares.
	Compare(Operand, Comparison, Literal),
	/// An operand is one of these.
	In(Operand, Vec<Literal>),
	/// A text has this one in it.
	Contains(Operand, String),
	/// A text begins with this one.
	StartsWith(Operand, String),
	/// There is no value.
	IsNull(Operand),
	/// The full-text columns have these words.
	Match(Search),
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
	/// A column of the view, by number.
	Column(usize),
	/// The entry's record id.
	Record,
	/// The entry's stream.
	Stream,
	/// The stream's owner.
	Owner,
	/// The organization that appended the entry.
	Author,
	/// The block that has the entry.
	Block,
	/// The entry's position in its stream.
	Sequence,
}

impl Operand {
	/// Those that every view has, and their names.
	const OF_ENTRIES: [(&'static str, Self); 6] = [
		("_record", Self::Record),
		("_stream", Self::Stream),
		("_owner", Self::Owner),
		("_author", Self::Author),
		("_block", Self::Block),
		("_sequence", Self::Sequence),
	];
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
	/// Equal.
	Is,
	/// Less.
	Less,
	/// Less or equal.
	AtMost,
	/// More.
	More,
	/// More or equal.
	AtLeast,
}

/// What an operand is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
	/// A value of a column's type.
	Value(Value),
	/// A record or stream.
	Id([u8; 32]),
}

/// Type of what is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OperandType {
	Column(Type),
	Id,
}

impl OperandType {
	fn name(self) -> &'static str {
		match self {
			Self::Column(Type::Text) => "a text in quotes",
			Self::Column(Type::Integer) => "a whole number",
			Self::Column(Type::Decimal { .. }) => "a number",
			Self::Column(Type::Date) => "a date in quotes, such as \"2026-05-03\",",
			Self::Column(Type::Timestamp) => {
				"a date and time in quotes, such as \"2026-05-03T10:00:00Z\","
			},
			Self::Column(Type::Boolean) => "true or false",
			Self::Id => "an id in quotes, 0x and 64 hex digits,",
		}
	}
}

#[cfg(test)]
mod tests;
