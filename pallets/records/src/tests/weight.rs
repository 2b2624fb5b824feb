use crate::{Call, mock::*};
use credio_primitives::{
	StreamId,
	limits::{MAX_GRANTS_READ, MAX_PAYLOAD_SIZE},
};
use frame_support::dispatch::GetDispatchInfo;

#[test]
fn the_weight_grows_with_the_payload() {
	let weight = |size: u32| {
		let call = Call::<Test>::append {
			stream: StreamId([0; 32]),
			reference: reference(1),
			epoch: 0,
			commitment: digest(7),
			payload: envelope(size),
			supersedes: None,
		};
		call.get_dispatch_info().call_weight
	};
	for size in [0, 1, 100, MAX_PAYLOAD_SIZE, MAX_PAYLOAD_SIZE + 1] {
		assert_eq!(weight(size), Records::append_weight(size, MAX_GRANTS_READ));
		assert!(weight(size).ref_time() < weight(size + 1).ref_time());
	}
}

#[test]
fn append_weighs_the_grants_that_were_read() {
	build_and_execute(|| {
		let id = stream(ALICE, "invoices");
		World::grant_append(BETA, id);
		for (who, n, grants_read) in [(ALICE, 1, 0), (BOB, 2, GRANTS_READ)] {
			let info = Append { who, ..Append::to(id, n) }.dispatch().expect("it may");
			assert_eq!(info.actual_weight, Some(Records::append_weight(100, grants_read)));
		}
	});
}
