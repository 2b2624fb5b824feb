//! Reads, and Merkle anchors, which the client makes and follows by itself.

use super::{
	bench::Bench,
	document::{MEDIA_TYPE, document},
	figures::Figures,
	pace::Pace,
	plan::Plan,
	profile::Profile,
};
use credio_client::{
	Client, Error, Outcome, SubmitError, Upload,
	primitives::{RecordId, entry::EntryFilter},
};
use futures::future::try_join_all;
use std::time::Instant;

/// Most reads in flight.
const READS: u32 = 64;
/// Most Merkle anchors in flight.
const ANCHORS: u32 = 4;
/// Records that are fetched, in turn.
const RECORDS: u64 = 32;
/// Headers of a page.
const PAGE: usize = 100;
/// Size of anchored documents.
const DOCUMENT: u32 = 1024;

/// A run of reads or anchors with its records or documents.
pub(super) struct Prepared<'a> {
	bench: &'a Bench,
	plan: &'a Plan,
	records: Vec<RecordId>,
	documents: Vec<Vec<u8>>,
}

/// Uploads a document, once per process, and returns its record.
///
/// # Errors
///
/// [`Error::Submit`], [`Error::Connect`].
pub(super) async fn record(bench: &Bench, size: u32, number: u64) -> Result<RecordId, Error> {
	let mut document = document(size, number);
	let run = bench.run.to_le_bytes();
	let at = document.len().saturating_sub(run.len());
	document.splice(at.., run);
	let upload = Upload {
		stream: bench.stream,
		key: None,
		media_type: MEDIA_TYPE,
		document: &document,
		supersedes: None,
	};
	match bench.client(0).upload(&upload).await? {
		Outcome::Applied(uploaded) => Ok(uploaded.record_id),
		Outcome::Rejected(status) => Err(Error::Submit(SubmitError::Rejected(status))),
	}
}

/// Uploads the records to read, and makes the documents to anchor.
///
/// # Errors
///
/// [`Error::Submit`], [`Error::Connect`].
pub(super) async fn prepare<'a>(bench: &'a Bench, plan: &'a Plan) -> Result<Prepared<'a>, Error> {
	let (size, count) = match plan.profile {
		Profile::Fetch { size } => (size, RECORDS),
		// Enough for a full page.
		Profile::Query => (64, (PAGE as u64).saturating_sub(bench.entries().await?)),
		_ => (0, 0),
	};
	let records = try_join_all((0..count).map(|number| record(bench, size, number))).await?;
	let documents = match plan.profile {
		Profile::Merkle { documents } => {
			(0..documents).map(|number| document(DOCUMENT, number.into())).collect()
		},
		_ => Vec::new(),
	};
	Ok(Prepared { bench, plan, records, documents })
}

impl Prepared<'_> {
	/// Reads or anchors by the plan.
	///
	/// # Errors
	///
	/// Errors of reads and anchors.
	pub(super) async fn run(&self, started: Instant) -> Result<Figures, Error> {
		let Self { bench, plan, .. } = *self;
		let workers = plan.in_flight.unwrap_or(match plan.profile {
			Profile::Merkle { .. } => ANCHORS,
			_ => READS,
		});
		let pace = &Pace::start(plan, None);
		let work = |worker: u32| {
			let client = bench.client(worker as usize);
			async move {
				let mut times = Vec::new();
				while let Some((number, due)) = pace.next().await {
					self.once(client, number).await?;
					times.push(due.elapsed());
				}
				Ok::<_, Error>(times)
			}
		};
		let times = try_join_all((0..workers).map(work)).await?;
		let mut figures = Figures::of(plan, pace.given().await);
		times.iter().flatten().for_each(|time| figures.samples.add_read(*time));
		(figures.accepted, figures.applied) = (figures.submitted, figures.submitted);
		figures.finish(started.elapsed());
		Ok(figures)
	}

	async fn once(&self, client: &Client, number: u64) -> Result<(), Error> {
		match self.plan.profile {
			Profile::Merkle { .. } => {
				client.anchor(self.bench.stream, &self.documents).await?;
			},
			Profile::Query => {
				let filter =
					EntryFilter { stream: Some(self.bench.stream), ..EntryFilter::default() };
				let found = client.query(&filter, PAGE).await?.len();
				if found < PAGE {
					return Err(Error::UnexpectedResponse(format!("{found} headers of {PAGE}")));
				}
			},
			_ => {
				let at = (number % self.records.len().max(1) as u64) as usize;
				let record = self.records.get(at);
				let record = record.ok_or_else(|| Error::Argument("no record to fetch".into()))?;
				client.fetch(*record).await?;
			},
		}
		Ok(())
	}
}
