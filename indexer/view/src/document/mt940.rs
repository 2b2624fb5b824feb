//! Statements of accounts as SWIFT MT940, MT942 and MT950: every entry, field 61, is a row.

mod fields;
mod remittance;
mod syntax;

use self::syntax::{Entry, Statement};
use super::{
	budget::{Budget, MAX_ROWS},
	reason::Reason,
	row::{Found, Text, Values, is_marked, row, too_many_rows},
};
use crate::{
	path::{FieldPart, FieldPath, Work},
	value::{Dates, DecimalMark, Notation, Numbers},
	view::{Place, View},
};

/// Amounts have a comma, dates two digits of the year.
const NOTATION: Notation<'static> = Notation {
	numbers: Numbers { decimal_mark: DecimalMark::Comma, thousands: None, implied_decimals: 0 },
	dates: Dates::Compact,
};

pub(super) fn rows(
	view: &View,
	text: &str,
	budget: &mut Budget,
) -> Result<Option<Vec<Values>>, Reason> {
	let statements = syntax::parse(text)?;
	let (mut rows, mut is_taken) = (Vec::new(), false);
	for (number, statement) in statements.iter().enumerate() {
		if !is_marked(&view.marks, budget, |place, work| find(statement, None, place, work))? {
			continue;
		}
		is_taken = true;
		for (entry_number, entry) in statement.entries.iter().enumerate() {
			if rows.len() >= MAX_ROWS {
				return Err(too_many_rows());
			}
			let find = |place: &Place, work: &mut Work| find(statement, Some(entry), place, work);
			let row = row(view, NOTATION, budget, find);
			rows.extend(
				row.map_err(|reason| reason.of("entry", entry_number).of("statement", number))?,
			);
		}
	}
	Ok(is_taken.then_some(rows))
}

/// Returns the value at a place: 61 and 86 are of the entry, all else is of its statement.
fn find<'a>(
	statement: &'a Statement,
	entry: Option<&'a Entry>,
	place: &Place,
	work: &mut Work,
) -> Result<Found<'a>, Reason> {
	work.spend(statement.fields.len());
	work.check()?;
	let Place::Field(FieldPath { tag, part }) = place else { return Ok(Vec::new()) };
	if tag == "86" {
		let Some(text) = entry.and_then(|entry| entry.information.as_deref()) else {
			return Ok(Vec::new());
		};
		work.spend_on(text);
		return Ok(remittance::find(text, part).map(Text::from).map(Some).into_iter().collect());
	}
	let of_entry = entry.map(|entry| &entry.field);
	let fields = statement.fields.iter().chain(of_entry).filter(|field| field.tag == *tag);
	let texts = fields.filter_map(|field| match part {
		FieldPart::Whole => Some(field.text.as_str()),
		FieldPart::Named(name) => field.part(name),
		FieldPart::Numbered(..) | FieldPart::Word(_) => None,
	});
	Ok(texts.map(|text| Some(Text::from(text))).collect())
}
