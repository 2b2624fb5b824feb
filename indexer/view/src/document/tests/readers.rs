//! Where readers of documents may disagree: each was found by scripts/differential.sh, beside other readers.

use super::*;

#[test]
fn values_of_json_are_in_the_order_of_the_document() {
	let document = r#"{"seller": {"name": "S"}, "buyer": {"name": "B"}, "a": 1, "A": {"a": 2}}"#;
	assert_eq!(at("json", "$..name", "text", document).as_deref(), Ok("S"));
	assert_eq!(at("json", "$.buyer.name", "text", document).as_deref(), Ok("B"));
	assert_eq!(at("json", "$.*.name", "text", document).as_deref(), Ok("S"));
	// The children of a value come before those below them (RFC 9535, 2.5.2.2).
	assert_eq!(at("json", "$..a", "integer", document).as_deref(), Ok("1"));
	let twice = r#"{"b": 1, "a": 2, "b": 3}"#;
	assert!(at("json", "$.a", "text", twice).unwrap_err().contains("two fields of one name"));
}

#[test]
fn moments_have_an_offset_of_less_than_a_day_and_no_name_of_a_zone_alone() {
	let read = |ty: &str, text: &str| at("xml", "/a", ty, &format!("<a>{text}</a>")).ok();
	for (text, moment) in [
		("2026-05-03T10:30:00+02:00", Some("2026-05-03T08:30:00.000000Z")),
		("2026-05-03T10:30:00-23:59", Some("2026-05-04T10:29:00.000000Z")),
		("2026-05-03T10:30:00+02:00[Europe/Berlin]", Some("2026-05-03T08:30:00.000000Z")),
		("2026-05-03T10:30:00[Europe/Berlin]", None),
		("2026-05-03T10:30:00+24:00", None),
		("2026-05-03T10:30:00-25:00", None),
	] {
		assert_eq!(read("timestamp", text).as_deref(), moment, "{text}");
		assert_eq!(read("date", text).is_some(), moment.is_some(), "{text}");
	}
	// What stands for no end is a day, though no moment in UTC for all zones.
	assert_eq!(read("date", "9999-12-31T00:00:00").as_deref(), Some("9999-12-31"));
	assert_eq!(read("timestamp", "9999-12-31T00:00:00"), None);
}
