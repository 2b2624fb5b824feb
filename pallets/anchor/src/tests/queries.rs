use crate::mock::*;
use credio_primitives::{
	AccountId, Digest, Entry, OrganizationId, Sequence, StreamId, entry::EntryFilter,
	limits::MAX_PAGE_SIZE,
};
use frame_support::assert_ok;
use pallet_support::traits::Streams as _;

fn anchor_as(who: AccountId, stream: StreamId, n: u32) {
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&n.to_le_bytes());
	assert_ok!(Anchor::anchor_digest(signed(who), stream, bytes.into(), digest(7)));
}

fn sequences(entries: &[Entry]) -> Vec<Sequence> {
	entries.iter().map(|entry| entry.header.sequence).collect()
}

/// All pages of a query.
fn all(filter: &EntryFilter, limit: u32) -> Vec<Entry> {
	let (mut found, mut cursor) = (vec![], None);
	loop {
		let (page, next) = Anchor::query_entries(filter.clone(), cursor, limit);
		assert!(page.len() <= limit.clamp(1, MAX_PAGE_SIZE) as usize);
		found.extend(page);
		match next {
			Some(next) => cursor = Some(next),
			None => return found,
		}
	}
}

/// All pages of streams.
fn all_streams(owner: Option<OrganizationId>, limit: u32) -> Vec<StreamId> {
	let (mut found, mut cursor) = (vec![], None);
	loop {
		let (page, next) = Anchor::streams(owner, cursor, limit);
		assert!(page.len() <= limit as usize);
		found.extend(page.into_iter().map(|(id, stream)| {
			assert_eq!(Anchor::stream(&id), Some(stream));
			id
		}));
		match next {
			Some(next) => cursor = Some(next),
			None => return found,
		}
	}
}

#[test]
fn streams_are_listed_by_owner_and_all_together() {
	build_and_execute(|| {
		let mut alpha: Vec<_> = ["a", "b", "c", "d"].map(|name| stream(ALICE, name)).into();
		let mut beta: Vec<_> = ["a", "b", "c"].map(|name| stream(BOB, name)).into();
		let mut both = [&alpha[..], &beta[..]].concat();
		alpha.sort_unstable();
		beta.sort_unstable();
		both.sort_unstable();
		for limit in 1..9 {
			assert_eq!(all_streams(Some(ALPHA), limit), alpha);
			assert_eq!(all_streams(Some(BETA), limit), beta);
			assert_eq!(all_streams(Some(GAMMA), limit), []);
			assert_eq!(all_streams(None, limit), both);
		}
	});
}

#[test]
fn entries_are_in_order_from_any_position() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for n in 0..10 {
			anchor(id, n);
		}
		let entries = |from, limit| sequences(&Anchor::entries(&id, from, limit));
		assert_eq!(entries(0, 3), [0, 1, 2]);
		assert_eq!(entries(8, 3), [8, 9]);
		assert!(entries(10, 3).is_empty());
		assert!(entries(Sequence::MAX, 3).is_empty());
		assert_eq!(entries(0, u32::MAX).len(), 10);
		assert_eq!(entries(5, 0), [5]);
		assert_eq!(Anchor::entries(&StreamId([0; 32]), 0, 3), []);
		assert_eq!(Anchor::stream_entries(id, 0, 3), Anchor::entries(&id, 0, 3));
	});
}

#[test]
fn a_page_holds_at_most_256_entries() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		(0..300).for_each(|n| anchor_as(ALICE, id, n));
		assert_eq!(Anchor::entries(&id, 0, u32::MAX).len(), 256);
		for stream in [Some(id), None] {
			let filter = EntryFilter { stream, ..Default::default() };
			let (page, next) = Anchor::query_entries(filter.clone(), None, u32::MAX);
			assert_eq!(page.len(), 256);
			let (page, next) = Anchor::query_entries(filter, next, u32::MAX);
			assert_eq!(page.len(), 44);
			assert_eq!(next, None);
		}
	});
}

#[test]
fn a_query_of_a_stream_is_in_order_and_narrowed_by_every_field() {
	build_and_execute(|| {
		let (id, other) = (stream(ALICE, "invoices"), stream(ALICE, "other"));
		World::grant_append(BETA, id);
		for n in 0..12 {
			anchor_as([ALICE, SAM, BOB][n as usize % 3].clone(), id, n);
			anchor_as(ALICE, other, 100 + n);
		}
		let filter = EntryFilter { stream: Some(id), ..Default::default() };
		let found = |filter: EntryFilter| {
			let expected = sequences(&all(&filter, 256));
			for limit in 1..5 {
				assert_eq!(sequences(&all(&filter, limit)), expected);
			}
			expected
		};
		assert_eq!(found(filter.clone()), (0..12).collect::<Vec<_>>());
		let beta = EntryFilter { organization: Some(BETA), ..filter.clone() };
		assert_eq!(found(beta), [2, 5, 8, 11]);
		let sam = EntryFilter { author: Some(SAM), ..filter };
		assert_eq!(found(sam.clone()), [1, 4, 7, 10]);
		let nobody = EntryFilter { organization: Some(BETA), ..sam.clone() };
		assert!(found(nobody).is_empty());
		let range = EntryFilter { from_sequence: Some(4), to_sequence: Some(8), ..sam };
		assert_eq!(found(range), [4, 7]);
		let reversed =
			EntryFilter { from_sequence: Some(8), to_sequence: Some(4), ..filter.clone() };
		assert!(found(reversed).is_empty());
		let beyond = EntryFilter {
			from_sequence: Some(10),
			to_sequence: Some(Sequence::MAX),
			..filter.clone()
		};
		assert_eq!(found(beyond), [10, 11]);
		let unknown = EntryFilter { stream: Some(StreamId([0; 32])), ..filter };
		assert!(found(unknown).is_empty());
	});
}

#[test]
fn a_query_of_all_streams_finds_each_entry_once() {
	build_and_execute(|| {
		let streams = [stream(ALICE, "first"), stream(ALICE, "second")];
		World::grant_append(BETA, streams[0]);
		for n in 0..10 {
			anchor_as(ALICE, streams[n as usize % 2], n);
			anchor_as(BOB, streams[0], n);
		}
		let ids = |entries: Vec<Entry>| {
			let mut ids: Vec<_> = entries.into_iter().map(|entry| entry.record_id).collect();
			ids.sort_unstable();
			ids
		};
		let found = |filter: &EntryFilter| {
			let expected: Vec<_> = Anchor::all_entries()
				.filter(|Entry { header, .. }| {
					filter.organization.is_none_or(|id| id == header.organization)
						&& filter.from_sequence.is_none_or(|from| header.sequence >= from)
				})
				.collect();
			let expected = ids(expected);
			for limit in [1, 3, 256] {
				assert_eq!(ids(all(filter, limit)), expected);
			}
			expected.len()
		};
		assert_eq!(found(&EntryFilter::default()), 20);
		let beta = EntryFilter { organization: Some(BETA), ..Default::default() };
		assert_eq!(found(&beta), 10);
		assert_eq!(found(&EntryFilter { from_sequence: Some(4), ..beta }), 8);
	});
}

#[test]
fn a_query_that_matches_little_gives_short_pages_and_ends() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		(0..1_500).for_each(|n| anchor_as(ALICE, id, n));
		anchor_as(BOB, id, 0);
		for stream in [Some(id), None] {
			let filter = EntryFilter { stream, organization: Some(BETA), ..EntryFilter::default() };
			// The first page looks at as many headers as one query may.
			let (_, next) = Anchor::query_entries(filter.clone(), None, 10);
			assert!(next.is_some());
			assert_eq!(sequences(&all(&filter, 10)), [1_500]);
		}
	});
}

#[test]
fn a_cursor_that_was_never_given_out_does_no_harm() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		anchor(id, 1);
		for cursor in [Digest([0; 32]), Digest([127; 32]), Digest([255; 32])] {
			for stream in [Some(id), None] {
				let filter = EntryFilter { stream, ..Default::default() };
				assert!(Anchor::query_entries(filter, Some(cursor), 10).0.len() <= 1);
			}
			assert!(Anchor::streams(None, Some(cursor), 10).0.len() <= 1);
			assert!(Anchor::streams(Some(ALPHA), Some(cursor), 10).0.len() <= 1);
		}
	});
}

#[test]
fn view_functions_return_the_same_as_queries() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		let entry = anchor(id, 1);
		assert_eq!(Anchor::stream_info(id), Anchor::stream(&id));
		assert!(Anchor::stream_info(id).is_some());
		assert_eq!(Anchor::stream_info(StreamId([0; 32])), None);
		assert_eq!(Anchor::entry_header(entry), Anchor::header(&entry));
	});
}
