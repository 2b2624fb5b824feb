//! The assets of a view, by the roles of its columns.

use credio_index::{Block, Content, Document, Entry, EntryKind, Store, Stream};
use credio_primitives::{Digest, RecordId, StreamId};
use credio_report::{
	assets::{Assets, PaidBy},
	gather::{AssetsQuery, AssetsReader, GatherError},
};
use credio_view::View;

const VIEW: &str = r#"
name = "loans"
stream = "*"
format = "csv"
key = ["loan"]

[[columns]]
name = "loan"
path = "loan"
type = "text"

[[columns]]
name = "day"
path = "day"
type = "date"
role = "dueDate"

[[columns]]
name = "rate"
path = "rate"
type = "decimal"
role = "amount"

[[columns]]
name = "fee"
path = "fee"
type = "decimal"
scale = 2

[[columns]]
name = "isPaid"
path = "paid"
type = "boolean"
role = "paid"

[[columns]]
name = "money"
path = "money"
type = "text"
role = "currency"
"#;

const LOANS: &str = "loan,day,rate,fee,paid,money
L-1,2026-09-30,1000.00,1.00,true,EUR
L-2,2026-10-31,500.00,2.00,false,EUR
L-3,2026-10-31,70000,3.00,,SEK
";

async fn assets(view: &str, query: AssetsQuery) -> Result<Assets, GatherError> {
	let folder = tempfile::tempdir().expect("a folder");
	let path = folder.path().join("acme.index").display().to_string();
	let store = Store::open(&path, 1).await.expect("it opens");
	store.set_views(&[View::parse(view).expect("a view")]).await.expect("views");
	let stream = StreamId([1; 32]);
	let content = Document { media_type: "text/csv".into(), bytes: LOANS.as_bytes().into() };
	let entry = Entry {
		record: RecordId([2; 32]),
		stream,
		sequence: 0,
		owner: 1,
		author: 1,
		kind: EntryKind::Record,
		supersedes: None,
		digest: Digest([3; 32]),
		content: Content::Document(content),
	};
	let streams = vec![Stream { id: stream, owner: 1, name: "loans".into() }];
	let block = Block { streams, entries: vec![entry], ..Block::new(1, Digest([4; 32])) };
	store.apply(&[block]).await.expect("applied");
	AssetsReader::new(store, query).read().await.map(|(assets, _)| assets)
}

fn query() -> AssetsQuery {
	AssetsQuery {
		view: "loans".into(),
		due: None,
		amount: None,
		paid: None,
		currency: None,
		as_of: Some(jiff::civil::date(2026, 11, 23)),
		filter: None,
	}
}

#[tokio::test]
async fn columns_follow_from_their_roles() {
	let found = assets(VIEW, query()).await.expect("assets");
	assert_eq!((found.due.as_str(), found.amount.as_str()), ("day", "rate"));
	assert_eq!(found.paid, PaidBy::Flag("isPaid".into()));
	let euros = &found.portfolios[&Some("EUR".to_owned())];
	assert_eq!((euros.total.due, euros.total.open), (15_000_000, 5_000_000));
	assert_eq!(found.portfolios[&Some("SEK".to_owned())].total.due, 700_000_000);
}

#[tokio::test]
async fn named_columns_come_before_roles() {
	let named = AssetsQuery { amount: Some("fee".into()), ..query() };
	let found = assets(VIEW, named).await.expect("assets");
	assert_eq!((found.amount.as_str(), found.scale), ("fee", 2));
	assert_eq!(found.portfolios[&Some("EUR".to_owned())].total.due, 300);
	let wrong = AssetsQuery { amount: Some("loan".into()), ..query() };
	let refused = assets(VIEW, wrong).await.expect_err("refused").to_string();
	assert_eq!(refused, "the column loan is text, and has to be a decimal or an integer");
}

#[tokio::test]
async fn view_without_a_role_is_refused_with_what_to_add() {
	let refused =
		assets(&VIEW.replace("role = \"dueDate\"", ""), query()).await.expect_err("refused");
	assert_eq!(
		refused.to_string(),
		"no column of the view loans has the role dueDate: name the column (--due), or add role = \"dueDate\" to it in \
		the view's definition"
	);
	// Without these two the page says what it assumes.
	let without = VIEW.replace("role = \"paid\"", "").replace("role = \"currency\"", "");
	let found = assets(&without, query()).await.expect("assets");
	assert_eq!((found.paid, found.currency), (PaidBy::Nothing, None));
}
