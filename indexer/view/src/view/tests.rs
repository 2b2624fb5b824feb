use super::*;
use credio_primitives::StreamId;

const GOOD: &str = r#"
name = "invoices"
stream = ["invoices-2026", "inv-*", "0x0101010101010101010101010101010101010101010101010101010101010101"]
format = "json"
key = ["number"]
fullText = ["number"]

[[columns]]
name = "number"
path = "$.number"
type = "text"

[[columns]]
name = "issueDate"
path = ["$.issued", "$.date"]
type = "date"
default = "2026-01-01"
"#;

fn problem(from: &str, to: &str) -> String {
	assert!(GOOD.contains(from), "{from}");
	View::parse(&GOOD.replacen(from, to, 1)).expect_err("refused").to_string()
}

#[test]
fn definitions_are_read() {
	let view = View::parse(GOOD).unwrap();
	assert_eq!(view.column("issueDate"), Some(1));
	assert_eq!(
		view.columns[1].default.as_ref().map(ToString::to_string),
		Some("2026-01-01".into())
	);
	let one = StreamId([1; 32]);
	let other = StreamId([2; 32]);
	assert!(view.takes_stream(7, one, None));
	assert!(view.takes_stream(7, other, Some((7, "inv-x"))));
	assert!(!view.takes_stream(7, other, Some((7, "invoices-2027"))));
	let of_seven = View::parse(&GOOD.replace("format", "owner = 7\nformat")).unwrap();
	assert!(of_seven.takes_stream(1, one, Some((7, "any"))));
	assert!(!of_seven.takes_stream(1, one, Some((8, "any"))));
}

#[test]
fn view_takes_streams_of_named_owners_only() {
	let takes = |owner: &str, id: StreamId, of: u32| {
		let view = View::parse(&GOOD.replace("format", &format!("{owner}\nformat"))).unwrap();
		view.takes_stream(1, id, Some((of, "invoices-2026")))
	};
	let (named, other) = (StreamId([1; 32]), StreamId([2; 32]));
	// Nobody is named: own streams, and those that are named by their ids.
	assert!(takes("", other, 1));
	assert!(!takes("", other, 9));
	assert!(takes("", named, 9));
	assert!(takes("owner = 9", other, 9) && !takes("owner = 9", other, 1));
	assert!(takes("owner = [\"own\", 9]", other, 1) && takes("owner = [\"own\", 9]", other, 9));
	assert!(!takes("owner = [\"own\", 9]", other, 8) && !takes("owner = [\"own\", 9]", named, 8));
	assert!(takes("owner = \"*\"", other, 8));
}

#[test]
fn stored_form_is_the_same_view() {
	let view = View::parse(GOOD).unwrap();
	assert_eq!(View::from_stored(view.stored()).unwrap(), view);
	// Comments and the order of keys make no other view; a path does.
	let same = View::parse(
		&format!("# a comment\n{}", GOOD.replace("\nkey = [\"number\"]", ""))
			.replace("format", "key = [\"number\"]\nformat"),
	);
	assert_eq!(same.unwrap().digest(), view.digest());
	let other = View::parse(&GOOD.replace("$.date", "$.day")).unwrap();
	assert_ne!(other.digest(), view.digest());
}

#[test]
fn columns_have_roles_and_a_role_stands_once() {
	let with_roles = GOOD
		.replace("type = \"text\"", "type = \"text\"\nrole = \"seller\"")
		.replace("type = \"date\"", "type = \"date\"\nrole = \"dueDate\"");
	let view = View::parse(&with_roles).unwrap();
	assert_eq!(view.column_with(Role::DueDate), Some(1));
	assert_eq!(view.column_with(Role::Amount), None);
	let roles: Vec<_> = view.roles().map(|(role, column)| (role.name(), column)).collect();
	assert_eq!(roles, [("seller", "number"), ("dueDate", "issueDate")]);
	assert_eq!(View::from_stored(view.stored()).unwrap(), view);
	let column = "[[columns]]\nname = \"b\"\npath = \"$.b\"\ntype = \"text\"\nrole = \"seller\"\n";
	let said = View::parse(&format!("{with_roles}{column}")).expect_err("refused").to_string();
	assert!(said.contains("column \"b\": \"number\" has the role seller already"), "{said}");
	for role in Role::ALL {
		assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
	}
}

#[test]
fn invalid_definitions_are_refused() {
	for (from, to, said) in [
		("name = \"invoices\"", "name = \"Invoices\"", "begin with a lower-case letter"),
		("name = \"invoices\"", "name = \"x; drop table\"", "begin with a lower-case letter"),
		("name = \"number\"", "name = \"a\\\" TEXT, \\\"b\"", "letters, digits and `_`"),
		("name = \"number\"", "name = \"_place\"", "letters, digits and `_`"),
		("name = \"number\"", "name = \"between\"", "filter language"),
		("name = \"number\"", "name = \"issuedate\"", "two columns have the name \"issueDate\""),
		("key = [\"number\"]", "key = [\"nothing\"]", "key names \"nothing\""),
		("key = [\"number\"]", "key = [\"number\", \"number\"]", "twice"),
		("fullText = [\"number\"]", "fullText = [\"issueDate\"]", "no text column"),
		("\"$.number\"", "\"number\"", "character 0: expected `$`"),
		("\"$.number\"", "\"$.number[\"", "character 9"),
		("\"$.number\"", "\"$.a[?@.b == c]\"", "expected a text in quotes"),
		("\"2026-01-01\"", "\"soon\"", "its default is no date"),
		("\"2026-01-01\"", "1.5", "default"),
		("type = \"date\"", "type = \"money\"", "money"),
		("type = \"date\"", "type = \"date\"\nscale = 2", "scale is for decimals"),
		("type = \"date\"", "type = \"date\"\nall = true", "all is for text"),
		("type = \"text\"", "type = \"text\"\nlatest = true", "latest is for dates"),
		("key = [\"number\"]", "replaces = \"documents\"", "replaces needs a key"),
		("format = \"json\"", "format = \"json\"\nreplaces = \"all\"", "all"),
		("type = \"date\"", "type = \"date\"\nrole = \"amount\"", "a decimal or an integer"),
		("type = \"date\"", "type = \"date\"\nrole = \"seller\"", "has to be a text"),
		("type = \"date\"", "type = \"date\"\nrole = \"debtor\"", "debtor"),
		(
			"type = \"date\"",
			"type = \"date\"\nnegativeWhen = [{ path = \"$.a\" }]",
			"negativeWhen is for numbers only",
		),
		(
			"type = \"date\"",
			"type = \"date\"\nimpliedDecimals = 2",
			"impliedDecimals is for decimals",
		),
		(
			"type = \"date\"",
			"type = \"decimal\"\nimpliedDecimals = 10",
			"impliedDecimals is at most 9",
		),
		("format = \"json\"", "format = \"pdf\"", "pdf"),
		("format = \"json\"", "format = \"json\"\ndelimiter = \";\"", "csv only"),
		("format = \"json\"", "format = \"json\"\nfullTxt = []", "fullTxt"),
		("stream = [", "stream = [\"0x12\", ", "64 hex digits"),
		("stream = [", "stream = [\"\", ", "empty name"),
		("format = \"json\"", "format = \"json\"\nowner = \"all\"", "numbers of organizations"),
		("format = \"json\"", "format = \"json\"\nowner = []", "1 to 64 organizations"),
	] {
		let is = problem(from, to);
		assert!(is.contains(said), "{to}: {is}");
	}
	for (format, path, said) in [
		("x12", "BIG", "expected `[`"),
		("x12", "B[1]", "two or three capital letters or digits"),
		("edifact", "N1[1]", "three capital letters"),
		("mt940", "61.currency", "the field has the parts number, valueDate"),
		("mt940", "amount", "expected the tag of a field"),
	] {
		let view = GOOD.replace("json", format).replace("$.number", path);
		let is = View::parse(&view).expect_err("refused").to_string();
		assert!(is.contains(said), "{path}: {is}");
	}
	for format in ["edifact", "x12", "mt940", "ofx"] {
		let is =
			problem("format = \"json\"", &format!("format = \"{format}\"\ndecimalMark = \",\""));
		assert!(is.contains("expected") || is.contains("decimalMark"), "{format}: {is}");
	}
	let long = format!("\"$.{}\"", "a".repeat(600));
	assert!(problem("\"$.number\"", &long).contains("longer than 512"));
	let deep = format!("\"$.a{}{}\"", "[?@.b".repeat(40), "]".repeat(40));
	assert!(problem("\"$.number\"", &deep).contains("32 steps"));
	let long = format!("type = \"text\"\ndefault = \"{}\"", "x".repeat(MAX_INDEXED_LENGTH + 1));
	let indexed = GOOD.replace("fullText", "index").replace("type = \"text\"", &long);
	let said = View::parse(&indexed).expect_err("refused").to_string();
	assert!(said.contains("longer than 1024 bytes"), "{said}");
	let xml = GOOD.replace("json", "xml").replace("$.number", "/cbc:ID");
	let said = View::parse(&xml).expect_err("refused").to_string();
	assert!(said.contains("cbc is not in [namespaces]: declare it there"), "{said}");
}
