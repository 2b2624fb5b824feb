//! Uploading requests and following them to their outcome.

use crate::{
	handler::{hash, CredioBlock},
	pool::{refusal, Refusal, Seen},
	Credio, Error,
};
use codec::Decode;
use credio_primitives::{
	apis::RequestsApi,
	request::NotASubmission,
	rpc::{
		BlockRef, Bytes, ErrorName, ReceiptJson, RequestState, RequestStatus, UploadEvent, Uploaded,
	},
	BlockNumber, Digest, OrganizationId, Outcome, Receipt, RequestKey, Submission,
};
use futures::{future::Either, Stream, StreamExt};
use jsonrpsee::{core::SubscriptionResult, PendingSubscriptionSink, SubscriptionMessage};
use sc_client_api::BlockchainEvents;
use sc_transaction_pool_api::{
	InPoolTransaction, TransactionPool, TransactionSource, TransactionStatus,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_core::H256;

/// A transaction as it came, and what it says about itself.
struct Incoming<Extrinsic> {
	extrinsic: Extrinsic,
	submission: Submission,
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ ProvideRuntimeApi<Block, Api: RequestsApi<Block>>
		+ BlockchainEvents<Block>
		+ 'static,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// Checks what can be told before the pool is asked.
	fn incoming(&self, bytes: &Bytes) -> Result<Incoming<Block::Extrinsic>, Error> {
		let extrinsic = Block::Extrinsic::decode(&mut bytes.0.as_slice())
			.map_err(|_| Error::MalformedExtrinsic)?;
		let submission = self
			.client
			.runtime_api()
			.submission(hash(&self.best()), bytes.0.clone())
			.map_err(Error::internal)?
			.map_err(|reason| match reason {
				NotASubmission::Undecodable => Error::MalformedExtrinsic,
				NotASubmission::Unsigned => Error::NotASubmission("the extrinsic is not signed"),
				NotASubmission::OtherCall => Error::NotASubmission(
					"the call is another one; submit it by author_submitExtrinsic",
				),
				NotASubmission::NotAMember => Error::NotAMember,
			})?;
		Ok(Incoming { extrinsic, submission })
	}

	fn receipt(
		&self,
		at: &BlockRef,
		organization: OrganizationId,
		key: RequestKey,
	) -> Result<Option<Receipt>, Error> {
		self.client.runtime_api().receipt(hash(at), organization, key).map_err(Error::internal)
	}

	/// Where a request stands by the chain alone: final, or in the best block.
	fn decided(&self, submission: &Submission) -> Result<Option<RequestState>, Error> {
		let Submission { organization, request, body_digest, .. } = submission;
		let best = self.best();
		let Some(receipt) = self.receipt(&best, *organization, request.key)? else {
			if request.expires_at < best.number {
				return Err(Error::RequestExpired(format!(
					"the request expired at block {}, and the chain is at block {}",
					request.expires_at, best.number
				)));
			}
			return Ok(None);
		};
		if receipt.body_digest != *body_digest {
			return Err(Error::KeyReused);
		}
		let is_final =
			self.receipt(&self.finalized(), *organization, request.key)? == Some(receipt);
		Ok(Some(if is_final { state_of(&receipt) } else { RequestState::Pending }))
	}

	fn remember(&self, submission: &Submission, transaction: H256) {
		let seen = Seen { transaction, expires_at: submission.request.expires_at };
		self.seen.insert(submission.organization, submission.request.key, seen);
	}

	fn uploaded(&self, submission: Submission, hash: H256, status: RequestState) -> Uploaded {
		Uploaded {
			organization: submission.organization,
			request_key: submission.request.key,
			transaction_hash: Digest(hash.0),
			record_ids: submission.record_ids,
			status,
		}
	}

	pub(crate) async fn do_upload(&self, bytes: Bytes) -> Result<Uploaded, Error> {
		let Incoming { extrinsic, submission } = self.incoming(&bytes)?;
		let transaction = self.pool.hash_of(&extrinsic);
		if let Some(status) = self.decided(&submission)? {
			return Ok(self.uploaded(submission, transaction, status));
		}
		let best = H256(self.best().hash.0);
		match self.pool.submit_one(best, TransactionSource::External, extrinsic).await {
			Ok(_) => {},
			Err(error) => match refusal(error) {
				Refusal::AlreadyHeld => {},
				Refusal::Error(error) => return Err(error),
			},
		}
		self.remember(&submission, transaction);
		Ok(self.uploaded(submission, transaction, RequestState::Pending))
	}

	pub(crate) fn do_status(
		&self,
		at: &BlockRef,
		organization: OrganizationId,
		request_key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<RequestStatus, Error> {
		let answer = |status, receipt| RequestStatus { organization, request_key, status, receipt };
		if let Some(receipt) = self.receipt(at, organization, request_key)? {
			let state = state_of(&receipt);
			return Ok(answer(state, Some(self.receipt_json(at, receipt)?)));
		}
		let seen = self.seen.get(organization, &request_key);
		let expires_at = expires_at.max(seen.map(|seen| seen.expires_at));
		if expires_at.is_some_and(|expires_at| expires_at < at.number) {
			return Ok(answer(RequestState::Expired, None));
		}
		let in_best_block = self.receipt(&self.best(), organization, request_key)?.is_some();
		let held = in_best_block || seen.is_some_and(|seen| self.pool_holds(&seen.transaction));
		Ok(answer(if held { RequestState::Pending } else { RequestState::Unknown }, None))
	}

	fn pool_holds(&self, transaction: &H256) -> bool {
		self.pool.ready_transaction(transaction).is_some()
			|| self.pool.futures().iter().any(|held| held.hash() == transaction)
	}

	fn receipt_json(&self, at: &BlockRef, receipt: Receipt) -> Result<ReceiptJson, Error> {
		let (failed_call, error) = match receipt.outcome {
			Outcome::Applied => (None, None),
			Outcome::Rejected { call_index, error } => {
				let (name, description) = self
					.client
					.runtime_api()
					.error_name(hash(at), error)
					.map_err(Error::internal)?;
				let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
				let name = ErrorName { name: text(name), description: text(description) };
				(Some(call_index), Some(name))
			},
		};
		Ok(ReceiptJson {
			body_digest: receipt.body_digest,
			block: receipt.block,
			extrinsic_index: receipt.extrinsic_index,
			expires_at: receipt.expires_at,
			failed_call,
			error,
		})
	}

	/// Takes the upload and tells `sink` what becomes of it, to the last event.
	pub(crate) async fn do_upload_and_watch(
		&self,
		pending: PendingSubscriptionSink,
		bytes: Bytes,
	) -> SubscriptionResult {
		// Subscribed before anything is sent, so that no block is missed.
		let finality = self.client.finality_notification_stream();
		let (uploaded, expires_at, statuses) = match self.start_watching(bytes).await {
			Ok(started) => started,
			Err(error) => {
				pending.reject(error).await;
				return Ok(());
			},
		};
		let sink = pending.accept().await?;
		// By reference: dropping a clone of a sink would end the subscription.
		let sink = &sink;
		let tell = |event: UploadEvent| async move {
			sink.send(SubscriptionMessage::from_json(&event)?).await.map_err(Into::into)
		};
		let (organization, key) = (uploaded.organization, uploaded.request_key);
		tell(UploadEvent::Accepted(uploaded)).await?;
		if let Some(last) = self.last_event(organization, key, expires_at)? {
			return tell(last).await;
		}
		let mut events = futures::stream::select(
			finality.map(|_| Either::Left(())),
			statuses.map(Either::Right),
		);
		loop {
			let event = tokio::select! {
				event = events.next() => event,
				() = sink.closed() => return Ok(()),
			};
			match event {
				None => return Ok(()),
				Some(Either::Left(())) => {
					if let Some(last) = self.last_event(organization, key, expires_at)? {
						return tell(last).await;
					}
				},
				Some(Either::Right(TransactionStatus::InBlock((block, _)))) => {
					if let Some(number) = self.client.number(block)? {
						let block = BlockRef { number, hash: Digest(block.0) };
						tell(UploadEvent::InBlock { block }).await?;
					}
				},
				Some(Either::Right(
					TransactionStatus::Dropped
					| TransactionStatus::Invalid
					| TransactionStatus::Usurped(_),
				)) => {
					if self.receipt(&self.best(), organization, key)?.is_none() {
						let reason = "the node's pool no longer holds the transaction".into();
						return tell(UploadEvent::Dropped { reason }).await;
					}
				},
				Some(Either::Right(_)) => {},
			}
		}
	}

	/// The last event of a request, once its outcome is final.
	fn last_event(
		&self,
		organization: OrganizationId,
		key: RequestKey,
		expires_at: BlockNumber,
	) -> Result<Option<UploadEvent>, Error> {
		let at = self.finalized();
		if let Some(receipt) = self.receipt(&at, organization, key)? {
			let status = RequestStatus {
				organization,
				request_key: key,
				status: state_of(&receipt),
				receipt: Some(self.receipt_json(&at, receipt)?),
			};
			return Ok(Some(UploadEvent::Finalized(status)));
		}
		Ok((at.number > expires_at).then_some(UploadEvent::Expired(RequestStatus {
			organization,
			request_key: key,
			status: RequestState::Expired,
			receipt: None,
		})))
	}

	/// Hands the transaction to the pool; the stream is what the pool says of it, and empty if there is no need.
	async fn start_watching(
		&self,
		bytes: Bytes,
	) -> Result<
		(
			Uploaded,
			BlockNumber,
			impl Stream<Item = TransactionStatus<H256, H256>> + Send + Unpin + use<Block, Client, Pool>,
		),
		Error,
	> {
		let Incoming { extrinsic, submission } = self.incoming(&bytes)?;
		let transaction = self.pool.hash_of(&extrinsic);
		let expires_at = submission.request.expires_at;
		if let Some(status) = self.decided(&submission)? {
			let uploaded = self.uploaded(submission, transaction, status);
			return Ok((uploaded, expires_at, futures::stream::empty().boxed()));
		}
		let best = H256(self.best().hash.0);
		let statuses =
			match self.pool.submit_and_watch(best, TransactionSource::External, extrinsic).await {
				Ok(statuses) => statuses.boxed(),
				Err(error) => match refusal(error) {
					Refusal::AlreadyHeld => futures::stream::empty().boxed(),
					Refusal::Error(error) => return Err(error),
				},
			};
		self.remember(&submission, transaction);
		Ok((self.uploaded(submission, transaction, RequestState::Pending), expires_at, statuses))
	}
}

fn state_of(receipt: &Receipt) -> RequestState {
	match receipt.outcome {
		Outcome::Applied => RequestState::Applied,
		Outcome::Rejected { .. } => RequestState::Rejected,
	}
}
