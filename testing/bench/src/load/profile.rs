//! Profiles of load.
use std::{fmt, str::FromStr};

/// The kind of a submission. Sizes are those of documents, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
	/// One record a request: `record:1024`.
	Record { size: u32 },
	/// Several records a request: `records:64x64`, calls and then size.
	Records { calls: u32, size: u32 },
	/// `System.remark` with as many bytes as the call that appends such a record: `remark:1024`.
	Remark { size: u32 },
	/// `Utility.batch_all` of such remarks: `remarks:64x64`.
	Remarks { calls: u32, size: u32 },
	/// A grant on a record, and its revocation: `grants`.
	Grants,
	/// A Merkle anchor of documents of 1 KiB, hashed by the client: `merkle:1000`.
	Merkle { documents: u32 },
	/// Fetching a record, with the check of access, and opening it: `fetch:1024`.
	Fetch { size: u32 },
	/// A page of 100 headers of a stream: `query`.
	Query,
}

impl Profile {
	/// Returns the records, remarks, documents or reads in one submission.
	pub(crate) fn units(self) -> u32 {
		match self {
			Self::Record { .. } | Self::Remark { .. } | Self::Fetch { .. } | Self::Query => 1,
			Self::Grants => 2,
			Self::Records { calls, .. } | Self::Remarks { calls, .. } => calls,
			Self::Merkle { documents } => documents,
		}
	}

	/// Returns the size of its documents; 0 without documents.
	pub(crate) fn size(self) -> u32 {
		match self {
			Self::Record { size }
			| Self::Records { size, .. }
			| Self::Remark { size }
			| Self::Remarks { size, .. }
			| Self::Fetch { size } => size,
			Self::Grants | Self::Merkle { .. } | Self::Query => 0,
		}
	}

	/// Returns the entries that one submission appends to the stream.
	pub(crate) fn entries(self) -> u64 {
		match self {
			Self::Record { .. } | Self::Merkle { .. } => 1,
			Self::Records { calls, .. } => calls.into(),
			_ => 0,
		}
	}

	/// Returns whether it is a read.
	pub(crate) fn is_read(self) -> bool {
		matches!(self, Self::Fetch { .. } | Self::Query)
	}

	/// Returns whether it is a transaction that this program signs, submits and finds in blocks.
	pub(crate) fn is_transaction(self) -> bool {
		!matches!(self, Self::Merkle { .. } | Self::Fetch { .. } | Self::Query)
	}

	/// Returns whether it has a nonce instead of a request.
	pub(crate) fn has_nonce(self) -> bool {
		matches!(self, Self::Remark { .. } | Self::Remarks { .. })
	}
}

impl fmt::Display for Profile {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Record { size } => write!(f, "record:{size}"),
			Self::Records { calls, size } => write!(f, "records:{calls}x{size}"),
			Self::Remark { size } => write!(f, "remark:{size}"),
			Self::Remarks { calls, size } => write!(f, "remarks:{calls}x{size}"),
			Self::Grants => write!(f, "grants"),
			Self::Merkle { documents } => write!(f, "merkle:{documents}"),
			Self::Fetch { size } => write!(f, "fetch:{size}"),
			Self::Query => write!(f, "query"),
		}
	}
}

impl FromStr for Profile {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		use credio_client::primitives::limits::{MAX_CALLS, MAX_DOCUMENT_SIZE, MAX_MERKLE_LEAVES};
		let bounded = |text: &str, bound: u32| {
			let number = text.parse::<u32>().ok().filter(|number| (1..=bound).contains(number));
			number.ok_or_else(|| format!("{text:?} is no number from 1 to {bound}"))
		};
		let size = |text: &str| bounded(text, MAX_DOCUMENT_SIZE);
		let (name, figures) = text.split_once(':').unwrap_or((text, ""));
		let several = || match figures.split_once('x') {
			Some((calls, of)) => Ok((bounded(calls, MAX_CALLS)?, size(of)?)),
			None => Err(format!("{name} needs calls and size, as in {name}:64x64")),
		};
		match name {
			"record" => Ok(Self::Record { size: size(figures)? }),
			"remark" => Ok(Self::Remark { size: size(figures)? }),
			"fetch" => Ok(Self::Fetch { size: size(figures)? }),
			"records" => several().map(|(calls, size)| Self::Records { calls, size }),
			"remarks" => several().map(|(calls, size)| Self::Remarks { calls, size }),
			"merkle" => Ok(Self::Merkle { documents: bounded(figures, MAX_MERKLE_LEAVES)? }),
			"grants" if figures.is_empty() => Ok(Self::Grants),
			"query" if figures.is_empty() => Ok(Self::Query),
			_ => Err(format!(
				"{text:?} is none of record:SIZE, records:CALLSxSIZE, remark:SIZE, remarks:CALLSxSIZE, grants, \
				merkle:DOCUMENTS, fetch:SIZE, query"
			)),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn profiles_parse_their_display_form() {
		for text in [
			"record:1024",
			"records:64x64",
			"remark:64",
			"remarks:64x64",
			"grants",
			"merkle:100000",
			"fetch:1024",
			"query",
		] {
			assert_eq!(text.parse::<Profile>().expect("a profile").to_string(), text);
		}
		for text in ["record", "record:0", "records:65x64", "merkle:9999999", "grants:1", "other"] {
			assert!(text.parse::<Profile>().is_err(), "{text}");
		}
	}
}
