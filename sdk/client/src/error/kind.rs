//! Kinds of failure.

/// The kind of an error, for programs that act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
	/// The node cannot be reached or has no proofs: try again, or use another node.
	Unavailable,
	/// No block that is new enough is final: try again.
	NotFinal,
	/// The node is busy or the organization's quota is used up: try again.
	Busy,
	/// Something is proven to be wrong: a response, an evidence, a checkpoint or a document.
	Untrusted,
	/// Nothing has that name.
	NotFound,
	/// The organization has no access.
	Denied,
	/// The stream's owner has to open a key epoch first.
	NotReady,
	/// The chain or the node rejected the request.
	Rejected,
	/// The request has expired and will never be applied.
	Expired,
	/// The vault failed.
	Vault,
	/// An argument or a setting is wrong.
	Usage,
	/// This software does not support the chain's runtime.
	Unsupported,
	/// Something unexpected happened.
	Internal,
}
