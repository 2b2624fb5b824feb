//! Decisions on the status of requests. They need no node.

use crate::error::{ConnectError, Error, Result, SubmitError};
use credio_primitives::{
	BlockNumber, RequestKey, error_codes as codes,
	rpc::{RequestState, RequestStatusJson},
};

/// How often a request is submitted before the client gives up.
const MAX_ATTEMPTS: usize = 30;
/// How often a request is signed again because the node rejects its signature, as after an upgrade.
const UPGRADE_ATTEMPTS: usize = 10;
/// How often an upload is repeated because the key epoch changed in between.
const MAX_RACES: u32 = 8;
/// Unknown attempts of a name after which no later ones are read. An outbox continues after one that has expired.
const MAX_GAPS: u32 = 2;

/// The outcome of a submitted request.
#[derive(Debug)]
pub(super) struct Submitted {
	/// Its status.
	pub status: RequestStatusJson,
	/// Whether it had been rejected before.
	pub was_rejected: bool,
}

/// The next step after submitting a request.
#[derive(Debug)]
pub(super) enum SubmitStep {
	/// Return the outcome.
	Done(Submitted),
	/// Fail.
	Fail(Error),
	/// Submit it again.
	Again,
	/// Wait for another final block and this many more, and submit it again.
	AfterBlocks(usize),
	/// Wait for a final block, follow an upgrade of the runtime, and submit it again.
	AfterUpgrade,
}

/// Returns the next step after submitting a request for the `attempt`th time, counted from 1. The submission returns `None`
/// if the node has dropped the request.
pub(super) fn after_submission(
	key: RequestKey,
	attempt: usize,
	submission: Result<Option<Submitted>>,
) -> SubmitStep {
	match submission {
		Ok(Some(submitted)) if submitted.status.status == RequestState::Expired => {
			SubmitStep::Fail(SubmitError::Expired(key).into())
		},
		Ok(Some(submitted)) => SubmitStep::Done(submitted),
		// The pool has dropped it: submit it again under the same key.
		Ok(None) if attempt < MAX_ATTEMPTS => SubmitStep::Again,
		Ok(None) => SubmitStep::Fail(
			ConnectError::Unreachable("the node keeps dropping the request".into()).into(),
		),
		Err(Error::Refused(refusal)) if refusal.code == codes::KEY_REUSED => {
			SubmitStep::Fail(SubmitError::KeyReused(key).into())
		},
		Err(Error::Refused(refusal)) if refusal.is_busy() && attempt < MAX_ATTEMPTS => {
			SubmitStep::AfterBlocks(attempt)
		},
		// Signed for another runtime than the one after an upgrade that is about to be finalized.
		Err(Error::Refused(refusal)) if refusal.is_bad_proof() && attempt < UPGRADE_ATTEMPTS => {
			SubmitStep::AfterUpgrade
		},
		Err(error) => SubmitStep::Fail(error),
	}
}

/// Whether a request's status at block `at` can still change.
pub(super) fn may_change(state: RequestState, at: BlockNumber, expires_at: BlockNumber) -> bool {
	match state {
		RequestState::Pending => true,
		RequestState::Unknown => at <= expires_at,
		RequestState::Applied | RequestState::Rejected | RequestState::Expired => false,
	}
}

/// The next step after reading the status of an attempt of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AttemptStep {
	/// This status is the name's.
	Decided(RequestStatusJson),
	/// Read the next attempt.
	Next,
	/// Later attempts do not exist.
	Stop,
}

/// The attempts of a name, read in order until one decides its status.
#[derive(Default)]
pub(super) struct Attempts {
	rejected: Option<RequestStatusJson>,
	unknown: Option<RequestStatusJson>,
	gaps: u32,
}

impl Attempts {
	/// Adds the status of the next attempt.
	pub(super) fn add(&mut self, status: RequestStatusJson) -> AttemptStep {
		match status.status {
			RequestState::Applied | RequestState::Pending => AttemptStep::Decided(status),
			RequestState::Rejected => {
				self.rejected = Some(status);
				AttemptStep::Next
			},
			RequestState::Unknown | RequestState::Expired => {
				self.unknown.get_or_insert(status);
				self.gaps = self.gaps.saturating_add(1);
				match self.gaps >= MAX_GAPS {
					true => AttemptStep::Stop,
					false => AttemptStep::Next,
				}
			},
		}
	}

	/// Returns the last rejection, or else the first unknown attempt.
	pub(super) fn into_status(self) -> Option<RequestStatusJson> {
		self.rejected.or(self.unknown)
	}
}

/// The next step after submitting an attempt of an upload.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UploadStep {
	/// Return the record.
	Applied,
	/// Return the rejection.
	Rejected,
	/// Make the next attempt.
	Next,
	/// Make the next attempt under the stream's new key epoch.
	NextEpoch,
	/// Fail: the key epoch changes too often.
	GiveUp,
}

/// The races of an upload with changes of the key epoch.
#[derive(Default)]
pub(super) struct Races(u32);

impl Races {
	/// Returns the next step. An attempt that had been rejected before was not a race.
	pub(super) fn after(&mut self, submitted: &Submitted) -> UploadStep {
		let Submitted { status, was_rejected } = submitted;
		if status.status == RequestState::Applied {
			return UploadStep::Applied;
		}
		if is_rejected_for(status, &["RotationDue", "EpochNotCurrent"]) {
			self.0 = self.0.saturating_add(u32::from(!was_rejected));
			return if self.0 >= MAX_RACES { UploadStep::GiveUp } else { UploadStep::NextEpoch };
		}
		if *was_rejected { UploadStep::Next } else { UploadStep::Rejected }
	}
}

fn error_name(status: &RequestStatusJson) -> Option<&str> {
	Some(&status.receipt.as_ref()?.error.as_ref()?.name)
}

/// Whether the chain rejected a request with this error, of any pallet.
pub(super) fn is_rejected_with(status: &RequestStatusJson, name: &str) -> bool {
	error_name(status).is_some_and(|error| error.rsplit('.').next() == Some(name))
}

/// Whether the chain rejected a request with one of these errors of `pallet-grants`.
#[must_use]
pub fn is_rejected_for(status: &RequestStatusJson, errors: &[&str]) -> bool {
	error_name(status)
		.and_then(|error| error.strip_prefix("Grants."))
		.is_some_and(|error| errors.contains(&error))
}

#[cfg(test)]
mod tests;
