use super::*;
use crate::Value;
use proptest::prelude::*;

mod bounds;
mod notation;
mod readers;

fn view(format: &str, rest: &str, columns: &[(&str, &str, &str)]) -> View {
	let mut toml = format!("name = \"v\"\nstream = \"*\"\nformat = \"{format}\"\n{rest}\n");
	for (name, path, ty) in columns {
		toml.push_str(&format!("[[columns]]\nname = \"{name}\"\npath = {path}\ntype = \"{ty}\"\n"));
	}
	View::parse(&toml).unwrap_or_else(|error| panic!("{error}: {toml}"))
}

fn media_type(view: &View) -> &'static str {
	match view.format {
		Format::Json => "application/json",
		Format::Xml => "application/xml",
		Format::Csv => "text/csv",
		Format::Edifact => "application/EDIFACT",
		Format::X12 => "application/EDI-X12",
		Format::Ofx => "application/x-ofx",
		Format::Mt940 => "application/x-mt940",
	}
}

/// Values of a document, `-` where there is none.
fn read(view: &View, document: &str) -> Result<Vec<Vec<String>>, String> {
	let rows = rows(view, media_type(view), document.as_bytes()).map_err(|is| is.to_string())?;
	let shown = |value: &Option<Value>| value.as_ref().map_or("-".into(), ToString::to_string);
	Ok(rows
		.expect("one of its documents")
		.iter()
		.map(|row| row.iter().map(shown).collect())
		.collect())
}

/// Returns the value at a path.
fn at(format: &str, path: &str, ty: &str, document: &str) -> Result<String, String> {
	let rest = if format == "xml" { "[namespaces]\na = \"urn:a\"\nb = \"urn:b\"" } else { "" };
	let view = view(format, rest, &[("value", &format!("'''{path}'''"), ty)]);
	Ok(read(&view, document)?[0][0].clone())
}

#[test]
fn json_paths_lead_to_values() {
	let document = r#"{
		"a": { "b": "x", "c d": 2, "é": "accent" },
		"list": [ { "k": "first", "n": 1 }, { "k": "second", "n": 2.50 }, { "k": "third", "m": null } ],
		"big": 12345678901234.5678, "exp": 1.5e3, "yes": true, "none": null, "empty": " "
	}"#;
	for (path, ty, value) in [
		("$.a.b", "text", "x"),
		("$['a']['c d']", "integer", "2"),
		("$.a.é", "text", "accent"),
		("$.list[0].k", "text", "first"),
		("$.list[-1].k", "text", "third"),
		("$.list[7].k", "text", "-"),
		("$.list[-7].k", "text", "-"),
		("$.list[*].n", "decimal", "1.00"),
		("$.list[?@.k == 'second'].n", "decimal", "2.50"),
		("$.list[?(@.n == \"2.50\")].k", "text", "second"),
		("$.list[?@.m].k", "text", "third"),
		("$..k", "text", "first"),
		("$..list[1].k", "text", "second"),
		("$.*.b", "text", "x"),
		("$.big", "decimal", "12345678901234.5678"),
		("$.exp", "integer", "1500"),
		("$.yes", "boolean", "true"),
		("$.yes", "text", "true"),
		("$.none", "text", "-"),
		("$.empty", "text", "-"),
		("$.a.b.c", "text", "-"),
	] {
		assert_eq!(at("json", path, ty, document).as_deref(), Ok(value), "{path}");
	}
	assert_eq!(
		at("json", "$.a", "text", document),
		Err("column value: expected text at $.a, and there is a list or an object".into())
	);
	assert_eq!(
		at("json", "$.a.b", "date", document),
		Err("column value: expected date at $.a.b, and there is something else".into())
	);
}

#[test]
fn xml_paths_lead_to_values() {
	let document = r#"<?xml version="1.0"?><r xmlns="urn:a" xmlns:q="urn:b" q:k="attribute" k="plain">
		<x>one</x><q:x>two</q:x><x id="i">three<!-- no --> <![CDATA[& four]]></x>
		<p><t>a</t><v>1.5</v></p><p><t>b</t><v>2.5</v><v>3.5</v></p><e/> <d><d><x>deep &amp; &#x41;</x></d></d>
	</r>"#;
	for (path, ty, value) in [
		("/r/x", "text", "one"),
		("/a:r/b:x", "text", "two"),
		("/r/a:x[2]", "text", "three & four"),
		("/r/x[@id='i']", "text", "three & four"),
		("/r/x[@id]", "text", "three & four"),
		("/r/p[t='b']/v[2]", "decimal", "3.50"),
		("/r/p[ t = \"b\" ]/v", "decimal", "2.50"),
		("/r/p/v[2]", "decimal", "3.50"),
		("//d/x", "text", "deep & A"),
		("/r/d//x", "text", "deep & A"),
		("//p[v]/t", "text", "a"),
		("/r/@b:k", "text", "attribute"),
		("/*/p[2]/*", "text", "b"),
		("/r/e", "text", "-"),
		("/x", "text", "-"),
		("/b:r/x", "text", "-"),
	] {
		assert_eq!(at("xml", path, ty, document).as_deref(), Ok(value), "{path}");
	}
}

#[test]
fn edifact_paths_lead_to_values() {
	let document = "UNH+1+INVOIC:D:96A'\nBGM+380+LC?+1??'\r\nDTM+137:20260611:102'DTM+13:20260711:102'\
		 DTM+3:2607:609'NAD+SU+++Long name:in  two:parts'FTX+A B+x  y'UNT+1+1'";
	for (path, ty, value) in [
		("BGM[2]", "text", "LC+1?"),
		("DTM[1.1='13'][1.2]", "date", "2026-07-11"),
		("DTM[1.2]", "date", "2026-06-11"),
		("DTM[1.1='99'][1.2]", "date", "-"),
		("FTX[2]", "text", "x  y"),
		("NAD[1='SU'][4]", "text", "Long name"),
		("NAD[1='SU'][4.*]", "text", "Long name in  two parts"),
		("UNH[2.9]", "text", "-"),
		("NAD[9]", "text", "-"),
	] {
		assert_eq!(at("edifact", path, ty, document).as_deref(), Ok(value), "{path}");
	}
	// Its own signs, and text that is not UTF-8, as older software writes it.
	let view = view("edifact", "", &[("value", "'''BGM[2.2]'''", "text")]);
	let document = b"UNA|*,! ~UNH*1~BGM*380*a|b!~\xfc~UNT*3*1~";
	let rows = rows(&view, "application/edifact", document).unwrap();
	assert_eq!(rows.unwrap()[0][0], Some(Value::Text("b~ü".into())));
	for (document, problem) in [
		("BGM+1'", "UNA, UNB or UNH"),
		("UNH+1", "its last segment does not end"),
		("UNH+1'BGM+380+1'", "its message 1 does not end with UNT"),
		("UNH+1'UNT+2+1'UNH+2'UNH+3'UNT+2+3'", "its message 2 does not end with UNT"),
		("UNB+UNOC:3'UNH+1'UNT+2+1'", "its interchange does not end with UNZ"),
		("UNH+1'UNT+2+1'BGM+380'", "outside of a message"),
		("UNA++.? 'UNH+1'", "names one sign twice"),
		("UNA:+.", "does not name six signs"),
	] {
		let reason = read(&view, document).unwrap_err();
		assert!(reason.contains(problem), "{document}: {reason}");
	}
	assert_eq!(
		at("edifact", "DTM[1.1='3'][1.2]", "date", "UNH+1'DTM+3:2607:609'UNT+3+1'"),
		Err("column value: expected date at DTM[1.1='3'][1.2], and there is something else, in the format that it names"
			.into())
	);
}

#[test]
fn csv_lines_are_rows() {
	let columns = [("name", "[\"name\", \"alias\"]", "text"), ("n", "\"number of\"", "integer")];
	let view = view("csv", "delimiter = \";\"", &columns);
	let document = "number of;name;alias\n1;\"a;b\";x\n2;;y\n;;\n";
	let wanted = [["a;b", "1"], ["y", "2"], ["-", "-"]];
	assert_eq!(read(&view, document).unwrap(), wanted);
	assert_eq!(read(&view, "other\n1\n").unwrap(), [["-", "-"]]);
	assert!(read(&view, "").unwrap().is_empty());
	let short = read(&view, "number of;name\n1;a\n2\n").unwrap_err();
	assert_eq!(short, "line 3 has another number of values than the line with the names");
	let wrong = read(&view, "number of;name\n1;a\nx;b\n").unwrap_err();
	assert_eq!(
		wrong,
		"row 2: column n: expected integer at number of, and there is something else"
	);
	let many = format!("name\n{}", "x\n".repeat(MAX_ROWS + 1));
	assert!(read(&view, &many).unwrap_err().contains("more than 10000 rows"));
}

#[test]
fn nodes_can_be_rows() {
	let columns = [("number", "\"$.number\"", "text"), ("item", "\"@.item\"", "text")];
	let json = view("json", "rows = \"$.lines[*]\"", &columns);
	let document = r#"{"number":"A","lines":[{"item":"x"},{"item":"y"}]}"#;
	assert_eq!(read(&json, document).unwrap(), [["A", "x"], ["A", "y"]]);
	assert!(read(&json, "{}").unwrap().is_empty());
	let columns = [
		("number", "\"/i/n\"", "text"),
		("item", "\"name\"", "text"),
		("id", "\"./@id\"", "integer"),
	];
	let xml = view("xml", "rows = \"//line\"", &columns);
	let document = "<i><n>A</n><line id='1'><name>x</name></line><line id='2'/></i>";
	assert_eq!(read(&xml, document).unwrap(), [["A", "x", "1"], ["A", "-", "2"]]);
	let document = "<i><line id='1'/><line id='secret'/></i>";
	let reason = read(&xml, document).unwrap_err();
	assert_eq!(reason, "row 2: column id: expected integer at ./@id, and there is something else");
}

#[test]
fn other_documents_are_ignored() {
	let columns = [("a", "\"$.a\"", "text")];
	let marked = view("json", "when = [{ path = \"$.kind\", equals = [\"x\", \"y\"] }]", &columns);
	let kind = |document: &str| rows(&marked, "application/json", document.as_bytes());
	assert_eq!(kind(r#"{"kind":"z","a":1}"#), Ok(None));
	assert!(kind(r#"{"kind":"y","a":1}"#).unwrap().is_some());
	assert_eq!(rows(&marked, "application/xml", b"<a/>"), Ok(None));
	assert_eq!(rows(&marked, "application/octet-stream", b"\xff"), Ok(None));
	let invoice = rows(&marked, "application/vnd.invoice+json; charset=utf-8", b"{\"kind\":\"x\"}");
	assert!(invoice.unwrap().is_some());
	let typed = view("json", "mediaTypes = [\"text/plain\"]", &columns);
	assert!(rows(&typed, "Text/Plain", b"{}").unwrap().is_some());
	assert_eq!(rows(&typed, "application/json", b"{}"), Ok(None));
	let ends = view("json", "mediaTypes = [\"+json\", \"text/plain\"]", &columns);
	assert!(rows(&ends, "application/ld+json; charset=utf-8", b"{}").unwrap().is_some());
	assert!(rows(&ends, "text/plain", b"{}").unwrap().is_some());
	assert_eq!(rows(&ends, "application/json", b"{}"), Ok(None));
}

/// Generates signs of documents, in any order.
fn like_a_document() -> impl Strategy<Value = String> {
	let signs = [
		"{",
		"}",
		"[",
		"]",
		"\"",
		":",
		",",
		"\\u",
		"d800",
		"null",
		"1e9",
		"-",
		"<a>",
		"</a>",
		"<",
		">",
		"/",
		"&",
		"&amp;",
		"<!--",
		"-->",
		"<![CDATA[",
		"]]>",
		"<?xml",
		"?>",
		"a=\"1\"",
		"'",
		"+",
		"?",
		"UNA:+.? '",
		"UNH+1'",
		"BGM",
		"DTM",
		"\n",
		"\r",
		";",
		"\"\"",
		"é",
		"\0",
		"a",
		"xmlns:p=\"u\"",
		"<p:a ",
		"<!DOCTYPE a ",
		"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260417*0915*U*00401*000000417*0*P*>~",
		"GS*IN*A*B*20260417*0915*417*X*004010~",
		"ST*810*0001~",
		"TDS*100~",
		"SE*3*0001~",
		"GE*1*417~",
		"IEA*1*000000417~",
		"{1:F01}{2:O940}{4:",
		":20:A",
		":25:A",
		":60F:C260601EUR1,",
		":61:2606010601D1,NTRFA//B",
		":86:166?00A?20B?32C",
		":62F:C260601EUR0,",
		"-}",
		"OFXHEADER:100 DATA:OFXSGML CHARSET:1252\n",
		"<OFX>",
		"</OFX>",
	];
	proptest::collection::vec(proptest::sample::select(signs.to_vec()), 0..60)
		.prop_map(|signs| signs.concat())
}

fn all_formats() -> Vec<View> {
	let json = [("a", "[\"$..a\", \"$.a[?@.a == 'a'][0]\", \"$[-1]\"]", "text")];
	let xml = [("a", "[\"//a[a='1']/@a\", \"/a/*[2]\", \".\"]", "decimal")];
	let csv = [("a", "\"a\"", "timestamp")];
	let edifact = [("a", "[\"DTM[1.1='a'][1.2]\", \"BGM[1]\", \"text\"]", "text")];
	let x12 = [("a", "[\"DTM[1='a'][1.2]\", \"TDS[1]\", \"text\"]", "text")];
	let mt940 = [("a", "[\"86?20-29\", \"86/NAME\", \"61.amount\", \"25\"]", "text")];
	let ofx = [("a", "[\"//a\", \"/OFX/*[2]\"]", "timestamp")];
	vec![
		view("ofx", "rows = \"//*\"", &ofx),
		view("mt940", "", &mt940),
		view("x12", "", &x12),
		view("json", "rows = \"$..*\"", &json),
		view("xml", "rows = \"//*\"", &xml),
		view("csv", "", &csv),
		view("edifact", "", &edifact),
	]
}

proptest! {
	#[test]
	fn no_document_makes_it_panic(
		text in like_a_document(),
		bytes in proptest::collection::vec(any::<u8>(), 0..200),
	) {
		for view in all_formats() {
			for document in [text.as_bytes(), &bytes] {
				if let Ok(Some(rows)) = rows(&view, media_type(&view), document) {
					prop_assert!(rows.len() <= MAX_ROWS);
					prop_assert!(rows.iter().all(|row| row.len() == view.columns.len()));
				}
			}
		}
	}

	#[test]
	fn decimals_of_json_are_what_is_written(units in any::<i64>()) {
		let number = crate::value::Decimal { units: units.into(), scale: 4 };
		let document = format!("{{\"a\":{number},\"b\":\"{number}\"}}");
		for path in ["$.a", "$.b"] {
			prop_assert_eq!(at("json", path, "decimal", &document), Ok(number.to_string()));
		}
	}
}
