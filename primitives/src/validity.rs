//! Codes of `InvalidTransaction::Custom` by which the pool refuses a transaction. Stable: a code never changes its
//! meaning.

/// The signer is a member of no organization, or the transaction has no signer.
pub const NOT_A_MEMBER: u8 = 1;
/// The signer's organization is suspended.
pub const ORGANIZATION_SUSPENDED: u8 = 2;
/// The organization has used up its quota for this window of blocks.
pub const QUOTA_EXCEEDED: u8 = 3;
