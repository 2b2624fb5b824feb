//! A node that holds what it is given and reports what a test sets.

use crate::{ObjectFile, chain::Chain};
use async_trait::async_trait;
use codec::Encode;
use credio_client::{
	Error, SignedRequest, Upload,
	calls::Call,
	name::Name,
	objects::{ObjectError, WriteObjects},
};
use credio_primitives::{
	BlockNumber, Digest, OrganizationId, RecordId, Reference, Request, RequestKey, StreamId,
	rpc::{
		At, BlockRef, ErrorNameJson, LaneJson, LimitsJson, ReceiptJson, RequestState,
		RequestStatusJson,
	},
};
use std::{
	collections::{BTreeMap, BTreeSet},
	future::pending,
	path::PathBuf,
	sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::Notify;

/// For how many blocks past an expiry the absence of a receipt proves something.
pub(super) const RETENTION: BlockNumber = 1_000;
/// How far ahead of the next position of a lane a request may be.
pub(super) const POSITIONS_AHEAD: u64 = 3;

/// Where the process that uses a node is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
	/// Before a request is signed.
	BeforeSigning,
	/// After the node has taken a request.
	AfterSubmitting,
}

#[derive(Default)]
pub(super) struct State {
	/// The last final block.
	pub finalized: BlockNumber,
	/// Requests that the node has taken, in their order.
	pub submitted: Vec<SignedRequest>,
	/// Requests that the chain knows.
	pub known: BTreeMap<RequestKey, (RequestState, Option<ReceiptJson>)>,
	/// Next positions of lanes: final, and at the best block.
	pub lanes: BTreeMap<u32, (u64, u64)>,
	/// Records that the chain has.
	pub recorded: BTreeSet<RecordId>,
	/// Files that cannot be stored.
	pub unreadable: BTreeSet<PathBuf>,
	pub crash: Option<Crash>,
}

pub(super) struct Node {
	limits: LimitsJson,
	state: Mutex<State>,
	crashed: Notify,
}

impl Node {
	pub(super) fn new(finalized: BlockNumber) -> Self {
		let limits = serde_json::json!({
			"genesisHash": Digest([1; 32]),
			"maxDocumentSize": 1_000,
			"maxPayloadSize": 1_000,
			"maxRequestLifetime": 500,
			"receiptRetention": RETENTION,
			"maxCalls": 64,
			"maxLanes": 16,
			"maxPositionsAhead": POSITIONS_AHEAD,
			"maxPageSize": 256,
			"maxBundleLifetime": 1_000,
			"bundleRetention": 1_000,
			"maxBundleWeight": { "refTime": 1_000, "proofSize": 1_000 },
		});
		Self {
			limits: serde_json::from_value(limits).unwrap(),
			state: Mutex::new(State { finalized, ..State::default() }),
			crashed: Notify::new(),
		}
	}

	pub(super) fn state(&self) -> MutexGuard<'_, State> {
		self.state.lock().unwrap()
	}

	/// Sets what the chain knows of a request. The receipt names these calls.
	pub(super) fn decide(&self, request: &SignedRequest, state: RequestState, error: Option<&str>) {
		let mut node = self.state();
		let receipt = ReceiptJson {
			body_digest: request.body_digest,
			block: node.finalized,
			extrinsic_index: 0,
			expires_at: request.request.expires_at,
			lane: request.request.lane,
			failed_call: error.map(|_| 0),
			error: error
				.map(|name| ErrorNameJson { name: name.into(), description: "it failed".into() }),
		};
		node.known.insert(request.request.key, (state, Some(receipt)));
	}

	/// Resolves where the process is killed.
	pub(super) async fn crashed(&self) {
		self.crashed.notified().await;
	}

	async fn crash(&self, at: Crash) {
		if self.state().crash == Some(at) {
			self.crashed.notify_one();
			pending::<()>().await;
		}
	}
}

#[async_trait]
impl Chain for Node {
	fn limits(&self) -> &LimitsJson {
		&self.limits
	}

	async fn status(
		&self,
		organization: OrganizationId,
		key: RequestKey,
		_: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>, Error> {
		let node = self.state();
		let known = node.known.get(&key).cloned();
		let (status, receipt) = known.unwrap_or((RequestState::Unknown, None));
		Ok(At {
			at: BlockRef { number: node.finalized, hash: Digest([2; 32]) },
			answer: RequestStatusJson { organization, request_key: key, status, receipt },
		})
	}

	async fn lane(&self, lane: u32) -> Result<LaneJson, Error> {
		let (next, next_at_best) = self.state().lanes.get(&lane).copied().unwrap_or_default();
		Ok(LaneJson { organization: 1, lane, next, next_at_best })
	}

	async fn seal(&self, upload: &Upload<'_>, _: Reference) -> Result<Call, Error> {
		Ok(Call::remark(upload.document))
	}

	async fn store_object(
		&self,
		object: &ObjectFile,
		_: Reference,
		_: Arc<dyn WriteObjects>,
	) -> Result<Call, Error> {
		match self.state().unreadable.contains(&object.file) {
			true => Err(Error::Object(ObjectError::SourceChanged)),
			false => Ok(Call::remark(object.file.as_os_str().as_encoded_bytes())),
		}
	}

	async fn forget_epoch(&self, _: StreamId) {}

	async fn sign(&self, request: Request, calls: &[Call]) -> Result<SignedRequest, Error> {
		self.crash(Crash::BeforeSigning).await;
		let body_digest = Digest(sp_crypto_hashing::blake2_256(&calls.encode()));
		Ok(SignedRequest { request, body_digest, extrinsic: Vec::new() })
	}

	async fn submit(&self, request: &SignedRequest) -> Result<(), Error> {
		self.state().submitted.push(request.clone());
		self.crash(Crash::AfterSubmitting).await;
		Ok(())
	}

	async fn is_recorded(&self, _: &Upload<'_>, record: RecordId) -> Result<Option<bool>, Error> {
		Ok(self.state().recorded.contains(&record).then_some(true))
	}

	async fn is_object_recorded(
		&self,
		_: &ObjectFile,
		record: RecordId,
	) -> Result<Option<bool>, Error> {
		Ok(self.state().recorded.contains(&record).then_some(true))
	}

	async fn standing(&self, _: &Name) -> Result<RequestStatusJson, Error> {
		unreachable!("the vault has no earlier secret")
	}

	async fn decided(&self, _: RequestKey) -> Result<RequestStatusJson, Error> {
		unreachable!("the vault has no earlier secret")
	}
}
