//! Computes the rows of documents, on separate threads, where a slow document delays nothing else.

use super::statement::Argument;
use credio_database::Backend;
use credio_primitives::StreamId;
use credio_view::{
	document::{self, Reason},
	value::Value,
	view::View,
	words,
};
use futures::{Stream, StreamExt, stream};
use sha2::{Digest as _, Sha256};
use std::{
	panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
	sync::{Arc, LazyLock},
	thread::available_parallelism,
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Documents and bytes that one thread gets at a time.
const DOCUMENTS_AT_ONCE: usize = 16;
const BYTES_AT_ONCE: usize = 128 * 1024;
/// Longest reason that is stored, in characters.
const MAX_REASON_LENGTH: usize = 1_024;

/// Limits the threads that read documents, over all indexes of a process.
static READERS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(threads()));

fn threads() -> usize {
	available_parallelism().map_or(1, Into::into)
}

/// A document and a view to compute its rows in.
#[derive(Clone)]
pub(super) struct Job {
	/// Number of the generation among the written ones.
	pub target: usize,
	pub view: Arc<View>,
	pub stream: StreamId,
	pub place: i64,
	pub is_final: bool,
	pub superseded: i64,
	pub media_type: Arc<str>,
	pub document: Arc<[u8]>,
}

/// The result of reading a document in a view.
#[derive(Debug)]
pub(super) enum Made {
	Rows(Vec<MadeRow>),
	/// It does not fit, for this reason.
	Unfit(String),
}

/// A row to be written.
#[derive(Debug)]
pub(super) struct MadeRow {
	/// Digest of its key, if it has one.
	pub key: Option<Vec<u8>>,
	pub values: Vec<Argument>,
	/// Words for full text, in the form of the database.
	pub words: Option<String>,
}

/// Computes the rows of documents, in their order. Runs at most as many jobs ahead as there are threads.
pub(super) fn make(
	jobs: Vec<Job>,
	backend: Backend,
) -> impl Stream<Item = Vec<(Job, Made)>> + Send {
	let work = move |jobs: Vec<Job>| async move {
		// The semaphore is never closed; without a permit the result would be the same.
		let _permit = READERS.acquire().await;
		let made = spawn_blocking(move || {
			let make = |job: Job| {
				let made = compute(&job, backend);
				(job, made)
			};
			jobs.into_iter().map(make).collect::<Vec<_>>()
		});
		match made.await {
			Ok(made) => made,
			Err(error) => match error.try_into_panic() {
				Ok(panic) => resume_unwind(panic),
				// The process ends.
				Err(_) => Vec::new(),
			},
		}
	};
	stream::iter(portions(jobs)).map(work).buffered(threads())
}

/// Splits jobs into portions, one for a thread at a time.
fn portions(jobs: Vec<Job>) -> Vec<Vec<Job>> {
	let mut portions: Vec<Vec<Job>> = Vec::new();
	let mut bytes = 0_usize;
	for job in jobs {
		bytes = bytes.saturating_add(job.document.len());
		match portions.last_mut() {
			Some(last) if last.len() < DOCUMENTS_AT_ONCE && bytes <= BYTES_AT_ONCE => {
				last.push(job)
			},
			_ => {
				bytes = job.document.len();
				portions.push(vec![job]);
			},
		}
	}
	portions
}

fn compute(job: &Job, backend: Backend) -> Made {
	// A bug in reading one document must not stop the others.
	let read = catch_unwind(AssertUnwindSafe(|| {
		document::rows(&job.view, &job.media_type, &job.document)
	}));
	let rows = match read {
		Ok(Ok(rows)) => rows.unwrap_or_default(),
		Ok(Err(reason)) => return Made::Unfit(bounded(&reason)),
		Err(_) => {
			return Made::Unfit("this software fails to read it: report this as a bug".into());
		},
	};
	Made::Rows(rows.iter().map(|values| row(job, backend, values)).collect())
}

fn bounded(reason: &Reason) -> String {
	reason.to_string().chars().take(MAX_REASON_LENGTH).collect()
}

fn row(job: &Job, backend: Backend, values: &[Option<Value>]) -> MadeRow {
	let view = &job.view;
	let columns = view.columns.iter().zip(values);
	let texts = view.full_text.iter().filter_map(|column| match values.get(*column) {
		Some(Some(Value::Text(text))) => Some(text.as_str()),
		_ => None,
	});
	let texts: Vec<&str> = texts.collect();
	MadeRow {
		key: key(view, job.stream, values),
		values: columns.map(|(column, value)| Argument::of(column.ty, value.as_ref())).collect(),
		words: match backend {
			Backend::Postgres => words::for_postgres(&texts),
			Backend::Sqlite => words::for_sqlite(&texts),
		},
	}
}

/// Returns the digest of a key's values within a stream; `None` if the view has no key, or the row lacks a value of it:
/// two documents without a tax id are not of one seller.
fn key(view: &View, stream: StreamId, values: &[Option<Value>]) -> Option<Vec<u8>> {
	if view.key.is_empty() {
		return None;
	}
	let mut digest = Sha256::new().chain_update(stream.0);
	for column in &view.key {
		let text = values.get(*column).and_then(Option::as_ref)?.to_string();
		// The length separates values, so that different keys never have the same digest.
		digest.update((text.len() as u64).to_le_bytes());
		digest.update(text);
	}
	Some(digest.finalize()[..16].to_vec())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn job(place: i64, document: &str) -> Job {
		let toml = "name = \"v\"\nstream = \"*\"\nformat = \"json\"\n[[columns]]\nname = \"a\"\npath = \"$.a\"\ntype = \"text\"";
		Job {
			target: 0,
			view: Arc::new(View::parse(toml).unwrap()),
			stream: StreamId([1; 32]),
			place,
			is_final: true,
			superseded: 0,
			media_type: "application/json".into(),
			document: document.as_bytes().into(),
		}
	}

	#[test]
	fn portions_are_bounded_and_complete() {
		let large = "x".repeat(BYTES_AT_ONCE / 2 + 1);
		let jobs = (0..40).map(|place| job(place, "{}")).chain((40..44).map(|n| job(n, &large)));
		let portions = portions(jobs.collect());
		assert!(portions.iter().all(|portion| portion.len() <= DOCUMENTS_AT_ONCE));
		let sizes: Vec<_> = portions.iter().map(Vec::len).collect();
		assert_eq!(sizes, [16, 16, 9, 1, 1, 1]);
		let places: Vec<_> = portions.iter().flatten().map(|job| job.place).collect();
		assert_eq!(places, (0..44).collect::<Vec<_>>());
	}

	#[tokio::test]
	async fn rows_keep_the_order_of_documents() {
		let jobs = (0..100).map(|n| job(n, if n % 7 == 0 { "no" } else { "{\"a\":\"x\"}" }));
		let made: Vec<_> = make(jobs.collect(), Backend::Sqlite).concat().await;
		assert_eq!(made.len(), 100);
		for (n, (job, made)) in (0..).zip(&made) {
			assert_eq!(job.place, n);
			assert_eq!(matches!(made, Made::Unfit(_)), n % 7 == 0, "{made:?}");
		}
	}
}
