//! A node in memory, for the tests of the handlers: a chain, a pool, and the methods on top.

mod chain;
mod data;
mod queue;

pub(crate) use chain::{Block, Client, World, hash};
pub(crate) use data::*;
pub(crate) use queue::{Queue, extrinsic, submission};

use crate::{
	methods::{Deps, methods},
	served::Served,
};
use chain::Proofs;
use credio_primitives::rpc::AccessToken;
use jsonrpsee::{
	RpcModule,
	core::{
		params::ArrayParams,
		server::{MethodsError, Subscription},
	},
};
use serde_json::Value;
use std::sync::Arc;

/// A node in memory.
pub(crate) struct Node {
	pub client: Arc<Client>,
	pub queue: Arc<Queue>,
	pub served: Arc<Served>,
	pub methods: RpcModule<()>,
}

impl Node {
	/// Starts a node on a chain with this content.
	pub(crate) fn new(world: World) -> Self {
		let client = Arc::new(Client::new(world));
		let (queue, served) = (Arc::new(Queue::default()), Arc::<Served>::default());
		let deps = Deps {
			client: client.clone(),
			queue: queue.clone(),
			contents: queue.clone(),
			served: served.clone(),
			submissions: queue.clone(),
			finality: Arc::new(Proofs(client.clone())),
		};
		let methods = methods::<Block, Client>(deps).expect("the methods have different names");
		Self { client, queue, served, methods }
	}

	/// Calls a method.
	pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value, RpcError> {
		self.methods.call(method, array(&params)).await.map_err(RpcError::from)
	}

	/// Calls a method that succeeds.
	pub(crate) async fn ok(&self, method: &str, params: Value) -> Value {
		self.call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error:?}"))
	}

	/// Calls a method that fails, and returns the code.
	pub(crate) async fn code(&self, method: &str, params: Value) -> i32 {
		match self.call(method, params).await {
			Ok(answer) => panic!("{method} returns {answer}"),
			Err(error) => error.code,
		}
	}

	/// Subscribes.
	pub(crate) async fn subscribe(
		&self,
		method: &str,
		params: Value,
	) -> Result<Subscription, RpcError> {
		self.methods.subscribe_unbounded(method, array(&params)).await.map_err(RpcError::from)
	}

	/// Finalizes blocks up to `number`, and wakes subscriptions.
	pub(crate) fn finalize(&self, number: u32) {
		let before = self.client.read(|world| world.finalized);
		self.client.write(|world| {
			world.finalized = number;
			world.best = world.best.max(number);
		});
		let blocks = (before + 1..=number).map(hash).collect::<Vec<_>>();
		self.served.watcher.on_finalized(number, &blocks, &*self.client);
	}

	/// Returns a token of the test account for these parameters, good for `blocks` more blocks.
	pub(crate) fn token(
		&self,
		method: &str,
		parameters: &impl codec::Encode,
		blocks: u32,
	) -> AccessToken {
		let finalized = self.client.read(|world| world.finalized);
		token(method, parameters, finalized + blocks)
	}
}

fn array(params: &Value) -> ArrayParams {
	let mut array = ArrayParams::new();
	for param in params.as_array().expect("parameters are an array") {
		array.insert(param).expect("JSON serializes");
	}
	array
}

/// An error as a caller gets it.
#[derive(Debug)]
pub(crate) struct RpcError {
	pub code: i32,
	pub message: String,
	pub data: Value,
}

impl From<MethodsError> for RpcError {
	fn from(error: MethodsError) -> Self {
		let MethodsError::JsonRpc(error) = error else { panic!("{error}") };
		let data = error.data().map(|data| data.get());
		Self {
			code: error.code(),
			message: error.message().into(),
			data: data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default(),
		}
	}
}

/// Returns the next event of a subscription.
pub(crate) async fn next(subscription: &mut Subscription) -> Value {
	let event = subscription.next::<Value>().await.expect("the subscription goes on");
	event.expect("an event is JSON").0
}
