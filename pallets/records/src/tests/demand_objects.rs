use crate::{Error, Event, mock::*};
use credio_primitives::StreamId;
use frame_support::{assert_noop, assert_ok};

#[test]
fn demand_objects_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		let before = record(id, 1);
		assert!(!Records::demands_objects(&id));
		assert_ok!(Records::demand_objects(signed(ADAM), id));
		System::assert_last_event(Event::ObjectsDemanded { stream: id, by: ADAM }.into());
		assert!(Records::demands_objects(&id));
		assert_noop!(Append::to(id, 2).call(), Error::<Test>::ObjectDemanded);
		object(id, 2);
		// Earlier records stay, and anchors hold no document.
		assert!(Records::payload(&before).is_some());
		anchor(id, 3);
		record(stream(ALICE, "others"), 4);
	});
}

#[test]
fn who_may_append_by_a_grant_appends_objects_too() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		World::grant_append(BETA, id);
		assert_ok!(Records::demand_objects(signed(ALICE), id));
		let append = Append { who: BOB, ..Append::to(id, 1) };
		assert_noop!(append.call(), Error::<Test>::ObjectDemanded);
		assert_ok!(Object { who: BOB, ..Object::to(id, 1) }.call());
	});
}

#[test]
fn only_admins_of_the_owner_demand_objects() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		World::grant_append(BETA, id);
		let refused = |who| Records::demand_objects(signed(who), id).unwrap_err();
		assert_eq!(refused(BOB), Error::<Test>::NotTheOwner.into());
		assert_eq!(refused(SAM), ROLE_MISSING);
		assert_eq!(refused(CAROL), ORGANIZATION_SUSPENDED);
		assert_eq!(refused(STRANGER), NOT_A_MEMBER);
		let unknown = Records::demand_objects(signed(ALICE), StreamId([7; 32]));
		assert_noop!(unknown, Error::<Test>::NotTheOwner);
	});
}

#[test]
fn objects_are_demanded_once() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		assert_ok!(Records::demand_objects(signed(ALICE), id));
		let again = Records::demand_objects(signed(ALICE), id);
		assert_noop!(again, Error::<Test>::AlreadyDemanded);
	});
}
