//! A worker that was away while another took its place. On PostgreSQL too, where `CREDIO_TEST_POSTGRES` names a database.

use super::*;
use crate::{Item, ItemState, Outbox, store};
use credio_client::calls::Call;
use credio_primitives::{
	BlockNumber,
	rpc::{RequestState, RequestStatusJson},
};
use credio_vault::LocalVault;
use std::sync::Arc;

const SHORT: Duration = Duration::from_millis(1);

/// An outbox with one item that is sent until block 100, and the lease of a worker that has been replaced.
struct World {
	outbox: Outbox,
	stale: Lease,
	present: Lease,
	_folder: tempfile::TempDir,
}

impl World {
	async fn on(url: Option<&str>) -> Self {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("outbox").display().to_string();
		let vault = Arc::new(LocalVault::development("channel-one").unwrap());
		let outbox = Outbox::open(url.unwrap_or(&path), vault).await.unwrap();
		let calls = [Call::remark(b"once")];
		let name = credio_vault::random().unwrap();
		outbox.enqueue(&Item::calls(&*name, &calls)).await.unwrap();
		let (pool, is_postgres) = (&outbox.pool, outbox.is_postgres);
		resign(pool, "stale").await.unwrap();
		resign(pool, "present").await.unwrap();
		let take = |owner, time| Lease::acquire_for(pool, is_postgres, owner, time);
		let stale = take("stale", SHORT).await.unwrap().unwrap();
		let world_item = Self::newest(&outbox).await;
		stale.fix(&Undecided { expires_at: Some(100), ..world_item }).await.unwrap();
		tokio::time::sleep(Duration::from_millis(20)).await;
		let present = take("present", LEASE).await.unwrap().unwrap();
		Self { outbox, stale, present, _folder: folder }
	}

	async fn newest(outbox: &Outbox) -> Undecided {
		let mut all = store::waiting(&outbox.pool, 1_000).await.unwrap();
		all.extend(store::sending(&outbox.pool, 1_000).await.unwrap());
		all.into_iter().max_by_key(|item| item.id).unwrap()
	}

	async fn item(&self) -> Undecided {
		Self::newest(&self.outbox).await
	}

	async fn each(mut test: impl AsyncFnMut(Self)) {
		test(Self::on(None).await).await;
		if let Ok(url) = std::env::var("CREDIO_TEST_POSTGRES") {
			// A schema for each test: a schema has one outbox.
			let schema = format!("lease_{}", hex::encode(&credio_vault::random().unwrap()[..8]));
			let pool = sqlx::PgPool::connect(&url).await.unwrap();
			let made = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
			sqlx::query(made).execute(&pool).await.unwrap();
			let url = format!("{url}?options=-csearch_path%3D{schema}");
			test(Self::on(Some(&url)).await).await;
		}
	}
}

fn until(item: Undecided, expires_at: BlockNumber) -> Undecided {
	Undecided { expires_at: Some(expires_at), ..item }
}

fn status(item: &Undecided, status: RequestState) -> RequestStatusJson {
	RequestStatusJson { organization: 1, request_key: item.current_key, status, receipt: None }
}

fn ended<'a>(state: ItemState, status: &'a RequestStatusJson) -> End<'a> {
	End { state, status, block: 7, problem: None, record: None, used_position: true }
}

fn is_superseded(result: &Result<()>) -> bool {
	matches!(result, Err(OutboxError::Superseded))
}

#[tokio::test]
async fn replaced_worker_writes_nothing() {
	World::each(async |world| {
		let item = world.item().await;
		world.present.fix(&until(item.clone(), 200)).await.unwrap();
		let applied = status(&item, RequestState::Applied);
		assert!(is_superseded(&world.stale.fix(&until(item.clone(), 50)).await));
		assert!(is_superseded(&world.stale.note(item.id, 9, Some("old news")).await));
		assert!(is_superseded(&world.stale.requeue(item.id, item.current_key, 1).await));
		assert!(is_superseded(
			&world.stale.end(item.id, &ended(ItemState::Expired, &applied)).await
		));
		assert!(is_superseded(&world.stale.renew().await));
		let after = world.item().await;
		assert_eq!((after.expires_at, after.attempt), (Some(200), 0));
		world.present.end(item.id, &ended(ItemState::Applied, &applied)).await.unwrap();
		let key = item.request_key;
		let listed = world.outbox.status(key).await.unwrap().unwrap();
		assert_eq!(listed.state, ItemState::Applied);
	})
	.await;
}

#[tokio::test]
async fn expiry_of_a_key_never_decreases() {
	World::each(async |world| {
		let item = world.item().await;
		world.present.fix(&until(item.clone(), 200)).await.unwrap();
		world.present.fix(&until(item.clone(), 150)).await.unwrap();
		let after = world.item().await;
		assert_eq!((after.expires_at, after.first_expiry), (Some(200), Some(100)));
		// Under another key it starts again.
		world.present.requeue(item.id, RequestKey([7; 32]), 1).await.unwrap();
		world.present.fix(&until(item, 120)).await.unwrap();
		let after = world.item().await;
		assert_eq!((after.expires_at, after.first_expiry), (Some(120), Some(120)));
	})
	.await;
}

#[tokio::test]
async fn outcome_never_changes() {
	World::each(async |world| {
		let item = world.item().await;
		let (applied, expired) =
			(status(&item, RequestState::Applied), status(&item, RequestState::Expired));
		world.present.end(item.id, &ended(ItemState::Applied, &applied)).await.unwrap();
		world.present.end(item.id, &ended(ItemState::Expired, &expired)).await.unwrap();
		let listed = world.outbox.status(item.request_key).await.unwrap().unwrap();
		assert_eq!(listed.state, ItemState::Applied);
	})
	.await;
}

#[tokio::test]
async fn one_worker_holds_the_lease_and_epochs_increase() {
	World::each(async |world| {
		let (pool, is_postgres) = (&world.outbox.pool, world.outbox.is_postgres);
		assert!(Lease::acquire(pool, is_postgres, "third").await.unwrap().is_none());
		world.present.renew().await.unwrap();
		resign(pool, "present").await.unwrap();
		assert!(is_superseded(&world.present.note(1, 1, None).await));
		let third = Lease::acquire(pool, is_postgres, "third").await.unwrap().unwrap();
		assert!(third.epoch > world.present.epoch && world.present.epoch > world.stale.epoch);
		resign(pool, "third").await.unwrap();
	})
	.await;
}
