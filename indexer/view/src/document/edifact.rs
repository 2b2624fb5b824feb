//! UN/EDIFACT: every message that a view takes is a row.

mod syntax;

pub(super) use self::syntax::{Message, Segment, parse};

use self::syntax::is_named;
use super::{
	budget::{Budget, MAX_ROWS},
	reason::Reason,
	row::{Found, Text, Values, is_marked, row, too_many_rows},
};
use crate::{
	path::{Component, SegmentPath, Work},
	view::{Place, View},
};
use std::borrow::Cow;

/// Returns the rows of messages. `what` names one of them.
pub(super) fn rows(
	view: &View,
	messages: &[Message],
	what: &str,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let mut rows = Vec::new();
	let mut is_taken = false;
	for (number, message) in messages.iter().enumerate() {
		let find = |place: &Place, work: &mut Work| {
			work.spend(message.segments.len() + message.envelope.len());
			work.check()?;
			Ok::<_, Reason>(find(message, place))
		};
		if !is_marked(&view.marks, budget, find)? {
			continue;
		}
		is_taken = true;
		if rows.len() >= MAX_ROWS {
			return Err(too_many_rows());
		}
		let row = row(view, message.notation, budget, find);
		rows.extend(row.map_err(|reason| match messages.len() {
			1 => reason,
			_ => reason.of(what, number),
		})?);
	}
	Ok(is_taken.then_some(rows))
}

fn find<'a>(message: &'a Message, place: &Place) -> Found<'a> {
	match place {
		Place::Text => vec![Some(Text::from(message.text.as_str()))],
		Place::Segment(path) => {
			let segments = message.segments.iter().chain(message.envelope.iter());
			segments.filter_map(|segment| value(segment, path)).map(Some).collect()
		},
		_ => Vec::new(),
	}
}

fn value<'a>(segment: &'a Segment, path: &SegmentPath) -> Option<Text<'a>> {
	let component = |(element, component): (usize, usize)| {
		segment.get(element)?.get(component.checked_sub(1)?).map(String::as_str)
	};
	if !is_named(segment, &path.tag)
		|| !path.conditions.iter().all(|(place, is)| component(*place) == Some(is))
	{
		return None;
	}
	let (element, at) = path.value;
	match at {
		Component::One(at) => {
			let text = Cow::Borrowed(component((element, at))?);
			// In the segment DTM, the format stands behind the date (C507).
			let date_code = (path.tag == "DTM").then(|| component((element, at + 1))).flatten();
			let date_code = date_code.filter(|code| !code.is_empty());
			Some(Text { text, date_code })
		},
		Component::All => {
			let parts = segment.get(element)?.iter().map(|part| part.trim());
			let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
			Some(Text { text: Cow::Owned(parts.join(" ")), date_code: None })
		},
	}
}
