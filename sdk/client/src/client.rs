//! The client: one connection to a node, for one organization.
//!
//! Everything on which secrecy or an outcome depends is read by proof, unless the node is trusted
//! ([`Client::with_trust`]).

mod access;
mod anchors;
mod backoff;
mod bundles;
mod checkpoints;
mod connection;
mod council;
mod evidence;
mod grants;
mod heads;
mod named;
mod nodes;
mod organizations;
mod past;
mod proven;
mod records;
mod requests;
mod rotation;
mod runtime;
mod streams;
mod uploads;

pub use anchors::{Anchored, MerkleProof, PreparedAnchor};
pub use bundles::{BundleLeg, Deadline, LegCall, NewBundle};
pub use checkpoints::sign_checkpoint;
pub use connection::{shown, ConnectOptions, SILENCE};
pub use council::{Motion, Proposed, Voted};
pub use evidence::EvidenceRequest;
pub use grants::{End, Terms};
pub use heads::{has_stalled, Heads};
pub use nodes::ahead_of;
pub use organizations::NewOrganization;
pub use past::{BlockChanges, BlockEvents, BusinessEvent, Past};
pub use records::{
	CommittedDocument, Entries, Outcome, Sealer, StreamPart, Unread, Upload, Uploaded,
};
pub use requests::{Life, SignedRequest};
pub use rotation::Rotated;
pub use streams::is_rejected_for;

use crate::{
	error::{unexpected, AccessError, Error, Result},
	runtimes::Runtimes,
	verifier::Trust,
};
use backoff::back_off;
use codec::Encode;
use credio_envelope::WrapContext;
use credio_primitives::{
	rpc::{
		AccessToken, At, Bytes, Items, Limits, MembershipAnswer, OrganizationDetail,
		OrganizationJson, PageRequest, QuotaJson, StreamJson, StreamKeyJson,
	},
	AccountId, BlockNumber, KeyEpoch, OrganizationId, Resource, StreamId, WrappedSecret,
};
use credio_vault::{ChainPin, Held, LocalVault, Recipient, Vault};
use runtime::{check_version, Runtime};
use serde::{de::DeserializeOwned, Serialize};
use std::{
	collections::HashMap,
	sync::{Arc, RwLock},
	time::{Duration, Instant},
};
use subxt::{
	backend::LegacyBackend,
	rpcs::{
		client::{RpcParams, RpcSubscription},
		RpcClient,
	},
	OnlineClient, OnlineClientAtBlock, PolkadotConfig,
};
use tokio::sync::{Mutex, OnceCell};

/// Name of the runtime that this client supports.
const SPEC_NAME: &str = "credio";
/// Version of the transaction format that this client encodes.
const TRANSACTION_VERSION: u32 = 2;
/// Lifetime of an access token in blocks: longer than a call is retried.
const TOKEN_LIFETIME: BlockNumber = 200;
/// Upper bound for the receipt retention that a node reports, in blocks: seven days of one-second blocks. A node that
/// reports more could claim that a request has expired although its receipt was removed.
const MAX_RECEIPT_RETENTION: BlockNumber = 7 * 24 * 60 * 60;
/// Maximum number of pages of a list.
const MAX_PAGES: usize = 64 * 1024;
/// How long the number of the last finalized block is cached: far less than [`TOKEN_LIFETIME`].
const NOW_LASTS: Duration = Duration::from_secs(5);
/// How long the key epoch of a stream is cached. If the epoch ended in between, the chain rejects the upload, and it is
/// made again.
const EPOCH_TTL: Duration = Duration::from_secs(2);

type AtBlock = OnlineClientAtBlock<PolkadotConfig>;
/// The cached key epoch of a stream with the time of reading it. One caller reads it at a time.
type RecentEpoch = Arc<Mutex<Option<(Instant, KeyEpoch)>>>;

/// The secret of each key epoch of each stream. Concurrent callers share one read.
type HeldSecrets = HashMap<(StreamId, KeyEpoch), Arc<OnceCell<Held>>>;

/// Numbers of the last blocks.
#[derive(Clone, Copy, Debug)]
struct Now {
	finalized: BlockNumber,
	best: BlockNumber,
}

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
	limits: Limits,
	/// Whether the node's responses are proven or trusted.
	trust: Trust,
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
		let membership: At<MembershipAnswer> = client.call("credio_v1_member", (&account,)).await?;
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
		let mut limits: Limits = rpc.request("credio_v1_limits", RpcParams::new()).await?;
		limits.receipt_retention = limits.receipt_retention.min(MAX_RECEIPT_RETENTION);
		if limits.genesis_hash != chain.genesis {
			return Err(Error::UnexpectedResponse("the node names two first blocks".into()));
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
	pub fn limits(&self) -> &Limits {
		&self.limits
	}

	/// Returns the vault's account, which signs.
	pub fn account(&self) -> &AccountId {
		&self.account
	}

	/// Calls any method of the node. The parameters are a tuple, passed by position. Retries if the node limits the
	/// rate of calls.
	///
	/// # Errors
	///
	/// [`Error::Refused`], [`Error::Connect`].
	pub async fn call<Answer: DeserializeOwned>(
		&self,
		method: &str,
		params: impl Serialize,
	) -> Result<Answer> {
		let params = by_position(&params)?;
		back_off(|| async { Ok(self.rpc.request(method, params.clone()).await?) }).await
	}

	/// Subscribes, with the retries of [`Self::call`].
	async fn subscribe<Item: DeserializeOwned>(
		&self,
		methods: (&str, &str),
		params: RpcParams,
	) -> Result<RpcSubscription<Item>> {
		let (subscribe, unsubscribe) = methods;
		back_off(|| async { Ok(self.rpc.subscribe(subscribe, params.clone(), unsubscribe).await?) })
			.await
	}

	/// Signs an access token for one call of a method.
	pub(crate) async fn token(
		&self,
		method: &str,
		parameters: &impl Encode,
	) -> Result<AccessToken> {
		let expires_at = self.now().await?.finalized.saturating_add(TOKEN_LIFETIME);
		let payload = AccessToken::payload(
			&self.limits.genesis_hash,
			method,
			&parameters.encode(),
			expires_at,
		);
		let digest = sp_crypto_hashing::blake2_256(&payload);
		let signature = Bytes(self.vault.sign(&digest).await?.encode());
		Ok(AccessToken { account: self.account.clone(), expires_at, signature })
	}

	/// Returns the last blocks, cached for a few seconds.
	async fn now(&self) -> Result<Now> {
		let mut known = self.now.lock().await;
		if let Some((at, now)) = *known {
			if at.elapsed() < NOW_LASTS {
				return Ok(now);
			}
		}
		let (finalized, best) = futures::try_join!(self.finalized_number(), self.best_number())?;
		let now = Now { finalized, best };
		*known = Some((Instant::now(), now));
		Ok(now)
	}

	/// Returns all items of a query, page by page, at most `most`.
	pub(crate) async fn all<Item: DeserializeOwned>(
		&self,
		method: &str,
		filter: impl Serialize,
		most: usize,
	) -> Result<Vec<Item>> {
		let mut items = Vec::new();
		let mut page = PageRequest::default();
		for _ in 0..MAX_PAGES {
			let answer: At<Items<Item>> = self.call(method, (&filter, &page)).await?;
			items.extend(answer.answer.items);
			if items.len() >= most {
				items.truncate(most);
				return Ok(items);
			}
			match answer.answer.next {
				Some(next) if page.cursor.as_ref() == Some(&next) => break,
				Some(next) => page.cursor = Some(next),
				None => return Ok(items),
			}
		}
		Err(Error::UnexpectedResponse("the pages of a list have no end".into()))
	}

	/// Returns the secret of a stream's epoch, wrapped to this organization.
	pub(crate) async fn held(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Held> {
		// Concurrent callers share one read.
		let held = self.held.lock().await.entry((stream, epoch)).or_default().clone();
		held.get_or_try_init(|| self.fetch_held(stream, epoch)).await.cloned()
	}

	/// Returns a page of the wrapped secrets of a stream, from an epoch on.
	async fn stream_keys(
		&self,
		stream: StreamId,
		from: KeyEpoch,
	) -> Result<At<Items<StreamKeyJson>>> {
		let token = self.token("credio_v1_streamKeys", &(stream, from)).await?;
		self.call("credio_v1_streamKeys", (stream, from, token)).await
	}

	async fn fetch_held(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Held> {
		let At { at, answer: keys } = self.stream_keys(stream, epoch).await?;
		let StreamKeyJson { secret_commitment, wrapped_keys, .. } = keys
			.items
			.into_iter()
			.find(|key| key.epoch == epoch)
			.ok_or(AccessError::NoKey(epoch))?;
		if let Some(verified) = self.verified() {
			verified.check_secret(stream, epoch, secret_commitment, at).await?;
		}
		let wrapped_by = self.wrapped_by(stream).await?;
		// The owner's keys come first. Keys of other grantors may not open.
		let mut failed = Error::Access(AccessError::NoKey(epoch));
		for key in wrapped_keys {
			let held = Held {
				context: WrapContext {
					genesis: self.limits.genesis_hash,
					resource: Resource::Stream(stream),
					epoch,
					organization: self.organization,
					key_version: key.key_version,
				},
				secret: WrappedSecret::StreamSecret,
				wrapped_by,
				commitment: Some(secret_commitment),
				sealed: key.sealed.0,
			};
			match self.vault.check(&held).await {
				Ok(()) => return Ok(held),
				Err(error) => failed = error.into(),
			}
		}
		Err(failed)
	}

	/// Returns the recipient for secrets that are wrapped to an organization.
	pub(crate) async fn recipient(&self, organization: OrganizationId) -> Result<Recipient> {
		if let Some(verified) = self.verified() {
			return verified.recipient(organization).await;
		}
		let detail = self.organization(organization).await?;
		Ok(Recipient {
			organization,
			key_version: detail.organization.key_version,
			public: detail.organization.encryption_key.public,
		})
	}

	/// Returns an organization, proven, with its members as the node lists them.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "not found", [`Error::Proof`].
	pub async fn organization(&self, id: OrganizationId) -> Result<OrganizationDetail> {
		let answer: At<OrganizationDetail> = self.call("credio_v1_organization", (id,)).await?;
		let mut detail = answer.answer;
		if let Some(verified) = self.verified() {
			detail.organization = verified.organization(id).await?;
		}
		Ok(detail)
	}

	/// Returns all organizations as the node lists them.
	///
	/// # Errors
	///
	/// [`Error::UnexpectedResponse`] for a list that is not in the order of numbers, which could be endless.
	pub async fn organizations(&self) -> Result<Vec<OrganizationJson>> {
		let mut organizations: Vec<OrganizationJson> = Vec::new();
		loop {
			let from = organizations.last().map_or(0, |last| last.id.saturating_add(1));
			let answer: At<Items<OrganizationJson>> =
				self.call("credio_v1_organizations", (from,)).await?;
			let items = answer.answer.items;
			if items.is_empty() {
				return Ok(organizations);
			}
			if !goes_on(items.iter().map(|item| item.id), from) {
				return Err(Error::UnexpectedResponse(
					"the list of organizations is out of order".into(),
				));
			}
			organizations.extend(items);
		}
	}

	/// Returns an organization by name or number, proven, so that a name never leads to another organization.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Proof`].
	pub async fn find_organization(&self, name: &str) -> Result<OrganizationJson> {
		if let Some(verified) = self.verified() {
			return verified.find_organization(name).await;
		}
		let number = name.parse::<OrganizationId>().ok();
		self.organizations()
			.await?
			.into_iter()
			.find(|organization| organization.name == name || Some(organization.id) == number)
			.ok_or_else(|| Error::NotFound {
				what: "organization",
				name: name.into(),
				hint: "`credio org list` shows all",
			})
	}

	/// Returns the quota of an organization and its use.
	pub async fn quota(&self, id: OrganizationId) -> Result<QuotaJson> {
		let answer: At<QuotaJson> = self.call("credio_v1_quota", (id,)).await?;
		Ok(answer.answer)
	}

	/// Returns a stream.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Proof`], [`Error::Connect`]; [`Error::UnexpectedResponse`] if its id does not
	/// follow from its owner and name.
	pub async fn stream(&self, id: StreamId) -> Result<StreamJson> {
		if let Some(verified) = self.verified() {
			return verified.stream(id).await;
		}
		let answer: At<StreamJson> = self.call("credio_v1_stream", (id,)).await?;
		streams::check(id, &answer.answer)?;
		Ok(answer.answer)
	}

	/// Returns the streams of one organization, or of all.
	pub async fn streams(&self, owner: Option<OrganizationId>) -> Result<Vec<StreamJson>> {
		self.all("credio_v1_streams", owner, usize::MAX).await
	}

	/// Returns a stream by id, or by name within an organization (this one, unless `owner` is given).
	///
	/// # Errors
	///
	/// [`Error::NotFound`].
	pub async fn find_stream(
		&self,
		name: &str,
		owner: Option<OrganizationId>,
	) -> Result<StreamJson> {
		let id = match name.parse::<StreamId>() {
			Ok(id) if name.len() >= 64 => id,
			_ => StreamId::derive(owner.unwrap_or(self.organization), name.as_bytes()),
		};
		match self.stream(id).await {
			Err(error) if error.is_not_found() => Err(Error::NotFound {
				what: "stream",
				name: name.into(),
				hint:
					"`credio stream list` shows all; another organization's needs its id or --owner",
			}),
			other => other,
		}
	}
}

/// Opens the chain through the methods that every node has. The newer `chainHead` methods stop when finality lags, when
/// the council needs the chain most.
async fn online(rpc: &RpcClient) -> Result<OnlineClient<PolkadotConfig>> {
	let backend = LegacyBackend::builder().build(rpc.clone());
	OnlineClient::from_backend(Arc::new(backend)).await.map_err(unexpected)
}

/// Whether a page continues a list: its numbers are at least `from` and strictly increasing. A list of such pages ends.
fn goes_on(mut page: impl Iterator<Item = u32> + Clone, from: u32) -> bool {
	page.clone().is_sorted_by(|a, b| a < b) && page.next().is_none_or(|first| first >= from)
}

/// Encodes parameters by position from a tuple.
fn by_position(params: &impl Serialize) -> Result<RpcParams> {
	let argument = |error: &dyn std::fmt::Display| Error::Argument(error.to_string());
	let values = match serde_json::to_value(params).map_err(|error| argument(&error))? {
		serde_json::Value::Null => Vec::new(),
		serde_json::Value::Array(values) => values,
		single => vec![single],
	};
	let mut params = RpcParams::new();
	for value in values {
		params.push(value).map_err(|error| argument(&error))?;
	}
	Ok(params)
}
