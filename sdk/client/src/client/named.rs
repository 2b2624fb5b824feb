//! Requests under a name, and the attempt that decides its status.

use super::{
	Client,
	status::{AttemptStep, Attempts, is_rejected_with},
};
use crate::{
	calls::Call,
	error::{Error, Result, SubmitError},
	name::{MAX_ATTEMPTS, Name, earlier_secrets},
};
use credio_primitives::{
	Reference, RequestKey, StreamId,
	rpc::{RequestState, RequestStatusJson},
};

/// An attempt of a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
	/// Its number, counted from 0.
	pub number: u32,
	/// Its key.
	pub key: RequestKey,
	/// Whether it was applied.
	pub is_applied: bool,
}

impl Attempt {
	/// Returns the reference of the item that this attempt creates.
	pub(super) fn reference(&self) -> Reference {
		Reference::derive(&self.key, 0)
	}
}

impl Client {
	/// Returns the status of a business key: of the last attempt, unless an earlier one was applied. A record on the
	/// chain counts as applied, also without a receipt.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn status_of_key(
		&self,
		stream: StreamId,
		business_key: &[u8],
	) -> Result<RequestStatusJson> {
		let name = self.known_name(Name::of_business_key(stream, business_key)).await?;
		self.standing(&name).await
	}

	/// Returns the name under the organization secret that was current when it was first used, or else under the
	/// present one. So a document that was uploaded before a renewal of the secret is not uploaded twice.
	pub(super) async fn known_name(&self, name: Name) -> Result<Name> {
		for secret in earlier_secrets(&*self.vault).await? {
			let earlier = name.clone().under(secret);
			let status = self.standing(&earlier).await?.status;
			if matches!(status, RequestState::Applied | RequestState::Pending) {
				return Ok(earlier);
			}
		}
		Ok(name)
	}

	/// Returns the status of a name: of the attempt that decides it.
	pub async fn standing(&self, name: &Name) -> Result<RequestStatusJson> {
		let mut attempts = Attempts::default();
		for number in 0..MAX_ATTEMPTS {
			let status = self.status(name.key(&*self.vault, number).await?).await?;
			match attempts.add(status) {
				AttemptStep::Decided(status) => return Ok(status),
				AttemptStep::Next => {},
				AttemptStep::Stop => break,
			}
		}
		let mut counts = attempts
			.into_status()
			.ok_or_else(|| Error::UnexpectedResponse("a name has at least one attempt".into()))?;
		let record_id = name.record_id(&*self.vault, self.organization).await?;
		if self.find_record(record_id).await?.is_some() {
			counts.status = RequestState::Applied;
			counts.receipt = None;
		}
		Ok(counts)
	}

	/// Returns the first attempt of a name, from a number on, that was not rejected. Waits for pending attempts. After
	/// [`MAX_ATTEMPTS`], returns a random key without a name.
	pub(super) async fn attempt(&self, name: &Name, from: u32) -> Result<Attempt> {
		for number in from..MAX_ATTEMPTS {
			let key = name.key(&*self.vault, number).await?;
			match self.decided(key).await?.status {
				RequestState::Rejected => {},
				state => {
					let is_applied = state == RequestState::Applied;
					return Ok(Attempt { number, key, is_applied });
				},
			}
		}
		Ok(Attempt { number: MAX_ATTEMPTS, key: Self::new_key()?, is_applied: false })
	}

	/// Submits a call under a name, unless it was applied before. `done` is the name of the error that a call which was
	/// made before ends with.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Connect`].
	pub(super) async fn once(&self, name: &Name, call: Call, done: &str) -> Result<()> {
		let attempt = self.attempt(name, 0).await?;
		if attempt.is_applied {
			return Ok(());
		}
		let status = self.submit(attempt.key, &[call]).await?;
		if status.status == RequestState::Applied || is_rejected_with(&status, done) {
			return Ok(());
		}
		Err(SubmitError::Rejected(Box::new(status)).into())
	}

	/// Returns the status of a request once it is no longer pending.
	pub async fn decided(&self, key: RequestKey) -> Result<RequestStatusJson> {
		loop {
			let status = self.status(key).await?;
			if status.status != RequestState::Pending {
				return Ok(status);
			}
			self.wait_for_finality(0).await?;
		}
	}
}
