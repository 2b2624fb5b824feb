//! Submissions, attempts and uploads without a node.

use super::*;
use crate::error::Refusal;
use credio_primitives::{
	Digest,
	rpc::{ErrorNameJson, ReceiptJson},
};

const KEY: RequestKey = RequestKey([7; 32]);

fn status(state: RequestState) -> RequestStatusJson {
	RequestStatusJson { organization: 1, request_key: KEY, status: state, receipt: None }
}

fn rejected(name: &str) -> RequestStatusJson {
	let error = ErrorNameJson { name: name.into(), description: String::new() };
	let receipt = ReceiptJson {
		body_digest: Digest([0; 32]),
		block: 5,
		extrinsic_index: 2,
		expires_at: 9,
		lane: None,
		failed_call: Some(0),
		error: Some(error),
	};
	RequestStatusJson { receipt: Some(receipt), ..status(RequestState::Rejected) }
}

fn submitted(status: RequestStatusJson, was_rejected: bool) -> Submitted {
	Submitted { status, was_rejected }
}

fn refused(code: i32, reason: Option<&str>) -> Result<Option<Submitted>> {
	let reason = reason.map(str::to_owned);
	Err(Refusal { code, message: String::new(), remedy: None, reason }.into())
}

#[test]
fn final_outcomes_end_submission() {
	for state in [RequestState::Applied, RequestState::Rejected] {
		let step = after_submission(KEY, 1, Ok(Some(submitted(status(state), false))));
		assert!(matches!(step, SubmitStep::Done(done) if done.status.status == state));
	}
	let expired = Ok(Some(submitted(status(RequestState::Expired), false)));
	let step = after_submission(KEY, 1, expired);
	assert!(matches!(step, SubmitStep::Fail(Error::Submit(SubmitError::Expired(KEY)))), "{step:?}");
}

#[test]
fn dropped_request_is_submitted_again_up_to_limit() {
	assert!(matches!(after_submission(KEY, MAX_ATTEMPTS - 1, Ok(None)), SubmitStep::Again));
	let step = after_submission(KEY, MAX_ATTEMPTS, Ok(None));
	assert!(matches!(step, SubmitStep::Fail(Error::Connect(_))), "{step:?}");
}

#[test]
fn busy_node_is_retried_after_more_blocks_each_time() {
	for attempt in 1..MAX_ATTEMPTS {
		let step = after_submission(KEY, attempt, refused(codes::POOL_FULL, None));
		assert!(matches!(step, SubmitStep::AfterBlocks(blocks) if blocks == attempt), "{step:?}");
	}
	let step = after_submission(KEY, MAX_ATTEMPTS, refused(codes::POOL_FULL, None));
	assert!(matches!(step, SubmitStep::Fail(Error::Refused(_))), "{step:?}");
}

#[test]
fn bad_proof_follows_upgrade_up_to_limit() {
	let refused = || refused(-32_000, Some("badProof"));
	let step = after_submission(KEY, UPGRADE_ATTEMPTS - 1, refused());
	assert!(matches!(step, SubmitStep::AfterUpgrade), "{step:?}");
	let step = after_submission(KEY, UPGRADE_ATTEMPTS, refused());
	assert!(matches!(step, SubmitStep::Fail(Error::Refused(_))), "{step:?}");
}

#[test]
fn reused_key_and_other_refusals_fail() {
	let step = after_submission(KEY, 1, refused(codes::KEY_REUSED, None));
	assert!(
		matches!(step, SubmitStep::Fail(Error::Submit(SubmitError::KeyReused(KEY)))),
		"{step:?}"
	);
	let step = after_submission(KEY, 1, refused(codes::ACCESS_DENIED, None));
	assert!(matches!(step, SubmitStep::Fail(Error::Refused(_))), "{step:?}");
}

#[test]
fn unknown_request_may_change_until_it_expires() {
	assert!(may_change(RequestState::Pending, 100, 9));
	assert!(may_change(RequestState::Unknown, 9, 9));
	assert!(!may_change(RequestState::Unknown, 10, 9));
	for state in [RequestState::Applied, RequestState::Rejected, RequestState::Expired] {
		assert!(!may_change(state, 1, 9), "{state:?}");
	}
}

/// Reads attempts with these states. Returns the number of those that were read, and the resulting status.
fn read(states: &[RequestState]) -> (usize, Option<RequestState>) {
	let mut attempts = Attempts::default();
	for (index, state) in states.iter().enumerate() {
		match attempts.add(status(*state)) {
			AttemptStep::Decided(decided) => return (index + 1, Some(decided.status)),
			AttemptStep::Next => {},
			AttemptStep::Stop => {
				return (index + 1, attempts.into_status().map(|status| status.status));
			},
		}
	}
	(states.len(), attempts.into_status().map(|status| status.status))
}

#[test]
fn first_applied_or_pending_attempt_decides() {
	use RequestState::*;
	assert_eq!(read(&[Applied, Unknown]), (1, Some(Applied)));
	assert_eq!(read(&[Rejected, Pending, Applied]), (2, Some(Pending)));
	assert_eq!(read(&[Expired, Applied]), (2, Some(Applied)));
	assert_eq!(read(&[Rejected, Unknown, Rejected, Applied]), (4, Some(Applied)));
}

#[test]
fn attempts_end_after_gaps_with_last_rejection_or_first_gap() {
	use RequestState::*;
	assert_eq!(read(&[Unknown, Unknown, Applied]), (2, Some(Unknown)));
	assert_eq!(read(&[Expired, Unknown, Applied]), (2, Some(Expired)));
	assert_eq!(read(&[Rejected, Unknown, Unknown]), (3, Some(Rejected)));
	assert_eq!(read(&[Rejected; 5]), (5, Some(Rejected)));
	assert_eq!(read(&[]), (0, None));
}

#[test]
fn upload_ends_with_outcome() {
	let mut races = Races::default();
	let applied = submitted(status(RequestState::Applied), true);
	assert_eq!(races.after(&applied), UploadStep::Applied);
	let refused = submitted(rejected("Anchor.StreamSealed"), false);
	assert_eq!(races.after(&refused), UploadStep::Rejected);
}

#[test]
fn earlier_rejection_leads_to_next_attempt() {
	let earlier = submitted(rejected("Anchor.StreamSealed"), true);
	assert_eq!(Races::default().after(&earlier), UploadStep::Next);
}

#[test]
fn upload_gives_up_after_races_of_its_own() {
	let mut races = Races::default();
	for _ in 0..MAX_RACES * 2 {
		let earlier = submitted(rejected("Grants.RotationDue"), true);
		assert_eq!(races.after(&earlier), UploadStep::NextEpoch);
	}
	for _ in 1..MAX_RACES {
		let own = submitted(rejected("Grants.EpochNotCurrent"), false);
		assert_eq!(races.after(&own), UploadStep::NextEpoch);
	}
	let own = submitted(rejected("Grants.RotationDue"), false);
	assert_eq!(races.after(&own), UploadStep::GiveUp);
}

#[test]
fn rejections_are_matched_by_error_name() {
	let refused = rejected("Grants.RotationDue");
	assert!(is_rejected_with(&refused, "RotationDue"));
	assert!(is_rejected_with(&rejected("RotationDue"), "RotationDue"));
	assert!(!is_rejected_with(&refused, "Due"));
	assert!(is_rejected_for(&refused, &["EpochNotCurrent", "RotationDue"]));
	assert!(!is_rejected_for(&rejected("Anchor.RotationDue"), &["RotationDue"]));
	assert!(!is_rejected_for(&status(RequestState::Rejected), &["RotationDue"]));
}
