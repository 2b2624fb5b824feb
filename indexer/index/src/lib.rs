//! The index: records that an organization may read on the chain, as searchable tables.
//!
//! A [`Store`] takes finalized blocks ([`Store::apply`]) and stores their entries, with the documents of those that can
//! be read. The organization defines [`View`](credio_view::View)s, which turn documents into rows; [`Store::search`]
//! and [`Store::aggregate`] read them. Rows and the cursor change in one transaction, so no crash loses or doubles a
//! row. An index that is rebuilt from the chain has the same [dump](Store::dump), byte for byte.
//!
//! The database has documents in plaintext. Its file is readable by its owner only, and no error or log shows content
//! of documents. `docs/search.md` explains views and the filter language.

pub mod block;
pub mod ingest;
pub mod server;
pub mod store;

pub use block::{Block, Content, Document, Entry, EntryKind, Stream};
pub use store::{
	Aggregate, Aggregated, Change, ChangedRow, Changes, Cursor, Page, Query, Replaced,
	ReplacedPage, Result, Row, SortKey, Store, StoreError, Unfit, Untaken, Version, ViewState,
};
