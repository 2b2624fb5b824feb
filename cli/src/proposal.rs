//! Proposals to the council.

use crate::output;
use credio_client::Proposed;

/// Prints to standard error that a proposal waits for votes, if it does.
pub(crate) fn print_proposal(proposed: &Proposed) {
	match proposed {
		Proposed::CarriedOut => {},
		Proposed::Waits(motion) => output::note(&format!(
			"proposed; other members of the council vote on it with: credio council vote {motion}"
		)),
	}
}
