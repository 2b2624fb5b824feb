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

/// Records: entries with their ciphertext on the chain.
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
		AccountId, Commitment, KeyEpoch, RecordId, RecordPayload, Reference, SequenceKey, StreamId,
		limits::MAX_GRANTS_READ,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use pallet_support::traits::{KeyEpochs, Streams};

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime decides.
	#[pallet::config]
	pub trait Config: frame_system::Config<AccountId = AccountId> {
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

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The payload is empty: seal the document into an envelope, even an empty one.
		PayloadEmpty,
		/// A payload has at most 69,632 bytes, which hold a document of 65,536: anchor larger data and keep it
		/// elsewhere.
		PayloadTooLarge,
		/// The first byte names no envelope version that this chain knows: seal the document with a newer SDK, or
		/// ask the council for an upgrade.
		UnknownEnvelope,
		/// The entry to supersede is not in this stream, or is no record: name a record of the same stream, or none.
		SupersededNotFound,
		/// Only the organization that appended a record and the owner of the stream supersede it.
		SupersededOfAnother,
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
	}
}
