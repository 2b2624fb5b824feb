//! Ids as people type them: whole, or shortened as tables print them.

use crate::exit::{Failure, Kind};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Hex digits at the start of a shortened id.
const START: usize = 8;
/// Hex digits at the end of a shortened id.
const END: usize = 4;
/// Hex digits of a whole id.
const WHOLE: usize = 64;
/// Matches that an error lists.
const MAX_LISTED: usize = 10;

/// Shortens an id: `0x62bb6f97…a36e`.
pub(crate) fn shortened(id: &impl fmt::Display) -> String {
	let whole = id.to_string();
	match whole.strip_prefix("0x") {
		Some(digits) if digits.len() == WHOLE && digits.is_ascii() => {
			format!("0x{}…{}", &digits[..START], &digits[WHOLE - END..])
		},
		_ => whole,
	}
}

/// An id in the arguments of a command.
///
/// Either whole, or a part that identifies it among the ids that the node, or an outbox, lists: the first eight hex digits
/// or more, or the shortened form of a table.
///
/// A list is the node's word, whether an id was copied from it whole or shortened. The command then reads the object by its
/// whole id, with proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdArg<Id> {
	/// The whole id.
	Whole(Id),
	/// A part of it.
	Part(IdPart),
}

/// Start and end of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdPart {
	start: String,
	end: String,
}

/// The text is neither an id nor a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"an id is 0x and 64 hex digits, its first 8 digits or more (0x62bb6f97), or the short form of a table (0x62bb6f97…a36e)"
)]
pub(crate) struct NotAnId;

impl<Id: FromStr> FromStr for IdArg<Id> {
	type Err = NotAnId;

	fn from_str(text: &str) -> Result<Self, NotAnId> {
		text.parse().map(Self::Whole).or_else(|_| text.parse().map(Self::Part))
	}
}

impl FromStr for IdPart {
	type Err = NotAnId;

	fn from_str(text: &str) -> Result<Self, NotAnId> {
		let digits = text.strip_prefix("0x").ok_or(NotAnId)?;
		let (start, end) = match digits.split_once('…').or_else(|| digits.split_once("...")) {
			Some((_, "")) => return Err(NotAnId),
			Some(parts) => parts,
			None => (digits, ""),
		};
		let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
		let is_part = is_hex(start) && is_hex(end) && start.len() >= START;
		if !is_part || start.len() + end.len() >= WHOLE {
			return Err(NotAnId);
		}
		Ok(Self { start: start.to_ascii_lowercase(), end: end.to_ascii_lowercase() })
	}
}

impl fmt::Display for IdPart {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "0x{}…{}", self.start, self.end)
	}
}

impl IdPart {
	/// Whether the id has this start and end.
	pub(crate) fn matches(&self, id: &impl fmt::Display) -> bool {
		let id = id.to_string();
		let digits = id.strip_prefix("0x").unwrap_or(&id);
		digits.starts_with(&self.start) && digits.ends_with(&self.end)
	}

	/// Returns the only one of `ids` that matches. An id may be listed several times.
	///
	/// # Errors
	///
	/// Fails if none matches, and if several do, with a list of them. `what` names the kind of id.
	pub(crate) fn pick<Id: fmt::Display>(
		&self,
		what: &str,
		ids: impl IntoIterator<Item = Id>,
	) -> Result<Id, Failure> {
		let matching = ids.into_iter().filter(|id| self.matches(id));
		let mut matches: BTreeMap<_, _> = matching.map(|id| (id.to_string(), id)).collect();
		match (matches.pop_first(), matches.len()) {
			(None, _) => Err(Failure::Hinted {
				kind: Kind::NotFound,
				message: format!("no {what} with the id {self} is listed"),
				hint: "give the whole id".into(),
			}),
			(Some((_, id)), 0) => Ok(id),
			(Some((first, _)), others) => {
				let all = std::iter::once(first).chain(matches.into_keys());
				let mut listed = all.take(MAX_LISTED).collect::<Vec<_>>();
				if others >= MAX_LISTED {
					listed.push(format!("and {} more", others + 1 - MAX_LISTED));
				}
				Err(Failure::Hinted {
					kind: Kind::Failed,
					message: format!("the id {self} is ambiguous:\n{}", listed.join("\n")),
					hint: "give more digits, or the whole id".into(),
				})
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::primitives::GrantId;

	fn id(start: [u8; 5], end: u8) -> GrantId {
		let mut bytes = [7; 32];
		bytes[..5].copy_from_slice(&start);
		bytes[31] = end;
		GrantId(bytes)
	}

	fn part(text: &str) -> IdPart {
		match text.parse() {
			Ok(IdArg::<GrantId>::Part(part)) => part,
			other => panic!("{text}: {other:?}"),
		}
	}

	#[test]
	fn shortened_ids_can_be_typed() {
		let grant = id([0x62, 0xbb, 0x6f, 0x97, 1], 0x6e);
		assert_eq!(shortened(&grant), "0x62bb6f97…076e");
		assert_eq!(grant.to_string().parse(), Ok(IdArg::Whole(grant)));
		for text in [&shortened(&grant), "0x62bb6f97...076e", "0x62bb6f97", "0x62BB6F9701"] {
			assert!(part(text).matches(&grant), "{text}");
			assert_eq!(part(text).pick("grant", [grant, grant]).ok(), Some(grant));
		}
		assert_eq!(shortened(&"INV-4711"), "INV-4711");
	}

	#[test]
	fn short_or_malformed_ids_are_rejected() {
		let long = format!("0x{}", "1".repeat(65));
		for text in
			["", "0x", "0x62bb6f9", "62bb6f97", "0x62bb6f97…", "0x62bb6f9z", "0x…a36e", &long]
		{
			assert_eq!(text.parse::<IdArg<GrantId>>(), Err(NotAnId), "{text}");
		}
	}

	#[test]
	fn ambiguous_ids_are_rejected_with_all_matches() {
		let (first, second) = (id([1, 2, 3, 4, 5], 1), id([1, 2, 3, 4, 6], 1));
		let error = part("0x01020304").pick("grant", [first, second]).unwrap_err().to_string();
		assert!(error.contains("ambiguous"), "{error}");
		assert!(error.contains(&first.to_string()) && error.contains(&second.to_string()));
		assert_eq!(part("0x0102030406").pick("grant", [first, second]).ok(), Some(second));
	}

	#[test]
	fn long_lists_of_matches_are_cut() {
		let ids = (0..50).map(|end| id([1, 2, 3, 4, 5], end));
		let error = part("0x01020304").pick("grant", ids).unwrap_err().to_string();
		assert!(error.contains("\nand 40 more"), "{error}");
	}

	#[test]
	fn unlisted_ids_are_not_found() {
		let error = part("0x01020304…aaaa").pick("grant", [id([1, 2, 3, 4, 5], 1)]).unwrap_err();
		assert_eq!(error.explain().kind, Kind::NotFound);
	}
}
