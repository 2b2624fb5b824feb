//! Requests: signing, handing over, and following to the outcome.

use super::Client;
use crate::{
	calls::Call,
	error::{chain, Error, Result},
};
use credio_primitives::{
	error_codes as codes,
	rpc::{At, BlockRef, LaneJson, RequestState, RequestStatusJson, UploadEventJson, UploadedJson},
	validity, BlockNumber, Digest, LanePosition, Moment, OrganizationId, Request, RequestKey,
};
use std::time::Duration;
use subxt::{
	error::{BackendError, DispatchError, ExtrinsicError, RpcError},
	rpcs::client::RpcSubscription,
	transactions::TransactionStatus,
	utils::H256,
};

/// A request, signed and ready to be handed to any node of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
	/// The request.
	pub request: Request,
	/// `blake2_256` of its encoded calls, by which a receipt names them.
	pub body_digest: Digest,
	/// The signed extrinsic.
	pub extrinsic: Vec<u8>,
}

/// How a request ended that was submitted.
pub(super) struct Submitted {
	/// Its status.
	pub status: RequestStatusJson,
	/// Whether it had been rejected, finally, before it was handed over.
	pub was_rejected: bool,
}

/// How long a transaction outside of requests is good.
///
/// The chain takes it only if it was signed after its account joined its organization, which the block that its life
/// begins with shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
	/// For ever: taken only of accounts that have been members since the genesis, or that are no members.
	Immortal,
	/// For so many blocks: a power of two, at most 2,048, beyond which the chain does not remember where it began.
	From {
		/// Number of the block that it begins with.
		number: BlockNumber,
		/// Hash of that block.
		hash: H256,
		/// For how many blocks.
		blocks: u64,
	},
}

/// Blocks after which a request of this client expires.
const REQUEST_LIFETIME: BlockNumber = 600;
/// Blocks for which a transaction outside of requests is good.
const CALL_LIFETIME: u64 = 256;
/// How often a request is signed anew because the node does not accept its signature, as after an upgrade.
const UPGRADE_ATTEMPTS: usize = 10;
/// How often a request is handed over before the client gives up.
const MAX_ATTEMPTS: usize = 30;

impl Client {
	/// Where a lane of this organization stands.
	///
	/// Errors: [`Error::Refused`] for a number out of bounds.
	pub async fn lane(&self, lane: u32) -> Result<LaneJson> {
		let answer: At<LaneJson> = self.call("credio_v1_lane", (self.organization, lane)).await?;
		Ok(answer.answer)
	}

	/// Where a request of this organization stands, by its key alone. One that has expired is [`RequestState::Unknown`]
	/// here, since nothing proves that without its expiry: [`Self::status_of`] takes it. A node that is believed says
	/// [`RequestState::Expired`] if it remembers the request.
	///
	/// # Errors
	///
	/// [`Error::Contradicted`], [`Error::NotFinalYet`], [`Error::NotProven`], [`Error::Connection`].
	pub async fn status(&self, key: RequestKey) -> Result<RequestStatusJson> {
		let mut status = self.status_by(self.organization, key, None).await?.answer;
		if status.status == RequestState::Expired && self.verified().is_some() {
			status.status = RequestState::Unknown;
		}
		Ok(status)
	}

	/// Where a request stands, with its expiry taken into account: one that the node has never seen is told to have
	/// expired once it has, as long as that is certain.
	pub async fn status_of(&self, request: &Request) -> Result<RequestStatusJson> {
		Ok(self.status_at(request).await?.answer)
	}

	async fn status_at(&self, request: &Request) -> Result<At<RequestStatusJson>> {
		self.status_by(request.organization, request.key, Some(request.expires_at)).await
	}

	/// Where a request of an organization stands, and at which block. If it is decided, or cannot be applied any more, that
	/// block proves it.
	pub async fn status_by(
		&self,
		organization: OrganizationId,
		key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>> {
		let params = (organization, key, expires_at);
		let mut told: At<RequestStatusJson> = self.call("credio_v1_status", params).await?;
		if let Some(verified) = self.verified() {
			let (named, by) = ((organization, key), told.at.number);
			let proven_at = verified.check_status(named, expires_at, &told.answer, by).await?;
			told.at = proven_at.unwrap_or(told.at);
		}
		Ok(told)
	}

	/// Waits until a request is decided or has expired, finally. Returns [`RequestState::Unknown`] for one that expired
	/// so long ago that the chain cannot tell any more.
	///
	/// Errors: [`Error::Connection`].
	pub async fn follow(&self, request: &Request) -> Result<RequestStatusJson> {
		loop {
			let At { at, answer: status } = self.status_at(request).await?;
			let may_change = match status.status {
				RequestState::Pending => true,
				RequestState::Unknown => at.number <= request.expires_at,
				_ => false,
			};
			if !may_change {
				return Ok(status);
			}
			self.wait_for_finality(0).await?;
		}
	}

	/// Submits calls as one request and follows it until its outcome is final. The same key with the same calls is
	/// the same request, however often and from wherever it is submitted.
	///
	/// Errors: [`Error::Expired`], [`Error::KeyReused`], [`Error::Refused`], [`Error::Connection`]. A rejection is an
	/// answer, not an error.
	pub async fn submit(&self, key: RequestKey, calls: &[Call]) -> Result<RequestStatusJson> {
		self.submit_at(key, calls, None).await
	}

	/// As [`Self::submit`], at a position of a lane: it is decided after the positions before it, and waits for them.
	///
	/// Errors: as there, and [`Error::Refused`] with the codes for "position taken" and "position too far".
	pub async fn submit_at(
		&self,
		key: RequestKey,
		calls: &[Call],
		lane: Option<LanePosition>,
	) -> Result<RequestStatusJson> {
		Ok(self.submit_telling(key, calls, lane).await?.status)
	}

	/// As [`Self::submit_at`], and tells whether it had been rejected before.
	pub(super) async fn submit_telling(
		&self,
		key: RequestKey,
		calls: &[Call],
		lane: Option<LanePosition>,
	) -> Result<Submitted> {
		let mut attempt = 0;
		loop {
			attempt += 1;
			match self.submit_once(key, calls, lane).await {
				Ok(Some(submitted)) if submitted.status.status == RequestState::Expired => {
					return Err(Error::Expired(key));
				},
				Ok(Some(submitted)) => return Ok(submitted),
				// Dropped by the node's pool: it goes in again, under the same key.
				Ok(None) if attempt < MAX_ATTEMPTS => {},
				Ok(None) => {
					return Err(Error::Connection(
						"the node drops the request again and again".into(),
					));
				},
				Err(Error::Refused(refusal)) if refusal.code == codes::KEY_REUSED => {
					return Err(Error::KeyReused(key));
				},
				Err(Error::Refused(refusal)) if refusal.is_busy() && attempt < MAX_ATTEMPTS => {
					self.wait_for_finality(attempt).await?;
				},
				// Signed for the runtime before an upgrade, which the chain is about to finalize or has.
				Err(Error::Refused(refusal))
					if refusal.is_bad_proof() && attempt < UPGRADE_ATTEMPTS =>
				{
					self.wait_for_finality(0).await?;
					self.follow_upgrade().await?;
				},
				Err(error) => return Err(error),
			}
		}
	}

	/// As [`Self::submit`], where a rejection is an error.
	///
	/// Errors: [`Error::Rejected`], and those of [`Self::submit`].
	pub async fn apply(&self, key: RequestKey, calls: &[Call]) -> Result<RequestStatusJson> {
		let status = self.submit(key, calls).await?;
		match status.status {
			RequestState::Applied => Ok(status),
			_ => Err(Error::Rejected(Box::new(status))),
		}
	}

	/// A key for a request that is made once: random, as there is nothing to recognize it by.
	pub(crate) fn new_key(&self) -> Result<RequestKey> {
		Ok(RequestKey(*credio_vault::random()?))
	}

	/// Hands a request over and follows it; `None` if the node no longer holds it.
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
						return Err(Error::KeyReused(key));
					}
					return Ok(Some(Submitted { status, was_rejected }));
				},
				UploadEventJson::Dropped { .. } => return Ok(None),
				UploadEventJson::Accepted(_) | UploadEventJson::InBlock { .. } => {},
			}
		}
		Err(connection_lost())
	}

	/// Signs calls as one request, which is for the organization that it names. A request is guarded by its key, so its transaction carries no nonce: any number of
	/// them can be signed ahead and handed over at once, in any order, to any node.
	///
	/// # Errors
	///
	/// [`Error::UnknownRuntime`], [`Error::OtherRuntime`]; [`Error::UnfitCall`] for calls that the runtime does not have.
	pub async fn sign(&self, request: Request, calls: &[Call]) -> Result<SignedRequest> {
		let runtime = self.trusted_runtime().await?;
		let body_digest = Call::body_digest(calls, &runtime)?;
		let call = Call::submit(&request, calls, &runtime)?;
		// The request bounds its own life by its expiry.
		let extrinsic = self.sign_for(&runtime, &call, Life::Immortal, 0).await?;
		Ok(SignedRequest { request, body_digest, extrinsic })
	}

	/// Signs a call outside of any request, with the nonce that the account has then.
	///
	/// # Errors
	///
	/// As [`Self::sign`].
	pub async fn sign_call(&self, call: &Call, nonce: u64, life: Life) -> Result<Vec<u8>> {
		let runtime = self.trusted_runtime().await?;
		self.sign_for(&runtime, call, life, nonce).await
	}

	/// The life of a transaction that is signed now: from the last final block on, or from the best one if finality has
	/// stalled, for 256 blocks.
	///
	/// # Errors
	///
	/// [`Error::Connection`].
	pub async fn life(&self) -> Result<Life> {
		let BlockRef { number, hash } = self.present_block().await?;
		Ok(Life::From { number, hash: H256(hash.0), blocks: CALL_LIFETIME })
	}

	/// `Utility.batch_all` of these calls.
	///
	/// # Errors
	///
	/// As [`Self::sign`].
	pub async fn batch_all(&self, calls: &[Call]) -> Result<Call> {
		Ok(Call::batch_all(calls, &*self.trusted_runtime().await?)?)
	}

	/// Hands a signed request over without following it. Again answers where it stands.
	///
	/// Errors: [`Error::Refused`], [`Error::Connection`].
	pub async fn hand_over(&self, request: &SignedRequest) -> Result<UploadedJson> {
		self.call("credio_v1_upload", (hex_of(&request.extrinsic),)).await
	}

	/// The expiry of a request that is signed now, unless its caller wants another. Counted from the best block, so that
	/// it lies ahead also while finality stands still.
	///
	/// # Errors
	///
	/// [`Error::Connection`].
	pub async fn expiry(&self) -> Result<BlockNumber> {
		let now = self.now().await?.best;
		Ok(now.saturating_add(REQUEST_LIFETIME.min(self.limits.max_request_lifetime / 2)))
	}

	/// Hands a request over, to be followed.
	async fn hand_over_and_watch(
		&self,
		request: &SignedRequest,
	) -> Result<(UploadedJson, RpcSubscription<UploadEventJson>)> {
		let params = super::by_position(&(hex_of(&request.extrinsic),))?;
		let methods = ("credio_v1_uploadAndWatch", "credio_v1_unwatchUpload");
		let mut events: RpcSubscription<UploadEventJson> = self.subscribe(methods, params).await?;
		match events.next().await.ok_or_else(connection_lost)?? {
			UploadEventJson::Accepted(uploaded) => Ok((uploaded, events)),
			other => Err(Error::Answer(format!("expected `accepted` first, got {other:?}"))),
		}
	}

	/// The account's next nonce, with what waits in the node's pool counted in. Asked for each time, since another
	/// process may use the same account.
	///
	/// Errors: [`Error::Connection`].
	pub async fn next_nonce(&self) -> Result<u64> {
		self.call("system_accountNextIndex", (&self.account,)).await
	}

	/// The moment after so long from the finalized block, by the chain's clock, in milliseconds since 1970.
	///
	/// # Errors
	///
	/// As [`Client::chain_time`], and [`Error::NotFinalYet`], [`Error::NotProven`].
	pub(super) async fn moment_in(&self, time: Duration) -> Result<Moment> {
		let time = Moment::try_from(time.as_millis()).unwrap_or(Moment::MAX);
		// By proof: a node that is believed could let grants last for years.
		let now = match self.verified() {
			Some(verified) => verified.now().await?,
			None => self.chain_time().await?,
		};
		Ok(now.saturating_add(time))
	}

	/// Submits a call outside of any request, as the council's are, and waits until it is final; until it is in a block
	/// if finality has stalled, which only the council can change.
	///
	/// Errors: [`Error::CallFailed`], also for what the call carried out on behalf of the council;
	/// [`Error::Connection`].
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
			let event = event.map_err(chain)?;
			// A motion that passes is carried out; if what it does fails, only its event says so.
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
				let error = DispatchError::decode_from(error.to_vec(), metadata).map_err(chain)?;
				return Err(Error::CallFailed(error.to_string()));
			}
		}
		Ok(())
	}
}

fn hex_of(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// Why a transaction was not taken, with what the node says beside its message.
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

/// A call that failed, with the chain's own code of refusal in words.
fn call_failed(error: &str) -> Error {
	let lower = error.to_lowercase();
	let code = lower.rsplit_once("custom error: ").and_then(|(_, code)| code.trim().parse().ok());
	let words = code.and_then(validity::describe);
	Error::CallFailed(words.map_or_else(|| error.to_owned(), str::to_owned))
}

pub(super) fn connection_lost() -> Error {
	Error::Connection("the connection was lost".into())
}
