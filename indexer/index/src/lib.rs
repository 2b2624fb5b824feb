//! The database of the indexer: what an organization may read on the chain, as tables that can be searched.
//!
//! A [`Store`] is told of finalized blocks ([`Store::apply`]) and keeps their entries and, of those that can be read,
//! the documents. [`View`](credio_view::View)s, which the organization defines, make rows of the documents; [`Store::search`] and
//! [`Store::aggregate`] read them. Rows and the cursor change in one transaction, so a row is neither lost nor doubled
//! whatever crashes when, and an index that is built anew from the chain is the same, byte for byte of its
//! [dump](Store::dump).
//!
//! The plaintext of documents is in this database. Its file is for its owner only, and what documents contain is in no
//! error and no log. `docs/search.md` explains views and the filter language.

pub mod block;
pub mod ingest;
pub mod server;
pub mod store;

pub use block::{Block, Content, Document, Entry, EntryKind, Stream};
pub use store::{
	Aggregate, Aggregated, Change, ChangedRow, Changes, Cursor, Page, Query, Result, Row, SortKey,
	Store, StoreError, Unfit, ViewState,
};
