//! The way from a trusted block to the proven one, by the votes of the validators in between.
//!
//! Each link is a block with the votes that finalized it. All but the last have changed the validators: their headers
//! name the next ones.

use crate::{
	Header, Part, Refused, Trusted,
	voters::{MAX_VALIDATORS, VoterSet, check_authorities},
};
use codec::DecodeAll;
use credio_primitives::{BlockNumber, rpc::FinalizedBlockJson};
use sp_consensus_grandpa::{
	AuthorityId, AuthorityList, ConsensusLog, GRANDPA_ENGINE_ID, GrandpaJustification,
};
use sp_core::H256;
use sp_runtime::{DigestItem, traits::Header as _};
use std::collections::HashMap;

/// Maximum number of links, and so of validator changes between the trusted block and the proven one.
const MAX_LINKS: usize = 16 * 1024;
/// Maximum number of votes and headers in one justification.
const MAX_VOTES: usize = 2 * MAX_VALIDATORS;
const MAX_HEADERS: usize = 4_096;

/// A block that is proven to be final.
#[derive(Debug)]
pub(crate) struct Finalized {
	/// Its header.
	pub header: Header,
	/// Its hash.
	pub hash: H256,
	/// The validators that vote on its successors.
	pub next_voters: VoterSet,
	/// Number of validator changes on the way.
	pub changes: usize,
	/// Number of validators that voted for it, and of all.
	pub votes: (usize, usize),
}

/// Follows the links from a trusted block.
pub(crate) fn follow(
	trusted: &Trusted,
	links: &[FinalizedBlockJson],
) -> Result<Finalized, Refused> {
	let refused = |reason: String| Part::Finality.refused(reason);
	if links.len() > MAX_LINKS {
		return Err(refused(format!("more than {MAX_LINKS} blocks")));
	}
	let (mut voters, mut number) = (trusted.voters.clone(), trusted.block.number);
	let mut last = None;
	for (position, link) in links.iter().enumerate() {
		let at = |reason: &str| refused(format!("block {position} of {}: {reason}", links.len()));
		let header = Header::decode_all(&mut link.header.0.as_slice())
			.map_err(|_| at("its header cannot be read"))?;
		let justification =
			GrandpaJustification::<Header>::decode_all(&mut link.justification.0.as_slice())
				.map_err(|_| at("its justification cannot be read"))?;
		if header.number <= number {
			return Err(at("it is not after the one before"));
		}
		let hash = header.hash();
		let voted = check_votes(&justification, hash, header.number, &voters).map_err(&at)?;
		let votes = (voted, voters.authorities.len());
		let is_last = position + 1 == links.len();
		match next_authorities(&header).map_err(&at)? {
			Some(authorities) => {
				let id = voters.id.checked_add(1).ok_or_else(|| at("too many changes"))?;
				voters = VoterSet { id, authorities };
			},
			None if is_last => {},
			None => return Err(at("it does not change the validators, and is not the last one")),
		}
		number = header.number;
		last = Some((header, hash, votes));
	}
	let (header, hash, votes) = last.ok_or_else(|| refused("there is no block in it".into()))?;
	Ok(Finalized { header, hash, next_voters: voters, changes: links.len() - 1, votes })
}

/// Returns the validators that a block appoints, if any.
fn next_authorities(header: &Header) -> Result<Option<AuthorityList>, &'static str> {
	let mut found = None;
	for item in header.digest().logs() {
		let DigestItem::Consensus(GRANDPA_ENGINE_ID, log) = item else { continue };
		let log = ConsensusLog::<BlockNumber>::decode_all(&mut log.as_slice())
			.map_err(|_| "its header has an unreadable message about finality")?;
		match log {
			ConsensusLog::ScheduledChange(change) if change.delay == 0 && found.is_none() => {
				check_authorities(&change.next_authorities)?;
				found = Some(change.next_authorities);
			},
			ConsensusLog::ScheduledChange(_) | ConsensusLog::ForcedChange(..) => {
				return Err("it changes the validators in a way that cannot be followed");
			},
			// Irrelevant for votes.
			ConsensusLog::OnDisabled(_) | ConsensusLog::Pause(_) | ConsensusLog::Resume(_) => {},
		}
	}
	Ok(found)
}

/// Whether a block changes the validators in any way.
pub(crate) fn changes_authorities(header: &Header) -> bool {
	!matches!(next_authorities(header), Ok(None))
}

/// Checks that more than two thirds of the voters voted for this block or a successor. Returns the number of their
/// votes.
pub(crate) fn check_votes(
	justification: &GrandpaJustification<Header>,
	hash: H256,
	number: BlockNumber,
	voters: &VoterSet,
) -> Result<usize, &'static str> {
	let GrandpaJustification { round, commit, votes_ancestries } = justification;
	if (commit.target_hash, commit.target_number) != (hash, number) {
		return Err("its justification is of another block");
	}
	if commit.precommits.len() > MAX_VOTES || votes_ancestries.len() > MAX_HEADERS {
		return Err("its justification is too long");
	}
	let weights = voters.authorities.iter().map(|(id, weight)| (id, *weight)).collect();
	let weights: HashMap<&AuthorityId, u64> = weights;
	let parents = votes_ancestries
		.iter()
		.map(|header| (header.hash(), header.parent_hash))
		.collect::<HashMap<_, _>>();
	if parents.len() != votes_ancestries.len() {
		return Err("its justification has a header twice");
	}

	let mut voted = HashMap::new();
	let mut buffer = Vec::new();
	// The visited blocks, and whether each leads to the block.
	let mut walked = HashMap::from([(hash, true)]);
	for signed in &commit.precommits {
		let message = sp_consensus_grandpa::Message::<Header>::Precommit(signed.precommit.clone());
		let signature = sp_consensus_grandpa::check_message_signature_with_buffer(
			&message,
			&signed.id,
			&signed.signature,
			*round,
			voters.id,
			&mut buffer,
		);
		if !signature.is_valid() {
			return Err("a vote for it is not signed as it has to be");
		}
		let mut path = Vec::new();
		let mut present = signed.precommit.target_hash;
		let leads_there = loop {
			if let Some(known) = walked.get(&present) {
				break *known;
			}
			match parents.get(&present) {
				Some(parent) => path.push(std::mem::replace(&mut present, *parent)),
				None => break false,
			}
		};
		walked.extend(path.into_iter().map(|hash| (hash, leads_there)));
		if let (true, Some(weight)) = (leads_there, weights.get(&signed.id)) {
			voted.insert(&signed.id, *weight);
		}
	}
	if !parents.keys().all(|header| walked.contains_key(header)) {
		return Err("its justification has headers that no vote needs");
	}
	// The sum was checked for overflow when the voters were decoded.
	let total = weights.values().fold(0u64, |sum, weight| sum.saturating_add(*weight));
	let for_it = voted.values().fold(0u64, |sum, weight| sum.saturating_add(*weight));
	let threshold = total.saturating_sub(total.saturating_sub(1) / 3);
	if total == 0 || for_it < threshold {
		return Err("too few validators voted for it");
	}
	Ok(voted.len())
}
