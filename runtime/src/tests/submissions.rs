//! What extrinsics say about the requests in them, to the runtime and to a node.

use super::{genesis, weights::extension};
use crate::{
	configs::product::{signer, submission, Submitted, MAX_NATIVE_DEPTH},
	*,
};
use codec::{Compact, Decode, Encode};
use credio_primitives::{
	request::NotASubmission, Digest, RecordId, Reference, Request, RequestKey, StreamId, Submission,
};
use frame_support::MAX_EXTRINSIC_DEPTH;
use sp_keyring::Sr25519Keyring;

const REQUEST: Request =
	Request { organization: 1, key: RequestKey([1; 32]), expires_at: 9, lane: None };
const REFERENCE: Reference = Reference([2; 32]);
/// A thread of tokio has twice as much.
const STACK: usize = 1024 * 1024;

fn remark() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![0; 3] }.into()
}

fn calls() -> Vec<RuntimeCall> {
	let commitment = Default::default();
	let stream = StreamId([3; 32]);
	let anchor = pallet_anchor::Call::anchor_digest { stream, reference: REFERENCE, commitment };
	vec![remark(), anchor.into()]
}

fn submit(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_idempotency::Call::submit { request: REQUEST, calls }.into()
}

/// A remark in so many batches, one in the other.
fn nested(depth: u32) -> Vec<RuntimeCall> {
	(0..depth).fold(vec![remark()], |calls, _| vec![pallet_utility::Call::batch { calls }.into()])
}

fn signed_by(who: Sr25519Keyring, call: RuntimeCall) -> Vec<u8> {
	let signature = Signature::Sr25519([0; 64].into());
	let address = Address::Id(who.to_account_id());
	UncheckedExtrinsic::new_signed(call, address, signature, extension()).encode()
}

#[test]
fn a_submission_is_told_by_runtime_and_node_alike() {
	let extrinsic = signed_by(Sr25519Keyring::Bob, submit(calls()));
	let expected = Submission {
		signer: Sr25519Keyring::Bob.to_account_id(),
		organization: 1,
		request: REQUEST,
		body_digest: Digest(sp_io::hashing::blake2_256(&calls().encode())),
		record_ids: vec![RecordId::derive(1, &REFERENCE)],
	};
	// Without a state, as a node does it.
	let submitted = Submitted::decode(&extrinsic, MAX_NATIVE_DEPTH).expect("it is one");
	assert_eq!(submitted.signer, expected.signer);
	assert_eq!(submitted.of(Some(1)), Ok(expected.clone()));
	genesis(&genesis_presets::DEVELOPMENT.into())
		.execute_with(|| assert_eq!(submission(&extrinsic), Ok(expected)));
}

#[test]
fn what_is_no_submission_is_told_with_the_reason() {
	let extrinsic = signed_by(Sr25519Keyring::Bob, submit(calls()));
	let foreign = signed_by(Sr25519Keyring::One, submit(calls()));
	// A member of the second channel.
	let of_another = signed_by(Sr25519Keyring::Charlie, submit(calls()));
	let remark_signed = signed_by(Sr25519Keyring::One, remark());
	let cut = &extrinsic[..extrinsic.len() - 1];
	let longer = [extrinsic.as_slice(), &[0]].concat();
	let bare = UncheckedExtrinsic::new_bare(submit(calls())).encode();
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		for (extrinsic, reason) in [
			(&[][..], NotASubmission::Undecodable),
			(cut, NotASubmission::Undecodable),
			(longer.as_slice(), NotASubmission::Undecodable),
			(bare.as_slice(), NotASubmission::Unsigned),
			(remark_signed.as_slice(), NotASubmission::OtherCall),
			(foreign.as_slice(), NotASubmission::NotAMember),
			(of_another.as_slice(), NotASubmission::OtherOrganization),
		] {
			assert_eq!(submission(extrinsic), Err(reason));
		}
	});
}

#[test]
fn a_length_that_is_not_the_extrinsics_sets_nothing_aside() {
	let extrinsic = signed_by(Sr25519Keyring::Bob, submit(calls()));
	let mut content = extrinsic.as_slice();
	Compact::<u32>::decode(&mut content).expect("a length");
	for length in [0, u32::MAX] {
		let claimed = [Compact(length).encode().as_slice(), content].concat();
		let refused = Submitted::decode(&claimed, MAX_NATIVE_DEPTH).map(|_| ());
		assert_eq!(refused, Err(NotASubmission::Undecodable));
	}
}

#[test]
fn calls_that_are_nested_deeper_are_left_to_the_runtime() {
	// The calls of the request are a level too.
	let extrinsic = |batches| signed_by(Sr25519Keyring::Bob, submit(nested(batches)));
	let decode = |extrinsic: Vec<u8>, depth| {
		let decode = move || Submitted::decode(&extrinsic, depth).map(|_| ());
		let thread = std::thread::Builder::new().stack_size(STACK);
		thread.spawn(decode).expect("there are threads").join().expect("its stack is enough")
	};
	assert_eq!(decode(extrinsic(MAX_NATIVE_DEPTH - 1), MAX_NATIVE_DEPTH), Ok(()));
	let deeper = extrinsic(MAX_NATIVE_DEPTH);
	assert_eq!(decode(deeper.clone(), MAX_NATIVE_DEPTH), Err(NotASubmission::Undecodable));
	let submitted = Submitted::decode(&deeper, MAX_EXTRINSIC_DEPTH).map(|_| ());
	assert_eq!(submitted, Ok(()));
}

#[test]
fn a_signer_is_told_whatever_was_signed() {
	let opaque = |extrinsic: Vec<u8>| {
		opaque::UncheckedExtrinsic::try_from_encoded_extrinsic(&extrinsic).expect("bytes")
	};
	let bob = Sr25519Keyring::Bob.to_account_id();
	for call in [submit(calls()), remark()] {
		assert_eq!(signer(&opaque(signed_by(Sr25519Keyring::Bob, call))), Some(bob.clone()));
	}
	assert_eq!(signer(&opaque(UncheckedExtrinsic::new_bare(remark()).encode())), None);
	assert_eq!(signer(&opaque(vec![1u8, 2, 3].encode())), None);
}
