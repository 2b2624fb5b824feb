use super::*;
use crate::{View, document::rows};
use miniz_oxide::deflate::compress_to_vec_zlib;
use proptest::prelude::*;

const INVOICE: &[u8] = include_bytes!("../../../../../samples/invoice-cii.xml");
const VIEW: &str = include_str!("../../../../../samples/views/invoice-cii.toml");

/// Objects of a file, which has its references in a table behind them.
struct Builder {
	bytes: Vec<u8>,
	places: Vec<usize>,
}

impl Builder {
	fn new() -> Self {
		Self { bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), places: Vec::new() }
	}

	fn object(&mut self, content: impl AsRef<[u8]>) -> usize {
		self.places.push(self.bytes.len());
		let number = self.places.len();
		self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
		self.bytes.extend_from_slice(content.as_ref());
		self.bytes.extend_from_slice(b"\nendobj\n");
		number
	}

	fn stream(&mut self, entries: &str, data: &[u8]) -> usize {
		let mut content = format!("<< {entries} /Length {} >>\nstream\n", data.len()).into_bytes();
		content.extend_from_slice(data);
		content.extend_from_slice(b"\nendstream");
		self.object(content)
	}

	/// Ends the file with a table.
	fn with_table(mut self, trailer: &str) -> Vec<u8> {
		let at = self.bytes.len();
		let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.places.len() + 1);
		for place in &self.places {
			table.push_str(&format!("{place:010} 00000 n \n"));
		}
		table.push_str(&format!("trailer\n<< /Size {} {trailer} >>\n", self.places.len() + 1));
		table.push_str(&format!("startxref\n{at}\n%%EOF\n"));
		self.bytes.extend_from_slice(table.as_bytes());
		self.bytes
	}
}

/// Adds the invoice under a name, and returns the entries of a catalog with it.
fn attach(file: &mut Builder, name: &str, invoice: &[u8]) -> String {
	let packed = compress_to_vec_zlib(invoice, 6);
	let content =
		file.stream("/Type /EmbeddedFile /Subtype /text#2Fxml /Filter /FlateDecode", &packed);
	let specification = file
		.object(format!("<< /Type /Filespec /F {name} /UF {name} /EF << /F {content} 0 R >> >>"));
	let leaf =
		file.object(format!("<< /Limits [{name} {name}] /Names [{name} {specification} 0 R] >>"));
	format!("/Names << /EmbeddedFiles << /Kids [{leaf} 0 R] >> >> /AF [{specification} 0 R]")
}

fn with_invoice(name: &str, invoice: &[u8]) -> Vec<u8> {
	let mut file = Builder::new();
	let entries = attach(&mut file, name, invoice);
	let root = file.object(format!("<< /Type /Catalog {entries} >>"));
	file.with_table(&format!("/Root {root} 0 R"))
}

/// Returns a file with its objects in a stream of objects, and its references in a stream.
fn with_streams(invoice: &[u8]) -> Vec<u8> {
	let mut file = Builder::new();
	let content = file.stream("/Filter [/FlateDecode]", &compress_to_vec_zlib(invoice, 6));
	let specification = format!(
		"<< /Type /Filespec /UF <FEFF0066006100630074007500720 02D0078002E0078006D006C> /EF << /F {content} 0 R >> >>"
	);
	let root = "<< /Type /Catalog /AF [3 0 R] >>";
	let numbers = format!("3 0 4 {} ", specification.len() + 1);
	let objects = format!("{numbers}{specification} {root}");
	let entries = format!("/Type /ObjStm /N 2 /First {} /Filter /FlateDecode", numbers.len());
	let stream = file.stream(&entries, &compress_to_vec_zlib(objects.as_bytes(), 6));
	let at = file.bytes.len();
	// Lines of one byte for the kind, four for the place, one for the number, each predicted by the one above.
	let mut lines: Vec<[u8; 6]> = vec![[0; 6]];
	for place in &file.places {
		let [a, b, c, d] = u32::try_from(*place).expect("small").to_be_bytes();
		lines.push([1, a, b, c, d, 0]);
	}
	let of_stream = u8::try_from(stream).expect("small");
	lines.extend([[2, 0, 0, 0, of_stream, 0], [2, 0, 0, 0, of_stream, 1]]);
	let mut above = [0; 6];
	let mut predicted = Vec::new();
	for line in &lines {
		predicted.push(2);
		predicted.extend(line.iter().zip(above).map(|(byte, up): (&u8, u8)| byte.wrapping_sub(up)));
		above = *line;
	}
	let entries = format!(
		"/Type /XRef /Size {} /W [1 4 1] /Root 4 0 R /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 6 >>",
		lines.len()
	);
	file.stream(&entries, &compress_to_vec_zlib(&predicted, 6));
	file.bytes.extend_from_slice(format!("startxref\n{at}\n%%EOF\n").as_bytes());
	file.bytes
}

fn problem(document: &[u8]) -> String {
	invoice(document).expect_err("unfit").to_string()
}

#[test]
fn invoice_in_a_pdf_is_a_row_as_it_is_by_itself() {
	let view = View::parse(VIEW).expect("a view");
	let by_itself = rows(&view, "application/xml", INVOICE).expect("it fits").expect("taken");
	for document in [
		with_invoice("(factur-x.xml)", INVOICE),
		with_invoice("(ZUGFeRD-invoice.xml)", INVOICE),
		with_invoice("(zugferd\\055invoice.xml)", INVOICE),
		with_invoice("(xrechnung.xml)", INVOICE),
		with_streams(INVOICE),
	] {
		let in_pdf = rows(&view, "application/pdf", &document).expect("it fits").expect("taken");
		assert_eq!(in_pdf, by_itself);
	}
	// Other attachments, and files without any, are no invoices.
	let other = with_invoice("(terms.xml)", INVOICE);
	assert_eq!(rows(&view, "application/pdf", &other), Ok(None));
	let mut plain = Builder::new();
	plain.object("<< /Type /Catalog >>");
	assert_eq!(rows(&view, "application/pdf", &plain.with_table("/Root 1 0 R")), Ok(None));
}

#[test]
fn newest_version_of_a_file_counts() {
	let changed = String::from_utf8_lossy(INVOICE).replace("VT-10452", "VT-99999");
	let mut document = with_invoice("(factur-x.xml)", INVOICE);
	let before = document.windows(5).rposition(|signs| signs == b"xref\n").expect("a table");
	let before =
		document[..before].windows(5).rposition(|signs| signs == b"xref\n").unwrap_or(before);
	let packed = compress_to_vec_zlib(changed.as_bytes(), 6);
	let place = document.len();
	document.extend_from_slice(
		format!("1 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n", packed.len())
			.as_bytes(),
	);
	document.extend_from_slice(&packed);
	document.extend_from_slice(b"\nendstream\nendobj\n");
	let at = document.len();
	let table = format!(
		"xref\n1 1\n{place:010} 00000 n \ntrailer\n<< /Size 5 /Root 4 0 R /Prev {before} >>\n"
	);
	document.extend_from_slice(format!("{table}startxref\n{at}\n%%EOF\n").as_bytes());
	let found = invoice(&document).expect("it fits").expect("an invoice");
	assert!(String::from_utf8_lossy(&found).contains("VT-99999"));
}

#[test]
fn files_that_are_cut_off_in_a_later_revision_are_not_read_as_the_one_before() {
	let document = with_invoice("(factur-x.xml)", INVOICE);
	let of = |behind: &[u8]| invoice(&[&document, behind].concat());
	for behind in [&b""[..], b"\r\n", b"\0\0\0", b"% a comment\n"] {
		assert!(of(behind).is_ok_and(|found| found.is_some()), "{behind:?}");
	}
	for behind in [&b"1 0 obj\n<< /Length 5"[..], b"1 0", b"\nxref\n", b"startxref\n12"] {
		let reason = of(behind).expect_err("unfit").to_string();
		assert!(reason.contains("as if it were cut off"), "{reason}");
	}
	let end = document.len() - 7;
	assert!(problem(&document[..end]).contains("as if it were cut off"));
}

#[test]
fn objects_that_older_readers_do_not_see_are_found() {
	let mut file = Builder::new();
	let content = file.stream("", INVOICE);
	let hidden = format!("<< /F (factur-\\\r\nx.xml) /EF << /F {content} 0 R >> >>");
	let stream = file.stream("/Type /ObjStm /N 1 /First 4", format!("3 0 {hidden}").as_bytes());
	// The catalog is the third object of the file, and number 4.
	let place = file.bytes.len();
	file.bytes.extend_from_slice(b"4 0 obj\n<< /AF [3 0 R] >>\nendobj\n");
	let references = file.bytes.len();
	let entry = [2, u8::try_from(stream).expect("small"), 0];
	let head = "5 0 obj\n<< /Type /XRef /Size 6 /W [1 1 1] /Index [3 1] /Length 3 >>\nstream\n";
	file.bytes.extend_from_slice(&[head.as_bytes(), &entry, b"\nendstream\nendobj\n"].concat());
	let at = file.bytes.len();
	let mut table = "xref\n0 6\n0000000000 65535 f \n".to_owned();
	for at in [file.places[0], file.places[1], 0, place, references] {
		let kind = if at == 0 { "65535 f" } else { "00000 n" };
		table.push_str(&format!("{at:010} {kind} \n"));
	}
	let trailer = format!("trailer\n<< /Size 6 /Root 4 0 R /XRefStm {references} >>\n");
	let end = format!("{table}{trailer}startxref\n{at}\n%%EOF\n");
	let document = [&file.bytes, end.as_bytes()].concat();
	assert_eq!(invoice(&document).expect("it fits").as_deref(), Some(INVOICE));
}

#[test]
fn texts_may_go_on_in_another_line() {
	for end in ["\n", "\r", "\r\n"] {
		let name = format!("(factur-\\{end}x.xml)");
		let found = invoice(&with_invoice(&name, INVOICE)).expect("it fits");
		assert!(found.is_some(), "{end:?}");
	}
}

#[test]
fn hostile_files_are_refused() {
	// 64 MiB of zeros, packed once and twice.
	let bomb = compress_to_vec_zlib(&vec![0; 64 << 20], 9);
	let mut file = Builder::new();
	let content = file.stream("/Filter /FlateDecode", &bomb);
	file.object(format!("<< /F (factur-x.xml) /EF << /F {content} 0 R >> >>"));
	let root = file.object("<< /AF [2 0 R] >>");
	let document = file.with_table(&format!("/Root {root} 0 R"));
	assert!(problem(&document).contains("unpacks to more than 1048576 bytes"));
	let twice = compress_to_vec_zlib(&bomb, 9);
	let mut file = Builder::new();
	let content = file.stream("/Filter [/FlateDecode /FlateDecode]", &twice);
	file.object(format!("<< /F (factur-x.xml) /EF << /F {content} 0 R >> >>"));
	let root = file.object("<< /AF [2 0 R] >>");
	let document = file.with_table(&format!("/Root {root} 0 R"));
	assert!(problem(&document).contains("unpacks to more than 1048576 bytes"));

	let of = |objects: &[&str], trailer: &str| {
		let mut file = Builder::new();
		for object in objects {
			file.object(object);
		}
		problem(&file.with_table(trailer))
	};
	let deep = format!("<< /AF {}1{} >>", "[".repeat(64), "]".repeat(64));
	let wide = format!("<< /AF [{}] >>", "1 ".repeat(30_000));
	let itself = "<< /Length 2 0 R >>\nstream\nx\nendstream";
	let attached = "<< /F (factur-x.xml) /EF << /F 2 0 R >> >>";
	for (objects, trailer, wanted) in [
		(vec!["<< /AF 1 0 R"], "/Root 1 0 R", "leads to no object"),
		(vec![&deep[..]], "/Root 1 0 R", "leads to no object"),
		(vec![&wide], "/Root 1 0 R", "leads to no object"),
		(vec!["<< >>"], "/Root 1 0 R /Encrypt 2 0 R", "it is encrypted"),
		(vec!["1"], "/Root 1 0 R", "it has no catalog"),
		(vec!["2 0 R", "1 0 R"], "/Root 1 0 R", "a reference leads to itself"),
		(vec!["<< /AF [3 0 R] >>", itself, attached], "/Root 1 0 R", "a reference leads to itself"),
		(
			vec!["<< /Names << /EmbeddedFiles 2 0 R >> >>", "<< /Kids [2 0 R 2 0 R] >>"],
			"/Root 1 0 R",
			"more than 1000 attachments",
		),
		(
			vec![
				"<< /AF [3 0 R] >>",
				"<< /Filter /LZWDecode /Length 1 >>\nstream\nx\nendstream",
				attached,
			],
			"/Root 1 0 R",
			"a filter other than Flate",
		),
		(
			vec!["<< /AF [3 0 R] >>", "<< /Length 5 >>\nstream\nx\nendstream", attached],
			"/Root 1 0 R",
			"does not end where it should",
		),
		(vec!["<< /AF [2 0 R] >>", attached], "/Root 1 0 R", "its invoice has no content"),
		(
			vec![
				"<< /AF [3 0 R 4 0 R] >>",
				"<< >>",
				attached,
				"<< /UF (xrechnung.xml) /EF << /F 5 0 R >> >>",
			],
			"/Root 1 0 R",
			"several invoices",
		),
	] {
		let found = of(&objects, trailer);
		assert!(found.contains(wanted), "{objects:?}: {found}");
	}
	assert!(problem(b"no PDF").contains("does not begin as one"));
	assert!(problem(b"%PDF-1.7 startxref 5\n%%EOF").contains("leads to no object"));
	// Each part names the other as the one before.
	let circle = b"%PDF-1.7\nxref\n0 0\ntrailer << /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";
	assert!(problem(circle).contains("it has no catalog"));
}

#[test]
fn pdf_that_is_cut_off_does_not_fit() {
	for document in [with_invoice("(factur-x.xml)", INVOICE), with_streams(INVOICE)] {
		// But for the end of its last line.
		for length in 0..document.len() - 1 {
			assert!(invoice(&document[..length]).is_err(), "{length}");
		}
	}
}

proptest! {
	#[test]
	fn no_change_of_a_pdf_makes_it_panic(
		changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
		has_streams in any::<bool>(),
	) {
		let mut document = match has_streams {
			true => with_streams(INVOICE),
			false => with_invoice("(factur-x.xml)", INVOICE),
		};
		for (place, byte) in changes {
			let place = place.index(document.len());
			document[place] = byte;
		}
		let _ = invoice(&document);
	}

	#[test]
	fn no_objects_make_it_panic(
		parts in proptest::collection::vec(
			prop::sample::select(vec![
				"<<", ">>", "[", "]", "(", ")", "\\", "<", ">", "/AF", "/F", "/EF", "/Length", "/Kids", "/Names", "1", "2",
				" 0 R ", "-1", "obj", "endobj", "stream\n", "endstream", "#", "%", "\n", "true", "99999999999999999999",
			]),
			0..60,
		),
	) {
		let mut file = Builder::new();
		file.object(parts.concat());
		file.object(format!("<< /AF [{}] >>", parts.join(" ")));
		let _ = invoice(&file.with_table("/Root 2 0 R"));
	}
}
