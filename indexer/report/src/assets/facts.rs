//! The assets of a view, in figures.

use super::{
	portfolio::{MAX_CURRENCIES, Portfolio},
	row::Row,
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How a row says that its item is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaidBy {
	/// Not at all: every item counts as open.
	Nothing,
	/// A column that says yes or no: all of the amount, or nothing.
	Flag(String),
	/// A column with the day on which all of it was paid.
	Day(String),
	/// A column with the amount that was paid.
	Amount(String),
}

/// Why assets cannot be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetsError {
	/// A sum is larger than any number here.
	Overflow,
}

impl std::fmt::Display for AssetsError {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match self {
			Self::Overflow => f.write_str("the amounts of the view are too large to be added"),
		}
	}
}

impl std::error::Error for AssetsError {}

/// Assets of a view as of a day. Amounts of different currencies never meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
	/// The organization that owns the index.
	pub organization: String,
	/// The view.
	pub view: String,
	/// Its column with the day on which something is due.
	pub due: String,
	/// Its column with the amount.
	pub amount: String,
	/// How a row says that its item is paid.
	pub paid: PaidBy,
	/// Its column with the currency.
	pub currency: Option<String>,
	/// Which rows were taken; all without it.
	pub filter: Option<String>,
	/// The day of the report.
	pub as_of: Date,
	/// Fraction digits of all amounts.
	pub scale: u8,
	/// Rows that were read.
	pub rows: u64,
	/// Portfolios by currency; rows without a currency share one.
	pub portfolios: BTreeMap<Option<String>, Portfolio>,
	/// Rows of currencies beyond the first [`MAX_CURRENCIES`].
	pub left_out: LeftOut,
}

/// Rows that count in the number of all rows only: documents with ever more currencies do not stop a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
	/// How many.
	pub rows: u64,
	/// Sum over different currencies, only for comparing two readings.
	all_amounts: i128,
}

impl Assets {
	/// Adds a row.
	///
	/// # Errors
	///
	/// [`AssetsError`].
	pub fn add(&mut self, row: Row) -> Result<(), AssetsError> {
		self.rows += 1;
		let is_known = self.portfolios.contains_key(&row.currency);
		if !is_known && self.portfolios.len() >= MAX_CURRENCIES {
			self.left_out.rows += 1;
			let amount = row.amount.unwrap_or(0);
			self.left_out.all_amounts = self.left_out.all_amounts.wrapping_add(amount);
			return Ok(());
		}
		let portfolio = self.portfolios.entry(row.currency.clone()).or_default();
		portfolio.add(row, self.as_of).ok_or(AssetsError::Overflow)
	}

	/// Returns the sum of all amounts of all currencies, which only serves to compare two readings of a view.
	pub fn checksum(&self) -> i128 {
		let sums = self.portfolios.values().map(|portfolio| portfolio.all_amounts);
		sums.fold(self.left_out.all_amounts, i128::wrapping_add)
	}
}
