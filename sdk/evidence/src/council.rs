//! The seats of the council, as the state has them.

use codec::DecodeAll;
use credio_primitives::AccountId;

/// Maximum number of a council's seats, and of signatures: a checkpoint may have those of several councils.
pub(crate) const MAX_SEATS: usize = 256;

/// Decodes the seats of a council from the state.
pub(crate) fn decode_council(encoded: &[u8]) -> Option<Vec<AccountId>> {
	let seats = Vec::<AccountId>::decode_all(&mut &encoded[..]).ok()?;
	is_council(&seats).then_some(seats)
}

/// Whether these can be a council's seats: within the limit, unique, in ascending order.
pub(crate) fn is_council(seats: &[AccountId]) -> bool {
	seats.len() <= MAX_SEATS && seats.is_sorted_by(|a, b| a < b)
}

/// Returns the number of seats that have to sign: two thirds, as for root calls of the council.
pub(crate) fn threshold(seats: usize) -> usize {
	seats.saturating_mul(2).div_ceil(3).max(1)
}
