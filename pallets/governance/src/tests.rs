use crate::{Error, Event, OpenMotion, mock::*};
use frame_support::{assert_noop, assert_ok, traits::Consideration};
use sp_runtime::DispatchError;

fn set_heap_pages() -> Box<RuntimeCall> {
	Box::new(frame_system::Call::set_heap_pages { pages: 64 }.into())
}

#[test]
fn the_council_dispatches_as_root() {
	new_test_ext().execute_with(|| {
		assert_ok!(Governance::dispatch_as_root(RuntimeOrigin::signed(1), set_heap_pages()));
		System::assert_last_event(Event::DispatchedAsRoot { result: Ok(()) }.into());
		assert!(sp_io::storage::get(b":heappages").is_some());
	});
}

#[test]
fn only_the_council_dispatches_as_root() {
	new_test_ext().execute_with(|| {
		for origin in [RuntimeOrigin::signed(2), RuntimeOrigin::none()] {
			assert_noop!(
				Governance::dispatch_as_root(origin, set_heap_pages()),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn a_failing_call_is_reported() {
	new_test_ext().execute_with(|| {
		let signed_only = Box::new(crate::Call::dispatch_as_root { call: set_heap_pages() }.into());
		assert_ok!(Governance::dispatch_as_root(RuntimeOrigin::signed(1), signed_only));
		System::assert_last_event(
			Event::DispatchedAsRoot { result: Err(DispatchError::BadOrigin) }.into(),
		);
	});
}

#[test]
fn a_seat_has_a_bounded_number_of_open_motions() {
	new_test_ext().execute_with(|| {
		let propose = |who: u64| OpenMotion::<Test>::new(&who, 0).map(|_| ());
		Open::set([(7, 1)].into());
		assert_ok!(propose(7));
		Open::set([(7, 2)].into());
		assert_eq!(propose(7), Err(Error::<Test>::TooManyOpenMotions.into()));
		// That is nobody else's concern.
		assert_ok!(propose(8));
	});
}

#[test]
fn proposers_of_closed_motions_are_forgotten_faster_than_motions_come() {
	new_test_ext().execute_with(|| {
		Closed::set(5);
		for left in [3, 1, 0] {
			assert_ok!(OpenMotion::<Test>::new(&1, 0).map(|_| ()));
			assert_eq!(Closed::get(), left);
		}
	});
}

#[test]
fn the_genesis_names_the_network() {
	use sp_runtime::BuildStorage;
	let genesis = RuntimeGenesisConfig {
		governance: crate::GenesisConfig {
			network_id: sp_core::H256([7; 32]),
			_marker: Default::default(),
		},
		..Default::default()
	};
	let storage = genesis.build_storage().expect("it builds");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		assert_eq!(Governance::network_id(), [7; 32]);
	});
}
