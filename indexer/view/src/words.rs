//! Full text: how text is cut into words, and how words are looked for.
//!
//! Both databases are given the words that this module makes, so they find the same. A word is a run of letters and
//! digits, in lower case and without accents. Words are found whole, by their beginning (`stair*`), or one after the
//! other in a phrase (`"stair tread"`). In scripts without spaces between words, each letter is a word, and what is
//! looked for is a phrase of them: any part of a Chinese name finds it.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Words of a row that are kept; PostgreSQL has no place for more positions.
pub const MAX_WORDS: usize = 16_000;
/// Longest word, in characters; longer ones are cut.
pub const MAX_WORD_LENGTH: usize = 64;
/// Most words in one search.
pub const MAX_SEARCHED: usize = 64;
/// Stands between two columns, so that no phrase reaches from one into the other. It is no word.
const BORDER: &str = "\u{b7}";

/// Returns the words of a text.
pub fn words(text: &str) -> Vec<String> {
	let mut words = Vec::new();
	let mut word = String::new();
	let mut length = 0;
	let folded = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
	// Lower case can add an accent.
	for c in folded.filter(|c| !is_combining_mark(*c)).nfc().chain([' ']) {
		let is_word = stands_alone(c);
		if is_word || !c.is_alphanumeric() {
			if !word.is_empty() {
				words.push(std::mem::take(&mut word));
			}
			length = 0;
		}
		if is_word {
			words.push(c.to_string());
		} else if c.is_alphanumeric() {
			let mut own = [0; 4];
			let letters = plain(c).unwrap_or_else(|| c.encode_utf8(&mut own));
			for letter in letters.chars().take(MAX_WORD_LENGTH - length) {
				word.push(letter);
				length += 1;
			}
		}
	}
	words
}

/// Returns the letters of ASCII for a letter that is none with an accent, to Unicode, but is typed as such (CLDR,
/// Latin-ASCII).
fn plain(c: char) -> Option<&'static str> {
	Some(match c {
		'ß' => "ss",
		'æ' => "ae",
		'œ' => "oe",
		'ø' => "o",
		'ł' => "l",
		'đ' | 'ð' => "d",
		'þ' => "th",
		'ħ' => "h",
		'ı' => "i",
		'ŋ' => "n",
		'ŧ' => "t",
		'ƶ' => "z",
		_ => return None,
	})
}

/// Whether it is a letter of a script without spaces between words, or with words of many parts: Thai, Lao, Burmese,
/// Khmer, Chinese, Japanese, Korean, Tibetan.
fn stands_alone(c: char) -> bool {
	c.is_alphanumeric()
		&& matches!(c,
			'\u{0e00}'..='\u{0fff}'
			| '\u{1000}'..='\u{109f}'
			| '\u{1100}'..='\u{11ff}'
			| '\u{1780}'..='\u{17ff}'
			| '\u{3005}'..='\u{3007}'
			| '\u{3040}'..='\u{312f}'
			| '\u{3130}'..='\u{318f}'
			| '\u{31a0}'..='\u{31ff}'
			| '\u{3400}'..='\u{4dbf}'
			| '\u{4e00}'..='\u{9fff}'
			| '\u{a960}'..='\u{a97f}'
			| '\u{ac00}'..='\u{d7ff}'
			| '\u{f900}'..='\u{faff}'
			| '\u{20000}'..='\u{3ffff}')
}

/// Returns the full text of a row for SQLite: words with spaces between them. `None` if there is no word.
#[must_use]
pub fn for_sqlite(texts: &[&str]) -> Option<String> {
	let texts = bounded(texts);
	let texts: Vec<_> = texts.iter().map(|words| words.join(" ")).collect();
	(!texts.is_empty()).then(|| texts.join(&format!(" {BORDER} ")))
}

/// Returns the full text of a row for PostgreSQL: a `tsvector`, as text.
#[must_use]
pub fn for_postgres(texts: &[&str]) -> Option<String> {
	let mut vector = String::new();
	let mut position = 0;
	for words in bounded(texts) {
		for word in words {
			position += 1;
			vector.push_str(&format!("'{word}':{position} "));
		}
		position += 1;
	}
	(!vector.is_empty()).then_some(vector)
}

fn bounded(texts: &[&str]) -> Vec<Vec<String>> {
	let mut room = MAX_WORDS;
	let mut all = Vec::new();
	for text in texts {
		let mut words = words(text);
		words.truncate(room);
		room -= words.len();
		if !words.is_empty() {
			all.push(words);
		}
	}
	all
}

/// A search: all of its terms, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
	terms: Vec<Term>,
}

/// Words that follow one another; of the last one maybe only its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
	words: Vec<String>,
	is_prefix: bool,
}

impl Search {
	/// Reads words, `beginnings*` and `"phrases"`.
	pub fn parse(text: &str) -> Result<Self, &'static str> {
		let mut terms = Vec::new();
		for (number, part) in text.split('"').enumerate() {
			let is_phrase = number % 2 == 1;
			let pieces: Vec<&str> =
				if is_phrase { vec![part] } else { part.split_whitespace().collect() };
			for piece in pieces {
				// A piece such as `HJ-2026` is a phrase of its words, which is how it stands in a document.
				let words = words(piece);
				if !words.is_empty() {
					terms.push(Term { words, is_prefix: piece.ends_with('*') });
				}
			}
		}
		if terms.is_empty() {
			return Err("there is no word to look for");
		}
		if terms.iter().map(|term| term.words.len()).sum::<usize>() > MAX_SEARCHED {
			return Err("there are more than 64 words to look for");
		}
		Ok(Self { terms })
	}

	/// As an FTS5 query.
	#[must_use]
	pub fn for_sqlite(&self) -> String {
		let term = |term: &Term| {
			let star = if term.is_prefix { "*" } else { "" };
			format!("\"{}\"{star}", term.words.join(" "))
		};
		self.terms.iter().map(term).collect::<Vec<_>>().join(" AND ")
	}

	/// As a `tsquery`.
	#[must_use]
	pub fn for_postgres(&self) -> String {
		let term = |term: &Term| {
			let star = if term.is_prefix { ":*" } else { "" };
			let words: Vec<_> = term.words.iter().map(|word| format!("'{word}'")).collect();
			format!("({}{star})", words.join(" <-> "))
		};
		self.terms.iter().map(term).collect::<Vec<_>>().join(" & ")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn words_are_folded() {
		let text = "Segelmacherei Albrecht & Töchter OHG, HJ-2026-0417; ＡＢ İstanbul 420 g/m²";
		let is = "segelmacherei albrecht tochter ohg hj 2026 0417 ab istanbul 420 g m2";
		assert_eq!(words(text).join(" "), is);
		assert_eq!(
			words("Łódź, Straße, Ørsted, Æbeltoft Đorđe").join(" "),
			"lodz strasse orsted aebeltoft dorde"
		);
	}

	#[test]
	fn any_part_of_a_name_without_spaces_finds_it() {
		let has = |text: &str, searched: &str| {
			let search = Search::parse(searched).expect("words");
			let all = format!(" {} ", words(text).join(" "));
			search.terms.iter().all(|term| all.contains(&format!(" {} ", term.words.join(" "))))
		};
		let name = "深圳市前海微众科技有限公司";
		for part in ["微众", "科技", "深圳", "有限公司", name, "前海 公司"] {
			assert!(has(name, part), "{part}");
		}
		assert!(!has(name, "众微"));
		assert!(has("株式会社ミドリ銀行 Tokyo", "ミドリ tokyo"));
		assert!(has("주식회사 한국은행", "은행"));
		assert!(has("ธนาคารกรุงเทพ", "กรุงเทพ"));
		// Letters of one word stay together.
		assert_eq!(words("ABC微众123"), ["abc", "微", "众", "123"]);
	}

	#[test]
	fn words_are_cut_by_the_letters_that_they_have_when_folded() {
		let word = "ß".repeat(MAX_WORD_LENGTH);
		assert_eq!(words(&word), ["s".repeat(MAX_WORD_LENGTH)]);
		assert_eq!(words(&words(&word)[0]), words(&word));
	}

	#[test]
	fn searches_are_quoted() {
		let search = Search::parse(r#"oak "Stair tread" hand* HJ-2026"#).unwrap();
		assert_eq!(search.for_sqlite(), r#""oak" AND "stair tread" AND "hand"* AND "hj 2026""#);
		assert_eq!(
			search.for_postgres(),
			"('oak') & ('stair' <-> 'tread') & ('hand':*) & ('hj' <-> '2026')"
		);
		assert!(Search::parse(" - ").is_err());
		assert!(Search::parse(&"a ".repeat(MAX_SEARCHED + 1)).is_err());
	}

	proptest! {
		#[test]
		fn words_hold_letters_and_digits_only(text in ".{0,80}") {
			for word in words(&text) {
				prop_assert!(word.chars().all(char::is_alphanumeric), "{word}");
				prop_assert!(word.chars().count() <= MAX_WORD_LENGTH);
				prop_assert_eq!(words(&word), vec![word]);
			}
		}
	}
}
