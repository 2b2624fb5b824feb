use crate::{Error, Event, GrantKeys, mock::*};
use codec::Encode;
use credio_primitives::{
	EntryBody, Grant, GrantId, Permission, RecordId, Resource, WrappedKey, grant::GrantTerms,
	limits,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo};
use sp_runtime::DispatchError;

fn read_stream(terms: GrantTerms) -> DispatchResultWithPostInfo {
	let resource = Resource::Stream(stream());
	Grants::grant(by(OWNER), reference(0), resource, READER, Permission::Read, terms)
}

fn good() -> GrantTerms {
	terms(stream(), READER, 0)
}

#[test]
fn grant_works_on_a_stream() {
	run(|| {
		open_epoch(1, &[]);
		let terms = GrantTerms { delegable: true, ..until(9, good()) };
		let resource = Resource::Stream(stream());
		assert_ok!(read_stream(terms.clone()));
		let id = GrantId::derive(OWNER, &reference(0));
		System::assert_last_event(
			Event::Granted {
				grant: id,
				grantor: OWNER,
				grantee: READER,
				resource,
				permission: Permission::Read,
			}
			.into(),
		);
		assert_eq!(
			crate::Grants::<Test>::get(id),
			Some(Grant {
				grantor: OWNER,
				grantee: READER,
				resource,
				permission: Permission::Read,
				from_epoch: 0,
				purpose: terms.purpose,
				expires_at: Some(9),
				delegable: true,
				parent: None,
				granted_at: 1,
				access_request: None,
				slot: 0,
			})
		);
		for epoch in 0..=1 {
			assert_eq!(GrantKeys::<Test>::get(id, epoch), Some(key(READER)));
		}
	});
}

#[test]
fn grant_works_from_a_later_epoch() {
	run(|| {
		open_epoch(1, &[]);
		open_epoch(2, &[]);
		let id = give(0, READER, Permission::Read, terms(stream(), READER, 1));
		assert_eq!(GrantKeys::<Test>::get(id, 0), None);
		assert!(GrantKeys::<Test>::contains_key(id, 1));
		assert!(GrantKeys::<Test>::contains_key(id, 2));
	});
}

#[test]
fn grant_works_on_a_record() {
	run(|| {
		open_epoch(1, &[]);
		let record = write(OWNER, stream(), 0, 1).unwrap();
		let (resource, terms) = (Resource::Record(record), record_terms(READER, 1));
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(0),
			resource,
			READER,
			Permission::Read,
			terms
		));
		let id = GrantId::derive(OWNER, &reference(0));
		assert_eq!(GrantKeys::<Test>::iter_key_prefix(id).collect::<Vec<_>>(), [1]);
	});
}

#[test]
fn only_grantors_of_the_owner_grant() {
	run(|| {
		let grant = |origin| {
			let resource = Resource::Stream(stream());
			Grants::grant(origin, reference(0), resource, PARTNER, Permission::Read, good())
		};
		assert_noop!(grant(RuntimeOrigin::none()), DispatchError::BadOrigin);
		assert_noop!(grant(RuntimeOrigin::signed(STRANGER)), NOT_A_MEMBER);
		assert_noop!(grant(RuntimeOrigin::signed(submitter(OWNER))), ROLE_MISSING);
		assert_noop!(grant(by(READER)), Error::<Test>::NotAuthorized);
		World::suspend(OWNER);
		assert_noop!(grant(by(OWNER)), ORGANIZATION_SUSPENDED);
	});
}

#[test]
fn the_writer_of_a_record_does_not_own_it() {
	run(|| {
		give(0, PARTNER, Permission::Append, terms(stream(), PARTNER, 0));
		let record = write(PARTNER, stream(), 0, 0).unwrap();
		let (resource, terms) = (Resource::Record(record), record_terms(READER, 0));
		assert_noop!(
			Grants::grant(by(PARTNER), reference(1), resource, READER, Permission::Read, terms),
			Error::<Test>::NotAuthorized
		);
	});
}

#[test]
fn cannot_grant_on_unknown_resource() {
	run(|| {
		let anchor = EntryBody::DigestAnchor { commitment: Default::default() };
		let anchor = append(OWNER, stream(), 7, anchor).unwrap();
		for resource in [
			Resource::Stream(stream_of(PARTNER)),
			Resource::Record(RecordId::derive(OWNER, &reference(9))),
			Resource::Record(anchor),
		] {
			let terms = record_terms(READER, 0);
			assert_noop!(
				Grants::grant(by(OWNER), reference(0), resource, READER, Permission::Read, terms),
				Error::<Test>::ResourceNotFound
			);
		}
	});
}

#[test]
fn a_reference_is_used_once() {
	run(|| {
		let grant = give_read(0, READER);
		assert_noop!(read_stream(good()), Error::<Test>::ReferenceUsed);
		// Not before its keys are gone, either.
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_noop!(read_stream(good()), Error::<Test>::ReferenceUsed);
		clean_up();
		assert_ok!(read_stream(good()));
	});
}

#[test]
fn references_are_per_organization() {
	run(|| {
		let grant = give_read(0, READER);
		delegate(0, grant, PARTNER);
	});
}

#[test]
fn cannot_grant_to_oneself() {
	run(|| {
		let resource = Resource::Stream(stream());
		let terms = terms(stream(), OWNER, 0);
		assert_noop!(
			Grants::grant(by(OWNER), reference(0), resource, OWNER, Permission::Read, terms),
			Error::<Test>::SelfGrant
		);
	});
}

#[test]
fn the_grantee_is_active() {
	run(|| {
		World::suspend(READER);
		assert_noop!(read_stream(good()), Error::<Test>::GranteeNotActive);
		let resource = Resource::Stream(stream());
		let terms = terms(stream(), 99, 0);
		assert_noop!(
			Grants::grant(by(OWNER), reference(0), resource, 99, Permission::Read, terms),
			Error::<Test>::GranteeNotActive
		);
	});
}

#[test]
fn a_purpose_is_text() {
	run(|| {
		let empty = GrantTerms { purpose: purpose(""), ..good() };
		assert_noop!(read_stream(empty), Error::<Test>::InvalidPurpose);
		let bytes = GrantTerms { purpose: vec![0xff].try_into().unwrap(), ..good() };
		assert_noop!(read_stream(bytes), Error::<Test>::InvalidPurpose);
	});
}

#[test]
fn the_present_block_is_the_earliest_end() {
	run(|| {
		go_to(5);
		assert_noop!(read_stream(until(4, good())), Error::<Test>::ExpiryInPast);
		assert_ok!(read_stream(until(5, good())));
	});
}

#[test]
fn there_are_keys_of_the_latest_epochs() {
	run(|| {
		open_epoch(1, &[]);
		let keys = |count: usize| vec![key(READER); count].try_into().unwrap();
		for count in [0, 3] {
			let terms = GrantTerms { keys: keys(count), ..good() };
			assert_noop!(read_stream(terms), Error::<Test>::KeyCountMismatch);
		}
		let terms = GrantTerms { from_epoch: 2, keys: keys(0), ..good() };
		assert_noop!(read_stream(terms), Error::<Test>::EpochOutOfRange);
		let terms = GrantTerms { from_epoch: u32::MAX, ..good() };
		assert_noop!(read_stream(terms), Error::<Test>::EpochOutOfRange);
		// Of two epochs, the key of the present one; the other can follow.
		assert_ok!(read_stream(GrantTerms { keys: keys(1), ..good() }));
		let grant = GrantId::derive(OWNER, &reference(0));
		assert!(GrantKeys::<Test>::contains_key(grant, 1));
		assert!(!GrantKeys::<Test>::contains_key(grant, 0));
	});
}

#[test]
fn a_grant_reaches_back_over_any_number_of_epochs() {
	run(|| {
		for epoch in 1..=64 {
			open_epoch(epoch, &[]);
		}
		let keys: Vec<_> = vec![key(READER); 64];
		let terms = GrantTerms { keys: keys.try_into().unwrap(), from_epoch: 0, ..good_from(1) };
		// Of 65 epochs, the keys of the 64 latest.
		assert_ok!(read_stream(terms));
		let grant = GrantId::derive(OWNER, &reference(0));
		assert!(!GrantKeys::<Test>::contains_key(grant, 0));
		assert_eq!(GrantKeys::<Test>::iter_prefix(grant).count(), 64);
	});
}

fn good_from(epoch: u32) -> GrantTerms {
	terms(stream(), READER, epoch)
}

#[test]
fn a_record_has_one_key_of_its_own_epoch() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		open_epoch(1, &[]);
		let grant = |terms| {
			let resource = Resource::Record(record);
			Grants::grant(by(OWNER), reference(0), resource, READER, Permission::Read, terms)
		};
		assert_noop!(grant(record_terms(READER, 1)), Error::<Test>::EpochOutOfRange);
		for count in [0, 2] {
			let keys = vec![key(READER); count].try_into().unwrap();
			let terms = GrantTerms { keys, ..record_terms(READER, 0) };
			assert_noop!(grant(terms), Error::<Test>::KeyCountMismatch);
		}
		assert_ok!(grant(record_terms(READER, 0)));
	});
}

#[test]
fn wrapped_keys_are_checked() {
	run(|| {
		open_epoch(1, &[]);
		let with_second =
			|second| GrantTerms { keys: vec![key(READER), second].try_into().unwrap(), ..good() };
		for length in [0, 79] {
			let sealed = vec![0; length].try_into().unwrap();
			let short = WrappedKey { sealed, ..key(READER) };
			assert_noop!(read_stream(with_second(short)), Error::<Test>::WrappedKeyLength);
		}
		let future = WrappedKey { key_version: 1, ..key(READER) };
		assert_noop!(read_stream(with_second(future)), Error::<Test>::KeyVersionOutdated);
		let old = good();
		World::rotate_key(READER);
		World::rotate_key(READER);
		assert_noop!(read_stream(old), Error::<Test>::KeyVersionOutdated);
		// One that was the present one a short while ago is good.
		let recent = good();
		World::rotate_key(READER);
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(77),
			Resource::Stream(stream()),
			READER,
			Permission::Read,
			recent
		));
		assert_ok!(read_stream(good()));
	});
}

#[test]
fn only_streams_are_appended_to() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let (resource, terms) = (Resource::Record(record), record_terms(READER, 0));
		assert_noop!(
			Grants::grant(by(OWNER), reference(0), resource, READER, Permission::Append, terms),
			Error::<Test>::AppendNeedsStream
		);
	});
}

#[test]
fn a_stream_without_an_epoch_has_nothing_to_grant() {
	run_without_epoch(|| {
		let terms = record_terms(READER, 0);
		assert_noop!(read_stream(terms), Error::<Test>::NoKeyEpoch);
	});
}

#[test]
fn grants_of_a_grantee_on_a_resource_are_bounded() {
	run(|| {
		for n in 1..=16 {
			give_read(n, READER);
		}
		assert_noop!(read_stream(good()), Error::<Test>::TooManyGrantsOfGrantee);
		// Others, and other resources, have room.
		give_read(17, PARTNER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let (resource, terms) = (Resource::Record(record), record_terms(READER, 0));
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(18),
			resource,
			READER,
			Permission::Read,
			terms
		));
	});
}

#[test]
fn grants_on_a_resource_are_bounded() {
	run(|| {
		for n in 1..=limits::MAX_GRANTS_PER_RESOURCE {
			give_read(n, 2 + n % 35);
		}
		assert_noop!(read_stream(good()), Error::<Test>::TooManyGrants);
		assert_ok!(Grants::revoke(by(OWNER), GrantId::derive(OWNER, &reference(1))));
		assert_ok!(read_stream(good()));
	});
}

#[test]
fn a_grant_that_ends_leaves_no_gap() {
	run(|| {
		let grants = [1, 2, 3, 4].map(|n| give_read(n, READER));
		let at = |slot| crate::GrantsByResource::<Test>::get(Resource::Stream(stream()), slot);
		assert_ok!(Grants::revoke(by(OWNER), grants[1]));
		assert_eq!([0, 1, 2, 3].map(at), [Some(grants[0]), Some(grants[3]), Some(grants[2]), None]);
		assert_ok!(Grants::revoke(by(OWNER), grants[2]));
		assert_eq!([0, 1, 2].map(at), [Some(grants[0]), Some(grants[3]), None]);
		for grant in [grants[3], grants[0]] {
			assert_ok!(Grants::revoke(by(OWNER), grant));
		}
		assert_eq!(crate::GrantCounts::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_grant_ends_while_dates_are_written() {
	run(|| {
		let terms = |end| until(end, good());
		assert_noop!(read_stream(terms(limits::MAX_MOMENT + 1)), Error::<Test>::ExpiryTooFar);
		assert_noop!(read_stream(terms(u64::MAX)), Error::<Test>::ExpiryTooFar);
		assert_ok!(read_stream(terms(limits::MAX_MOMENT)));
	});
}

/// Bytes of the state that a step reads, as a proof of it has them.
fn read_by(ext: &mut sp_io::TestExternalities, step: impl FnOnce()) -> usize {
	// As at the beginning of a block.
	ext.execute_with(System::reset_events);
	ext.commit_all().unwrap();
	let (_, proof) = ext.execute_and_prove(step);
	proof.encoded_size()
}

#[test]
fn cost_is_independent_of_the_number_of_grants() {
	let mut ext = new_test_ext();
	let read_with = |ext: &mut sp_io::TestExternalities, n: u32, ended: u32, epoch| {
		let append = read_by(ext, || {
			write(PARTNER, stream(), n, epoch).unwrap();
		});
		let give = read_by(ext, || {
			give_read(10_000 + n, THIRD);
		});
		let revoke = read_by(ext, || {
			assert_ok!(Grants::revoke(by(OWNER), GrantId::derive(OWNER, &reference(ended))));
		});
		[append, give, revoke]
	};
	ext.execute_with(|| {
		open_epoch(0, &[]);
		give(0, PARTNER, Permission::Append, terms(stream(), PARTNER, 0));
		for n in 1..100 {
			give_read(n, 4 + n % 35);
		}
	});
	let with_some = read_with(&mut ext, 1_000, 1, 0);
	ext.execute_with(|| {
		for n in 100..500 {
			give_read(n, 4 + n % 35);
		}
		open_epoch(1, &[]);
	});
	let with_many = read_with(&mut ext, 2_000, 2, 1);
	for (some, many) in with_some.into_iter().zip(with_many) {
		// A path through the tree of the state gets a little longer.
		let is_about_the_same = many * 2 < some * 3;
		assert!(is_about_the_same, "{some} bytes are read with 100 grants, {many} with 500");
	}
}
