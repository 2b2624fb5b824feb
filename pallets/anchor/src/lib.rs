#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
#[cfg(test)]
mod mock;
mod queries;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

/// Streams, the positions in them, and anchors: entries that commit to data kept elsewhere.
// What the macro writes is not held to these.
#[allow(
	missing_debug_implementations,
	clippy::must_use_candidate,
	clippy::trait_duplication_in_bounds
)]
#[frame_support::pallet]
pub mod pallet {
	use super::weights::WeightInfo;
	use alloc::vec::Vec;
	use credio_primitives::{
		AccountId, Commitment, Digest, Entry, EntryHeader, OrganizationId, RecordId, Reference,
		Sequence, SequenceKey, Stream, StreamId, StreamName, limits::MAX_GRANTS_READ,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::{AppendAccess, Membership, Streams as _};

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

		/// Who may append to which stream.
		type Access: AppendAccess<AccountId>;

		/// Most streams that one organization owns.
		#[pallet::constant]
		type MaxStreamsPerOrganization: Get<u32>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Streams by id.
	// Identity: a stream id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Streams<T: Config> = StorageMap<_, Identity, StreamId, Stream, OptionQuery>;

	/// The streams that each organization owns.
	// Twox64Concat for the number, which the chain gives; Identity for the stream id, which is a blake2 output.
	#[pallet::storage]
	pub type StreamsByOwner<T: Config> =
		StorageDoubleMap<_, Twox64Concat, OrganizationId, Identity, StreamId, (), OptionQuery>;

	/// How many streams each organization owns.
	// Twox64Concat: the chain counts the numbers.
	#[pallet::storage]
	pub type StreamCounts<T: Config> = StorageMap<_, Twox64Concat, OrganizationId, u32, ValueQuery>;

	/// The public header of each entry.
	// Identity: a record id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Headers<T: Config> = StorageMap<_, Identity, RecordId, EntryHeader, OptionQuery>;

	/// The entry at each position of each stream.
	// Identity for the stream id, which is a blake2 output, and for the position, which the chain counts: data
	// appended to a stream one after the other lies side by side in the state, and shares the way there.
	#[pallet::storage]
	pub type Positions<T: Config> =
		StorageDoubleMap<_, Identity, StreamId, Identity, SequenceKey, RecordId, OptionQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A stream was created.
		StreamCreated {
			/// The stream.
			stream: StreamId,
			/// The organization that owns it.
			owner: OrganizationId,
			/// Its name.
			name: StreamName,
		},
		/// A stream was sealed: it takes no entries any more.
		StreamSealed {
			/// The stream.
			stream: StreamId,
			/// The admin who sealed it.
			by: AccountId,
		},
		/// An entry was appended to a stream.
		EntryAppended {
			/// Name of the entry.
			record_id: RecordId,
			/// The stream.
			stream: StreamId,
			/// Position of the entry in it.
			sequence: Sequence,
			/// The organization that appended it.
			organization: OrganizationId,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no stream of that id: create it, or check the id, which follows from owner and name.
		StreamNotFound,
		/// The stream is sealed: append to another one.
		StreamSealed,
		/// The stream is sealed already: there is nothing left to do.
		AlreadySealed,
		/// The organization owns a stream of that name: use it, or choose another name.
		AlreadyExists,
		/// The organization used that reference for another entry, in this or another stream: look that entry up, or
		/// choose another reference.
		ReferenceUsed,
		/// The caller's organization does not own the stream: ask an admin of the owner.
		NotAuthorized,
		/// A Merkle anchor covers 1 to 1,048,576 documents: make several anchors.
		LeavesOutOfRange,
		/// A name is 1 to 64 bytes of UTF-8, without invisible and control characters, and without white space around it:
		/// choose another one.
		InvalidName,
		/// The organization owns as many streams as one can: append to one that it has.
		TooManyStreams,
		/// The stream has as many entries as one can: append to another one.
		StreamFull,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// One stream.
		#[must_use]
		pub fn stream_info(id: StreamId) -> Option<Stream> {
			Self::stream(&id)
		}

		/// All that is public about an entry.
		#[must_use]
		pub fn entry_header(id: RecordId) -> Option<EntryHeader> {
			Self::header(&id)
		}

		/// Entries of a stream from `from` on, in order, at most `limit` and at most a page.
		#[must_use]
		pub fn stream_entries(stream: StreamId, from: Sequence, limit: u32) -> Vec<Entry> {
			Self::entries(&stream, from, limit)
		}

		/// Whether `commitment` is the leaf at `index` of the Merkle anchor `id`; `None` if `id` is none.
		#[must_use]
		#[allow(clippy::needless_pass_by_value, reason = "view functions take values")]
		pub fn inclusion(
			id: RecordId,
			index: u32,
			commitment: Commitment,
			proof: Vec<Digest>,
		) -> Option<bool> {
			Self::verify_inclusion(&id, index, &commitment, &proof)
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Creates a stream, owned by the caller's organization. `name` is 1 to 64 bytes of UTF-8 that no other stream
		/// of the organization has; all members can read it. The stream's id follows from owner and name.
		///
		/// ## Dispatch Origin
		/// A member with the admin role.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::InvalidName`], [`Error::AlreadyExists`],
		/// [`Error::TooManyStreams`].
		///
		/// ## Events
		/// [`Event::StreamCreated`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create_stream())]
		pub fn create_stream(origin: OriginFor<T>, name: StreamName) -> DispatchResult {
			Self::do_create_stream(ensure_signed(origin)?, name)
		}

		/// Seals a stream: nothing can be appended any more. `stream` is its id. Its entries stay readable.
		///
		/// ## Dispatch Origin
		/// A member of the owner with the admin role.
		///
		/// ## Errors
		/// Those of `Config::Membership`, [`Error::StreamNotFound`], [`Error::NotAuthorized`],
		/// [`Error::AlreadySealed`].
		///
		/// ## Events
		/// [`Event::StreamSealed`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::seal_stream())]
		pub fn seal_stream(origin: OriginFor<T>, stream: StreamId) -> DispatchResult {
			Self::do_seal_stream(ensure_signed(origin)?, stream)
		}

		/// Appends an anchor that commits to one document kept elsewhere. `stream` is the stream's id. `reference` is
		/// 32 bytes that the caller's organization has not used for another entry; the record id follows from it.
		/// `commitment` is the document's commitment, which is keyed: a bare hash could be guessed at.
		///
		/// ## Dispatch Origin
		/// A submitter of the owner, or of an organization with a grant to append.
		///
		/// ## Errors
		/// Those of `Config::Access`, [`Error::StreamNotFound`], [`Error::StreamSealed`], [`Error::ReferenceUsed`].
		///
		/// ## Events
		/// [`Event::EntryAppended`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::anchor_digest(MAX_GRANTS_READ))]
		pub fn anchor_digest(
			origin: OriginFor<T>,
			stream: StreamId,
			reference: Reference,
			commitment: Commitment,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let appended = Self::do_anchor_digest(by, stream, reference, commitment)?;
			Ok(Some(T::WeightInfo::anchor_digest(appended.grants_read)).into())
		}

		/// Appends an anchor that commits to many documents kept elsewhere. `stream` is the stream's id. `reference` is
		/// 32 bytes that the caller's organization has not used for another entry; the record id follows from it.
		/// `root` is the root of the Merkle tree over the documents' commitments, and `leaves` is their number.
		///
		/// ## Dispatch Origin
		/// A submitter of the owner, or of an organization with a grant to append.
		///
		/// ## Errors
		/// Those of `Config::Access`, [`Error::LeavesOutOfRange`], [`Error::StreamNotFound`],
		/// [`Error::StreamSealed`], [`Error::ReferenceUsed`].
		///
		/// ## Events
		/// [`Event::EntryAppended`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::anchor_merkle(MAX_GRANTS_READ))]
		pub fn anchor_merkle(
			origin: OriginFor<T>,
			stream: StreamId,
			reference: Reference,
			root: Digest,
			leaves: u32,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let appended = Self::do_anchor_merkle(by, stream, reference, root, leaves)?;
			Ok(Some(T::WeightInfo::anchor_merkle(appended.grants_read)).into())
		}
	}
}
