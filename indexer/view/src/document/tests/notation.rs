//! Documents as the standards of their formats have them, and as views say.

use super::*;

#[test]
fn every_message_is_a_row() {
	let columns = [
		("number", "\"BGM[2]\"", "text"),
		("amount", "\"MOA[1.1='77'][1.2]\"", "decimal"),
		("sender", "\"UNB[2]\"", "text"),
	];
	let view = view("edifact", "when = [{ path = \"UNH[2.1]\", equals = \"INVOIC\" }]", &columns);
	let message = |number: u8, kind: &str, amount: &str| {
		format!("UNH+{number}+{kind}:D:96A'BGM+380+E-{number}'MOA+77:{amount}'UNT+4+{number}'")
	};
	let interchange = |signs: &str, sender: &str, messages: &[String]| {
		format!("{signs}UNB+UNOC:3+{sender}+B'{}UNZ+1+1'", messages.concat())
	};
	let first = interchange(
		"",
		"A",
		&[message(1, "INVOIC", "1,5"), message(2, "ORDERS", "7"), message(3, "INVOIC", "2.5")],
	);
	let second = interchange("UNA:+,? '", "C", &[message(4, "INVOIC", "1034,63")]);
	let rows = read(&view, &format!("{first}\r\n{second}\r\n\u{1a}")).unwrap();
	assert_eq!(rows, [["E-1", "1.50", "A"], ["E-3", "2.50", "A"], ["E-4", "1034.63", "C"]]);
	// A byte order mark is none of it, and `where` selects messages as it selects rows.
	let marked = format!("\u{feff}{first}");
	assert_eq!(read(&view, &marked).unwrap(), rows[..2]);
	let toml = view
		.stored()
		.replace("\"format\"", "\"where\":[{\"path\":\"BGM[2]\",\"equals\":\"E-3\"}],\"format\"");
	let one = View::from_stored(&toml).expect("a view");
	assert_eq!(read(&one, &first).unwrap(), [["E-3", "2.50", "A"]]);
	let orders = interchange("", "A", &[message(1, "ORDERS", "1")]);
	assert_eq!(crate::document::rows(&view, "application/edifact", orders.as_bytes()), Ok(None));
	// With a sign declared, the other one is none.
	let wrong =
		interchange("UNA:+.? '", "A", &[message(1, "INVOIC", "1"), message(2, "INVOIC", "1,5")]);
	assert_eq!(
		read(&view, &wrong).unwrap_err(),
		"message 2: column amount: expected decimal with up to 4 fraction digits at MOA[1.1='77'][1.2], and there is \
		something else"
	);
}

#[test]
fn character_set_of_an_interchange_is_the_one_of_its_unb() {
	let view = view("edifact", "", &[("name", "\"NAD[4]\"", "text")]);
	let name = |set: &str, name: &[u8]| {
		let mut document = format!("UNB+{set}:3+A+B'UNH+1'NAD+SU+++").into_bytes();
		document.extend_from_slice(name);
		document.extend_from_slice(b"'UNT+3+1'UNZ+1+1'");
		crate::document::rows(&view, "application/edifact", &document)
			.map(|rows| rows.expect("taken")[0][0].as_ref().expect("a name").to_string())
			.map_err(|reason| reason.to_string())
	};
	for (set, bytes, text) in [
		("UNOC", &b"K\xf8benhavn"[..], "København"),
		("UNOD", b"\xa3\xf3d\xbc", "Łódź"),
		("UNOE", b"\xbc\xde\xe1\xda\xd2\xd0", "Москва"),
		("UNOF", b"\xc1\xe8\xde\xed\xe1", "Αθήνα"),
		("UNOK", b"\xddstanbul", "İstanbul"),
		("UNOW", "微众".as_bytes(), "微众"),
		("UNOC", "København".as_bytes(), "København"),
	] {
		assert_eq!(name(set, bytes).as_deref(), Ok(text), "{set}");
	}
	assert!(name("UNOX", b"\xff").unwrap_err().contains("character set"));
	assert!(name("UNOW", b"\xff").unwrap_err().contains("character set"));
}

#[test]
fn csv_is_read_as_its_view_says() {
	let columns = [
		("loan", "\"loan\"", "text"),
		("payment", "\"payment\"", "decimal"),
		("due", "\"due date\"", "date"),
	];
	let view = |rest: &str| {
		let mut toml = format!("name = \"v\"\nstream = \"*\"\nformat = \"csv\"\n{rest}\n");
		for (name, path, ty) in columns {
			let format = if ty == "date" { "format = \"%d.%m.%Y\"\n" } else { "" };
			toml.push_str(&format!(
				"[[columns]]\nname = \"{name}\"\npath = {path}\ntype = \"{ty}\"\n{format}"
			));
		}
		View::parse(&toml).expect("a view")
	};
	let bank = view(
		"delimiter = \";\"\ndecimalMark = \",\"\nthousands = \".\"\nskip = 2\nencoding = \"windows-1252\"\n\
		where = [{ path = \"due date\" }]",
	);
	let document = b"Bank \x80\r\n\r\nLoan;Due Date;Payment\r\nL \x80;01.06.2026;1.234,50\r\nTotal;;1.234,50\r\n";
	let rows = crate::document::rows(&bank, "text/csv", document).unwrap().unwrap();
	let shown: Vec<_> = rows[0].iter().flatten().map(ToString::to_string).collect();
	assert_eq!(
		(rows.len(), shown),
		(1, vec!["L €".to_owned(), "1234.50".into(), "2026-06-01".into()])
	);
	let reason = read(&bank, "a\nb\nloan;payment;due date\nx;1.2,5;01.06.2026\n").unwrap_err();
	assert!(reason.contains("column payment"), "{reason}");

	let plain = view("when = [{ path = \"loan\" }]");
	let kind = |document: &str| crate::document::rows(&plain, "text/csv", document.as_bytes());
	// Another kind of document is ignored, whatever is wrong with it.
	assert_eq!(kind("name,phone\nAnna\nBruno,1,2\n"), Ok(None));
	for (document, problem) in [
		("loan,payment,payment,due date\nx,1,2,01.06.2026\n", "two columns that could be payment"),
		("loan,PAYMENT,Payment,due date\nx,1,2,01.06.2026\n", "two columns that could be payment"),
		("loan,payment,due date\nx,1,\"01.06.2026\ny,2,01.07.2026\n", "quote that opens in line 2"),
		("loan,payment,due date\n\"x\"y,1,01.06.2026\n", "line 2 has text behind a closing quote"),
		("loan,payment,due date\nx,1\n", "line 2 has another number"),
	] {
		let reason = kind(document).unwrap_err().to_string();
		assert!(reason.contains(problem), "{document}: {reason}");
	}
	let by_mark = plain.stored().replacen(
		"\"type\":\"text\"",
		"\"type\":\"text\",\"otherwise\":[{\"path\":\"kind\",\"value\":\"x\"}]",
		1,
	);
	let by_mark = View::from_stored(&by_mark).expect("a view");
	let reason = read(&by_mark, "loan,payment,due date,kind,kind\nx,1,01.06.2026,,\n").unwrap_err();
	assert!(reason.contains("two columns that could be kind"), "{reason}");
	// What a view does not read is nothing to it.
	assert!(kind("loan,x,x,payment,due date\na,1,2,3,01.06.2026\n").is_ok());
	assert!(kind("loan,payment,due date\n\"a \"\"b\"\"\",\"1\",\"01.06.2026\"\n").is_ok());
}

#[test]
fn objects_have_each_field_once() {
	let view = view("json", "", &[("a", "\"$.a\"", "text")]);
	assert!(read(&view, r#"{"b":{"a":1,"a":2}}"#).unwrap_err().contains("two fields of one name"));
	assert!(read(&view, r#"{"a":1,"\u0061":1}"#).unwrap_err().contains("two fields of one name"));
}

#[test]
fn json_has_lists_and_lines_of_documents() {
	let rest = "rows = [\"$\", \"$[*]\", \"$['@graph'][*]\"]\n\
		where = [{ path = \"@['@type']\", equals = \"Invoice\" }, { path = \"@['@type'][*]\", equals = \"Invoice\" }]";
	let columns = [("id", "[\"@.id\", \"@.id.value\"]", "text")];
	let view = view("json", rest, &columns);
	let one = r#"{"@type":"Invoice","id":"A"}"#;
	let two = r#"{"@type":["Invoice","Thing"],"id":{"value":"B"}}"#;
	let other = r#"{"@type":"Order","id":"C"}"#;
	for (document, ids) in [
		(one.to_owned(), vec!["A"]),
		(two.to_owned(), vec!["B"]),
		(other.to_owned(), vec![]),
		(format!("[{one},{other},{two}]"), vec!["A", "B"]),
		(format!("{{\"@graph\":[{two},{one}]}}"), vec!["B", "A"]),
	] {
		let rows = read(&view, &document).unwrap();
		assert_eq!(rows.concat(), ids, "{document}");
	}
	let lines = format!("{one}\n\n{two}\n");
	let of_lines =
		|document: &str| crate::document::rows(&view, "application/x-ndjson", document.as_bytes());
	assert_eq!(of_lines(&lines).unwrap().expect("taken").len(), 2);
	let reason = of_lines(&format!("{one}\n{{")).unwrap_err().to_string();
	assert_eq!(reason, "line 2 is no JSON");
}

#[test]
fn xml_paths_are_as_xpath_has_them() {
	let document = "<r cur='EUR'><g n='1'><note>a</note><note>b</note></g><g n='2'><note>c</note>\
		<g><note>d</note><note>e</note></g></g><sum cur='NOK'>1</sum><sum cur='EUR'>2</sum>\
		<name>Two\n\t lines </name></r>";
	let all = |path: &str| {
		let mut toml = String::from(
			"name = \"v\"\nstream = \"*\"\nformat = \"xml\"\n[[columns]]\nname = \"a\"\n",
		);
		toml.push_str(&format!("path = '''{path}'''\ntype = \"text\"\nall = true\n"));
		read(&View::parse(&toml).expect("a view"), document).unwrap()[0][0].replace('\n', " ")
	};
	for (path, texts) in [
		// The second of each element, not of the document.
		("//note[2]", "b e"),
		("//note[1]", "a c d"),
		// Each node once, in document order.
		("//g//note", "a b c d e"),
		("//g/note", "a b c d e"),
		("//note/../@n", "1 2"),
		("//note[../@n='2']", "c"),
		("/r/sum[@cur=/r/@cur]", "2"),
		("/r/sum[@cur=../@cur]", "2"),
		("/r/name", "Two lines"),
		("..", "-"),
	] {
		assert_eq!(all(path), texts, "{path}");
	}
	let entries = view(
		"xml",
		"rows = \"//entry\"",
		&[("amount", "\".\"", "decimal"), ("account", "\"../account\"", "text")],
	);
	let statements = "<d><s><account>A</account><entry>1</entry></s><s><account>B</account><entry>2</entry></s></d>";
	assert_eq!(read(&entries, statements).unwrap(), [["1.00", "A"], ["2.00", "B"]]);
}

#[test]
fn dates_of_cii_are_read_by_their_format() {
	let document = |format: &str, text: &str| {
		format!(
			"<d xmlns:u='urn:a'><u:DateTimeString format='{format}'>{text}</u:DateTimeString></d>"
		)
	};
	let day = |format: &str, text: &str| at("xml", "/d/*", "date", &document(format, text));
	assert_eq!(day("102", "20260503").as_deref(), Ok("2026-05-03"));
	assert_eq!(day("203", "202605031030").as_deref(), Ok("2026-05-03"));
	assert_eq!(day("101", "260503").as_deref(), Ok("2026-05-03"));
	assert!(day("610", "202605").is_err());
	assert!(day("102", "2026-05-03").is_err());
}

#[test]
fn next_path_is_tried_if_a_text_is_no_value() {
	let view = view("json", "", &[("day", "[\"$.a\", \"$.b\"]", "date")]);
	assert_eq!(read(&view, r#"{"a":"see below","b":"2026-05-03"}"#).unwrap(), [["2026-05-03"]]);
	assert_eq!(read(&view, r#"{"a":{"x":1},"b":"2026-05-03"}"#).unwrap(), [["2026-05-03"]]);
	// But it is no empty value, if no other path has one.
	assert!(read(&view, r#"{"a":"see below"}"#).unwrap_err().contains("at $.a"));
}
