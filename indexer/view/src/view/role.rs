//! Roles of columns: what a column means, so that reports and aggregates need not be told.

use crate::value::Type;
use std::fmt;

/// What a column means. A role stands at most once in a view.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Role {
	/// The amount that is due.
	Amount,
	/// The currency of all amounts of the row.
	Currency,
	/// The day on which the amount is due.
	DueDate,
	/// The payment: yes or no, its day, or the amount paid.
	Paid,
	/// Who has to be paid.
	Seller,
	/// Who has to pay.
	Buyer,
}

impl Role {
	/// All of them.
	pub const ALL: [Self; 6] =
		[Self::Amount, Self::Currency, Self::DueDate, Self::Paid, Self::Seller, Self::Buyer];

	/// Its name, as definitions have it.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::Amount => "amount",
			Self::Currency => "currency",
			Self::DueDate => "dueDate",
			Self::Paid => "paid",
			Self::Seller => "seller",
			Self::Buyer => "buyer",
		}
	}

	/// Whether a column of this type can have it.
	#[must_use]
	pub fn fits(self, ty: Type) -> bool {
		match self {
			Self::Amount => ty.is_number(),
			Self::DueDate => ty.has_date(),
			Self::Paid => ty.is_number() || ty.has_date() || ty == Type::Boolean,
			Self::Currency | Self::Seller | Self::Buyer => ty == Type::Text,
		}
	}

	/// The types that a column with it can have, in words.
	#[must_use]
	pub fn expected(self) -> &'static str {
		match self {
			Self::Amount => "a decimal or an integer",
			Self::DueDate => "a date or a timestamp",
			Self::Paid => "a boolean, a date, a timestamp, a decimal or an integer",
			Self::Currency | Self::Seller | Self::Buyer => "a text",
		}
	}
}

impl fmt::Display for Role {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}
