//! A row of a view, as assets are computed from it.

use jiff::civil::Date;

/// The payment of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
	/// All of it is paid, or nothing.
	All(bool),
	/// All of it was paid on a day, if there is one. A day after the report does not count.
	On(Option<Date>),
	/// So much of it, in units of the portfolio's scale.
	Part(i128),
}

/// A row of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
	/// Its currency.
	pub currency: Option<String>,
	/// When it is due.
	pub due: Option<Date>,
	/// How much, in units of the portfolio's scale.
	pub amount: Option<i128>,
	/// Its payment.
	pub paid: Paid,
	/// Its label.
	pub label: String,
	/// Its record.
	pub record: String,
}
