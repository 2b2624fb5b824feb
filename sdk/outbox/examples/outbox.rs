//! An application that stores its requests together with its data, and processes their outcomes.

use credio_client::{Client, Upload};
use credio_outbox::{Item, Outbox, Settings};
use credio_vault::LocalVault;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
	let node = std::env::var("CREDIO_NODE").unwrap_or("ws://127.0.0.1:9944".into());
	let vault = Arc::new(LocalVault::development("channel-one").ok_or("no such organization")?);
	let client = Client::connect(&node, vault.clone()).await?;
	let stream = client.create_stream(&format!("orders {}", std::process::id())).await?;

	// The application's own table, in the same database as the outbox.
	let outbox = Outbox::open("application.sqlite", vault).await?;
	let database = sqlx::SqlitePool::connect("sqlite://application.sqlite").await?;
	sqlx::query("CREATE TABLE IF NOT EXISTS orders (number BIGINT, request_key BLOB, state TEXT)")
		.execute(&database)
		.await?;

	// The order and the upload of its document are stored together, or not at all. No node is needed for that.
	let mut transaction = database.begin().await?;
	let upload = Upload {
		stream: stream.id,
		key: Some(b"order 4711"),
		media_type: "application/json",
		document: br#"{"number": 4711, "amount": "100.00"}"#,
		supersedes: None,
	};
	let item = Item::upload(upload).in_lane(1);
	let enqueued = outbox.enqueue_in(&mut *transaction, &item).await?;
	sqlx::query("INSERT INTO orders VALUES (4711, $1, 'waiting')")
		.bind(enqueued.request_key.0.to_vec())
		.execute(&mut *transaction)
		.await?;
	transaction.commit().await?;

	// A worker sends the stored items: here until all are decided, in a service for ever (`Outbox::run`).
	outbox.run_until_decided(Settings::new(vec![node])).await?;

	// Each outcome is processed exactly once: its effect and the cursor are one transaction.
	let mut outcomes = outbox.outcomes("orders").await?;
	while let Some(outcome) = outcomes.try_next().await? {
		let mut transaction = database.begin().await?;
		sqlx::query("UPDATE orders SET state = $1 WHERE request_key = $2")
			.bind(outcome.item.state.name())
			.bind(outcome.item.request_key.0.to_vec())
			.execute(&mut *transaction)
			.await?;
		outbox.acknowledge_in(&mut *transaction, "orders", outcome.number).await?;
		transaction.commit().await?;
		println!("order 4711: {}", outcome.item.state.name());
	}
	Ok(())
}
