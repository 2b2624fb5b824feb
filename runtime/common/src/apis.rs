//! Bodies of the product's runtime APIs.

#![allow(clippy::needless_pass_by_value, reason = "a runtime API hands over its arguments")]

use alloc::{format, string::String, vec::Vec};
use core::marker::PhantomData;
use credio_primitives::{
	AccountId, BundleId, Denial, Digest, EncryptionKey, Endpoints, Entry, EntryBody, EntryHeader,
	KeyEpoch, KeyEpochState, KeyVersion, Member, Moment, OrganizationId, ReadAccess, Receipt,
	RecordId, RecordPayload, Request, RequestKey, Sequence, Stream, StreamId, StreamKey,
	Submission,
	bundle::{BundleDetail, BundleFilter, BundleLimits, NamedBundle},
	entry::EntryFilter,
	grant::{AccessRequestFilter, GrantFilter, NamedAccessRequest, NamedGrant},
	object::NamedErasure,
};
use credio_primitives::{
	access::ReadRecord, entry::StreamInfo, organization::MemberInfo,
	organization::OrganizationInfo, organization::QuotaInfo, request::RequestLimits,
};
use frame_support::traits::IsSubType;
use pallet_support::traits::Membership;
use scale_info::{TypeDef, TypeInfo, Variant, form::MetaForm};
use sp_runtime::DispatchError;

/// Implements the product's runtime APIs for a runtime that has all of its pallets.
#[derive(Debug)]
pub struct ProductApis<Runtime>(PhantomData<Runtime>);

/// A runtime that has all pallets of the product.
pub trait Product:
	frame_system::Config<AccountId = AccountId>
	+ pallet_organizations::Config
	+ pallet_anchor::Config
	+ pallet_records::Config
	+ pallet_grants::Config
	+ pallet_idempotency::Config
	+ pallet_bundles::Config
{
}

impl<Runtime> Product for Runtime where
	Runtime: frame_system::Config<AccountId = AccountId>
		+ pallet_organizations::Config
		+ pallet_anchor::Config
		+ pallet_records::Config
		+ pallet_grants::Config
		+ pallet_idempotency::Config
		+ pallet_bundles::Config
{
}

type Organizations<Runtime> = pallet_organizations::Pallet<Runtime>;
type Anchor<Runtime> = pallet_anchor::Pallet<Runtime>;
type Records<Runtime> = pallet_records::Pallet<Runtime>;
type Grants<Runtime> = pallet_grants::Pallet<Runtime>;
type Idempotency<Runtime> = pallet_idempotency::Pallet<Runtime>;
type Bundles<Runtime> = pallet_bundles::Pallet<Runtime>;

/// The trait functions are documented at their declarations in `credio_primitives::apis`.
#[allow(missing_docs)]
impl<Runtime: Product> ProductApis<Runtime> {
	#[must_use]
	pub fn organization(id: OrganizationId) -> Option<OrganizationInfo> {
		Organizations::<Runtime>::organization_info(id)
	}

	#[must_use]
	pub fn organizations(from: OrganizationId, limit: u32) -> Vec<OrganizationInfo> {
		Organizations::<Runtime>::organization_infos(from, limit)
	}

	#[must_use]
	pub fn member(account: AccountId) -> Option<Member> {
		<Organizations<Runtime> as Membership<AccountId>>::member(&account)
	}

	#[must_use]
	pub fn members(id: OrganizationId) -> Vec<MemberInfo> {
		Organizations::<Runtime>::member_infos(id)
	}

	#[must_use]
	pub fn encryption_key(id: OrganizationId, version: KeyVersion) -> Option<EncryptionKey> {
		pallet_organizations::EncryptionKeys::<Runtime>::get(id, version)
	}

	#[must_use]
	pub fn quota(id: OrganizationId) -> Option<QuotaInfo> {
		Organizations::<Runtime>::quota_info(id)
	}

	#[must_use]
	pub fn stream(id: StreamId) -> Option<StreamInfo> {
		Anchor::<Runtime>::stream(&id).map(|stream| Self::stream_info((id, stream)))
	}

	fn stream_info((id, stream): (StreamId, Stream)) -> StreamInfo {
		StreamInfo { id, stream, epoch: Self::key_epoch(id) }
	}

	pub fn streams(
		owner: Option<OrganizationId>,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<StreamInfo>, Option<Digest>) {
		let (streams, next) = Anchor::<Runtime>::streams(owner, cursor, limit);
		(streams.into_iter().map(Self::stream_info).collect(), next)
	}

	#[must_use]
	pub fn header(id: RecordId) -> Option<EntryHeader> {
		pallet_anchor::Headers::<Runtime>::get(id)
	}

	#[must_use]
	pub fn entries(stream: StreamId, from: Sequence, limit: u32) -> Vec<Entry> {
		Anchor::<Runtime>::entries(&stream, from, limit)
	}

	#[must_use]
	pub fn query_entries(
		filter: EntryFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<Entry>, Option<Digest>) {
		Anchor::<Runtime>::query_entries(filter, cursor, limit)
	}

	#[must_use]
	pub fn verify_inclusion(
		id: RecordId,
		index: u32,
		commitment: Digest,
		proof: Vec<Digest>,
	) -> Option<bool> {
		Anchor::<Runtime>::verify_inclusion(&id, index, &commitment, &proof)
	}

	#[must_use]
	pub fn payload(id: RecordId) -> Option<RecordPayload> {
		Records::<Runtime>::payload(&id)
	}

	pub fn read(account: AccountId, id: RecordId) -> Result<ReadRecord, Denial> {
		let access = Self::read_access(account, id)?;
		let header = Self::header(id).ok_or(Denial::RecordNotFound)?;
		let payload = match header.body {
			// Its envelope is in an object store.
			EntryBody::Object { .. } => RecordPayload::default(),
			_ => Records::<Runtime>::payload_of(&header).ok_or(Denial::RecordNotFound)?,
		};
		Ok(ReadRecord { access, header, payload })
	}

	#[must_use]
	pub fn erasure(id: RecordId) -> Option<NamedErasure> {
		Records::<Runtime>::erasure(&id)
	}

	#[must_use]
	pub fn erasures(from: u64, limit: u32) -> Vec<NamedErasure> {
		Records::<Runtime>::erasures(from, limit)
	}

	#[must_use]
	pub fn demands_objects(stream: StreamId) -> bool {
		Records::<Runtime>::demands_objects(&stream)
	}

	#[must_use]
	pub fn endpoints(id: OrganizationId) -> Endpoints {
		Organizations::<Runtime>::endpoints(id)
	}

	pub fn read_access(account: AccountId, id: RecordId) -> Result<ReadAccess, Denial> {
		Grants::<Runtime>::read_access(&account, &id)
	}

	#[must_use]
	pub fn grants(
		filter: GrantFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedGrant>, Option<Digest>) {
		Grants::<Runtime>::grants(filter, cursor, limit)
	}

	#[must_use]
	pub fn access_requests(
		filter: AccessRequestFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedAccessRequest>, Option<Digest>) {
		Grants::<Runtime>::access_requests(filter, cursor, limit)
	}

	#[must_use]
	pub fn key_epoch(stream: StreamId) -> Option<KeyEpochState> {
		Grants::<Runtime>::key_epoch(&stream)
	}

	#[must_use]
	pub fn stream_keys(
		stream: StreamId,
		organization: OrganizationId,
		from: KeyEpoch,
		limit: u32,
	) -> Vec<StreamKey> {
		Grants::<Runtime>::stream_keys(&stream, organization, from, limit)
	}

	#[must_use]
	pub fn expiring_grants(within: Moment, limit: u32) -> u32 {
		Grants::<Runtime>::expiring_grants(within, limit)
	}

	#[must_use]
	pub fn receipt(organization: OrganizationId, key: RequestKey) -> Option<Receipt> {
		pallet_idempotency::Receipts::<Runtime>::get(organization, key)
	}

	#[must_use]
	pub fn request_limits() -> RequestLimits {
		Idempotency::<Runtime>::limits()
	}

	#[must_use]
	pub fn bundle(id: BundleId) -> Option<BundleDetail> {
		Bundles::<Runtime>::bundle(id)
	}

	#[must_use]
	pub fn bundles(
		filter: BundleFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedBundle>, Option<Digest>) {
		Bundles::<Runtime>::bundles(filter, cursor, limit)
	}

	#[must_use]
	pub fn bundle_limits() -> BundleLimits {
		Bundles::<Runtime>::limits()
	}

	#[must_use]
	pub fn next_position(organization: OrganizationId, lane: u32) -> u64 {
		Idempotency::<Runtime>::next_position(organization, lane)
	}

	/// What a request says about itself that `signer`, a member of its organization, submits. Looks at no state.
	pub fn submission(
		signer: AccountId,
		request: Request,
		calls: &[<Runtime as pallet_idempotency::Config>::RuntimeCall],
	) -> Submission
	where
		<Runtime as pallet_idempotency::Config>::RuntimeCall:
			IsSubType<pallet_anchor::Call<Runtime>> + IsSubType<pallet_records::Call<Runtime>>,
	{
		let organization = request.organization;
		let record_ids = calls
			.iter()
			.filter_map(Self::reference)
			.map(|reference| RecordId::derive(organization, &reference))
			.collect();
		Submission {
			signer,
			organization,
			request,
			body_digest: Idempotency::<Runtime>::body_digest(calls),
			record_ids,
		}
	}

	/// The reference under which a call appends an entry, if it does.
	fn reference<Call>(call: &Call) -> Option<credio_primitives::Reference>
	where
		Call: IsSubType<pallet_anchor::Call<Runtime>> + IsSubType<pallet_records::Call<Runtime>>,
	{
		let anchor: Option<&pallet_anchor::Call<Runtime>> = call.is_sub_type();
		let record: Option<&pallet_records::Call<Runtime>> = call.is_sub_type();
		match (anchor, record) {
			(
				Some(
					pallet_anchor::Call::anchor_digest { reference, .. }
					| pallet_anchor::Call::anchor_merkle { reference, .. },
				),
				_,
			) => Some(*reference),
			(_, Some(pallet_records::Call::append { reference, .. })) => Some(*reference),
			_ => None,
		}
	}
}

/// Name and documentation of a dispatch error, read from the type information of the runtime's aggregated error:
/// `Pallet.Error` for a pallet's, else the kind.
#[must_use]
pub fn error_name<RuntimeError: TypeInfo>(error: DispatchError) -> (Vec<u8>, Vec<u8>) {
	let named = match error {
		DispatchError::Module(module) => {
			module_error::<RuntimeError>(module.index, module.error[0])
		},
		_ => None,
	};
	let (name, docs) = named.unwrap_or_else(|| {
		let description: &'static str = error.into();
		(kind(&error), String::from(description))
	});
	(name.into_bytes(), docs.into_bytes())
}

fn module_error<RuntimeError: TypeInfo>(pallet: u8, error: u8) -> Option<(String, String)> {
	let pallet = variant(&RuntimeError::type_info(), pallet)?;
	let inner = pallet.fields.first()?.ty.type_info();
	let error = variant(&inner, error)?;
	Some((format!("{}.{}", pallet.name, error.name), error.docs.join(" ")))
}

fn variant(ty: &scale_info::Type, index: u8) -> Option<Variant<MetaForm>> {
	match &ty.type_def {
		TypeDef::Variant(variants) => {
			variants.variants.iter().find(|variant| variant.index == index).cloned()
		},
		_ => None,
	}
}

/// The kind of an error that no pallet raised, as its variant is named.
fn kind(error: &DispatchError) -> String {
	let debug = format!("{error:?}");
	debug.split(['(', ' ', '{']).next().unwrap_or_default().into()
}
