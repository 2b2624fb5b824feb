//! A node that lies about anything: for every operation, every field of every reply is changed. The client accepts only
//! the truth, an error, or *not final yet*; it signs only the intended calls; and no secret leaves it.
//!
//! The lies are generated from the node's own replies and from the OpenRPC document ([`credio_e2e::lies`]), and a
//! selection is used. `CREDIO_LIES_OF_READS` sets their number for reads (of some 9,000), `CREDIO_LIES_PER_WRITE` for
//! each write (of some 500; at most 80, since access requests wait), and `CREDIO_LIES_SHIFT` selects others. Lies about
//! metadata are in `signing.rs`.

mod case;
mod checks;
mod readers;
mod selection;
mod signed;
mod world;
mod writers;

use case::Tally;
use credio_e2e::{lies::Document, number};
use selection::{READ_LIES, WRITE_LIES};
use std::time::Instant;
use world::World;

/// Least number of cases with the default numbers.
const LEAST: usize = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_accept_no_lie_of_a_node() {
	let start = Instant::now();
	let world = World::new().await;
	eprintln!("{:?}: the chain is prepared", start.elapsed());
	let document = Document::new(include_str!("../../../rpc/openrpc.json"));
	let tally = Tally::default();
	tokio::join!(
		async {
			readers::run(&world, &document, &tally).await;
			eprintln!("{:?}: all reads done; {tally}", start.elapsed());
		},
		async {
			writers::run(&world, &document, &tally).await;
			eprintln!("{:?}: all writes done; {tally}", start.elapsed());
		},
	);
	let reported = tally.reported();
	let failures = tally.into_failures();
	assert!(failures.is_empty(), "{} lies had an effect:\n{}", failures.len(), failures.join("\n"));
	let is_smaller = number("CREDIO_LIES_OF_READS", READ_LIES) < READ_LIES
		|| number("CREDIO_LIES_PER_WRITE", WRITE_LIES) < WRITE_LIES;
	assert!(reported >= LEAST || is_smaller, "{reported} lies are fewer than {LEAST}");
}
