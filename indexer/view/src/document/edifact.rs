//! UN/EDIFACT: segments of elements of components.

use super::{
	budget::Budget,
	reason::Reason,
	row::{Found, Values, is_marked, row},
};
use crate::{
	path::{SegmentPath, Work},
	view::{Place, View},
};
use std::borrow::Cow;

type Segment = Vec<Vec<String>>;

pub(super) fn rows(
	view: &View,
	text: &str,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let segments = parse(text)?;
	let find = |place: &Place, work: &mut Work| {
		work.spend(segments.len());
		work.check()?;
		Ok::<_, Reason>(find(&segments, text, place))
	};
	if !is_marked(&view.marks, budget, find)? {
		return Ok(None);
	}
	Ok(Some(vec![row(view, budget, find)?]))
}

fn find<'a>(segments: &'a [Segment], text: &'a str, place: &Place) -> Found<'a> {
	match place {
		Place::Text => vec![Some(Cow::Borrowed(text))],
		Place::Segment(path) => {
			let values = segments.iter().filter_map(|segment| value(segment, path));
			values.map(|value| Some(Cow::Borrowed(value))).collect()
		},
		_ => Vec::new(),
	}
}

fn value<'a>(segment: &'a Segment, path: &SegmentPath) -> Option<&'a str> {
	let component = |(element, component): (usize, usize)| {
		// Element 0 is the segment's name.
		segment.get(element)?.get(component - 1).map(String::as_str)
	};
	let is_tag = segment.first()?.first()? == &path.tag;
	let fits = path.conditions.iter().all(|(place, is)| component(*place) == Some(is));
	if is_tag && fits { component(path.value) } else { None }
}

fn parse(text: &str) -> Result<Vec<Segment>, Reason> {
	let text = text.trim_start();
	let service: Vec<char> =
		text.strip_prefix("UNA").map(|rest| rest.chars().take(6).collect()).unwrap_or_default();
	let (component, element, release, end, text) = match service[..] {
		[component, element, _, release, _, end] => {
			let length: usize = 3 + service.iter().map(|c| c.len_utf8()).sum::<usize>();
			(component, element, release, end, text.get(length..).unwrap_or_default())
		},
		_ => (':', '+', '?', '\'', text),
	};
	if !text.trim_start().starts_with("UN") {
		return Err(Reason::new("it is no EDIFACT: it does not begin with UNA, UNB or UNH"));
	}
	let mut segments = Vec::new();
	let mut segment: Segment = vec![vec![String::new()]];
	let mut characters = text.chars();
	let mut is_open = false;
	while let Some(c) = characters.next() {
		let literal = if c == end {
			segments.push(std::mem::replace(&mut segment, vec![vec![String::new()]]));
			is_open = false;
			continue;
		} else if c == element {
			segment.push(vec![String::new()]);
			continue;
		} else if c == component {
			if let Some(element) = segment.last_mut() {
				element.push(String::new());
			}
			continue;
		} else if c == release && release != ' ' {
			characters.next()
		} else if matches!(c, '\n' | '\r') || (!is_open && c == ' ') {
			// Lines are for people.
			None
		} else {
			Some(c)
		};
		if let (Some(c), Some(text)) =
			(literal, segment.last_mut().and_then(|element| element.last_mut()))
		{
			text.push(c);
			is_open = true;
		}
	}
	if is_open {
		return Err(Reason::new("it is no EDIFACT: its last segment does not end"));
	}
	Ok(segments)
}
