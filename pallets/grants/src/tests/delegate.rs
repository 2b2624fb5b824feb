use crate::{Error, Event, mock::*};
use credio_primitives::{
	Grant, GrantId, GrantStatus, Permission, Resource, WrappedKey, grant::GrantTerms,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo};

fn stored(id: GrantId) -> Grant {
	crate::Grants::<Test>::get(id).unwrap()
}

/// Gives `parent`, which [`READER`] holds, on to [`PARTNER`].
fn to_partner(parent: GrantId, terms: GrantTerms) -> DispatchResultWithPostInfo {
	Grants::delegate(by(READER), parent, reference(0), PARTNER, terms)
}

fn good() -> GrantTerms {
	terms(stream(), PARTNER, 0)
}

#[test]
fn delegate_works() {
	run(|| {
		let parent = give_read(0, READER);
		assert_ok!(to_partner(parent, until(7, good())));
		let id = GrantId::derive(READER, &reference(0));
		System::assert_last_event(
			Event::Granted {
				grant: id,
				grantor: READER,
				grantee: PARTNER,
				resource: Resource::Stream(stream()),
				permission: Permission::Read,
			}
			.into(),
		);
		let grant = stored(id);
		assert_eq!((grant.grantor, grant.grantee), (READER, PARTNER));
		assert_eq!(grant.parent, Some(parent));
		assert_eq!(grant.expires_at, Some(7));
		assert!(!grant.delegable);
	});
}

#[test]
fn delegated_grant_allows_the_same_as_its_parent() {
	run(|| {
		let terms = delegable(terms(stream(), READER, 0));
		let parent = give(0, READER, Permission::Append, terms);
		let grant = stored(delegate(0, parent, PARTNER));
		assert_eq!(grant.permission, Permission::Append);
		assert_eq!(grant.resource, Resource::Stream(stream()));
	});
}

#[test]
fn a_grant_on_a_record_can_be_given_on() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let terms = delegable(record_terms(READER, 0));
		let resource = Resource::Record(record);
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(0),
			resource,
			READER,
			Permission::Read,
			terms
		));
		let parent = GrantId::derive(OWNER, &reference(0));
		assert_ok!(to_partner(parent, record_terms(PARTNER, 0)));
		assert!(Grants::read_access(&grantor(PARTNER), &record).is_ok());
	});
}

#[test]
fn only_grantors_of_the_holder_delegate() {
	run(|| {
		let parent = give_read(0, READER);
		let delegate = |origin| Grants::delegate(origin, parent, reference(1), PARTNER, good());
		assert_noop!(delegate(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(delegate(RuntimeOrigin::signed(submitter(READER))), ROLE_MISSING);
		// Not even the owner, who grants.
		assert_noop!(delegate(by(OWNER)), Error::<Test>::NotAuthorized);
		assert_noop!(delegate(by(THIRD)), Error::<Test>::NotAuthorized);
		World::suspend(READER);
		assert_noop!(delegate(by(READER)), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn cannot_delegate_undelegable_grant() {
	run(|| {
		let parent = give(0, READER, Permission::Read, terms(stream(), READER, 0));
		assert_noop!(to_partner(parent, good()), Error::<Test>::NotDelegable);
	});
}

#[test]
fn cannot_delegate_ended_grant() {
	run(|| {
		let parent = GrantId::derive(OWNER, &reference(9));
		assert_noop!(to_partner(parent, good()), Error::<Test>::GrantNotFound);

		let revoked = give_read(0, READER);
		assert_ok!(Grants::revoke(by(OWNER), revoked));
		assert_noop!(to_partner(revoked, good()), Error::<Test>::GrantNotFound);

		let terms = until(3, delegable(terms(stream(), READER, 0)));
		let expired = give(1, READER, Permission::Read, terms);
		go_to(4);
		assert_noop!(to_partner(expired, until(4, good())), Error::<Test>::GrantEnded);
	});
}

#[test]
fn a_delegated_grant_ends_no_later_than_its_parent() {
	run(|| {
		let terms = until(5, delegable(terms(stream(), READER, 0)));
		let parent = give(0, READER, Permission::Read, terms);
		assert_noop!(to_partner(parent, good()), Error::<Test>::ExpiryPastParent);
		assert_noop!(to_partner(parent, until(6, good())), Error::<Test>::ExpiryPastParent);
		assert_ok!(to_partner(parent, until(5, good())));
		let id = GrantId::derive(READER, &reference(0));
		go_to(5);
		assert_eq!(Grants::status(&stored(id)), GrantStatus::Active);
		go_to(6);
		assert_eq!(Grants::status(&stored(id)), GrantStatus::Expired);
	});
}

#[test]
fn a_delegated_grant_ends_with_its_parent() {
	run(|| {
		let parent = give_read(0, READER);
		let child = delegate(0, parent, PARTNER);
		let grandchild = delegate(0, child, THIRD);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert!(Grants::read_access(&grantor(THIRD), &record).is_ok());
		assert_ok!(Grants::revoke(by(OWNER), parent));
		for (id, holder) in [(child, PARTNER), (grandchild, THIRD)] {
			assert!(!crate::Grants::<Test>::contains_key(id));
			assert!(Grants::read_access(&grantor(holder), &record).is_err());
		}
	});
}

#[test]
fn a_delegated_grant_reaches_back_no_further_than_its_parent() {
	run(|| {
		open_epoch(1, &[]);
		let terms_from = |epoch| delegable(terms(stream(), READER, epoch));
		let parent = give(0, READER, Permission::Read, terms_from(1));
		assert_noop!(to_partner(parent, good()), Error::<Test>::EpochOutOfRange);
		assert_ok!(to_partner(parent, terms(stream(), PARTNER, 1)));
	});
}

#[test]
fn four_grants_stand_in_a_row() {
	run(|| {
		let first = give_read(0, READER);
		let second = delegate(0, first, PARTNER);
		let third = delegate(0, second, THIRD);
		let fourth = delegate(0, third, FOURTH);
		assert_eq!(Grants::status(&stored(fourth)), GrantStatus::Active);
		let terms = terms(stream(), 5, 0);
		assert_noop!(
			Grants::delegate(by(FOURTH), fourth, reference(0), 5, terms),
			Error::<Test>::DelegationTooDeep
		);
	});
}

#[test]
fn cannot_delegate_to_the_owner_or_to_oneself() {
	run(|| {
		let parent = give_read(0, READER);
		for to in [OWNER, READER] {
			let terms = terms(stream(), to, 0);
			assert_noop!(
				Grants::delegate(by(READER), parent, reference(0), to, terms),
				Error::<Test>::SelfGrant
			);
		}
	});
}

#[test]
fn the_terms_are_checked_as_those_of_any_grant() {
	run(|| {
		let parent = give_read(0, READER);
		let terms = GrantTerms { purpose: purpose(""), ..good() };
		assert_noop!(to_partner(parent, terms), Error::<Test>::InvalidPurpose);
		let terms = GrantTerms { keys: Default::default(), ..good() };
		assert_noop!(to_partner(parent, terms), Error::<Test>::KeyCountMismatch);
		let short = WrappedKey { sealed: Default::default(), ..key(PARTNER) };
		let terms = GrantTerms { keys: vec![short].try_into().unwrap(), ..good() };
		assert_noop!(to_partner(parent, terms), Error::<Test>::WrappedKeyLength);
		let old = good();
		World::rotate_key(PARTNER);
		World::rotate_key(PARTNER);
		assert_noop!(to_partner(parent, old), Error::<Test>::KeyVersionOutdated);
		World::suspend(PARTNER);
		assert_noop!(to_partner(parent, good()), Error::<Test>::GranteeNotActive);
		World::reinstate(PARTNER);
		go_to(3);
		assert_noop!(to_partner(parent, until(2, good())), Error::<Test>::ExpiryInPast);
		assert_ok!(to_partner(parent, good()));
		assert_noop!(to_partner(parent, good()), Error::<Test>::ReferenceUsed);
	});
}

#[test]
fn a_grant_of_a_suspended_organization_holds() {
	run(|| {
		let parent = give_read(0, READER);
		let child = delegate(0, parent, PARTNER);
		World::suspend(READER);
		assert_eq!(Grants::status(&stored(child)), GrantStatus::Active);
	});
}

#[test]
fn a_grant_whose_parent_is_gone_does_not_hold() {
	run(|| {
		let parent = give_read(0, READER);
		let child = delegate(0, parent, PARTNER);
		let grandchild = delegate(0, child, THIRD);
		// No call leaves such a grant behind; if one did, it would allow nothing.
		let above = crate::Grants::<Test>::take(parent).unwrap();
		for id in [child, grandchild] {
			assert_eq!(Grants::status(&stored(id)), GrantStatus::ParentEnded);
		}
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert_eq!(
			Grants::read_access(&grantor(THIRD), &record),
			Err(credio_primitives::Denial::ParentEnded)
		);
		crate::Grants::<Test>::insert(parent, above);
	});
}
