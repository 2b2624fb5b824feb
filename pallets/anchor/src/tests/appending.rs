//! What holds of both kinds of anchor.

use crate::{Call, Error, Headers, Streams, mock::*, weights::WeightInfo};
use credio_primitives::{
	AccountId, RecordId, Reference, Sequence, StreamId, limits::MAX_GRANTS_READ,
};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResultWithPostInfo, GetDispatchInfo},
};
use sp_runtime::DispatchError;

type Append = fn(AccountId, StreamId, Reference) -> DispatchResultWithPostInfo;

const APPENDS: [Append; 2] = [
	|who, stream, reference| Anchor::anchor_digest(signed(who), stream, reference, digest(7)),
	|who, stream, reference| Anchor::anchor_merkle(signed(who), stream, reference, digest(7), 9),
];

fn for_both(test: impl Fn(Append, Append)) {
	let [digest, merkle] = APPENDS;
	build_and_execute(|| test(digest, merkle));
	build_and_execute(|| test(merkle, digest));
}

#[test]
fn sequence_numbers_count_from_0_in_each_stream() {
	for_both(|append, other| {
		let (first, second) = (stream(ALICE, "first"), stream(ALICE, "second"));
		let sequence = |n| Headers::<Test>::get(RecordId::derive(ALPHA, &reference(n)));
		let expected: [(u8, StreamId, Sequence); 5] =
			[(0, first, 0), (1, second, 0), (2, first, 1), (3, first, 2), (4, second, 1)];
		for (n, stream, at) in expected {
			let append = if n % 2 == 0 { append } else { other };
			assert_ok!(append(ALICE, stream, reference(n)));
			assert_eq!(sequence(n).map(|header| header.sequence), Some(at));
			assert_eq!(Streams::<Test>::get(stream).unwrap().next_sequence, at + 1);
		}
	});
}

#[test]
fn cannot_use_a_reference_twice() {
	for_both(|append, other| {
		let (first, second) = (stream(ALICE, "first"), stream(ALICE, "second"));
		assert_ok!(append(ALICE, first, reference(1)));
		for again in [append, other] {
			assert_noop!(again(ALICE, first, reference(1)), Error::<Test>::ReferenceUsed);
			assert_noop!(again(SAM, first, reference(1)), Error::<Test>::ReferenceUsed);
			assert_noop!(again(ALICE, second, reference(1)), Error::<Test>::ReferenceUsed);
		}
	});
}

#[test]
fn references_of_two_organizations_do_not_collide() {
	for_both(|append, _| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		assert_ok!(append(ALICE, id, reference(1)));
		assert_ok!(append(BOB, id, reference(1)));
		assert_eq!(Anchor::record_at(&id, 1), Some(RecordId::derive(BETA, &reference(1))));
	});
}

#[test]
fn a_grant_to_append_is_for_one_stream() {
	for_both(|append, _| {
		let (granted, other) = (stream(ALICE, "granted"), stream(ALICE, "other"));
		World::grant_append(BETA, granted);
		assert_ok!(append(BOB, granted, reference(1)));
		let header = Headers::<Test>::get(RecordId::derive(BETA, &reference(1))).unwrap();
		assert_eq!((header.organization, header.author), (BETA, BOB));
		assert_noop!(append(BOB, other, reference(2)), NO_GRANT);
		World::revoke_append(BETA, granted);
		assert_noop!(append(BOB, granted, reference(3)), NO_GRANT);
	});
}

#[test]
fn append_weighs_the_grants_that_were_read() {
	for_both(|append, _| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		let used = |who, n| append(who, id, reference(n)).expect("it may").actual_weight;
		assert_eq!(used(ALICE, 1), Some(<() as WeightInfo>::anchor_digest(0)));
		assert_eq!(used(BOB, 2), Some(<() as WeightInfo>::anchor_digest(GRANTS_READ)));
	});
	let declared = |call: Call<Test>| call.get_dispatch_info().call_weight;
	let (stream, reference) = (StreamId([0; 32]), reference(1));
	let commitment = digest(7);
	assert_eq!(
		declared(Call::anchor_digest { stream, reference, commitment }),
		<() as WeightInfo>::anchor_digest(MAX_GRANTS_READ)
	);
	assert_eq!(
		declared(Call::anchor_merkle { stream, reference, root: digest(7), leaves: 9 }),
		<() as WeightInfo>::anchor_merkle(MAX_GRANTS_READ)
	);
}

#[test]
fn cannot_append_to_a_foreign_stream() {
	for_both(|append, _| {
		let id = stream(ALICE, "invoices");
		assert_noop!(append(BOB, id, reference(1)), NO_GRANT);
	});
}

#[test]
fn cannot_append_to_a_sealed_stream() {
	for_both(|append, _| {
		let id = stream(ALICE, "invoices");
		assert_ok!(append(ALICE, id, reference(1)));
		assert_ok!(Anchor::seal_stream(signed(ALICE), id));
		assert_noop!(append(ALICE, id, reference(2)), Error::<Test>::StreamSealed);
		// A member without the right to append gets that error, sealed or not.
		assert_noop!(append(BOB, id, reference(2)), NO_GRANT);
	});
}

#[test]
fn cannot_append_to_unknown_stream() {
	for_both(|append, _| {
		let id = StreamId::derive(ALPHA, b"nothing");
		assert_noop!(append(ALICE, id, reference(1)), Error::<Test>::StreamNotFound);
	});
}

#[test]
fn only_submitters_of_active_organizations_append() {
	for_both(|append, _| {
		let id = stream(ALICE, "invoices");
		World::grant_append(GAMMA, id);
		assert_noop!(append(ADAM, id, reference(1)), ROLE_MISSING);
		assert_noop!(append(STRANGER, id, reference(1)), NOT_A_MEMBER);
		assert_noop!(append(CAROL, id, reference(1)), ORGANIZATION_SUSPENDED);
		World::suspend(ALPHA);
		assert_noop!(append(ALICE, id, reference(1)), ORGANIZATION_SUSPENDED);
		World::reinstate(ALPHA);
		assert_ok!(append(ALICE, id, reference(1)));
	});
}

#[test]
fn an_origin_without_a_signer_cannot_append() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(
				Anchor::anchor_digest(origin.clone(), id, reference(1), digest(7)),
				DispatchError::BadOrigin
			);
			assert_noop!(
				Anchor::anchor_merkle(origin, id, reference(1), digest(7), 9),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn cannot_append_to_a_full_stream() {
	// Not a state that calls can lead to in this world's time, so not one that `try_state` knows.
	new_test_ext().execute_with(|| {
		let id = stream(ALICE, "invoices");
		Streams::<Test>::mutate(id, |stream| {
			stream.as_mut().unwrap().next_sequence = Sequence::MAX;
		});
		for append in APPENDS {
			assert_noop!(append(ALICE, id, reference(1)), Error::<Test>::StreamFull);
		}
	});
}
