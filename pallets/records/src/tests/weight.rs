use crate::{mock::*, weights::WeightInfo, Call};
use credio_primitives::{limits::MAX_PAYLOAD_SIZE, StreamId};
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
		assert_eq!(weight(size), <() as WeightInfo>::append(size));
		assert!(weight(size).ref_time() < weight(size + 1).ref_time());
	}
}
