//! Reads untrusted files: lines, and records of bounded length.

use std::{
	fs::File,
	io::{self, BufRead, BufReader, Read},
};

/// Longest line or record, in bytes. A row has one document, which an index reads up to some size.
const MAX_LENGTH: u64 = 256 << 20;

/// Lines, each with its end.
pub(crate) struct Lines {
	file: BufReader<File>,
	line: Vec<u8>,
}

impl Lines {
	pub(crate) fn new(file: File) -> Self {
		Self { file: BufReader::with_capacity(1 << 16, file), line: Vec::new() }
	}

	pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
		self.line.clear();
		self.file.by_ref().take(MAX_LENGTH).read_until(b'\n', &mut self.line)?;
		if self.line.len() as u64 == MAX_LENGTH {
			return Err(too_long());
		}
		Ok((!self.line.is_empty()).then_some(&self.line))
	}
}

/// Bounds the bytes that are read until the next [`Self::begin`].
pub(crate) struct Bounded<R> {
	from: R,
	left: u64,
}

impl<R> Bounded<R> {
	pub(crate) fn new(from: R) -> Self {
		Self { from, left: MAX_LENGTH }
	}

	/// Begins with the next record.
	pub(crate) fn begin(&mut self) {
		self.left = MAX_LENGTH;
	}
}

impl<R: Read> Read for Bounded<R> {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		let read = self.from.read(buffer)?;
		self.left = self.left.checked_sub(read as u64).ok_or_else(too_long)?;
		Ok(read)
	}
}

fn too_long() -> io::Error {
	io::Error::new(io::ErrorKind::InvalidData, "it has a line that is too long for an export")
}
