//! The errors of the pallet.

use frame_support::pallet_macros::pallet_section;

/// The errors of the pallet.
#[pallet_section]
mod errors {
	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The stream or record does not exist.
		ResourceNotFound,
		/// The caller's organization neither owns the resource nor gave or holds the grant, as the call asks for.
		NotAuthorized,
		/// No key epoch is open yet: the owner opens one first.
		NoKeyEpoch,
		/// The epoch is not the present one: read the stream's epoch again.
		EpochNotCurrent,
		/// A grant has ended since the epoch was opened: the owner opens the next one first.
		RotationDue,
		/// The epoch is not the next one: read the stream's epoch again.
		EpochNotNext,
		/// The stream has had as many key epochs as one can: go on in a new stream.
		TooManyEpochs,
		/// At most 512 keys when an epoch is opened, and at most 64 at a time for one grant: add the others later.
		TooManyKeys,
		/// The grant has a key of this epoch already, and only the owner of the stream replaces one.
		KeyPresent,
		/// A wrapped key is exactly 80 bytes.
		WrappedKeyLength,
		/// The key is wrapped to a version that is not among the organization's recent ones: read the present one, and wrap
		/// the key again.
		KeyVersionOutdated,
		/// There have to be keys of the latest epochs, at least one, none from before the first epoch, and at most 64 (others
		/// can be added later); for a record, one key, its data key.
		KeyCountMismatch,
		/// The first epoch is past the present one; for a record, it is the record's own.
		EpochOutOfRange,
		/// There is no grant of that name: it was revoked, has expired, or never was.
		GrantNotFound,
		/// The grant no longer holds.
		GrantEnded,
		/// The grantor used that reference for another grant: choose another one.
		ReferenceUsed,
		/// An organization needs no grant on what it owns, nor from itself.
		SelfGrant,
		/// There is no active organization of that number.
		GranteeNotActive,
		/// A purpose is 1 to 256 bytes of UTF-8, without invisible and control characters, and without white space around it.
		InvalidPurpose,
		/// The last moment of the grant has passed.
		ExpiryInPast,
		/// A grant ends before the year 10000, or never.
		ExpiryTooFar,
		/// A delegated grant ends no later than the one it is delegated under.
		ExpiryPastParent,
		/// The grant may not be given on.
		NotDelegable,
		/// A delegated grant lives for an hour at least, or as long as the one it is delegated under.
		DelegationTooShort,
		/// The organization, the grantee or the resource has as many delegated grants as it can: revoke or renounce one.
		TooManyDelegated,
		/// At most four grants stand in a row: a grant that was delegated three times is not delegated again.
		DelegationTooDeep,
		/// Only streams can be appended to.
		AppendNeedsStream,
		/// The resource has as many grants as one can: revoke one.
		TooManyGrants,
		/// The organization holds as many grants on the resource as one can.
		TooManyGrantsOfGrantee,
		/// There is no access request of that name.
		AccessRequestNotFound,
		/// The access request was answered already.
		AlreadyAnswered,
		/// Too many access requests of the organization wait for an answer.
		TooManyAccessRequests,
	}
}
