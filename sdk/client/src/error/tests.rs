//! Kinds and hints.

use super::*;
use credio_evidence::Part;
use credio_primitives::{Digest, RequestKey};

fn refusal(code: i32) -> Refusal {
	Refusal { code, message: "no".into(), remedy: None, reason: None }
}

#[test]
fn temporary_refusals_are_busy() {
	for code in [
		codes::POOL_FULL,
		codes::QUOTA_EXCEEDED,
		codes::POSITION_TOO_FAR,
		codes::RATE_LIMITED,
		codes::SERVER_BUSY,
		codes::TOO_MANY_SUBSCRIPTIONS,
		codes::TOO_MANY_SUBSCRIPTIONS_ON_CONNECTION,
	] {
		assert!(refusal(code).is_busy(), "{code}");
		assert_eq!(Error::from(refusal(code)).kind(), ErrorKind::Busy, "{code}");
	}
	for code in [codes::KEY_REUSED, codes::ACCESS_DENIED, codes::NOT_FOUND, -32602] {
		assert!(!refusal(code).is_busy(), "{code}");
	}
}

#[test]
fn refusal_kind_follows_code() {
	let kind = |code| Error::from(refusal(code)).kind();
	assert_eq!(kind(codes::ACCESS_TOKEN_EXPIRED), ErrorKind::Denied);
	assert_eq!(kind(codes::NOT_FOUND), ErrorKind::NotFound);
	assert_eq!(kind(codes::REQUEST_EXPIRED), ErrorKind::Expired);
	assert_eq!(kind(codes::KEY_REUSED), ErrorKind::Rejected);
	assert!(Error::from(refusal(codes::NOT_FOUND)).is_not_found());
}

#[test]
fn message_and_hint_are_separate() {
	let remedy = Some("use a new key".to_owned());
	let error = Error::from(Refusal { remedy, ..refusal(codes::KEY_REUSED) });
	assert_eq!(error.to_string(), "no");
	assert_eq!(error.hint().as_deref(), Some("use a new key"));
	assert_eq!(error.with_hint(), "no: use a new key");

	let error = Error::Argument("the page is empty".into());
	assert_eq!(error.with_hint(), "the page is empty");
	let error = Error::NotFound { what: "stream", name: "a".into(), hint: "" };
	assert_eq!(error.with_hint(), "stream \"a\" was not found");
}

#[test]
fn invalid_finality_hints_at_checkpoint() {
	let refused = |part| Refused { part, reason: "too few votes".into() };
	let hint = |error: ProofError| error.hint().unwrap_or_default();
	assert!(hint(ProofError::NotProven(refused(Part::Finality))).contains("checkpoint"));
	assert_eq!(hint(ProofError::NotProven(refused(Part::Storage))), "do not work with this node");
	assert!(hint(ProofError::NotProvable(refused(Part::Finality))).contains("--checkpoint"));
}

#[test]
fn only_missing_proofs_leave_the_chain_unknown() {
	let refused = Refused { part: Part::Storage, reason: String::new() };
	let reason = String::new();
	for error in [
		Error::from(ConnectError::Unreachable(reason.clone())),
		ProofError::NotFinal(reason.clone()).into(),
		ProofError::NotProven(refused.clone()).into(),
		ProofError::Contradicted("receipt").into(),
		ProofError::NoProofs(reason.clone()).into(),
		SignError::OtherRuntime { spec_version: 1, reason: reason.clone() }.into(),
	] {
		assert!(error.is_no_answer(), "{error}");
	}
	for error in [
		Error::from(ProofError::NotProvable(refused)),
		ConnectError::WrongChain(reason).into(),
		SignError::UnknownRuntime { spec_version: 1, metadata_hash: Digest([0; 32]) }.into(),
		SubmitError::Expired(RequestKey([0; 32])).into(),
		AccessError::NoEpoch.into(),
	] {
		assert!(!error.is_no_answer(), "{error}");
	}
}
