use crate::{Event, Headers, mock::*};
use credio_primitives::{EntryBody, EntryHeader, RecordId};
use frame_support::assert_ok;

#[test]
fn anchor_digest_works() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		System::set_block_number(5);
		System::reset_events();
		assert_ok!(Anchor::anchor_digest(signed(SAM), id, reference(1), digest(7)));
		let record_id = RecordId::derive(ALPHA, &reference(1));
		System::assert_last_event(
			Event::EntryAppended { record_id, stream: id, sequence: 0, organization: ALPHA }.into(),
		);
		assert_eq!(System::events().len(), 1);
		assert_eq!(
			Headers::<Test>::get(record_id),
			Some(EntryHeader {
				stream: id,
				sequence: 0,
				organization: ALPHA,
				author: SAM,
				block: 5,
				body: EntryBody::DigestAnchor { commitment: digest(7) },
			})
		);
		assert_eq!(Anchor::record_at(&id, 0), Some(record_id));
	});
}

#[test]
fn the_same_commitment_may_be_anchored_again() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		for n in 0..2 {
			assert_ok!(Anchor::anchor_digest(signed(ALICE), id, reference(n), digest(7)));
		}
	});
}
