//! Documents in views.

use credio_view::{Type, Value, View, document};
use std::{fs, path::Path};

/// Largest document, in bytes.
const MAX_SIZE: usize = 64 * 1024;
/// Fewest bytes of a large input that is worth a run: a format, a length, and something to repeat.
const MIN_LARGE: usize = 3;

/// A media type, and the views that take it.
#[derive(Debug)]
pub struct Documents {
	media_type: &'static str,
	views: Vec<View>,
}

impl Documents {
	/// Reads the views of a media type: those of this crate, and the ready-made ones.
	pub(crate) fn new(media_type: &'static str) -> Self {
		let root = Path::new(env!("CARGO_MANIFEST_DIR"));
		let mut files = Vec::new();
		for folder in [root.join("views"), root.join("../../samples/views")] {
			let entries = fs::read_dir(&folder).expect("the folder of views is there");
			files.extend(entries.map(|entry| entry.expect("an entry").path()));
		}
		files.sort();
		let views = files.iter().map(|file| {
			let toml = fs::read_to_string(file).expect("a view can be read");
			View::parse(&toml).expect("a view of the repository is valid")
		});
		let views: Vec<_> = views.filter(|view| view.takes_media_type(media_type)).collect();
		assert!(!views.is_empty(), "there is no view of {media_type}");
		Self { media_type, views }
	}

	/// Reads a document in one of the views, which its length selects: so seeds are documents as they are.
	pub(crate) fn run(&self, data: &[u8]) {
		let view = &self.views[data.len() % self.views.len()];
		check(view, document::rows(view, self.media_type, data));
	}
}

/// Makes a large document of a beginning, a part that is repeated, and an end, and reads it. What takes more than
/// proportional time or memory is found by libFuzzer's limits.
pub(crate) fn run_large(formats: &[Documents], data: &[u8]) {
	let [format, start, length, data @ ..] = data else { return };
	if data.len() < MIN_LARGE {
		return;
	}
	let documents = &formats[usize::from(*format) % formats.len()];
	let (start, rest) = data.split_at(usize::from(*start) % data.len());
	let (repeated, end) = rest.split_at(usize::from(*length) % rest.len() + 1);
	let mut document = start.to_vec();
	while document.len() + repeated.len() + end.len() <= MAX_SIZE {
		document.extend_from_slice(repeated);
	}
	document.extend_from_slice(end);
	documents.run(&document);
}

/// Checks what holds of the rows of any document.
fn check(view: &View, read: Result<Option<Vec<document::Values>>, document::Reason>) {
	let rows = match read {
		Ok(rows) => rows.unwrap_or_default(),
		Err(reason) => {
			assert!(!reason.to_string().is_empty());
			return;
		},
	};
	assert!(rows.len() <= document::MAX_ROWS);
	let mut text = 0;
	for row in &rows {
		assert_eq!(row.len(), view.columns.len());
		for (value, column) in row.iter().zip(&view.columns) {
			let Some(value) = value else {
				assert!(!column.is_required || column.default.is_some());
				continue;
			};
			if let Value::Text(is) = value {
				text += is.len();
				assert!(!is.contains('\0') && is.trim() == is && !is.is_empty());
			}
			check_value(column.ty, value);
		}
	}
	// Values that are joined or negated take a little more than the bound of what they are made of.
	assert!(text <= 2 * document::MAX_TEXT);
}

/// Checks that a value is of its type, and is read as it is shown.
pub(crate) fn check_value(ty: Type, value: &Value) {
	let shown = value.to_string();
	assert_eq!(ty.parse(&shown).as_ref(), Some(value), "{shown}");
}
