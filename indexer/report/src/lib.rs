//! Reports: what an organization did on the chain in a period, and how its assets perform, as pages of HTML.
//!
//! This crate shapes figures and renders them; it reads nothing. Whoever calls it brings the facts. A page is one file:
//! no script, no font and no address of anything else, so it can be sent, kept and printed. It is well-formed XML, too.
//! Whatever comes from the chain or from documents, such as names and purposes, is text in it and nothing else.
//!
//! `docs/reports.md` says what each figure means and where it comes from.

pub mod activity;
pub mod amount;
pub mod assets;
mod chart;
pub mod format;
mod page;

pub use amount::Amount;
pub use page::{Origin, Source};
