//! A proxy between a client and a node that changes replies, as a lying node or an attacker on the line could.
//!
//! It forwards JSON-RPC over WebSocket, with one connection to the node for each of the client's, and passes every reply and
//! notification to a [`Lie`] first. A lie is any function, so it can be generated from the OpenRPC document or written by
//! hand.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use std::{
	collections::HashMap,
	sync::{
		Arc, Mutex, PoisonError,
		atomic::{AtomicUsize, Ordering},
	},
};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::RwLock,
	task::JoinHandle,
};
use tokio_tungstenite::{accept_async, connect_async, tungstenite::Message};

/// A reply or notification of a node, which a lie can change.
#[derive(Debug)]
pub struct Reply<'a> {
	/// The called method, or the one that opened the subscription.
	pub method: &'a str,
	/// The parameters of the call.
	pub params: &'a Value,
	/// The result, or the notification's item; null for an error.
	pub result: &'a mut Value,
	/// The error. If set, the result is ignored.
	pub error: &'a mut Option<Value>,
	/// Whether it is from a subscription.
	pub is_notification: bool,
}

/// A function that may change a reply, and returns whether it did.
pub type Lie = Arc<dyn Fn(&mut Reply<'_>) -> bool + Send + Sync>;

/// An unchanged reply of a node.
#[derive(Clone, Debug)]
pub struct RecordedReply {
	/// The called method, or the one that opened the subscription.
	pub method: String,
	/// The parameters of the call.
	pub params: Value,
	/// The result, or the notification's item.
	pub result: Value,
	/// Whether it is from a subscription.
	pub is_notification: bool,
}

/// The messages over a proxy since the journal was last taken.
#[derive(Debug, Default)]
pub struct Journal {
	/// The client's messages.
	pub requests: Vec<String>,
	/// The node's replies except for errors, if they are recorded.
	pub replies: Vec<RecordedReply>,
	/// Whether replies are recorded.
	records_replies: bool,
}

/// State shared by the connections of a proxy.
#[derive(Clone, Default)]
struct Shared {
	lie: Arc<RwLock<Option<Lie>>>,
	reported: Arc<AtomicUsize>,
	extrinsics: Arc<AtomicUsize>,
	journal: Arc<Mutex<Journal>>,
}

impl Shared {
	fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
		self.journal.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// A proxy. It ends on drop.
pub struct LyingProxy {
	port: u16,
	shared: Shared,
	task: JoinHandle<()>,
}

impl LyingProxy {
	/// Starts a proxy before a node, without a lie.
	///
	/// # Panics
	///
	/// If it cannot listen.
	pub async fn before(node: &str) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
		let port = listener.local_addr().expect("it is bound").port();
		let shared = Shared::default();
		let (node, of_task) = (node.to_owned(), shared.clone());
		let task = tokio::spawn(async move {
			while let Ok((socket, _)) = listener.accept().await {
				tokio::spawn(pass_on(socket, node.clone(), of_task.clone()));
			}
		});
		Self { port, shared, task }
	}

	/// Returns its WebSocket address.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}

	/// Sets the lie.
	pub async fn tell(&self, lie: impl Fn(&mut Reply<'_>) -> bool + Send + Sync + 'static) {
		*self.shared.lie.write().await = Some(Arc::new(lie));
	}

	/// Starts or stops recording replies.
	pub fn record_replies(&self, keeps: bool) {
		self.shared.journal().records_replies = keeps;
	}

	/// Takes the journal, and starts a new one.
	pub fn take_journal(&self) -> Journal {
		let mut journal = self.shared.journal();
		let records_replies = journal.records_replies;
		std::mem::replace(&mut *journal, Journal { records_replies, ..Journal::default() })
	}

	/// Returns the number of extrinsics that clients have submitted.
	pub fn extrinsics(&self) -> usize {
		self.shared.extrinsics.load(Ordering::SeqCst)
	}

	/// Removes the lie, and returns the number of changed replies.
	pub async fn clear_lie(&self) -> usize {
		*self.shared.lie.write().await = None;
		self.shared.reported.swap(0, Ordering::SeqCst)
	}
}

impl Drop for LyingProxy {
	fn drop(&mut self) {
		self.task.abort();
	}
}

/// A call that was made, by its id, and the subscription that it has opened, by that one's.
type Calls = HashMap<String, (String, Value)>;

/// Serves one connection until either side ends it.
async fn pass_on(socket: TcpStream, node: String, shared: Shared) {
	let Ok(client) = accept_async(socket).await else { return };
	let Ok((node, _)) = connect_async(node).await else { return };
	let (mut to_client, mut from_client) = client.split();
	let (mut to_node, mut from_node) = node.split();
	let (mut calls, mut subscriptions) = (Calls::new(), Calls::new());
	loop {
		tokio::select! {
			asked = from_client.next() => {
				let Some(Ok(message)) = asked else { return };
				if let Some(request) = text(&message) {
					shared.journal().requests.push(request.to_owned());
				}
				if let Some(Ok(call)) = text(&message).map(serde_json::from_str::<Value>) {
					for call in each(&call) {
						let method = call["method"].as_str().unwrap_or_default().to_owned();
						let handed_over = usize::from(takes_extrinsic(&method));
						shared.extrinsics.fetch_add(handed_over, Ordering::SeqCst);
						calls.insert(call["id"].to_string(), (method, call["params"].clone()));
					}
				}
				if to_node.send(message).await.is_err() {
					return;
				}
			},
			said = from_node.next() => {
				let Some(Ok(message)) = said else { return };
				let lie = shared.lie.read().await.clone();
				let message = match text(&message).map(serde_json::from_str::<Value>) {
					Some(Ok(mut said)) => {
						let mut lies = 0;
						match &mut said {
							Value::Array(responses) => responses.iter_mut().for_each(|response| {
								lies += change(response, &mut calls, &mut subscriptions, lie.as_ref(), &shared);
							}),
							response => lies += change(response, &mut calls, &mut subscriptions, lie.as_ref(), &shared),
						}
						shared.reported.fetch_add(lies, Ordering::SeqCst);
						if lies > 0 { Message::text(said.to_string()) } else { message }
					},
					_ => message,
				};
				if to_client.send(message).await.is_err() {
					return;
				}
			},
		}
	}
}

fn text(message: &Message) -> Option<&str> {
	match message {
		Message::Text(text) => Some(text.as_str()),
		Message::Binary(bytes) => std::str::from_utf8(bytes).ok(),
		_ => None,
	}
}

/// Iterates over a call, or over those of a batch.
fn each(calls: &Value) -> impl Iterator<Item = &Value> {
	match calls {
		Value::Array(calls) => calls.as_slice(),
		call => std::slice::from_ref(call),
	}
	.iter()
}

/// Lets the lie change a reply or notification. Returns the number of changes.
fn change(
	response: &mut Value,
	calls: &mut Calls,
	subscriptions: &mut Calls,
	lie: Option<&Lie>,
	shared: &Shared,
) -> usize {
	let is_notification = response.get("method").is_some();
	let call = match is_notification {
		true => subscriptions.get(&response["params"]["subscription"].to_string()).cloned(),
		false => calls.remove(&response["id"].to_string()),
	};
	let Some((method, params)) = call else { return 0 };
	if !is_notification && response["result"].is_string() && opens_subscription(&method) {
		subscriptions.insert(response["result"].to_string(), (method, params));
		return 0;
	}
	let reported =
		if is_notification { &response["params"]["result"] } else { &response["result"] };
	{
		let mut journal = shared.journal();
		if journal.records_replies && response.get("error").is_none() {
			let (method, params, result) = (method.clone(), params.clone(), reported.clone());
			journal.replies.push(RecordedReply { method, params, result, is_notification });
		}
	}
	let Some(lie) = lie else { return 0 };
	let place =
		if is_notification { &mut response["params"]["result"] } else { &mut response["result"] };
	let mut result = place.take();
	let mut error = response.get("error").cloned();
	let (method, params) = (method.as_str(), &params);
	let (result_of, error_of) = (&mut result, &mut error);
	let said = &mut Reply { method, params, result: result_of, error: error_of, is_notification };
	let lies = lie(said);
	if is_notification {
		response["params"]["result"] = result;
	} else if let Some(fields) = response.as_object_mut() {
		let (name, value, other) = match error {
			Some(error) => ("error", error, "result"),
			None => ("result", result, "error"),
		};
		fields.insert(name.into(), value);
		fields.remove(other);
	}
	usize::from(lies)
}

fn takes_extrinsic(method: &str) -> bool {
	let methods = ["credio_v1_upload", "author_submit", "transaction_v1_broadcast"];
	methods.iter().any(|beginning| method.starts_with(beginning))
}

fn opens_subscription(method: &str) -> bool {
	method.contains("ubscribe") || method.contains("Watch") || method.ends_with("_follow")
}
