//! Views that come, change and go.

use crate::support::*;
use credio_index::{Query, StoreError};

fn numbered(from: u64, count: u64) -> Vec<String> {
	(from..from + count).map(|n| format!(r#"{{"number":"{n}","lines":{n}}}"#)).collect()
}

on_both!(the_old_view_serves_while_the_new_one_is_built, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	store.apply(&[first_block()]).await.expect("applied");
	let texts = numbered(0, 1_700);
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	store.apply(&[block(2, invoices(0, &texts))]).await.expect("applied");
	let changed = view(&VIEW.replace("$.amount", "$.lines"));
	let building = tokio::spawn({
		let store = store.clone();
		async move { store.set_views(&[changed]).await }
	});
	// Searched all the while, also at the moment at which the new one takes its place.
	let searching = [(); 4].map(|()| {
		let (store, building) = (store.clone(), building.abort_handle());
		tokio::spawn(async move {
			let mut answers = Vec::new();
			while !building.is_finished() {
				let page = store.search("invoices", &query("lines < 10", &["lines"])).await;
				answers.push(column(&page.expect("an answer"), "amount").join(" "));
			}
			answers
		})
	});
	// Blocks are written meanwhile, and each result is of one definition.
	let (mut number, mut sequence) = (3, 1_700);
	let mut answers = Vec::new();
	while !building.is_finished() {
		let texts = numbered(sequence, 1);
		let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
		store.apply(&[block(number, invoices(sequence, &texts))]).await.expect("applied");
		(number, sequence) = (number + 1, sequence + 1);
		let page = store.search("invoices", &query("lines < 10", &["lines"])).await;
		answers.push(column(&page.expect("an answer"), "amount").join(" "));
	}
	building.await.expect("no panic").expect("views");
	for searching in searching {
		answers.extend(searching.await.expect("no panic"));
	}
	let new = "0.00 1.00 2.00 3.00 4.00 5.00 6.00 7.00 8.00 9.00";
	assert!(answers.iter().all(|answer| answer == "- - - - - - - - - -" || answer == new));
	let page = store.search("invoices", &query("lines < 10", &["lines"])).await.expect("an answer");
	assert_eq!(column(&page, "amount").join(" "), new);
	// None was left out, none is there twice.
	let page = Query { limit: 1, ..query("", &["-lines"]) };
	assert_eq!(found(&store, &page).await, (sequence - 1).to_string());
	let rows = dump(&store).await.lines().filter(|line| line.contains("isCurrent")).count();
	assert_eq!(rows as u64, sequence);
});

on_both!(building_goes_on_after_a_crash, database, {
	let store = database.open().await;
	store.apply(&[first_block()]).await.expect("applied");
	let texts = numbered(0, 1_200);
	let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
	store.apply(&[block(2, invoices(0, &texts))]).await.expect("applied");
	let views = [view(VIEW)];
	// Given up at the first moment at which there is something of it.
	tokio::select! {
		biased;
		_ = async {
			while store.views().await.expect("views").is_empty() {
				tokio::task::yield_now().await;
			}
		} => {},
		_ = store.set_views(&views) => {},
	}
	store.close().await;
	let store = database.open().await;
	store.set_views(&views).await.expect("views");
	let state = store.views().await.expect("views");
	assert!(state.len() == 1 && state[0].is_ready && !state[0].is_building);
	let rows = dump(&store).await.lines().filter(|line| line.contains("isCurrent")).count();
	assert_eq!(rows, 1_200);
});

on_both!(views_come_and_go, database, {
	let store = database.open().await;
	let blocks = [first_block(), block(2, invoices(0, &[r#"{"number":"A"}"#, "{}", "[]"]))];
	store.apply(&blocks).await.expect("applied");
	let other = view(&VIEW.replace("name = \"invoices\"", "name = \"all\"").replace(
		"stream = \"invoices\"",
		"stream = [\"inv*\", \"0x0202020202020202020202020202020202020202020202020202020202020202\"]",
	));
	store.set_views(&[view(VIEW), other.clone()]).await.expect("views");
	let names: Vec<_> =
		store.views().await.expect("views").iter().map(|state| state.view.name.clone()).collect();
	assert_eq!(names, ["all", "invoices"]);
	let theirs = entry(OTHERS, 0, json(r#"{"number":"T"}"#));
	store.apply(&[block(3, vec![theirs])]).await.expect("applied");
	assert_eq!(
		column(&store.search("all", &query("", &[])).await.expect("rows"), "number"),
		["A", "T"]
	);
	assert_eq!(found(&store, &query("", &[])).await, "A");
	let unfit = store.unfit("invoices", None, 10).await.expect("a list");
	let reasons: Vec<_> = unfit.iter().map(|unfit| unfit.reason.as_str()).collect();
	assert_eq!(reasons, ["column number: there is no text at $.number"; 2]);
	// The same again changes nothing.
	let before = dump(&store).await;
	store.set_views(&[view(VIEW), other]).await.expect("views");
	assert_eq!(dump(&store).await, before);
	store.set_views(&[view(VIEW)]).await.expect("views");
	let gone = store.search("all", &Query::default()).await;
	assert!(matches!(gone, Err(StoreError::UnknownView { .. })));
	let twice = store.set_views(&[view(VIEW), view(VIEW)]).await;
	assert!(matches!(twice, Err(StoreError::DuplicateView(name)) if name == "invoices"));
});

on_both!(definitions_outlive_an_emptied_index, database, {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let blocks = [first_block(), block(2, invoices(0, &[r#"{"number":"A","lines":1}"#]))];
	store.apply(&blocks).await.expect("applied");
	let changed = view(&VIEW.replace("$.amount", "$.lines"));
	store.set_views(std::slice::from_ref(&changed)).await.expect("views");
	assert_eq!(store.definitions().await.expect("definitions"), std::slice::from_ref(&changed));
	let write_lock = store.acquire_writer().await.expect("nobody writes");
	store.clear(&write_lock).await.expect("cleared");
	let views = store.definitions().await.expect("definitions");
	assert_eq!(views, [changed]);
	store.set_views(&views).await.expect("views");
	store.apply(&blocks).await.expect("applied");
	let page = store.search("invoices", &query("", &[])).await.expect("rows");
	assert_eq!(column(&page, "amount"), ["1.00"]);
});

#[tokio::test]
async fn views_of_older_software_are_built_anew() {
	use sqlx::{Connection, Executor};

	let database = Database::sqlite();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let blocks = [first_block(), block(2, invoices(0, &[r#"{"number":"A","amount":"1.5"}"#]))];
	store.apply(&blocks).await.expect("applied");
	store.close().await;
	let url = format!("sqlite://{}", database.url(1));
	let mut older = sqlx::SqliteConnection::connect(&url).await.expect("it opens");
	for sql in [
		"DROP INDEX entries_by_superseded",
		"UPDATE meta SET value = '4' WHERE name = 'version'",
		// A decimal as it was stored.
		"UPDATE rows_1 SET amount = 15000",
	] {
		older.execute(sql).await.expect("as it was");
	}
	older.close().await.expect("closed");
	let store = database.open().await;
	let state = store.views().await.expect("views");
	assert!(state.len() == 1 && !state[0].is_ready, "its rows are of another form");
	store.apply(&[block(3, invoices(1, &[r#"{"number":"B"}"#]))]).await.expect("applied");
	store.set_views(&store.definitions().await.expect("definitions")).await.expect("views");
	let page = store.search("invoices", &query("", &[])).await.expect("rows");
	assert_eq!(column(&page, "amount"), ["1.50", "-"]);
}
