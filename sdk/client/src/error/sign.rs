//! Errors of signing for a runtime.

use super::kind::ErrorKind;
use credio_primitives::Digest;

/// Nothing can be signed for the node's runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
	/// This software does not know the chain's runtime.
	#[error(
		"the chain has runtime {spec_version}, which this software does not know, so it signs nothing for it (metadata hash according to the node: {metadata_hash})"
	)]
	UnknownRuntime {
		/// Version of the runtime.
		spec_version: u32,
		/// Hash of the node's metadata.
		metadata_hash: Digest,
	},
	/// The node's runtime differs from the known runtime of that version.
	#[error("the node's runtime is not runtime {spec_version}, which it claims to be: {reason}")]
	OtherRuntime {
		/// Version that the node claims.
		spec_version: u32,
		/// The difference.
		reason: String,
	},
	/// The runtime has no such call.
	#[error(transparent)]
	UnfitCall(#[from] UnfitCall),
}

impl SignError {
	/// Returns the kind of failure.
	#[must_use]
	pub fn kind(&self) -> ErrorKind {
		match self {
			Self::UnknownRuntime { .. } | Self::UnfitCall(_) => ErrorKind::Unsupported,
			Self::OtherRuntime { .. } => ErrorKind::Untrusted,
		}
	}

	/// Returns what to do about it.
	#[must_use]
	pub fn hint(&self) -> Option<&'static str> {
		match self {
			Self::UnknownRuntime { .. } => Some(
				"install the release for it or, with the metadata hash that the council announces, run `credio trust runtime`",
			),
			Self::OtherRuntime { .. } => Some("do not work with this node"),
			Self::UnfitCall(UnfitCall::Outdated { .. }) => Some("make the call again"),
			Self::UnfitCall(_) => Some("use the software of that runtime's release"),
		}
	}
}

/// A call that cannot be signed for a runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitCall {
	/// The runtime has no such call.
	#[error("runtime {runtime} has no call {call}")]
	Unknown {
		/// The call, as `Pallet.call`.
		call: String,
		/// The runtime's version.
		runtime: u32,
	},
	/// The runtime has other arguments for the call than this software encodes.
	#[error("runtime {runtime} has other arguments for {call} than this software makes")]
	Changed {
		/// The call, as `Pallet.call`.
		call: String,
		/// The runtime's version.
		runtime: u32,
	},
	/// The call has nested calls for another runtime.
	#[error("{call} holds calls that are encoded for another runtime than {runtime}")]
	Outdated {
		/// The call, as `Pallet.call`.
		call: String,
		/// The runtime's version.
		runtime: u32,
	},
}
