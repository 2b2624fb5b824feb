//! Verifies an export: its files against its manifest, the manifest against the chain, and the rows against rows that
//! are computed again from the chain.

mod chain;
mod documents;
mod entries;
mod files;
mod verification;

pub use chain::chain;
pub use documents::{Source, documents};
pub use files::files;
pub use verification::Verification;

use crate::manifest::{Manifest, Subject};

/// Describes an export in a sentence.
#[must_use]
pub fn describe(manifest: &Manifest) -> String {
	let what = match &manifest.subject {
		Subject::View { name, digest, filter, history, .. } => {
			let filter =
				filter.as_ref().map_or("all rows".into(), |filter| format!("rows with {filter}"));
			let history = if *history { "replaced ones included" } else { "current ones" };
			format!("view {name} (definition {digest}), {filter}, {history}")
		},
		Subject::Stream { id, owner, name } => {
			format!("stream {name} of organization {owner} ({id}), all entries")
		},
	};
	format!(
		"{what}; as organization {} could read it at block {} ({}) of the chain {}",
		manifest.organization, manifest.at.number, manifest.at.hash, manifest.chain
	)
}
