//! Fills an index with made-up invoices, and measures inserts and searches.

use crate::invoices::{CURRENCIES, FIRST, GOODS, Numbers, SECOND, invoice};
use credio_client::primitives::{Digest, RecordId, StreamId};
use credio_index::{
	Aggregate, Block, Content, Document, Entry, EntryKind, Query, SortKey, Store, Stream,
};
use credio_view::View;
use std::{
	error::Error,
	time::{Duration, Instant},
};

const STREAM: StreamId = StreamId([1; 32]);
/// Entries of a block, and blocks of a transaction.
const BLOCK: u64 = 100;
const BLOCKS: usize = 10;
/// Repetitions of each query.
const ROUNDS: usize = 200;

fn view() -> Result<View, Box<dyn Error>> {
	let toml = include_str!("../../../samples/views/invoice-ubl.toml");
	Ok(View::parse(toml)?)
}

fn block(number: u32, from: u64, until: u64, numbers: &mut Numbers) -> Block {
	let entries = (from..until).map(|sequence| {
		let mut record = [2; 32];
		record[..8].copy_from_slice(&sequence.to_be_bytes());
		Entry {
			record: RecordId(record),
			stream: STREAM,
			sequence,
			owner: 1,
			author: 1,
			kind: EntryKind::Record,
			supersedes: None,
			digest: Digest(record),
			content: Content::Document(Document {
				media_type: "application/xml".into(),
				bytes: invoice(sequence, numbers).into_bytes().into(),
			}),
		}
	});
	Block { entries: entries.collect(), ..Block::new(number, Digest([3; 32])) }
}

/// Arguments of `index`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
	/// Number of invoices
	#[arg(long, default_value_t = 100_000)]
	rows: u64,
	/// File of the index, or a PostgreSQL database; it must be a new one
	#[arg(long, value_name = "FILE_OR_URL")]
	index: String,
}

/// Runs the measurement, and prints it.
///
/// # Errors
///
/// If the index cannot be used.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
	let size = arguments.rows;
	let store = Store::open(&arguments.index, 1).await?;
	store.claim_chain(Digest([0; 32])).await?;
	store.set_views(&[view()?]).await?;
	let stream = Stream { id: STREAM, owner: 1, name: "invoices".into() };
	store.apply(&[Block { streams: vec![stream], ..Block::new(1, Digest([0; 32])) }]).await?;

	let mut numbers = Numbers(1);
	let mut spent = Duration::ZERO;
	let mut next = 0;
	let mut number = 2;
	while next < size {
		let mut blocks = Vec::new();
		while blocks.len() < BLOCKS && next < size {
			let until = (next + BLOCK).min(size);
			blocks.push(block(number, next, until, &mut numbers));
			(next, number) = (until, number + 1);
		}
		let started = Instant::now();
		store.apply(&blocks).await?;
		spent += started.elapsed();
	}
	println!("{size} invoices in, {:.0} a second", size as f64 / spent.as_secs_f64());

	let one_by_one = Instant::now();
	for more in 0..100 {
		let block =
			block(number + more, size + u64::from(more), size + u64::from(more) + 1, &mut numbers);
		store.apply(&[block]).await?;
	}
	println!("100 blocks of one invoice, {:.2} ms each", one_by_one.elapsed().as_secs_f64() * 10.0);

	measure(&store, &mut numbers).await?;
	let started = Instant::now();
	let changed = include_str!("../../../samples/views/invoice-ubl.toml").replace("\"note\", ", "");
	store.set_views(&[View::parse(&changed)?]).await?;
	println!(
		"a changed view, {:.0} documents a second",
		size as f64 / started.elapsed().as_secs_f64()
	);
	Ok(())
}

async fn measure(store: &Store, numbers: &mut Numbers) -> Result<(), Box<dyn Error>> {
	type Make = fn(&mut Numbers) -> (String, &'static [&'static str]);
	let queries: [(&str, Make); 10] = [
		("amount and currency, newest first", |n| {
			let amount = n.next(20_000);
			(
				format!("amount > {amount} and currency = \"{}\"", n.pick(&CURRENCIES)),
				&["-issueDate"],
			)
		}),
		("amount and currency, no order", |n| {
			let amount = n.next(20_000);
			(format!("amount > {amount} and currency = \"{}\"", n.pick(&CURRENCIES)), &[])
		}),
		("amount and currency, by amount", |n| {
			let amount = n.next(20_000);
			(format!("amount > {amount} and currency = \"{}\"", n.pick(&CURRENCIES)), &["-amount"])
		}),
		("number", |n| (format!("number = \"N-{:07}\"", n.next(100_000)), &[])),
		("a month, largest first", |n| {
			let month = n.next(12) + 1;
			(
				format!("issueDate between \"2021-{month:02}-01\" and \"2021-{month:02}-28\""),
				&["-amount"],
			)
		}),
		("seller begins, newest first", |n| {
			(
				format!("seller startsWith \"{} {}\"", n.pick(&FIRST), n.pick(&SECOND)),
				&["-issueDate"],
			)
		}),
		("buyer contains, nothing found", |n| {
			(format!("buyer contains \"{}x\"", n.next(9_999)), &[])
		}),
		("full text: one word of many rows", |n| (format!("match \"{}\"", n.pick(&FIRST)), &[])),
		("full text: two words, newest first", |n| {
			(format!("match \"{} {}\"", n.pick(&FIRST), n.pick(&SECOND)), &["-issueDate"])
		}),
		("full text: phrase and amount", |n| {
			(
				format!("match '\"{}\"' and amount > {}", n.pick(&GOODS), n.next(20_000)),
				&["-amount"],
			)
		}),
	];
	for (name, make) in queries {
		let mut times = Vec::new();
		let mut rows = 0;
		for _ in 0..ROUNDS {
			let (filter, sort) = make(numbers);
			let sort = sort.iter().map(|key| key.parse::<SortKey>()).collect::<Result<_, _>>()?;
			let query = Query { filter: Some(filter), sort, ..Query::default() };
			let started = Instant::now();
			rows += store.search("invoices-ubl", &query).await?.rows.len();
			times.push(started.elapsed());
		}
		print(name, times, rows);
	}
	let mut times = Vec::new();
	for _ in 0..20 {
		let aggregate = Aggregate {
			functions: vec!["count".into(), "sum(amount)".into()],
			by: vec!["currency".into(), "year(issueDate)".into()],
			..Aggregate::default()
		};
		let started = Instant::now();
		store.aggregate("invoices-ubl", &aggregate).await?;
		times.push(started.elapsed());
	}
	print("sum of all, by currency and year", times, 0);
	Ok(())
}

fn print(name: &str, mut times: Vec<Duration>, rows: usize) {
	times.sort();
	let at = |part: usize| {
		times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0
	};
	let rows = rows / times.len();
	println!("{name:<36} p50 {:>7.2} ms  p95 {:>7.2} ms  {rows:>4} rows", at(50), at(95));
}
