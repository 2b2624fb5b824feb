//! Evidence: a file that proves an entry, its position, its grants and its finality without a node.
//!
//! [`Evidence`] is the file, and [`Trusted`] its reader's starting point: the chain's specification, or a
//! [`Checkpoint`] that the council has signed or that comes from an evidence that was verified before. [`verify`]
//! checks the evidence against it without a network, and returns the proven facts. `docs/evidence.md` describes the
//! format for other implementations.
//!
//! A client that talks to a node does the same block by block: a [`Head`] follows finality and reads any key of the
//! state.
//!
//! Files are untrusted input: everything in them is bounded, and nothing is used before it is proven.

mod accept;
mod checkpoint;
mod council;
mod document;
mod file;
mod finality;
mod head;
mod state;
mod trust;
mod verify;
mod voters;
mod words;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, FinalBlock};
pub use document::{DocumentPart, Documented, InclusionPart};
pub use file::{Evidence, MAX_FILE_SIZE};
pub use head::{Head, genesis_keys, parent_of};
pub use trust::{MAX_SPEC_SIZE, Trusted};
pub use verify::{Verified, verify};

pub use sp_runtime::{MultiSignature, traits::Verify};

use std::fmt;

/// Header of a block.
pub(crate) type Header = sp_runtime::generic::Header<u32, sp_runtime::traits::BlakeTwo256>;

/// A part of an evidence, or one of the inputs that it is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// The file as a whole, and its first line.
	Format,
	/// The chain.
	Genesis,
	/// The subject.
	Subject,
	/// The block that its proof of finality starts from.
	From,
	/// The proof of finality.
	Finality,
	/// The storage proof.
	Storage,
	/// The document part.
	Document,
	/// The digests of the parts.
	Sums,
	/// The chain specification.
	Specification,
	/// The checkpoint.
	Checkpoint,
}

impl fmt::Display for Part {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Format => "format",
			Self::Genesis => "genesis",
			Self::Subject => "subject",
			Self::From => "from",
			Self::Finality => "finality",
			Self::Storage => "storage",
			Self::Document => "document",
			Self::Sums => "sums",
			Self::Specification => "chain specification",
			Self::Checkpoint => "checkpoint",
		})
	}
}

/// A refusal: the part and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused: {part}: {reason}")]
pub struct Refused {
	/// The part.
	pub part: Part,
	/// The reason, in words.
	pub reason: String,
}

impl Part {
	/// Creates a refusal of this part.
	pub(crate) fn refused(self, reason: impl fmt::Display) -> Refused {
		Refused { part: self, reason: reason.to_string() }
	}
}
