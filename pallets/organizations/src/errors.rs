//! The errors of the pallet.

use frame_support::pallet_macros::pallet_section;

/// The errors of the pallet.
#[pallet_section]
mod errors {
	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The caller is a member of no organization.
		NotAMember,
		/// The caller's organization is suspended.
		OrganizationSuspended,
		/// The caller lacks the role that the call asks for.
		RoleMissing,
		/// There is no organization of that number.
		OrganizationNotFound,
		/// The account is no member of the caller's organization.
		MemberNotFound,
		/// A name is 1 to 64 bytes of UTF-8, without invisible and control characters, and without white space around it.
		InvalidName,
		/// Another organization has that name.
		NameTaken,
		/// The account is a member of this or another organization already.
		AlreadyMember,
		/// The organization has as many members as one can have.
		TooManyMembers,
		/// Nobody would be left to manage the organization: name another admin first.
		LastAdmin,
		/// The encryption key is a point of low order: whatever is wrapped to it is no secret.
		WeakEncryptionKey,
		/// The organization has announced as many encryption keys as one can.
		TooManyKeyVersions,
		/// The organization is suspended already.
		AlreadySuspended,
		/// The organization is not suspended.
		NotSuspended,
		/// All numbers of organizations are given away.
		TooManyOrganizations,
		/// A quota is at most 9,007,199,254,740,991 (2^53 - 1).
		QuotaTooLarge,
		/// An endpoint is an `https://` or `http://` URL of at most 256 visible ASCII characters, without user information, a
		/// query or a fragment.
		InvalidEndpoint,
	}
}
