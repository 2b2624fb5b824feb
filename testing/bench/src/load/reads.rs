//! What is no transaction of the generator: reads, and Merkle anchors, which the client makes and follows by itself.

use super::{
	maker::{document, MEDIA_TYPE},
	Bench, Figures, Pace, Plan, Profile,
};
use credio_client::{
	primitives::{entry::EntryFilter, RecordId},
	Client, Error, Outcome, SubmitError, Upload,
};
use futures::future::try_join_all;
use std::time::Instant;

/// Reads under way at a time.
const READS: u32 = 64;
/// Merkle anchors under way at a time.
const ANCHORS: u32 = 4;
/// Records that are fetched, in turn.
const RECORDS: u64 = 32;
/// Headers of a page.
const PAGE: usize = 100;
/// Size of the documents that are anchored.
const DOCUMENT: u32 = 1024;

/// What is read or anchored.
pub struct Prepared<'a> {
	bench: &'a Bench,
	plan: &'a Plan,
	records: Vec<RecordId>,
	documents: Vec<Vec<u8>>,
}

/// Uploads a document, once in a process, and answers its record.
///
/// Errors: [`Error::Submit`], [`Error::Connect`].
pub async fn record(bench: &Bench, size: u32, number: u64) -> Result<RecordId, Error> {
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

/// Uploads what is going to be read, and makes what is going to be anchored.
///
/// Errors: [`Error::Submit`], [`Error::Connect`].
pub async fn prepare<'a>(bench: &'a Bench, plan: &'a Plan) -> Result<Prepared<'a>, Error> {
	let (size, count) = match plan.profile {
		Profile::Fetch { size } => (size, RECORDS),
		// A page has to be full.
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
	/// Reads or anchors as the plan says.
	///
	/// Errors: whatever a read or an anchor fails with.
	pub async fn run(&self, started: Instant) -> Result<Figures, Error> {
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
		figures.took(started.elapsed());
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
				let record = record.ok_or_else(|| Error::Argument("nothing to fetch".into()))?;
				client.fetch(*record).await?;
			},
		}
		Ok(())
	}
}
