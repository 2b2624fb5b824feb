use crate::{Acknowledgements, Error, Event, mock::*};
use credio_primitives::{
	Erasure, RecordId,
	limits::{MAX_ACKNOWLEDGEMENTS, MAX_PAGE_SIZE},
	object::{self, Acknowledgement, NamedErasure},
};
use frame_support::{assert_noop, assert_ok};
use pallet_support::traits::{Erasures as _, Streams as _};

#[test]
fn erase_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		record(id, 1);
		let erased = object(id, 2);
		System::set_block_number(5);
		assert!(!Records::is_erased(&erased));
		assert_ok!(Records::erase(signed(ADAM), erased));
		let event =
			Event::Erased { record_id: erased, stream: id, sequence: 1, number: 0, by: ADAM };
		System::assert_last_event(event.into());
		assert!(Records::is_erased(&erased));
		let erasure = Erasure { number: 0, author: ADAM, block: 5 };
		assert_eq!(crate::Erasures::<Test>::get(erased), Some(erasure));
		// Its existence, position and time can still be proven.
		assert_eq!(World::header(&erased).unwrap().sequence, 1);
	});
}

#[test]
fn the_owner_erases_what_others_appended() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		World::grant_append(BETA, id);
		assert_ok!(Object { who: BOB, ..Object::to(id, 1) }.call());
		let erased = RecordId::derive(BETA, &reference(1));
		assert_noop!(Records::erase(signed(BOB), erased), Error::<Test>::NotTheOwner);
		assert_ok!(Records::erase(signed(ALICE), erased));
	});
}

#[test]
fn only_objects_are_erased() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		for entry in [record(id, 1), anchor(id, 2), RecordId([9; 32])] {
			assert_noop!(Records::erase(signed(ALICE), entry), Error::<Test>::NotAnObject);
		}
	});
}

#[test]
fn only_admins_of_the_owner_erase() {
	build_and_execute(|| {
		let kept = object(stream(ALICE, "persons"), 1);
		let refused = |who| Records::erase(signed(who), kept).unwrap_err();
		assert_eq!(refused(SAM), ROLE_MISSING);
		assert_eq!(refused(BOB), Error::<Test>::NotTheOwner.into());
		assert_eq!(refused(CAROL), ORGANIZATION_SUSPENDED);
		assert_eq!(refused(STRANGER), NOT_A_MEMBER);
		assert!(!Records::is_erased(&kept));
	});
}

#[test]
fn an_object_is_erased_once() {
	build_and_execute(|| {
		let erased = object(stream(ALICE, "persons"), 1);
		assert_ok!(Records::erase(signed(ALICE), erased));
		assert_noop!(Records::erase(signed(ALICE), erased), Error::<Test>::AlreadyErased);
	});
}

#[test]
fn an_erased_object_may_be_superseded_but_not_appended_again() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		let erased = object(id, 1);
		assert_ok!(Records::erase(signed(ALICE), erased));
		assert_noop!(Object::to(id, 1).call(), REFERENCE_USED);
		assert_ok!(Object { supersedes: Some(erased), ..Object::to(id, 2) }.call());
	});
}

#[test]
fn acknowledge_erasure_works() {
	build_and_execute(|| {
		let erased = object(stream(ALICE, "persons"), 1);
		assert_ok!(Records::erase(signed(ALICE), erased));
		System::set_block_number(6);
		assert_ok!(Records::acknowledge_erasure(signed(BOB), erased));
		let event = Event::ErasureAcknowledged { record_id: erased, organization: BETA, by: BOB };
		System::assert_last_event(event.into());
		System::set_block_number(7);
		assert_ok!(Records::acknowledge_erasure(signed(SAM), erased));
		let given = Records::erasure(&erased).unwrap().acknowledgements;
		let by_beta = Acknowledgement { organization: BETA, block: 6 };
		assert_eq!(given, [by_beta, Acknowledgement { organization: ALPHA, block: 7 }]);
	});
}

#[test]
fn an_erasure_is_acknowledged_once_by_each_submitter_of_a_member() {
	build_and_execute(|| {
		let erased = object(stream(ALICE, "persons"), 1);
		let acknowledge = |who| Records::acknowledge_erasure(signed(who), erased);
		assert_noop!(acknowledge(BOB), Error::<Test>::NotErased);
		assert_ok!(Records::erase(signed(ALICE), erased));
		assert_ok!(acknowledge(ALICE));
		assert_noop!(acknowledge(SAM), Error::<Test>::AlreadyAcknowledged);
		assert_noop!(acknowledge(ADAM), ROLE_MISSING);
		assert_noop!(acknowledge(CAROL), ORGANIZATION_SUSPENDED);
		assert_noop!(acknowledge(STRANGER), NOT_A_MEMBER);
	});
}

#[test]
fn acknowledgements_are_bounded() {
	build_and_execute(|| {
		let erased = object(stream(ALICE, "persons"), 1);
		assert_ok!(Records::erase(signed(ALICE), erased));
		let given = (0..MAX_ACKNOWLEDGEMENTS)
			.map(|n| Acknowledgement { organization: 100 + n, block: 1 })
			.collect::<Vec<_>>();
		let full = object::Acknowledgements::try_from(given).unwrap();
		Acknowledgements::<Test>::insert(erased, full);
		let one_more = Records::acknowledge_erasure(signed(BOB), erased);
		assert_noop!(one_more, Error::<Test>::TooManyAcknowledgements);
	});
}

#[test]
fn erasures_are_listed_by_number() {
	build_and_execute(|| {
		let id = stream(ALICE, "persons");
		let objects = [3, 1, 2].map(|n| object(id, n));
		for erased in objects {
			assert_ok!(Records::erase(signed(ALICE), erased));
		}
		let listed = |from, limit| {
			let erasures = Records::erasures(from, limit);
			erasures.into_iter().map(|erasure| erasure.record_id).collect::<Vec<_>>()
		};
		assert_eq!(listed(0, MAX_PAGE_SIZE), objects);
		assert_eq!(listed(1, 1), objects[1..2]);
		assert_eq!(listed(3, 1), []);
		assert_eq!(listed(u64::MAX, u32::MAX), []);
		let second = NamedErasure {
			number: 1,
			record_id: objects[1],
			stream: id,
			sequence: 1,
			author: ALICE,
			block: 1,
			acknowledgements: vec![],
		};
		assert_eq!(Records::erasure(&objects[1]), Some(second));
		assert_eq!(Records::erasure(&object(id, 4)), None);
	});
}
