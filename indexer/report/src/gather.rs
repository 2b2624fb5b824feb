//! Reads the figures of reports from the chain, an outbox and an index.

mod activity;
mod assets;
mod error;
mod index;
mod ledger;
mod outbox;
mod readers;
mod text;
mod today;

pub use activity::{ActivityReader, OnProgress};
pub use assets::{AssetsQuery, AssetsReader};
pub use error::{GatherError, Result};
pub use index::open_index;
pub use outbox::OutboxReader;
pub use today::today;
