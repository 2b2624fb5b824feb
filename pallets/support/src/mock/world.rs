//! Organizations, members, keys, streams, entries, key epochs and append grants. They are tables in storage, so that what
//! a failed call does to them is undone.

use super::errors::*;
use crate::traits::{
	AppendAccess, Appended, Appender, EncryptionKeys, Erasures, KeyEpochs, Membership, Role,
	Streams,
};
use codec::{Decode, Encode, MaxEncodedLen};
use credio_primitives::{
	AccountId, BlockNumber, Entry, EntryBody, EntryHeader, KeyEpoch, KeyEpochState, KeyVersion,
	Member, Moment, OrganizationId, RecordId, Reference, Roles, Sequence, StreamId,
};
use frame_support::{
	Twox64Concat, ensure,
	pallet_prelude::{OptionQuery, ValueQuery},
	storage_alias,
	traits::Time,
};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// How many grants are read to find one of [`World::grant_append`].
pub const GRANTS_READ: u32 = 3;

/// Implements the traits between pallets.
#[derive(Debug)]
pub struct World;

#[derive(Clone, Copy, Encode, Decode, MaxEncodedLen, TypeInfo)]
struct Stream {
	owner: OrganizationId,
	entries: Sequence,
	sealed: bool,
}

/// The block number of `frame_system`.
#[storage_alias]
type Number = StorageValue<System, BlockNumber, ValueQuery>;
#[storage_alias]
type Present = StorageValue<World, Moment, OptionQuery>;
#[storage_alias]
type Admitted = StorageValue<World, OrganizationId, ValueQuery>;
#[storage_alias]
type Members = StorageMap<World, Twox64Concat, AccountId, Member>;
#[storage_alias]
type Suspended = StorageMap<World, Twox64Concat, OrganizationId, ()>;
#[storage_alias]
type KeyVersions = StorageMap<World, Twox64Concat, OrganizationId, KeyVersion, ValueQuery>;
#[storage_alias]
type StreamsById = StorageMap<World, Twox64Concat, StreamId, Stream>;
#[storage_alias]
type Headers = StorageMap<World, Twox64Concat, RecordId, EntryHeader>;
#[storage_alias]
type Epochs = StorageMap<World, Twox64Concat, StreamId, KeyEpochState>;
#[storage_alias]
type Erased = StorageMap<World, Twox64Concat, RecordId, ()>;
/// How many grants are read to find one that allows to append.
#[storage_alias]
type AppendGrants = StorageMap<World, Twox64Concat, (OrganizationId, StreamId), u32>;

/// Starts block 1.
pub(super) fn start() {
	Number::put(1);
}

/// A clock that tests set. Until then a block lasts a millisecond.
#[derive(Debug)]
pub struct Clock;

impl Clock {
	/// Sets the present moment.
	pub fn set(moment: Moment) {
		Present::put(moment);
	}
}

impl Time for Clock {
	type Moment = Moment;

	fn now() -> Moment {
		Present::get().unwrap_or_else(|| Number::get().into())
	}
}

impl World {
	/// Admits all organizations with a lower number.
	pub fn admit_below(end: OrganizationId) {
		Admitted::put(end);
	}

	/// Moves an account to an organization, from now on, or out of all.
	pub fn set_member(who: AccountId, organization: Option<OrganizationId>, roles: Roles) {
		let since = Number::get();
		Members::set(who, organization.map(|organization| Member { organization, roles, since }));
	}

	/// Returns all members in the order of their accounts.
	#[must_use]
	pub fn members() -> Vec<(AccountId, Member)> {
		let mut members = Members::iter().collect::<Vec<_>>();
		members.sort_by(|(a, _), (b, _)| a.cmp(b));
		members
	}

	/// Suspends an organization. Returns whether it was active before.
	#[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
	pub fn suspend(organization: OrganizationId) -> bool {
		let was_active = !Suspended::contains_key(organization);
		Suspended::insert(organization, ());
		was_active
	}

	/// Reinstates an organization. Returns whether it was suspended before.
	#[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
	pub fn reinstate(organization: OrganizationId) -> bool {
		Suspended::take(organization).is_some()
	}

	/// Announces a new encryption key of an organization.
	pub fn rotate_key(organization: OrganizationId) {
		KeyVersions::mutate(organization, |version| *version = version.saturating_add(1));
	}

	/// Creates an open stream without a key epoch.
	#[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
	pub fn create_stream(owner: OrganizationId, name: &[u8]) -> StreamId {
		let id = StreamId::derive(owner, name);
		StreamsById::insert(id, Stream { owner, entries: 0, sealed: false });
		id
	}

	/// Seals a stream. Returns whether it was open before.
	#[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
	pub fn seal(stream: &StreamId) -> bool {
		StreamsById::mutate(stream, |stream| {
			stream.as_mut().is_some_and(|stream| !core::mem::replace(&mut stream.sealed, true))
		})
	}

	/// Sets the key epoch of a stream, with no rotation due.
	pub fn set_epoch(stream: StreamId, current: KeyEpoch) {
		let state = KeyEpochState { current, rotation_due: false, opened_at: 0 };
		Self::set_epoch_state(stream, Some(state));
	}

	/// Sets or removes the key epoch of a stream.
	pub fn set_epoch_state(stream: StreamId, state: Option<KeyEpochState>) {
		Epochs::set(stream, state);
	}

	/// Returns the key epoch of a stream.
	#[must_use]
	pub fn epoch(stream: StreamId) -> Option<KeyEpochState> {
		Epochs::get(stream)
	}

	/// Lets an organization append to a stream.
	pub fn grant_append(organization: OrganizationId, stream: StreamId) {
		AppendGrants::insert((organization, stream), GRANTS_READ);
	}

	/// Takes back the right that [`Self::grant_append`] gave.
	pub fn revoke_append(organization: OrganizationId, stream: StreamId) {
		AppendGrants::remove((organization, stream));
	}

	/// Erases an object.
	pub fn erase(record: RecordId) {
		Erased::insert(record, ());
	}

	/// Appends an entry without checking that its author may.
	///
	/// # Errors
	///
	/// The stream does not exist or is sealed, or the reference is used.
	pub fn put_entry(
		author: &AccountId,
		organization: OrganizationId,
		stream: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<Entry, DispatchError> {
		let mut state = StreamsById::get(stream).ok_or(STREAM_NOT_FOUND)?;
		ensure!(!state.sealed, STREAM_SEALED);
		let record_id = RecordId::derive(organization, reference);
		ensure!(!Headers::contains_key(record_id), REFERENCE_USED);
		let header = EntryHeader {
			stream: *stream,
			sequence: state.entries,
			organization,
			author: author.clone(),
			block: Number::get(),
			body,
		};
		state.entries = state.entries.saturating_add(1);
		StreamsById::insert(stream, state);
		Headers::insert(record_id, &header);
		Ok(Entry { record_id, header })
	}
}

impl Membership<AccountId> for World {
	fn member(who: &AccountId) -> Option<Member> {
		Members::get(who)
	}

	fn is_active(organization: OrganizationId) -> bool {
		organization < Admitted::get() && !Suspended::contains_key(organization)
	}

	fn ensure_role(who: &AccountId, role: Role) -> Result<OrganizationId, DispatchError> {
		let member = Self::member(who).ok_or(NOT_A_MEMBER)?;
		ensure!(Self::is_active(member.organization), ORGANIZATION_SUSPENDED);
		ensure!(role.is_in(&member.roles), ROLE_MISSING);
		Ok(member.organization)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_member(who: &AccountId) -> OrganizationId {
		let organization = Admitted::get();
		Admitted::put(organization.saturating_add(1));
		Self::set_member(who.clone(), Some(organization), Roles::ALL);
		organization
	}
}

impl EncryptionKeys for World {
	fn current_version(organization: OrganizationId) -> Option<KeyVersion> {
		(organization < Admitted::get()).then(|| KeyVersions::get(organization))
	}

	/// Accepts the present version and the one before.
	fn is_recent(organization: OrganizationId, version: KeyVersion) -> bool {
		Self::current_version(organization)
			.and_then(|current| current.checked_sub(version))
			.is_some_and(|age| age <= 1)
	}
}

impl Streams<AccountId> for World {
	fn owner(stream: &StreamId) -> Option<OrganizationId> {
		StreamsById::get(stream).map(|stream| stream.owner)
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
		let owner = Self::owner(stream).ok_or(STREAM_NOT_FOUND)?;
		let Appender { organization, grants_read } =
			Self::ensure_may_append(author, stream, owner)?;
		let entry = Self::put_entry(author, organization, stream, reference, body)?;
		Ok(Appended { entry, grants_read })
	}

	fn all_entries() -> impl Iterator<Item = Entry> {
		Headers::iter().map(|(record_id, header)| Entry { record_id, header })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_stream(owner: OrganizationId, name: &[u8]) -> StreamId {
		Self::create_stream(owner, name)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(grants_read: u32) -> Option<(StreamId, AccountId)> {
		let owner = AccountId::new([200; 32]);
		let stream = Self::create_stream(Self::benchmark_member(&owner), b"benchmark");
		match grants_read {
			0 => Some((stream, owner)),
			_ => <Self as AppendAccess<_>>::benchmark_appender(&stream, grants_read)
				.map(|appender| (stream, appender)),
		}
	}
}

/// Allows the owner's submitters to append, and those of organizations with a grant of [`World::grant_append`].
impl AppendAccess<AccountId> for World {
	fn ensure_may_append(
		who: &AccountId,
		stream: &StreamId,
		owner: OrganizationId,
	) -> Result<Appender, DispatchError> {
		let organization = Self::ensure_role(who, Role::Submitter)?;
		let grants_read = match organization == owner {
			true => 0,
			false => AppendGrants::get((organization, *stream)).ok_or(NO_GRANT)?,
		};
		Ok(Appender { organization, grants_read })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(stream: &StreamId, grants_read: u32) -> Option<AccountId> {
		let appender = AccountId::new([201; 32]);
		let organization = Self::benchmark_member(&appender);
		AppendGrants::insert((organization, *stream), grants_read);
		Some(appender)
	}
}

impl KeyEpochs for World {
	fn ensure_current(stream: &StreamId, epoch: KeyEpoch) -> DispatchResult {
		let state = Epochs::get(stream).ok_or(NO_EPOCH)?;
		ensure!(state.current == epoch, EPOCH_NOT_CURRENT);
		ensure!(!state.rotation_due, ROTATION_DUE);
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_epoch(stream: &StreamId) -> KeyEpoch {
		Self::set_epoch(*stream, 0);
		0
	}
}

impl Erasures for World {
	fn is_erased(record: &RecordId) -> bool {
		Erased::contains_key(record)
	}
}
