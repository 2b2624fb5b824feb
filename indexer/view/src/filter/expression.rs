//! A filter as an expression.

use crate::{
	value::{Type, Value},
	words::Search,
};

/// A filter that fits a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
	/// All of these hold.
	And(Vec<Self>),
	/// One of these holds.
	Or(Vec<Self>),
	/// This does not hold.
	Not(Box<Self>),
	/// An operand compares with a value. A missing value never does.
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

/// A compared column or property.
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
	/// Operands that every view has, with their names.
	pub(super) const OF_ENTRIES: [(&'static str, Self); 6] = [
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

/// A literal that an operand is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
	/// A value of a column's type.
	Value(Value),
	/// A record or stream.
	Id([u8; 32]),
}

/// Type of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperandType {
	Column(Type),
	Id,
}

impl OperandType {
	pub(super) fn name(self) -> &'static str {
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
