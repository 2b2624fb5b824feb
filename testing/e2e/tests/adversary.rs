//! A network of four validators under attack from members, a grantee, a council seat and strangers at once, while six
//! organizations work and a council governs.
//!
//! `CREDIO_ADVERSARY_SECONDS` sets the duration of the attack, `CREDIO_ADVERSARY_RATE` the requests a second of each
//! honest organization, and `CREDIO_ADVERSARY_RATIO` the allowed slowdown: the 95th percentile from submission to
//! finality, relative to a run without attack. Without it, the ratio is only printed, since it depends on the machine.
//! `scripts/adversary.sh` runs the full size.

mod honest;
mod hostile;
mod report;
mod stop;
mod world;

use credio_e2e::{
	network::{ALL, Network, Options, isolated},
	number,
};
use report::Report;
use std::time::Duration;
use stop::Stop;
use world::World;

/// Most blocks from the submission of a revocation to the end of the access.
const REVOCATION_BLOCKS: u32 = 5;
/// Most blocks from the submission of a governance call to the block that includes it.
const MOTION_BLOCKS: u32 = 3;

/// Runs the work of the honest organizations for a time, and returns its measurements.
async fn work(world: &World, phase: &str, seconds: u64) -> Report {
	let stop = Stop::default();
	let work = honest::start(world, phase, &stop);
	tokio::time::sleep(Duration::from_secs(seconds)).await;
	stop.now();
	work.finish(world).await
}

#[test]
fn honest_organizations_are_served_under_attack() {
	isolated("adversary::honest_organizations_are_served_under_attack", async {
		let seconds = number("CREDIO_ADVERSARY_SECONDS", 20) as u64;
		let network = Network::start(Options::default()).await;
		let world = World::make(&network).await;
		network.print(
			"six honest organizations, two hostile ones, a council of four with a hostile seat",
		);

		let calm = work(&world, "calm", (seconds / 4).max(10)).await;
		network.print(&format!("without attack: {calm}"));
		let (memory, database) = (network.memory(), ALL.map(|n| network.database_size(n)));

		let stop = Stop::default();
		let attack = hostile::start(&world, &network.peers(), &stop);
		let attacked = work(&world, "attacked", seconds).await;
		stop.now();
		let attacks = attack.finish().await;
		network.print(&format!("under attack: {attacked}"));
		network.print(&format!("the attack: {attacks}"));
		for n in ALL {
			network.print(&format!(
				"validator {n}: memory of its own {} -> {} MiB, database {} -> {} MiB",
				memory[n] >> 20,
				network.memory()[n] >> 20,
				database[n] >> 20,
				network.database_size(n) >> 20,
			));
		}

		network.finality(&ALL, 2).await;
		let ratio = attacked.p95() / calm.p95();
		println!(
			"adversary: {} s, {} requests of honest organizations applied, lost 0, doubled 0, reordered 0; p95 {:.2} s without and {:.2} s under attack, ratio {ratio:.2}; revocations within {} blocks, motions within {}; hostile: {attacks}",
			seconds,
			attacked.applied(),
			calm.p95(),
			attacked.p95(),
			attacked.revocation_blocks(),
			attacked.motion_blocks(),
		);
		assert!(attacked.revocation_blocks() <= REVOCATION_BLOCKS, "a revocation came late");
		assert!(attacked.motion_blocks() <= MOTION_BLOCKS, "a motion came late");
		if let Some(most) =
			std::env::var("CREDIO_ADVERSARY_RATIO").ok().and_then(|n| n.parse::<f64>().ok())
		{
			assert!(ratio <= most, "the attack slows honest organizations {ratio:.2} times");
		}
		network.compare().await;
	});
}
