//! Objects: they are stored beside the turns of the worker, and sent in the order of their lanes.

use super::{LANE, World};
use crate::{Enqueued, Item, ItemState, ObjectFile, chain::Chain, objects::next_done};
use async_trait::async_trait;
use bytes::Bytes;
use credio_client::objects::{Described, ObjectAddress, ObjectError, WriteObjects};
use credio_primitives::{Digest, RecordId, StreamId, rpc::RequestState};
use std::{path::PathBuf, sync::Arc};
use tokio::task::JoinSet;

/// A store that the node of these tests does not use.
#[derive(Debug)]
struct Unused;

#[async_trait]
impl WriteObjects for Unused {
	async fn stored_parts(&self, _: &ObjectAddress) -> Result<Vec<u32>, ObjectError> {
		Err(ObjectError::Interrupted)
	}
	async fn is_complete(&self, _: &ObjectAddress) -> Result<bool, ObjectError> {
		Err(ObjectError::Interrupted)
	}
	async fn has_part(&self, _: &ObjectAddress, _: u32, _: &Bytes) -> Result<bool, ObjectError> {
		Err(ObjectError::Interrupted)
	}
	async fn put_part(&self, _: &ObjectAddress, _: u32, _: Bytes) -> Result<(), ObjectError> {
		Err(ObjectError::Interrupted)
	}
	async fn put_manifest(&self, _: &ObjectAddress, _: Bytes) -> Result<(), ObjectError> {
		Err(ObjectError::Interrupted)
	}
	async fn delete(&self, _: RecordId, _: Option<Digest>) -> Result<(), ObjectError> {
		Err(ObjectError::Interrupted)
	}
}

fn file(name: &str) -> PathBuf {
	PathBuf::from("/documents").join(name)
}

fn object(name: &str) -> ObjectFile {
	let described = Described { media_type: "text/plain".into(), length: 100_000, sha256: [1; 32] };
	ObjectFile {
		stream: StreamId([7; 32]),
		key: Some(name.into()),
		file: file(name),
		described,
		supersedes: None,
	}
}

impl World {
	async fn with_store() -> Self {
		let mut world = Self::new().await;
		world.settings.objects = Some(Arc::new(Unused));
		world
	}

	async fn enqueue_object(&self, name: &str, lane: Option<u32>) -> Enqueued {
		let object = object(name);
		self.outbox.enqueue(&Item { lane, ..Item::object(&object) }).await.unwrap()
	}

	/// Stores what is wanted, as the worker does between two turns. Returns how much that was.
	async fn store_objects(&self) -> usize {
		let (mut tasks, mut count) = (JoinSet::new(), 0);
		let chain: Arc<dyn Chain> = self.node.clone();
		loop {
			let store = self.settings.objects.as_ref();
			self.objects.start(&mut tasks, &self.outbox, &chain, store);
			if tasks.is_empty() {
				return count;
			}
			let done = next_done(&mut tasks).await;
			let finalized = self.node.state().finalized;
			self.objects.keep(done, finalized);
			count += 1;
		}
	}
}

#[tokio::test]
async fn object_is_sent_once_it_is_stored_and_its_lane_waits() {
	let mut world = World::with_store().await;
	world.enqueue_in_lane(b"first").await;
	let large = world.enqueue_object("large", Some(LANE)).await;
	world.enqueue_in_lane(b"last").await;
	world.enqueue(b"of no lane").await;
	world.turn().await.unwrap();
	// It has no position and no expiry yet: storing may take long.
	assert_eq!(world.state(&large).await, ItemState::Waiting);
	let before = world.submitted();
	assert_eq!((world.positions(), before.len()), (vec![0], 2));
	for request in &before {
		world.node.decide(request, RequestState::Pending, None);
	}
	assert_eq!(world.store_objects().await, 1);
	world.turn().await.unwrap();
	assert_eq!(world.positions(), [0, 1, 2]);
	assert_eq!(world.submitted()[2].request.key, large.request_key);
	// It is not stored again.
	world.turn().await.unwrap();
	assert_eq!(world.store_objects().await, 0);
}

#[tokio::test]
async fn object_that_cannot_be_stored_is_tried_again_and_says_why() {
	let mut world = World::with_store().await;
	world.node.state().unreadable.insert(file("large"));
	let large = world.enqueue_object("large", None).await;
	world.turn().await.unwrap();
	assert_eq!(world.store_objects().await, 1);
	world.turn().await.unwrap();
	let item = world.item(&large).await;
	assert_eq!(item.state, ItemState::Sending);
	assert!(item.expires_at.is_some(), "it ends, whatever happens");
	assert!(item.problem.unwrap().contains("changed while it was read"));
	assert_eq!(world.store_objects().await, 0, "it is left alone for some blocks");
	world.node.state().unreadable.clear();
	world.finalize(120);
	world.turn().await.unwrap();
	assert_eq!(world.store_objects().await, 1);
	world.turn().await.unwrap();
	assert_eq!(world.submitted().len(), 1);
}

#[tokio::test]
async fn object_without_a_store_says_so() {
	let mut world = World::new().await;
	let large = world.enqueue_object("large", None).await;
	world.turn().await.unwrap();
	world.store_objects().await;
	world.turn().await.unwrap();
	let problem = world.item(&large).await.problem.unwrap();
	assert!(problem.contains("--object-store"), "{problem}");
	assert!(world.submitted().is_empty());
}

#[tokio::test]
async fn object_is_sealed_again_for_the_next_key_epoch() {
	let mut world = World::with_store().await;
	let large = world.enqueue_object("large", None).await;
	world.turn().await.unwrap();
	world.store_objects().await;
	world.turn().await.unwrap();
	let request = world.submitted()[0].clone();
	world.node.decide(&request, RequestState::Rejected, Some("Grants.EpochNotCurrent"));
	world.turn().await.unwrap();
	assert_eq!(world.store_objects().await, 1);
	world.turn().await.unwrap();
	assert_eq!(world.submitted().len(), 2);
	assert_ne!(world.submitted()[1].request.key, large.request_key);
}

#[tokio::test]
async fn object_at_a_path_that_is_not_whole_is_refused() {
	let world = World::with_store().await;
	let relative = ObjectFile { file: "large".into(), ..object("large") };
	let refused = world.outbox.enqueue(&Item::object(&relative)).await.unwrap_err();
	assert!(refused.to_string().contains("whole path"), "{refused}");
	// The same document at another place is the same item.
	let here = world.enqueue_object("large", None).await;
	let moved = ObjectFile { file: file("moved"), ..object("large") };
	let there = world.outbox.enqueue(&Item::object(&moved)).await.unwrap();
	assert_eq!(here.request_key, there.request_key);
}
