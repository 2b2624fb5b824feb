//! Paths into EDIFACT and ANSI X12: `BGM[2]` is the second element of the first segment BGM, `DTM[1.1="137"][1.2]` the second
//! component of the first element, in the segment DTM with the first component 137, `NAD[1="SU"][4.*]` all components of
//! the fourth element.

use super::{error::PathError, scan::Scanner};
use std::ops::RangeInclusive;

/// An element of a segment, and its component: both counted from 1.
pub(super) type Place = (usize, usize);

/// Which components of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
	/// One, counted from 1.
	One(usize),
	/// All of them, with spaces between: names and addresses are split in parts.
	All,
}

/// A path to one component, or all of an element, of the segments of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPath {
	/// Name of the segment.
	pub tag: String,
	/// Required values of components.
	pub conditions: Vec<(Place, String)>,
	/// Element of the value, and its components.
	pub value: (usize, Component),
}

impl SegmentPath {
	/// Reads a path into EDIFACT.
	pub fn parse(path: &str) -> Result<Self, PathError> {
		Self::parse_with(path, 3..=3, "expected the name of a segment, three capital letters")
	}

	/// Reads a path into ANSI X12.
	pub fn parse_x12(path: &str) -> Result<Self, PathError> {
		let expected = "expected the name of a segment, two or three capital letters or digits";
		Self::parse_with(path, 2..=3, expected)
	}

	fn parse_with(
		path: &str,
		lengths: RangeInclusive<usize>,
		expected: &str,
	) -> Result<Self, PathError> {
		let mut scanner = Scanner::new(path)?;
		let tag = scanner.take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
		if !lengths.contains(&tag.len()) {
			return Err(scanner.error(expected));
		}
		let mut conditions = Vec::new();
		loop {
			scanner.expect("[")?;
			scanner.step()?;
			let (element, component) = place(&mut scanner)?;
			if scanner.take("=") {
				let Component::One(component) = component else {
					return Err(scanner.error("a condition is on one component, not on all"));
				};
				conditions.push(((element, component), scanner.quoted()?.to_owned()));
				scanner.expect("]")?;
				continue;
			}
			scanner.expect("]")?;
			if !scanner.is_at_end() {
				return Err(scanner.error("expected the end"));
			}
			return Ok(Self { tag: tag.into(), conditions, value: (element, component) });
		}
	}
}

fn place(scanner: &mut Scanner<'_>) -> Result<(usize, Component), PathError> {
	let element = scanner.number()?;
	let has_component = scanner.take(".");
	if has_component && scanner.take("*") {
		return match usize::try_from(element) {
			Ok(element @ 1..) => Ok((element, Component::All)),
			_ => Err(scanner.error("elements are counted from 1")),
		};
	}
	let component = if has_component { scanner.number()? } else { 1 };
	match (usize::try_from(element), usize::try_from(component)) {
		(Ok(element @ 1..), Ok(component @ 1..)) => Ok((element, Component::One(component))),
		_ => Err(scanner.error("elements and components are counted from 1")),
	}
}
