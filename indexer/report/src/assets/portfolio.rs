//! The items of one currency.

use super::row::{Paid, Row};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Most currencies of a report.
pub const MAX_CURRENCIES: usize = 200;
/// Most overdue items that are listed for a currency.
pub const MAX_LARGEST: usize = 20;
/// Most months of due dates that are listed; rows outside are summed up in the nearest.
pub const MAX_MONTHS: usize = 6_000;

/// Year and month.
pub type Month = (i16, i8);

/// Sums over items. `paid + open` is `due`, and `overdue` is a part of `open`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
	/// How many items.
	pub items: u64,
	/// Of the amounts that are due, at whatever time.
	pub due: i128,
	/// Amount paid, up to the amount due.
	pub paid: i128,
	/// Amount open.
	pub open: i128,
	/// Amount open after the due date.
	pub overdue: i128,
}

impl Sums {
	/// Adds others; `None` if that is too much.
	#[must_use]
	pub fn add(&mut self, other: &Self) -> Option<()> {
		self.items += other.items;
		self.due = self.due.checked_add(other.due)?;
		self.paid = self.paid.checked_add(other.paid)?;
		self.open = self.open.checked_add(other.open)?;
		self.overdue = self.overdue.checked_add(other.overdue)?;
		Some(())
	}
}

/// By how many days something is overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ageing {
	/// Its day has not passed: it is due on the day of the report, or later.
	NotDue,
	/// 1 to 30 days.
	To30,
	/// 31 to 60 days.
	To60,
	/// 61 to 90 days.
	To90,
	/// More than 90 days.
	Over90,
}

impl Ageing {
	/// All, the youngest first.
	pub const ALL: [Self; 5] = [Self::NotDue, Self::To30, Self::To60, Self::To90, Self::Over90];

	/// Returns the age of an item that is overdue by so many days.
	#[must_use]
	pub fn of(days: i32) -> Self {
		match days {
			..=0 => Self::NotDue,
			1..=30 => Self::To30,
			31..=60 => Self::To60,
			61..=90 => Self::To90,
			91.. => Self::Over90,
		}
	}

	/// Its name.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::NotDue => "not due",
			Self::To30 => "1–30 days",
			Self::To60 => "31–60 days",
			Self::To90 => "61–90 days",
			Self::Over90 => "over 90 days",
		}
	}
}

/// Open items of one age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
	/// How many items.
	pub items: u64,
	/// How much of them.
	pub open: i128,
}

/// An overdue item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
	/// Its label.
	pub label: String,
	/// Its record.
	pub record: String,
	/// When it was due.
	pub due: Date,
	/// How much it is.
	pub amount: i128,
	/// How much of that is open.
	pub open: i128,
	/// For how many days it has been overdue.
	pub days: i32,
}

/// The items of one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portfolio {
	/// Of all items with a due date.
	pub total: Sums,
	/// The same by month of the due date.
	pub months: BTreeMap<Month, Sums>,
	/// Open amounts, by age.
	pub ageing: BTreeMap<Ageing, Bucket>,
	/// Items that have an amount and no due date. Nothing of them is overdue.
	pub undated: Sums,
	/// Rows without an amount.
	pub without_amount: u64,
	/// Rows with a negative amount, such as credits, and their sum. They lessen nothing.
	pub credits: (u64, i128),
	/// Amount paid in excess of the amount due, and the number of such items. It pays no other item.
	pub overpaid: (u64, i128),
	/// Overdue items, largest open amount first.
	pub largest: Vec<Item>,
	/// How many items are overdue.
	pub overdue_items: u64,
	/// Sum of all amounts, negative ones too.
	pub(super) all_amounts: i128,
}

impl Portfolio {
	/// Adds a row; `None` if a sum gets too large.
	pub(super) fn add(&mut self, row: Row, as_of: Date) -> Option<()> {
		let Some(amount) = row.amount else {
			self.without_amount += 1;
			return Some(());
		};
		self.all_amounts = self.all_amounts.checked_add(amount)?;
		if amount < 0 {
			self.credits = (self.credits.0 + 1, self.credits.1.checked_add(amount)?);
			return Some(());
		}
		let claimed = match row.paid {
			Paid::All(true) => amount,
			Paid::All(false) => 0,
			Paid::On(day) if day.is_some_and(|day| day <= as_of) => amount,
			Paid::On(_) => 0,
			Paid::Part(paid) => paid,
		};
		let paid = claimed.clamp(0, amount);
		if claimed > amount {
			let excess = claimed.checked_sub(amount)?;
			self.overpaid = (self.overpaid.0 + 1, self.overpaid.1.checked_add(excess)?);
		}
		let open = amount - paid;
		let mut sums = Sums { items: 1, due: amount, paid, open, overdue: 0 };
		let Some(due) = row.due else { return self.undated.add(&sums) };
		let days = due.until(as_of).map_or(0, |span| span.get_days());
		let age = Ageing::of(days);
		if open > 0 {
			let bucket = self.ageing.entry(age).or_default();
			bucket.items += 1;
			bucket.open = bucket.open.checked_add(open)?;
		}
		if age != Ageing::NotDue {
			sums.overdue = open;
			if open > 0 {
				let Row { label, record, .. } = row;
				self.note(Item { label, record, due, amount, open, days });
			}
		}
		self.total.add(&sums)?;
		let month = self.month_of((due.year(), due.month()));
		self.months.entry(month).or_default().add(&sums)
	}

	/// Returns the month that an item is summed up under.
	fn month_of(&self, month: Month) -> Month {
		let is_full = self.months.len() >= MAX_MONTHS && !self.months.contains_key(&month);
		let nearest = || {
			let before = self.months.range(..month).next_back();
			before.or_else(|| self.months.first_key_value()).map(|(month, _)| *month)
		};
		if is_full { nearest().unwrap_or(month) } else { month }
	}

	/// Keeps an overdue item if it is one of the largest.
	fn note(&mut self, item: Item) {
		self.overdue_items += 1;
		// The larger first, and of two alike the older.
		let at = self.largest.partition_point(|known| {
			(std::cmp::Reverse(known.open), known.due, &known.label)
				<= (std::cmp::Reverse(item.open), item.due, &item.label)
		});
		if at < MAX_LARGEST {
			self.largest.insert(at, item);
			self.largest.truncate(MAX_LARGEST);
		}
	}
}
