//! The OpenRPC document that `rpc.discover` answers.

use crate::error::Error;

/// The document, as JSON text.
pub const DOCUMENT: &str = include_str!("../openrpc.json");

/// The document.
pub fn document() -> Result<serde_json::Value, Error> {
	serde_json::from_str(DOCUMENT).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::Denial;
	use jsonrpsee::types::ErrorObjectOwned;

	#[test]
	fn every_error_is_documented_with_its_code() {
		let document = document().expect("the document is JSON");
		let documented = document["components"]["errors"]
			.as_object()
			.expect("errors are listed")
			.values()
			.map(|error| error["code"].as_i64().expect("a code is a number"))
			.collect::<std::collections::BTreeSet<_>>();
		let raised = [
			Error::MalformedExtrinsic,
			Error::NotASubmission(""),
			Error::NotAMember,
			Error::OrganizationSuspended,
			Error::QuotaExceeded,
			Error::PoolFull,
			Error::TransactionRefused { cause: String::new(), reason: "other" },
			Error::KeyReused,
			Error::RequestExpired(String::new()),
			Error::PositionTaken(""),
			Error::PositionTooFar,
			Error::OtherOrganization,
			Error::RoleMissing,
			Error::EraTooShort,
			Error::AccessTokenInvalid(""),
			Error::AccessTokenExpired,
			Error::AccessDenied(Denial::NoGrant),
			Error::TokenRequired,
			Error::InvalidParameters(String::new()),
			Error::TooManySubscriptions,
			Error::RateLimited,
			Error::NotFound(""),
			Error::Internal,
		]
		.map(|error| {
			let object = ErrorObjectOwned::from(error);
			let data = object.data().expect("an error carries data").get();
			assert!(data.contains("\"cause\"") && data.contains("\"remedy\""), "{data}");
			i64::from(object.code())
		});
		assert_eq!(documented, raised.into_iter().collect());
	}
}
