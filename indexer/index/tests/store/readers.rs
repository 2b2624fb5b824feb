//! Reading an index that somebody else keeps, and keeping it alone.

use crate::{postgres::Postgres, support::*};
use credio_index::{Query, Store, StoreError};

async fn filled(database: &Database) -> Store {
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let texts = [r#"{"number":"A","seller":"Hollin"}"#, r#"{"number":"B","seller":"Vega"}"#];
	store.apply(&[first_block(), block(2, invoices(0, &texts))]).await.expect("applied");
	store
}

on_both!(an_index_is_read_while_it_is_kept, database, {
	let store = filled(&database).await;
	let _write_lock = store.acquire_writer().await.expect("nobody else keeps it");
	let reader = Store::open_to_read(&database.url(1), 1).await.expect("it opens");
	assert_eq!(found(&reader, &query("match \"vega\"", &[])).await, "B");
	store.apply(&[block(3, invoices(2, &[r#"{"number":"C"}"#]))]).await.expect("applied");
	assert_eq!(found(&reader, &Query::default()).await, "A B C");
	assert_eq!(dump(&reader).await, dump(&store).await);
	// A reader changes nothing, and does not hear of what others change.
	reader.apply(&[block(4, vec![])]).await.expect_err("it only reads");
	assert!(reader.changed().is_none());
	let foreign = Store::open_to_read(&database.url(1), 2).await.expect_err("another's");
	let is_refused = matches!(foreign, StoreError::Foreign { .. } | StoreError::NoIndex(_));
	assert!(is_refused, "{foreign}");
});

on_both!(what_is_not_there_is_not_made_by_reading, database, {
	let url = database.url(5);
	let error = Store::open_to_read(&url, 5).await.expect_err("there is none");
	assert!(error.to_string().contains("credio index sync"), "{error}");
	if let Database::Sqlite(folder) = &database {
		assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
	}
});

on_both!(one_process_keeps_an_index, database, {
	let [one, other] = [database.open().await, database.open().await];
	let write_lock = one.acquire_writer().await.expect("nobody else keeps it");
	let error = other.acquire_writer().await.expect_err("the first one keeps it");
	assert!(matches!(error, StoreError::KeptByAnother), "{error}");
	drop(write_lock);
	one.close().await;
	// The server of PostgreSQL notices a little later.
	while other.acquire_writer().await.is_err() {
		tokio::task::yield_now().await;
	}
});

on_both!(what_was_cleared_is_built_anew_the_same, database, {
	let store = filled(&database).await;
	let before = dump(&store).await;
	let write_lock = store.acquire_writer().await.expect("nobody else keeps it");
	store.clear(&write_lock).await.expect("cleared");
	assert_eq!(store.cursor().await.expect("an answer"), None);
	assert!(store.views().await.expect("an answer").iter().all(|view| !view.is_ready));
	drop((write_lock, store));
	assert_eq!(dump(&filled(&database).await).await, before);
});

#[tokio::test]
async fn postgresql_replica_serves_reads() {
	let server = Postgres::start();
	let database = Database::Postgres(server);
	let store = filled(&database).await;
	let Database::Postgres(server) = &database else { unreachable!("it is PostgreSQL") };
	let replica = server.replica();
	let reader = Store::open_to_read(&replica.url(), 1).await.expect("it opens");
	assert_eq!(found(&reader, &query("match \"hollin\"", &[])).await, "A");
	// Commits wait for the replica here, so it has them when they are done.
	store.apply(&[block(3, invoices(2, &[r#"{"number":"C"}"#]))]).await.expect("applied");
	assert_eq!(found(&reader, &Query::default()).await, "A B C");
	store.set_views(&[view(&VIEW.replace("\"EUR\"", "\"NOK\""))]).await.expect("views");
	assert_eq!(found(&reader, &query("currency = \"NOK\"", &[])).await, "A B C");
}

/// An account that may only read the tables can search.
#[tokio::test]
async fn read_only_account_can_search() {
	let server = Postgres::start();
	let database = Database::Postgres(server);
	let _store = filled(&database).await;
	let Database::Postgres(server) = &database else { unreachable!("it is PostgreSQL") };
	server.run(
		"CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA credio_1 TO reader; \
		GRANT SELECT ON ALL TABLES IN SCHEMA credio_1 TO reader",
	);
	let url = server.url().replace("credio@", "reader@");
	let reader = Store::open_to_read(&url, 1).await.expect("it opens");
	assert_eq!(found(&reader, &query("match \"hollin\"", &[])).await, "A");
}
