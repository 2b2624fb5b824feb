//! Calls of the chain, made from the types that the chain itself uses.
//!
//! A call's pallet and index are looked up by name in the metadata of the node that it is sent to.

mod described;

pub use described::DescribedCall;

use codec::{Compact, Decode, Encode};
use credio_primitives::{
	bundle::EncodedCall,
	grant::{GrantKey, GrantTerms},
	rpc::WeightJson,
	AccessRequestId, AccountId, BlockNumber, BundleId, Commitment, Digest, EpochSecret, GrantId,
	KeyEpoch, Leg, Moment, OrganizationId, Permission, PublicKey, Purpose, Quota, RecordId,
	Reference, Request, Resource, Roles, StreamId, StreamName, WrappedKey,
};
use std::borrow::Cow;
use subxt::{
	ext::{
		scale_encode::{EncodeAsFields, Error as EncodeError},
		scale_type_resolver::{FieldIter, TypeResolver},
	},
	transactions::Payload,
	Metadata,
};

/// An account as calls of the SDK's pallets name it: `MultiAddress::Id`.
const BY_ID: u8 = 0;

/// A call with its arguments, encoded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Call {
	pallet: Cow<'static, str>,
	name: Cow<'static, str>,
	arguments: Arguments,
}

/// Encoded arguments.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Arguments(Vec<u8>);

impl EncodeAsFields for Arguments {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_: &mut dyn FieldIter<'_, R::TypeId>,
		_: &R,
		output: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		output.extend_from_slice(&self.0);
		Ok(())
	}
}

impl Payload for Call {
	type CallData = Arguments;

	fn pallet_name(&self) -> &str {
		&self.pallet
	}

	fn call_name(&self) -> &str {
		&self.name
	}

	fn call_data(&self) -> &Arguments {
		&self.arguments
	}
}

/// The node's runtime has no such call: it is of another version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node's runtime has no call {pallet}.{name}: use the software of its release")]
pub struct UnknownCall {
	pallet: Cow<'static, str>,
	name: Cow<'static, str>,
}

impl Call {
	fn new(pallet: &'static str, name: &'static str, arguments: impl Encode) -> Self {
		Self::of(pallet, name, arguments.encode())
	}

	fn of(pallet: &'static str, name: &'static str, arguments: Vec<u8>) -> Self {
		Self { pallet: pallet.into(), name: name.into(), arguments: Arguments(arguments) }
	}

	/// Bytes of its arguments, encoded.
	pub fn size(&self) -> usize {
		self.arguments.0.len()
	}

	/// The call as it stands inside another one.
	pub fn encoded(&self, metadata: &Metadata) -> Result<Vec<u8>, UnknownCall> {
		let unknown = || UnknownCall { pallet: self.pallet.clone(), name: self.name.clone() };
		let pallet = metadata.pallet_by_name(&self.pallet).ok_or_else(unknown)?;
		let call = pallet.call_variant_by_name(&self.name).ok_or_else(unknown)?;
		let mut encoded = vec![pallet.call_index(), call.index];
		encoded.extend_from_slice(&self.arguments.0);
		Ok(encoded)
	}

	/// The body of a request: its calls, encoded as a list.
	fn body(calls: &[Call], metadata: &Metadata) -> Result<Vec<u8>, UnknownCall> {
		let mut body = Compact(calls.len() as u32).encode();
		for call in calls {
			body.extend_from_slice(&call.encoded(metadata)?);
		}
		Ok(body)
	}

	/// What names the body of a request of these calls: `blake2_256` of their encoding.
	pub fn body_digest(calls: &[Call], metadata: &Metadata) -> Result<Digest, UnknownCall> {
		Ok(Digest(sp_crypto_hashing::blake2_256(&Self::body(calls, metadata)?)))
	}

	/// `Idempotency.submit` of these calls.
	pub fn submit(
		request: &Request,
		calls: &[Call],
		metadata: &Metadata,
	) -> Result<Self, UnknownCall> {
		let mut arguments = request.encode();
		arguments.extend_from_slice(&Self::body(calls, metadata)?);
		Ok(Self::of("Idempotency", "submit", arguments))
	}

	/// `System.remark`: bytes in a block of which the chain's state keeps nothing.
	pub fn remark(bytes: &[u8]) -> Self {
		Self::new("System", "remark", bytes)
	}

	/// `Utility.batch_all`: all of these calls, or none.
	pub fn batch_all(calls: &[Call], metadata: &Metadata) -> Result<Self, UnknownCall> {
		Ok(Self::of("Utility", "batch_all", Self::body(calls, metadata)?))
	}

	/// `Council.propose` of a call that takes the council's origin.
	pub fn propose(
		threshold: u32,
		proposal: &Call,
		metadata: &Metadata,
	) -> Result<Self, UnknownCall> {
		let encoded = proposal.encoded(metadata)?;
		let mut arguments = Compact(threshold).encode();
		arguments.extend_from_slice(&encoded);
		Compact(encoded.len() as u32).encode_to(&mut arguments);
		Ok(Self::of("Council", "propose", arguments))
	}

	/// `Council.vote`.
	pub fn vote(motion: Digest, index: u32, approve: bool) -> Self {
		Self::new("Council", "vote", (motion, Compact(index), approve))
	}

	/// `Council.close`. `weight_bound` is encoded.
	pub fn close(motion: Digest, index: u32, weight_bound: &[u8], length_bound: u32) -> Self {
		let mut arguments = (motion, Compact(index)).encode();
		arguments.extend_from_slice(weight_bound);
		Compact(length_bound).encode_to(&mut arguments);
		Self::of("Council", "close", arguments)
	}

	/// `CouncilMembership.add_member`.
	pub fn join_council(account: &AccountId) -> Self {
		Self::new("CouncilMembership", "add_member", (BY_ID, account))
	}

	/// `CouncilMembership.remove_member`.
	pub fn leave_council(account: &AccountId) -> Self {
		Self::new("CouncilMembership", "remove_member", (BY_ID, account))
	}

	/// `Governance.dispatch_as_root` of another call.
	pub fn dispatch_as_root(call: &Call, metadata: &Metadata) -> Result<Self, UnknownCall> {
		Ok(Self::of("Governance", "dispatch_as_root", call.encoded(metadata)?))
	}

	/// `Validators.set_keys`. `keys` are encoded.
	pub fn set_session_keys(keys: &[u8], proof: &[u8]) -> Self {
		let mut arguments = keys.to_vec();
		proof.encode_to(&mut arguments);
		Self::of("Validators", "set_keys", arguments)
	}

	/// `Validators.add_validator`.
	pub fn add_validator(account: &AccountId) -> Self {
		Self::new("Validators", "add_validator", account)
	}

	/// `Validators.remove_validator`.
	pub fn remove_validator(account: &AccountId) -> Self {
		Self::new("Validators", "remove_validator", account)
	}

	/// `Validators.reinstate_validator`.
	pub fn reinstate_validator(account: &AccountId) -> Self {
		Self::new("Validators", "reinstate_validator", account)
	}

	/// `Validators.resume_finality`.
	pub fn resume_finality(
		lost: &[AccountId],
		best_finalized: BlockNumber,
		delay: BlockNumber,
	) -> Self {
		Self::new("Validators", "resume_finality", (lost, best_finalized, delay))
	}

	/// `System.authorize_upgrade`.
	pub fn authorize_upgrade(code_hash: Digest) -> Self {
		Self::new("System", "authorize_upgrade", code_hash)
	}

	/// `System.apply_authorized_upgrade`.
	pub fn apply_authorized_upgrade(code: &[u8]) -> Self {
		Self::new("System", "apply_authorized_upgrade", code)
	}

	/// `Organizations.admit`.
	pub fn admit(
		name: &[u8],
		admin: &AccountId,
		encryption_key: PublicKey,
		quota: Option<Quota>,
	) -> Self {
		Self::new("Organizations", "admit", (name, admin, encryption_key, quota))
	}

	/// `Organizations.suspend`.
	pub fn suspend(organization: OrganizationId) -> Self {
		Self::new("Organizations", "suspend", organization)
	}

	/// `Organizations.reinstate`.
	pub fn reinstate(organization: OrganizationId) -> Self {
		Self::new("Organizations", "reinstate", organization)
	}

	/// `Organizations.set_quota`.
	pub fn set_quota(organization: OrganizationId, quota: Quota) -> Self {
		Self::new("Organizations", "set_quota", (organization, quota))
	}

	/// `Organizations.add_member`.
	pub fn add_member(account: &AccountId, roles: Roles) -> Self {
		Self::new("Organizations", "add_member", (account, roles))
	}

	/// `Organizations.set_roles`.
	pub fn set_roles(account: &AccountId, roles: Roles) -> Self {
		Self::new("Organizations", "set_roles", (account, roles))
	}

	/// `Organizations.remove_member`.
	pub fn remove_member(account: &AccountId) -> Self {
		Self::new("Organizations", "remove_member", account)
	}

	/// `Organizations.rotate_key`.
	pub fn rotate_key(encryption_key: PublicKey) -> Self {
		Self::new("Organizations", "rotate_key", encryption_key)
	}

	/// `Anchor.create_stream`.
	pub fn create_stream(name: &StreamName) -> Self {
		Self::new("Anchor", "create_stream", name)
	}

	/// `Anchor.seal_stream`.
	pub fn seal_stream(stream: StreamId) -> Self {
		Self::new("Anchor", "seal_stream", stream)
	}

	/// `Anchor.anchor_digest`.
	pub fn anchor_digest(stream: StreamId, reference: Reference, commitment: Commitment) -> Self {
		Self::new("Anchor", "anchor_digest", (stream, reference, commitment))
	}

	/// `Anchor.anchor_merkle`.
	pub fn anchor_merkle(
		stream: StreamId,
		reference: Reference,
		root: Digest,
		leaves: u32,
	) -> Self {
		Self::new("Anchor", "anchor_merkle", (stream, reference, root, leaves))
	}

	/// `Records.append`.
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

	/// `Grants.open_epoch`.
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
	pub fn delegate(
		parent: GrantId,
		reference: Reference,
		grantee: OrganizationId,
		terms: &GrantTerms,
	) -> Self {
		Self::new("Grants", "delegate", (parent, reference, grantee, terms))
	}

	/// `Grants.revoke`.
	pub fn revoke(grant: GrantId) -> Self {
		Self::new("Grants", "revoke", grant)
	}

	/// `Grants.renounce`.
	pub fn renounce(grant: GrantId) -> Self {
		Self::new("Grants", "renounce", grant)
	}

	/// `Grants.add_keys`.
	pub fn add_keys(grant: GrantId, keys: &[(KeyEpoch, WrappedKey)]) -> Self {
		Self::new("Grants", "add_keys", (grant, keys))
	}

	/// `Grants.request_access`.
	pub fn request_access(
		reference: Reference,
		resource: Resource,
		permission: Permission,
		purpose: &Purpose,
	) -> Self {
		Self::new("Grants", "request_access", (reference, resource, permission, purpose))
	}

	/// `Grants.approve`.
	pub fn approve(
		access_request: AccessRequestId,
		reference: Reference,
		terms: &GrantTerms,
	) -> Self {
		Self::new("Grants", "approve", (access_request, reference, terms))
	}

	/// `Grants.deny`.
	pub fn deny(access_request: AccessRequestId, reason: &Purpose) -> Self {
		Self::new("Grants", "deny", (access_request, reason))
	}

	/// `Bundles.propose`.
	pub fn propose_bundle(
		reference: Reference,
		deadline: Moment,
		legs: &[Leg<EncodedCall>],
	) -> Self {
		Self::new("Bundles", "propose", (reference, deadline, legs))
	}

	/// `Bundles.consent`.
	pub fn consent_to_bundle(bundle: BundleId, digest: Digest, max_weight: WeightJson) -> Self {
		let max_weight = (Compact(max_weight.ref_time), Compact(max_weight.proof_size));
		Self::new("Bundles", "consent", (bundle, digest, max_weight))
	}

	/// `Bundles.withdraw`.
	pub fn withdraw_from_bundle(bundle: BundleId) -> Self {
		Self::new("Bundles", "withdraw", bundle)
	}
}
