//! Values in every notation.

use crate::documents::check_value;
use credio_view::{
	Type,
	value::{Dates, DecimalMark, Notation, Numbers},
};

const TYPES: [Type; 9] = [
	Type::Text,
	Type::Integer,
	Type::Decimal { scale: 0 },
	Type::Decimal { scale: 2 },
	Type::Decimal { scale: 4 },
	Type::Decimal { scale: 9 },
	Type::Date,
	Type::Timestamp,
	Type::Boolean,
];
const CODES: [&str; 16] = [
	"2", "3", "4", "101", "102", "201", "202", "203", "204", "205", "301", "302", "303", "304",
	"610", "718",
];
const PATTERNS: [&str; 5] =
	["%d.%m.%Y", "%m/%d/%y", "%Y-%m-%dT%H:%M:%S%.f%z", "%b %d, %Y", "%d.%m.%Y %H:%M"];

/// Reads a text as every type: one byte selects the notation of numbers, one that of dates.
pub(crate) fn run(data: &[u8]) {
	let [numbers, dates, text @ ..] = data else { return };
	let (numbers, dates) = (usize::from(*numbers), usize::from(*dates));
	let Ok(text) = std::str::from_utf8(text) else { return };
	let marks = [DecimalMark::Point, DecimalMark::Comma, DecimalMark::Either];
	let groups = [None, Some('.'), Some(','), Some(' '), Some('\''), Some('_')];
	let decimal_mark = marks[numbers % 3];
	let thousands = groups[numbers / 3 % 6].filter(|group| match decimal_mark {
		DecimalMark::Point => *group != '.',
		DecimalMark::Comma => *group != ',',
		DecimalMark::Either => false,
	});
	let implied_decimals = u8::try_from(numbers / 18 % 10).unwrap_or_default();
	let dates = match dates % 32 {
		0 => Dates::Iso,
		1 => Dates::Compact,
		2 => Dates::Ofx,
		n @ 3..8 => Dates::Pattern(PATTERNS[n - 3]),
		n @ 8..24 => Dates::Code(CODES[n - 8]),
		// A pattern may be anything, too.
		_ => Dates::Pattern(text.split_once('\n').map_or("%F", |(pattern, _)| pattern)),
	};
	let numbers = Numbers { decimal_mark, thousands, implied_decimals };
	let notation = Notation { numbers, dates };
	let text = match dates {
		Dates::Pattern(_) => text.split_once('\n').map_or(text, |(_, text)| text),
		_ => text,
	};
	for ty in TYPES {
		if let Some(value) = ty.parse_as(text.trim(), &notation) {
			check_value(ty, &value);
		}
	}
}
