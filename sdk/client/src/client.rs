//! The client: one connection to a node, and what an organization does through it.
//!
//! What secrecy or an outcome depends on is read by proof, unless the node is believed ([`Client::with_trust`]).

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
	error::{chain, Error, Result},
	runtimes::Runtimes,
	verifier::Trust,
};
use backoff::back_off;
use codec::Encode;
use credio_envelope::WrapContext;
use credio_primitives::{
	rpc::{
		AccessToken, At, Bytes, Items, LimitsJson, MembershipJson, OrganizationDetailJson,
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

/// Name of the runtime that this client is for.
const SPEC_NAME: &str = "credio";
/// Version of the transaction format that this client makes.
const TRANSACTION_VERSION: u32 = 2;
/// Blocks for which an access token of this client is good: longer than a call is sent again and again.
const TOKEN_LIFETIME: BlockNumber = 200;
/// The longest time for which a chain of this software keeps receipts past their expiry, in blocks: seven days of a second
/// each. A node that names a longer one could say of a request whose receipt is gone that it has expired.
const MAX_RECEIPT_RETENTION: BlockNumber = 7 * 24 * 60 * 60;
/// Most pages of a list.
const MAX_PAGES: usize = 64 * 1024;
/// For how long the number of the last finalized block is taken for what it was: far less than [`TOKEN_LIFETIME`].
const NOW_LASTS: Duration = Duration::from_secs(5);
/// For how long the key epoch of a stream is taken for what it was. One that ended meanwhile is met as a rejection, and
/// the upload is made again.
const EPOCH_TTL: Duration = Duration::from_secs(2);

type AtBlock = OnlineClientAtBlock<PolkadotConfig>;
/// The key epoch of a stream and when it was asked for, which one caller asks for at a time.
type RecentEpoch = Arc<Mutex<Option<(Instant, KeyEpoch)>>>;

/// A secret of each key epoch of each stream, asked for once however many want it.
type HeldSecrets = HashMap<(StreamId, KeyEpoch), Arc<OnceCell<Held>>>;

/// Numbers of the last blocks.
#[derive(Clone, Copy, Debug)]
struct Now {
	finalized: BlockNumber,
	best: BlockNumber,
}

/// One connection to a node, and the vault of the member that speaks through it.
pub struct Client {
	rpc: RpcClient,
	/// How the node was connected to.
	options: ConnectOptions,
	/// The chain that the node is of.
	chain: ChainPin,
	/// The runtime, as of the finalized block when it was last looked at.
	runtime: RwLock<Arc<Runtime>>,
	/// The runtimes for which calls are signed.
	trusted: Runtimes,
	vault: Arc<dyn Vault>,
	/// The vault's account.
	account: AccountId,
	organization: OrganizationId,
	/// Whether the account is a member, as the node says, and whether that is proven.
	is_member: bool,
	membership: OnceCell<()>,
	limits: LimitsJson,
	/// What is believed of the node.
	trust: Trust,
	/// The last blocks that something was signed for, and when they were asked for.
	now: Mutex<Option<(Instant, Now)>>,
	/// Key epochs of streams, and when they were asked for.
	epochs: Mutex<HashMap<StreamId, RecentEpoch>>,
	/// Held while a transaction with a nonce is handed over, so that they arrive in order.
	turn: Mutex<()>,
	/// Secrets of streams as this organization holds them, which never change.
	held: Mutex<HeldSecrets>,
	/// Owners of streams, which never change.
	owners: Mutex<HashMap<StreamId, OrganizationId>>,
	/// Runtimes of the past, by version, by which events of their blocks are read.
	runtimes: Mutex<HashMap<u32, AtBlock>>,
}

impl std::fmt::Debug for Client {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Client(organization {})", self.organization)
	}
}

impl Client {
	/// Connects to a node, and checks that it is of a chain that this software is for, and that the vault's account
	/// is a member there.
	///
	/// Errors: [`Error::Connection`], [`Error::Insecure`] for an address beyond this machine that is not `wss://`,
	/// [`Error::WrongChain`], [`Error::NotFound`] for an account that is no member.
	pub async fn connect(url: &str, vault: Arc<dyn Vault>) -> Result<Self> {
		Self::connect_with(&ConnectOptions::default(), url, vault).await
	}

	/// As [`Self::connect`], with options: the chain that it has to be, say.
	///
	/// Errors: as there, and [`Error::OtherChain`], also if the vault is for another one.
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
				hint:
					": an admin has to add it to an organization, or the council has to admit one",
			})?
			.organization;
		client.is_member = true;
		Ok(client)
	}

	/// Connects to a node to read what is public. Needs no vault: its account is a new one, which is a member of no
	/// organization, so whatever takes a member is refused.
	///
	/// # Errors
	///
	/// [`Error::Connection`], [`Error::Insecure`], [`Error::WrongChain`].
	pub async fn connect_to_read(url: &str) -> Result<Self> {
		Self::connect_to_read_with(&ConnectOptions::default(), url).await
	}

	/// As [`Self::connect_to_read`], with options: the chain that it has to be, say.
	///
	/// # Errors
	///
	/// As there, and [`Error::OtherChain`].
	pub async fn connect_to_read_with(options: &ConnectOptions, url: &str) -> Result<Self> {
		let vault = LocalVault::generate(OrganizationId::MAX)?;
		Self::connect_as_nobody(options, url, Arc::new(vault)).await
	}

	/// As [`Self::connect_with`], without asking for which organization the account acts.
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
			return Err(Error::Answer("the node names two first blocks".into()));
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

	/// The chain that the node is of.
	pub fn chain(&self) -> &ChainPin {
		&self.chain
	}

	/// Whether the node knows that it is behind others, and catches up.
	///
	/// Errors: [`Error::Connection`].
	pub async fn is_syncing(&self) -> Result<bool> {
		let health: serde_json::Value = self.call("system_health", ()).await?;
		Ok(health["isSyncing"] == true)
	}

	/// The organization that the vault's account acts for.
	pub fn organization_id(&self) -> OrganizationId {
		self.organization
	}

	/// The chain's bounds.
	pub fn limits(&self) -> &LimitsJson {
		&self.limits
	}

	/// The vault's account, which signs.
	pub fn account(&self) -> &AccountId {
		&self.account
	}

	/// Calls any method of the node, with parameters by position, given as a tuple. What the node refuses since too
	/// many calls come from here is sent again after a while.
	///
	/// Errors: [`Error::Refused`], [`Error::Connection`].
	pub async fn call<Answer: DeserializeOwned>(
		&self,
		method: &str,
		params: impl Serialize,
	) -> Result<Answer> {
		let params = by_position(&params)?;
		back_off(|| async { Ok(self.rpc.request(method, params.clone()).await?) }).await
	}

	/// Subscribes, as [`Self::call`] calls.
	async fn subscribe<Item: DeserializeOwned>(
		&self,
		methods: (&str, &str),
		params: RpcParams,
	) -> Result<RpcSubscription<Item>> {
		let (subscribe, unsubscribe) = methods;
		back_off(|| async { Ok(self.rpc.subscribe(subscribe, params.clone(), unsubscribe).await?) })
			.await
	}

	/// A token for one call of a method.
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

	/// The last blocks, a few seconds ago at most.
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

	/// All items of a query, page by page: as many pages as there can be in earnest.
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
		Err(Error::Answer("the pages of a list have no end".into()))
	}

	/// The secret of a stream in an epoch, as this organization holds it.
	pub(crate) async fn held(&self, stream: StreamId, epoch: KeyEpoch) -> Result<Held> {
		// Many that ask at once wait for one answer.
		let held = self.held.lock().await.entry((stream, epoch)).or_default().clone();
		held.get_or_try_init(|| self.fetch_held(stream, epoch)).await.cloned()
	}

	/// The wrapped secrets of a stream, of a page of epochs from one on.
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
		let StreamKeyJson { secret_commitment, wrapped_keys, .. } =
			keys.items.into_iter().find(|key| key.epoch == epoch).ok_or(Error::NoKey(epoch))?;
		if let Some(verified) = self.verified() {
			verified.check_secret(stream, epoch, secret_commitment, at).await?;
		}
		let wrapped_by = self.wrapped_by(stream).await?;
		// The owner's come first. Of those that others have given on, any may be useless.
		let mut failed = Error::NoKey(epoch);
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

	/// Whom secrets for an organization are wrapped to.
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

	/// An organization, by proof, and its members, as the node lists them.
	///
	/// Errors: [`Error::Refused`] with the code for "not found", and those of proofs.
	pub async fn organization(&self, id: OrganizationId) -> Result<OrganizationDetailJson> {
		let answer: At<OrganizationDetailJson> = self.call("credio_v1_organization", (id,)).await?;
		let mut detail = answer.answer;
		if let Some(verified) = self.verified() {
			detail.organization = verified.organization(id).await?;
		}
		Ok(detail)
	}

	/// All organizations, as the node lists them.
	///
	/// # Errors
	///
	/// [`Error::Answer`] for a list that does not go on by number, which would have no end.
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
				return Err(Error::Answer("the list of organizations is out of order".into()));
			}
			organizations.extend(items);
		}
	}

	/// An organization by name or number, by proof: a name leads to nobody else.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], and those of proofs.
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
				hint: ": `credio org list` shows all",
			})
	}

	/// Quota and use of an organization.
	pub async fn quota(&self, id: OrganizationId) -> Result<QuotaJson> {
		let answer: At<QuotaJson> = self.call("credio_v1_quota", (id,)).await?;
		Ok(answer.answer)
	}

	/// One stream.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::NotFinalYet`], [`Error::NotProven`], [`Error::Connection`]; [`Error::Answer`] if its
	/// owner and name are not those that its id follows from.
	pub async fn stream(&self, id: StreamId) -> Result<StreamJson> {
		if let Some(verified) = self.verified() {
			return verified.stream(id).await;
		}
		let answer: At<StreamJson> = self.call("credio_v1_stream", (id,)).await?;
		streams::check(id, &answer.answer)?;
		Ok(answer.answer)
	}

	/// Streams of one organization, or of all.
	pub async fn streams(&self, owner: Option<OrganizationId>) -> Result<Vec<StreamJson>> {
		self.all("credio_v1_streams", owner, usize::MAX).await
	}

	/// A stream by id, or by name within an organization (this one, if none is given).
	///
	/// Errors: [`Error::NotFound`].
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
				hint: ": `credio stream list` shows all; another organization's needs its id or --owner",
			}),
			other => other,
		}
	}
}

/// The chain by the methods that every node has. The newer `chainHead` methods stop when finality lags behind, which is
/// when the council is needed most.
async fn online(rpc: &RpcClient) -> Result<OnlineClient<PolkadotConfig>> {
	let backend = LegacyBackend::builder().build(rpc.clone());
	OnlineClient::from_backend(Arc::new(backend)).await.map_err(chain)
}

/// Whether a page has numbers from here on only, each greater than the one before: a list of such pages has an end.
fn goes_on(mut page: impl Iterator<Item = u32> + Clone, from: u32) -> bool {
	page.clone().is_sorted_by(|a, b| a < b) && page.next().is_none_or(|first| first >= from)
}

/// Parameters by position, given as a tuple.
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
