//! Uploads.

use super::{
	api::RequestsRpcServer,
	follow::{Followed, Signal, Step},
	queue::{Statuses, TransactionQueue},
	refusal::Refusal,
	seen::Seen,
};
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	pool::PoolContents,
	served::Served,
	watcher::{Subscription, Topic},
};
use codec::Decode;
use credio_primitives::{
	BlockNumber, Digest, OrganizationId, Request, RequestKey, Submission, limits,
	request::NotASubmission,
	rpc::{
		At, BlockRef, Bytes, LaneJson, RequestState, RequestStatusJson, UploadEventJson,
		UploadedJson,
	},
};
use futures::StreamExt;
use jsonrpsee::{
	PendingSubscriptionSink, SubscriptionMessage,
	core::{SubscriptionResult, async_trait},
};
use pallet_support::apis::RequestsApi;
use sp_core::H256;
use std::sync::Arc;

/// Reads uploaded requests.
pub trait Submissions: Send + Sync {
	/// Returns the request in a signed extrinsic, by the best block.
	fn read(&self, extrinsic: &[u8]) -> Result<Result<Submission, NotASubmission>, String>;
}

/// Implements the methods of this area.
pub(crate) struct Requests<Block: CredioBlock, Client> {
	pub chain: Chain<Block, Client>,
	pub queue: Arc<dyn TransactionQueue<Block::Extrinsic>>,
	pub contents: Arc<dyn PoolContents>,
	pub served: Arc<Served>,
	pub submissions: Arc<dyn Submissions>,
}

/// A transaction and the request in it.
struct Incoming<Extrinsic> {
	extrinsic: Extrinsic,
	submission: Submission,
}

/// A request that was taken.
struct Accepted {
	uploaded: UploadedJson,
	body_digest: Digest,
	expires_at: BlockNumber,
	/// Events of the transaction itself. `None` if another transaction of the request is followed, or none is needed.
	statuses: Option<Statuses>,
}

#[async_trait]
impl<Block: CredioBlock, Client: CredioClient<Block>> RequestsRpcServer
	for Requests<Block, Client>
{
	async fn upload(&self, extrinsic: Bytes) -> Result<UploadedJson, Error> {
		let accepted = self.accept(self.incoming(&extrinsic)?, false).await?;
		Ok(accepted.uploaded)
	}

	async fn upload_and_watch(
		&self,
		pending: PendingSubscriptionSink,
		extrinsic: Bytes,
	) -> SubscriptionResult {
		match self.accept_and_follow(extrinsic).await {
			Ok((subscription, accepted)) => self.follow(pending, subscription, accepted).await,
			Err(error) => {
				pending.reject(error).await;
				Ok(())
			},
		}
	}

	fn status(
		&self,
		organization: OrganizationId,
		request_key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>, Error> {
		let read = |at| self.status_at(&at, organization, request_key, expires_at);
		self.chain.at_finalized(read)
	}

	fn lane(&self, organization: OrganizationId, lane: u32) -> Result<At<LaneJson>, Error> {
		if lane >= limits::MAX_LANES {
			return Err(Error::no_such_lane());
		}
		let next = |at: &BlockRef| {
			let next = self.chain.api().next_position(hash(at), organization, lane);
			next.map_err(Error::internal)
		};
		self.chain.at_finalized(|at| {
			let (next, next_at_best) = (next(&at)?, next(&self.chain.best())?);
			Ok(LaneJson { organization, lane, next, next_at_best })
		})
	}
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Requests<Block, Client> {
	/// Checks an upload as far as that needs no pool.
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

	fn remember(&self, submission: &Submission, transaction: H256) {
		let seen = Seen {
			transaction,
			body_digest: submission.body_digest,
			expires_at: submission.request.expires_at,
			earliest_expiry: submission.request.expires_at,
		};
		self.served.seen.insert(submission.organization, submission.request.key, seen);
	}

	/// Returns the transaction of a request that the pool holds, from whatever source it came, with its hash.
	fn held(&self, organization: OrganizationId, key: RequestKey) -> Option<(H256, Vec<u8>)> {
		// The pool may not have noted it yet.
		let find = || self.queue.find_ready(&Request::tag(organization, key));
		self.contents.request(organization, key).or_else(find)
	}

	/// Returns the transaction of the same request that the pool holds in place of this one, and remembers it; `None` if it
	/// has left the pool.
	///
	/// # Errors
	///
	/// If what the pool holds is another request, at the same lane position or under the same key.
	fn conflicting(&self, submission: &Submission) -> Result<Option<H256>, Error> {
		let Submission { organization, request, body_digest, .. } = submission;
		let Some((held, bytes)) = self.held(*organization, request.key) else {
			if request.lane.is_some() {
				return Err(Error::PositionTaken(
					"another request at this lane position waits in the node's pool",
				));
			}
			// It has left the pool meanwhile. Its outcome is known once it is decided.
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

	/// Hands a request to the pool, and returns its state.
	///
	/// The pool knows most of what the chain would say, so the chain is read only if the pool refuses: the state of a
	/// decided request comes before any other reason. A request that has expired is kept from the pool, which would ban its
	/// transaction.
	async fn accept(
		&self,
		incoming: Incoming<Block::Extrinsic>,
		watch: bool,
	) -> Result<Accepted, Error> {
		let Incoming { extrinsic, submission } = incoming;
		let mut transaction = self.queue.hash_of(&extrinsic);
		let mut statuses = None;
		let mut state = RequestState::Pending;
		let best = self.chain.best();
		let result = if submission.request.expires_at < best.number {
			Err(Refusal::AlreadyDecided)
		} else if watch {
			let result = self.queue.submit_and_watch(hash(&best), extrinsic).await;
			result.map(|watched| statuses = Some(watched))
		} else {
			self.queue.submit(hash(&best), extrinsic).await
		};
		match result {
			Ok(()) => self.remember(&submission, transaction),
			Err(refused) => match (self.decided(&submission)?, refused) {
				(Some(decided), _) => state = decided,
				(None, Refusal::AlreadyHeld) => self.remember(&submission, transaction),
				// Its block was abandoned meanwhile.
				(None, Refusal::AlreadyDecided) => {},
				(None, Refusal::Conflict) => {
					transaction = self.conflicting(&submission)?.unwrap_or(transaction);
				},
				(None, Refusal::Error(error)) => return Err(error),
			},
		}
		let (body_digest, expires_at) = (submission.body_digest, submission.request.expires_at);
		let uploaded = UploadedJson {
			organization: submission.organization,
			request_key: submission.request.key,
			transaction_hash: Digest(transaction.0),
			record_ids: submission.record_ids,
			status: state,
		};
		Ok(Accepted { uploaded, body_digest, expires_at, statuses })
	}

	/// Takes a request that is to be followed. One that cannot be followed is not taken.
	async fn accept_and_follow(&self, bytes: Bytes) -> Result<(Subscription, Accepted), Error> {
		let incoming = self.incoming(&bytes)?;
		let Submission { organization, ref request, .. } = incoming.submission;
		let topic = Topic::Request(organization, request.key);
		let mut subscription = self.served.watcher.subscribe(topic, false)?;
		let accepted = self.accept(incoming, true).await?;
		subscription.wake_at(accepted.expires_at.saturating_add(1));
		Ok((subscription, accepted))
	}

	/// Sends the events of a request, to the last one.
	async fn follow(
		&self,
		pending: PendingSubscriptionSink,
		subscription: Subscription,
		accepted: Accepted,
	) -> SubscriptionResult {
		let Accepted { uploaded, body_digest, expires_at, statuses } = accepted;
		let sink = pending.accept().await?;
		// By reference: dropping a clone of a sink would end the subscription.
		let sink = &sink;
		let send = |event: UploadEventJson| async move {
			sink.send(SubscriptionMessage::from_json(&event)?).await.map_err(Into::into)
		};
		let followed = Followed {
			organization: uploaded.organization,
			key: uploaded.request_key,
			body_digest,
			expires_at,
		};
		send(UploadEventJson::Accepted(uploaded)).await?;
		if let Some(last) = followed.last_event(self)? {
			return send(last).await;
		}
		let mut statuses = statuses.unwrap_or_else(|| futures::stream::pending().boxed());
		loop {
			let signal = tokio::select! {
				status = statuses.next() => {
					let Some(status) = status else {
						// The pool has no more events of it. The chain has its outcome.
						statuses = futures::stream::pending().boxed();
						continue;
					};
					Signal::Pool(status)
				},
				() = subscription.woken() => Signal::Finalized,
				() = sink.closed() => return Ok(()),
			};
			match followed.step(self, &signal)? {
				Step::Wait => {},
				Step::Send(event) => send(event).await?,
				Step::Finish(last) => return send(last).await,
			}
		}
	}
}
