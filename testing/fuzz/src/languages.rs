//! What people write: paths, filters, definitions of views, and what they search for.

use credio_view::{
	SegmentPath, View, filter,
	path::{self, FieldPath, Namespaces},
	words,
};

/// The views that filters are parsed for.
#[derive(Debug)]
pub struct Filters(View);

impl Default for Filters {
	fn default() -> Self {
		Self(View::parse(include_str!("../views/json.toml")).expect("the view is valid"))
	}
}

impl Filters {
	/// Parses a filter.
	pub(crate) fn run(&self, data: &[u8]) {
		let Ok(text) = std::str::from_utf8(data) else { return };
		match filter::parse(&self.0, text) {
			Ok(_) => {},
			// The position is one of a character, or the end.
			Err(error) => assert!(error.position <= text.chars().count()),
		}
	}
}

/// Parses a text as a path of each format.
pub(crate) fn paths(data: &[u8]) {
	let Ok(text) = std::str::from_utf8(data) else { return };
	let namespaces = [("a", "urn:a"), ("cbc", "urn:cbc")];
	let namespaces: Namespaces =
		namespaces.iter().map(|(prefix, name)| ((*prefix).into(), (*name).into())).collect();
	let errors = [
		path::parse_json(text).err(),
		path::parse_xml(text, &namespaces).err(),
		SegmentPath::parse(text).err(),
		SegmentPath::parse_x12(text).err(),
		FieldPath::parse(text).err(),
	];
	for error in errors.into_iter().flatten() {
		assert!(error.position <= text.chars().count());
	}
}

/// Parses a definition; one that is valid is the same when it is stored and read again.
pub(crate) fn views(data: &[u8]) {
	let Ok(text) = std::str::from_utf8(data) else { return };
	let view = if text.starts_with('{') { View::from_stored(text) } else { View::parse(text) };
	if let Ok(view) = view {
		let again = View::from_stored(view.stored()).expect("what is stored can be read");
		assert_eq!(again.digest(), view.digest());
		assert_eq!(again, view);
	}
}

/// Splits a text into words, and reads it as a search.
pub(crate) fn words(data: &[u8]) {
	let Ok(text) = std::str::from_utf8(data) else { return };
	for word in words::words(text) {
		assert_eq!(words::words(&word), [word]);
	}
	let _ = words::for_sqlite(&[text, text]);
	let _ = words::for_postgres(&[text, text]);
	if let Ok(search) = words::Search::parse(text) {
		let _ = (search.for_sqlite(), search.for_postgres());
	}
}
