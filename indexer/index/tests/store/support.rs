//! Databases, blocks and documents for the tests.

use crate::postgres::Postgres;
use credio_index::{
	Block, Content, Document, Entry, EntryKind, Page, Query, SortKey, Store, Stream,
};
use credio_primitives::{Digest, OrganizationId, RecordId, Sequence, StreamId};
use credio_view::{Value, View};
use std::path::PathBuf;

/// Runs a test on SQLite and on PostgreSQL.
macro_rules! on_both {
	($(#[$doc:meta])* $name:ident, $database:ident, $body:block) => {
		mod $name {
			use super::*;

			async fn test($database: $crate::support::Database) $body

			#[tokio::test]
			async fn sqlite() {
				test($crate::support::Database::sqlite()).await;
			}

			#[tokio::test]
			async fn postgresql() {
				test($crate::support::Database::postgresql()).await;
			}
		}
	};
}
pub(crate) use on_both;

/// A database of a test's own.
pub(crate) enum Database {
	Sqlite(tempfile::TempDir),
	Postgres(Postgres),
}

impl Database {
	pub(crate) fn sqlite() -> Self {
		Self::Sqlite(tempfile::tempdir().expect("a temporary folder"))
	}

	pub(crate) fn postgresql() -> Self {
		Self::Postgres(Postgres::start())
	}

	pub(crate) fn url(&self, organization: OrganizationId) -> String {
		match self {
			Self::Sqlite(folder) => {
				folder.path().join(format!("{organization}.index")).display().to_string()
			},
			Self::Postgres(server) => server.url(),
		}
	}

	pub(crate) async fn open(&self) -> Store {
		self.open_of(1).await
	}

	/// Returns the folder of its files.
	pub(crate) fn folder(&self) -> PathBuf {
		match self {
			Self::Sqlite(folder) => folder.path().into(),
			Self::Postgres(server) => server.data(),
		}
	}

	/// Brings the files up to date, in databases that write them later.
	pub(crate) fn checkpoint(&self) {
		if let Self::Postgres(server) = self {
			server.run("CHECKPOINT");
		}
	}

	/// The index of an organization.
	pub(crate) async fn open_of(&self, organization: OrganizationId) -> Store {
		Store::open(&self.url(organization), organization).await.expect("it opens")
	}
}

pub(crate) const INVOICES: StreamId = StreamId([1; 32]);
pub(crate) const OTHERS: StreamId = StreamId([2; 32]);

pub(crate) const VIEW: &str = r#"
name = "invoices"
stream = "invoices"
format = "json"
key = ["number"]
fullText = ["seller", "note"]
index = ["amount", "issueDate"]

[[columns]]
name = "number"
path = "$.number"
type = "text"
required = true

[[columns]]
name = "amount"
path = "$.amount"
type = "decimal"

[[columns]]
name = "currency"
path = "$.currency"
type = "text"
default = "EUR"

[[columns]]
name = "issueDate"
path = "$.issued"
type = "date"

[[columns]]
name = "seen"
path = "$.seen"
type = "timestamp"

[[columns]]
name = "lines"
path = "$.lines"
type = "integer"

[[columns]]
name = "paid"
path = "$.paid"
type = "boolean"

[[columns]]
name = "seller"
path = "$.seller"
type = "text"

[[columns]]
name = "note"
path = "$.note"
type = "text"
"#;

/// The same view, with roles.
pub(crate) fn view_with_roles() -> View {
	let mut toml = VIEW.to_owned();
	for role in ["amount", "currency", "seller"] {
		let name = format!("name = \"{role}\"\n");
		toml = toml.replace(&name, &format!("{name}role = \"{role}\"\n"));
	}
	view(&toml)
}

pub(crate) fn view(toml: &str) -> View {
	View::parse(toml).expect("a view")
}

/// A block that makes two streams, `invoices` of organization 1 and `others` of organization 2.
pub(crate) fn first_block() -> Block {
	let stream = |id, owner, name: &str| Stream { id, owner, name: name.into() };
	let streams = vec![stream(INVOICES, 1, "invoices"), stream(OTHERS, 2, "others")];
	Block { streams, ..Block::new(1, hash(1)) }
}

pub(crate) fn hash(number: u32) -> Digest {
	let mut hash = [0xab; 32];
	hash[..4].copy_from_slice(&number.to_be_bytes());
	Digest(hash)
}

pub(crate) fn block(number: u32, entries: Vec<Entry>) -> Block {
	Block { entries, ..Block::new(number, hash(number)) }
}

pub(crate) fn record(stream: StreamId, sequence: Sequence) -> RecordId {
	let mut id = stream.0;
	id[8..16].copy_from_slice(&sequence.to_be_bytes());
	RecordId(id)
}

/// What the chain has of an entry.
pub(crate) fn digest(stream: StreamId, sequence: Sequence) -> Digest {
	let mut digest = record(stream, sequence).0;
	digest[31] = 0xd1;
	Digest(digest)
}

pub(crate) fn json(text: &str) -> Document {
	Document { media_type: "application/json".into(), bytes: text.as_bytes().into() }
}

pub(crate) fn entry(stream: StreamId, sequence: Sequence, document: Document) -> Entry {
	Entry {
		record: record(stream, sequence),
		stream,
		sequence,
		owner: u32::from(stream.0[0]),
		author: u32::from(stream.0[0]),
		kind: EntryKind::Record,
		supersedes: None,
		digest: digest(stream, sequence),
		content: Content::Document(document),
	}
}

pub(crate) fn unreadable(stream: StreamId, sequence: Sequence) -> Entry {
	Entry {
		content: Content::Unreadable("no grant lets the organization read it".into()),
		..entry(stream, sequence, json(""))
	}
}

/// Entries of the stream of invoices, from a position on.
pub(crate) fn invoices(from: Sequence, documents: &[&str]) -> Vec<Entry> {
	(from..).zip(documents).map(|(sequence, text)| entry(INVOICES, sequence, json(text))).collect()
}

pub(crate) fn query(filter: &str, sort: &[&str]) -> Query {
	Query {
		filter: (!filter.is_empty()).then(|| filter.into()),
		sort: sort.iter().map(|key| key.parse::<SortKey>().expect("a key")).collect(),
		..Query::default()
	}
}

/// Values of a column, `-` where there is none.
pub(crate) fn column(page: &Page, name: &str) -> Vec<String> {
	let at = page.columns.iter().position(|column| column == name).expect("a column");
	page.rows.iter().map(|row| shown(row.values[at].as_ref())).collect()
}

pub(crate) fn shown(value: Option<&Value>) -> String {
	value.map_or("-".into(), ToString::to_string)
}

/// Numbers of the invoices that a query finds, in order.
pub(crate) async fn found(store: &Store, query: &Query) -> String {
	let page = store.search("invoices", query).await.expect("an answer");
	column(&page, "number").join(" ")
}

pub(crate) async fn dump(store: &Store) -> String {
	let mut dump = Vec::new();
	store.dump(&mut dump).await.expect("a dump");
	String::from_utf8(dump).expect("text")
}
