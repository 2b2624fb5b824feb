//! Finality that has stalled since validators are lost for ever, and how the council gives it back.

use super::genesis;
use crate::*;
use codec::Decode;
use configs::governance::CouncilCollective;
use frame_support::{assert_ok, traits::Hooks};
use sp_consensus_grandpa::{ConsensusLog, GRANDPA_ENGINE_ID};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{DigestItem, traits::Dispatchable};

type Log = ConsensusLog<BlockNumber>;

/// What happens in one block: sessions, some calls, and what GRANDPA says in the header.
fn block(calls: impl FnOnce()) -> Vec<Log> {
	let number = System::block_number() + 1;
	System::reset_events();
	System::initialize(&number, &Default::default(), &Default::default());
	Session::on_initialize(number);
	calls();
	<Grandpa as Hooks<_>>::on_finalize(number);
	let is_log = |item: &DigestItem| match item {
		DigestItem::Consensus(GRANDPA_ENGINE_ID, log) => Log::decode(&mut &log[..]).ok(),
		_ => None,
	};
	System::digest().logs().iter().filter_map(is_log).collect()
}

/// A chain of four validators in its third block.
fn run(test: impl FnOnce()) {
	genesis(&genesis_presets::LOCAL.into()).execute_with(|| {
		for _ in 0..3 {
			assert!(block(|| ()).is_empty());
		}
		test();
	});
}

/// Carries out a motion that all of the council agree to.
fn carry_out(call: RuntimeCall) {
	let origin = pallet_collective::RawOrigin::<AccountId, CouncilCollective>::Members(1, 1);
	assert_ok!(call.dispatch(origin.into()).map_err(|failure| failure.error));
	let failed = System::events().into_iter().find(|record| {
		matches!(
			record.event,
			RuntimeEvent::Governance(pallet_governance::Event::DispatchedAsRoot { result: Err(_) })
		)
	});
	assert!(failed.is_none(), "{failed:?}");
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::batch_all { calls }.into()
}

fn remove(who: Sr25519Keyring) -> RuntimeCall {
	pallet_validators::Call::remove_validator { validator: who.to_account_id() }.into()
}

fn note_stalled(delay: BlockNumber, best_finalized_block_number: BlockNumber) -> RuntimeCall {
	let noted = pallet_grandpa::Call::note_stalled { delay, best_finalized_block_number };
	pallet_governance::Call::dispatch_as_root { call: Box::new(noted.into()) }.into()
}

fn resume(lost: &[Sr25519Keyring], delay: BlockNumber) -> RuntimeCall {
	let lost = lost.iter().map(|who| who.to_account_id()).collect::<Vec<_>>();
	pallet_validators::Call::resume_finality {
		lost: lost.try_into().expect("few"),
		best_finalized: 2,
		delay,
	}
	.into()
}

fn voters(names: &[Ed25519Keyring]) -> Vec<(sp_consensus_grandpa::AuthorityId, u64)> {
	names.iter().map(|name| (name.public().into(), 1)).collect()
}

/// The one change of voters that blocks to come bring: who, after how many blocks, and whether by force.
fn change(blocks: u32) -> (Vec<(sp_consensus_grandpa::AuthorityId, u64)>, u32, Option<u32>) {
	let mut logs = (0..blocks).flat_map(|_| block(|| ())).collect::<Vec<_>>();
	assert_eq!(logs.len(), 1, "one change, no more: {logs:?}");
	match logs.remove(0) {
		Log::ForcedChange(median, change) => (change.next_authorities, change.delay, Some(median)),
		Log::ScheduledChange(change) => (change.next_authorities, change.delay, None),
		other => panic!("{other:?}"),
	}
}

const LEFT: [Ed25519Keyring; 2] = [Ed25519Keyring::Alice, Ed25519Keyring::Bob];

#[test]
fn removing_validators_and_noting_the_stall_in_one_motion_leaves_the_lost_ones_out() {
	use Sr25519Keyring::{Charlie, Dave};
	for calls in [
		vec![remove(Charlie), remove(Dave), note_stalled(0, 2)],
		vec![note_stalled(10, 2), remove(Charlie), remove(Dave)],
	] {
		run(|| {
			let before = Grandpa::current_set_id();
			assert!(block(|| carry_out(batch(calls))).is_empty());
			let (next, delay, median) = change(4);
			assert_eq!((next, median), (voters(&LEFT), Some(2)));
			for _ in 0..delay {
				block(|| ());
			}
			assert_eq!(Grandpa::grandpa_authorities(), voters(&LEFT));
			// As nodes count: one change.
			assert_eq!(Grandpa::current_set_id(), before + 1);
		});
	}
}

#[test]
fn one_call_gives_finality_back() {
	use Sr25519Keyring::{Charlie, Dave};
	run(|| {
		block(|| carry_out(resume(&[Charlie, Dave], 5)));
		assert_eq!(change(2), (voters(&LEFT), 5, Some(2)));
		assert_eq!(Grandpa::grandpa_authorities().len(), 4, "not before the delay is over");
		for _ in 0..5 {
			block(|| ());
		}
		assert_eq!(Grandpa::grandpa_authorities(), voters(&LEFT));
		assert_eq!(Session::validators().len(), 2);
	});
}

#[test]
fn a_validator_that_is_removed_while_a_change_by_force_is_pending_leaves_after_it() {
	use Sr25519Keyring::{Charlie, Dave};
	run(|| {
		block(|| carry_out(resume(&[Dave], 5)));
		let (_, _, median) = change(2);
		assert_eq!(median, Some(2));
		// GRANDPA would lose this one, and the session would not.
		block(|| carry_out(remove(Charlie)));
		let (next, _, median) = change(8);
		assert_eq!((next, median), (voters(&LEFT), None));
		assert_eq!(Grandpa::grandpa_authorities(), voters(&LEFT));
		assert_eq!(Session::validators().len(), 2);
	});
}

#[test]
fn a_second_stall_shortly_after_the_first_is_taken_up_when_it_may_be() {
	use Sr25519Keyring::{Charlie, Dave};
	run(|| {
		block(|| carry_out(resume(&[Dave], 5)));
		change(2);
		block(|| carry_out(batch(vec![remove(Charlie), note_stalled(5, 2)])));
		// Twice the delay has to pass since the first was planned; the removal does not wait for that.
		let mut logs = (0..14).flat_map(|_| block(|| ())).collect::<Vec<_>>();
		let forced = logs.pop().expect("a change");
		let Log::ForcedChange(2, forced) = forced else { panic!("{forced:?}") };
		assert_eq!(forced.next_authorities, voters(&LEFT));
	});
}
