//! Faults of a network of four validators: whatever happens to it, what was accepted is decided once and in order, and
//! what was called final stays.
//!
//! `CREDIO_FAULT_ROUNDS` sets how often each fault is made, `CREDIO_FORKS` how many forks. `scripts/faults.sh` runs the
//! full size.

use credio_e2e::{
	network::{isolated, Network, Options, ALL},
	number,
	uploads::Uploads,
};
use std::sync::Mutex;

/// One network at a time: each takes more than this machine may have.
static TURN: Mutex<()> = Mutex::new(());

/// Blocks for which a fault lasts.
const BLOCKS: u32 = 8;

/// After finality has stopped, what was accepted waits, and nothing is told of as final.
async fn finality_stands_still(network: &Network, uploads: &Uploads, running: &[usize]) {
	// Votes that were under way may arrive.
	network.blocks(running, 3).await;
	let finalized = network.observer().view().highest_finalized();
	let stored = uploads.stored();
	network.blocks(running, BLOCKS).await;
	assert_eq!(network.observer().view().highest_finalized(), finalized, "finality goes on");
	uploads.check(network);
	assert!(uploads.ended() < stored, "what was stored without finality waits for it");
	network.say(&format!("no finality: {} uploads wait", uploads.stored() - uploads.ended()));
}

#[test]
fn validators_are_killed() {
	let _turn = TURN.lock();
	isolated("validators_are_killed", async {
		let mut network = Network::start(Options::default()).await;
		let uploads = Uploads::start(&network).await;
		let rounds = number("CREDIO_FAULT_ROUNDS", 1);
		let mut kills = 0;
		for round in 0..rounds {
			// One: the others go on.
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
		println!(
			"faults: {kills} kills of validators, {count} uploads in {blocks} blocks: lost 0, doubled 0, reordered 0; {} s",
			network.elapsed().as_secs()
		);
	});
}
