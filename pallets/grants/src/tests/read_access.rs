//! May this organization read that record, and with which key?

use crate::mock::*;
use credio_primitives::{
	AccessKey, Denial, EntryBody, GrantId, Permission, ReadAccess, RecordId, Resource,
	WrappedSecret,
};
use frame_support::assert_ok;

fn access(organization: u32, record: &RecordId) -> Result<ReadAccess, Denial> {
	Grants::read_access(&grantor(organization), record)
}

/// Access by one key.
fn by_one(organization: u32, grant: Option<GrantId>, secret: WrappedSecret) -> ReadAccess {
	let wrapped_key = key(organization);
	let keys = vec![AccessKey { grant, secret, wrapped_key }];
	ReadAccess { organization, commitment: COMMITMENT, keys }
}

/// Returns the grants that give an organization the keys to a record.
fn grants_of(organization: u32, record: &RecordId) -> Vec<Option<GrantId>> {
	access(organization, record).unwrap().keys.into_iter().map(|key| key.grant).collect()
}

#[test]
fn the_owner_reads_with_its_own_key() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let expected = by_one(OWNER, None, WrappedSecret::StreamSecret);
		assert_eq!(access(OWNER, &record), Ok(expected.clone()));
		// Any member may, whatever its roles.
		assert_eq!(Grants::read_access(&submitter(OWNER), &record), Ok(expected));
	});
}

#[test]
fn a_grant_on_the_stream_gives_the_stream_secret() {
	run(|| {
		let grant = give_read(0, READER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert_eq!(
			access(READER, &record),
			Ok(by_one(READER, Some(grant), WrappedSecret::StreamSecret))
		);
	});
}

#[test]
fn a_grant_on_the_record_gives_its_data_key() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let other = write(OWNER, stream(), 1, 0).unwrap();
		let resource = Resource::Record(record);
		let terms = record_terms(READER, 0);
		assert_ok!(Grants::grant(
			by(OWNER),
			reference(0),
			resource,
			READER,
			Permission::Read,
			terms
		));
		assert_eq!(
			access(READER, &record),
			Ok(by_one(READER, Some(GrantId::derive(OWNER, &reference(0))), WrappedSecret::DataKey))
		);
		assert_eq!(access(READER, &other), Err(Denial::NoGrant));
	});
}

#[test]
fn organizations_without_a_grant_are_denied() {
	run(|| {
		give_read(0, READER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		for organization in [PARTNER, THIRD, FOURTH] {
			assert_eq!(access(organization, &record), Err(Denial::NoGrant));
		}
	});
}

#[test]
fn strangers_are_denied() {
	run(|| {
		let record = write(OWNER, stream(), 0, 0).unwrap();
		assert_eq!(Grants::read_access(&STRANGER, &record), Err(Denial::NotAMember));
	});
}

#[test]
fn suspended_organizations_are_denied() {
	run(|| {
		give_read(0, READER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		World::suspend(READER);
		assert_eq!(access(READER, &record), Err(Denial::Suspended));
		World::reinstate(READER);
		assert_ok!(access(READER, &record));
		// What a suspended organization granted stays granted; itself it reads nothing.
		World::suspend(OWNER);
		assert_ok!(access(READER, &record));
		assert_eq!(access(OWNER, &record), Err(Denial::Suspended));
	});
}

#[test]
fn there_is_nothing_to_read_where_there_is_no_record() {
	run(|| {
		let record = RecordId::derive(OWNER, &reference(0));
		assert_eq!(access(OWNER, &record), Err(Denial::RecordNotFound));
		let anchor = EntryBody::DigestAnchor { commitment: Default::default() };
		let anchor = append(OWNER, stream(), 1, anchor).unwrap();
		assert_eq!(access(OWNER, &anchor), Err(Denial::NotARecord));
	});
}

#[test]
fn records_before_the_first_epoch_of_a_grant_stay_closed() {
	run(|| {
		let early = write(OWNER, stream(), 0, 0).unwrap();
		open_epoch(1, &[]);
		let late = write(OWNER, stream(), 1, 1).unwrap();
		give(0, READER, Permission::Read, terms(stream(), READER, 1));
		assert_eq!(access(READER, &early), Err(Denial::NoGrant));
		assert_ok!(access(READER, &late));
	});
}

#[test]
fn a_grant_reaches_records_of_later_epochs() {
	run(|| {
		let grant = give_read(0, READER);
		open_epoch(1, &[(grant, READER)]);
		World::rotate_key(READER);
		open_epoch(2, &[(grant, READER)]);
		for (epoch, version) in [(1, 0), (2, 1)] {
			let body = EntryBody::Record {
				epoch,
				commitment: Default::default(),
				size: 1,
				supersedes: None,
			};
			let record = append(OWNER, stream(), epoch, body).unwrap();
			assert_eq!(access(READER, &record).unwrap().keys[0].wrapped_key.key_version, version);
		}
	});
}

#[test]
fn an_expired_grant_says_so_until_it_is_cleaned_up() {
	run(|| {
		give(0, READER, Permission::Read, until(5, terms(stream(), READER, 0)));
		let record = write(OWNER, stream(), 0, 0).unwrap();
		go_to(5);
		assert_ok!(access(READER, &record));
		go_to(6);
		assert_eq!(access(READER, &record), Err(Denial::GrantExpired));
		clean_up();
		assert_eq!(access(READER, &record), Err(Denial::NoGrant));
	});
}

#[test]
fn a_grant_that_holds_counts_more_than_one_that_does_not() {
	run(|| {
		give(0, READER, Permission::Read, until(5, terms(stream(), READER, 0)));
		let lasting = give_read(1, READER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		go_to(6);
		assert_eq!(grants_of(READER, &record), [Some(lasting)]);
	});
}

#[test]
fn appender_reads_its_own_records() {
	run(|| {
		let grant = give(0, PARTNER, Permission::Append, terms(stream(), PARTNER, 0));
		let own = write(PARTNER, stream(), 0, 0).unwrap();
		let others = write(OWNER, stream(), 1, 0).unwrap();
		assert_eq!(grants_of(PARTNER, &own), [Some(grant)]);
		assert_eq!(access(PARTNER, &others), Err(Denial::NoGrant));
		assert_ok!(access(OWNER, &own));
		assert_ok!(Grants::revoke(by(OWNER), grant));
		assert_eq!(access(PARTNER, &own), Err(Denial::NoGrant));
	});
}

#[test]
fn all_keys_are_answered_and_those_of_the_owner_first() {
	run(|| {
		let given = give_read(0, READER);
		let junk = delegate(1, given, PARTNER);
		let record = write(OWNER, stream(), 0, 0).unwrap();
		let more_junk = {
			let (resource, terms) = (Resource::Record(record), delegable(record_terms(READER, 0)));
			assert_ok!(Grants::grant(
				by(OWNER),
				reference(2),
				resource,
				READER,
				Permission::Read,
				terms
			));
			let parent = GrantId::derive(OWNER, &reference(2));
			let terms = record_terms(PARTNER, 0);
			assert_ok!(Grants::delegate(by(READER), parent, reference(3), PARTNER, terms));
			GrantId::derive(READER, &reference(3))
		};
		let on_record = {
			let (resource, terms) = (Resource::Record(record), record_terms(PARTNER, 0));
			assert_ok!(Grants::grant(
				by(OWNER),
				reference(4),
				resource,
				PARTNER,
				Permission::Read,
				terms
			));
			GrantId::derive(OWNER, &reference(4))
		};
		let real = give_read(5, PARTNER);
		let expected = [real, on_record, junk, more_junk].map(Some);
		assert_eq!(grants_of(PARTNER, &record), expected);
		let keys = Grants::stream_keys(&stream(), PARTNER, 0, 9);
		assert_eq!(keys[0].wrapped_keys.len(), 2);
	});
}

#[test]
fn nobody_reads_an_erased_object() {
	run(|| {
		give_read(0, READER);
		let body = EntryBody::Object {
			epoch: 0,
			commitment: Default::default(),
			root: Default::default(),
			size: 1,
			supersedes: None,
		};
		let (erased, kept) =
			(append(OWNER, stream(), 0, body).unwrap(), append(OWNER, stream(), 1, body).unwrap());
		assert_ok!(access(READER, &erased));
		World::erase(erased);
		for organization in [OWNER, READER] {
			assert_eq!(access(organization, &erased), Err(Denial::Erased));
			assert_ok!(access(organization, &kept));
		}
	});
}
