//! Tables for people: a table fits a terminal of 100 columns, unless it is asked for wide.

use crate::values::id::shortened;
use credio_client::primitives::text::Visible;
use std::{fmt::Display, path::Path};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest line of a table that is not wide.
pub(crate) const WIDTH: usize = 100;
/// Spaces between columns.
const GAP: usize = 2;
/// Narrowest that a column of texts gets.
const MIN_TEXT: usize = 6;
/// Narrowest that a column of prose gets before other texts are cut.
const MIN_PROSE: usize = 8;
/// Most characters of a cell, also in a wide table.
const MAX_CELL: usize = 500;

/// The head of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
	name: &'static str,
	only_wide: bool,
}

/// Returns the head of a column that every table has.
pub(crate) const fn head(name: &'static str) -> Head {
	Head { name, only_wide: false }
}

/// Returns the head of a column that only wide tables have.
pub(crate) const fn wide(name: &'static str) -> Head {
	Head { name, only_wide: true }
}

/// Parts of a cell that a narrow column leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
	/// Nothing, since the rest would be another value.
	Never,
	/// The end of a text.
	End,
	/// The start of a path.
	Start,
}

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
	/// For a narrow table.
	narrow: String,
	/// For a wide one.
	wide: String,
	cut: Cut,
	is_id: bool,
	is_prose: bool,
}

impl Cell {
	/// A text, which may be cut.
	pub(crate) fn text(text: impl Display) -> Self {
		let text = visible(&text.to_string());
		let wide = text.clone();
		Self { narrow: text, wide, cut: Cut::End, is_id: false, is_prose: false }
	}

	/// Sentences, such as a purpose or an error, which are cut before names.
	pub(crate) fn prose(text: impl Display) -> Self {
		Self { is_prose: true, ..Self::text(text) }
	}

	/// A text, with another one in wide tables.
	pub(crate) fn texts(narrow: impl Display, wide: impl Display) -> Self {
		let wide = visible(&wide.to_string());
		Self { wide, ..Self::text(narrow) }
	}

	/// A number, a time or one word: never cut.
	pub(crate) fn value(value: impl Display) -> Self {
		Self { cut: Cut::Never, ..Self::text(value) }
	}

	/// A value, or a dash without one.
	pub(crate) fn optional(value: Option<impl Display>) -> Self {
		value.map_or_else(|| Self::value("-"), Self::value)
	}

	/// An id, short in a narrow table.
	pub(crate) fn id(id: &impl Display) -> Self {
		Self { is_id: true, cut: Cut::Never, ..Self::texts(shortened(id), id) }
	}

	/// An id, or a dash without one.
	pub(crate) fn optional_id(id: Option<impl Display>) -> Self {
		id.map_or_else(|| Self::value("-"), |id| Self::id(&id))
	}

	/// An id after its kind.
	pub(crate) fn labelled_id(kind: &str, id: &impl Display) -> Self {
		let narrow = format!("{kind} {}", shortened(id));
		Self { cut: Cut::Never, ..Self::texts(narrow, format_args!("{kind} {id}")) }
	}

	/// A file, which is known by the end of its path.
	pub(crate) fn path(path: &Path) -> Self {
		Self { cut: Cut::Start, ..Self::text(path.display()) }
	}

	/// Adds a word that is never cut off an id or value.
	pub(crate) fn with(mut self, suffix: &str) -> Self {
		self.narrow.push_str(suffix);
		self.wide.push_str(suffix);
		self
	}

	/// The cell in a table of this kind.
	fn shown(&self, is_wide: bool) -> &str {
		if is_wide { &self.wide } else { &self.narrow }
	}

	/// The cell, cut to this width if it may be.
	fn fitted(&self, is_wide: bool, width: usize) -> String {
		let text = self.shown(is_wide);
		match self.cut {
			Cut::Start => cut_start(text, width),
			Cut::Never | Cut::End => cut_end(text, width),
		}
	}
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
	heads: Vec<(String, bool)>,
	rows: Vec<Vec<Cell>>,
}

impl Table {
	/// Makes a table without rows.
	pub(crate) fn new(heads: &[Head]) -> Self {
		let heads = heads.iter().map(|head| (head.name.to_owned(), head.only_wide));
		Self { heads: heads.collect(), rows: Vec::new() }
	}

	/// Makes a table with column names that others chose.
	pub(crate) fn with_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
		let heads = names.into_iter().map(|name| (visible(name), false));
		Self { heads: heads.collect(), rows: Vec::new() }
	}

	/// Makes a table of items, one a row.
	pub(crate) fn of<'a, Item: 'a, const COLUMNS: usize>(
		heads: [Head; COLUMNS],
		items: impl IntoIterator<Item = &'a Item>,
		row: impl Fn(&Item) -> [Cell; COLUMNS],
	) -> Self {
		let rows = items.into_iter().map(|item| row(item).into()).collect();
		Self { rows, ..Self::new(&heads) }
	}

	/// Adds a row.
	pub(crate) fn push(&mut self, row: Vec<Cell>) {
		self.rows.push(row);
	}

	/// Whether it has no rows.
	pub(crate) fn is_empty(&self) -> bool {
		self.rows.is_empty()
	}

	/// Returns the lines of the table.
	pub(crate) fn render(&self, is_wide: bool) -> Vec<String> {
		let mut columns: Vec<usize> =
			(0..self.heads.len()).filter(|column| is_wide || !self.heads[*column].1).collect();
		let mut left_out = 0usize;
		let widths = loop {
			let natural = columns.iter().map(|column| self.width(*column, is_wide));
			let natural = natural.collect::<Vec<_>>();
			if is_wide {
				break natural;
			}
			let least = columns.iter().zip(&natural).map(|(column, natural)| {
				let is_prose = self.cells(*column).any(|cell| cell.is_prose);
				match (self.can_shrink(*column), is_prose) {
					(false, _) => (*natural, *natural),
					(true, false) => (*natural, MIN_TEXT),
					(true, true) => (MIN_PROSE, MIN_TEXT),
				}
			});
			let (first, least): (Vec<_>, Vec<_>) = least.unzip();
			// Prose shrinks first, then all texts.
			let widths = match fit(&natural, &first, WIDTH) {
				Ok(widths) => Ok(widths),
				Err(widths) => fit(&widths, &least, WIDTH),
			};
			if let Ok(widths) = widths {
				break widths;
			}
			// The last column that can be done without: not the first, and not the id of the row.
			let dispensable = (1..columns.len()).rev().find(|place| !self.is_id(columns[*place]));
			if let Some(place) = dispensable {
				columns.remove(place);
				left_out += 1;
			} else {
				let (Ok(widths) | Err(widths)) = fit(&natural, &vec![1; columns.len()], WIDTH);
				break widths;
			}
		};
		let head = columns.iter().zip(&widths).map(|(column, width)| {
			let name = &self.heads[*column].0;
			(cut_end(name, *width), *width)
		});
		let mut lines = vec![line(head), "─".repeat(total(&widths))];
		lines.extend(self.rows.iter().map(|row| {
			let cells = columns.iter().zip(&widths).map(|(column, width)| {
				let cell = row.get(*column).map(|cell| cell.fitted(is_wide, *width));
				(cell.unwrap_or_default(), *width)
			});
			line(cells)
		}));
		if left_out > 0 {
			lines.push(format!("{left_out} more columns: --wide"));
		}
		lines
	}

	fn cells(&self, column: usize) -> impl Iterator<Item = &Cell> {
		self.rows.iter().filter_map(move |row| row.get(column))
	}

	fn width(&self, column: usize, is_wide: bool) -> usize {
		let cells = self.cells(column).map(|cell| cell.shown(is_wide).width()).max();
		cells.unwrap_or_default().max(self.heads[column].0.width())
	}

	fn can_shrink(&self, column: usize) -> bool {
		self.cells(column).all(|cell| cell.cut != Cut::Never || cell.narrow.width() <= MIN_TEXT)
	}

	fn is_id(&self, column: usize) -> bool {
		self.cells(column).any(|cell| cell.is_id)
	}
}

/// Shrinks columns, the widest first and none below its least width, until all fit. Returns the widths as an error if they
/// cannot.
fn fit(natural: &[usize], least: &[usize], width: usize) -> Result<Vec<usize>, Vec<usize>> {
	let mut widths = natural.to_vec();
	while total(&widths) > width {
		let columns = widths.iter_mut().zip(least);
		let shrinkable = columns.filter(|(width, least)| **width > **least).map(|(width, _)| width);
		match shrinkable.max() {
			Some(widest) => *widest -= 1,
			None => return Err(widths),
		}
	}
	Ok(widths)
}

fn total(widths: &[usize]) -> usize {
	widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Joins cells, each padded to its width.
fn line(cells: impl Iterator<Item = (String, usize)>) -> String {
	let mut line = String::new();
	for (text, width) in cells {
		let padding = width.saturating_sub(text.width()) + GAP;
		line.push_str(&text);
		line.push_str(&" ".repeat(padding));
	}
	line.truncate(line.trim_end().len());
	line
}

/// Returns the start of a text that is at most this wide, with a mark where it is cut.
pub(crate) fn cut_end(text: &str, width: usize) -> String {
	if text.width() <= width {
		return text.to_owned();
	}
	let mut cut = taken(text.chars(), width.saturating_sub(1));
	cut.push('…');
	cut
}

/// Returns the end of a text that is at most this wide, with a mark where it is cut.
fn cut_start(text: &str, width: usize) -> String {
	if text.width() <= width {
		return text.to_owned();
	}
	let end = taken(text.chars().rev(), width.saturating_sub(1));
	std::iter::once('…').chain(end.chars().rev()).collect()
}

/// Takes characters up to this width.
fn taken(characters: impl Iterator<Item = char>, width: usize) -> String {
	let mut used = 0;
	let fitting = characters.take_while(|character| {
		used += character.width().unwrap_or_default();
		used <= width
	});
	fitting.collect()
}

/// Returns a text on one line, without characters that steer a terminal, and bounded.
fn visible(text: &str) -> String {
	let mut characters = text.chars();
	let mut bounded: String = characters.by_ref().take(MAX_CELL).collect();
	if characters.next().is_some() {
		bounded.push('…');
	}
	Visible(&bounded).to_string()
}

/// A table that is printed row by row as its rows become known, so that its columns have widths from the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<const COLUMNS: usize> {
	columns: [(&'static str, usize); COLUMNS],
	is_wide: bool,
}

/// Width of a column of ids in a narrow table.
pub(crate) const ID: usize = 15;
/// Width of a column of ids in a wide table.
const WHOLE_ID: usize = 66;

impl<const COLUMNS: usize> Rows<COLUMNS> {
	/// Makes a table with these columns. The last one takes the room that is left, whatever its width here.
	pub(crate) const fn new(columns: [(&'static str, usize); COLUMNS], is_wide: bool) -> Self {
		Self { columns, is_wide }
	}

	/// Returns the head line.
	pub(crate) fn head(&self) -> String {
		self.row(&self.columns.map(|(name, _)| Cell::text(name)))
	}

	/// Returns the line of a row.
	pub(crate) fn row(&self, cells: &[Cell; COLUMNS]) -> String {
		let last = COLUMNS.saturating_sub(1);
		let mut used = 0;
		let cells =
			cells.iter().zip(self.columns).enumerate().map(|(place, (cell, (_, width)))| {
				let width = match width {
					ID if self.is_wide => WHOLE_ID,
					width => width,
				};
				let text = match (self.is_wide, place == last) {
					(true, _) => cell.shown(true).to_owned(),
					(false, true) => cell.fitted(false, WIDTH.saturating_sub(used).max(MIN_TEXT)),
					(false, false) if cell.cut == Cut::Never => cell.narrow.clone(),
					(false, false) => cell.fitted(false, width),
				};
				used += text.width().max(width) + GAP;
				(text, width)
			});
		line(cells.collect::<Vec<_>>().into_iter())
	}
}

/// Checks that a table of a command fits, and that no id or value is cut in it.
#[cfg(test)]
pub(crate) fn assert_fits(table: &Table) {
	assert!(!table.is_empty(), "a table without rows fits anyway");
	let lines = table.render(false);
	for line in &lines {
		assert!(line.width() <= WIDTH, "{}: {line}", line.width());
	}
	let text = lines.join("\n");
	assert!(!text.contains("more columns"), "{text}");
	for row in &table.rows {
		for (cell, (_, only_wide)) in row.iter().zip(&table.heads) {
			assert!(*only_wide || cell.cut != Cut::Never || text.contains(&cell.narrow), "{text}");
			assert!(table.render(true).iter().any(|line| line.contains(&cell.wide)));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_client::primitives::{GrantId, text::is_visible};
	use proptest::prelude::*;

	const GRANT: GrantId = GrantId([0xab; 32]);

	#[test]
	fn long_texts_are_cut_and_ids_are_not() {
		let mut table = Table::new(&[head("grant"), head("purpose"), wide("epoch")]);
		table.push(vec![Cell::id(&GRANT), Cell::text("p".repeat(300)), Cell::value(7)]);
		assert_fits(&table);
		let lines = table.render(false);
		assert!(lines[2].starts_with("0xabababab…abab  ppp") && lines[2].ends_with("p…"));
		assert!(!lines[0].contains("epoch"));
		let lines = table.render(true);
		assert!(lines[0].ends_with("epoch"));
		assert!(lines[2].starts_with(&GRANT.to_string()) && lines[2].ends_with("ppp  7"));
	}

	#[test]
	fn prose_is_cut_before_names() {
		let mut table = Table::new(&[head("name"), head("purpose")]);
		table.push(vec![Cell::text("n".repeat(80)), Cell::prose("p".repeat(80))]);
		let lines = table.render(false);
		assert_eq!(lines[2].matches('n').count(), 80);
		assert_eq!(lines[2].width(), WIDTH);
	}

	#[test]
	fn wide_characters_count_twice() {
		let mut table = Table::new(&[head("name"), head("status")]);
		table.push(vec![Cell::text("票据".repeat(60)), Cell::value("active")]);
		assert_fits(&table);
		assert_eq!(cut_end("票据票据", 6), "票据…");
		assert_eq!(cut_start("票据票据", 6), "…票据");
	}

	#[test]
	fn columns_that_do_not_fit_are_counted() {
		let names = (0..40).map(|n| format!("column {n}")).collect::<Vec<_>>();
		let mut table = Table::with_names(names.iter().map(String::as_str).chain(["record"]));
		let values = names.iter().map(Cell::text).chain([Cell::id(&GRANT)]);
		table.push(values.collect());
		let lines = table.render(false);
		assert!(lines.iter().all(|line| line.width() <= WIDTH), "{lines:#?}");
		assert!(lines[2].ends_with("0xabababab…abab"));
		assert!(lines[3].ends_with("more columns: --wide"));
		assert_eq!(table.render(true)[2].matches("column").count(), 40);
	}

	#[test]
	fn cells_are_bounded_and_stay_on_their_line() {
		assert_eq!(Cell::text("Hollin\nJoinery\u{1b}[8m").wide, "Hollin Joinery\\u{1b}[8m");
		let long = Cell::text("é".repeat(MAX_CELL + 1)).wide;
		assert!(long.chars().count() == MAX_CELL + 1 && long.ends_with('…'));
		assert_eq!(Cell::text("é".repeat(MAX_CELL)).wide, "é".repeat(MAX_CELL));
	}

	#[test]
	fn rows_fit_and_keep_the_end_of_paths() {
		let columns = [("record", ID), ("sequence", 8), ("file", 0)];
		let cells =
			|path: &str| [Cell::id(&GRANT), Cell::value(u64::MAX), Cell::path(path.as_ref())];
		let rows = Rows::new(columns, false);
		assert_eq!(rows.head(), "record           sequence  file");
		let line = rows.row(&cells(&format!("{}/invoice.xml", "long".repeat(50))));
		assert!(line.width() <= WIDTH && line.ends_with("/invoice.xml"), "{line}");
		let line = Rows::new(columns, true).row(&cells("invoice.xml"));
		assert!(line.contains(&GRANT.to_string()), "{line}");
	}

	proptest! {
		#[test]
		fn cells_do_not_steer_a_terminal(text in proptest::collection::vec(any::<char>(), 0..600)) {
			let cell = Cell::text(text.into_iter().collect::<String>());
			prop_assert!(cell.wide.chars().all(is_visible), "{cell:?}");
		}

		#[test]
		fn tables_fit_whatever_is_in_them(
			rows in proptest::collection::vec(proptest::collection::vec(".{0,80}", 9), 1..4),
		) {
			let mut table = Table::with_names(["a"; 9]);
			for row in rows {
				table.push(row.iter().map(Cell::text).collect());
			}
			for line in table.render(false) {
				prop_assert!(line.width() <= WIDTH, "{}", line);
			}
		}
	}
}
