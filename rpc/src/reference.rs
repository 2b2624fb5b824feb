//! Tests `docs/rpc.md` against the code: methods, errors, remedies and bounds.

use crate::{
	openrpc::document,
	watcher::{MAX_REQUEST_SUBSCRIPTIONS, MAX_STREAM_SUBSCRIPTIONS},
};
use credio_primitives::{
	error_codes::{self, ErrorCode},
	evidence::MAX_NAMED,
	limits,
	rpc::AccessToken,
};

const PAGE: &str = include_str!("../../docs/rpc.md");

/// Returns the cells of the tables below a heading, without marks of code.
fn tables(heading: &str) -> Vec<Vec<String>> {
	let section = PAGE.split(&format!("\n## {heading}\n")).nth(1).expect("the section is there");
	let section = section.split("\n## ").next().unwrap_or_default();
	let rows = section.lines().filter(|line| line.starts_with("| "));
	let cells = |row: &str| {
		let cells = row.trim_matches('|').split('|');
		cells.map(|cell| cell.replace('`', "").trim().to_owned()).collect()
	};
	rows.map(cells).collect()
}

fn remedies(error: &ErrorCode) -> String {
	let special = error.special.iter();
	let special = special.map(|(words, remedy)| format!("; for {}: {remedy}", words.join(", ")));
	[error.remedy.to_owned()].into_iter().chain(special).collect()
}

/// Writes a number with commas, as the page does.
fn with_commas(number: u64) -> String {
	let digits = number.to_string();
	let groups = digits.as_bytes().rchunks(3).rev();
	groups.map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

#[test]
fn every_error_has_its_row() {
	let expected = error_codes::ALL.iter().map(|error| {
		vec![error.code.to_string(), error.name.into(), error.when.into(), remedies(error)]
	});
	let rows = tables("Errors");
	assert_eq!(rows.first().map(Vec::len), Some(4));
	for (row, expected) in rows[1..].iter().zip(expected.clone()) {
		assert_eq!(*row, expected);
	}
	assert_eq!(rows.len() - 1, expected.len());
}

#[test]
fn codes_of_the_server_are_among_the_limits() {
	let limits = tables("Limits");
	for code in [
		error_codes::RATE_LIMITED,
		error_codes::TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION,
		error_codes::TOO_MANY_SUBSCRIPTIONS,
	] {
		let code = code.to_string().replace('-', "\u{2212}");
		assert!(limits.iter().any(|row| row.get(3).is_some_and(|cell| *cell == code)), "{code}");
	}
}

#[test]
fn subscription_bounds_are_those_of_the_watcher() {
	let limits = tables("Limits");
	for (what, most) in [
		("subscriptions to streams at one node", MAX_STREAM_SUBSCRIPTIONS),
		("requests that one node follows for credio_v1_uploadAndWatch", MAX_REQUEST_SUBSCRIPTIONS),
	] {
		let row = limits.iter().find(|row| row[0] == what).unwrap_or_else(|| panic!("{what}"));
		assert_eq!(row[1], with_commas(most as u64), "{what}");
	}
}

#[test]
fn every_bound_has_its_row() {
	let rows = tables("Bounds");
	let of_evidence = ("grants, and access requests, that one evidence names", MAX_NAMED as u64);
	for (what, bound) in limits::DOCUMENTED.iter().chain([&of_evidence]) {
		let row = rows.iter().find(|row| row[0] == *what).unwrap_or_else(|| panic!("{what}"));
		let number =
			row[1].split([' ', ';']).find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
		let number = number.map(|number| number.trim_end_matches(','));
		assert_eq!(number, Some(&with_commas(*bound)[..]), "{what}");
	}
	let lifetime = format!("at most {} ahead", AccessToken::MAX_LIFETIME);
	assert!(PAGE.contains(&lifetime), "lifetime of a token");
}

#[test]
fn every_method_has_its_section_with_its_errors() {
	let document = document().expect("the document is JSON");
	for method in document["methods"].as_array().expect("a list") {
		let name = method["name"].as_str().expect("a name");
		if name.contains("_un") {
			assert!(PAGE.contains(&format!("`{name}(subscription)`")), "{name}");
			continue;
		}
		let section = PAGE.split(&format!("\n### {name}\n")).nth(1);
		let section = section.unwrap_or_else(|| panic!("{name} has no section"));
		let section = section.split("\n### ").next().unwrap_or_default();
		for error in method["errors"].as_array().into_iter().flatten() {
			let error = error["$ref"].as_str().and_then(|name| name.rsplit('/').next());
			let error = error_codes::ALL.iter().find(|one| Some(one.name) == error);
			let code = error.expect("it is listed").code;
			assert!(is_named(section, code), "{name} does not name {code}");
		}
	}
}

/// Returns whether a section names an error code, by itself or in a range.
fn is_named(section: &str, code: i32) -> bool {
	// A subscription refers to the errors of the method above; `rpc.discover` has none of its own.
	if section.contains("errors as above")
		|| section.starts_with("\nNo parameters. Returns the OpenRPC")
	{
		return true;
	}
	let Some(errors) = section.split("Errors:").nth(1) else { return false };
	let errors = errors.split("```").next().unwrap_or_default();
	let words = errors.split([' ', ',', '.', '\n']).filter_map(|word| word.parse::<i32>().ok());
	let words = words.collect::<Vec<_>>();
	let in_range = errors.contains(" to ")
		&& words.first().is_some_and(|first| *first <= code)
		&& words.get(1).is_some_and(|last| code <= *last);
	in_range || words.contains(&code)
}
