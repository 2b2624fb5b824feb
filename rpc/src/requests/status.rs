//! The status of a request.

use super::{
	follow::{Followed, Outcomes, state_of},
	handler::Requests,
};
use crate::{
	chain::{CredioBlock, CredioClient, hash},
	error::Error,
};
use credio_primitives::{
	BlockNumber, OrganizationId, Outcome, Receipt, Request, RequestKey, Submission,
	rpc::{BlockRef, ReceiptJson, RequestState, RequestStatusJson},
	storage,
};
use pallet_support::apis::RequestsApi;
use sp_core::H256;

impl<Block: CredioBlock, Client: CredioClient<Block>> Requests<Block, Client> {
	pub(super) fn receipt(
		&self,
		at: &BlockRef,
		organization: OrganizationId,
		key: RequestKey,
	) -> Result<Option<Receipt>, Error> {
		self.chain.value(at, &storage::receipt(organization, &key))
	}

	/// Returns the state of a request by the chain alone: final, or in the best block.
	///
	/// # Errors
	///
	/// [`Error::RequestExpired`] for one that can no longer be applied, [`Error::KeyReused`] if the receipt is of other
	/// calls.
	pub(super) fn decided(&self, submission: &Submission) -> Result<Option<RequestState>, Error> {
		let Submission { organization, request, body_digest, .. } = submission;
		let best = self.chain.best();
		let Some(receipt) = self.receipt(&best, *organization, request.key)? else {
			let expires_at = request.expires_at;
			if expires_at < best.number {
				let outcome = match self.has_expired(&best, expires_at, expires_at)? {
					true => "",
					false => "; receipts of that time are gone, so its outcome is unknown",
				};
				return Err(Error::RequestExpired(format!(
					"the request expired at block {expires_at}, and the chain is at block {}{outcome}",
					best.number
				)));
			}
			return Ok(None);
		};
		if receipt.body_digest != *body_digest {
			return Err(Error::KeyReused);
		}
		let finalized = self.chain.finalized();
		let is_final = self.receipt(&finalized, *organization, request.key)? == Some(receipt);
		Ok(Some(if is_final { state_of(&receipt) } else { RequestState::Pending }))
	}

	/// Returns whether a request without a receipt at a block was never applied and never will be, by the expiries under
	/// which it was signed.
	fn has_expired(
		&self,
		at: &BlockRef,
		earliest: BlockNumber,
		latest: BlockNumber,
	) -> Result<bool, Error> {
		if at.number <= latest {
			return Ok(false);
		}
		Ok(Request::has_expired(at.number, earliest, latest, self.retention(at)?))
	}

	fn retention(&self, at: &BlockRef) -> Result<BlockNumber, Error> {
		let limits = self.chain.api().request_limits(hash(at)).map_err(Error::internal)?;
		Ok(limits.receipt_retention)
	}

	pub(super) fn status_at(
		&self,
		at: &BlockRef,
		organization: OrganizationId,
		request_key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<RequestStatusJson, Error> {
		let answer =
			|status, receipt| RequestStatusJson { organization, request_key, status, receipt };
		if let Some(receipt) = self.receipt(at, organization, request_key)? {
			let state = state_of(&receipt);
			return Ok(answer(state, Some(self.receipt_json(at, receipt)?)));
		}
		let seen = self.served.seen.get(organization, &request_key);
		let of_seen = seen.map(|seen| [seen.earliest_expiry, seen.expires_at]);
		let expiries = expires_at.into_iter().chain(of_seen.into_iter().flatten());
		if let (Some(earliest), Some(latest)) = (expiries.clone().min(), expiries.max())
			&& self.has_expired(at, earliest, latest)?
		{
			return Ok(answer(RequestState::Expired, None));
		}
		let best = self.chain.best();
		let is_pending = self.receipt(&best, organization, request_key)?.is_some()
			|| seen.is_some_and(|seen| self.contents.holds(&seen.transaction));
		Ok(answer(if is_pending { RequestState::Pending } else { RequestState::Unknown }, None))
	}

	fn receipt_json(&self, at: &BlockRef, receipt: Receipt) -> Result<ReceiptJson, Error> {
		let (failed_call, error) = match receipt.outcome {
			Outcome::Applied => (None, None),
			Outcome::Rejected { call_index, error } => {
				(Some(call_index), Some(self.chain.error_name(at, error)?))
			},
		};
		Ok(ReceiptJson {
			body_digest: receipt.body_digest,
			block: receipt.block,
			extrinsic_index: receipt.extrinsic_index,
			expires_at: receipt.expires_at,
			lane: receipt.lane,
			failed_call,
			error,
		})
	}
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Outcomes for Requests<Block, Client> {
	fn finalized(&self, followed: &Followed) -> Result<(BlockNumber, Option<Receipt>), Error> {
		let at = self.chain.finalized();
		Ok((at.number, self.receipt(&at, followed.organization, followed.key)?))
	}

	fn is_in_best_block(&self, followed: &Followed) -> Result<bool, Error> {
		let best = self.chain.best();
		Ok(self.receipt(&best, followed.organization, followed.key)?.is_some())
	}

	fn receipt_retention(&self) -> Result<BlockNumber, Error> {
		self.retention(&self.chain.finalized())
	}

	fn number(&self, block: H256) -> Result<Option<BlockNumber>, Error> {
		self.chain.number(block)
	}

	fn describe(&self, receipt: Receipt) -> Result<ReceiptJson, Error> {
		self.receipt_json(&self.chain.finalized(), receipt)
	}
}
