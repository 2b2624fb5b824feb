//! ANSI X12: interchanges of groups of transaction sets. Every transaction set that a view takes is a row.
//!
//! The header ISA has a fixed length, and names the signs of its interchange by what stands at their places. Control
//! numbers and counts of the trailers are checked: a set that is cut off, or put together from two, does not fit.

use super::{
	edifact::{Message, Segment},
	reason::Reason,
};
use crate::value::{Dates, Notation};
use std::rc::Rc;

/// Lengths of the elements of ISA.
const HEADER: [usize; 16] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];
/// Length of ISA with the sign that ends it.
const HEADER_LENGTH: usize = 106;
/// The first version in which ISA names a sign for repetitions.
const WITH_REPETITIONS: &str = "00402";

const NOTATION: Notation<'static> = Notation { dates: Dates::Compact, ..Notation::ISO };

/// The signs of an interchange.
#[derive(Clone, Copy)]
struct Signs {
	element: char,
	component: char,
	repetition: Option<char>,
	end: char,
}

/// What may stand between segments: lines, and the ends of files of older systems.
fn is_filling(c: char) -> bool {
	matches!(c, ' ' | '\t' | '\r' | '\n' | '\0' | '\u{1a}')
}

/// Returns the transaction sets of all interchanges.
pub(super) fn parse(text: &str) -> Result<Vec<Message>, Reason> {
	let mut reader = Reader { text, at: 0, segments: 0 };
	reader.skip_filling();
	let mut sets = Vec::new();
	loop {
		reader.interchange(&mut sets)?;
		if reader.rest().is_empty() {
			return Ok(sets);
		}
	}
}

struct Reader<'a> {
	text: &'a str,
	at: usize,
	/// Segments that were read.
	segments: usize,
}

/// A header, and how many parts there were at it.
struct Open {
	header: Segment,
	before: usize,
}

impl<'a> Reader<'a> {
	fn rest(&self) -> &'a str {
		self.text.get(self.at..).unwrap_or_default()
	}

	fn skip_filling(&mut self) {
		let rest = self.rest();
		self.at += rest.len() - rest.trim_start_matches(is_filling).len();
	}

	/// Returns the reason with the segment that was read last.
	fn wrong(&self, problem: &str) -> Reason {
		Reason::new(format!("it is no X12: segment {} {problem}", self.segments))
	}

	/// Reads ISA.
	fn header(&mut self) -> Result<(Signs, Segment), Reason> {
		self.segments += 1;
		let header = self.rest().get(..HEADER_LENGTH).filter(|header| header.is_ascii());
		let header = header.filter(|header| header.starts_with("ISA"));
		let header = header.ok_or_else(|| self.wrong("is no ISA of 106 signs"))?;
		let (mut rest, element) = match header.get(3..).map(|rest| (rest, rest.chars().next())) {
			Some((rest, Some(element))) => (rest, element),
			_ => return Err(self.wrong("is no ISA of 106 signs")),
		};
		let mut segment = vec![vec!["ISA".to_owned()]];
		for length in HEADER {
			let value = rest.strip_prefix(element).and_then(|rest| rest.split_at_checked(length));
			let (value, after) =
				value.ok_or_else(|| self.wrong("has an element of another length than ISA has"))?;
			segment.push(vec![value.to_owned()]);
			rest = after;
		}
		let sign = |number: usize| -> Option<char> { segment.get(number)?.first()?.chars().next() };
		let version = segment.get(12).and_then(|element| element.first());
		let has_repetitions = version.is_some_and(|version| version.as_str() >= WITH_REPETITIONS);
		let repetition = sign(11).filter(|c| has_repetitions && !c.is_ascii_alphanumeric());
		let (Some(component), Some(end)) = (sign(16), rest.chars().next()) else {
			return Err(self.wrong("is no ISA of 106 signs"));
		};
		let signs = Signs { element, component, repetition, end };
		let all: Vec<char> = [element, component, end].into_iter().chain(repetition).collect();
		let is_twice = (1..all.len()).any(|n| all.iter().skip(n).any(|c| *c == all[n - 1]));
		if is_twice || all.iter().any(|c| c.is_ascii_alphanumeric() || *c == ' ') {
			return Err(self.wrong("names one sign twice, or letters, digits or spaces"));
		}
		self.at += HEADER_LENGTH;
		self.skip_filling();
		Ok((signs, segment))
	}

	/// Reads one interchange.
	fn interchange(&mut self, sets: &mut Vec<Message>) -> Result<(), Reason> {
		let (signs, header) = self.header()?;
		let mut groups = 0;
		loop {
			let segment = self.segment(&signs)?;
			match name(&segment) {
				"GS" => {
					self.group(&signs, &header, segment, sets)?;
					groups += 1;
				},
				// Acknowledges another interchange.
				"TA1" => {},
				"IEA" => return self.check_trailer(&segment, &header, 13, groups),
				_ => return Err(self.wrong("stands outside of a group")),
			}
		}
	}

	fn group(
		&mut self,
		signs: &Signs,
		interchange: &Segment,
		header: Segment,
		sets: &mut Vec<Message>,
	) -> Result<(), Reason> {
		let envelope = Rc::new(vec![interchange.clone(), header.clone()]);
		let open = Open { header, before: sets.len() };
		loop {
			let start = self.at;
			let segment = self.segment(signs)?;
			match name(&segment) {
				"ST" => {
					let segments = self.set(signs, segment)?;
					let text = self.text.get(start..self.at).unwrap_or_default();
					sets.push(Message {
						envelope: Rc::clone(&envelope),
						segments,
						text: text.to_owned(),
						notation: NOTATION,
					});
				},
				"GE" => {
					let count = sets.len() - open.before;
					return self.check_trailer(&segment, &open.header, 6, count);
				},
				_ => return Err(self.wrong("stands outside of a transaction set")),
			}
		}
	}

	/// Reads a transaction set from behind its ST to its SE.
	fn set(&mut self, signs: &Signs, header: Segment) -> Result<Vec<Segment>, Reason> {
		let mut segments = vec![header];
		loop {
			let segment = self.segment(signs)?;
			match name(&segment) {
				"SE" => {
					let count = segments.len() + 1;
					self.check_trailer(&segment, &segments[0], 2, count)?;
					segments.push(segment);
					return Ok(segments);
				},
				"ISA" | "GS" | "ST" | "GE" | "IEA" => {
					return Err(self.wrong("begins or ends something within a transaction set"));
				},
				_ => segments.push(segment),
			}
		}
	}

	/// Checks that a trailer has the control number of its header, and counts what there is.
	fn check_trailer(
		&self,
		trailer: &Segment,
		header: &Segment,
		control_number: usize,
		count: usize,
	) -> Result<(), Reason> {
		if number(element(trailer, 1)) != Some(count as u64) {
			return Err(self.wrong("counts another number of parts than there are"));
		}
		let (is, of_header) = (element(trailer, 2), element(header, control_number));
		let is_same = match (number(is), number(of_header)) {
			(Some(is), Some(of_header)) => is == of_header,
			_ => is.trim() == of_header.trim() && !is.trim().is_empty(),
		};
		if is_same { Ok(()) } else { Err(self.wrong("has another control number than its header")) }
	}

	/// Reads a segment up to its end.
	fn segment(&mut self, signs: &Signs) -> Result<Segment, Reason> {
		self.segments += 1;
		let (raw, after) = self
			.rest()
			.split_once(signs.end)
			.ok_or_else(|| self.wrong("does not end, as if it were cut off"))?;
		if signs.repetition.is_some_and(|sign| raw.contains(sign)) {
			return Err(self.wrong("repeats an element, which is not read"));
		}
		let elements = raw.split(signs.element);
		let segment: Segment = elements
			.map(|element| element.split(signs.component).map(str::to_owned).collect())
			.collect();
		let name = name(&segment);
		let is_name = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
		if !(2..=3).contains(&name.len()) || !name.bytes().all(is_name) {
			return Err(self.wrong("has no name"));
		}
		self.at = self.text.len() - after.len();
		self.skip_filling();
		Ok(segment)
	}
}

fn element(segment: &Segment, number: usize) -> &str {
	segment.get(number).and_then(|element| element.first()).map_or("", String::as_str)
}

fn name(segment: &Segment) -> &str {
	element(segment, 0)
}

fn number(text: &str) -> Option<u64> {
	let text = text.trim();
	(!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}
