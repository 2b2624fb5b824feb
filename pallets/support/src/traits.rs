//! Where pallets meet. No pallet depends on another: each names the traits it needs in its `Config`, and the
//! runtime ties them. The `()` implementation of a trait that authorizes denies.

use credio_primitives::{
	Entry, EntryBody, EntryHeader, KeyEpoch, KeyVersion, Member, OrganizationId, RecordId,
	Reference, Roles, StreamId,
};
use sp_runtime::DispatchError;
use sp_runtime::DispatchResult;

/// A role that a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
	/// Any member.
	Any,
	/// [`Roles::admin`].
	Admin,
	/// [`Roles::submitter`].
	Submitter,
	/// [`Roles::grantor`].
	Grantor,
}

impl Role {
	/// Whether `roles` include this one.
	#[must_use]
	pub fn is_in(self, roles: &Roles) -> bool {
		match self {
			Self::Any => true,
			Self::Admin => roles.admin,
			Self::Submitter => roles.submitter,
			Self::Grantor => roles.grantor,
		}
	}
}

/// Which role a call needs.
pub trait RoleOfCall<Call> {
	/// The role that `call` checks of its signer; `None` for a call that no member may make.
	fn role_of(call: &Call) -> Option<Role>;
}

impl<Call> RoleOfCall<Call> for () {
	fn role_of(_: &Call) -> Option<Role> {
		None
	}
}

/// Who acts for whom.
pub trait Membership<AccountId> {
	/// The membership of an account, whatever the status of its organization.
	fn member(who: &AccountId) -> Option<Member>;

	/// Whether the organization is admitted and not suspended.
	fn is_active(organization: OrganizationId) -> bool;

	/// The organization of `who`, if it is active and gives `who` the role.
	///
	/// Errors: the account is no member, its organization is suspended, or it lacks the role.
	fn ensure_role(who: &AccountId, role: Role) -> Result<OrganizationId, DispatchError>;

	/// Benchmarks only: makes `who` a member with all roles of a new, active organization and names that.
	///
	/// An implementation with a fixed set of members leaves this as it is and is asked for one of those.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_member(who: &AccountId) -> OrganizationId {
		Self::member(who).map_or(OrganizationId::MAX, |member| member.organization)
	}

	/// Benchmarks only: `who` signs the transaction, so its membership is read before its call, and
	/// counted there and not with the call.
	///
	/// An implementation without an extension that does so leaves this as it is.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_signer(_who: &AccountId) {}
}

impl<AccountId> Membership<AccountId> for () {
	fn member(_: &AccountId) -> Option<Member> {
		None
	}
	fn is_active(_: OrganizationId) -> bool {
		false
	}
	fn ensure_role(_: &AccountId, _: Role) -> Result<OrganizationId, DispatchError> {
		Err(DispatchError::BadOrigin)
	}
}

/// Which encryption keys organizations have announced.
pub trait EncryptionKeys {
	/// The version that secrets are wrapped to from now on; `None` for an unknown organization.
	fn current_version(organization: OrganizationId) -> Option<KeyVersion>;

	/// Whether a secret may be wrapped to this version: it is the present one, or was a short while ago. So an
	/// organization that announces a new key just then makes nobody else's call fail.
	fn is_recent(organization: OrganizationId, version: KeyVersion) -> bool;
}

impl EncryptionKeys for () {
	fn current_version(_: OrganizationId) -> Option<KeyVersion> {
		None
	}
	fn is_recent(_: OrganizationId, _: KeyVersion) -> bool {
		false
	}
}

/// An entry that was appended, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
	/// The entry.
	pub entry: Entry,
	/// Grants that were read to find that its author may append: none for the owner of the stream.
	pub grants_read: u32,
}

/// Streams and their entries, for those who append to them or grant on them.
pub trait Streams<AccountId> {
	/// The owner of a stream; `None` for an unknown stream.
	fn owner(stream: &StreamId) -> Option<OrganizationId>;

	/// All that is public about an entry.
	fn header(record: &RecordId) -> Option<EntryHeader>;

	/// Appends an entry for `author`, after checking that it may, and gives it the next sequence number.
	///
	/// Errors: the stream is unknown or sealed, the author may not append, or the reference is used already.
	fn append(
		author: &AccountId,
		stream: &StreamId,
		reference: &Reference,
		body: EntryBody,
	) -> Result<Appended, DispatchError>;

	/// All entries of all streams, in no particular order. Unbounded: for checks of the whole state, never in a block.
	///
	/// An implementation that keeps no entries leaves this as it is.
	#[must_use]
	fn all_entries() -> impl Iterator<Item = Entry> {
		core::iter::empty()
	}

	/// Benchmarks only: makes `owner` the owner of a new, open stream.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_stream(owner: OrganizationId, name: &[u8]) -> StreamId;

	/// Benchmarks only: a new, open stream, and an account that may append to it, which takes as many grants to find
	/// out as `grants_read` says: none for a submitter of the owner.
	///
	/// An implementation that knows no members leaves this as it is.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(_grants_read: u32) -> Option<(StreamId, AccountId)> {
		None
	}
}

impl<AccountId> Streams<AccountId> for () {
	fn owner(_: &StreamId) -> Option<OrganizationId> {
		None
	}
	fn header(_: &RecordId) -> Option<EntryHeader> {
		None
	}
	fn append(
		_: &AccountId,
		_: &StreamId,
		_: &Reference,
		_: EntryBody,
	) -> Result<Appended, DispatchError> {
		Err(DispatchError::BadOrigin)
	}
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_stream(owner: OrganizationId, name: &[u8]) -> StreamId {
		StreamId::derive(owner, name)
	}
}

/// For whom somebody may append to a stream, and what it took to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appender {
	/// The organization.
	pub organization: OrganizationId,
	/// Grants that were read, at most [`limits::MAX_GRANTS_READ`](credio_primitives::limits::MAX_GRANTS_READ): none for the owner.
	pub grants_read: u32,
}

/// Who may append to which stream.
pub trait AppendAccess<AccountId> {
	/// The organization for which `who` may append to `stream`, which `owner` owns.
	///
	/// Errors: `who` is no submitter of an active organization, or that organization neither owns the stream nor
	/// holds a grant to append to it.
	fn ensure_may_append(
		who: &AccountId,
		stream: &StreamId,
		owner: OrganizationId,
	) -> Result<Appender, DispatchError>;

	/// Benchmarks only: an account that may append to `stream`, which somebody else owns, by the last of so many
	/// grants that are read; `None` if the implementation has no such account.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(_stream: &StreamId, _grants_read: u32) -> Option<AccountId> {
		None
	}
}

impl<AccountId> AppendAccess<AccountId> for () {
	fn ensure_may_append(
		_: &AccountId,
		_: &StreamId,
		_: OrganizationId,
	) -> Result<Appender, DispatchError> {
		Err(DispatchError::BadOrigin)
	}
}

/// Who may append to a stream that it does not own.
pub trait AppendGrants {
	/// Looks for a grant that holds now and lets `organization` append to `stream`. Returns how many grants were
	/// read to find it, counted generously; `None` if there is none.
	fn find_append(organization: OrganizationId, stream: &StreamId) -> Option<u32>;

	/// Whether a grant that holds now lets `organization` append to `stream`.
	#[must_use]
	fn may_append(organization: OrganizationId, stream: &StreamId) -> bool {
		Self::find_append(organization, stream).is_some()
	}

	/// Benchmarks only: lets `organization` append to `stream`, by a grant that takes so many reads to find.
	///
	/// An implementation that stores no grants leaves this as it is.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_append_grant(
		_organization: OrganizationId,
		_stream: &StreamId,
		_grants_read: u32,
	) {
	}
}

impl AppendGrants for () {
	fn find_append(_: OrganizationId, _: &StreamId) -> Option<u32> {
		None
	}
}

/// Which key epoch a stream is in.
pub trait KeyEpochs {
	/// Checks that a record of `stream` may be written under `epoch` now.
	///
	/// Errors: no epoch is open, `epoch` is not the present one, or the next one has to be opened first.
	fn ensure_current(stream: &StreamId, epoch: KeyEpoch) -> DispatchResult;

	/// Benchmarks only: opens the first epoch of `stream` and names it.
	///
	/// An implementation that takes any epoch leaves this as it is.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_epoch(_stream: &StreamId) -> KeyEpoch {
		0
	}
}

impl KeyEpochs for () {
	fn ensure_current(_: &StreamId, _: KeyEpoch) -> DispatchResult {
		Err(DispatchError::BadOrigin)
	}
}

/// Which objects are erased.
pub trait Erasures {
	/// Whether the owner of its stream has erased an object. Nobody may read it from then on.
	fn is_erased(record: &RecordId) -> bool;
}

impl Erasures for () {
	fn is_erased(_: &RecordId) -> bool {
		true
	}
}
