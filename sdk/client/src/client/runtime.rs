//! The chain's runtime according to the node, and its check against the pinned runtime.
//!
//! Reading uses the node's metadata. Signing uses the pin: nothing is signed, or shown for signing, while the node's
//! metadata differs from it.

use super::{AtBlock, Client, SPEC_NAME, TRANSACTION_VERSION};
use crate::{
	calls::{BY_ID, Call, DescribedCall},
	error::{ConnectError, Error, Result, SignError, unexpected},
	runtimes::{RuntimePin, Runtimes},
};
use codec::{Compact, Decode, Encode};
use credio_primitives::{AccountId, Digest, rpc::Bytes};
use credio_vault::MultiSignature;
use sp_runtime::generic::Era;
use std::{
	collections::HashMap,
	sync::{Arc, LazyLock, Mutex, PoisonError},
};
use subxt::{
	Metadata, OnlineClient, PolkadotConfig,
	backend::LegacyBackend,
	rpcs::{RpcClient, client::RpcParams},
	utils::H256,
};
use tokio::sync::OnceCell;

/// Metadata version that is requested: RFC 78 defines its hash.
const METADATA_VERSION: u32 = 15;
/// Maximum number of cached runtimes.
const MAX_REMEMBERED: usize = 16;
/// Version and kind of a signed transaction.
const SIGNED_V4: u8 = 0x84;
/// Makes `CheckMetadataHash` sign the hash.
const WITH_METADATA_HASH: u8 = 1;
/// Longer payloads are hashed before signing.
const MAX_UNHASHED: usize = 256;
/// The extensions of a transaction of [`TRANSACTION_VERSION`].
const EXTENSIONS: [&str; 10] = [
	"CheckNonZeroSender",
	"CheckSpecVersion",
	"CheckTxVersion",
	"CheckGenesis",
	"CheckMortality",
	"CheckNonce",
	"CheckWeight",
	"CheckQuota",
	"CheckMetadataHash",
	"WeightReclaim",
];

/// A node's runtime: its versions and the hash of its metadata.
type ReportedAs = (u32, u32, [u8; 32]);
type Reported = Arc<OnceCell<Arc<RuntimePin>>>;

/// Runtimes that were decoded from metadata, which takes some milliseconds.
static REMEMBERED: LazyLock<Mutex<HashMap<ReportedAs, Reported>>> = LazyLock::new(Mutex::default);

/// The runtime of the chain.
pub(super) struct Runtime {
	/// Used to read the chain.
	pub at: AtBlock,
	spec_version: u32,
	transaction_version: u32,
	/// The node's metadata.
	metadata: Arc<Vec<u8>>,
	/// The runtime, once it was found to match the pin.
	checked: OnceCell<Arc<RuntimePin>>,
}

impl Runtime {
	/// Loads the runtime of the last finalized block.
	pub(super) async fn load(rpc: &RpcClient) -> Result<Self> {
		let block: Digest = rpc.request("chain_getFinalizedHead", RpcParams::new()).await?;
		let params = super::calling::by_position(&(block,))?;
		let version: serde_json::Value = rpc.request("state_getRuntimeVersion", params).await?;
		check_version(&version)?;
		let (spec_version, transaction_version) =
			(number(&version, "specVersion")?, number(&version, "transactionVersion")?);
		let params = ("Metadata_metadata_at_version", Bytes(METADATA_VERSION.encode()), block);
		let answer: Bytes =
			rpc.request("state_call", super::calling::by_position(&params)?).await?;
		let metadata = Option::<Vec<u8>>::decode(&mut &answer.0[..]).map_err(unexpected)?;
		let metadata = Arc::new(metadata.ok_or_else(|| {
			Error::UnexpectedResponse(format!(
				"its runtime has no metadata of version {METADATA_VERSION}"
			))
		})?);
		let bytes = metadata.clone();
		let decoded = tokio::task::spawn_blocking(move || Metadata::decode_from(&bytes));
		let decoded = decoded.await.map_err(unexpected)?.map_err(unexpected)?.arc();
		// Otherwise the library would load metadata by itself, which could differ.
		let config = PolkadotConfig::builder()
			.use_historic_types(false)
			.set_metadata_for_spec_versions([(spec_version, decoded.clone())])
			.build();
		let backend = LegacyBackend::builder().build(rpc.clone());
		let online = OnlineClient::from_backend_with_config(config, Arc::new(backend));
		let at =
			online.await.map_err(unexpected)?.at_block(H256(block.0)).await.map_err(unexpected)?;
		if at.spec_version() != spec_version || !Arc::ptr_eq(&at.metadata(), &decoded) {
			return Err(Error::UnexpectedResponse(
				"the node reports two versions of one runtime".into(),
			));
		}
		let checked = OnceCell::new();
		Ok(Self { at, spec_version, transaction_version, metadata, checked })
	}

	/// Returns the runtime according to the node.
	async fn reported(&self) -> Result<Arc<RuntimePin>> {
		let (spec_version, transaction_version) = (self.spec_version, self.transaction_version);
		let digest = sp_crypto_hashing::blake2_256(&self.metadata);
		let reported = {
			let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
			if remembered.len() >= MAX_REMEMBERED {
				remembered.clear();
			}
			remembered.entry((spec_version, transaction_version, digest)).or_default().clone()
		};
		let read = || async {
			let metadata = self.metadata.clone();
			let read = tokio::task::spawn_blocking(move || {
				RuntimePin::from_metadata(&metadata, spec_version, transaction_version)
			});
			let read = read.await.map_err(unexpected)?;
			let refused = |reason| Error::Sign(SignError::OtherRuntime { spec_version, reason });
			Ok::<_, Error>(Arc::new(read.map_err(refused)?))
		};
		reported.get_or_try_init(read).await.cloned()
	}

	/// Returns the runtime if it is trusted.
	async fn checked(&self, trusted: &Runtimes) -> Result<Arc<RuntimePin>> {
		let check = || async {
			let (spec_version, reported) = (self.spec_version, self.reported().await?);
			let Some(pinned) = trusted.find(spec_version)? else {
				return Err(Error::Sign(SignError::UnknownRuntime {
					spec_version,
					metadata_hash: reported.metadata_hash,
				}));
			};
			if *reported == *pinned {
				return Ok(pinned);
			}
			let reason = match reported.metadata_hash == pinned.metadata_hash {
				true => "its calls differ from the pinned ones".into(),
				false => format!(
					"its metadata has the hash {}, and {} is pinned",
					reported.metadata_hash, pinned.metadata_hash
				),
			};
			Err(Error::Sign(SignError::OtherRuntime { spec_version, reason }))
		};
		self.checked.get_or_try_init(check).await.cloned()
	}
}

impl Client {
	/// Sets the runtimes that this client signs for, instead of the built-in ones.
	#[must_use]
	pub fn with_runtimes(mut self, runtimes: Runtimes) -> Self {
		self.trusted = runtimes;
		self
	}

	/// Returns the runtimes that this client signs for.
	pub fn runtimes(&self) -> &Runtimes {
		&self.trusted
	}

	/// Returns the chain's runtime according to the node, for comparison only: it may be false.
	///
	/// # Errors
	///
	/// [`Error::Sign`] if the node's data is inconsistent.
	pub async fn reported_runtime(&self) -> Result<Arc<RuntimePin>> {
		self.present_runtime().reported().await
	}

	/// Returns the chain's runtime, for which calls are signed.
	///
	/// # Errors
	///
	/// [`Error::Sign`] if it is not pinned, or if the node has other metadata.
	pub async fn trusted_runtime(&self) -> Result<Arc<RuntimePin>> {
		self.present_runtime().checked(&self.trusted).await
	}

	/// Describes a call by pinned metadata; `None` without it.
	pub(super) async fn describe_by(
		&self,
		describe: impl FnOnce(&Metadata) -> Option<DescribedCall>,
	) -> Option<DescribedCall> {
		let runtime = self.present_runtime();
		runtime.checked(&self.trusted).await.ok()?;
		describe(runtime.at.metadata_ref())
	}

	/// Switches to the runtime of the present finalized block, if the council has upgraded it: transactions for another
	/// runtime are rejected. Returns whether it has switched.
	///
	/// # Errors
	///
	/// [`Error::Connect`], also if the new runtime needs another transaction format.
	pub async fn follow_upgrade(&self) -> Result<bool> {
		let hash: String = self.call("chain_getFinalizedHead", ()).await?;
		let version: serde_json::Value = self.call("state_getRuntimeVersion", (hash,)).await?;
		if version["specVersion"] == self.present_runtime().spec_version {
			return Ok(false);
		}
		check_version(&version)?;
		let runtime = Arc::new(Runtime::load(&self.rpc).await?);
		*self.runtime.write().unwrap_or_else(PoisonError::into_inner) = runtime;
		Ok(true)
	}

	/// Returns the runtime of the last check.
	pub(super) fn present_runtime(&self) -> Arc<Runtime> {
		self.runtime.read().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// Returns the runtime to read the chain with.
	pub(crate) fn runtime(&self) -> AtBlock {
		self.present_runtime().at.clone()
	}

	/// Signs a call for a runtime. All transactions are signed here.
	pub(super) async fn sign_for(
		&self,
		runtime: &RuntimePin,
		call: &Call,
		life: super::Life,
		nonce: u64,
	) -> Result<Vec<u8>> {
		if runtime.extensions != EXTENSIONS {
			return Err(ConnectError::WrongChain(format!(
				"transactions of runtime {} have other extensions than this software makes: use the software of its release",
				runtime.spec_version
			)).into());
		}
		let unsigned = Unsigned {
			call: call.encoded(runtime)?,
			beside: (life.era(), Compact(nonce), WITH_METADATA_HASH).encode(),
		};
		let genesis = self.chain.genesis;
		let payload = unsigned.payload(runtime, genesis, life.began(genesis));
		let signature = self.vault.sign(&payload).await?;
		if matches!(signature, MultiSignature::Eth(_)) {
			return Err(Error::Argument(
				"transactions are signed by Ed25519, Sr25519 or ECDSA, and the vault's account is of another kind".into(),
			));
		}
		Ok(unsigned.signed(&self.account, &signature))
	}
}

/// An unsigned transaction.
struct Unsigned {
	/// Its call.
	call: Vec<u8>,
	/// The extensions' data, in the order of [`EXTENSIONS`].
	beside: Vec<u8>,
}

impl Unsigned {
	/// Returns the payload for signing: the transaction and the implicit data.
	fn payload(&self, runtime: &RuntimePin, genesis: Digest, began: Digest) -> Vec<u8> {
		let RuntimePin { spec_version, transaction_version, metadata_hash, .. } = runtime;
		let implicit =
			(spec_version, transaction_version, genesis.0, began.0, Some(metadata_hash.0));
		let payload = [&self.call[..], &self.beside, &implicit.encode()].concat();
		match payload.len() > MAX_UNHASHED {
			true => sp_crypto_hashing::blake2_256(&payload).to_vec(),
			false => payload,
		}
	}

	/// Returns the transaction, signed.
	fn signed(&self, account: &AccountId, signature: &MultiSignature) -> Vec<u8> {
		let mut transaction = (SIGNED_V4, BY_ID, account, signature).encode();
		transaction.extend_from_slice(&self.beside);
		transaction.extend_from_slice(&self.call);
		transaction.encode()
	}
}

impl super::Life {
	fn era(self) -> Era {
		match self {
			Self::Immortal => Era::immortal(),
			Self::From { number, blocks, .. } => Era::mortal(blocks, number.into()),
		}
	}

	/// Returns the hash of the first block of the era.
	fn began(self, genesis: Digest) -> Digest {
		match self {
			Self::Immortal => genesis,
			Self::From { hash, .. } => Digest(hash.0),
		}
	}
}

/// Checks that this software supports a runtime's transactions.
pub(super) fn check_version(version: &serde_json::Value) -> Result<()> {
	if version["specName"] != SPEC_NAME {
		let found = &version["specName"];
		return Err(ConnectError::WrongChain(format!(
			"the node runs {found}, and not {SPEC_NAME}"
		))
		.into());
	}
	if version["transactionVersion"] != TRANSACTION_VERSION {
		return Err(ConnectError::WrongChain(format!(
			"the node takes transactions of version {}, and this software makes version {TRANSACTION_VERSION}: use the software of its release",
			version["transactionVersion"]
		)).into());
	}
	Ok(())
}

fn number(version: &serde_json::Value, field: &str) -> Result<u32> {
	let number = version[field].as_u64().and_then(|number| u32::try_from(number).ok());
	number
		.ok_or_else(|| Error::UnexpectedResponse(format!("the runtime's {field} is not a number")))
}

/// Opens the chain through the methods that every node has. The newer `chainHead` methods stop when finality lags, when
/// the council needs the chain most.
async fn online(rpc: &RpcClient) -> Result<OnlineClient<PolkadotConfig>> {
	let backend = LegacyBackend::builder().build(rpc.clone());
	OnlineClient::from_backend(Arc::new(backend)).await.map_err(unexpected)
}

/// Returns the runtime of an earlier block.
pub(super) async fn at_block_of(rpc: &RpcClient, hash: Digest) -> Result<AtBlock> {
	online(rpc).await?.at_block(H256(hash.0)).await.map_err(unexpected)
}
