//! Errors of the `credio_v1` methods: code, name, meaning and remedy. Stable: a code never changes its meaning.
//!
//! Every error carries `data: { cause, remedy }`. `docs/rpc.md` lists them, and a test compares.

/// An error of the methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
	/// Its code.
	pub code: i32,
	/// Its name.
	pub name: &'static str,
	/// When it is returned.
	pub when: &'static str,
	/// The remedy.
	pub remedy: &'static str,
	/// Other remedies, each for some words of `data.reason` or `data.denial`.
	pub special: &'static [(&'static [&'static str], &'static str)],
}

impl ErrorCode {
	/// Returns the remedy for a word of `data`, or the general one.
	#[must_use]
	pub fn remedy_for(&self, word: &str) -> &'static str {
		let special = self.special.iter().find(|(words, _)| words.contains(&word));
		special.map_or(self.remedy, |(_, remedy)| remedy)
	}
}

/// Returns the error with a code.
#[must_use]
pub fn find(code: i32) -> Option<&'static ErrorCode> {
	ALL.iter().find(|error| error.code == code)
}

macro_rules! errors {
	($($constant:ident = $code:literal, $name:literal, $when:literal, $remedy:literal $(, [$($words:expr => $special:literal),* $(,)?])?;)*) => {
		$(
			#[doc = $when]
			pub const $constant: i32 = $code;
		)*

		/// All errors of the methods, by code.
		pub const ALL: &[ErrorCode] = &[$(
			ErrorCode {
				code: $code,
				name: $name,
				when: $when,
				remedy: $remedy,
				special: &[$($((&$words, $special)),*)?],
			}
		),*];
	};
}

errors! {
	MALFORMED_EXTRINSIC = 9001, "MalformedExtrinsic",
		"the bytes are no extrinsic of this chain's runtime",
		"send the whole signed extrinsic as 0x hex, made for this chain's present metadata";
	NOT_A_SUBMISSION = 9002, "NotASubmission",
		"the extrinsic is not a signed Idempotency.submit",
		"wrap the calls in Idempotency.submit and sign it";
	NOT_A_MEMBER = 9003, "NotAMember",
		"the signer is a member of no organization",
		"sign with an account that an admin has added to an organization";
	ORGANIZATION_SUSPENDED = 9004, "OrganizationSuspended",
		"the signer's organization is suspended",
		"ask the council to reinstate the organization";
	QUOTA_EXCEEDED = 9005, "QuotaExceeded",
		"the organization has used up its quota for this window of blocks",
		"send it again under the same key in the next window (credio_v1_quota says when), or ask the council for more";
	POOL_FULL = 9006, "PoolFull",
		"the node is busy: its pool takes no more requests, at all or from this organization",
		"send it again under the same key in a few seconds";
	TRANSACTION_REFUSED = 9007, "TransactionRefused",
		"the transaction cannot be applied; data.reason is one word",
		"mend what the cause names, and send it again under the same key",
		[["stale", "future"] => "read the account's next nonce, sign again under the same key, and send that"];
	KEY_REUSED = 9008, "KeyReused",
		"the request key was used before, for other calls",
		"use a new key for a new request; credio_v1_status shows the old one's receipt";
	REQUEST_EXPIRED = 9009, "RequestExpired",
		"the request's expiry has passed, or lies too far ahead",
		"sign again under the same key with an expiry within the bounds of credio_v1_limits, unless the cause says that the outcome is unknown: then look for its entries first";
	POSITION_TAKEN = 9010, "PositionTaken",
		"the lane position is another request's, decided or waiting in the node's pool",
		"take the lane's next free position (credio_v1_lane), and sign again under the same key";
	POSITION_TOO_FAR = 9011, "PositionTooFar",
		"the lane position lies more than 1,024 ahead of the lane's next one",
		"send it again under the same key once the lane has come closer";
	OTHER_ORGANIZATION = 9012, "OtherOrganization",
		"the request names another organization than the signer's",
		"name the account's present organization in the request, or sign with an account of the organization that it is for";
	ROLE_MISSING = 9013, "RoleMissing",
		"the signer lacks a role that one of the calls needs",
		"sign with an account that has the role, or have an admin give it (Organizations.set_roles)";
	ERA_TOO_SHORT = 9014, "EraTooShort",
		"the request has a lane position, and its transaction's mortal era ends before its expiry",
		"sign it immortal, or with an era that reaches the request's expires_at";
	ACCESS_TOKEN_INVALID = 9101, "AccessTokenInvalid",
		"signature, account, method, parameters, chain or lifetime of the access token are not right",
		"sign a token for this very method and these parameters, good for at most 300 blocks";
	ACCESS_TOKEN_EXPIRED = 9102, "AccessTokenExpired",
		"the access token's last block has passed",
		"sign a new token";
	ACCESS_DENIED = 9103, "AccessDenied",
		"no right to read this now; data.denial is one word",
		"ask the council or your organization's admin",
		[
			["noGrant", "grantExpired", "parentEnded"] => "make an access request to the owner of the stream",
			["keyMissing"] => "ask the owner of the stream to add the key of that epoch to the grant",
			["notARecord"] => "verify the document against the anchor instead",
		];
	TOKEN_REQUIRED = 9104, "TokenRequired",
		"a function of the runtime that hands out ciphertexts or wrapped keys was called without an access token",
		"call credio_v1_fetch or credio_v1_streamKeys, with an access token";
	INVALID_PARAMETERS = 9201, "InvalidParameters",
		"a parameter is out of bounds",
		"see the method in rpc.discover";
	TOO_MANY_SUBSCRIPTIONS = 9202, "TooManySubscriptions",
		"the node has as many subscriptions as it keeps",
		"try again in a few seconds, subscribe at another node, or poll credio_v1_status or credio_v1_query";
	NOT_FOUND = 9404, "NotFound",
		"the object does not exist at the finalized block",
		"check the id; what was just written is found once it is final";
	INTERNAL = 9500, "Internal",
		"the node could not answer; its log says why",
		"try again, and tell the node's operator if it stays";
	RATE_LIMITED = -32999, "RateLimited",
		"too many calls from one address",
		"wait a second and send it again, less often from then on";
}

/// Too many subscriptions on one connection: the JSON-RPC server's own code.
pub const TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION: i32 = -32006;
/// The JSON-RPC server is busy: its own code.
pub const SERVER_BUSY: i32 = -32009;
