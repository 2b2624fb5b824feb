//! Asset performance: amounts due, paid, open and overdue, by month of the due date and by age.

mod facts;
mod portfolio;
mod render;
mod row;

pub use facts::{Assets, AssetsError, LeftOut, PaidBy};
pub use portfolio::{
	Ageing, Bucket, Item, MAX_CURRENCIES, MAX_LARGEST, MAX_MONTHS, Month, Portfolio, Sums,
};
pub use row::{Paid, Row};

#[cfg(test)]
pub(crate) mod tests;
