//! Comments use the plain words of the trade.
//!
//! Phrases are counted per 10,000 words of comments, over the whole repository. The limits are twice what a code base has
//! that is known for its prose (jj).

use crate::{Finding, Rule, Tree, tree::is_generated};

/// A phrase, and how often comments may have it.
#[derive(Debug)]
pub struct Phrase {
	/// What it is called in a finding.
	pub name: &'static str,
	/// The words that count, in lower case.
	pub words: &'static [&'static str],
	/// Fewest and most uses per 10,000 words.
	pub allowed: std::ops::RangeInclusive<f64>,
	/// What to write.
	pub advice: &'static str,
}

/// The phrases that are counted.
pub const PHRASES: [Phrase; 5] = [
	Phrase {
		name: "of which, whose, in which",
		words: &["of which", "whose", "in which"],
		allowed: 0.0..=6.0,
		advice: "make two sentences",
	},
	Phrase {
		name: "what is, what was",
		words: &["what is", "what was"],
		allowed: 0.0..=2.0,
		advice: "name the thing",
	},
	Phrase {
		name: "told, tells",
		words: &["told", "tells"],
		allowed: 0.0..=2.0,
		advice: "write returns, reports, sends, logs",
	},
	Phrase { name: "answers", words: &["answers"], allowed: 0.0..=0.5, advice: "write returns" },
	Phrase {
		name: "returns",
		words: &["returns"],
		allowed: 15.0..=f64::INFINITY,
		advice: "say what a function returns",
	},
];

/// How often a phrase was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Count {
	/// Uses.
	pub uses: usize,
	/// Words of comments.
	pub words: usize,
}

impl Count {
	/// Uses per 10,000 words.
	#[must_use]
	pub fn rate(&self) -> f64 {
		self.uses as f64 * 10_000.0 / self.words.max(1) as f64
	}
}

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
	let sources = tree.sources.iter().filter(|(path, _)| !is_generated(path));
	// This crate has to name what it counts.
	let sources = sources.filter(|(path, _)| !path.starts_with("testing/tidy/"));
	let comments = sources.map(|(path, text)| (path, comments(text))).collect::<Vec<_>>();
	let words = comments.iter().map(|(_, text)| text.split(' ').count()).sum();
	let mut findings = Vec::new();
	for phrase in &PHRASES {
		let mut uses =
			comments.iter().map(|(path, text)| (uses(text, phrase), *path)).collect::<Vec<_>>();
		let count = Count { uses: uses.iter().map(|(uses, _)| uses).sum(), words };
		if phrase.allowed.contains(&count.rate()) {
			continue;
		}
		uses.sort_by(|a, b| b.cmp(a));
		let most = uses.iter().take(5).map(|(uses, path)| format!("{path} ({uses})"));
		findings.push(Finding {
			place: "comments".into(),
			rule: Rule::PlainWords,
			problem: format!(
				"\"{}\" stands {} times, {:.1} in 10,000 words, where {:?} are allowed: {}. Most in {}",
				phrase.name,
				count.uses,
				count.rate(),
				phrase.allowed,
				phrase.advice,
				most.collect::<Vec<_>>().join(", ")
			),
		});
	}
	findings
}

/// The words of all comments that have a line of their own, in lower case, one space between them.
fn comments(text: &str) -> String {
	let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("//"));
	let words = lines.flat_map(|line| line.trim_start_matches(['/', '!']).split_whitespace());
	words.collect::<Vec<_>>().join(" ").to_lowercase()
}

fn uses(text: &str, phrase: &Phrase) -> usize {
	let is_letter = |c: char| c.is_alphanumeric() || c == '_';
	let count = |words: &&str| {
		let found = text.match_indices(*words);
		let whole = found.filter(|(at, _)| {
			!text[..*at].ends_with(is_letter) && !text[at + words.len()..].starts_with(is_letter)
		});
		whole.count()
	};
	phrase.words.iter().map(count).sum()
}
