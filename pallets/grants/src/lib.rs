#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod errors;
mod events;
mod impls;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Grants, access requests and key epochs: who may read and append, and the keys that go with that.
// What the macro writes is not held to these.
#[allow(missing_debug_implementations)]
#[allow(clippy::must_use_candidate, clippy::trait_duplication_in_bounds)]
#[import_section(errors::errors)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, weights::WeightInfo};
	use alloc::vec::Vec;
	use credio_primitives::{
		AccessRequest, AccessRequestId, AccountId, Digest, EpochSecret, Grant, GrantId, KeyEpoch,
		KeyEpochState, Moment, MomentKey, OrganizationId, Permission, Purpose, Reference, Resource,
		StreamId, WrappedKey,
		grant::{GrantKey, GrantTerms},
	};
	use frame_support::{pallet_prelude::*, traits::Time};
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::{EncryptionKeys, Erasures, Membership, Streams};

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// Who acts for whom.
		type Membership: Membership<AccountId>;

		/// Which encryption keys organizations have announced.
		type EncryptionKeys: EncryptionKeys;

		/// Streams and the entries in them.
		type Streams: Streams<AccountId>;

		/// Which objects nobody may read any more.
		type Erasures: Erasures;

		/// The chain's clock: terms that people agree on in days end by it.
		type Time: Time<Moment = Moment>;

		/// How long an access request is kept, answered or not, in milliseconds.
		///
		/// Its id stays in use meanwhile.
		#[pallet::constant]
		type MaxAccessRequestAge: Get<Moment>;

		/// Most key epochs of one stream.
		#[pallet::constant]
		type MaxKeyEpochs: Get<KeyEpoch>;

		/// How long a delegated grant lives at least, unless its parent ends before, in milliseconds.
		///
		/// What ends makes a new key epoch due, so somebody who may give a grant on could otherwise make one due in every
		/// block.
		#[pallet::constant]
		type MinDelegation: Get<Moment>;

		/// Weights of the calls and of clean-up.
		type WeightInfo: WeightInfo;
	}

	/// The key epoch of each stream.
	// Identity: a stream id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Epochs<T: Config> = StorageMap<_, Identity, StreamId, KeyEpochState, OptionQuery>;

	/// The secret of each epoch of each stream: what commits to it, and the secret wrapped to the owner itself, so that every
	/// vault of the owner opens it.
	// Identity for the stream id, which is a blake2 output; Twox64Concat for the epoch, which the chain counts.
	#[pallet::storage]
	pub type EpochSecrets<T: Config> =
		StorageDoubleMap<_, Identity, StreamId, Twox64Concat, KeyEpoch, EpochSecret, OptionQuery>;

	/// Grants by name.
	// Identity: a grant id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Grants<T: Config> = StorageMap<_, Identity, GrantId, Grant, OptionQuery>;

	/// The secrets that each grant carries, by epoch. For a grant on a record: its data key.
	// Identity for the grant id, which is a blake2 output; Twox64Concat for the epoch, which the chain counts.
	#[pallet::storage]
	pub type GrantKeys<T: Config> =
		StorageDoubleMap<_, Identity, GrantId, Twox64Concat, KeyEpoch, WrappedKey, OptionQuery>;

	/// How many grants there are on each stream or record.
	// Identity: a resource is a tag and a blake2 output.
	#[pallet::storage]
	pub type GrantCounts<T: Config> = StorageMap<_, Identity, Resource, u32, ValueQuery>;

	/// The grants on each stream or record, by place: from 0 on without gaps, so that the count proves that a
	/// list is complete.
	// Identity: a resource is a tag and a blake2 output; Twox64Concat for the place, which the chain gives.
	#[pallet::storage]
	pub type GrantsByResource<T: Config> =
		StorageDoubleMap<_, Identity, Resource, Twox64Concat, u32, GrantId, OptionQuery>;

	/// The delegated grants on each stream or record.
	// Identity: a resource is a tag and a blake2 output.
	#[pallet::storage]
	pub type Delegations<T: Config> =
		StorageMap<_, Identity, Resource, ResourceDelegations, ValueQuery>;

	/// The grants that each organization gave.
	// Twox64Concat for the number, which the chain gives; Identity for the grant id, a blake2 output.
	#[pallet::storage]
	pub type GivenGrants<T: Config> =
		StorageDoubleMap<_, Twox64Concat, OrganizationId, Identity, GrantId, (), OptionQuery>;

	/// The grants that each organization holds.
	// Twox64Concat for the number, which the chain gives; Identity for the grant id, a blake2 output.
	#[pallet::storage]
	pub type HeldGrants<T: Config> =
		StorageDoubleMap<_, Twox64Concat, OrganizationId, Identity, GrantId, (), OptionQuery>;

	/// The grants that each organization holds on each stream or record.
	// Twox64Concat for the number, which the chain gives; Identity for the resource, a tag and a blake2 output.
	#[pallet::storage]
	pub type GrantsByGrantee<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		OrganizationId,
		Identity,
		Resource,
		GranteeGrants,
		ValueQuery,
	>;

	/// Grants by their last moment, the earliest first, for clean-up.
	// Identity keeps the order of moments; a grant id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Expiries<T: Config> =
		StorageDoubleMap<_, Identity, MomentKey, Identity, GrantId, (), OptionQuery>;

	/// The grants on each stream by their last moment, the earliest first.
	// Identity keeps the order of moments; the ids are blake2 outputs, which nobody can choose.
	#[pallet::storage]
	pub type StreamExpiries<T: Config> = StorageNMap<
		_,
		(NMapKey<Identity, StreamId>, NMapKey<Identity, MomentKey>, NMapKey<Identity, GrantId>),
		(),
		OptionQuery,
	>;

	/// The earliest last moment of the grants on each stream: past it, the next epoch has to be opened.
	///
	/// Exact while no rotation is due; when one is, the opening of the next epoch finds it again.
	// Identity: a stream id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type NextExpiry<T: Config> = StorageMap<_, Identity, StreamId, Moment, OptionQuery>;

	/// Grants that are gone and still have keys for clean-up to remove. Nothing reads the keys of a grant that is gone.
	// Identity: a grant id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type KeyRemovals<T: Config> = StorageMap<_, Identity, GrantId, (), OptionQuery>;

	/// Access requests by name.
	// Identity: the id of an access request is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type AccessRequests<T: Config> =
		StorageMap<_, Identity, AccessRequestId, AccessRequest, OptionQuery>;

	/// The access requests for each stream or record.
	// Identity: a resource is a tag and a blake2 output, the id of an access request is a blake2 output.
	#[pallet::storage]
	pub type RequestsByResource<T: Config> =
		StorageDoubleMap<_, Identity, Resource, Identity, AccessRequestId, (), OptionQuery>;

	/// The access requests that each organization made.
	// Twox64Concat for the number, which the chain gives; Identity for the id, a blake2 output.
	#[pallet::storage]
	pub type SentRequests<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		OrganizationId,
		Identity,
		AccessRequestId,
		(),
		OptionQuery,
	>;

	/// The access requests that each organization was asked with.
	// Twox64Concat for the number, which the chain gives; Identity for the id, a blake2 output.
	#[pallet::storage]
	pub type ReceivedRequests<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		OrganizationId,
		Identity,
		AccessRequestId,
		(),
		OptionQuery,
	>;

	/// How many access requests of each organization wait for an answer.
	// Twox64Concat: the chain counts the numbers.
	#[pallet::storage]
	pub type PendingRequests<T: Config> =
		StorageMap<_, Twox64Concat, OrganizationId, u32, ValueQuery>;

	/// Access requests by the moment from which on they may be removed, the earliest first.
	// Identity keeps the order of moments; the id of an access request is a blake2 output.
	#[pallet::storage]
	pub type RequestRemovals<T: Config> =
		StorageDoubleMap<_, Identity, MomentKey, Identity, AccessRequestId, (), OptionQuery>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::clean_up(remaining)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Opens the next key epoch of a stream: a new secret encrypts all later records. `stream` is the
		/// stream's id, and `epoch` the number of the new epoch; the first one is 0. `commitment` commits to the new secret:
		/// grantees check the unwrapped secret against it. `owner_key` is the new secret wrapped to the owner
		/// itself, `grant_keys` the same for grants on the stream that hold, at most 512. Useless ones among them are left
		/// out, so that no holder of a grant can keep the epoch from being opened; who is left out can be given the key later,
		/// by `add_keys`.
		///
		/// ## Dispatch Origin
		/// A grantor of the owner.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::ResourceNotFound`], [`Error::NotAuthorized`],
		/// [`Error::EpochNotNext`], [`Error::TooManyEpochs`], [`Error::TooManyKeys`], and for `owner_key`
		/// [`Error::WrappedKeyLength`] and [`Error::KeyVersionOutdated`].
		///
		/// ## Events
		/// [`Event::EpochOpened`], and [`Event::KeyLeftOut`] for what it leaves out.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::open_epoch(grant_keys.len() as u32)
			.saturating_add(Pallet::<T>::call_clean_up_weight(grant_keys.len())))]
		pub fn open_epoch(
			origin: OriginFor<T>,
			stream: StreamId,
			epoch: KeyEpoch,
			commitment: Digest,
			owner_key: WrappedKey,
			grant_keys: Vec<GrantKey>,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let secret = EpochSecret { commitment, owner_key };
			let keys = grant_keys.len();
			let done = Self::do_open_epoch(by, stream, epoch, secret, grant_keys);
			Self::with_clean_up(done, T::WeightInfo::open_epoch(keys as u32), keys)
		}

		/// Gives a grant. `reference` is 32 bytes that the caller's organization has not used for another grant; the
		/// grant's id follows from it. `resource` is a stream, from a key epoch on, or one record. `grantee` is the
		/// number of the organization that gets the grant, and `permission` what it may do: read or append. `terms` are
		/// the purpose, the last moment, whether the grant may be given on, the first key epoch, and the keys, wrapped
		/// to the grantee.
		///
		/// ## Dispatch Origin
		/// A grantor of the owner.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::ResourceNotFound`], [`Error::NotAuthorized`],
		/// [`Error::ReferenceUsed`], [`Error::SelfGrant`], [`Error::GranteeNotActive`], [`Error::InvalidPurpose`],
		/// [`Error::ExpiryInPast`], [`Error::ExpiryTooFar`], [`Error::AppendNeedsStream`], [`Error::NoKeyEpoch`],
		/// [`Error::EpochOutOfRange`], [`Error::KeyCountMismatch`], [`Error::WrappedKeyLength`],
		/// [`Error::KeyVersionOutdated`], [`Error::TooManyGrants`], [`Error::TooManyGrantsOfGrantee`].
		///
		/// ## Events
		/// [`Event::Granted`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::grant(terms.keys.len() as u32)
			.saturating_add(Pallet::<T>::call_clean_up_weight(terms.keys.len())))]
		pub fn grant(
			origin: OriginFor<T>,
			reference: Reference,
			resource: Resource,
			grantee: OrganizationId,
			permission: Permission,
			terms: GrantTerms,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let keys = terms.keys.len();
			let done = Self::do_grant(by, reference, resource, grantee, permission, terms);
			Self::with_clean_up(done, T::WeightInfo::grant(keys as u32), keys)
		}

		/// Gives a grant on, to another organization: it allows the same, ends no later, and ends with its parent.
		/// `parent` is the id of the grant that is given on. `reference` is 32 bytes that the caller's organization has
		/// not used for another grant; the new grant's id follows from it. `grantee` is the number of the other
		/// organization, and `terms` are as in `grant`.
		///
		/// ## Dispatch Origin
		/// A grantor of the organization that holds `parent`.
		///
		/// ## Errors
		/// [`Error::GrantNotFound`], [`Error::GrantEnded`], [`Error::NotDelegable`], [`Error::DelegationTooDeep`],
		/// [`Error::ExpiryPastParent`], [`Error::DelegationTooShort`], [`Error::TooManyDelegated`], and those of
		/// [`Pallet::grant`].
		///
		/// ## Events
		/// [`Event::Granted`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::delegate(terms.keys.len() as u32)
			.saturating_add(Pallet::<T>::call_clean_up_weight(terms.keys.len())))]
		pub fn delegate(
			origin: OriginFor<T>,
			parent: GrantId,
			reference: Reference,
			grantee: OrganizationId,
			terms: GrantTerms,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let keys = terms.keys.len();
			let done = Self::do_delegate(by, parent, reference, grantee, terms);
			Self::with_clean_up(done, T::WeightInfo::delegate(keys as u32), keys)
		}

		/// Ends a grant at once, and those that were delegated under it. `grant` is its id. A stream then takes no
		/// record until its owner opens the next key epoch.
		///
		/// ## Dispatch Origin
		/// A grantor of the organization that gave the grant, or of the owner.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::GrantNotFound`], [`Error::NotAuthorized`].
		///
		/// ## Events
		/// [`Event::Revoked`], and before it [`Event::GrantRemoved`] for each grant below.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::revoke(MAX_ENDED))]
		pub fn revoke(origin: OriginFor<T>, grant: GrantId) -> DispatchResultWithPostInfo {
			let ended = Self::do_revoke(ensure_signed(origin)?, grant)?;
			Ok(Some(T::WeightInfo::revoke(ended)).into())
		}

		/// Asks the owner of a stream or record for a grant. `reference` is 32 bytes that the caller's organization has
		/// not used for another access request; the id of this one follows from it. `resource` is the stream or record,
		/// and `permission` what to do: read or append. `purpose` says why, in 1 to 256 bytes of UTF-8, which all
		/// members can read.
		///
		/// ## Dispatch Origin
		/// A grantor of another organization than the owner.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::ResourceNotFound`], [`Error::SelfGrant`],
		/// [`Error::InvalidPurpose`], [`Error::AppendNeedsStream`], [`Error::ReferenceUsed`],
		/// [`Error::TooManyAccessRequests`].
		///
		/// ## Events
		/// [`Event::AccessRequested`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::request_access()
			.saturating_add(Pallet::<T>::call_clean_up_weight(0)))]
		pub fn request_access(
			origin: OriginFor<T>,
			reference: Reference,
			resource: Resource,
			permission: Permission,
			purpose: Purpose,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let done = Self::do_request_access(by, reference, resource, permission, purpose);
			Self::with_clean_up(done, T::WeightInfo::request_access(), 0)
		}

		/// Approves an access request by giving the grant that it asks for. `access_request` is the id of the access
		/// request. `reference` is 32 bytes that the caller's organization has not used for another grant; the grant's
		/// id follows from it. `terms` are as in `grant`.
		///
		/// ## Dispatch Origin
		/// A grantor of the owner.
		///
		/// ## Errors
		/// [`Error::AccessRequestNotFound`], [`Error::AlreadyAnswered`], [`Error::NotAuthorized`], and those of
		/// [`Pallet::grant`].
		///
		/// ## Events
		/// [`Event::Granted`] and [`Event::AccessApproved`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::approve(terms.keys.len() as u32)
			.saturating_add(Pallet::<T>::call_clean_up_weight(terms.keys.len())))]
		pub fn approve(
			origin: OriginFor<T>,
			access_request: AccessRequestId,
			reference: Reference,
			terms: GrantTerms,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let keys = terms.keys.len();
			let done = Self::do_approve(by, access_request, reference, terms);
			Self::with_clean_up(done, T::WeightInfo::approve(keys as u32), keys)
		}

		/// Denies an access request. `access_request` is its id. `reason` says why, in 1 to 256 bytes of UTF-8, which
		/// all members can read.
		///
		/// ## Dispatch Origin
		/// A grantor of the owner.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::AccessRequestNotFound`], [`Error::AlreadyAnswered`],
		/// [`Error::NotAuthorized`], [`Error::InvalidPurpose`].
		///
		/// ## Events
		/// [`Event::AccessDenied`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::deny())]
		pub fn deny(
			origin: OriginFor<T>,
			access_request: AccessRequestId,
			reason: Purpose,
		) -> DispatchResult {
			Self::do_deny(ensure_signed(origin)?, access_request, reason)
		}

		/// Gives up a grant that the caller's organization holds, and ends those that were delegated under it. `grant` is
		/// its id.
		///
		/// ## Dispatch Origin
		/// A grantor of the organization that holds the grant.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::GrantNotFound`], [`Error::NotAuthorized`].
		///
		/// ## Events
		/// [`Event::Renounced`], and before it [`Event::GrantRemoved`] for each grant below.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::revoke(MAX_ENDED))]
		pub fn renounce(origin: OriginFor<T>, grant: GrantId) -> DispatchResultWithPostInfo {
			let ended = Self::do_renounce(ensure_signed(origin)?, grant)?;
			Ok(Some(T::WeightInfo::revoke(ended)).into())
		}

		/// Adds secrets of a stream to a grant on it: of epochs that were opened without it, or from before those that it
		/// was given with. `grant` is its id, `keys` are at most 64 epochs, each with its secret wrapped to the grantee.
		///
		/// ## Dispatch Origin
		/// A grantor of the organization that gave the grant, or of the owner, who alone may replace a key.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::GrantNotFound`], [`Error::NotAuthorized`], [`Error::GrantEnded`],
		/// [`Error::GranteeNotActive`], [`Error::NoKeyEpoch`], [`Error::EpochOutOfRange`], [`Error::TooManyKeys`],
		/// [`Error::KeyPresent`], [`Error::WrappedKeyLength`], [`Error::KeyVersionOutdated`].
		///
		/// ## Events
		/// [`Event::KeysAdded`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::grant(keys.len() as u32)
			.saturating_add(Pallet::<T>::call_clean_up_weight(keys.len())))]
		pub fn add_keys(
			origin: OriginFor<T>,
			grant: GrantId,
			keys: Vec<(KeyEpoch, WrappedKey)>,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let added = keys.len();
			let done = Self::do_add_keys(by, grant, keys);
			Self::with_clean_up(done, T::WeightInfo::grant(added as u32), added)
		}
	}
}
