//! Requests under a name: the attempt that counts.

use super::Client;
use crate::{
	error::{Error, Result},
	name::{earlier_secrets, Name, MAX_ATTEMPTS},
};
use credio_primitives::{
	rpc::{RequestState, RequestStatusJson},
	Reference, RequestKey, StreamId,
};

/// Attempts without a trace after which later ones are not looked for: an outbox goes on after one that has expired.
const MAX_GAPS: u32 = 2;

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
	/// The reference of what this very attempt makes.
	pub fn reference(&self) -> Reference {
		Reference::derive(&self.key, 0)
	}
}

impl Client {
	/// Where it stands what was asked for under a business key: the attempt that counts, which is the last one unless an
	/// earlier one was applied. What is on the chain under the key counts as applied, also without a receipt.
	///
	/// # Errors
	///
	/// [`Error::Connection`].
	pub async fn status_of_key(
		&self,
		stream: StreamId,
		business_key: &[u8],
	) -> Result<RequestStatusJson> {
		let name = self.begun(Name::of_business_key(stream, business_key)).await?;
		self.standing(&name).await
	}

	/// The name as it is known: under the organization secret under which something of that name was applied or is under
	/// way, or else under the one that is in force. So what was uploaded before a secret was renewed stays uploaded once.
	pub(super) async fn begun(&self, name: Name) -> Result<Name> {
		for secret in earlier_secrets(&*self.vault).await? {
			let earlier = name.clone().under(secret);
			let status = self.standing(&earlier).await?.status;
			if matches!(status, RequestState::Applied | RequestState::Pending) {
				return Ok(earlier);
			}
		}
		Ok(name)
	}

	/// The status of the attempt of a name that counts.
	pub async fn standing(&self, name: &Name) -> Result<RequestStatusJson> {
		let (mut last, mut open, mut gaps) = (None, None, 0);
		for number in 0..MAX_ATTEMPTS {
			let status = self.status(name.key(&*self.vault, number).await?).await?;
			match status.status {
				RequestState::Applied | RequestState::Pending => return Ok(status),
				RequestState::Rejected => last = Some(status),
				RequestState::Unknown | RequestState::Expired => {
					open.get_or_insert(status);
					gaps += 1;
					if gaps >= MAX_GAPS {
						break;
					}
				},
			}
		}
		let counts = last.or(open);
		let mut counts =
			counts.ok_or_else(|| Error::Answer("a name has at least one attempt".into()))?;
		let record_id = name.record_id(&*self.vault, self.organization).await?;
		if self.find_record(record_id).await?.is_some() {
			counts.status = RequestState::Applied;
			counts.receipt = None;
		}
		Ok(counts)
	}

	/// The first attempt of a name, from a number on, that was not rejected. One that is under way is waited for. After too
	/// many, a key that has no name.
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
		Ok(Attempt { number: MAX_ATTEMPTS, key: self.new_key()?, is_applied: false })
	}

	/// Where a request stands, once it is not under way.
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

/// Whether the chain rejected a request with this error, of any pallet.
pub(super) fn is_rejected_with(status: &RequestStatusJson, name: &str) -> bool {
	let error = status.receipt.as_ref().and_then(|receipt| receipt.error.as_ref());
	error.is_some_and(|error| {
		error.name.rsplit_once('.').map_or(&error.name[..], |(_, name)| name) == name
	})
}
