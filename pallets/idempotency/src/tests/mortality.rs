//! A request that waits in a lane does not vanish before its turn, and a request signed before its signer joined an
//! organization does not act for it.

use crate::{CheckMortality, mock::*};
use codec::Encode;
use credio_primitives::{Request, validity};
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
		// The last block that the transaction is valid in is the one before its death.
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

fn remark() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![] }.into()
}

/// ALICE leaves ALPHA and joins BETA in the present block, some blocks after NOW.
fn run_after_a_move(test: impl FnOnce(u32)) {
	run(|| {
		let joined = NOW + 7;
		System::set_block_number(joined);
		move_to(ALICE, Some(BETA));
		for block in NOW..=joined + 1 {
			frame_system::BlockHash::<Test>::insert(block, System::block_hash(0));
		}
		System::set_block_number(joined + 2);
		test(joined);
	});
}

#[test]
fn what_was_signed_before_its_signer_joined_does_not_act_for_its_organization() {
	run_after_a_move(|joined| {
		let old = Err(InvalidTransaction::Custom(validity::SIGNED_BEFORE_JOINING).into());
		for born in [NOW, joined - 1] {
			assert_eq!(ask(Era::mortal(64, born.into()), &remark()), old);
		}
		for born in [joined, joined + 1] {
			assert!(ask(Era::mortal(64, born.into()), &remark()).is_ok());
		}
	});
}

#[test]
fn an_immortal_transaction_may_be_of_any_time() {
	run(|| assert!(ask(Era::Immortal, &remark()).is_ok(), "a member since the genesis"));
	run_after_a_move(|_| {
		let old = Err(InvalidTransaction::Custom(validity::SIGNED_BEFORE_JOINING).into());
		assert_eq!(ask(Era::Immortal, &remark()), old);
	});
}

#[test]
fn requests_name_their_organization_and_may_be_immortal() {
	run_after_a_move(|_| {
		assert!(ask(Era::Immortal, &submit(expiring(NOW + 150))).is_ok());
		assert!(ask(Era::mortal(64, NOW.into()), &submit(expiring(NOW + 150))).is_ok());
	});
}

#[test]
fn who_is_no_member_is_for_others_to_refuse() {
	run(|| {
		move_to(ALICE, None);
		assert!(ask(Era::Immortal, &remark()).is_ok());
	});
}
