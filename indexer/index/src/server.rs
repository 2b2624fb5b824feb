//! JSON-RPC server of an index.
//!
//! Responses are plaintext. At an address callers have to show a token, also on this machine. On a Unix socket they
//! need none, since only its owner can connect.

mod guard;
mod listen;

pub use guard::{BadToken, Token};
pub use listen::Address;

use crate::store::{
	Aggregate, Aggregated, DEFAULT_LIMIT, Page, Query, ReplacedPage, Store, StoreError, Unfit,
	Untaken,
};
use credio_primitives::{RecordId, error_codes as codes};
use credio_view::view::Role;
use guard::Guard;
use jsonrpsee::{
	core::{SubscriptionResult, async_trait},
	proc_macros::rpc,
	server::{PendingSubscriptionSink, ServerHandle, SubscriptionMessage},
	types::ErrorObjectOwned,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

/// How long a search or an aggregate may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Address of a server, and who may call it.
#[derive(Clone, Debug)]
pub struct ServerSettings {
	/// Where it listens.
	pub address: Address,
	/// Token that callers have to show; required at an address.
	pub token: Option<Token>,
	/// Host names that callers may use, beside `localhost` and numeric addresses: for example the name of a proxy.
	pub hosts: Vec<String>,
}

/// Receives internal failures of the server, as text.
pub type Notify = Arc<dyn Fn(&str) + Send + Sync>;

/// A server. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
	address: Address,
	handle: ServerHandle,
}

impl Server {
	/// Starts a server for the rows of a store.
	///
	/// # Errors
	///
	/// An address without a token, or one that cannot be listened on.
	pub async fn start(
		settings: ServerSettings,
		store: &Store,
		notify: Notify,
	) -> io::Result<Self> {
		let ServerSettings { address, token, hosts } = settings;
		if token.is_none() && matches!(address, Address::Tcp(_)) {
			let error = "any program of this machine can reach this address, and the index is plaintext: give a token \
				(--token-file), or listen on a Unix socket (unix:PATH)";
			return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
		}
		let guard = match &address {
			Address::Tcp(_) => Guard::new(token, Some(hosts)),
			Address::Unix(_) => Guard::new(token, None),
		};
		let store = store.with_time_limit(TIME_LIMIT).await.map_err(io::Error::other)?;
		let methods = Methods { store, notify }.into_rpc();
		let (address, handle) = listen::start(address, guard, methods.into()).await?;
		Ok(Self { address, handle })
	}

	/// Returns the address that it listens at.
	#[must_use]
	pub fn address(&self) -> &Address {
		&self.address
	}
}

impl Drop for Server {
	fn drop(&mut self) {
		// An error means that it has stopped already.
		let _ = self.handle.stop();
	}
}

/// A query, as callers write it.
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
	/// Replaced rows, too.
	pub history: bool,
}

/// An aggregate, as callers write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AggregateJson {
	/// A filter; all rows without one.
	pub filter: Option<String>,
	/// Such as `count` and `sum(amount)`.
	pub functions: Vec<String>,
	/// Such as `currency` and `month(issueDate)`.
	pub by: Vec<String>,
	/// Amounts of different currencies are not kept apart.
	pub across_currencies: bool,
	/// Rows that are not final yet, too.
	pub live: bool,
	/// Replaced rows, too.
	pub history: bool,
}

/// Which changes of a view to send.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChangesJson {
	/// Rows that fit this filter; all without one.
	pub filter: Option<String>,
	/// `cursor` of the last processed message; without it, all rows come first.
	pub after: Option<String>,
}

/// A view, as callers see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewJson {
	name: String,
	/// Whether it can be searched.
	ready: bool,
	/// Whether a new definition is being built.
	building: bool,
	columns: Vec<String>,
	/// Names of columns by their roles.
	roles: BTreeMap<Role, String>,
}

#[rpc(server)]
trait IndexApi {
	/// Lists the views.
	#[method(name = "credio_v1_views")]
	async fn views(&self) -> Result<Vec<ViewJson>, ErrorObjectOwned>;

	/// Rows of a view.
	#[method(name = "credio_v1_search")]
	async fn search(
		&self,
		view: String,
		query: Option<QueryJson>,
	) -> Result<Page, ErrorObjectOwned>;

	/// Computes counts, sums, averages, minima and maxima of a view.
	#[method(name = "credio_v1_aggregate")]
	async fn aggregate(
		&self,
		view: String,
		aggregate: AggregateJson,
	) -> Result<Aggregated, ErrorObjectOwned>;

	/// Sends the rows of a view, and then every change. It can be resumed without missing anything.
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

	/// Replaced rows whose amount, currency, seller or buyer changed.
	#[method(name = "credio_v1_replaced")]
	async fn replaced(
		&self,
		view: String,
		after: Option<String>,
		limit: Option<u32>,
	) -> Result<ReplacedPage, ErrorObjectOwned>;

	/// Documents that no view takes.
	#[method(name = "credio_v1_untaken")]
	async fn untaken(
		&self,
		after: Option<RecordId>,
		limit: Option<u32>,
	) -> Result<Vec<Untaken>, ErrorObjectOwned>;
}

struct Methods {
	store: Store,
	notify: Notify,
}

impl Methods {
	/// Returns the error for a caller: faults of the caller with their text, internal ones without.
	#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
	fn refusal(&self, error: StoreError) -> ErrorObjectOwned {
		let code = match &error {
			StoreError::UnknownView { .. } => codes::NOT_FOUND,
			StoreError::Building(_)
			| StoreError::Filter(_)
			| StoreError::UnknownColumn { .. }
			| StoreError::Query(_)
			| StoreError::CursorGone
			| StoreError::Replaced
			| StoreError::TooSlow
			| StoreError::BadCursor => codes::INVALID_PARAMETERS,
			StoreError::Busy => codes::SERVER_BUSY,
			_ => {
				let text = "the index failed: its operator finds the reason in its log";
				(self.notify)(&error.to_string());
				return ErrorObjectOwned::owned(codes::INTERNAL, text, None::<()>);
			},
		};
		ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
	}
}

#[async_trait]
impl IndexApiServer for Methods {
	async fn views(&self) -> Result<Vec<ViewJson>, ErrorObjectOwned> {
		let views = self.store.views().await.map_err(|error| self.refusal(error))?;
		let told = views.into_iter().map(|state| ViewJson {
			name: state.view.name.clone(),
			ready: state.is_ready,
			building: state.is_building,
			columns: state.view.columns.iter().map(|column| column.name.clone()).collect(),
			roles: state.view.roles().map(|(role, column)| (role, column.to_owned())).collect(),
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
		self.store.search(&view, &query).await.map_err(|error| self.refusal(error))
	}

	async fn aggregate(
		&self,
		view: String,
		aggregate: AggregateJson,
	) -> Result<Aggregated, ErrorObjectOwned> {
		let AggregateJson { filter, functions, by, across_currencies, live, history } = aggregate;
		let aggregate = Aggregate { filter, functions, by, across_currencies, live, history };
		self.store.aggregate(&view, &aggregate).await.map_err(|error| self.refusal(error))
	}

	async fn subscribe_rows(
		&self,
		pending: PendingSubscriptionSink,
		view: String,
		options: Option<ChangesJson>,
	) -> SubscriptionResult {
		let ChangesJson { filter, mut after } = options.unwrap_or_default();
		let Some(mut written) = self.store.changed() else {
			let text = "this server does not learn of changes: subscribe at the process that writes the index";
			let error = ErrorObjectOwned::owned(codes::INVALID_PARAMETERS, text, None::<()>);
			pending.reject(error).await;
			return Ok(());
		};
		// An invalid query is refused before the subscription is accepted.
		let mut changes = match self.store.changes(&view, filter.as_deref(), after.as_deref()).await
		{
			Ok(changes) => changes,
			Err(error) => {
				pending.reject(self.refusal(error)).await;
				return Ok(());
			},
		};
		let sink = pending.accept().await?;
		let mut is_first = true;
		loop {
			let is_last = changes.is_last;
			after = Some(changes.cursor.clone());
			// The end of the existing rows is always sent, even if there are none.
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
			// An error, such as a redefined view, ends the subscription and is sent with the end.
			changes = self
				.store
				.changes(&view, filter.as_deref(), after.as_deref())
				.await
				.map_err(|error| self.refusal(error).message().to_owned())?;
		}
	}

	async fn unfit(
		&self,
		view: String,
		after: Option<RecordId>,
		limit: Option<u32>,
	) -> Result<Vec<Unfit>, ErrorObjectOwned> {
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		self.store.unfit(&view, after, limit).await.map_err(|error| self.refusal(error))
	}

	async fn replaced(
		&self,
		view: String,
		after: Option<String>,
		limit: Option<u32>,
	) -> Result<ReplacedPage, ErrorObjectOwned> {
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		let found = self.store.replaced(&view, after.as_deref(), limit).await;
		found.map_err(|error| self.refusal(error))
	}

	async fn untaken(
		&self,
		after: Option<RecordId>,
		limit: Option<u32>,
	) -> Result<Vec<Untaken>, ErrorObjectOwned> {
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		self.store.untaken(after, limit).await.map_err(|error| self.refusal(error))
	}
}
