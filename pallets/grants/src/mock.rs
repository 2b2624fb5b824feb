//! A runtime for the tests: organizations with two members each, and a stream for each of the first two.

use crate as pallet_grants;
use credio_primitives::{
	AccountId, BlockNumber, Digest, EntryBody, GrantId, KeyEpoch, Moment, OrganizationId,
	Permission, Purpose, RecordId, Reference, Resource, Roles, StreamId, WrappedKey,
	grant::{GrantKey, GrantTerms},
	limits,
};
use frame_support::{
	assert_ok, dispatch::DispatchResultWithPostInfo, parameter_types, traits::OnIdle,
	weights::Weight,
};
use pallet_support::{
	mock,
	traits::{AppendGrants, EncryptionKeys, KeyEpochs, Membership, Role, Streams},
};
use sp_runtime::{DispatchError, DispatchResult};

pub(crate) use mock::{Clock, STRANGER, World, errors::*, proptest_cases};

pallet_support::mock_runtime!(1: Grants = pallet_grants);

parameter_types! {
	pub const MaxAccessRequestAge: Moment = 20;
	pub const MaxKeyEpochs: KeyEpoch = 70;
}

impl crate::Config for Test {
	type Membership = World;
	type EncryptionKeys = World;
	type Streams = World;
	type Erasures = World;
	type Time = Clock;
	type MaxAccessRequestAge = MaxAccessRequestAge;
	type MaxKeyEpochs = MaxKeyEpochs;
	type MinDelegation = frame_support::traits::ConstU64<3>;
	type WeightInfo = ();
}

/// Owns [`stream`].
pub(crate) const OWNER: OrganizationId = 0;
pub(crate) const READER: OrganizationId = 1;
pub(crate) const PARTNER: OrganizationId = 2;
pub(crate) const THIRD: OrganizationId = 3;
pub(crate) const FOURTH: OrganizationId = 4;
/// What commits to every secret: the chain does not look into it.
pub(crate) const COMMITMENT: Digest = Digest([7; 32]);
/// How many organizations there are from the start.
const ORGANIZATIONS: OrganizationId = 40;

/// A member of an organization that has all roles.
pub(crate) fn grantor(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 * 2 + 1; 32])
}

/// A member of an organization that may append and nothing else.
pub(crate) fn submitter(organization: OrganizationId) -> AccountId {
	AccountId::new([organization as u8 * 2 + 2; 32])
}

/// The origin of an organization's grantor.
pub(crate) fn by(organization: OrganizationId) -> RuntimeOrigin {
	RuntimeOrigin::signed(grantor(organization))
}

/// The stream of an organization.
pub(crate) fn stream_of(organization: OrganizationId) -> StreamId {
	StreamId::derive(organization, b"invoices")
}

/// The stream of [`OWNER`].
pub(crate) fn stream() -> StreamId {
	stream_of(OWNER)
}

pub(crate) fn reference(n: u32) -> Reference {
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&n.to_le_bytes());
	Reference(bytes)
}

pub(crate) fn purpose(text: &str) -> Purpose {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// A secret wrapped to the present key of an organization.
pub(crate) fn key(organization: OrganizationId) -> WrappedKey {
	WrappedKey {
		key_version: World::current_version(organization).unwrap_or_default(),
		sealed: vec![organization as u8; limits::WRAPPED_KEY_LENGTH as usize].try_into().unwrap(),
	}
}

/// Terms that a grant on a stream has: from an epoch on, with all keys up to the present epoch, without an end.
pub(crate) fn terms(stream: StreamId, grantee: OrganizationId, from_epoch: KeyEpoch) -> GrantTerms {
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
pub(crate) fn record_terms(grantee: OrganizationId, epoch: KeyEpoch) -> GrantTerms {
	GrantTerms {
		purpose: purpose("audit"),
		expires_at: None,
		delegable: false,
		from_epoch: epoch,
		keys: vec![key(grantee)].try_into().unwrap(),
	}
}

pub(crate) fn delegable(terms: GrantTerms) -> GrantTerms {
	GrantTerms { delegable: true, ..terms }
}

pub(crate) fn until(end: Moment, terms: GrantTerms) -> GrantTerms {
	GrantTerms { expires_at: Some(end), ..terms }
}

/// Gives a grant on [`stream`].
pub(crate) fn give(
	n: u32,
	grantee: OrganizationId,
	permission: Permission,
	terms: GrantTerms,
) -> GrantId {
	let resource = Resource::Stream(stream());
	assert_ok!(Grants::grant(by(OWNER), reference(n), resource, grantee, permission, terms));
	GrantId::derive(OWNER, &reference(n))
}

/// Gives a grant to read [`stream`] from epoch 0 on, without an end, to be given on.
pub(crate) fn give_read(n: u32, grantee: OrganizationId) -> GrantId {
	give(n, grantee, Permission::Read, delegable(terms(stream(), grantee, 0)))
}

/// Delegates a grant on [`stream`] to another organization, with the parent's end, to be given on.
pub(crate) fn delegate(n: u32, parent: GrantId, grantee: OrganizationId) -> GrantId {
	let above = crate::Grants::<Test>::get(parent).unwrap();
	let terms = GrantTerms {
		expires_at: above.expires_at,
		..delegable(terms(stream(), grantee, above.from_epoch))
	};
	assert_ok!(Grants::delegate(by(above.grantee), parent, reference(n), grantee, terms));
	GrantId::derive(above.grantee, &reference(n))
}

/// Appends a record as `pallet-records` does: under an epoch that is current.
pub(crate) fn write(
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

/// Appends an entry, if the organization owns the stream or this pallet finds a grant to append.
pub(crate) fn append(
	organization: OrganizationId,
	stream: StreamId,
	n: u32,
	body: EntryBody,
) -> Result<RecordId, DispatchError> {
	let author = submitter(organization);
	World::ensure_role(&author, Role::Submitter)?;
	if World::owner(&stream) != Some(organization) {
		Grants::find_append(organization, &stream).ok_or(NO_GRANT)?;
	}
	let entry = World::put_entry(&author, organization, &stream, &reference(n), body)?;
	Ok(entry.record_id)
}

/// Opens an epoch of [`stream`] for grants that all stay.
pub(crate) fn open_epoch(epoch: KeyEpoch, staying: &[(GrantId, OrganizationId)]) {
	let keys = grant_keys(staying);
	assert_ok!(Grants::open_epoch(by(OWNER), stream(), epoch, COMMITMENT, key(OWNER), keys));
}

pub(crate) fn grant_keys(staying: &[(GrantId, OrganizationId)]) -> Vec<GrantKey> {
	staying.iter().map(|(grant, to)| GrantKey { grant: *grant, key: key(*to) }).collect()
}

/// Returns the result of a call without its weight.
pub(crate) fn plain(done: DispatchResultWithPostInfo) -> DispatchResult {
	done.map(|_| ()).map_err(|error| error.error)
}

/// Goes to a later block. Blocks on the way have no idle time.
pub(crate) fn go_to(block: BlockNumber) {
	System::set_block_number(block);
}

/// Gives the present block idle time without end.
pub(crate) fn idle() -> Weight {
	Grants::on_idle(System::block_number(), Weight::MAX)
}

/// Gives the present block idle time until all is clean.
pub(crate) fn clean_up() {
	idle();
	assert!(crate::KeyRemovals::<Test>::iter_keys().next().is_none());
}

/// Returns a state with [`ORGANIZATIONS`] and no open epoch.
pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	let mut ext = mock::new_test_ext(&RuntimeGenesisConfig::default());
	ext.execute_with(|| {
		World::admit_below(ORGANIZATIONS);
		for organization in 0..ORGANIZATIONS {
			World::reinstate(organization);
			World::set_member(submitter(organization), Some(organization), mock::SUBMITTER);
			World::set_member(grantor(organization), Some(organization), Roles::ALL);
		}
		for organization in [OWNER, READER] {
			World::create_stream(organization, b"invoices");
		}
	});
	ext
}

/// Runs a test before any epoch is open, and checks the storage at its end.
pub(crate) fn run_without_epoch(test: impl FnOnce()) {
	mock::execute(new_test_ext(), test, Grants::do_try_state);
}

/// Runs a test with epoch 0 of [`stream`] open, and checks the storage at its end.
pub(crate) fn run(test: impl FnOnce()) {
	run_without_epoch(|| {
		open_epoch(0, &[]);
		test();
	});
}
