//! Requests: signing, submitting, and following to the outcome.

use super::{
	Client,
	status::{SubmitStep, Submitted, after_submission, may_change},
};
use crate::{
	calls::Call,
	error::{ConnectError, Error, Result, SubmitError, unexpected},
};
use credio_primitives::{
	BlockNumber, Digest, LanePosition, Moment, OrganizationId, Request, RequestKey,
	rpc::{At, BlockRef, LaneJson, RequestState, RequestStatusJson, UploadEventJson, UploadedJson},
	validity,
};
use std::time::Duration;
use subxt::{
	error::{BackendError, DispatchError, ExtrinsicError, RpcError},
	rpcs::client::RpcSubscription,
	transactions::TransactionStatus,
	utils::H256,
};

/// A signed request, valid at any node of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
	/// The request.
	pub request: Request,
	/// `blake2_256` of its encoded calls, as in a receipt.
	pub body_digest: Digest,
	/// The signed extrinsic.
	pub extrinsic: Vec<u8>,
}

/// How long a transaction outside of requests is valid.
///
/// The chain accepts it only if it was signed after its account joined its organization, which the first block of its
/// era proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
	/// For ever: accepted only from accounts that have been members since genesis, or are not members.
	Immortal,
	/// For a number of blocks: a power of two, at most 2,048, since the chain forgets older block hashes.
	From {
		/// Number of the first block.
		number: BlockNumber,
		/// Hash of the first block.
		hash: H256,
		/// Number of blocks.
		blocks: u64,
	},
}

/// Blocks until a request of this client expires.
const REQUEST_LIFETIME: BlockNumber = 600;
/// Lifetime of a transaction outside of requests, in blocks.
const CALL_LIFETIME: u64 = 256;
impl Client {
	/// Returns the state of a lane of this organization.
	///
	/// # Errors
	///
	/// [`Error::Refused`] for a number out of bounds.
	pub async fn lane(&self, lane: u32) -> Result<LaneJson> {
		let answer: At<LaneJson> = self.call("credio_v1_lane", (self.organization, lane)).await?;
		Ok(answer.answer)
	}

	/// Returns the status of a request of this organization, by its key alone. An expired one is
	/// [`RequestState::Unknown`] here, since only its expiry proves that: see [`Self::status_of`]. A trusted node
	/// returns [`RequestState::Expired`] if it remembers the request.
	///
	/// # Errors
	///
	/// [`Error::Proof`], [`Error::Connect`].
	pub async fn status(&self, key: RequestKey) -> Result<RequestStatusJson> {
		let mut status = self.status_by(self.organization, key, None).await?.answer;
		if status.status == RequestState::Expired && self.verified().is_some() {
			status.status = RequestState::Unknown;
		}
		Ok(status)
	}

	/// Returns the status of a request, with its expiry: a request that the node does not know has expired once that is
	/// certain.
	pub async fn status_of(&self, request: &Request) -> Result<RequestStatusJson> {
		Ok(self.status_at(request).await?.answer)
	}

	async fn status_at(&self, request: &Request) -> Result<At<RequestStatusJson>> {
		self.status_by(request.organization, request.key, Some(request.expires_at)).await
	}

	/// Returns the status of a request of an organization, and its block. If the request is decided, or too late to be
	/// applied, the block proves it.
	pub async fn status_by(
		&self,
		organization: OrganizationId,
		key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>> {
		let params = (organization, key, expires_at);
		let mut reported: At<RequestStatusJson> = self.call("credio_v1_status", params).await?;
		if let Some(verified) = self.verified() {
			let (named, by) = ((organization, key), reported.at.number);
			let proven_at = verified.check_status(named, expires_at, &reported.answer, by).await?;
			reported.at = proven_at.unwrap_or(reported.at);
		}
		Ok(reported)
	}

	/// Waits until a request is decided or has expired, finally. Returns [`RequestState::Unknown`] for one that expired
	/// so long ago that its receipt may have been removed.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn follow(&self, request: &Request) -> Result<RequestStatusJson> {
		loop {
			let At { at, answer: status } = self.status_at(request).await?;
			if !may_change(status.status, at.number, request.expires_at) {
				return Ok(status);
			}
			self.wait_for_finality(0).await?;
		}
	}

	/// Submits calls as one request and follows it until its outcome is final. The same key with the same calls is the
	/// same request, no matter how often and through which node it is submitted. A rejection is returned as a status.
	///
	/// # Errors
	///
	/// [`Error::Submit`], [`Error::Refused`], [`Error::Connect`].
	pub async fn submit(&self, key: RequestKey, calls: &[Call]) -> Result<RequestStatusJson> {
		self.submit_at(key, calls, None).await
	}

	/// Submits as [`Self::submit`] does, at a position of a lane: the request waits for the positions before it.
	///
	/// # Errors
	///
	/// As [`Self::submit`], and [`Error::Refused`] with the codes for "position taken" and "position too far".
	pub async fn submit_at(
		&self,
		key: RequestKey,
		calls: &[Call],
		lane: Option<LanePosition>,
	) -> Result<RequestStatusJson> {
		Ok(self.submit_telling(key, calls, lane).await?.status)
	}

	/// Submits as [`Self::submit_at`] does, and returns whether it had been rejected before.
	pub(super) async fn submit_telling(
		&self,
		key: RequestKey,
		calls: &[Call],
		lane: Option<LanePosition>,
	) -> Result<Submitted> {
		let mut attempt = 0;
		loop {
			attempt += 1;
			let submission = self.submit_once(key, calls, lane).await;
			match after_submission(key, attempt, submission) {
				SubmitStep::Done(submitted) => return Ok(submitted),
				SubmitStep::Fail(error) => return Err(error),
				SubmitStep::Again => {},
				SubmitStep::AfterBlocks(blocks) => self.wait_for_finality(blocks).await?,
				SubmitStep::AfterUpgrade => {
					self.wait_for_finality(0).await?;
					self.follow_upgrade().await?;
				},
			}
		}
	}

	/// Submits as [`Self::submit`] does, with rejection as an error.
	///
	/// # Errors
	///
	/// [`Error::Submit`], and those of [`Self::submit`].
	pub async fn apply(&self, key: RequestKey, calls: &[Call]) -> Result<RequestStatusJson> {
		let status = self.submit(key, calls).await?;
		match status.status {
			RequestState::Applied => Ok(status),
			_ => Err(SubmitError::Rejected(Box::new(status)).into()),
		}
	}

	/// Returns a random key for a request that is not repeated.
	pub(crate) fn new_key() -> Result<RequestKey> {
		Ok(RequestKey(*credio_vault::random()?))
	}

	/// Submits a request and follows it; `None` if the node has dropped it.
	async fn submit_once(
		&self,
		key: RequestKey,
		calls: &[Call],
		lane: Option<LanePosition>,
	) -> Result<Option<Submitted>> {
		let organization = self.organization;
		let request = Request { organization, key, expires_at: self.expiry().await?, lane };
		let request = self.sign(request, calls).await?;
		let (uploaded, mut events) = self.hand_over_and_watch(&request).await?;
		let was_rejected = uploaded.status == RequestState::Rejected;
		while let Some(event) = events.next().await {
			match event? {
				UploadEventJson::Finalized(status) | UploadEventJson::Expired(status) => {
					if let Some(verified) = self.verified() {
						let expires_at = Some(request.request.expires_at);
						verified.check_status((organization, key), expires_at, &status, 0).await?;
					}
					let body = status.receipt.as_ref().map(|receipt| receipt.body_digest);
					if body.is_some_and(|body| body != request.body_digest) {
						return Err(SubmitError::KeyReused(key).into());
					}
					return Ok(Some(Submitted { status, was_rejected }));
				},
				UploadEventJson::Dropped { .. } => return Ok(None),
				UploadEventJson::Accepted(_) | UploadEventJson::InBlock { .. } => {},
			}
		}
		Err(connection_lost())
	}

	/// Signs calls as one request of its organization. The key protects a request from replay, so its transaction has
	/// no nonce: any number of them can be signed ahead and submitted at once, in any order, through any node.
	///
	/// # Errors
	///
	/// [`Error::Sign`], also for calls that the runtime does not have.
	pub async fn sign(&self, request: Request, calls: &[Call]) -> Result<SignedRequest> {
		let runtime = self.trusted_runtime().await?;
		let body_digest = Call::body_digest(calls, &runtime)?;
		let call = Call::submit(&request, calls, &runtime)?;
		// The request has its own expiry.
		let extrinsic = self.sign_for(&runtime, &call, Life::Immortal, 0).await?;
		Ok(SignedRequest { request, body_digest, extrinsic })
	}

	/// Signs a call outside of any request, with a nonce of the account.
	///
	/// # Errors
	///
	/// As [`Self::sign`].
	pub async fn sign_call(&self, call: &Call, nonce: u64, life: Life) -> Result<Vec<u8>> {
		let runtime = self.trusted_runtime().await?;
		self.sign_for(&runtime, call, life, nonce).await
	}

	/// Returns the era for a transaction that is signed now: 256 blocks from the last final block, or from the best one
	/// if finality has stalled.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn life(&self) -> Result<Life> {
		let BlockRef { number, hash } = self.present_block().await?;
		Ok(Life::From { number, hash: H256(hash.0), blocks: CALL_LIFETIME })
	}

	/// Returns `Utility.batch_all` of these calls.
	///
	/// # Errors
	///
	/// As [`Self::sign`].
	pub async fn batch_all(&self, calls: &[Call]) -> Result<Call> {
		Ok(Call::batch_all(calls, &*self.trusted_runtime().await?)?)
	}

	/// Submits a signed request without following it. Submitting it again returns its status.
	///
	/// # Errors
	///
	/// [`Error::Refused`], [`Error::Connect`].
	pub async fn hand_over(&self, request: &SignedRequest) -> Result<UploadedJson> {
		self.call("credio_v1_upload", (hex_of(&request.extrinsic),)).await
	}

	/// Returns the default expiry of a request that is signed now. Counted from the best block, so that it lies ahead
	/// while finality stands still.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn expiry(&self) -> Result<BlockNumber> {
		let now = self.now().await?.best;
		Ok(now.saturating_add(REQUEST_LIFETIME.min(self.limits.max_request_lifetime / 2)))
	}

	/// Submits a request and subscribes to its status.
	async fn hand_over_and_watch(
		&self,
		request: &SignedRequest,
	) -> Result<(UploadedJson, RpcSubscription<UploadEventJson>)> {
		let params = super::calling::by_position(&(hex_of(&request.extrinsic),))?;
		let methods = ("credio_v1_uploadAndWatch", "credio_v1_unwatchUpload");
		let mut events: RpcSubscription<UploadEventJson> = self.subscribe(methods, params).await?;
		match events.next().await.ok_or_else(connection_lost)?? {
			UploadEventJson::Accepted(uploaded) => Ok((uploaded, events)),
			other => {
				Err(Error::UnexpectedResponse(format!("expected `accepted` first, got {other:?}")))
			},
		}
	}

	/// Returns the account's next nonce, including the node's pool. Not cached, since another process may use the same
	/// account.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn next_nonce(&self) -> Result<u64> {
		self.call("system_accountNextIndex", (&self.account,)).await
	}

	/// Returns the moment after a duration from the finalized block, by the chain's clock, in milliseconds since 1970.
	///
	/// # Errors
	///
	/// As [`Client::chain_time`], and [`Error::Proof`].
	pub(super) async fn moment_in(&self, time: Duration) -> Result<Moment> {
		let time = Moment::try_from(time.as_millis()).unwrap_or(Moment::MAX);
		// By proof: a false time could make grants last for years.
		let now = match self.verified() {
			Some(verified) => verified.now().await?,
			None => self.chain_time().await?,
		};
		Ok(now.saturating_add(time))
	}

	/// Submits a call outside of any request, such as a council's, and waits until it is final; only until it is in a
	/// block if finality has stalled, which only the council can repair.
	///
	/// # Errors
	///
	/// [`Error::Submit`], also if a call fails that it executes for the council; [`Error::Connect`].
	pub(crate) async fn submit_call(&self, call: &Call) -> Result<()> {
		let turn = self.turn.lock().await;
		let nonce = self.next_nonce().await?;
		let signed = self.sign_call(call, nonce, self.life().await?).await?;
		let progress = self.runtime().transactions().from_bytes(signed).submit_and_watch().await;
		drop(turn);
		let failed = |error: &dyn std::fmt::Display| call_failed(&error.to_string());
		let mut progress = progress.map_err(|error| call_failed(&refusal(&error)))?;
		let is_stalled = self.is_stalled().await?;
		let included = loop {
			let status = progress.next().await.ok_or_else(connection_lost)?;
			match status.map_err(|error| failed(&error))? {
				TransactionStatus::InFinalizedBlock(block) => break block,
				TransactionStatus::InBestBlock(block) if is_stalled => break block,
				TransactionStatus::Error { message }
				| TransactionStatus::Invalid { message }
				| TransactionStatus::Dropped { message } => return Err(failed(&message)),
				_ => {},
			}
		};
		let events = included.wait_for_success().await.map_err(|error| failed(&error))?;
		for event in events.iter() {
			let event = event.map_err(unexpected)?;
			// A motion that passes is executed; only its event has the result.
			let fields = event.field_bytes();
			let error = match (event.pallet_name(), event.event_name(), fields) {
				("Council", "Executed" | "MemberExecuted", _) => {
					fields.get(32..).and_then(|result| result.strip_prefix(&[1]))
				},
				("Governance", "DispatchedAsRoot", [1, error @ ..]) => Some(error),
				("System", "RejectedInvalidAuthorizedUpgrade", _) => fields.get(32..),
				_ => None,
			};
			if let Some(error) = error {
				let metadata = self.runtime().metadata();
				let error =
					DispatchError::decode_from(error.to_vec(), metadata).map_err(unexpected)?;
				return Err(SubmitError::CallFailed(error.to_string()).into());
			}
		}
		Ok(())
	}
}

fn hex_of(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// Returns why a transaction was refused, with the node's further explanation.
fn refusal(error: &ExtrinsicError) -> String {
	let data = match error {
		ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(RpcError::ClientError(
			subxt::rpcs::Error::User(user),
		))) => user.data.as_ref(),
		_ => None,
	};
	data.map_or_else(
		|| error.to_string(),
		|data| format!("{error}: {}", data.get().trim_matches('"')),
	)
}

/// Returns the error of a failed call, with the chain's refusal code in words.
fn call_failed(error: &str) -> Error {
	let lower = error.to_lowercase();
	let code = lower.rsplit_once("custom error: ").and_then(|(_, code)| code.trim().parse().ok());
	let words = code.and_then(validity::describe);
	Error::Submit(SubmitError::CallFailed(words.map_or_else(|| error.to_owned(), str::to_owned)))
}

pub(super) fn connection_lost() -> Error {
	Error::Connect(ConnectError::Unreachable("the connection was lost".into()))
}
