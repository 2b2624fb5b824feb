//! Rules of the source tree that a test can check: how folders and crates are laid out, who may depend on whom, that no
//! import runs in a circle, how long a file may be, and how its comments are worded.
//!
//! `docs/architecture.md` explains the rules. [`check`] applies all of them; `cargo run -p credio-tidy` prints what it
//! finds, and the tests of this crate fail on it.

mod imports;
mod layout;
mod lengths;
mod manifests;
mod modules;
mod tree;
mod voice;

pub use lengths::{LONG_FILES, MAX_LINES};
pub use tree::{Crate, Tree};
pub use voice::{Count, PHRASES, Phrase};

use std::{fmt, io, path::Path};

/// A rule that is broken somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
	/// The file or folder, from the root of the repository.
	pub place: String,
	/// The rule.
	pub rule: Rule,
	/// What is wrong, and what to do.
	pub problem: String,
}

impl fmt::Display for Finding {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}: {} ({:?})", self.place, self.problem, self.rule)
	}
}

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
	/// No crate lies inside another, and every crate is a member of the workspace.
	CrateIsAFolder,
	/// Dependencies are declared once, in the workspace root.
	DependenciesDeclaredOnce,
	/// No pallet depends on another pallet, not even in its tests.
	PalletsMeetInSupport,
	/// `primitives` has no FRAME.
	PrimitivesWithoutFrame,
	/// Node and RPC hold no business logic: they do not depend on pallets.
	NodeWithoutPallets,
	/// Clients reach the chain over JSON-RPC only: no node crates, no FRAME.
	ClientsWithoutNode,
	/// No import runs in a circle among the files of a crate.
	NoCircles,
	/// A file is at most [`MAX_LINES`] lines long, or [`LONG_FILES`] says why not.
	FileLength,
	/// Comments use the plain words of the trade.
	PlainWords,
}

/// Checks the repository at `root` against every rule. The findings are sorted by place.
///
/// # Errors
///
/// If a file cannot be read, or is not what its name says: a manifest that is no TOML, a `.rs` file that is no Rust.
pub fn check(root: &Path) -> io::Result<Vec<Finding>> {
	let tree = Tree::read(root)?;
	let mut findings = layout::check(&tree);
	findings.extend(manifests::check(&tree));
	findings.extend(imports::check(&tree)?);
	findings.extend(lengths::check(&tree));
	findings.extend(voice::check(&tree));
	findings.sort();
	Ok(findings)
}
