//! The events of a followed request: decided here, sent by the handler.

use crate::error::Error;
use credio_primitives::{
	BlockNumber, Digest, OrganizationId, Receipt, Request, RequestKey,
	rpc::{BlockRef, ReceiptJson, RequestState, RequestStatusJson, UploadEventJson},
};
use sc_transaction_pool_api::TransactionStatus;
use sp_core::H256;

/// A request that is followed to its outcome.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed {
	pub organization: OrganizationId,
	pub key: RequestKey,
	pub body_digest: Digest,
	pub expires_at: BlockNumber,
}

/// The chain as a followed request needs it.
pub(super) trait Outcomes {
	/// Returns the receipt of a request at the finalized block, and the number of that block.
	fn finalized(&self, followed: &Followed) -> Result<(BlockNumber, Option<Receipt>), Error>;
	/// Returns whether the best block has a receipt of a request.
	fn is_in_best_block(&self, followed: &Followed) -> Result<bool, Error>;
	/// Returns for how many blocks past its expiry the absence of a receipt proves that a request was not applied.
	fn receipt_retention(&self) -> Result<BlockNumber, Error>;
	/// Returns the number of a block; `None` if the node does not know it.
	fn number(&self, block: H256) -> Result<Option<BlockNumber>, Error>;
	/// Returns a receipt with its error named.
	fn describe(&self, receipt: Receipt) -> Result<ReceiptJson, Error>;
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Signal {
	/// A block that concerns the request is final.
	Finalized,
	/// The pool reports a change of the transaction.
	Pool(TransactionStatus<H256, H256>),
}

/// What the subscription does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
	/// Waits for the next signal.
	Wait,
	/// Sends an event.
	Send(UploadEventJson),
	/// Sends the last event and ends.
	Finish(UploadEventJson),
}

impl Followed {
	/// Returns the next step after a signal.
	pub(super) fn step(&self, chain: &impl Outcomes, signal: &Signal) -> Result<Step, Error> {
		Ok(match signal {
			Signal::Finalized => self.last_event(chain)?.map_or(Step::Wait, Step::Finish),
			Signal::Pool(TransactionStatus::InBlock((block, _))) => match chain.number(*block)? {
				Some(number) => {
					let block = BlockRef { number, hash: Digest(block.0) };
					Step::Send(UploadEventJson::InBlock { block })
				},
				None => Step::Wait,
			},
			Signal::Pool(
				TransactionStatus::Dropped
				| TransactionStatus::Invalid
				| TransactionStatus::Usurped(_),
			) if !chain.is_in_best_block(self)? => {
				Step::Finish(dropped("the node's pool no longer holds the transaction"))
			},
			Signal::Pool(_) => Step::Wait,
		})
	}

	/// Returns the last event, once the outcome is final.
	pub(super) fn last_event(
		&self,
		chain: &impl Outcomes,
	) -> Result<Option<UploadEventJson>, Error> {
		let (number, receipt) = chain.finalized(self)?;
		let status = |status, receipt| RequestStatusJson {
			organization: self.organization,
			request_key: self.key,
			status,
			receipt,
		};
		if let Some(receipt) = receipt {
			if receipt.body_digest != self.body_digest {
				return Ok(Some(dropped("the request key was used for other calls")));
			}
			let state = state_of(&receipt);
			let status = status(state, Some(chain.describe(receipt)?));
			return Ok(Some(UploadEventJson::Finalized(status)));
		}
		let expires_at = self.expires_at;
		if number <= expires_at {
			return Ok(None);
		}
		if !Request::has_expired(number, expires_at, expires_at, chain.receipt_retention()?) {
			return Ok(Some(dropped(
				"it expired so long ago that its receipt, if there was one, is gone",
			)));
		}
		Ok(Some(UploadEventJson::Expired(status(RequestState::Expired, None))))
	}
}

fn dropped(reason: &str) -> UploadEventJson {
	UploadEventJson::Dropped { reason: reason.into() }
}

/// Returns the state of a request with a final receipt.
pub(super) fn state_of(receipt: &Receipt) -> RequestState {
	match receipt.outcome {
		credio_primitives::Outcome::Applied => RequestState::Applied,
		credio_primitives::Outcome::Rejected { .. } => RequestState::Rejected,
	}
}
