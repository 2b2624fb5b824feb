//! The activity of an organization in a period, and of others on its data.

mod access;
mod facts;
mod period;
mod render;
mod requests;
mod times;
mod uploads;

pub use facts::{
	AccessFact, Activity, Answer, Decided, End, Ended, Entries, GrantFact, IndexUse, Number,
	OutboxUse, Reader, Requests, StreamUse, Subject,
};
pub use period::{MAX_DAYS, Period, PeriodError};
pub use times::Times;

#[cfg(test)]
mod tests;
