//! The events of the pallet.

use frame_support::pallet_macros::pallet_section;

/// The events of the pallet.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The next key epoch of a stream was opened.
		EpochOpened {
			/// The stream.
			stream: StreamId,
			/// The new epoch.
			epoch: KeyEpoch,
		},
		/// A grant was given.
		Granted {
			/// Its name.
			grant: GrantId,
			/// The organization that gave it.
			grantor: OrganizationId,
			/// The organization that holds it.
			grantee: OrganizationId,
			/// What it is about.
			resource: Resource,
			/// What it allows.
			permission: Permission,
		},
		/// A grant was revoked, and with it those that were delegated under it.
		Revoked {
			/// The grant.
			grant: GrantId,
			/// The member who revoked it.
			by: AccountId,
		},
		/// The holder of a grant gave it up, and with it those that were delegated under it.
		Renounced {
			/// The grant.
			grant: GrantId,
			/// The member who gave it up.
			by: AccountId,
		},
		/// A key was left out when an epoch was opened: its grant does not hold, its holder is suspended, or it is not
		/// wrapped to a recent encryption key of the holder. It can be added later.
		KeyLeftOut {
			/// The grant.
			grant: GrantId,
			/// The epoch.
			epoch: KeyEpoch,
		},
		/// Keys were added to a grant.
		KeysAdded {
			/// The grant.
			grant: GrantId,
		},
		/// A grant was removed: it had expired, or one that it was delegated under has ended.
		GrantRemoved {
			/// The grant.
			grant: GrantId,
		},
		/// An organization asked for a grant.
		AccessRequested {
			/// Name of the access request.
			access_request: AccessRequestId,
			/// The organization that asks.
			requester: OrganizationId,
			/// The organization that decides.
			owner: OrganizationId,
		},
		/// An access request was approved.
		AccessApproved {
			/// The access request.
			access_request: AccessRequestId,
			/// The grant that was given.
			grant: GrantId,
		},
		/// An access request was denied.
		AccessDenied {
			/// The access request.
			access_request: AccessRequestId,
			/// The member who denied it.
			by: AccountId,
		},
	}
}
