#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

/// Records: entries with their ciphertext on the chain, or in an object store.
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
		AccountId, Commitment, Digest, EntryBody, Erasure, KeyEpoch, OrganizationId, RecordId,
		RecordPayload, Reference, Sequence, SequenceKey, StreamId, limits::MAX_GRANTS_READ, object,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::{KeyEpochs, Membership, Streams};

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

		/// Streams, to which records are appended.
		type Streams: Streams<AccountId>;

		/// Key epochs of streams: their secrets encrypt records.
		type KeyEpochs: KeyEpochs;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The envelope of the record at each position of each stream.
	// Identity for the stream id, which is a blake2 output, and for the position, which the chain counts: data
	// appended to a stream one after the other lies side by side in the state, and shares the way there.
	#[pallet::storage]
	pub type Envelopes<T: Config> =
		StorageDoubleMap<_, Identity, StreamId, Identity, SequenceKey, RecordPayload, OptionQuery>;

	/// The streams whose records are all objects.
	// Identity: a stream id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type ObjectsDemanded<T: Config> = StorageMap<_, Identity, StreamId, (), OptionQuery>;

	/// The erasure of each erased object.
	// Identity: a record id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Erasures<T: Config> = StorageMap<_, Identity, RecordId, Erasure, OptionQuery>;

	/// The object of each erasure, by the number of the erasure, so that nobody who follows misses one.
	// Twox64Concat: the chain counts the numbers.
	#[pallet::storage]
	pub type ErasedObjects<T: Config> = StorageMap<_, Twox64Concat, u64, RecordId, OptionQuery>;

	/// How many objects were erased, and so the number of the next erasure.
	#[pallet::storage]
	pub type ErasureCount<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// The organizations that have deleted their copies of each erased object. In one value, so that one proof shows all.
	// Identity: a record id is a blake2 output, which nobody can choose.
	#[pallet::storage]
	pub type Acknowledgements<T: Config> =
		StorageMap<_, Identity, RecordId, object::Acknowledgements, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// From now on all records of a stream are objects.
		ObjectsDemanded {
			/// The stream.
			stream: StreamId,
			/// The admin of its owner who demands it.
			by: AccountId,
		},
		/// An object was erased: nobody may read it any more.
		Erased {
			/// The object.
			record_id: RecordId,
			/// Its stream.
			stream: StreamId,
			/// Its position there.
			sequence: Sequence,
			/// Number of the erasure.
			number: u64,
			/// The admin of the stream's owner who erased it.
			by: AccountId,
		},
		/// An organization has deleted its copies of an erased object.
		ErasureAcknowledged {
			/// The object.
			record_id: RecordId,
			/// The organization.
			organization: OrganizationId,
			/// Its member.
			by: AccountId,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The payload is empty: seal the document into an envelope, even an empty one.
		PayloadEmpty,
		/// A payload has at most 69,632 bytes, which hold a document of 65,536: append larger ones as objects.
		PayloadTooLarge,
		/// The first byte names no envelope version that this chain knows: seal the document with a newer SDK, or
		/// ask the council for an upgrade.
		UnknownEnvelope,
		/// The entry to supersede is not in this stream, or is no record: name a record of the same stream, or none.
		SupersededNotFound,
		/// Only the organization that appended a record and the owner of the stream supersede it.
		SupersededOfAnother,
		/// The stream's owner demands objects: append the document as an object, so that it can be erased.
		ObjectDemanded,
		/// The envelope of an object has 1 to 1,140,850,688 bytes, which hold a document of 1 GiB.
		ObjectSizeOutOfRange,
		/// The entry is no object. Ciphertext on the chain cannot be erased.
		NotAnObject,
		/// Only an admin of the stream's owner does this.
		NotTheOwner,
		/// The stream demands objects already.
		AlreadyDemanded,
		/// The object is erased already.
		AlreadyErased,
		/// The object is not erased: there is nothing to acknowledge.
		NotErased,
		/// The organization has acknowledged this erasure already.
		AlreadyAcknowledged,
		/// An erasure takes at most 1,024 acknowledgements.
		TooManyAcknowledgements,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	/// What can be called.
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Appends a record: a document in its envelope. `stream` is the stream's id. `reference` is 32 bytes that the
		/// caller's organization has not used for another entry; the record id follows from it. `epoch` is the stream's
		/// present key epoch: its secret encrypts the document. `commitment` is the document's keyed commitment, and
		/// `payload` the envelope. `supersedes` is the id of the record in the same stream that this one replaces, if
		/// it replaces one.
		///
		/// ## Dispatch Origin
		/// A submitter of the owner, or of an organization with a grant to append.
		///
		/// ## Errors
		/// Those of `Config::Streams` and `Config::KeyEpochs`, [`Error::PayloadEmpty`], [`Error::PayloadTooLarge`],
		/// [`Error::UnknownEnvelope`], [`Error::SupersededNotFound`], [`Error::SupersededOfAnother`].
		///
		/// ## Events
		/// `EntryAppended` of the pallet of streams.
		#[pallet::call_index(0)]
		#[pallet::weight(Pallet::<T>::append_weight(payload.len() as u32, MAX_GRANTS_READ))]
		pub fn append(
			origin: OriginFor<T>,
			stream: StreamId,
			reference: Reference,
			epoch: KeyEpoch,
			commitment: Commitment,
			payload: Vec<u8>,
			supersedes: Option<RecordId>,
		) -> DispatchResultWithPostInfo {
			let author = ensure_signed(origin)?;
			let bytes = payload.len() as u32;
			let grants_read =
				Self::do_append(author, stream, reference, epoch, commitment, payload, supersedes)?;
			Ok(Some(Self::append_weight(bytes, grants_read)).into())
		}

		/// Appends an object: a document whose envelope is in an object store. `stream` is the stream's id. `reference` is 32
		/// bytes that the caller's organization has not used for another entry; the record id follows from it. `epoch` is the
		/// stream's present key epoch: its secret encrypts the document. `commitment` is the document's keyed commitment.
		/// `root` is the root over the envelope's header and chunks, and `size` is the envelope's length in bytes.
		/// `supersedes` is the id of the record in the same stream that this one replaces, if it replaces one.
		///
		/// ## Dispatch Origin
		/// A submitter of the owner, or of an organization with a grant to append.
		///
		/// ## Errors
		/// Those of `Config::Streams` and `Config::KeyEpochs`, [`Error::ObjectSizeOutOfRange`],
		/// [`Error::SupersededNotFound`], [`Error::SupersededOfAnother`].
		///
		/// ## Events
		/// `EntryAppended` of the pallet of streams.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::append_object(MAX_GRANTS_READ))]
		#[allow(clippy::too_many_arguments, reason = "the fields of an object")]
		pub fn append_object(
			origin: OriginFor<T>,
			stream: StreamId,
			reference: Reference,
			epoch: KeyEpoch,
			commitment: Commitment,
			root: Digest,
			size: u64,
			supersedes: Option<RecordId>,
		) -> DispatchResultWithPostInfo {
			let author = ensure_signed(origin)?;
			let body = EntryBody::Object { epoch, commitment, root, size, supersedes };
			let grants_read = Self::do_append_object(&author, &stream, &reference, body)?;
			Ok(Some(T::WeightInfo::append_object(grants_read)).into())
		}

		/// Demands that all records which are appended to `stream` from now on are objects, for good. Records on the chain
		/// cannot be erased; objects can.
		///
		/// ## Dispatch Origin
		/// An admin of the stream's owner.
		///
		/// ## Errors
		/// [`Error::NotTheOwner`], [`Error::AlreadyDemanded`], those of `Config::Membership`.
		///
		/// ## Events
		/// [`Event::ObjectsDemanded`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::demand_objects())]
		pub fn demand_objects(origin: OriginFor<T>, stream: StreamId) -> DispatchResult {
			Self::do_demand_objects(ensure_signed(origin)?, stream)
		}

		/// Erases the object `record_id`: no node hands out a key to it any more, whatever grants there are. Its header stays,
		/// so that its existence, position and time can be proven; its ciphertext is for its holders to delete.
		///
		/// ## Dispatch Origin
		/// An admin of the stream's owner.
		///
		/// ## Errors
		/// [`Error::NotAnObject`], [`Error::NotTheOwner`], [`Error::AlreadyErased`], those of `Config::Membership`.
		///
		/// ## Events
		/// [`Event::Erased`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::erase())]
		pub fn erase(origin: OriginFor<T>, record_id: RecordId) -> DispatchResult {
			Self::do_erase(ensure_signed(origin)?, record_id)
		}

		/// Acknowledges the erasure of the object `record_id`: the caller's organization has deleted its copies of the
		/// document, sealed and in plaintext.
		///
		/// ## Dispatch Origin
		/// A submitter of any organization.
		///
		/// ## Errors
		/// [`Error::NotErased`], [`Error::AlreadyAcknowledged`], [`Error::TooManyAcknowledgements`], those of `Config::Membership`.
		///
		/// ## Events
		/// [`Event::ErasureAcknowledged`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::acknowledge_erasure())]
		pub fn acknowledge_erasure(origin: OriginFor<T>, record_id: RecordId) -> DispatchResult {
			Self::do_acknowledge_erasure(ensure_signed(origin)?, record_id)
		}
	}
}
