//! The validators that vote on finality.

use sp_consensus_grandpa::AuthorityList;
use std::collections::HashSet;

/// Maximum number of validators.
pub(crate) const MAX_VALIDATORS: usize = 1_024;

/// A set of validators that vote on finality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VoterSet {
	/// Set id, counted from genesis.
	pub id: u64,
	/// The voters with their weights.
	pub authorities: AuthorityList,
}

/// Checks that a list of validators can vote: each appears once, with weight.
pub(crate) fn check_authorities(authorities: &AuthorityList) -> Result<(), &'static str> {
	if authorities.is_empty() || authorities.len() > MAX_VALIDATORS {
		return Err("it names no validators, or too many");
	}
	let distinct = authorities.iter().map(|(id, _)| id).collect::<HashSet<_>>();
	let weight = authorities.iter().try_fold(0u64, |sum, (_, weight)| sum.checked_add(*weight));
	if distinct.len() != authorities.len()
		|| weight.is_none()
		|| authorities.iter().any(|(_, weight)| *weight == 0)
	{
		return Err("it names a validator twice, or without weight");
	}
	Ok(())
}
