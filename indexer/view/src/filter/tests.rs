use super::*;
use crate::{Value, view::View};
use proptest::prelude::*;

fn view() -> View {
	let columns = [
		("number", "text"),
		("amount", "decimal"),
		("lines", "integer"),
		("issueDate", "date"),
		("paid", "boolean"),
	];
	let mut toml =
		"name = \"v\"\nstream = \"*\"\nformat = \"json\"\nfullText = [\"number\"]\n".to_owned();
	for (name, ty) in columns {
		toml.push_str(&format!(
			"[[columns]]\nname = \"{name}\"\npath = \"$.{name}\"\ntype = \"{ty}\"\n"
		));
	}
	View::parse(&toml).unwrap()
}

fn problem(filter: &str) -> (usize, String) {
	let error = parse(&view(), filter).expect_err(filter);
	(error.position, error.problem)
}

#[test]
fn and_binds_more_than_or() {
	let view = view();
	let parse = |filter| parse(&view, filter).unwrap();
	let plain = parse("lines = 1 or lines = 2 and not lines = 3");
	assert_eq!(plain, parse("lines = 1 or (lines = 2 and (not (lines = 3)))"));
	assert_ne!(plain, parse("(lines = 1 or lines = 2) and not lines = 3"));
	assert_eq!(parse("lines != 1"), parse("NOT lines = 1"));
	assert_eq!(parse("lines <> 1"), parse("not lines=1"));
	assert_eq!(
		parse("lines between 1 and 2 and paid = true"),
		parse("(lines >= 1 and lines <= 2) and paid = TRUE")
	);
}

#[test]
fn errors_point_at_the_place() {
	for (filter, position, said) in [
		("", 0, "expected a column"),
		("amount > ", 9, "a number here, and not the end"),
		("amount > \"1\"", 9, "a number here, and not a text"),
		("amount > 1.00001", 9, "up to 4 fraction digits"),
		("amount > 1000 and total = 1", 18, "has no column total; it has number, amount"),
		("lines = 1.5", 8, "a whole number"),
		("lines = 99999999999999999999", 8, "a whole number"),
		("number = 5", 9, "a text in quotes"),
		("issueDate > '01.02.2026'", 12, "a date in quotes"),
		("paid = 1", 7, "true or false"),
		("paid = maybe", 7, "true or false"),
		("lines contains 'a'", 6, "for text columns"),
		("number contains 5", 16, "a text in quotes"),
		("'é' = number", 0, "expected a column"),
		("number = 'é' lines = 1", 13, "expected `and`, `or` or the end"),
		("number = 'open", 9, "does not end with '"),
		("(lines = 1", 10, "expected `)`"),
		("lines = 1)", 9, "expected `and`, `or` or the end"),
		("lines in ()", 10, "a whole number"),
		("lines in (1, 2", 14, "expected `)`"),
		("lines between 1", 15, "expected `and`"),
		("lines is 1", 9, "`null` or `not null`"),
		("lines not = 1", 10, "after `not`"),
		("lines", 5, "expected `=`"),
		("match number", 6, "words in quotes"),
		("match '-'", 6, "no word"),
		("lines = 1; drop table x", 9, "means nothing here"),
		("_record = 'x'", 10, "64 hex digits"),
		("number = '\0' or number contains '\0'", 9, "a text in quotes"),
	] {
		let (at, is) = problem(filter);
		assert!(is.contains(said), "{filter}: {is}");
		assert_eq!(at, position, "{filter}: {is}");
	}
}

#[test]
fn filters_are_bounded() {
	let many = vec!["lines = 1"; MAX_TERMS + 1].join(" or ");
	assert!(problem(&many).1.contains("256 conditions"));
	assert!(parse(&view(), &vec!["lines = 1"; MAX_TERMS].join(" or ")).is_ok());
	let list = format!("lines in ({})", vec!["1"; MAX_TERMS + 1].join(","));
	assert!(problem(&list).1.contains("256 conditions"));
	let nested = |n: usize| format!("{}lines = 1{}", "(".repeat(n), ")".repeat(n));
	assert!(parse(&view(), &nested(MAX_DEPTH)).is_ok());
	assert!(problem(&nested(MAX_DEPTH + 1)).1.contains("32 levels"));
	assert!(problem(&nested(3_000)).1.contains("32 levels"));
	assert!(parse(&view(), &format!("{}lines = 1", "not ".repeat(1_000))).is_ok());
	assert!(problem(&" ".repeat(MAX_LENGTH + 1)).1.contains("longer"));
}

proptest! {
	#[test]
	fn no_filter_makes_it_panic(
		any in ".{0,60}",
		tokens in proptest::collection::vec(
			proptest::sample::select(vec![
				"number", "amount", "lines", "issueDate", "paid", "and", "or", "not", "in", "between", "contains",
				"startsWith", "is", "null", "match", "true", "(", ")", ",", "=", "!=", "<", "1", "-2.5", "'a'", "\"",
				"'2026-01-01'", "\\", "é", "_block",
			]),
			0..20,
		),
	) {
		let view = view();
		for filter in [any, tokens.join(" "), tokens.concat()] {
			if let Err(error) = parse(&view, &filter) {
				prop_assert!(error.position <= filter.chars().count());
			}
		}
	}

	#[test]
	fn texts_are_taken_as_they_are(text in "[^\0]{0,40}") {
		let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
		let expression = parse(&view(), &format!("number = \"{quoted}\"")).unwrap();
		let wanted = Literal::Value(Value::Text(text));
		prop_assert_eq!(expression, Expression::Compare(Operand::Column(0), Comparison::Is, wanted));
	}
}
