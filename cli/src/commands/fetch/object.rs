//! Fetching an object: into a file beside the target, which goes on after an interruption and gets its name once all of it is
//! verified.

use super::Written;
use crate::{exit::Failure, output};
use credio_client::{
	Client, OpenObject,
	envelope::Committing,
	primitives::{RecordId, limits::OBJECT_CHUNK_SIZE},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
	fs::{self, File},
	io::{self, Read, Seek, SeekFrom, Write},
	ops::Range,
	path::{Path, PathBuf},
};

/// A range of bytes, as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByteRange(Range<u64>);

impl ByteRange {
	/// Returns the bytes of the range.
	pub(super) fn within<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], Failure> {
		let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
		let found = &bytes[place(self.0.start)..place(self.0.end)];
		match found.is_empty() {
			true => Err(beyond(bytes.len() as u64)),
			false => Ok(found),
		}
	}
}

fn beyond(length: u64) -> Failure {
	Failure::Other(format!("the document has {length} bytes, and none in this range"))
}

/// Reads a range: `FROM-TO`, the last byte included.
pub(super) fn parse_range(text: &str) -> Result<ByteRange, String> {
	let range = text.split_once('-').and_then(|(from, to)| {
		let (from, to) = (from.trim().parse::<u64>().ok()?, to.trim().parse::<u64>().ok()?);
		(from <= to).then_some(from..to.checked_add(1)?)
	});
	range.map(ByteRange).ok_or_else(|| "a range is FROM-TO, as in 0-1048575".into())
}

/// Fetches an object, or a range of it.
pub(super) async fn fetch(
	client: &Client,
	record: RecordId,
	path: &Path,
	range: Option<ByteRange>,
) -> Result<Written, Failure> {
	let object = client.open_object(record).await?;
	match range {
		Some(ByteRange(range)) => fetch_range(&object, path, &range).await,
		None => fetch_whole(&object, path).await,
	}
}

async fn fetch_whole(object: &OpenObject<'_>, path: &Path) -> Result<Written, Failure> {
	let progress = ProgressBar::new(object.length());
	progress.set_style(
		ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}")
			.unwrap_or_else(|_| ProgressStyle::default_bar()),
	);
	let show = |fetched| progress.set_position(fetched);
	let mut commitment = object.commitment();
	let written = Written {
		media_type: object.media_type().into(),
		bytes: object.length(),
		entry: object.entry().clone(),
		verified: "against its commitment on the chain",
	};
	if path == Path::new("-") {
		object.write(0, commitment, &mut output::document_sink()?, &show).await?;
		return Ok(written);
	}
	let unfinished = unfinished(path, object.entry().record_id);
	let failed = |error| Failure::file(&unfinished, error);
	let mut file = credio_files::open_or_create(&unfinished).map_err(failed)?;
	let from = resume(&mut file, &mut commitment).map_err(failed)?;
	let result = object.write(from, commitment, &mut file, &show).await;
	progress.finish_and_clear();
	if let Err(error) = result {
		// A file that does not verify is not kept; an unfinished one is continued next time.
		if !error.is_no_answer() && from > 0 {
			let _ = fs::remove_file(&unfinished);
		}
		return Err(error.into());
	}
	file.sync_all().map_err(failed)?;
	fs::rename(&unfinished, path).map_err(|error| Failure::file(path, error))?;
	let folder = path.parent().unwrap_or(Path::new("."));
	credio_files::sync_folder(folder).map_err(|error| Failure::file(folder, error))?;
	Ok(written)
}

async fn fetch_range(
	object: &OpenObject<'_>,
	path: &Path,
	range: &Range<u64>,
) -> Result<Written, Failure> {
	let length = object.length();
	if range.start >= length {
		return Err(beyond(length));
	}
	if path == Path::new("-") {
		object.write_range(range, &mut output::document_sink()?).await?;
	} else {
		let failed = |error| Failure::file(path, error);
		let mut file = credio_files::Replacement::create(path).map_err(failed)?;
		object.write_range(range, &mut file).await?;
		file.commit().map_err(failed)?;
	}
	Ok(Written {
		media_type: object.media_type().into(),
		bytes: range.end.min(length) - range.start,
		entry: object.entry().clone(),
		verified: "its chunks, against the root on the chain",
	})
}

/// Returns the file beside the target that an object is fetched into.
fn unfinished(path: &Path, record: RecordId) -> PathBuf {
	let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
	let id = record.to_string();
	path.with_file_name(format!(".{name}.{}.part", &id[2..18]))
}

/// Begins a commitment with what an earlier fetch has left in a file, up to a whole chunk, and cuts off the rest. Returns the
/// length of it.
fn resume(file: &mut File, commitment: &mut Committing) -> io::Result<u64> {
	let length = file.metadata()?.len();
	let whole = length - length % u64::from(OBJECT_CHUNK_SIZE);
	file.set_len(whole)?;
	file.seek(SeekFrom::Start(0))?;
	let mut buffer = vec![0; 1 << 20];
	let mut rest = whole;
	while rest > 0 {
		let most = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
		file.read_exact(&mut buffer[..most])?;
		commitment.update(&buffer[..most]);
		rest -= most as u64;
	}
	file.flush()?;
	Ok(whole)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ranges_include_their_last_byte() {
		assert_eq!(parse_range("0-9"), Ok(ByteRange(0..10)));
		assert_eq!(parse_range("5-5"), Ok(ByteRange(5..6)));
		for unfit in ["", "-", "5", "9-5", "a-b", "-5", "5-", "0-18446744073709551615"] {
			assert!(parse_range(unfit).is_err(), "{unfit}");
		}
	}

	#[test]
	fn ranges_end_with_the_document() {
		let range = |text| parse_range(text).unwrap();
		assert_eq!(range("1-2").within(b"abcd").unwrap(), b"bc");
		assert_eq!(range("2-9").within(b"abcd").unwrap(), b"cd");
		assert!(range("4-9").within(b"abcd").is_err());
	}
}
