//! Wrapped keys open for their recipient only.

use credio_envelope::{
	Context, Error, OwnerPsk, SecretKey, StreamSecret, WRAPPED_LENGTH, WrapContext,
};
use credio_primitives::{Digest, PublicKey, RecordId, Resource, StreamId};
use zeroize::Zeroizing;

fn random(n: u8) -> Zeroizing<[u8; 32]> {
	Zeroizing::new([n; 32])
}

fn wrap_context() -> WrapContext {
	WrapContext {
		genesis: Digest([1; 32]),
		resource: Resource::Stream(StreamId([2; 32])),
		epoch: 3,
		organization: 4,
		key_version: 5,
	}
}

fn wrapped(to: &SecretKey) -> Vec<u8> {
	let secret = StreamSecret::from_random(&random(7));
	secret.wrap(&wrap_context(), &to.public(), &random(8)).expect("a good key")
}

#[test]
fn stream_secret_round_trips() {
	let key = SecretKey::from_bytes(&random(6));
	let wrapped = wrapped(&key);
	assert_eq!(wrapped.len(), WRAPPED_LENGTH);
	let opened = key.unwrap_stream_secret(&wrap_context(), &wrapped).unwrap();
	let context = Context {
		genesis: Digest([1; 32]),
		stream: StreamId([2; 32]),
		epoch: 3,
		record_id: RecordId([4; 32]),
	};
	let sealed =
		StreamSecret::from_random(&random(7)).seal(&context, "text/plain", b"document").unwrap();
	assert_eq!(&**opened.open(&context, &sealed.payload).unwrap().bytes, b"document");

	// So does the data key of one record.
	let data_key = opened.data_key_of(&context, &sealed.payload).unwrap();
	let wrap_context =
		WrapContext { resource: Resource::Record(context.record_id), ..wrap_context() };
	let wrapped = data_key.wrap(&wrap_context, &key.public(), &random(9)).unwrap();
	let data_key = key.unwrap_data_key(&wrap_context, &wrapped).unwrap();
	assert_eq!(&**data_key.open(&context, &sealed.payload).unwrap().bytes, b"document");
}

#[test]
fn owner_opens_only_own_wrapping() {
	let key = SecretKey::from_bytes(&random(6));
	let (ours, another) = (OwnerPsk::derive(&[1; 32]), OwnerPsk::derive(&[2; 32]));
	let secret = StreamSecret::from_random(&random(7));
	let wrap = |owner: &OwnerPsk| {
		secret.wrap_to_self(&wrap_context(), &key.public(), owner, &random(8)).unwrap()
	};
	let open = |wrapped: &[u8]| {
		key.unwrap_own_stream_secret(&wrap_context(), &ours, wrapped)
			.map(|secret| secret.commitment(&Digest([1; 32]), &StreamId([2; 32]), 3))
	};
	let own = wrap(&ours);
	assert_eq!(own.len(), WRAPPED_LENGTH);
	assert_eq!(open(&own), Ok(secret.commitment(&Digest([1; 32]), &StreamId([2; 32]), 3)));
	// Anyone can wrap to a public key in base mode, with the right context.
	assert_eq!(open(&wrapped(&key)), Err(Error::UnwrapFailed));
	// Or in PSK mode, under another secret.
	assert_eq!(open(&wrap(&another)), Err(Error::UnwrapFailed));
	// The owner's own secret does not open as another organization's.
	let as_given = key.unwrap_stream_secret(&wrap_context(), &own).map(|_| ());
	assert_eq!(as_given, Err(Error::UnwrapFailed));
	for other in [
		WrapContext { epoch: 9, ..wrap_context() },
		WrapContext { key_version: 9, ..wrap_context() },
	] {
		let opened = key.unwrap_own_stream_secret(&other, &ours, &own).map(|_| ());
		assert_eq!(opened, Err(Error::UnwrapFailed));
	}
}

#[test]
fn other_recipient_or_context_does_not_open() {
	let key = SecretKey::from_bytes(&random(6));
	let wrapped = wrapped(&key);
	let open = |key: &SecretKey, context: WrapContext| {
		key.unwrap_stream_secret(&context, &wrapped).map(|_| ())
	};
	assert_eq!(open(&key, wrap_context()), Ok(()));
	let other_key = SecretKey::from_bytes(&random(9));
	assert_eq!(open(&other_key, wrap_context()), Err(Error::UnwrapFailed));
	for other in [
		WrapContext { genesis: Digest([9; 32]), ..wrap_context() },
		WrapContext { resource: Resource::Stream(StreamId([9; 32])), ..wrap_context() },
		WrapContext { resource: Resource::Record(RecordId([2; 32])), ..wrap_context() },
		WrapContext { epoch: 9, ..wrap_context() },
		WrapContext { organization: 9, ..wrap_context() },
		WrapContext { key_version: 9, ..wrap_context() },
	] {
		assert_eq!(open(&key, other), Err(Error::UnwrapFailed));
	}
}

#[test]
fn wrong_length_is_refused() {
	let key = SecretKey::from_bytes(&random(6));
	let mut wrapped = wrapped(&key);
	wrapped.push(0);
	for length in [0, 1, 32, 79, 81] {
		assert_eq!(
			key.unwrap_stream_secret(&wrap_context(), &wrapped[..length]).map(|_| ()),
			Err(Error::WrappedKeyLength { length })
		);
	}
}

#[test]
fn every_flipped_bit_is_refused() {
	let key = SecretKey::from_bytes(&random(6));
	let wrapped = wrapped(&key);
	for bit in 0..wrapped.len() * 8 {
		let mut flipped = wrapped.clone();
		flipped[bit / 8] ^= 1 << (bit % 8);
		let opened = key.unwrap_stream_secret(&wrap_context(), &flipped);
		assert!(opened.is_err(), "bit {bit}");
	}
}

#[test]
fn points_of_low_order_are_refused() {
	let key = SecretKey::from_bytes(&random(6));
	let secret = StreamSecret::from_random(&random(7));
	let mut one = [0; 32];
	one[0] = 1;
	for point in [[0; 32], one] {
		assert_eq!(
			secret.wrap(&wrap_context(), &PublicKey(point), &random(8)),
			Err(Error::InvalidPoint)
		);
		let mut wrapped = wrapped(&key);
		wrapped[..32].copy_from_slice(&point);
		assert_eq!(
			key.unwrap_stream_secret(&wrap_context(), &wrapped).map(|_| ()),
			Err(Error::InvalidPoint)
		);
	}
}

#[test]
fn development_keys_match_genesis() {
	for organization in credio_primitives::development::ORGANIZATIONS {
		let secret = credio_primitives::development::encryption_secret(organization.name);
		let key = SecretKey::from_bytes(&Zeroizing::new(secret));
		assert_eq!(key.public(), organization.encryption_key, "{}", organization.name);
	}
}

#[test]
fn secret_commitment_binds_stream_and_epoch() {
	let (secret, other) =
		(StreamSecret::from_random(&random(7)), StreamSecret::from_random(&random(8)));
	let (genesis, stream) = (Digest([1; 32]), StreamId([2; 32]));
	let commitment = secret.commitment(&genesis, &stream, 3);
	assert!(secret.is_committed(&genesis, &stream, 3, &commitment));
	assert!(!other.is_committed(&genesis, &stream, 3, &commitment));
	assert!(!secret.is_committed(&Digest([9; 32]), &stream, 3, &commitment));
	assert!(!secret.is_committed(&genesis, &StreamId([9; 32]), 3, &commitment));
	assert!(!secret.is_committed(&genesis, &stream, 4, &commitment));
}
