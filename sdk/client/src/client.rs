//! The client: one connection to a node, for one organization.
//!
//! Everything on which secrecy or an outcome depends is read by proof, unless the node is trusted
//! ([`Client::with_trust`]).

mod access;
mod anchors;
mod backoff;
mod bundles;
mod calling;
mod checkpoints;
mod connection;
mod council;
mod erasure;
mod evidence;
mod grants;
mod heads;
mod named;
mod nodes;
mod objects;
mod organizations;
mod past;
mod proven;
mod records;
mod requests;
mod rotation;
mod runtime;
mod sealing;
mod secrets;
mod status;
mod streams;
mod uploads;

pub use anchors::{Anchored, MerkleProof, PreparedAnchor};
pub use bundles::{BundleLeg, Deadline, LegCall, NewBundle};
pub use checkpoints::sign_checkpoint;
pub use connection::{ConnectOptions, SILENCE, shown};
pub use council::{Motion, Proposed, Voted};
pub use evidence::EvidenceRequest;
pub use grants::{End, Terms};
pub use heads::{Heads, has_stalled};
pub use nodes::ahead_of;
pub use objects::{ObjectContent, ObjectUpload, OpenObject, Progress};
pub use organizations::NewOrganization;
pub use past::{BlockChanges, BlockEvents, BusinessEvent, Past};
pub use records::{CommittedDocument, Entries, Outcome, StreamPart, Unread, Upload, Uploaded};
pub use requests::{Life, SignedRequest};
pub use rotation::Rotated;
pub use sealing::Sealer;
pub use status::is_rejected_for;

use crate::{
	error::{Error, Result},
	objects::ReadObjects,
	runtimes::Runtimes,
	verifier::Trust,
};
use calling::Now;
use credio_primitives::{
	AccountId, BlockNumber, KeyEpoch, OrganizationId, StreamId,
	rpc::{At, LimitsJson, MembershipJson},
};
use credio_vault::{ChainPin, Held, LocalVault, Vault};
use runtime::{Runtime, check_version};
use std::{
	collections::HashMap,
	sync::{Arc, RwLock},
	time::Instant,
};
use subxt::{
	OnlineClientAtBlock, PolkadotConfig,
	rpcs::{RpcClient, client::RpcParams},
};
use tokio::sync::{Mutex, OnceCell};

/// Name of the runtime that this client supports.
const SPEC_NAME: &str = "credio";
/// Version of the transaction format that this client encodes.
const TRANSACTION_VERSION: u32 = 2;
/// Upper bound for the receipt retention that a node reports, in blocks: seven days of one-second blocks. A node that
/// reports more could claim that a request has expired although its receipt was removed.
const MAX_RECEIPT_RETENTION: BlockNumber = 7 * 24 * 60 * 60;

type AtBlock = OnlineClientAtBlock<PolkadotConfig>;
/// The cached key epoch of a stream with the time of reading it. One caller reads it at a time.
type RecentEpoch = Arc<Mutex<Option<(Instant, KeyEpoch)>>>;

/// The secret of each key epoch of each stream. Concurrent callers share one read.
type HeldSecrets = HashMap<(StreamId, KeyEpoch), Arc<OnceCell<Held>>>;

/// One connection to a node, with the vault of the member that uses it.
pub struct Client {
	rpc: RpcClient,
	/// Options of the connection.
	options: ConnectOptions,
	/// The node's chain.
	chain: ChainPin,
	/// The runtime of the last finalized block that was checked.
	runtime: RwLock<Arc<Runtime>>,
	/// The runtimes that calls are signed for.
	trusted: Runtimes,
	vault: Arc<dyn Vault>,
	/// The vault's account.
	account: AccountId,
	organization: OrganizationId,
	/// Whether the account is a member, according to the node; `membership` is set once that is proven.
	is_member: bool,
	membership: OnceCell<()>,
	limits: LimitsJson,
	/// Whether the node's responses are proven or trusted.
	trust: Trust,
	/// Where objects are read from, if anywhere.
	objects: Option<Arc<dyn ReadObjects>>,
	/// The last blocks, with the time of reading them.
	now: Mutex<Option<(Instant, Now)>>,
	/// The cached key epochs of streams.
	epochs: Mutex<HashMap<StreamId, RecentEpoch>>,
	/// Held while a transaction with a nonce is submitted, so that nonces arrive in order.
	turn: Mutex<()>,
	/// Secrets of streams, wrapped to this organization. They never change.
	held: Mutex<HeldSecrets>,
	/// Owners of streams. They never change.
	owners: Mutex<HashMap<StreamId, OrganizationId>>,
	/// Earlier runtimes by version, to decode the events of their blocks.
	runtimes: Mutex<HashMap<u32, AtBlock>>,
}

impl std::fmt::Debug for Client {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Client(organization {})", self.organization)
	}
}

impl Client {
	/// Connects to a node and checks that this software supports its chain and that the vault's account is a member.
	///
	/// # Errors
	///
	/// [`Error::Connect`], also for an address beyond this machine that is not `wss://`; [`Error::NotFound`] for an
	/// account that is not a member.
	pub async fn connect(url: &str, vault: Arc<dyn Vault>) -> Result<Self> {
		Self::connect_with(&ConnectOptions::default(), url, vault).await
	}

	/// Connects as [`Self::connect`] does, with options such as the pinned chain.
	///
	/// # Errors
	///
	/// As [`Self::connect`], and [`Error::Connect`] if the node's chain is not the one of the options and the vault.
	pub async fn connect_with(
		options: &ConnectOptions,
		url: &str,
		vault: Arc<dyn Vault>,
	) -> Result<Self> {
		let mut client = Self::connect_as_nobody(options, url, vault).await?;
		let account = client.account.clone();
		let membership: At<MembershipJson> = client.call("credio_v1_member", (&account,)).await?;
		client.organization = membership
			.answer
			.member
			.ok_or_else(|| Error::NotFound {
				what: "organization of the account",
				name: account.to_string(),
				hint: "an admin has to add it to an organization, or the council has to admit one",
			})?
			.organization;
		client.is_member = true;
		Ok(client)
	}

	/// Connects to a node to read public data. Needs no vault: the account is a new one without an organization, so the
	/// node refuses calls that only members may make.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn connect_to_read(url: &str) -> Result<Self> {
		Self::connect_to_read_with(&ConnectOptions::default(), url).await
	}

	/// Connects as [`Self::connect_to_read`] does, with options such as the pinned chain.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn connect_to_read_with(options: &ConnectOptions, url: &str) -> Result<Self> {
		let vault = LocalVault::generate(OrganizationId::MAX)?;
		Self::connect_as_nobody(options, url, Arc::new(vault)).await
	}

	/// Connects as [`Self::connect_with`] does, without reading the account's organization.
	async fn connect_as_nobody(
		options: &ConnectOptions,
		url: &str,
		vault: Arc<dyn Vault>,
	) -> Result<Self> {
		let rpc = connection::open(url, options).await?;
		check_version(&rpc.request("state_getRuntimeVersion", RpcParams::new()).await?)?;
		let chain = connection::chain_of(&rpc).await?;
		options.check_chain(&shown(url), &chain)?;
		if let Some(pinned) = vault.chain().await? {
			pinned.check(&shown(url), &chain)?;
		}
		let runtime = Arc::new(Runtime::load(&rpc).await?);
		let mut limits: LimitsJson = rpc.request("credio_v1_limits", RpcParams::new()).await?;
		limits.receipt_retention = limits.receipt_retention.min(MAX_RECEIPT_RETENTION);
		if limits.genesis_hash != chain.genesis {
			return Err(Error::UnexpectedResponse(
				"the node reports two different genesis hashes".into(),
			));
		}
		Ok(Self {
			rpc,
			options: *options,
			chain,
			runtime: RwLock::new(runtime),
			trusted: Runtimes::default(),
			account: vault.account().await?,
			organization: vault.organization().await?,
			is_member: false,
			membership: OnceCell::new(),
			vault,
			limits,
			trust: Trust::default(),
			objects: None,
			now: Mutex::default(),
			epochs: Mutex::default(),
			turn: Mutex::default(),
			held: Mutex::default(),
			owners: Mutex::default(),
			runtimes: Mutex::default(),
		})
	}

	/// Returns the node's chain.
	pub fn chain(&self) -> &ChainPin {
		&self.chain
	}

	/// Whether the node is behind its peers and still syncing.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub async fn is_syncing(&self) -> Result<bool> {
		let health: serde_json::Value = self.call("system_health", ()).await?;
		Ok(health["isSyncing"] == true)
	}

	/// Returns the organization of the vault's account.
	pub fn organization_id(&self) -> OrganizationId {
		self.organization
	}

	/// Returns the chain's limits.
	pub fn limits(&self) -> &LimitsJson {
		&self.limits
	}

	/// Returns the vault's account, which signs.
	pub fn account(&self) -> &AccountId {
		&self.account
	}
}
