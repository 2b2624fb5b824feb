//! How assets perform: what was due, what of it is paid, open and overdue, by month of its due date and by age.

mod facts;
mod portfolio;
mod render;
mod row;

pub use facts::{Assets, AssetsError, LeftOut, PaidBy};
pub use portfolio::{
	Ageing, Bucket, Item, Month, Portfolio, Sums, MAX_CURRENCIES, MAX_LARGEST, MAX_MONTHS,
};
pub use row::{Paid, Row};

#[cfg(test)]
pub(crate) mod tests;
