//! Objects of items. They are sealed and stored beside the worker's turns, since that can take minutes, and an item is sent
//! once its object is stored.

use super::{
	body::NamedBody, chain::Chain, error::OutboxError, fault::Fault, outbox::Outbox,
	store::Undecided,
};
use credio_client::{
	Error,
	calls::Call,
	objects::{ObjectError, WriteObjects},
};
use credio_primitives::{BlockNumber, RequestKey};
use std::{
	collections::BTreeMap,
	future::pending,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::JoinSet;

/// Objects that are sealed and stored at a time: each takes some 50 MB.
const AT_A_TIME: usize = 2;
/// Blocks until an object that could not be stored is tried again.
const RETRY_AFTER: BlockNumber = 10;

/// An item, and its attempt: the object is sealed again for the key epoch of another one.
type Key = (i64, i64);

/// How far an object is.
#[derive(Debug)]
enum Stage {
	/// To be stored.
	Wanted { request_key: RequestKey, body: Vec<u8> },
	/// Being stored.
	Storing { request_key: RequestKey, body: Vec<u8> },
	/// Stored, with the call that appends it.
	Stored(Call),
	/// It could not be stored.
	Failed { problem: String, at: BlockNumber },
}

/// How far the object of an item is.
#[derive(Debug)]
pub(super) enum Object {
	/// It is being stored, or will be.
	Pending,
	/// It is stored, and this call appends it.
	Stored(Call),
	/// It could not be stored. It is tried again.
	Failed(String),
}

/// The objects of undecided items.
#[derive(Debug, Default)]
pub(super) struct Objects(Mutex<BTreeMap<Key, Stage>>);

/// An object that was stored, or why it could not be.
pub(super) type Done = (Key, Result<Call, String>);

impl Objects {
	fn stages(&self) -> MutexGuard<'_, BTreeMap<Key, Stage>> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Returns how far the object of an item is, at a block, and has it stored.
	pub(super) fn get(&self, item: &Undecided, now: BlockNumber) -> Object {
		let mut stages = self.stages();
		let wanted = || Stage::Wanted { request_key: item.request_key, body: item.body.clone() };
		let stage = stages.entry((item.id, item.attempt)).or_insert_with(wanted);
		match stage {
			Stage::Wanted { .. } | Stage::Storing { .. } => Object::Pending,
			Stage::Stored(call) => Object::Stored(call.clone()),
			Stage::Failed { problem, at } => {
				let problem = problem.clone();
				if now >= at.saturating_add(RETRY_AFTER) {
					*stage = wanted();
				}
				Object::Failed(problem)
			},
		}
	}

	/// Forgets an item that has ended, or is sent under another attempt.
	pub(super) fn forget(&self, id: i64) {
		self.stages().retain(|(of, _), _| *of != id);
	}

	/// Begins those objects again that another node has left half-way.
	pub(super) fn restart(&self) {
		for stage in self.stages().values_mut() {
			if let Stage::Storing { request_key, body } = stage {
				*stage = Stage::Wanted { request_key: *request_key, body: std::mem::take(body) };
			}
		}
	}

	/// Starts storing the wanted objects, as far as there is room.
	pub(super) fn start(
		&self,
		tasks: &mut JoinSet<Done>,
		outbox: &Outbox,
		chain: &Arc<dyn Chain>,
		store: Option<&Arc<dyn WriteObjects>>,
	) {
		let mut stages = self.stages();
		let wanted = stages.iter_mut().filter(|(_, stage)| matches!(stage, Stage::Wanted { .. }));
		for (key, stage) in wanted.take(AT_A_TIME.saturating_sub(tasks.len())) {
			let Stage::Wanted { request_key, body } = stage else { continue };
			let (request_key, body) = (*request_key, std::mem::take(body));
			*stage = Stage::Storing { request_key, body: body.clone() };
			let (key, outbox) = (*key, outbox.clone());
			let (chain, store) = (chain.clone(), store.cloned());
			tasks.spawn(async move {
				let stored = store_object(&outbox, &*chain, store, request_key, &body).await;
				let stored = stored.map_err(|fault| match fault {
					Fault::Node(error) => error.with_hint(),
					Fault::Outbox(error) => error.to_string(),
				});
				(key, stored)
			});
		}
	}

	/// Keeps what became of an object.
	pub(super) fn keep(&self, (key, stored): Done, at: BlockNumber) {
		let stage = match stored {
			Ok(call) => Stage::Stored(call),
			Err(problem) => Stage::Failed { problem, at },
		};
		// It may have ended meanwhile.
		if let Some(known) = self.stages().get_mut(&key) {
			*known = stage;
		}
	}
}

/// Waits until an object was stored, or could not be.
pub(super) async fn next_done(tasks: &mut JoinSet<Done>) -> Done {
	loop {
		match tasks.join_next().await {
			Some(Ok(done)) => return done,
			// One that was interrupted starts again with the next node.
			Some(Err(_)) => {},
			None => pending().await,
		}
	}
}

async fn store_object(
	outbox: &Outbox,
	chain: &dyn Chain,
	store: Option<Arc<dyn WriteObjects>>,
	request_key: RequestKey,
	body: &[u8],
) -> Result<Call, Fault> {
	let store = store.ok_or(Error::Object(ObjectError::NoStore))?;
	let body = NamedBody::open(&*outbox.vault, &request_key, body).await?;
	let object = body.object().ok_or_else(|| OutboxError::Corrupted("no object".into()))?;
	let reference = body.name().reference(&*outbox.vault).await.map_err(OutboxError::from)?;
	Ok(chain.store_object(&object, reference, store).await?)
}
