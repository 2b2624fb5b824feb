use crate::{mock::*, Event};
use frame_support::{assert_noop, assert_ok};
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
fn nobody_else_dispatches_as_root() {
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
