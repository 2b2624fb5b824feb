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

const EDIFACT: &str = r#"when = [{ path = "UNH[2]", equals = "INVOIC" }]"#;

fn names_of_buyers(document: &[u8]) -> Result<Vec<String>, String> {
	let view = view("edifact", EDIFACT, &[("buyer", "'NAD[1=\"BY\"][4]'", "text")]);
	let rows = rows(&view, "application/edifact", document).map_err(|reason| reason.to_string())?;
	let shown = |row: Values| row[0].as_ref().map_or("-".into(), ToString::to_string);
	Ok(rows.expect("taken").into_iter().map(shown).collect())
}

#[test]
fn lines_of_edifact_may_end_before_a_sign_that_is_released() {
	let document = b"UNH+1+INVOIC:D:96A:UN'NAD+BY+++L?\r\n'Aquila ?\n?? A?\n:B'UNT+3+1'";
	assert_eq!(names_of_buyers(document).unwrap(), ["L'Aquila ? A:B"]);
	// With lines as segments, what is released is a line's end.
	let document = b"UNA:+.? \nUNH+1+INVOIC:D:96A:UN\nNAD+BY+++on?\ntwo\nUNT+3+1\n";
	assert_eq!(names_of_buyers(document).unwrap(), ["on\ntwo"]);
}

#[test]
fn each_interchange_of_edifact_has_its_own_character_set() {
	let interchange = |set: &str, name: &[u8]| {
		let start = format!("UNB+{set}:3+A+B+260611:0915+1'UNH+1+INVOIC:D:96A:UN'NAD+BY+++");
		[start.as_bytes(), name, b"'UNT+3+1'UNZ+1+1'"].concat()
	};
	let utf_8 = "K\u{f8}benhavn".as_bytes();
	for set in ["UNOW", "UNOC", "UNOA"] {
		let both = [interchange(set, utf_8), interchange("UNOC", b"K\xf8benhavn")].concat();
		assert_eq!(names_of_buyers(&both).unwrap(), ["K\u{f8}benhavn"; 2], "{set}");
	}
	assert!(names_of_buyers(&interchange("UNOW", b"K\xf8benhavn")).unwrap_err().contains("UNB"));
}

#[test]
fn messages_without_a_row_are_of_the_view() {
	let rest = format!("{EDIFACT}\nwhere = [{{ path = \"BGM[1]\", equals = \"380\" }}]");
	let view = view("edifact", &rest, &[("number", "'BGM[2]'", "text")]);
	let document = b"UNH+1+INVOIC:D:96A:UN'BGM+325+N-1'UNT+3+1'";
	assert_eq!(rows(&view, "application/edifact", document), Ok(Some(Vec::new())));
}
