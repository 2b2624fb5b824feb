//! The chain specification of a new consortium, made from a checked file that people write and read.
//!
//! Each party contributes public data only: accounts, encryption keys and session keys. No private key leaves the machine
//! of its owner.

use crate::chain_spec::{ChainSpec, runtime_code};
use codec::{Decode, Encode};
use credio_primitives::{AccountId, PublicKey, Quota, Roles, development, limits, text};
use credio_runtime::{
	SessionKeys,
	configs::{consensus::MAX_VALIDATORS, governance::MAX_COUNCIL_MEMBERS},
	opaque::Block,
};
use sc_cli::Error;
use sc_service::{ChainType, Properties};
use serde::Deserialize;
use serde_json::{Value, json};
use sp_core::{H256, bytes::from_hex, crypto::Ss58Codec, storage::StateVersion};
use sp_keystore::KeystoreExt;
use sp_runtime::{
	BuildStorage,
	traits::{BlakeTwo256, Block as BlockT, Hash, OpaqueKeys},
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt::Display,
	fs,
	path::{Path, PathBuf},
};

/// The help text of the file, in `credio-node new-network --help`.
pub(crate) const HELP: &str = r#"Example: credio-node new-network consortium.toml -o chain.json

The file, in TOML:

  name = "Trade Finance"            # of the network, for people
  id = "trade-finance"              # of the chain: letters, digits, - and _; names the folder of its database
  network_id = "0x…"                # 32 random bytes; the command draws and prints them if they are left out
  boot_nodes = ["/dns/node.operator.example/tcp/30333/p2p/12D3KooW…"]    # may be left out

  council = ["5F…"]                 # accounts of members; more than half of them decide, two thirds change the council
                                    # and the runtime

  [[organizations]]
  name = "operator"
  encryption_key = "0x…"            # `credio vault show` of its vault prints it, and the account
  quota = { bytes = 268435456, ref_time = 150000000000000 }              # per ten minutes; may be left out
  members = [{ account = "5F…", roles = ["admin", "submitter", "grantor"] }]

  [[validators]]                    # `credio-node session-keys` on its machine prints these three lines
  account = "5F…"                   # of a member
  session_keys = "0x…"
  proof = "0x…"

Everything in it is public. One party runs the command, and puts the printed network id into the file. Every other party
runs it on that file with the same release, and compares the printed genesis hash. A network that is made again needs a new
id; otherwise, signatures made for the former network are valid in the new one too."#;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consortium {
	name: String,
	id: String,
	network_id: Option<String>,
	#[serde(default)]
	boot_nodes: Vec<String>,
	council: Vec<String>,
	organizations: Vec<Organization>,
	validators: Vec<Validator>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
	name: String,
	encryption_key: String,
	quota: Option<Limits>,
	members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
	bytes: u64,
	ref_time: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
	account: String,
	roles: Vec<Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
	Admin,
	Submitter,
	Grantor,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Validator {
	account: String,
	session_keys: String,
	proof: String,
}

/// All errors in a file, one a line.
#[derive(Debug, Default)]
struct Complaints(Vec<String>);

impl Complaints {
	fn add(&mut self, complaint: impl Into<String>) {
		self.0.push(complaint.into());
	}

	fn unless(&mut self, is_valid: bool, complaint: impl Into<String>) {
		if !is_valid {
			self.add(complaint);
		}
	}

	/// Returns the value, or adds a complaint.
	fn expect<T, E: Display>(&mut self, what: &str, read: Result<T, E>) -> Option<T> {
		read.map_err(|error| self.add(format!("{what}: {error}"))).ok()
	}

	fn account(&mut self, what: &str, text: &str) -> Option<AccountId> {
		let read = AccountId::from_ss58check(text)
			.map_err(|_| format!("{text} is no account; give one in SS58, such as 5Grw…"));
		self.expect(what, read)
	}
}

/// Returns the accounts of the well-known development keys.
fn development_accounts() -> BTreeSet<AccountId> {
	sp_keyring::Sr25519Keyring::iter().map(|key| key.to_account_id()).collect()
}

impl Consortium {
	/// Returns the genesis in the form of the runtime's presets, and the network id.
	///
	/// # Errors
	///
	/// All errors in the file.
	fn genesis(&self, drawn: H256) -> Result<(Value, H256), Complaints> {
		let mut complaints = Complaints::default();
		let network_id = self.network_id(drawn, &mut complaints);
		let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
		complaints.unless(
			text::is_plain(&self.name),
			"name: at least one character, none of them invisible, and no white space around it",
		);
		complaints.unless(
			!self.id.is_empty() && self.id.len() <= 64 && self.id.chars().all(is_plain),
			"id: 1 to 64 letters, digits, - and _",
		);
		let (organizations, members) = self.organizations(&mut complaints);
		let council = self.council(&members, &mut complaints);
		let validators = self.validators(&members, &mut complaints);
		if !complaints.0.is_empty() {
			return Err(complaints);
		}
		let accounts = validators.iter().map(|(account, _)| account).collect::<Vec<_>>();
		let keys = validators.iter().map(|(account, keys)| (account, account, keys));
		let genesis = json!({
			"governance": { "networkId": network_id },
			"validators": { "validators": accounts },
			"session": { "keys": keys.collect::<Vec<_>>() },
			"councilMembership": { "members": council },
			"organizations": { "organizations": organizations },
		});
		Ok((genesis, network_id))
	}

	/// Returns the network id of the file, or `drawn` if it has none.
	fn network_id(&self, drawn: H256, complaints: &mut Complaints) -> H256 {
		let Some(text) = &self.network_id else { return drawn };
		let given = from_hex(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
		let given = given.unwrap_or_else(|| {
			complaints.add("network_id: 0x and 64 hex digits; without it, the command draws one");
			drawn.0
		});
		let is_known = given == [0; 32] || given == development::NETWORK_ID;
		complaints.unless(
			!is_known,
			"network_id: this one is publicly known; leave it out, and the command draws one",
		);
		H256(given)
	}

	fn organizations(&self, complaints: &mut Complaints) -> (Vec<Value>, BTreeSet<AccountId>) {
		let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
		let mut members = BTreeMap::new();
		let known = development::ORGANIZATIONS.map(|organization| organization.encryption_key);
		complaints.unless(!self.organizations.is_empty(), "organizations: at least one is needed");
		let genesis = self.organizations.iter().map(|organization| {
			let name = &organization.name;
			let what = format!("organization {name:?}");
			complaints.unless(
				(1..=limits::MAX_NAME_LENGTH as usize).contains(&name.len()),
				format!("{what}: its name has 1 to {} bytes", limits::MAX_NAME_LENGTH),
			);
			complaints.unless(
				text::is_plain(name),
				format!(
					"{what}: its name has an invisible or control character, or white space around it"
				),
			);
			complaints.unless(names.insert(name), format!("{what}: another one has this name"));
			let key = organization.encryption_key.parse::<PublicKey>();
			let key = key.map_err(|_| "encryption_key: 0x and 64 hex digits");
			if let Some(key) = complaints.expect(&what, key) {
				complaints
					.unless(!key.is_low_order(), format!("{what}: its encryption key is weak"));
				complaints.unless(
					!known.contains(&key),
					format!(
						"{what}: its encryption key is a development key; the private part is public"
					),
				);
				complaints.unless(
					keys.insert(key.0),
					format!("{what}: another one has its encryption key"),
				);
			}
			let is_admin = |member: &Member| member.roles.contains(&Role::Admin);
			complaints.unless(
				organization.members.iter().any(is_admin),
				format!("{what}: no member is an admin; it needs one"),
			);
			let of_it = organization.members.iter().filter_map(|member| {
				let account = complaints.account(&what, &member.account)?;
				complaints.unless(
					!development_accounts().contains(&account),
					format!("{what}: {account} has a development key; the private key is public"),
				);
				if let Some(other) = members.insert(account.clone(), name) {
					complaints.add(format!("{what}: {account} is a member of {other:?} already"));
				}
				let has = |role| member.roles.contains(&role);
				let roles = Roles {
					admin: has(Role::Admin),
					submitter: has(Role::Submitter),
					grantor: has(Role::Grantor),
				};
				Some(json!({ "account": account, "roles": roles }))
			});
			let of_it = of_it.collect::<Vec<_>>();
			let quota = organization
				.quota
				.as_ref()
				.map(|Limits { bytes, ref_time }| Quota { bytes: *bytes, ref_time: *ref_time });
			complaints.unless(
				quota.is_none_or(|quota| quota.bytes > 0 && quota.ref_time > 0),
				format!("{what}: a quota must not be 0"),
			);
			complaints.unless(
				quota.is_none_or(|quota| quota.bytes.max(quota.ref_time) <= limits::MAX_QUOTA),
				format!("{what}: a quota is at most {}", limits::MAX_QUOTA),
			);
			json!({
				"name": name,
				"encryptionKey": organization.encryption_key,
				"quota": quota,
				"members": of_it,
			})
		});
		(genesis.collect(), members.into_keys().collect())
	}

	fn council(
		&self,
		members: &BTreeSet<AccountId>,
		complaints: &mut Complaints,
	) -> Vec<AccountId> {
		complaints.unless(!self.council.is_empty(), "council: at least one account is needed");
		complaints.unless(
			self.council.len() <= MAX_COUNCIL_MEMBERS as usize,
			format!("council: at most {MAX_COUNCIL_MEMBERS} accounts"),
		);
		let mut council = BTreeSet::new();
		for text in &self.council {
			let Some(account) = complaints.account("council", text) else { continue };
			complaints.unless(
				members.contains(&account),
				format!("council: {account} is a member of no organization"),
			);
			complaints.unless(
				council.insert(account.clone()),
				format!("council: {account} is listed twice"),
			);
		}
		council.into_iter().collect()
	}

	fn validators(
		&self,
		members: &BTreeSet<AccountId>,
		complaints: &mut Complaints,
	) -> Vec<(AccountId, SessionKeys)> {
		complaints.unless(!self.validators.is_empty(), "validators: at least one is needed");
		complaints.unless(
			self.validators.len() <= MAX_VALIDATORS as usize,
			format!("validators: at most {MAX_VALIDATORS}"),
		);
		let (mut accounts, mut keys_of_all) = (BTreeSet::new(), BTreeSet::new());
		let validators = self.validators.iter().filter_map(|validator| {
			let what = format!("validator {}", validator.account);
			let account = complaints.account(&what, &validator.account)?;
			complaints.unless(
				members.contains(&account),
				format!("{what}: it is a member of no organization"),
			);
			complaints.unless(accounts.insert(account.clone()), format!("{what}: listed twice"));
			let keys = from_hex(&validator.session_keys)
				.ok()
				.and_then(|bytes| SessionKeys::decode(&mut &bytes[..]).ok())
				.ok_or("session_keys: give the line that `credio-node session-keys` prints");
			let keys = complaints.expect(&what, keys)?;
			let proof = from_hex(&validator.proof).unwrap_or_default();
			complaints.unless(
				account.using_encoded(|owner| keys.ownership_proof_is_valid(owner, &proof)),
				format!("{what}: the proof does not match these session keys and this account; run `credio-node session-keys` again"),
			);
			complaints.unless(
				keys_of_all.insert(keys.encode()),
				format!("{what}: another one has its session keys"),
			);
			Some((account, keys))
		});
		validators.collect()
	}
}

/// A chain specification, with the values that the parties compare.
pub(crate) struct NewNetwork {
	/// The specification.
	pub spec: ChainSpec,
	/// The network's id.
	pub network_id: H256,
	/// The hash that names the chain.
	pub genesis_hash: H256,
}

/// Makes the chain specification that the file at `path` describes. If the file has no network id, a random one is drawn.
///
/// # Errors
///
/// If the file is invalid; the error lists all reasons.
pub(crate) fn new_network(path: &Path) -> Result<NewNetwork, Error> {
	let failed = |error: &dyn Display| Error::Input(format!("{}: {error}", path.display()));
	let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
	let consortium: Consortium = toml::from_str(&text).map_err(|error| failed(&error))?;
	let mut drawn = [0; 32];
	getrandom::fill(&mut drawn)
		.map_err(|error| failed(&format!("cannot draw a random network id: {error}")))?;
	let (genesis, network_id) = consortium
		.genesis(H256(drawn))
		.map_err(|Complaints(all)| failed(&format!("\n  {}", all.join("\n  "))))?;
	let boot_nodes = consortium
		.boot_nodes
		.iter()
		.map(|node| node.parse())
		.collect::<Result<Vec<_>, _>>()
		.map_err(|error| failed(&format!("boot_nodes: {error}")))?;
	let wasm = runtime_code().map_err(Error::Input)?;
	let mut properties = Properties::new();
	properties.insert("ss58Format".into(), 42.into());
	let spec = ChainSpec::builder(wasm, None)
		.with_name(&consortium.name)
		.with_id(&consortium.id)
		.with_protocol_id(&consortium.id)
		.with_chain_type(ChainType::Live)
		.with_properties(properties)
		.with_boot_nodes(boot_nodes)
		.with_genesis_config_patch(genesis)
		.build();
	let genesis_hash = genesis_hash(&spec).map_err(|error| failed(&error))?;
	Ok(NewNetwork { spec, network_id, genesis_hash })
}

/// Returns the hash of the genesis block.
fn genesis_hash(spec: &ChainSpec) -> Result<H256, String> {
	let storage = spec.build_storage()?;
	let top = storage.top.into_iter().collect();
	let root = BlakeTwo256::trie_root(top, StateVersion::V1);
	let block: Block = sc_chain_spec::construct_genesis_block(root, StateVersion::V1);
	Ok(block.hash())
}

/// Makes session keys for a validator's account in the keystore of a folder. Returns the public keys and the proof that
/// this machine holds the private ones.
///
/// # Errors
///
/// If the keystore cannot be opened.
pub(crate) fn session_keys(
	folder: PathBuf,
	account: &AccountId,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
	let keystore = sc_keystore::LocalKeystore::open(folder, None)?;
	let mut externalities = sp_state_machine::BasicExternalities::default();
	externalities.register_extension(KeystoreExt::new(keystore));
	let generated = externalities.execute_with(|| SessionKeys::generate(&account.encode(), None));
	Ok((generated.keys.encode(), generated.proof.encode()))
}
