//! Uploading requests and following them to their outcome.

use crate::{
	handler::{hash, CredioBlock},
	pool::{refusal, Refusal, Seen},
	watcher::{Subscription, Topic},
	Credio, Error,
};
use codec::{Decode, DecodeAll, Encode};
use credio_primitives::{
	request::NotASubmission,
	rpc::{BlockRef, Bytes, ReceiptJson, RequestState, RequestStatus, UploadEvent, Uploaded},
	storage, BlockNumber, Digest, OrganizationId, Outcome, Receipt, Request, RequestKey,
	Submission,
};
use futures::{stream::BoxStream, StreamExt};
use jsonrpsee::{core::SubscriptionResult, PendingSubscriptionSink, SubscriptionMessage};
use pallet_support::apis::RequestsApi;
use sc_transaction_pool_api::{
	InPoolTransaction, TransactionPool, TransactionSource, TransactionStatus,
};
use sp_api::{CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;
use sp_state_machine::Backend;

/// Reads what is uploaded.
pub trait Submissions: Send + Sync {
	/// What a signed extrinsic says about the request in it, by the best block.
	fn read(&self, extrinsic: &[u8]) -> Result<Result<Submission, NotASubmission>, String>;
}

/// A transaction as it came, and what it says about itself.
struct Incoming<Extrinsic> {
	extrinsic: Extrinsic,
	submission: Submission,
}

/// A request that is followed to its outcome.
#[derive(Clone, Copy)]
struct Watched {
	organization: OrganizationId,
	key: RequestKey,
	body_digest: Digest,
	expires_at: BlockNumber,
}

/// What the pool says of a transaction, from now on.
type Statuses = BoxStream<'static, TransactionStatus<H256, H256>>;

/// How a request was taken.
struct Taken {
	uploaded: Uploaded,
	body_digest: Digest,
	expires_at: BlockNumber,
	/// Of the transaction itself. `None` if another transaction of the request is followed, or none is needed.
	statuses: Option<Statuses>,
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ CallApiAt<Block>
		+ ProvideRuntimeApi<Block, Api: RequestsApi<Block>>
		+ 'static,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// Checks what can be told before the pool is asked.
	fn incoming(&self, bytes: &Bytes) -> Result<Incoming<Block::Extrinsic>, Error> {
		let extrinsic = Block::Extrinsic::decode(&mut bytes.0.as_slice())
			.map_err(|_| Error::MalformedExtrinsic)?;
		let submission = self.submissions.read(&bytes.0).map_err(Error::internal)?;
		let submission = submission.map_err(|reason| match reason {
			NotASubmission::Undecodable => Error::MalformedExtrinsic,
			NotASubmission::Unsigned => Error::NotASubmission("the extrinsic is not signed"),
			NotASubmission::OtherCall => Error::NotASubmission(
				"the call is another one; submit it by author_submitExtrinsic",
			),
			NotASubmission::NotAMember => Error::NotAMember,
			NotASubmission::OtherOrganization => Error::OtherOrganization,
		})?;
		Ok(Incoming { extrinsic, submission })
	}

	/// Read from the state, which takes no instance of the runtime.
	fn receipt(
		&self,
		at: &BlockRef,
		organization: OrganizationId,
		key: RequestKey,
	) -> Result<Option<Receipt>, Error> {
		let state = self.client.state_at(hash(at)).map_err(Error::internal)?;
		let receipt =
			state.storage(&storage::receipt(organization, &key)).map_err(Error::internal)?;
		receipt
			.map(|receipt| Receipt::decode_all(&mut receipt.as_slice()).map_err(Error::internal))
			.transpose()
	}

	/// Where a request stands by the chain alone: final, or in the best block.
	fn decided(&self, submission: &Submission) -> Result<Option<RequestState>, Error> {
		let Submission { organization, request, body_digest, .. } = submission;
		let best = self.best();
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
		let is_final =
			self.receipt(&self.finalized(), *organization, request.key)? == Some(receipt);
		Ok(Some(if is_final { state_of(&receipt) } else { RequestState::Pending }))
	}

	/// Whether a request without a receipt at a block was never applied and never will be, by the expiries under which
	/// it was signed.
	fn has_expired(
		&self,
		at: &BlockRef,
		earliest: BlockNumber,
		latest: BlockNumber,
	) -> Result<bool, Error> {
		if at.number <= latest {
			return Ok(false);
		}
		let limits = self.client.runtime_api().request_limits(hash(at));
		let retention = limits.map_err(Error::internal)?.receipt_retention;
		Ok(Request::has_expired(at.number, earliest, latest, retention))
	}

	fn remember(&self, submission: &Submission, transaction: H256) {
		let seen = Seen {
			transaction,
			body_digest: submission.body_digest,
			expires_at: submission.request.expires_at,
			earliest_expiry: submission.request.expires_at,
		};
		self.served.seen.insert(submission.organization, submission.request.key, seen);
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

	/// Returns the transaction of a request that the pool holds, however it came, with its hash. Looks at all that is
	/// ready if the pool has not noted it yet.
	fn held(&self, organization: OrganizationId, key: RequestKey) -> Option<(H256, Vec<u8>)> {
		self.contents.request(organization, key).or_else(|| {
			let tag = Request::tag(organization, key);
			let held = self.pool.ready().find(|held| held.provides().contains(&tag))?;
			Some((*held.hash(), held.data().encode()))
		})
	}

	/// What it means that the pool holds another transaction of the same request or lane position: that it is of the
	/// same request, which is remembered, or why this one cannot be taken.
	fn conflicting(&self, submission: &Submission) -> Result<Option<H256>, Error> {
		let Submission { organization, request, body_digest, .. } = submission;
		let Some((held, bytes)) = self.held(*organization, request.key) else {
			if request.lane.is_some() {
				return Err(Error::PositionTaken(
					"another request at this lane position waits in the node's pool",
				));
			}
			// It has left the pool meanwhile. What became of it is told when it is decided.
			return Ok(None);
		};
		let known = match self.incoming(&Bytes(bytes)) {
			Ok(known) => known.submission,
			// Its signer has left the organization: it goes with the next block, and makes room for this one.
			Err(Error::NotAMember | Error::OtherOrganization) => return Err(Error::PoolFull),
			Err(error) => return Err(error),
		};
		if known.body_digest != *body_digest {
			return Err(Error::KeyReused);
		}
		self.remember(&known, held);
		Ok(Some(held))
	}

	/// Takes a request: hands it to the pool. The pool knows most of what the chain would say, so the chain is asked only
	/// where the pool refuses: a request that was decided is answered with what was decided, whatever else there is. One
	/// that has expired is kept from the pool, which would ban its transaction.
	async fn take(
		&self,
		incoming: Incoming<Block::Extrinsic>,
		watch: bool,
	) -> Result<Taken, Error> {
		let Incoming { extrinsic, submission } = incoming;
		let mut transaction = self.pool.hash_of(&extrinsic);
		let mut statuses = None;
		let mut state = RequestState::Pending;
		let best = self.best();
		let (at, source) = (hash(&best), TransactionSource::External);
		let result = if submission.request.expires_at < best.number {
			Err(Refusal::AlreadyDecided)
		} else if watch {
			let result = self.pool.submit_and_watch(at, source, extrinsic).await;
			result.map(|watched| statuses = Some(watched.boxed())).map_err(refusal)
		} else {
			self.pool.submit_one(at, source, extrinsic).await.map(|_| ()).map_err(refusal)
		};
		match result {
			Ok(()) => self.remember(&submission, transaction),
			Err(refused) => match (self.decided(&submission)?, refused) {
				(Some(decided), _) => state = decided,
				(None, Refusal::AlreadyHeld) => self.remember(&submission, transaction),
				// Abandoned with its block meanwhile.
				(None, Refusal::AlreadyDecided) => {},
				(None, Refusal::Conflict) => {
					transaction = self.conflicting(&submission)?.unwrap_or(transaction);
				},
				(None, Refusal::Error(error)) => return Err(error),
			},
		}
		let (body_digest, expires_at) = (submission.body_digest, submission.request.expires_at);
		let uploaded = self.uploaded(submission, transaction, state);
		Ok(Taken { uploaded, body_digest, expires_at, statuses })
	}

	pub(crate) async fn do_upload(&self, bytes: Bytes) -> Result<Uploaded, Error> {
		self.take(self.incoming(&bytes)?, false).await.map(|taken| taken.uploaded)
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
		let seen = self.served.seen.get(organization, &request_key);
		let of_seen = seen.map(|seen| [seen.earliest_expiry, seen.expires_at]);
		let expiries = expires_at.into_iter().chain(of_seen.into_iter().flatten());
		if let (Some(earliest), Some(latest)) = (expiries.clone().min(), expiries.max()) {
			if self.has_expired(at, earliest, latest)? {
				return Ok(answer(RequestState::Expired, None));
			}
		}
		let in_best_block = self.receipt(&self.best(), organization, request_key)?.is_some();
		let held = in_best_block || seen.is_some_and(|seen| self.contents.holds(&seen.transaction));
		Ok(answer(if held { RequestState::Pending } else { RequestState::Unknown }, None))
	}

	fn receipt_json(&self, at: &BlockRef, receipt: Receipt) -> Result<ReceiptJson, Error> {
		let (failed_call, error) = match receipt.outcome {
			Outcome::Applied => (None, None),
			Outcome::Rejected { call_index, error } => {
				(Some(call_index), Some(self.error_name(at, error)?))
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

	/// Takes a request that is to be followed. What cannot be followed is not taken.
	async fn take_and_follow(&self, bytes: Bytes) -> Result<(Subscription, Taken), Error> {
		let incoming = self.incoming(&bytes)?;
		let Submission { organization, ref request, .. } = incoming.submission;
		let topic = Topic::Request(organization, request.key);
		let mut followed = self.served.watcher.subscribe(topic, false)?;
		let taken = self.take(incoming, true).await?;
		followed.wake_at(taken.expires_at.saturating_add(1));
		Ok((followed, taken))
	}

	/// Takes the upload and tells `sink` what becomes of it, to the last event.
	pub(crate) async fn do_upload_and_watch(
		&self,
		pending: PendingSubscriptionSink,
		bytes: Bytes,
	) -> SubscriptionResult {
		let (followed, taken) = match self.take_and_follow(bytes).await {
			Ok(taken) => taken,
			Err(error) => {
				pending.reject(error).await;
				return Ok(());
			},
		};
		let Taken { uploaded, body_digest, expires_at, statuses } = taken;
		let sink = pending.accept().await?;
		// By reference: dropping a clone of a sink would end the subscription.
		let sink = &sink;
		let tell = |event: UploadEvent| async move {
			sink.send(SubscriptionMessage::from_json(&event)?).await.map_err(Into::into)
		};
		let watched = Watched {
			organization: uploaded.organization,
			key: uploaded.request_key,
			body_digest,
			expires_at,
		};
		tell(UploadEvent::Accepted(uploaded)).await?;
		if let Some(last) = self.last_event(&watched)? {
			return tell(last).await;
		}
		let mut statuses = statuses.unwrap_or_else(|| futures::stream::pending().boxed());
		loop {
			let status = tokio::select! {
				status = statuses.next() => status,
				() = followed.woken() => {
					if let Some(last) = self.last_event(&watched)? {
						return tell(last).await;
					}
					continue;
				},
				() = sink.closed() => return Ok(()),
			};
			match status {
				// The pool has told all that it knows; the outcome is the chain's to tell.
				None => statuses = futures::stream::pending().boxed(),
				Some(TransactionStatus::InBlock((block, _))) => {
					if let Some(number) = self.client.number(block)? {
						let block = BlockRef { number, hash: Digest(block.0) };
						tell(UploadEvent::InBlock { block }).await?;
					}
				},
				Some(
					TransactionStatus::Dropped
					| TransactionStatus::Invalid
					| TransactionStatus::Usurped(_),
				) => {
					if self.receipt(&self.best(), watched.organization, watched.key)?.is_none() {
						let reason = "the node's pool no longer holds the transaction".into();
						return tell(UploadEvent::Dropped { reason }).await;
					}
				},
				Some(_) => {},
			}
		}
	}

	/// The last event of a request, once its outcome is final.
	fn last_event(&self, watched: &Watched) -> Result<Option<UploadEvent>, Error> {
		let Watched { organization, key, body_digest, expires_at } = *watched;
		let at = self.finalized();
		if let Some(receipt) = self.receipt(&at, organization, key)? {
			if receipt.body_digest != body_digest {
				let reason = "the request key was used for other calls".into();
				return Ok(Some(UploadEvent::Dropped { reason }));
			}
			let status = RequestStatus {
				organization,
				request_key: key,
				status: state_of(&receipt),
				receipt: Some(self.receipt_json(&at, receipt)?),
			};
			return Ok(Some(UploadEvent::Finalized(status)));
		}
		if at.number <= expires_at {
			return Ok(None);
		}
		if !self.has_expired(&at, expires_at, expires_at)? {
			let reason =
				"it expired so long ago that its receipt, if there was one, is gone".into();
			return Ok(Some(UploadEvent::Dropped { reason }));
		}
		Ok(Some(UploadEvent::Expired(RequestStatus {
			organization,
			request_key: key,
			status: RequestState::Expired,
			receipt: None,
		})))
	}
}

fn state_of(receipt: &Receipt) -> RequestState {
	match receipt.outcome {
		Outcome::Applied => RequestState::Applied,
		Outcome::Rejected { .. } => RequestState::Rejected,
	}
}
