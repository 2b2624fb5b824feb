//! What extrinsics say about the requests in them, to the runtime and to a node.

use super::{genesis, weights::extension};
use crate::{
	configs::product::{MAX_NATIVE_DEPTH, Submitted, signer, submission},
	native::{Decoded, METADATA_HASH, SignatureCheck},
	*,
};
use codec::{Compact, Decode, Encode};
use credio_primitives::{
	Digest, RecordId, Reference, Request, RequestKey, StreamId, Submission, request::NotASubmission,
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

fn era_extension(era: generic::Era) -> pallet_idempotency::CheckMortality<Runtime> {
	pallet_idempotency::CheckMortality::from(era)
}

fn signed_by(who: Sr25519Keyring, call: RuntimeCall) -> Vec<u8> {
	let signature = Signature::Sr25519([0; 64].into());
	let address = Address::Id(who.to_account_id());
	UncheckedExtrinsic::new_signed(call, address, signature, extension()).encode()
}

/// Signed for the development chain, in an era.
fn really_signed(era: generic::Era, spec_version: u32) -> opaque::UncheckedExtrinsic {
	really_signed_with(era, spec_version, None)
}

/// The same, with a hash of the runtime's metadata signed along.
fn really_signed_with(
	era: generic::Era,
	spec_version: u32,
	metadata_hash: Option<[u8; 32]>,
) -> opaque::UncheckedExtrinsic {
	use sp_runtime::traits::TransactionExtension;
	let mut extensions = extension();
	extensions.4 = era_extension(era);
	let implicit = extensions.implicit().expect("the era's block is known");
	let implicit = (
		implicit.0,
		spec_version,
		implicit.2,
		implicit.3,
		implicit.4,
		implicit.5,
		implicit.6,
		implicit.7,
		metadata_hash,
		implicit.9,
	);
	if metadata_hash.is_some() {
		extensions.8 = frame_metadata_hash_extension::CheckMetadataHash::new(true);
	}
	let call = submit(calls());
	let payload = generic::SignedPayload::from_raw(call.clone(), extensions.clone(), implicit);
	let signature = payload.using_encoded(|payload| Sr25519Keyring::Bob.sign(payload));
	let address = Address::Id(Sr25519Keyring::Bob.to_account_id());
	let signed = UncheckedExtrinsic::new_signed(call, address, signature.into(), extensions);
	sp_runtime::OpaqueExtrinsic::try_from_encoded_extrinsic(&signed.encode())
		.expect("it is encoded")
}

fn verify(signature: &Signature, message: &[u8], signer: &AccountId) -> bool {
	signature.verify(message, signer)
}

fn check(extrinsic: &opaque::UncheckedExtrinsic, genesis: Hash) -> SignatureCheck {
	let decoded = Decoded::new(extrinsic, MAX_NATIVE_DEPTH).expect("it is one");
	decoded.check_signature(genesis, |_| Some(genesis), verify)
}

#[test]
fn a_node_checks_signatures_as_the_runtime_does() {
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		let genesis = System::block_hash(0);
		let good = really_signed(generic::Era::Immortal, VERSION.spec_version);
		assert_eq!(check(&good, genesis), SignatureCheck::Good);
		// Of another chain, of another runtime, and with a byte changed.
		assert_eq!(check(&good, Hash::repeat_byte(7)), SignatureCheck::Bad);
		let other = really_signed(generic::Era::Immortal, VERSION.spec_version + 1);
		assert_eq!(check(&other, genesis), SignatureCheck::Bad);
		let mut forged = good.encode();
		let own: [u8; 32] = Sr25519Keyring::Bob.to_account_id().into();
		let at = forged.windows(32).position(|bytes| bytes == own).expect("it names its signer");
		let victim: [u8; 32] = Sr25519Keyring::Alice.to_account_id().into();
		forged[at..at + 32].copy_from_slice(&victim);
		let forged = opaque::UncheckedExtrinsic::decode(&mut forged.as_slice()).expect("it is one");
		assert_eq!(check(&forged, genesis), SignatureCheck::Bad);
	});
}

#[test]
fn a_node_checks_the_metadatas_hash_as_the_runtime_does() {
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		let genesis = System::block_hash(0);
		let hash = METADATA_HASH.expect("the runtime has its pin");
		let signed = |hash| really_signed_with(generic::Era::Immortal, VERSION.spec_version, hash);
		assert_eq!(check(&signed(Some(hash)), genesis), SignatureCheck::Good);
		assert_eq!(check(&signed(Some([7; 32])), genesis), SignatureCheck::Bad);
	});
}

#[test]
fn what_only_the_runtime_can_check_is_left_to_it() {
	genesis(&genesis_presets::DEVELOPMENT.into()).execute_with(|| {
		let genesis = System::block_hash(0);
		let good = really_signed(generic::Era::Immortal, VERSION.spec_version);
		// An era with an unknown first block.
		let mortal = {
			let mut signed =
				UncheckedExtrinsic::decode(&mut good.encode().as_slice()).expect("it is one");
			if let generic::Preamble::Signed(_, _, extensions) = &mut signed.preamble {
				extensions.4 = era_extension(generic::Era::mortal(64, 0));
			}
			sp_runtime::OpaqueExtrinsic::try_from_encoded_extrinsic(&signed.encode())
				.expect("it is encoded")
		};
		let decoded = Decoded::new(&mortal, MAX_NATIVE_DEPTH).expect("it is one");
		assert_eq!(decoded.check_signature(genesis, |_| None, verify), SignatureCheck::Unknown);
		// Without a signer there is nothing to check.
		let bare = UncheckedExtrinsic::new_bare(remark());
		let bare = sp_runtime::OpaqueExtrinsic::try_from_encoded_extrinsic(&bare.encode())
			.expect("it is encoded");
		assert_eq!(check(&bare, genesis), SignatureCheck::Unknown);
	});
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
