//! Codes of the errors that the `credio_v1` methods answer. Stable: a code never changes its meaning.
//!
//! Every error carries `data: { cause, remedy }`. `docs/rpc.md` lists what to do about each.

/// The bytes are no extrinsic of this chain's runtime.
pub const MALFORMED_EXTRINSIC: i32 = 9001;
/// The extrinsic is not a signed `Idempotency::submit`.
pub const NOT_A_SUBMISSION: i32 = 9002;
/// The signer is a member of no organization.
pub const NOT_A_MEMBER: i32 = 9003;
/// The signer's organization is suspended.
pub const ORGANIZATION_SUSPENDED: i32 = 9004;
/// The organization has used up its quota for this window of blocks.
pub const QUOTA_EXCEEDED: i32 = 9005;
/// The node's pool takes no more, at all or from this organization: busy, try again.
pub const POOL_FULL: i32 = 9006;
/// The transaction cannot be applied; the cause says why.
pub const TRANSACTION_REFUSED: i32 = 9007;
/// The request key was used for another body.
pub const KEY_REUSED: i32 = 9008;
/// The request's expiry has passed, or lies too far ahead.
pub const REQUEST_EXPIRED: i32 = 9009;
/// The lane position is taken by another request.
pub const POSITION_TAKEN: i32 = 9010;
/// The lane position lies too far ahead of the lane's next one: try again later.
pub const POSITION_TOO_FAR: i32 = 9011;
/// The request names another organization than the signer's.
pub const OTHER_ORGANIZATION: i32 = 9012;
/// The signer lacks a role that one of the request's calls needs.
pub const ROLE_MISSING: i32 = 9013;
/// The request has a lane position, and its transaction's mortal era ends before its expiry.
pub const ERA_TOO_SHORT: i32 = 9014;
/// The access token's signature, account or lifetime is not good.
pub const ACCESS_TOKEN_INVALID: i32 = 9101;
/// The access token's last block has passed.
pub const ACCESS_TOKEN_EXPIRED: i32 = 9102;
/// No right to read this now; the cause names the denial.
pub const ACCESS_DENIED: i32 = 9103;
/// The function of the runtime hands out what takes an access token.
pub const TOKEN_REQUIRED: i32 = 9104;
/// A parameter is missing, malformed or out of bounds.
pub const INVALID_PARAMETERS: i32 = 9201;
/// The node keeps no more subscriptions.
pub const TOO_MANY_SUBSCRIPTIONS: i32 = 9202;
/// There is no such thing at the finalized block.
pub const NOT_FOUND: i32 = 9404;
/// The node could not answer; its log says why.
pub const INTERNAL: i32 = 9500;

/// Too many calls from one address: the JSON-RPC server's own code.
pub const RATE_LIMITED: i32 = -32999;
/// Too many subscriptions on one connection: the JSON-RPC server's own code.
pub const TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION: i32 = -32006;
/// The JSON-RPC server is busy: its own code.
pub const SERVER_BUSY: i32 = -32009;
