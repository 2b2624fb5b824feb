//! Faults of a network of four validators: accepted requests are decided once and in order, and final blocks stay
//! final.
//!
//! `CREDIO_FAULT_ROUNDS` sets the repetitions of each fault, `CREDIO_FORKS` the number of forks. `scripts/faults.sh`
//! runs the full size. `CREDIO_NODE_LOG` sets the log filter of the validators, like their `--log`.

use credio_client::{Client, primitives::rpc::ValidatorJson};
use credio_e2e::{
	Cli,
	index::Index,
	network::{ALL, Network, Options, TWIN, connect_options, isolated},
	number,
	uploads::{Uploads, path},
};
use credio_vault::LocalVault;
use std::{
	fs,
	path::PathBuf,
	sync::{Arc, Mutex},
};
use subxt_signer::sr25519::dev;

/// One network at a time, since each may take all of the machine.
static TURN: Mutex<()> = Mutex::new(());

/// Duration of a fault, in blocks.
const BLOCKS: u32 = 8;

/// A view of the uploads.
const VIEW: &str = r#"
name = "documents"
owner = "*"
stream = "invoices"
format = "csv"
mediaTypes = ["text/plain"]

[[columns]]
name = "text"
path = "document"
type = "text"
"#;

/// The funder's command line, and a folder with the view. The funder may read the uploads.
fn funder(network: &Network) -> (Cli, PathBuf) {
	let channel = Cli::at(network.urls()[0].clone(), network.folder(), "channel-one");
	let to = ["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "assess"];
	channel.ok(&to);
	let views = network.folder().join("views");
	fs::create_dir_all(&views).expect("writable");
	fs::write(views.join("documents.toml"), VIEW).expect("writable");
	(Cli::at(network.urls()[0].clone(), network.folder(), "funder-one"), views)
}

/// While finality stands still, accepted requests wait, and no outcome is reported as final.
async fn finality_stands_still(network: &Network, uploads: &Uploads, running: &[usize]) {
	// Votes that were under way may arrive.
	network.blocks(running, 3).await;
	let finalized = network.observer().view().highest_finalized();
	let stored = uploads.stored();
	network.blocks(running, BLOCKS).await;
	assert_eq!(network.observer().view().highest_finalized(), finalized, "finality goes on");
	uploads.check(network);
	assert!(uploads.ended() < stored, "what was stored without finality waits for it");
	network.print(&format!("no finality: {} uploads wait", uploads.stored() - uploads.ended()));
}

#[test]
fn validators_are_killed() {
	let _turn = TURN.lock();
	isolated("faults::validators_are_killed", async {
		let mut network = Network::start(Options::default()).await;
		let uploads = Uploads::start(&network).await;
		let (funder, views) = funder(&network);
		let file = network.folder().join("funder.index");
		let index = Index::new(&funder, path(&file), &views);
		let keeper = index.keep(&network.urls()[1..]);
		let rounds = number("CREDIO_FAULT_ROUNDS", 1);
		let mut kills = 0;
		for round in 0..rounds {
			// With one killed, the others continue.
			let one = round % ALL.len();
			let others = ALL.into_iter().filter(|n| *n != one).collect::<Vec<_>>();
			network.kill(one);
			network.finality(&others, BLOCKS).await;
			uploads.decided(&network).await;
			network.spawn(one);
			network.finality(&ALL, 1).await;

			// Two: nothing is final until one is back.
			let two = [round % ALL.len(), (round + 1) % ALL.len()];
			let others = ALL.into_iter().filter(|n| !two.contains(n)).collect::<Vec<_>>();
			two.into_iter().for_each(|n| network.kill(n));
			finality_stands_still(&network, &uploads, &others).await;
			assert!(index.not_final("documents") > 0, "what is not final is shown as such");
			two.into_iter().for_each(|n| network.spawn(n));
			network.finality(&ALL, 1).await;
			uploads.decided(&network).await;

			// All.
			ALL.into_iter().for_each(|n| network.kill(n));
			ALL.into_iter().for_each(|n| network.spawn(n));
			network.finality(&ALL, 1).await;
			uploads.decided(&network).await;
			kills += 1 + two.len() + ALL.len();
		}
		let count = uploads.finish(&network).await;
		let blocks = network.compare().await;
		keeper.kill();
		index.compare(&network.folder().join("anew.index"));
		println!(
			"faults: {kills} kills of validators, {count} uploads in {blocks} blocks: lost 0, doubled 0, reordered 0; {} s",
			network.elapsed().as_secs()
		);
	});
}

/// The ways to part four in halves.
const HALVES: [[[usize; 2]; 2]; 3] = [[[0, 1], [2, 3]], [[0, 2], [1, 3]], [[0, 3], [1, 2]]];

/// Blocks that each branch of a fork has.
const DEPTH: usize = 3;

#[test]
fn network_is_partitioned() {
	let _turn = TURN.lock();
	isolated("faults::network_is_partitioned", async {
		let network = Network::start(Options::default()).await;
		let uploads = Uploads::start(&network).await;
		let (funder, views) = funder(&network);
		let file = network.folder().join("funder.index");
		let index = Index::new(&funder, path(&file), &views);
		let keeper = index.keep(&network.urls()[1..]);
		let rounds = number("CREDIO_FAULT_ROUNDS", 1);
		let forks = number("CREDIO_FORKS", 3);
		let mut deepest = 0;
		// One is separated, and the others continue; in the first round it is the one that the outbox uses.
		for round in 0..rounds {
			let one = round % ALL.len();
			let others = ALL.into_iter().filter(|n| *n != one).collect::<Vec<_>>();
			network.part(&[&[one], &others]);
			network.finality(&others, BLOCKS).await;
			uploads.decided(&network).await;
			uploads.check(&network);
			network.heal();
			network.finality(&ALL, 1).await;
		}
		// Two halves make separate branches, and neither can finalize.
		for fork in 0..forks {
			let [ours, theirs] = HALVES[fork % HALVES.len()];
			let from = network.observer().view().highest_finalized();
			network.part(&[&ours, &theirs]);
			if fork == 0 {
				finality_stands_still(&network, &uploads, &ALL).await;
			}
			let mut forked = Vec::new();
			network
				.until("two branches", |view| {
					forked = view.forked([&ours, &theirs], from);
					forked.len() >= DEPTH
				})
				.await;
			assert!(forked[0] > network.observer().view().highest_finalized(), "a branch is final");
			deepest = deepest.max(forked.len());
			network.heal();
			let end = forked[forked.len() - 1];
			network
				.until("one of them is final", |view| {
					view.nodes.iter().all(|node| node.finalized >= end)
				})
				.await;
			uploads.check(&network);
		}
		let abandoned = network.observer().view().abandoned();
		let count = uploads.finish(&network).await;
		let blocks = network.compare().await;
		// Whatever was shown of abandoned branches is gone.
		keeper.kill();
		index.compare(&network.folder().join("anew.index"));
		println!(
			"faults: {} partitions, {forks} forks (the deepest of {deepest} blocks, {abandoned} blocks abandoned), {count} uploads in {blocks} blocks: lost 0, doubled 0, reordered 0; {} s",
			rounds + forks,
			network.elapsed().as_secs()
		);
	});
}

/// A returning validator takes part again: without it there is no finality while another one is missing.
async fn takes_part(network: &mut Network, n: usize) {
	let missing = (n + 1) % ALL.len();
	let others = ALL.into_iter().filter(|n| *n != missing).collect::<Vec<_>>();
	network.all_vote().await;
	network.kill(missing);
	// Two more than may have been voted for before.
	network.finality(&others, 5).await;
	network.spawn(missing);
	network.finality(&ALL, 1).await;
}

#[test]
fn disk_is_full() {
	let _turn = TURN.lock();
	isolated("faults::disk_is_full", async {
		const MIB: u64 = 1024 * 1024;
		let full = 3;
		let others = [0, 1, 2];
		let mut network = Network::start(Options { disk: Some(full), ..Options::default() }).await;
		let uploads = Uploads::start(&network).await;
		let rounds = number("CREDIO_FAULT_ROUNDS", 1);
		for _ in 0..rounds {
			// Little is left: the validator ends before anything is.
			network.resize_disk(full, network.disk_use(full) + 64 * MIB);
			let status = network.end(full).await;
			assert!(status.code().is_some(), "it was killed: {status}");
			assert!(network.log(full).contains("dropped below threshold"), "it says why");
			network.finality(&others, BLOCKS).await;
			uploads.decided(&network).await;
			network.resize_disk(full, 1 << 33);
			network.spawn(full);
			network.finality(&ALL, 1).await;
			// Nothing is left from one moment to the next: however it ends, its database is whole.
			network.fill_disk(full);
			let status = network.end(full).await;
			network.print(&format!("nothing left: {status}"));
			network.finality(&others, BLOCKS).await;
			network.resize_disk(full, 1 << 33);
			network.spawn(full);
			network.finality(&ALL, 1).await;
		}
		takes_part(&mut network, full).await;
		let count = uploads.finish(&network).await;
		let blocks = network.compare().await;
		println!(
			"faults: {} times a full disk, {count} uploads in {blocks} blocks: lost 0, doubled 0, reordered 0; {} s",
			2 * rounds,
			network.elapsed().as_secs()
		);
	});
}

#[test]
fn clock_is_off() {
	let _turn = TURN.lock();
	isolated("faults::clock_is_off", async {
		let mut network = Network::start(Options { clocks: true, ..Options::default() }).await;
		let uploads = Uploads::start(&network).await;
		let rounds = number("CREDIO_FAULT_ROUNDS", 1);
		for round in 0..rounds {
			for (n, seconds) in [(3, 30), (2, -30)] {
				let n = (n + round) % ALL.len();
				let others = ALL.into_iter().filter(|other| *other != n).collect::<Vec<_>>();
				network.shift_clock(n, seconds);
				network.finality(&others, 2 * BLOCKS).await;
				uploads.decided(&network).await;
				network.shift_clock(n, 0);
				network.finality(&ALL, 1).await;
				takes_part(&mut network, n).await;
			}
		}
		let count = uploads.finish(&network).await;
		let blocks = network.compare().await;
		println!(
			"faults: {} times a clock off by 30 s, {count} uploads in {blocks} blocks: lost 0, doubled 0, reordered 0; {} s",
			2 * rounds,
			network.elapsed().as_secs()
		);
	});
}

/// Returns the account and the report's block of each disabled validator.
async fn offenders(client: &Client) -> Vec<(String, u32)> {
	let validators = client.validators().await.expect("the node responds");
	let offence = |one: ValidatorJson| Some((one.account.to_string(), one.offence?.reported_at));
	validators.into_iter().filter_map(offence).collect()
}

#[test]
fn validator_votes_twice() {
	let _turn = TURN.lock();
	isolated("faults::validator_votes_twice", async {
		let mut network = Network::start(Options { twin: true, ..Options::default() }).await;
		let uploads = Uploads::start(&network).await;
		let vault = LocalVault::development("operator").expect("an example organization");
		let client =
			Client::connect_with(&connect_options(), &network.urls()[0], Arc::new(vault)).await;
		let client = client.expect("the node responds");
		assert_eq!(offenders(&client).await, []);
		let [alice, bob, charlie, dave] = ALL;
		network.spawn(TWIN);
		// Without the third vote there is one round of finality on both sides, in which the duplicated keys vote for
		// both branches. Whether they do depends on the time of the cut.
		let mut tries = 0;
		let (culprit, reported_at) = loop {
			tries += 1;
			network.kill(charlie);
			network.part(&[&[alice, dave], &[bob, TWIN]]);
			network.blocks(&[alice], BLOCKS).await;
			network.blocks(&[bob], BLOCKS).await;
			network.heal();
			network.spawn(charlie);
			network.finality(&ALL, BLOCKS).await;
			if let [offender] = offenders(&client).await.as_slice() {
				break offender.clone();
			}
			assert!(tries < 10, "no equivocation in ten partitions");
		};
		assert_eq!(culprit, dev::dave().public_key().to_account_id().to_string());
		network.print(&format!("{culprit} was reported in block {reported_at}, try {tries}"));
		network.kill(TWIN);
		// It is disabled until the council decides. The other three continue.
		network.kill(dave);
		network.finality(&[alice, bob, charlie], BLOCKS).await;
		uploads.decided(&network).await;
		assert_eq!(offenders(&client).await.len(), 1);
		network.spawn(dave);
		let operator = Cli::at(network.urls()[alice].clone(), network.folder(), "operator");
		operator.ok(&["validator", "reinstate", &culprit]);
		network.finality(&ALL, BLOCKS).await;
		assert_eq!(offenders(&client).await, []);
		let count = uploads.finish(&network).await;
		let blocks = network.compare().await;
		println!(
			"faults: a validator that voted twice was disabled after {tries} partitions, {count} uploads in {blocks} blocks: lost 0, doubled 0, reordered 0; {} s",
			network.elapsed().as_secs()
		);
	});
}
