//! Votes that are too few, of wrong validators, or for other blocks.

use super::chain::{NUMBER, Scene, block, evidence, headers, justification, link};
use super::{Part, chain, part};
use crate::{Header, verify};
use credio_primitives::rpc::FinalizedBlockJson;
use sp_core::H256;

/// Verifies evidence with other links.
fn with(links: Vec<FinalizedBlockJson>) -> Result<crate::Verified, crate::Refused> {
	let (mut evidence, trusted) = evidence();
	evidence.finality = links;
	verify(&evidence, &trusted, None, None)
}

fn chain() -> [Header; 5] {
	let scene = Scene::record();
	headers(chain::prove(&scene).0)
}

fn change_of(change: &Header) -> FinalizedBlockJson {
	link(change, &justification(change, 0, &[(1, change), (2, change), (3, change)], &[]))
}

#[test]
fn more_than_two_thirds_of_present_validators_have_to_vote() {
	let [_, change, proven, ..] = &chain();
	let first = change_of(change);
	let refused = |set_id, votes: &[(u8, &Header)]| {
		let votes = justification(proven, set_id, votes, &[]);
		let refused = with(vec![first.clone(), link(proven, &votes)]).unwrap_err();
		assert_eq!(refused.part, Part::Finality);
		refused.reason
	};
	let all = |names: [u8; 3]| names.map(|name| (name, proven));
	with(vec![first.clone(), link(proven, &justification(proven, 1, &all([2, 3, 5]), &[]))])
		.unwrap();
	// Two votes, one of them twice; a validator of the earlier set; votes of the earlier set.
	assert!(refused(1, &[(2, proven), (3, proven)]).contains("too few"));
	assert!(refused(1, &all([2, 3, 3])).contains("too few"));
	assert!(refused(1, &all([1, 2, 3])).contains("too few"));
	assert!(refused(0, &all([2, 3, 5])).contains("not signed"));
	assert!(refused(2, &all([2, 3, 5])).contains("not signed"));
	assert!(refused(1, &[]).contains("too few"));
}

#[test]
fn votes_count_for_block_and_successors_only() {
	let [_, change, proven, next, last] = &chain();
	let other = block(change, NUMBER, H256::repeat_byte(1), None);
	let first = change_of(change);
	let result = |votes: &[(u8, &Header)], ancestries: &[&Header]| {
		let votes = justification(proven, 1, votes, ancestries);
		with(vec![first.clone(), link(proven, &votes)])
	};
	result(&[(2, proven), (3, last), (4, next)], &[next, last]).unwrap();
	// Votes for a fork, for the parent, and for a block without a path.
	for votes in [
		[(2, proven), (3, proven), (4, &other)],
		[(2, proven), (3, proven), (4, change)],
		[(2, proven), (3, proven), (4, last)],
	] {
		assert!(result(&votes, &[]).unwrap_err().reason.contains("too few"));
	}
	assert_eq!(part(result(&[(2, proven), (3, proven), (4, last)], &[last])), Part::Finality);
	// A vote that does not count is harmless.
	result(&[(2, proven), (3, proven), (4, proven), (5, &other)], &[]).unwrap();
	result(&[(2, proven), (3, proven), (4, proven), (1, proven)], &[]).unwrap();
	// Unneeded or repeated headers.
	let three = [(2, proven), (3, proven), (4, proven)];
	assert!(result(&three, &[next]).unwrap_err().reason.contains("no vote needs"));
	let votes = [(2, proven), (3, proven), (4, next)];
	assert!(result(&votes, &[next, next]).unwrap_err().reason.contains("twice"));
}

#[test]
fn validator_changes_cannot_be_omitted() {
	let [genesis, change, proven, ..] = &chain();
	let votes = justification(proven, 1, &[(2, proven), (3, proven), (4, proven)], &[]);
	let last = link(proven, &votes);
	let first = change_of(change);
	with(vec![first.clone(), last.clone()]).unwrap();
	let early = justification(proven, 0, &[(2, proven), (3, proven), (4, proven)], &[]);
	// The earlier validators cannot replace the present ones: this would be a chain without the change.
	let only = with(vec![link(proven, &early)]).unwrap();
	assert_eq!(only.changes, 0);
	for links in [
		vec![],
		vec![last.clone()],
		vec![last.clone(), first.clone()],
		vec![first.clone(), last.clone(), last.clone()],
		vec![first.clone(), first.clone(), last.clone()],
		vec![first.clone(), FinalizedBlockJson { header: first.header.clone(), ..last.clone() }],
		vec![FinalizedBlockJson { justification: last.justification.clone(), ..first.clone() }],
	] {
		assert_eq!(part(with(links)), Part::Finality);
	}
	// A block in between that does not change them.
	let between = block(genesis, 4, H256::zero(), None);
	assert_eq!(part(with(vec![change_of(&between), first, last])), Part::Finality);
}

#[test]
fn validators_are_unique_weighted_and_immediate() {
	use codec::Encode;
	use sp_consensus_grandpa::{ConsensusLog, GRANDPA_ENGINE_ID, ScheduledChange};
	use sp_runtime::{DigestItem, traits::Header as _};
	let [genesis, ..] = &chain();
	let scheduled = |next_authorities, delay| {
		ConsensusLog::ScheduledChange(ScheduledChange { next_authorities, delay })
	};
	let weightless = chain::authorities(&[2]).into_iter().map(|(id, _)| (id, 0)).collect();
	let heavy = chain::authorities(&[2, 3]).into_iter().map(|(id, _)| (id, u64::MAX)).collect();
	let good = || ScheduledChange { next_authorities: chain::authorities(&[2]), delay: 0u32 };
	for logs in [
		vec![scheduled(vec![], 0)],
		vec![scheduled(chain::authorities(&[2, 2]), 0)],
		vec![scheduled(weightless, 0)],
		vec![scheduled(heavy, 0)],
		vec![scheduled(chain::authorities(&[2]), 1)],
		vec![ConsensusLog::ForcedChange(0, good())],
		vec![ConsensusLog::ScheduledChange(good()), ConsensusLog::ScheduledChange(good())],
	] {
		let mut change = block(genesis, 5, H256::zero(), None);
		for log in logs {
			change.digest_mut().push(DigestItem::Consensus(GRANDPA_ENGINE_ID, log.encode()));
		}
		assert_eq!(part(with(vec![change_of(&change)])), Part::Finality);
	}
}
