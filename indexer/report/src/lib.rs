//! Reports: what an organization did on the chain in a period, and how its assets perform, as pages of HTML.
//!
//! [`gather`] reads the figures from the chain, an outbox and an index; everything else shapes and renders them, and reads
//! nothing. A page is one file: no script, no font and no address of anything else, so it can be sent, kept and printed.
//! It is well-formed XML, too. Names, purposes and other texts of the chain or of documents are only ever text in it.
//!
//! `docs/reports.md` says what each figure means and where it comes from.

pub mod activity;
pub mod amount;
pub mod assets;
mod chart;
pub mod format;
pub mod gather;
mod page;

pub use amount::Amount;
pub use page::{Origin, Source};
