//! Files stay short enough to be read in one sitting.

use crate::{Finding, Rule, Tree, tree::is_generated};

/// Lines of the longest file that needs no reason.
pub const MAX_LINES: usize = 500;

/// Files that may be longer, each with the reason.
pub const LONG_FILES: [(&str, &str); 0] = [];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
	let mut findings = Vec::new();
	let mut broken = |place: &str, problem| {
		findings.push(Finding { place: place.into(), rule: Rule::FileLength, problem });
	};
	for (path, text) in tree.sources.iter().filter(|(path, _)| !is_generated(path)) {
		let lines = text.lines().count();
		let may_be_long = LONG_FILES.iter().any(|(long, _)| long == path);
		if lines > MAX_LINES && !may_be_long {
			broken(
				path,
				format!("{lines} lines, more than {MAX_LINES}: it holds two ideas, so split it"),
			);
		}
		if lines <= MAX_LINES && may_be_long {
			broken(
				path,
				format!(
					"{lines} lines, and listed as longer than {MAX_LINES}: strike it from the list"
				),
			);
		}
	}
	findings
}
