//! JSON-RPC of an index: searching it from other programs.
//!
//! It answers plaintext. It listens on loopback addresses only, unless callers have to show a token.

mod guard;

pub use guard::{BadToken, Token};

use crate::store::{Aggregate, Aggregated, Page, Query, Store, StoreError, Unfit, DEFAULT_LIMIT};
use credio_primitives::{error_codes as codes, RecordId};
use guard::Guard;
use jsonrpsee::{
	core::{async_trait, SubscriptionResult},
	proc_macros::rpc,
	server::{PendingSubscriptionSink, Server as RpcServer, ServerHandle, SubscriptionMessage},
	types::ErrorObjectOwned,
};
use serde::{Deserialize, Serialize};
use std::{io, net::SocketAddr};

/// Most connections at a time.
const MAX_CONNECTIONS: u32 = 100;
/// Most subscriptions of a connection.
const MAX_SUBSCRIPTIONS: u32 = 16;
/// Messages that wait for a slow reader, who is waited for after that.
const MESSAGE_BUFFER: u32 = 8;
/// Longest request, in bytes.
const MAX_REQUEST_SIZE: u32 = 64 * 1024;

/// A server. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
	address: SocketAddr,
	handle: ServerHandle,
}

impl Server {
	/// Answers at an address, by the rows of a store.
	///
	/// Errors: an address that others can reach without a token, or that cannot be listened on.
	pub async fn start(
		address: SocketAddr,
		token: Option<Token>,
		store: Store,
	) -> io::Result<Self> {
		if token.is_none() && !address.ip().is_loopback() {
			let error = "others can reach this address, and the index is plaintext: give a token \
				(--token-file), or listen on 127.0.0.1";
			return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
		}
		let server = RpcServer::builder()
			.max_connections(MAX_CONNECTIONS)
			.max_request_body_size(MAX_REQUEST_SIZE)
			.max_subscriptions_per_connection(MAX_SUBSCRIPTIONS)
			.set_message_buffer_capacity(MESSAGE_BUFFER)
			.set_http_middleware(tower::ServiceBuilder::new().layer(Guard::new(token)))
			.build(address)
			.await?;
		let address = server.local_addr()?;
		Ok(Self { address, handle: server.start(Methods(store).into_rpc()) })
	}

	/// Where it answers.
	pub fn address(&self) -> SocketAddr {
		self.address
	}
}

impl Drop for Server {
	fn drop(&mut self) {
		// It has stopped already otherwise.
		let _ = self.handle.stop();
	}
}

/// What to search for, as callers write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct QueryJson {
	/// A filter; all rows without one.
	pub filter: Option<String>,
	/// Columns to sort by, such as `-issueDate`.
	pub sort: Vec<String>,
	/// Most rows.
	pub limit: Option<u32>,
	/// `next` of the page before.
	pub after: Option<String>,
	/// Rows that are not final yet, too.
	pub live: bool,
	/// Rows that later ones have replaced, too.
	pub history: bool,
}

/// What to compute, as callers write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AggregateJson {
	/// A filter; all rows without one.
	pub filter: Option<String>,
	/// Such as `count` and `sum(amount)`.
	pub functions: Vec<String>,
	/// Such as `currency` and `month(issueDate)`.
	pub by: Vec<String>,
	/// Rows that are not final yet, too.
	pub live: bool,
	/// Rows that later ones have replaced, too.
	pub history: bool,
}

/// Which changes of a view to tell.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChangesJson {
	/// Rows that fit this filter; all without one.
	pub filter: Option<String>,
	/// `cursor` of the last message that was dealt with; without it, all rows come first.
	pub after: Option<String>,
}

/// A view, as callers are told of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewJson {
	name: String,
	/// Whether it can be searched.
	ready: bool,
	/// Whether a new definition is being built.
	building: bool,
	columns: Vec<String>,
}

#[rpc(server)]
trait IndexApi {
	/// The views.
	#[method(name = "credio_v1_views")]
	async fn views(&self) -> Result<Vec<ViewJson>, ErrorObjectOwned>;

	/// Rows of a view.
	#[method(name = "credio_v1_search")]
	async fn search(
		&self,
		view: String,
		query: Option<QueryJson>,
	) -> Result<Page, ErrorObjectOwned>;

	/// Counts, sums, averages and extremes of a view.
	#[method(name = "credio_v1_aggregate")]
	async fn aggregate(
		&self,
		view: String,
		aggregate: AggregateJson,
	) -> Result<Aggregated, ErrorObjectOwned>;

	/// Tells the rows of a view, and whatever changes in them. It can be resumed, so that nothing is missed.
	#[subscription(
		name = "credio_v1_subscribeRows" => "credio_v1_rows",
		unsubscribe = "credio_v1_unsubscribeRows",
		item = crate::store::Changes
	)]
	async fn subscribe_rows(
		&self,
		view: String,
		options: Option<ChangesJson>,
	) -> SubscriptionResult;

	/// Documents that do not fit a view.
	#[method(name = "credio_v1_unfit")]
	async fn unfit(
		&self,
		view: String,
		after: Option<RecordId>,
		limit: Option<u32>,
	) -> Result<Vec<Unfit>, ErrorObjectOwned>;
}

struct Methods(Store);

/// What is the caller's, in words; what is ours without, since it is nobody else's business.
fn refusal(error: StoreError) -> ErrorObjectOwned {
	let code = match &error {
		StoreError::UnknownView { .. } => codes::NOT_FOUND,
		StoreError::Building(_)
		| StoreError::Filter(_)
		| StoreError::UnknownColumn { .. }
		| StoreError::Query(_)
		| StoreError::CursorGone
		| StoreError::Replaced
		| StoreError::BadCursor => codes::INVALID_PARAMETERS,
		_ => {
			let text = "the index could not answer: its operator finds out why in its output";
			eprintln!("credio: {error}");
			return ErrorObjectOwned::owned(codes::INTERNAL, text, None::<()>);
		},
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}

#[async_trait]
impl IndexApiServer for Methods {
	async fn views(&self) -> Result<Vec<ViewJson>, ErrorObjectOwned> {
		let views = self.0.views().await.map_err(refusal)?;
		let told = views.into_iter().map(|state| ViewJson {
			name: state.view.name.clone(),
			ready: state.is_ready,
			building: state.is_building,
			columns: state.view.columns.iter().map(|column| column.name.clone()).collect(),
		});
		Ok(told.collect())
	}

	async fn search(
		&self,
		view: String,
		query: Option<QueryJson>,
	) -> Result<Page, ErrorObjectOwned> {
		let QueryJson { filter, sort, limit, after, live, history } = query.unwrap_or_default();
		let sort = sort.iter().filter_map(|key| key.parse().ok()).collect();
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		let query = Query { filter, sort, limit, after, live, history };
		self.0.search(&view, &query).await.map_err(refusal)
	}

	async fn aggregate(
		&self,
		view: String,
		aggregate: AggregateJson,
	) -> Result<Aggregated, ErrorObjectOwned> {
		let AggregateJson { filter, functions, by, live, history } = aggregate;
		let aggregate = Aggregate { filter, functions, by, live, history };
		self.0.aggregate(&view, &aggregate).await.map_err(refusal)
	}

	async fn subscribe_rows(
		&self,
		pending: PendingSubscriptionSink,
		view: String,
		options: Option<ChangesJson>,
	) -> SubscriptionResult {
		let ChangesJson { filter, mut after } = options.unwrap_or_default();
		let Some(mut written) = self.0.changed() else {
			let text = "this server does not hear of changes: subscribe where the index is kept up to date";
			let error = ErrorObjectOwned::owned(codes::INVALID_PARAMETERS, text, None::<()>);
			pending.reject(error).await;
			return Ok(());
		};
		// What cannot be asked for is refused before anything is told.
		let mut changes = match self.0.changes(&view, filter.as_deref(), after.as_deref()).await {
			Ok(changes) => changes,
			Err(error) => {
				pending.reject(refusal(error)).await;
				return Ok(());
			},
		};
		let sink = pending.accept().await?;
		let mut is_first = true;
		loop {
			let is_last = changes.is_last;
			after = Some(changes.cursor.clone());
			// The end of what was there already is told, whether or not there was anything.
			if !changes.changes.is_empty() || (is_first && is_last) {
				sink.send(SubscriptionMessage::from_json(&changes)?).await?;
			}
			if is_last {
				is_first = false;
				tokio::select! {
					wrote = written.changed() => wrote?,
					() = sink.closed() => return Ok(()),
				}
			}
			// An error, such as a view that is defined anew, ends the subscription and is told with the end.
			changes = self
				.0
				.changes(&view, filter.as_deref(), after.as_deref())
				.await
				.map_err(|error| refusal(error).message().to_owned())?;
		}
	}

	async fn unfit(
		&self,
		view: String,
		after: Option<RecordId>,
		limit: Option<u32>,
	) -> Result<Vec<Unfit>, ErrorObjectOwned> {
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		self.0.unfit(&view, after, limit).await.map_err(refusal)
	}
}
