//! What all pages share: head, style, tables and foot.

#![allow(clippy::needless_pass_by_value, reason = "as maud has it, markup is handed over")]

use crate::format::{clean, time};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fmt::Display;

const STYLE: &str = include_str!("page/style.css");
/// The page asks for nothing from anywhere, and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
/// Seconds after which a page that is kept up to date loads itself again.
const REFRESH: u32 = 5;

/// Most rows of a table; the others are counted.
pub(crate) const MAX_ROWS: usize = 50;
/// Most rows of a table that is not broken between two sheets of paper.
const WHOLE: usize = 14;

/// A source of a page's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
	/// What it is: `Chain`, `Blocks`.
	pub name: String,
	/// Which one.
	pub text: String,
}

impl Source {
	/// Creates a source.
	pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
		Self { name: name.into(), text: text.into() }
	}
}

/// Where a page comes from, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
	/// When it was made, in milliseconds since 1970.
	pub made_at: u64,
	/// The software that made it, with its version.
	pub software: String,
	/// Where its figures come from.
	pub sources: Vec<Source>,
	/// Whether it is kept up to date, and so loads itself again.
	pub is_live: bool,
}

/// Renders a whole page.
pub(crate) fn page(title: &str, origin: &Origin, header: Markup, body: Markup) -> String {
	html! {
		(DOCTYPE)
		html lang="en" {
			// Elements without content are written out, as the page is to be read as XML, too.
			head {
				(PreEscaped("<meta charset=\"utf-8\"/>"))
				(PreEscaped(format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>")))
				(PreEscaped("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"))
				(PreEscaped("<meta name=\"color-scheme\" content=\"light dark\"/>"))
				@if origin.is_live {
					(PreEscaped(format!("<meta http-equiv=\"refresh\" content=\"{REFRESH}\"/>")))
				}
				title { (clean(title)) }
				style { (PreEscaped(STYLE)) }
			}
			body {
				header { (header) }
				main { (body) }
				footer {
					h2 { "Where this comes from" }
					dl {
						@for source in &origin.sources {
							dt { (clean(&source.name)) }
							dd { (foreign(&source.text)) }
						}
						dt { "Made" }
						dd { time datetime=(iso(origin.made_at)) { (time(origin.made_at)) " UTC" } ", by " (clean(&origin.software)) }
						@if origin.is_live {
							dt { "Live" }
							dd { "This page is kept up to date, and loads itself again every " (REFRESH) " seconds." }
						}
					}
				}
			}
		}
	}
	.into_string()
}

fn iso(milliseconds: u64) -> String {
	format!("{}Z", time(milliseconds).replace(' ', "T"))
}

/// Renders a foreign text, such as a name or a purpose, isolated from the direction of the text around it.
pub(crate) fn foreign(text: &str) -> Markup {
	html! { bdi { (clean(text)) } }
}

/// Renders a figure at the top.
pub(crate) fn tile(name: &str, figure: impl Display, note: &str) -> Markup {
	html! {
		div.tile {
			dt { (name) }
			dd { span.figure { (figure.to_string()) } @if !note.is_empty() { span.note { (note) } } }
		}
	}
}

/// A column of a table.
#[derive(Clone, Copy)]
pub(crate) struct Column {
	name: &'static str,
	is_number: bool,
}

/// Creates a column of texts.
pub(crate) const fn text(name: &'static str) -> Column {
	Column { name, is_number: false }
}

/// Creates a column of figures, aligned to the right.
pub(crate) const fn figure(name: &'static str) -> Column {
	Column { name, is_number: true }
}

/// A table with an id for programs. `more` rows were left out.
pub(crate) struct Table<'a> {
	pub id: &'a str,
	pub caption: String,
	pub columns: &'a [Column],
	pub rows: Vec<Vec<Markup>>,
	pub total: Option<Vec<Markup>>,
	pub more: usize,
}

impl Table<'_> {
	pub(crate) fn render(&self) -> Markup {
		let row = |cells: &[Markup]| {
			html! {
				@for (at, (cell, column)) in cells.iter().zip(self.columns).enumerate() {
					@let class = column.is_number.then_some("number");
					@if at == 0 { th scope="row" class=[class] { (cell) } }
					@else { td class=[class] { (cell) } }
				}
			}
		};
		html! {
			div.scroll {
				table.narrow[self.columns.len() < 4].whole[self.rows.len() <= WHOLE] id=(self.id) {
					caption { (clean(&self.caption)) }
					thead { tr {
						@for column in self.columns {
							th scope="col" class=[column.is_number.then_some("number")] { (column.name) }
						}
					} }
					tbody { @for cells in &self.rows { tr { (row(cells)) } } }
					@if let Some(total) = &self.total { tfoot { tr { (row(total)) } } }
				}
				@if self.more > 0 {
					p.more { "and " (crate::format::number(self.more as u64)) " more" }
				}
			}
		}
	}
}

/// Cells of plain figures and words that are ours.
pub(crate) fn cell(value: impl Display) -> Markup {
	html! { (value.to_string()) }
}

/// Returns the first items, and the number of the others.
pub(crate) fn cut<Item>(items: &[Item], most: usize) -> (&[Item], usize) {
	let shown = items.len().min(most);
	(&items[..shown], items.len() - shown)
}

/// Renders a section under its heading.
pub(crate) fn section(id: &str, heading: &str, body: Markup) -> Markup {
	html! { section id=(id) { h2 { (heading) } (body) } }
}
