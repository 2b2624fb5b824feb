//! A runtime for the tests: organizations, their keys and their streams are small tables in storage, so that what a
//! test does to them is undone like everything else.

use crate as pallet_grants;
use credio_primitives::{
	grant::GrantTerms, limits, AccountId, BlockNumber, Digest, Entry, EntryBody, EntryHeader,
	GrantId, KeyEpoch, KeyVersion, Member, Moment, OrganizationId, Permission, Purpose, RecordId,
	Reference, Resource, Roles, StreamId, WrappedKey,
};
use frame_support::{
	assert_ok, derive_impl,
	dispatch::DispatchResultWithPostInfo,
	ensure, parameter_types, storage_alias,
	traits::{OnIdle, Time},
	weights::Weight,
	Twox64Concat,
};
use pallet_support::traits::{self, AppendGrants, Appended, KeyEpochs, Membership, Role};
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchError, DispatchResult};

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Grants = pallet_grants;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
}

/// A clock that shows the number of the block: a block is a millisecond.
pub struct Clock;

impl Time for Clock {
	type Moment = Moment;

	fn now() -> Moment {
		System::block_number().into()
	}
}

parameter_types! {
	pub const MaxAccessRequestAge: Moment = 20;
	pub const MaxKeyEpochs: KeyEpoch = 70;
}

impl crate::Config for Test {
	type Membership = World;
	type EncryptionKeys = World;
	type Streams = World;
	type Time = Clock;
	type MaxAccessRequestAge = MaxAccessRequestAge;
	type MaxKeyEpochs = MaxKeyEpochs;
	type MinDelegation = frame_support::traits::ConstU64<3>;
	type WeightInfo = ();
}

/// Owns [`stream`].
pub const OWNER: OrganizationId = 0;
pub const READER: OrganizationId = 1;
pub const PARTNER: OrganizationId = 2;
pub const THIRD: OrganizationId = 3;
pub const FOURTH: OrganizationId = 4;
/// What commits to every secret: the chain does not look into it.
pub const COMMITMENT: Digest = Digest([7; 32]);
/// No member of anything.
pub const STRANGER: AccountId = AccountId::new([255; 32]);

/// How many organizations there are from the start.
const ORGANIZATIONS: OrganizationId = 40;

pub const NOT_A_MEMBER: DispatchError = DispatchError::Other("not a member");
pub const SUSPENDED: DispatchError = DispatchError::Other("suspended");
pub const ROLE_MISSING: DispatchError = DispatchError::Other("role missing");
pub const MAY_NOT_APPEND: DispatchError = DispatchError::Other("may not append");

/// Organizations, keys and streams.
pub struct World;

#[storage_alias]
type Admitted = StorageValue<World, OrganizationId, frame_support::pallet_prelude::ValueQuery>;
#[storage_alias]
type Members = StorageMap<World, Twox64Concat, AccountId, Member>;
#[storage_alias]
type Suspended = StorageMap<World, Twox64Concat, OrganizationId, ()>;
#[storage_alias]
type KeyVersions = StorageMap<
	World,
	Twox64Concat,
	OrganizationId,
	KeyVersion,
	frame_support::pallet_prelude::ValueQuery,
>;
#[storage_alias]
type StreamOwners = StorageMap<World, Twox64Concat, StreamId, OrganizationId>;
#[storage_alias]
type Headers = StorageMap<World, Twox64Concat, RecordId, EntryHeader>;

impl Membership<AccountId> for World {
	fn member(who: &AccountId) -> Option<Member> {
		Members::get(who)
	}

	fn is_active(organization: OrganizationId) -> bool {
		organization < Admitted::get() && !Suspended::contains_key(organization)
	}

	fn ensure_role(who: &AccountId, role: Role) -> Result<OrganizationId, DispatchError> {
		let member = Self::member(who).ok_or(NOT_A_MEMBER)?;
		ensure!(Self::is_active(member.organization), SUSPENDED);
		ensure!(role.is_in(&member.roles), ROLE_MISSING);
		Ok(member.organization)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_member(who: &AccountId) -> OrganizationId {
		let organization = Admitted::get();
		Admitted::put(organization + 1);
		Members::insert(who, Member { organization, roles: Roles::ALL, since: 0 });
		organization
	}
}

impl traits::EncryptionKeys for World {
	fn current_version(organization: OrganizationId) -> Option<KeyVersion> {
		(organization < Admitted::get()).then(|| KeyVersions::get(organization))
	}

	/// Of the present version and the one before.
	fn is_recent(organization: OrganizationId, version: KeyVersion) -> bool {
		Self::current_version(organization)
			.is_some_and(|current| version <= current && current - version <= 1)
	}
}

impl traits::Streams<AccountId> for World {
	fn owner(stream: &StreamId) -> Option<OrganizationId> {
		StreamOwners::get(stream)
	}

	fn header(record: &RecordId) -> Option<EntryHeader> {
		Headers::get(record)
	}

	fn append(
		author: &AccountId,
		stream: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<Appended, DispatchError> {
		let organization = Self::ensure_role(author, Role::Submitter)?;
		let grants_read = match StreamOwners::get(stream) == Some(organization) {
			true => 0,
			false => Grants::find_append(organization, stream).ok_or(MAY_NOT_APPEND)?,
		};
		let record_id = RecordId::derive(organization, reference);
		let header = EntryHeader {
			stream: *stream,
			sequence: Headers::iter_keys().count() as u64,
			organization,
			author: author.clone(),
			block: System::block_number(),
			body,
		};
		Headers::insert(record_id, &header);
		Ok(Appended { entry: Entry { record_id, header }, grants_read })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_stream(owner: OrganizationId, name: &[u8]) -> StreamId {
		let id = StreamId::derive(owner, name);
		StreamOwners::insert(id, owner);
		id
	}
}

impl World {
	pub fn suspend(organization: OrganizationId) {
		Suspended::insert(organization, ());
	}

	pub fn reinstate(organization: OrganizationId) {
		Suspended::remove(organization);
	}

	/// Announces a new encryption key of an organization.
	pub fn rotate_key(organization: OrganizationId) {
		KeyVersions::mutate(organization, |version| *version += 1);
	}
}

/// A member of an organization that has all roles.
pub fn grantor(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 * 2 + 1; 32])
}

/// A member of an organization that may append and nothing else.
pub fn submitter(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 * 2 + 2; 32])
}

/// The origin of an organization's grantor.
pub fn by(organization: OrganizationId) -> RuntimeOrigin {
	RuntimeOrigin::signed(grantor(organization))
}

/// The stream of an organization.
pub fn stream_of(organization: OrganizationId) -> StreamId {
	StreamId::derive(organization, b"invoices")
}

/// The stream of [`OWNER`].
pub fn stream() -> StreamId {
	stream_of(OWNER)
}

pub fn reference(n: u32) -> Reference {
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&n.to_le_bytes());
	Reference(bytes)
}

pub fn purpose(text: &str) -> Purpose {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// A secret wrapped to the present key of an organization.
pub fn key(organization: OrganizationId) -> WrappedKey {
	WrappedKey {
		key_version: KeyVersions::get(organization),
		sealed: vec![organization as u8; limits::WRAPPED_KEY_LENGTH as usize].try_into().unwrap(),
	}
}

/// Terms that a grant on a stream has: from an epoch on, with all keys up to the present epoch, without an end.
pub fn terms(stream: StreamId, grantee: OrganizationId, from_epoch: KeyEpoch) -> GrantTerms {
	let current = Grants::key_epoch(&stream).unwrap().current;
	GrantTerms {
		purpose: purpose("audit"),
		expires_at: None,
		delegable: false,
		from_epoch,
		keys: (from_epoch..=current).map(|_| key(grantee)).collect::<Vec<_>>().try_into().unwrap(),
	}
}

/// Terms that a grant on a record has.
pub fn record_terms(grantee: OrganizationId, epoch: KeyEpoch) -> GrantTerms {
	GrantTerms {
		purpose: purpose("audit"),
		expires_at: None,
		delegable: false,
		from_epoch: epoch,
		keys: vec![key(grantee)].try_into().unwrap(),
	}
}

pub fn delegable(terms: GrantTerms) -> GrantTerms {
	GrantTerms { delegable: true, ..terms }
}

pub fn until(end: Moment, terms: GrantTerms) -> GrantTerms {
	GrantTerms { expires_at: Some(end), ..terms }
}

/// Gives a grant on [`stream`].
pub fn give(n: u32, grantee: OrganizationId, permission: Permission, terms: GrantTerms) -> GrantId {
	let resource = Resource::Stream(stream());
	assert_ok!(Grants::grant(by(OWNER), reference(n), resource, grantee, permission, terms));
	GrantId::derive(OWNER, &reference(n))
}

/// Gives a grant to read [`stream`] from epoch 0 on, without an end, to be given on.
pub fn give_read(n: u32, grantee: OrganizationId) -> GrantId {
	give(n, grantee, Permission::Read, delegable(terms(stream(), grantee, 0)))
}

/// Delegates a grant on [`stream`] to another organization, with the parent's end, to be given on.
pub fn delegate(n: u32, parent: GrantId, grantee: OrganizationId) -> GrantId {
	let above = crate::Grants::<Test>::get(parent).unwrap();
	let terms = GrantTerms {
		expires_at: above.expires_at,
		..delegable(terms(stream(), grantee, above.from_epoch))
	};
	assert_ok!(Grants::delegate(by(above.grantee), parent, reference(n), grantee, terms));
	GrantId::derive(above.grantee, &reference(n))
}

/// Appends a record as `pallet-records` does: under an epoch that is current.
pub fn write(
	organization: OrganizationId,
	stream: StreamId,
	n: u32,
	epoch: KeyEpoch,
) -> Result<RecordId, DispatchError> {
	Grants::ensure_current(&stream, epoch)?;
	let body =
		EntryBody::Record { epoch, commitment: Default::default(), size: 1, supersedes: None };
	append(organization, stream, n, body)
}

pub fn append(
	organization: OrganizationId,
	stream: StreamId,
	n: u32,
	body: EntryBody,
) -> Result<RecordId, DispatchError> {
	let author = submitter(organization);
	let appended = <World as traits::Streams<_>>::append(&author, &stream, &reference(n), body)?;
	Ok(appended.entry.record_id)
}

/// Opens an epoch of [`stream`] for grants that all stay.
pub fn open_epoch(epoch: KeyEpoch, staying: &[(GrantId, OrganizationId)]) {
	let keys = grant_keys(staying);
	assert_ok!(Grants::open_epoch(by(OWNER), stream(), epoch, COMMITMENT, key(OWNER), keys));
}

pub fn grant_keys(
	staying: &[(GrantId, OrganizationId)],
) -> Vec<credio_primitives::grant::GrantKey> {
	staying
		.iter()
		.map(|(grant, grantee)| credio_primitives::grant::GrantKey {
			grant: *grant,
			key: key(*grantee),
		})
		.collect()
}

/// What became of a call, without its weight.
pub fn plain(done: DispatchResultWithPostInfo) -> DispatchResult {
	done.map(|_| ()).map_err(|error| error.error)
}

/// Goes to a later block. Blocks on the way have no idle time.
pub fn go_to(block: BlockNumber) {
	System::set_block_number(block);
}

/// Gives the present block idle time without end.
pub fn idle() -> Weight {
	Grants::on_idle(System::block_number(), Weight::MAX)
}

/// Gives the present block idle time until all is clean.
pub fn clean_up() {
	idle();
	assert!(crate::KeyRemovals::<Test>::iter_keys().next().is_none());
}

/// Organizations with two members each, and a stream for each of the first two. No epoch is open.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig::default().build_storage().expect("the genesis builds");
	let mut ext: sp_io::TestExternalities = storage.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		Admitted::put(ORGANIZATIONS);
		for organization in 0..ORGANIZATIONS {
			let roles = Roles { submitter: true, ..Roles::default() };
			Members::insert(submitter(organization), Member { organization, roles, since: 0 });
			let roles = Roles::ALL;
			Members::insert(grantor(organization), Member { organization, roles, since: 0 });
		}
		for organization in [OWNER, READER] {
			StreamOwners::insert(stream_of(organization), organization);
		}
	});
	ext
}

/// Runs a test before any epoch is open, and checks the storage at its end.
pub fn run_without_epoch(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Grants::do_try_state().expect("the storage is consistent");
	});
}

/// Runs a test with epoch 0 of [`stream`] open, and checks the storage at its end.
pub fn run(test: impl FnOnce()) {
	run_without_epoch(|| {
		open_epoch(0, &[]);
		test();
	});
}
