//! A pool in memory.

use super::account;
use crate::{
	pool::PoolContents,
	requests::{Refusal, Statuses, Submissions, TransactionQueue},
};
use codec::{Decode, DecodeAll, Encode};
use credio_primitives::{
	Digest, OrganizationId, RecordId, Request, RequestKey, Submission,
	request::NotASubmission,
	rpc::{Bytes, PoolAmountJson, PoolFilter, PoolPageJson},
};
use futures::{StreamExt, channel::mpsc};
use jsonrpsee::core::async_trait;
use sc_transaction_pool_api::TransactionStatus;
use sp_core::H256;
use sp_runtime::OpaqueExtrinsic;
use std::sync::Mutex;

/// Returns a submission of organization 1.
pub(crate) fn submission(key: u8, body: u8, expires_at: u32) -> Submission {
	Submission {
		signer: account(),
		organization: 1,
		request: Request { organization: 1, key: RequestKey([key; 32]), expires_at, lane: None },
		body_digest: Digest([body; 32]),
		record_ids: vec![RecordId([body; 32])],
	}
}

/// Returns an extrinsic with this submission.
pub(crate) fn extrinsic(submission: &Submission) -> Bytes {
	Bytes(submission.encode().encode())
}

/// A pool that takes all transactions, unless a refusal is set.
#[derive(Default)]
pub(crate) struct Queue {
	/// Refuses the next transaction.
	pub refusal: Mutex<Option<Refusal>>,
	/// Why the next extrinsic is no submission.
	pub no_submission: Mutex<Option<NotASubmission>>,
	pub held: Mutex<Vec<(H256, Vec<u8>)>>,
	/// Sends the events of the last watched transaction.
	pub events: Mutex<Option<mpsc::UnboundedSender<TransactionStatus<H256, H256>>>>,
}

impl Queue {
	fn add(&self, extrinsic: &OpaqueExtrinsic) -> Result<(), Refusal> {
		if let Some(refusal) = self.refusal.lock().unwrap().take() {
			return Err(refusal);
		}
		self.held.lock().unwrap().push((transaction_hash(&extrinsic.encode()), extrinsic.encode()));
		Ok(())
	}

	/// Sends an event of the last watched transaction.
	pub(crate) fn send(&self, event: TransactionStatus<H256, H256>) {
		let sender = self.events.lock().unwrap();
		sender.as_ref().expect("one is watched").unbounded_send(event).expect("it is followed");
	}
}

fn transaction_hash(bytes: &[u8]) -> H256 {
	H256(sp_crypto_hashing::blake2_256(bytes))
}

fn decode(bytes: &[u8]) -> Option<Submission> {
	let inner = Vec::<u8>::decode(&mut &bytes[..]).ok()?;
	Submission::decode_all(&mut &inner[..]).ok()
}

#[async_trait]
impl TransactionQueue<OpaqueExtrinsic> for Queue {
	fn hash_of(&self, extrinsic: &OpaqueExtrinsic) -> H256 {
		transaction_hash(&extrinsic.encode())
	}

	async fn submit(&self, _: H256, extrinsic: OpaqueExtrinsic) -> Result<(), Refusal> {
		self.add(&extrinsic)
	}

	async fn submit_and_watch(
		&self,
		_: H256,
		extrinsic: OpaqueExtrinsic,
	) -> Result<Statuses, Refusal> {
		self.add(&extrinsic)?;
		let (sender, receiver) = mpsc::unbounded();
		*self.events.lock().unwrap() = Some(sender);
		Ok(receiver.boxed())
	}

	fn find_ready(&self, _: &[u8]) -> Option<(H256, Vec<u8>)> {
		None
	}
}

impl Submissions for Queue {
	fn read(&self, extrinsic: &[u8]) -> Result<Result<Submission, NotASubmission>, String> {
		if let Some(other) = self.no_submission.lock().unwrap().take() {
			return Ok(Err(other));
		}
		Ok(decode(extrinsic).ok_or(NotASubmission::Undecodable))
	}
}

impl PoolContents for Queue {
	fn holds(&self, transaction: &H256) -> bool {
		self.held.lock().unwrap().iter().any(|(hash, _)| hash == transaction)
	}

	fn request(&self, organization: OrganizationId, key: RequestKey) -> Option<(H256, Vec<u8>)> {
		let held = self.held.lock().unwrap();
		let is_meant = |submission: Submission| {
			(submission.organization, submission.request.key) == (organization, key)
		};
		held.iter().find(|(_, bytes)| decode(bytes).is_some_and(is_meant)).cloned()
	}

	fn page(&self, _: PoolFilter, cursor: Option<Digest>, limit: u32) -> Option<PoolPageJson> {
		let amount = PoolAmountJson { transactions: limit.into(), bytes: 0 };
		let page = PoolPageJson { limit: amount, organizations: vec![], items: vec![], next: None };
		cursor.is_none().then_some(page)
	}
}
