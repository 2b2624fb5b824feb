//! Texts of the chain.

/// Returns a text of the chain, which is UTF-8 by the chain's rules.
pub(super) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
