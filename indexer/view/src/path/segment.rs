//! Paths into EDIFACT: `BGM[2]` is the second element of the first segment BGM, `DTM[1.1="137"][1.2]` the second
//! component of the first element, in the segment DTM with the first component 137.

use super::{error::PathError, scan::Scanner};

/// An element of a segment, and its component: both counted from 1.
pub(super) type Place = (usize, usize);

/// A path to one component of the segments of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPath {
	/// Name of the segment.
	pub tag: String,
	/// Required values of components.
	pub conditions: Vec<(Place, String)>,
	/// Place of the value.
	pub value: Place,
}

impl SegmentPath {
	/// Reads a path.
	pub fn parse(path: &str) -> Result<Self, PathError> {
		let mut scanner = Scanner::new(path)?;
		let tag = scanner.take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
		if tag.len() != 3 {
			return Err(scanner.error("expected the name of a segment, three capital letters"));
		}
		let mut conditions = Vec::new();
		loop {
			scanner.expect("[")?;
			scanner.step()?;
			let place = place(&mut scanner)?;
			if scanner.take("=") {
				conditions.push((place, scanner.quoted()?.to_owned()));
				scanner.expect("]")?;
				continue;
			}
			scanner.expect("]")?;
			if !scanner.is_at_end() {
				return Err(scanner.error("expected the end"));
			}
			return Ok(Self { tag: tag.into(), conditions, value: place });
		}
	}
}

fn place(scanner: &mut Scanner<'_>) -> Result<Place, PathError> {
	let element = scanner.number()?;
	let component = if scanner.take(".") { scanner.number()? } else { 1 };
	match (usize::try_from(element), usize::try_from(component)) {
		(Ok(element @ 1..), Ok(component @ 1..)) => Ok((element, component)),
		_ => Err(scanner.error("elements and components are counted from 1")),
	}
}
