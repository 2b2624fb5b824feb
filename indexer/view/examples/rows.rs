//! Reads documents on standard input, and prints the rows of each as a line of JSON.
//!
//! A document is a line of JSON with `view` (a definition in TOML), `mediaType` and `length`, and then so many bytes. A
//! line of output has `rows`, or the reason in `unfit`, or `untaken`. scripts/differential.sh compares them with what
//! other readers make of the documents.

use credio_view::{View, document};
use serde_json::{Value, json};
use std::{
	error::Error,
	io::{self, BufRead, Read, Write},
};

fn main() -> Result<(), Box<dyn Error>> {
	let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
	let mut line = String::new();
	while input.read_line(&mut line)? > 0 {
		let header: Value = serde_json::from_str(&line)?;
		let text = |name: &str| header[name].as_str().ok_or_else(|| format!("there is no {name}"));
		let length = header["length"].as_u64().ok_or("there is no length")?;
		let mut bytes = vec![0; usize::try_from(length)?];
		input.read_exact(&mut bytes)?;
		let view = View::parse(text("view")?)?;
		let read = match document::rows(&view, text("mediaType")?, &bytes) {
			Ok(Some(rows)) => json!({ "rows": rows }),
			Ok(None) => json!({ "untaken": true }),
			Err(reason) => json!({ "unfit": reason.to_string() }),
		};
		writeln!(output, "{read}")?;
		output.flush()?;
		line.clear();
	}
	Ok(())
}
