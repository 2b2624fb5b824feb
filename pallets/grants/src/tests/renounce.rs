use crate::{Error, Event, mock::*};
use credio_primitives::{Permission, limits};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn a_holder_gives_its_grant_up() {
	run(|| {
		let given = give(0, READER, Permission::Read, delegable(terms(stream(), READER, 0)));
		let below = delegate(1, given, THIRD);
		assert_noop!(Grants::renounce(RuntimeOrigin::root(), given), DispatchError::BadOrigin);
		assert_noop!(Grants::renounce(by(OWNER), given), Error::<Test>::NotAuthorized);
		assert_noop!(Grants::renounce(by(THIRD), given), Error::<Test>::NotAuthorized);
		assert_ok!(Grants::renounce(by(READER), given));
		System::assert_last_event(Event::Renounced { grant: given, by: grantor(READER) }.into());
		for grant in [given, below] {
			assert!(!crate::Grants::<Test>::contains_key(grant));
		}
		assert_noop!(Grants::renounce(by(READER), given), Error::<Test>::GrantNotFound);
	});
}

#[test]
fn delegated_grants_leave_room_for_the_owner() {
	run(|| {
		let given = give(0, READER, Permission::Read, delegable(terms(stream(), READER, 0)));
		let mut junk = Vec::new();
		for n in 0..limits::MAX_DELEGATED_PER_GRANTOR.min(limits::MAX_DELEGATED_PER_GRANTEE) {
			junk.push(delegate(100 + n, given, THIRD));
		}
		assert_noop!(
			Grants::delegate(by(READER), given, reference(999), THIRD, terms(stream(), THIRD, 0)),
			Error::<Test>::TooManyDelegated
		);
		// The owner has room left, and what it gives comes first.
		let real = give_read(1, THIRD);
		let record = write(OWNER, stream(), 7, 0).unwrap();
		let access = Grants::read_access(&grantor(THIRD), &record).unwrap();
		assert_eq!(access.keys[0].grant, Some(real));
		assert_eq!(access.keys.len(), 1 + junk.len());
		// And the grantee gets rid of what it did not ask for.
		for grant in junk {
			assert_ok!(Grants::renounce(by(THIRD), grant));
		}
	});
}

#[test]
fn delegated_grant_does_not_end_at_once() {
	run(|| {
		let given = give(0, READER, Permission::Read, delegable(terms(stream(), READER, 0)));
		for end in [1u32, 2, 3] {
			assert_noop!(
				Grants::delegate(
					by(READER),
					given,
					reference(end),
					THIRD,
					until(end.into(), terms(stream(), THIRD, 0))
				),
				Error::<Test>::DelegationTooShort
			);
		}
		let terms_until = |end| until(end, terms(stream(), THIRD, 0));
		assert_ok!(Grants::delegate(by(READER), given, reference(9), THIRD, terms_until(4)));
		// Under one that ends before, it ends with that.
		let short =
			give(1, PARTNER, Permission::Read, until(2, delegable(terms(stream(), PARTNER, 0))));
		assert_ok!(Grants::delegate(by(PARTNER), short, reference(10), THIRD, terms_until(2)));
	});
}
