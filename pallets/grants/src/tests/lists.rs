//! Lists with a cursor.

use crate::mock::*;
use credio_primitives::{
	AccessRequestId, Digest, GrantId, GrantStatus, Permission, Resource,
	grant::{AccessRequestFilter, GrantFilter},
};
use frame_support::assert_ok;
use std::collections::BTreeSet;

/// All pages of grants that match a filter.
fn all(filter: &GrantFilter, limit: u32) -> BTreeSet<GrantId> {
	let (mut found, mut cursor) = (BTreeSet::new(), None);
	loop {
		let (page, next) = Grants::grants(filter.clone(), cursor, limit);
		assert!(page.len() <= limit.clamp(1, 256) as usize);
		for named in page {
			assert!(found.insert(named.grant_id), "no grant comes twice");
		}
		cursor = next;
		if cursor.is_none() {
			return found;
		}
	}
}

fn some_grants() -> [GrantId; 4] {
	let first = give_read(0, READER);
	let second = give(1, PARTNER, Permission::Append, until(5, terms(stream(), PARTNER, 0)));
	let third = delegate(0, first, PARTNER);
	let record = write(OWNER, stream(), 0, 0).unwrap();
	let (resource, terms) = (Resource::Record(record), record_terms(READER, 0));
	let reference = reference(2);
	assert_ok!(Grants::grant(by(OWNER), reference, resource, READER, Permission::Read, terms));
	[first, second, third, GrantId::derive(OWNER, &reference)]
}

#[test]
fn grants_are_filtered() {
	run(|| {
		let [first, second, third, fourth] = some_grants();
		let Resource::Record(record) = crate::Grants::<Test>::get(fourth).unwrap().resource else {
			panic!("on a record");
		};
		let every = GrantFilter::default();
		for limit in [1, 2, 3, 256] {
			assert_eq!(all(&every, limit), [first, second, third, fourth].into());
			let filter = GrantFilter { stream: Some(stream()), ..every.clone() };
			assert_eq!(all(&filter, limit), [first, second, third].into());
			let filter = GrantFilter { record: Some(record), ..every.clone() };
			assert_eq!(all(&filter, limit), [fourth].into());
			let filter = GrantFilter { grantor: Some(READER), ..every.clone() };
			assert_eq!(all(&filter, limit), [third].into());
			let filter = GrantFilter { grantee: Some(PARTNER), ..every.clone() };
			assert_eq!(all(&filter, limit), [second, third].into());
			let filter =
				GrantFilter { stream: Some(stream()), grantee: Some(PARTNER), ..every.clone() };
			assert_eq!(all(&filter, limit), [second, third].into());
			let filter =
				GrantFilter { stream: Some(stream()), record: Some(record), ..every.clone() };
			assert_eq!(all(&filter, limit), [].into());
		}
		go_to(6);
		let filter = GrantFilter { active: true, ..every };
		assert_eq!(all(&filter, 256), [first, third, fourth].into());
		let (page, _) = Grants::grants(every, None, 256);
		let expired = page.iter().find(|named| named.grant_id == second).unwrap();
		assert_eq!(expired.status, GrantStatus::Expired);
	});
}

#[test]
fn pages_are_bounded() {
	run(|| {
		for n in 0..40 {
			give_read(n, 1 + n % 5);
		}
		for filter in
			[GrantFilter::default(), GrantFilter { stream: Some(stream()), ..Default::default() }]
		{
			let (page, next) = Grants::grants(filter.clone(), None, 0);
			assert_eq!((page.len(), next.is_some()), (1, true));
			let (page, next) = Grants::grants(filter.clone(), None, u32::MAX);
			assert_eq!((page.len(), next), (40, None));
			assert_eq!(all(&filter, 7).len(), 40);
		}
	});
}

#[test]
fn unknown_cursor_continues_with_the_next_grant() {
	run(|| {
		some_grants();
		let (page, _) = Grants::grants(GrantFilter::default(), Some(Digest([0; 32])), 9);
		assert_eq!(page.len(), 4);
		let (page, next) = Grants::grants(GrantFilter::default(), Some(Digest([255; 32])), 9);
		assert_eq!((page.len(), next), (0, None));
	});
}

#[test]
fn access_requests_are_filtered() {
	run(|| {
		let ask = |organization, n, of| {
			let (resource, why) = (Resource::Stream(stream_of(of)), purpose("x"));
			assert_ok!(Grants::request_access(
				by(organization),
				reference(n),
				resource,
				Permission::Read,
				why
			));
			AccessRequestId::derive(organization, &reference(n))
		};
		let first = ask(READER, 0, OWNER);
		let second = ask(PARTNER, 0, OWNER);
		let third = ask(PARTNER, 1, READER);
		assert_ok!(Grants::deny(by(OWNER), first, purpose("no")));
		let all = |filter: AccessRequestFilter| {
			let (mut found, mut cursor) = (BTreeSet::new(), None);
			loop {
				let (page, next) = Grants::access_requests(filter.clone(), cursor, 1);
				found.extend(page.into_iter().map(|named| named.access_request_id));
				cursor = next;
				if cursor.is_none() {
					return found;
				}
			}
		};
		let every = AccessRequestFilter::default();
		assert_eq!(all(every.clone()), [first, second, third].into());
		let filter = AccessRequestFilter { requester: Some(PARTNER), ..every };
		assert_eq!(all(filter), [second, third].into());
		let filter = AccessRequestFilter { owner: Some(OWNER), ..every };
		assert_eq!(all(filter), [first, second].into());
		let filter = AccessRequestFilter { owner: Some(OWNER), pending: true, ..every };
		assert_eq!(all(filter), [second].into());
	});
}

#[test]
fn a_holder_finds_its_stream_keys() {
	run(|| {
		open_epoch(1, &[]);
		let grant = give(0, READER, Permission::Append, terms(stream(), READER, 1));
		open_epoch(2, &[(grant, READER)]);
		let keys = |organization, from, limit| {
			Grants::stream_keys(&stream(), organization, from, limit)
				.into_iter()
				.map(|key| {
					assert_eq!(key.commitment, COMMITMENT);
					assert_eq!(key.wrapped_keys.len(), 1);
					(key.epoch, key.wrapped_keys[0].sealed[0])
				})
				.collect::<Vec<_>>()
		};
		assert_eq!(keys(OWNER, 0, 9), [(0, 0), (1, 0), (2, 0)]);
		assert_eq!(keys(OWNER, 1, 1), [(1, 0)]);
		assert_eq!(keys(READER, 0, 9), [(1, 1), (2, 1)]);
		assert_eq!(keys(READER, 2, u32::MAX), [(2, 1)]);
		assert_eq!(keys(READER, 3, 9), []);
		assert_eq!(keys(PARTNER, 0, 9), []);
		World::suspend(READER);
		assert_eq!(keys(READER, 0, 9), []);
		World::reinstate(READER);
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_eq!(keys(READER, 0, 9), []);
	});
}

#[test]
fn a_stream_without_an_epoch_has_no_keys() {
	run_without_epoch(|| {
		assert_eq!(Grants::stream_keys(&stream(), OWNER, 0, 9), []);
	});
}
