//! A request that waits in a lane does not vanish before its turn.

use crate::{mock::*, CheckMortality};
use codec::Encode;
use credio_primitives::{validity, Request};
use frame_support::{dispatch::GetDispatchInfo, weights::Weight};
use frame_system::CheckEra;
use sp_runtime::{
	generic::Era,
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
};

const NOW: u32 = 100;

fn ask(era: Era, call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
	let origin = RuntimeOrigin::signed(ALICE);
	let info = call.get_dispatch_info();
	CheckMortality::<Test>::from(era)
		.validate_only(origin, call, &info, 0, TransactionSource::External, 0)
		.map(|(valid, ..)| valid)
}

fn expiring(expires_at: u32) -> Request {
	Request { expires_at, ..request(1) }
}

fn submit(request: Request) -> RuntimeCall {
	submit_call(request, vec![add(1)])
}

fn run(test: impl FnOnce()) {
	build_and_execute(|| {
		System::set_block_number(NOW);
		// The block at which an era begins has to be known.
		frame_system::BlockHash::<Test>::insert(NOW, System::block_hash(0));
		test();
	});
}

#[test]
fn signers_see_check_mortality() {
	type Ours = CheckMortality<Test>;
	type Original = CheckEra<Test>;
	fn identifier<Extension: TransactionExtension<RuntimeCall>>() -> &'static str {
		Extension::IDENTIFIER
	}
	assert_eq!(identifier::<Ours>(), identifier::<Original>());
	run(|| {
		for era in [Era::Immortal, Era::mortal(64, NOW.into()), Era::mortal(4_096, NOW.into())] {
			let (ours, original) = (Ours::from(era), Original::from(era));
			assert_eq!(ours.encode(), original.encode());
			assert_eq!(ours.implicit(), original.implicit());
			let call = submit(request(1));
			let weight: Weight = ours.weight(&call);
			assert_eq!(weight, original.weight(&call));
		}
	});
}

#[test]
fn an_era_that_ends_before_the_expiry_is_refused_in_a_lane() {
	run(|| {
		let era = Era::mortal(64, NOW.into());
		let death = era.death(NOW.into()) as u32;
		let too_short = Err(InvalidTransaction::Custom(validity::ERA_TOO_SHORT).into());
		// The last block in which the transaction is good is the one before its death.
		assert!(ask(era, &submit(in_lane(expiring(death - 1), 0, 7))).is_ok());
		for expires_at in [death, death + 1, u32::MAX] {
			let call = submit(in_lane(expiring(expires_at), 0, 7));
			assert_eq!(ask(era, &call), too_short);
			assert!(ask(Era::Immortal, &call).is_ok());
		}
	});
}

#[test]
fn without_a_lane_every_era_is_good() {
	run(|| {
		let era = Era::mortal(4, NOW.into());
		let valid = ask(era, &submit(expiring(NOW + 150))).unwrap();
		assert_eq!(valid.longevity, era.death(NOW.into()) - u64::from(NOW));
		let remark = frame_system::Call::remark { remark: vec![] }.into();
		assert!(ask(era, &remark).is_ok());
	});
}
