//! Prometheus metrics for operators: `docs/operate.md` lists them, `deploy/monitoring` has alerts and a dashboard.

use crate::{client::FullClient, pool::FairPool};
use credio_primitives::{BlockNumber, limits};
use credio_rpc::Served;
use credio_runtime::opaque::Block;
use futures::StreamExt;
use pallet_support::apis::{MonitoringApi, OrganizationsApi, RequestsApi, ValidatorsApi};
use sc_client_api::{BlockBackend, BlockchainEvents};
use sc_transaction_pool_api::TransactionPool;
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_core::H256;
use std::{
	sync::Arc,
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use substrate_prometheus_endpoint::{
	Counter, CounterVec, F64, Gauge, GaugeVec, Histogram, HistogramOpts, Opts, PrometheusError,
	Registry, U64, register,
};

/// Finalized blocks between two updates of slow metrics: quotas, grants, validators.
const SLOW_PERIOD: BlockNumber = 10;
/// Most organizations with metrics.
const MAX_ORGANIZATIONS: usize = 1_000;
/// Most grants that are counted.
const MAX_GRANTS: u32 = 10_000;
/// An hour on the chain's clock, in milliseconds.
const HOUR: credio_primitives::Moment = 60 * 60 * 1_000;
/// Upper bounds of the buckets of times to final, in seconds.
const SECONDS: [f64; 12] = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 30.0, 120.0];

struct Metrics {
	requests: CounterVec<U64>,
	entries: Counter<U64>,
	request_seconds: Histogram,
	block_seconds: Histogram,
	fetches: CounterVec<U64>,
	pool: GaugeVec<U64>,
	pool_fill: Gauge<F64>,
	pool_refused: Counter<U64>,
	pool_overrun: Counter<U64>,
	backlog: GaugeVec<U64>,
	quota: GaugeVec<F64>,
	expiring: GaugeVec<U64>,
	validators: GaugeVec<U64>,
	subscriptions: Gauge<U64>,
}

impl Metrics {
	fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let counter = |name: &str, help: &str| {
			register(Counter::new(format!("credio_{name}"), help)?, registry)
		};
		let counters = |name: &str, help: &str, label: &str| {
			register(
				CounterVec::new(Opts::new(format!("credio_{name}"), help), &[label])?,
				registry,
			)
		};
		let gauges = |name: &str, help: &str, label: &str| {
			register(GaugeVec::new(Opts::new(format!("credio_{name}"), help), &[label])?, registry)
		};
		let histogram = |name: &str, help: &str| {
			let options = HistogramOpts::new(format!("credio_{name}"), help);
			register(Histogram::with_opts(options.buckets(SECONDS.into()))?, registry)
		};
		let metrics = Self {
			requests: counters(
				"requests_total",
				"Requests by outcome: applied and rejected in finalized blocks, expired among those that this node accepted",
				"outcome",
			)?,
			entries: counter("entries_total", "Entries appended to streams in finalized blocks")?,
			request_seconds: histogram(
				"request_time_to_final_seconds",
				"From the acceptance of a transaction into this node's pool to its finality",
			)?,
			block_seconds: histogram(
				"block_time_to_final_seconds",
				"From the time of a block to its finality",
			)?,
			fetches: counters(
				"fetches_total",
				"Fetches of records at this node, by outcome: served or denied",
				"outcome",
			)?,
			pool: gauges(
				"pool_transactions",
				"Transactions in the pool, ready or waiting",
				"state",
			)?,
			pool_fill: register(
				Gauge::new("credio_pool_fill_ratio", "How full the pool is, from 0 to 1")?,
				registry,
			)?,
			pool_refused: counter(
				"pool_refused_total",
				"Transactions refused for lack of room in the pool",
			)?,
			pool_overrun: counter(
				"pool_overrun_total",
				"Transactions that the SDK's pool dropped at its own bounds; should stay 0",
			)?,
			backlog: gauges(
				"lane_backlog",
				"Requests in the pool that wait for an earlier position of their lane",
				"organization",
			)?,
			quota: register(
				GaugeVec::new(
					Opts::new(
						"credio_quota_used_ratio",
						"Used part of an organization's quota in this window",
					),
					&["organization", "resource"],
				)?,
				registry,
			)?,
			expiring: gauges("grants_expiring", "Grants that end within this time", "within")?,
			validators: gauges(
				"validators",
				"Validators by state: active, or disabled for an offence",
				"state",
			)?,
			subscriptions: register(
				Gauge::new(
					"credio_subscriptions",
					"Streams and requests that clients follow at this node",
				)?,
				registry,
			)?,
		};
		// A counter without events is 0, not missing.
		for outcome in ["applied", "rejected", "expired"] {
			metrics.requests.with_label_values(&[outcome]);
		}
		for outcome in ["served", "denied"] {
			metrics.fetches.with_label_values(&[outcome]);
		}
		Ok(metrics)
	}
}

/// The sources of the metrics.
pub(crate) struct Sources {
	pub client: Arc<FullClient>,
	pub pool: Arc<FairPool>,
	pub served: Arc<Served>,
}

impl Sources {
	/// Registers the metrics, and returns the task that updates them at every finalized block.
	///
	/// # Errors
	///
	/// If a metric is registered already.
	pub(crate) fn watch(
		self,
		registry: &Registry,
	) -> Result<impl std::future::Future<Output = ()> + use<>, PrometheusError> {
		let metrics = Metrics::register(registry)?;
		let mut finalized = self.client.finality_notification_stream();
		Ok(async move {
			while let Some(notification) = finalized.next().await {
				let number = notification.header.number;
				for hash in notification.tree_route.iter().chain(&[notification.hash]) {
					if let Err(error) = self.count_block(&metrics, *hash) {
						log::debug!(target: "credio-metrics", "block {hash:?}: {error}");
					}
				}
				if let Err(error) = self.update(&metrics, notification.hash, number) {
					log::debug!(target: "credio-metrics", "block {number}: {error}");
				}
			}
		})
	}

	/// Counts the activity in a finalized block.
	fn count_block(&self, metrics: &Metrics, hash: H256) -> Result<(), sp_blockchain::Error> {
		for extrinsic in self.client.block_body(hash)?.unwrap_or_default() {
			let extrinsic = Arc::new(extrinsic);
			if let Some(time) = self.pool.arrivals().finish(&self.pool.hash_of(&extrinsic)) {
				metrics.request_seconds.observe(time.as_secs_f64());
			}
		}
		let api = self.client.runtime_api();
		// An older runtime lacks this API.
		if !api.has_api::<dyn MonitoringApi<Block>>(hash)? {
			return Ok(());
		}
		let activity = api.activity(hash)?;
		metrics.requests.with_label_values(&["applied"]).inc_by(activity.applied.into());
		metrics.requests.with_label_values(&["rejected"]).inc_by(activity.rejected.into());
		metrics.entries.inc_by(activity.entries.into());
		let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
		let time = now.saturating_sub(Duration::from_millis(activity.time));
		metrics.block_seconds.observe(time.as_secs_f64());
		Ok(())
	}

	/// Updates all gauges, and the counters of this node.
	fn update(
		&self,
		metrics: &Metrics,
		hash: H256,
		number: BlockNumber,
	) -> Result<(), sp_blockchain::Error> {
		let status = self.pool.status();
		metrics.pool.with_label_values(&["ready"]).set(status.ready as u64);
		metrics.pool.with_label_values(&["waiting"]).set(status.future as u64);
		metrics.pool_fill.set(self.pool.fill());
		let refused = self.pool.refused_count();
		metrics.pool_refused.inc_by(refused.saturating_sub(metrics.pool_refused.get()));
		let overrun = self.pool.overrun_count();
		metrics.pool_overrun.inc_by(overrun.saturating_sub(metrics.pool_overrun.get()));
		for (outcome, count) in self.served.fetches() {
			let counter = metrics.fetches.with_label_values(&[outcome]);
			counter.inc_by(count.saturating_sub(counter.get()));
		}
		metrics.subscriptions.set(self.served.watcher.subscriptions() as u64);
		let api = self.client.runtime_api();
		for (organization, key) in self.served.take_expired(number) {
			if api.receipt(hash, organization, key)?.is_none() {
				metrics.requests.with_label_values(&["expired"]).inc();
			}
		}
		if number.is_multiple_of(SLOW_PERIOD) {
			self.update_slow(metrics, hash)?;
		}
		Ok(())
	}

	/// Updates the gauges of values that change slowly.
	fn update_slow(&self, metrics: &Metrics, hash: H256) -> Result<(), sp_blockchain::Error> {
		let api = self.client.runtime_api();
		let mut organizations = Vec::new();
		while organizations.len() < MAX_ORGANIZATIONS {
			let from = u32::try_from(organizations.len()).unwrap_or(u32::MAX);
			let page = api.organizations(hash, from, limits::MAX_PAGE_SIZE)?;
			if page.is_empty() {
				break;
			}
			organizations.extend(page);
		}
		let mut backlog = self.pool.backlog();
		for organization in organizations {
			let name = String::from_utf8_lossy(&organization.organization.name).into_owned();
			let waiting = backlog.remove(&organization.id).unwrap_or_default();
			metrics.backlog.with_label_values(&[&name]).set(waiting);
			let Some(info) = api.quota(hash, organization.id)? else { continue };
			let ratio = |used: u64, of: u64| used as f64 / of.max(1) as f64;
			for (resource, used, of) in [
				("bytes", info.used.bytes, info.quota.bytes),
				("weight", info.used.ref_time, info.quota.ref_time),
			] {
				metrics.quota.with_label_values(&[&name, resource]).set(ratio(used, of));
			}
		}
		if !api.has_api::<dyn MonitoringApi<Block>>(hash)? {
			return Ok(());
		}
		for (within, time) in [("hour", HOUR), ("day", 24 * HOUR), ("week", 7 * 24 * HOUR)] {
			let count = api.expiring_grants(hash, time, MAX_GRANTS)?;
			metrics.expiring.with_label_values(&[within]).set(count.into());
		}
		let validators = api.validators(hash)?;
		let count = |matches: fn(&credio_primitives::ValidatorState) -> bool| {
			validators.iter().filter(|validator| matches(validator)).count() as u64
		};
		metrics.validators.with_label_values(&["active"]).set(count(|one| one.active));
		metrics.validators.with_label_values(&["disabled"]).set(count(|one| one.offence.is_some()));
		Ok(())
	}
}
