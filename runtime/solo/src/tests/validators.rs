//! Equivocations are reported by nodes, without a signer, and disable who did it.

use super::genesis;
use crate::*;
use finality_grandpa::Prevote;
use frame_support::{
	assert_ok,
	traits::{Hooks, KeyOwnerProofSystem},
};
use pallet_grandpa::Call as GrandpaCall;
use sp_consensus_grandpa::{
	AuthorityId, AuthoritySignature, Equivocation, EquivocationProof, KEY_TYPE, localized_payload,
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::transaction_validity::{
	InvalidTransaction, TransactionSource, TransactionValidity,
};

fn run(test: impl FnOnce()) {
	genesis(&genesis_presets::LOCAL.into()).execute_with(|| {
		System::initialize(&1, &Default::default(), &Default::default());
		<Grandpa as Hooks<_>>::on_finalize(1);
		test();
	});
}

fn vote(who: Ed25519Keyring, block: u8) -> (Prevote<Hash, BlockNumber>, AuthoritySignature) {
	let vote = Prevote { target_hash: Hash::repeat_byte(block), target_number: 7 };
	let message = finality_grandpa::Message::Prevote(vote.clone());
	(vote, who.sign(&localized_payload(3, 0, &message)).into())
}

/// A report that `who` voted for these two blocks in one round.
fn report(who: Ed25519Keyring, blocks: [u8; 2]) -> RuntimeCall {
	let identity = AuthorityId::from(who.public());
	let key_owner_proof =
		Historical::prove((KEY_TYPE, identity.clone())).expect("the key is a validator's");
	let equivocation = finality_grandpa::Equivocation {
		round_number: 3,
		identity,
		first: vote(who, blocks[0]),
		second: vote(who, blocks[1]),
	};
	let proof = EquivocationProof::new(0, Equivocation::Prevote(equivocation));
	GrandpaCall::report_equivocation_unsigned {
		equivocation_proof: Box::new(proof),
		key_owner_proof,
	}
	.into()
}

fn validate(call: &RuntimeCall, source: TransactionSource) -> TransactionValidity {
	Executive::validate_transaction(
		source,
		UncheckedExtrinsic::new_bare(call.clone()),
		System::parent_hash(),
	)
}

#[test]
fn a_validator_that_votes_twice_is_disabled() {
	run(|| {
		let offender = Sr25519Keyring::Charlie.to_account_id();
		let call = report(Ed25519Keyring::Charlie, [1, 2]);
		assert!(validate(&call, TransactionSource::Local).is_ok());
		assert_ok!(
			Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.clone()))
				.expect("it may be in a block")
		);
		assert!(pallet_validators::Disabled::<Runtime>::contains_key(&offender));
		assert_eq!(Session::disabled_validators(), [2]);
		// Once is enough.
		let again = validate(&call, TransactionSource::Local);
		assert_eq!(again, Err(InvalidTransaction::Stale.into()));
		Session::on_initialize(2);
		Session::on_initialize(3);
		assert!(!Session::validators().contains(&offender));
		assert_eq!(Session::validators().len(), 3);
	});
}

#[test]
fn equivocation_report_from_outside_is_refused() {
	run(|| {
		let call = report(Ed25519Keyring::Charlie, [1, 2]);
		let refused = validate(&call, TransactionSource::External);
		assert_eq!(refused, Err(InvalidTransaction::Call.into()));
	});
}

#[test]
fn two_votes_for_the_same_block_are_no_offence() {
	run(|| {
		let call = report(Ed25519Keyring::Charlie, [1, 1]);
		let outcome = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call));
		assert!(outcome.expect("it may be in a block").is_err());
		assert_eq!(pallet_validators::Disabled::<Runtime>::iter().count(), 0);
	});
}

#[test]
fn every_preset_names_the_validators_that_have_keys() {
	for name in genesis_presets::names() {
		genesis(&name).execute_with(|| {
			let states = Validators::validator_states();
			assert!(!states.is_empty());
			assert!(states.iter().all(|state| state.chosen && state.active && state.has_keys));
			pallet_validators::Pallet::<Runtime>::integrity_test();
		});
	}
}
