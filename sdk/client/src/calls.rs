//! Calls of the chain, encoded from the chain's own types.
//!
//! The indexes of a call come from the pin of the runtime, by the call's name.

mod described;

pub use described::DescribedCall;

use crate::{error::UnfitCall, runtimes::RuntimePin};
use codec::{Compact, Decode, Encode};
use credio_primitives::{
	AccessRequestId, AccountId, BlockNumber, BundleId, Commitment, Digest, EpochSecret, GrantId,
	KeyEpoch, Leg, Moment, OrganizationId, Permission, PublicKey, Purpose, Quota, RecordId,
	Reference, Request, Resource, Roles, StreamId, StreamName, WrappedKey,
	bundle::EncodedCall,
	grant::{GrantKey, GrantTerms},
	rpc::WeightJson,
};
use std::borrow::Cow;

/// How the SDK's pallets, and transactions, name an account: `MultiAddress::Id`.
pub(crate) const BY_ID: u8 = 0;

/// A call with its arguments, encoded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Call {
	pallet: Cow<'static, str>,
	name: Cow<'static, str>,
	arguments: Vec<u8>,
	/// Metadata hash of the runtime that nested calls are encoded for; `None` without nested calls.
	#[codec(skip)]
	encoded_for: Option<Digest>,
}

impl Call {
	fn new(pallet: &'static str, name: &'static str, arguments: impl Encode) -> Self {
		Self::of(pallet, name, arguments.encode())
	}

	fn of(pallet: &'static str, name: &'static str, arguments: Vec<u8>) -> Self {
		Self { pallet: pallet.into(), name: name.into(), arguments, encoded_for: None }
	}

	/// Creates a call with nested calls, which are encoded for this runtime.
	fn with_nested(
		pallet: &'static str,
		name: &'static str,
		arguments: Vec<u8>,
		runtime: &RuntimePin,
	) -> Self {
		let encoded_for = Some(runtime.metadata_hash);
		Self { encoded_for, ..Self::of(pallet, name, arguments) }
	}

	/// Returns the size of the encoded arguments in bytes.
	#[must_use]
	pub fn size(&self) -> usize {
		self.arguments.len()
	}

	/// Encodes the call for a runtime, as in a transaction or in another call.
	///
	/// # Errors
	///
	/// If the runtime has no such call, or one with other arguments.
	pub fn encoded(&self, runtime: &RuntimePin) -> Result<Vec<u8>, UnfitCall> {
		let named = || (format!("{}.{}", self.pallet, self.name), runtime.spec_version);
		let Some(pinned) = runtime.call(&self.pallet, &self.name) else {
			let (call, runtime) = named();
			return Err(UnfitCall::Unknown { call, runtime });
		};
		if !runtime.takes_own_arguments(pinned) {
			let (call, runtime) = named();
			return Err(UnfitCall::Changed { call, runtime });
		}
		if self.encoded_for.is_some_and(|hash| hash != runtime.metadata_hash) {
			let (call, runtime) = named();
			return Err(UnfitCall::Outdated { call, runtime });
		}
		Ok([&pinned.indexes[..], &self.arguments].concat())
	}

	/// Encodes the body of a request: the list of its calls.
	fn body(calls: &[Self], runtime: &RuntimePin) -> Result<Vec<u8>, UnfitCall> {
		let mut body = Compact(calls.len() as u32).encode();
		for call in calls {
			body.extend_from_slice(&call.encoded(runtime)?);
		}
		Ok(body)
	}

	/// Returns the digest that names the body of a request: `blake2_256` of its encoded calls.
	pub fn body_digest(calls: &[Self], runtime: &RuntimePin) -> Result<Digest, UnfitCall> {
		Ok(Digest(sp_crypto_hashing::blake2_256(&Self::body(calls, runtime)?)))
	}

	/// `Idempotency.submit` of these calls.
	pub fn submit(
		request: &Request,
		calls: &[Self],
		runtime: &RuntimePin,
	) -> Result<Self, UnfitCall> {
		let mut arguments = request.encode();
		arguments.extend_from_slice(&Self::body(calls, runtime)?);
		Ok(Self::with_nested("Idempotency", "submit", arguments, runtime))
	}

	/// `System.remark`: bytes in a block. The chain's state stores nothing of them.
	#[must_use]
	pub fn remark(bytes: &[u8]) -> Self {
		Self::new("System", "remark", bytes)
	}

	/// `Utility.batch_all`: all of these calls, or none.
	pub fn batch_all(calls: &[Self], runtime: &RuntimePin) -> Result<Self, UnfitCall> {
		Ok(Self::with_nested("Utility", "batch_all", Self::body(calls, runtime)?, runtime))
	}

	/// `Council.propose` of a call with the council's origin.
	pub fn propose(
		threshold: u32,
		proposal: &Self,
		runtime: &RuntimePin,
	) -> Result<Self, UnfitCall> {
		let encoded = proposal.encoded(runtime)?;
		let mut arguments = Compact(threshold).encode();
		arguments.extend_from_slice(&encoded);
		Compact(encoded.len() as u32).encode_to(&mut arguments);
		Ok(Self::with_nested("Council", "propose", arguments, runtime))
	}

	/// `Council.vote`.
	#[must_use]
	pub fn vote(motion: Digest, index: u32, approve: bool) -> Self {
		Self::new("Council", "vote", (motion, Compact(index), approve))
	}

	/// `Council.close`.
	#[must_use]
	pub fn close(motion: Digest, index: u32, weight_bound: WeightJson, length_bound: u32) -> Self {
		let arguments =
			(motion, Compact(index), encoded_weight(weight_bound), Compact(length_bound));
		Self::new("Council", "close", arguments)
	}

	/// `CouncilMembership.add_member`.
	#[must_use]
	pub fn join_council(account: &AccountId) -> Self {
		Self::new("CouncilMembership", "add_member", (BY_ID, account))
	}

	/// `CouncilMembership.remove_member`.
	#[must_use]
	pub fn leave_council(account: &AccountId) -> Self {
		Self::new("CouncilMembership", "remove_member", (BY_ID, account))
	}

	/// `Governance.dispatch_as_root` of another call.
	pub fn dispatch_as_root(call: &Self, runtime: &RuntimePin) -> Result<Self, UnfitCall> {
		Ok(Self::with_nested("Governance", "dispatch_as_root", call.encoded(runtime)?, runtime))
	}

	/// `Validators.set_keys`, with encoded `keys`.
	#[must_use]
	pub fn set_session_keys(keys: &[u8], proof: &[u8]) -> Self {
		let mut arguments = keys.to_vec();
		proof.encode_to(&mut arguments);
		Self::of("Validators", "set_keys", arguments)
	}

	/// `Validators.add_validator`.
	#[must_use]
	pub fn add_validator(account: &AccountId) -> Self {
		Self::new("Validators", "add_validator", account)
	}

	/// `Validators.remove_validator`.
	#[must_use]
	pub fn remove_validator(account: &AccountId) -> Self {
		Self::new("Validators", "remove_validator", account)
	}

	/// `Validators.reinstate_validator`.
	#[must_use]
	pub fn reinstate_validator(account: &AccountId) -> Self {
		Self::new("Validators", "reinstate_validator", account)
	}

	/// `Validators.resume_finality`.
	#[must_use]
	pub fn resume_finality(
		lost: &[AccountId],
		best_finalized: BlockNumber,
		delay: BlockNumber,
	) -> Self {
		Self::new("Validators", "resume_finality", (lost, best_finalized, delay))
	}

	/// `System.authorize_upgrade`.
	#[must_use]
	pub fn authorize_upgrade(code_hash: Digest) -> Self {
		Self::new("System", "authorize_upgrade", code_hash)
	}

	/// `System.apply_authorized_upgrade`.
	#[must_use]
	pub fn apply_authorized_upgrade(code: &[u8]) -> Self {
		Self::new("System", "apply_authorized_upgrade", code)
	}

	/// `Organizations.admit`.
	#[must_use]
	pub fn admit(
		name: &[u8],
		admin: &AccountId,
		encryption_key: PublicKey,
		quota: Option<Quota>,
	) -> Self {
		Self::new("Organizations", "admit", (name, admin, encryption_key, quota))
	}

	/// `Organizations.suspend`.
	#[must_use]
	pub fn suspend(organization: OrganizationId) -> Self {
		Self::new("Organizations", "suspend", organization)
	}

	/// `Organizations.reinstate`.
	#[must_use]
	pub fn reinstate(organization: OrganizationId) -> Self {
		Self::new("Organizations", "reinstate", organization)
	}

	/// `Organizations.set_quota`.
	#[must_use]
	pub fn set_quota(organization: OrganizationId, quota: Quota) -> Self {
		Self::new("Organizations", "set_quota", (organization, quota))
	}

	/// `Organizations.add_member`.
	#[must_use]
	pub fn add_member(account: &AccountId, roles: Roles) -> Self {
		Self::new("Organizations", "add_member", (account, roles))
	}

	/// `Organizations.set_roles`.
	#[must_use]
	pub fn set_roles(account: &AccountId, roles: Roles) -> Self {
		Self::new("Organizations", "set_roles", (account, roles))
	}

	/// `Organizations.remove_member`.
	#[must_use]
	pub fn remove_member(account: &AccountId) -> Self {
		Self::new("Organizations", "remove_member", account)
	}

	/// `Organizations.rotate_key`.
	#[must_use]
	pub fn rotate_key(encryption_key: PublicKey) -> Self {
		Self::new("Organizations", "rotate_key", encryption_key)
	}

	/// `Anchor.create_stream`.
	#[must_use]
	pub fn create_stream(name: &StreamName) -> Self {
		Self::new("Anchor", "create_stream", name)
	}

	/// `Anchor.seal_stream`.
	#[must_use]
	pub fn seal_stream(stream: StreamId) -> Self {
		Self::new("Anchor", "seal_stream", stream)
	}

	/// `Anchor.anchor_digest`.
	#[must_use]
	pub fn anchor_digest(stream: StreamId, reference: Reference, commitment: Commitment) -> Self {
		Self::new("Anchor", "anchor_digest", (stream, reference, commitment))
	}

	/// `Anchor.anchor_merkle`.
	#[must_use]
	pub fn anchor_merkle(
		stream: StreamId,
		reference: Reference,
		root: Digest,
		leaves: u32,
	) -> Self {
		Self::new("Anchor", "anchor_merkle", (stream, reference, root, leaves))
	}

	/// `Records.append`.
	#[must_use]
	pub fn append_record(
		stream: StreamId,
		reference: Reference,
		epoch: KeyEpoch,
		commitment: Commitment,
		payload: &[u8],
		supersedes: Option<RecordId>,
	) -> Self {
		let arguments = (stream, reference, epoch, commitment, payload, supersedes);
		Self::new("Records", "append", arguments)
	}

	/// `Records.append_object`.
	#[must_use]
	pub fn append_object(
		stream: StreamId,
		reference: Reference,
		epoch: KeyEpoch,
		commitment: Commitment,
		root: Digest,
		size: u64,
		supersedes: Option<RecordId>,
	) -> Self {
		let arguments = (stream, reference, epoch, commitment, root, size, supersedes);
		Self::new("Records", "append_object", arguments)
	}

	/// `Records.demand_objects`.
	#[must_use]
	pub fn demand_objects(stream: StreamId) -> Self {
		Self::new("Records", "demand_objects", (stream,))
	}

	/// `Records.erase`.
	#[must_use]
	pub fn erase(record: RecordId) -> Self {
		Self::new("Records", "erase", (record,))
	}

	/// `Records.acknowledge_erasure`.
	#[must_use]
	pub fn acknowledge_erasure(record: RecordId) -> Self {
		Self::new("Records", "acknowledge_erasure", (record,))
	}

	/// `Organizations.set_endpoints`.
	#[must_use]
	pub fn set_endpoints(urls: &[&str]) -> Self {
		let urls = urls.iter().map(|url| url.as_bytes()).collect::<Vec<_>>();
		Self::new("Organizations", "set_endpoints", (urls,))
	}

	/// `Grants.open_epoch`.
	#[must_use]
	pub fn open_epoch(
		stream: StreamId,
		epoch: KeyEpoch,
		secret: &EpochSecret,
		grant_keys: &[GrantKey],
	) -> Self {
		let EpochSecret { commitment, owner_key } = secret;
		Self::new("Grants", "open_epoch", (stream, epoch, commitment, owner_key, grant_keys))
	}

	/// `Grants.grant`.
	#[must_use]
	pub fn grant(
		reference: Reference,
		resource: Resource,
		grantee: OrganizationId,
		permission: Permission,
		terms: &GrantTerms,
	) -> Self {
		Self::new("Grants", "grant", (reference, resource, grantee, permission, terms))
	}

	/// `Grants.delegate`.
	#[must_use]
	pub fn delegate(
		parent: GrantId,
		reference: Reference,
		grantee: OrganizationId,
		terms: &GrantTerms,
	) -> Self {
		Self::new("Grants", "delegate", (parent, reference, grantee, terms))
	}

	/// `Grants.revoke`.
	#[must_use]
	pub fn revoke(grant: GrantId) -> Self {
		Self::new("Grants", "revoke", grant)
	}

	/// `Grants.renounce`.
	#[must_use]
	pub fn renounce(grant: GrantId) -> Self {
		Self::new("Grants", "renounce", grant)
	}

	/// `Grants.add_keys`.
	#[must_use]
	pub fn add_keys(grant: GrantId, keys: &[(KeyEpoch, WrappedKey)]) -> Self {
		Self::new("Grants", "add_keys", (grant, keys))
	}

	/// `Grants.request_access`.
	#[must_use]
	pub fn request_access(
		reference: Reference,
		resource: Resource,
		permission: Permission,
		purpose: &Purpose,
	) -> Self {
		Self::new("Grants", "request_access", (reference, resource, permission, purpose))
	}

	/// `Grants.approve`.
	#[must_use]
	pub fn approve(
		access_request: AccessRequestId,
		reference: Reference,
		terms: &GrantTerms,
	) -> Self {
		Self::new("Grants", "approve", (access_request, reference, terms))
	}

	/// `Grants.deny`.
	#[must_use]
	pub fn deny(access_request: AccessRequestId, reason: &Purpose) -> Self {
		Self::new("Grants", "deny", (access_request, reason))
	}

	/// `Bundles.propose`.
	#[must_use]
	pub fn propose_bundle(
		reference: Reference,
		deadline: Moment,
		legs: &[Leg<EncodedCall>],
		runtime: &RuntimePin,
	) -> Self {
		let arguments = (reference, deadline, legs).encode();
		Self::with_nested("Bundles", "propose", arguments, runtime)
	}

	/// `Bundles.consent`.
	#[must_use]
	pub fn consent_to_bundle(bundle: BundleId, digest: Digest, max_weight: WeightJson) -> Self {
		Self::new("Bundles", "consent", (bundle, digest, encoded_weight(max_weight)))
	}

	/// `Bundles.withdraw`.
	#[must_use]
	pub fn withdraw_from_bundle(bundle: BundleId) -> Self {
		Self::new("Bundles", "withdraw", bundle)
	}
}

/// A weight in the encoding of calls.
fn encoded_weight(weight: WeightJson) -> (Compact<u64>, Compact<u64>) {
	(Compact(weight.ref_time), Compact(weight.proof_size))
}
