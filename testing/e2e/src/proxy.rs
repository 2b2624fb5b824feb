//! A proxy between a client and a node that changes what the node says: what a lying node, or somebody on the line, could
//! do.
//!
//! It passes JSON-RPC over WebSocket on, one connection to the node for each of the client's, and hands every answer and
//! every notification of a subscription to a [`Lie`] before the client sees it. A lie is any function, so it can be made
//! from a method's entry in the OpenRPC document as well as by hand.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use std::{
	collections::HashMap,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex, PoisonError,
	},
};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::RwLock,
	task::JoinHandle,
};
use tokio_tungstenite::{accept_async, connect_async, tungstenite::Message};

/// What a node says to a client.
#[derive(Debug)]
pub struct Said<'a> {
	/// The method that was called, or the one that opened the subscription.
	pub method: &'a str,
	/// What it was called with.
	pub params: &'a Value,
	/// The result, or what the subscription tells; null for an error.
	pub result: &'a mut Value,
	/// The error, if it is one: with this the result is nothing.
	pub error: &'a mut Option<Value>,
	/// Whether it is from a subscription.
	pub is_notification: bool,
}

/// Changes what a node says; returns whether it did.
pub type Lie = Arc<dyn Fn(&mut Said<'_>) -> bool + Send + Sync>;

/// What a node has answered, as it was before any lie.
#[derive(Clone, Debug)]
pub struct Answer {
	/// The method that was called, or the one that opened the subscription.
	pub method: String,
	/// What it was called with.
	pub params: Value,
	/// The result, or what the subscription told.
	pub result: Value,
	/// Whether it is from a subscription.
	pub is_notification: bool,
}

/// What went over a proxy since it was last taken.
#[derive(Debug, Default)]
pub struct Journal {
	/// All that the client has said, as it was sent.
	pub asked: Vec<String>,
	/// All that the node has answered but errors, if that is wanted.
	pub answers: Vec<Answer>,
	/// Whether answers are wanted.
	keeps_answers: bool,
}

/// What the connections of a proxy share.
#[derive(Clone, Default)]
struct Shared {
	lie: Arc<RwLock<Option<Lie>>>,
	told: Arc<AtomicUsize>,
	extrinsics: Arc<AtomicUsize>,
	journal: Arc<Mutex<Journal>>,
}

impl Shared {
	fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
		self.journal.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// A proxy that ends when it is dropped.
pub struct LyingProxy {
	port: u16,
	shared: Shared,
	task: JoinHandle<()>,
}

impl LyingProxy {
	/// Starts to listen before a node. It tells the truth at first.
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

	/// Its WebSocket address.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}

	/// Lies like this from now on.
	pub async fn tell(&self, lie: impl Fn(&mut Said<'_>) -> bool + Send + Sync + 'static) {
		*self.shared.lie.write().await = Some(Arc::new(lie));
	}

	/// Keeps what the node answers from now on, or no longer.
	pub fn keep_answers(&self, keeps: bool) {
		self.shared.journal().keeps_answers = keeps;
	}

	/// What went over it since this was last called.
	pub fn take_journal(&self) -> Journal {
		let mut journal = self.shared.journal();
		let keeps_answers = journal.keeps_answers;
		std::mem::replace(&mut *journal, Journal { keeps_answers, ..Journal::default() })
	}

	/// Returns how many extrinsics clients have handed over until now.
	pub fn extrinsics(&self) -> usize {
		self.shared.extrinsics.load(Ordering::SeqCst)
	}

	/// Tells the truth from now on, and returns how many lies it has told until now.
	pub async fn be_honest(&self) -> usize {
		*self.shared.lie.write().await = None;
		self.shared.told.swap(0, Ordering::SeqCst)
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
				if let Some(said) = text(&message) {
					shared.journal().asked.push(said.to_owned());
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
							Value::Array(answers) => answers.iter_mut().for_each(|answer| {
								lies += change(answer, &mut calls, &mut subscriptions, lie.as_ref(), &shared);
							}),
							answer => lies += change(answer, &mut calls, &mut subscriptions, lie.as_ref(), &shared),
						}
						shared.told.fetch_add(lies, Ordering::SeqCst);
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

/// One call, or each of a batch.
fn each(calls: &Value) -> impl Iterator<Item = &Value> {
	match calls {
		Value::Array(calls) => calls.as_slice(),
		call => std::slice::from_ref(call),
	}
	.iter()
}

/// Lets the lie change one answer or notification; returns how many it has changed.
fn change(
	answer: &mut Value,
	calls: &mut Calls,
	subscriptions: &mut Calls,
	lie: Option<&Lie>,
	shared: &Shared,
) -> usize {
	let is_notification = answer.get("method").is_some();
	let call = match is_notification {
		true => subscriptions.get(&answer["params"]["subscription"].to_string()).cloned(),
		false => calls.remove(&answer["id"].to_string()),
	};
	let Some((method, params)) = call else { return 0 };
	if !is_notification && answer["result"].is_string() && opens_subscription(&method) {
		subscriptions.insert(answer["result"].to_string(), (method, params));
		return 0;
	}
	let told = if is_notification { &answer["params"]["result"] } else { &answer["result"] };
	{
		let mut journal = shared.journal();
		if journal.keeps_answers && answer.get("error").is_none() {
			let (method, params, result) = (method.clone(), params.clone(), told.clone());
			journal.answers.push(Answer { method, params, result, is_notification });
		}
	}
	let Some(lie) = lie else { return 0 };
	let place =
		if is_notification { &mut answer["params"]["result"] } else { &mut answer["result"] };
	let mut result = place.take();
	let mut error = answer.get("error").cloned();
	let (method, params) = (method.as_str(), &params);
	let (result_of, error_of) = (&mut result, &mut error);
	let said = &mut Said { method, params, result: result_of, error: error_of, is_notification };
	let lies = lie(said);
	if is_notification {
		answer["params"]["result"] = result;
	} else if let Some(fields) = answer.as_object_mut() {
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
