//! Pages as programs read them.

pub(super) use credio_e2e::uploads::path;
use credio_e2e::{Cli, repository};
use roxmltree::{Document, ParsingOptions};
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

/// A document of the project.
pub(super) fn sample(name: &str) -> String {
	path(&repository().join("samples").join(name)).to_owned()
}

/// A page, read as XML.
pub(super) struct Page(pub String);

impl Page {
	/// Reads a page, which only its owner can.
	pub(super) fn read(file: &Path) -> Self {
		let mode = fs::metadata(file).expect("written").permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
		Self(fs::read_to_string(file).expect("readable"))
	}

	/// Returns whether it contains a text verbatim.
	pub(super) fn has(&self, text: &str) -> bool {
		self.0.contains(text)
	}

	/// Cells of a table's body and total.
	pub(super) fn table(&self, id: &str) -> Vec<Vec<String>> {
		let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
		let document = Document::parse_with_options(&self.0, options).expect("well-formed");
		let is_it = |node: &roxmltree::Node<'_, '_>| {
			node.has_tag_name("table") && node.attribute("id") == Some(id)
		};
		let table = document.descendants().find(is_it);
		let table = table.unwrap_or_else(|| panic!("no table {id} in {}", self.0));
		let text = |cell: roxmltree::Node<'_, '_>| {
			cell.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect()
		};
		table
			.descendants()
			.filter(|node| node.has_tag_name("tr"))
			.filter(|row| row.parent().is_some_and(|parent| !parent.has_tag_name("thead")))
			.map(|row| row.children().filter(|cell| cell.is_element()).map(text).collect())
			.collect()
	}

	/// Rows of a table by their first cell.
	pub(super) fn rows(&self, id: &str) -> BTreeMap<String, Vec<String>> {
		self.table(id).into_iter().map(|mut row| (row.remove(0), row)).collect()
	}

	/// The other cells of a row.
	pub(super) fn row(&self, id: &str, name: &str) -> Vec<String> {
		let rows = self.rows(id);
		rows.get(name).unwrap_or_else(|| panic!("no {name} in {rows:?}")).clone()
	}
}

/// Makes a report.
pub(super) fn report(cli: &Cli, what: &[&str], file: &Path) -> Page {
	cli.ok(&[&["report"], what, &["-o", path(file)]].concat());
	Page::read(file)
}
