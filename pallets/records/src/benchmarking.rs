//! Benchmarks.

use super::*;
use credio_primitives::{
	AccountId, Digest, EntryBody, KeyEpoch, RecordId, RecordPayload, Reference, SequenceKey,
	StreamId,
	entry::ENVELOPE_V1,
	limits,
	object::{self, Acknowledgement},
};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use pallet_support::traits::{KeyEpochs, Streams};

const REFERENCE: Reference = Reference([1; 32]);
const DIGEST: Digest = Digest([2; 32]);

/// An envelope of so many bytes.
fn envelope(size: u32) -> alloc::vec::Vec<u8> {
	let mut bytes = alloc::vec![0xee; size as usize];
	bytes[0] = ENVELOPE_V1;
	bytes
}

/// A stream in its first epoch with a record in it, and one who may append to it, which takes so many grants to find
/// out.
fn appender<T: Config>(
	grants_read: u32,
) -> Result<(StreamId, AccountId, KeyEpoch, RecordId), BenchmarkError> {
	let (stream, who) = T::Streams::benchmark_appender(grants_read)
		.ok_or(BenchmarkError::Stop("somebody may append"))?;
	let epoch = T::KeyEpochs::benchmark_epoch(&stream);
	let reference = Reference([0; 32]);
	let size = 100;
	let body = EntryBody::Record { epoch, commitment: DIGEST, size, supersedes: None };
	let first = T::Streams::append(&who, &stream, &reference, body)?.entry;
	let payload = RecordPayload::truncate_from(envelope(size));
	Envelopes::<T>::insert(stream, SequenceKey::from(first.header.sequence), payload);
	Ok((stream, who, epoch, first.record_id))
}

/// Size of the payload under [`REFERENCE`], by the author of another record.
fn appended_size<T: Config>(of_the_same: &RecordId) -> Option<usize> {
	let organization = T::Streams::header(of_the_same)?.organization;
	Pallet::<T>::payload(&RecordId::derive(organization, &REFERENCE)).map(|payload| payload.len())
}

/// The object under [`REFERENCE`], by the author of a record.
fn object_of<T: Config>(of_the_same: &RecordId) -> Option<RecordId> {
	let organization = T::Streams::header(of_the_same)?.organization;
	let id = RecordId::derive(organization, &REFERENCE);
	let header = T::Streams::header(&id)?;
	matches!(header.body, EntryBody::Object { .. }).then_some(id)
}

/// An object, and an admin of its stream's owner.
fn erasable<T: Config>() -> Result<(AccountId, RecordId), BenchmarkError> {
	let (stream, who, epoch, first) = appender::<T>(0)?;
	let (commitment, root) = (DIGEST, DIGEST);
	let body = EntryBody::Object { epoch, commitment, root, size: 1, supersedes: None };
	Pallet::<T>::do_append_object(&who, &stream, &REFERENCE, body)?;
	let object = object_of::<T>(&first).ok_or(BenchmarkError::Stop("the object is there"))?;
	Ok((who, object))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn append(g: Linear<0, { limits::MAX_GRANTS_READ }>) -> Result<(), BenchmarkError> {
		let (stream, who, epoch, first) = appender::<T>(g)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), stream, REFERENCE, epoch, DIGEST, envelope(1), Some(first));
		assert_eq!(appended_size::<T>(&first), Some(1));
		Ok(())
	}

	#[benchmark]
	fn append_sized(b: Linear<1, { limits::MAX_PAYLOAD_SIZE }>) -> Result<(), BenchmarkError> {
		let (stream, who, epoch, first) = appender::<T>(0)?;
		let payload = envelope(b);
		#[extrinsic_call]
		append(RawOrigin::Signed(who), stream, REFERENCE, epoch, DIGEST, payload, Some(first));
		assert_eq!(appended_size::<T>(&first), Some(b as usize));
		Ok(())
	}

	#[benchmark]
	fn append_object(g: Linear<0, { limits::MAX_GRANTS_READ }>) -> Result<(), BenchmarkError> {
		let (stream, who, epoch, first) = appender::<T>(g)?;
		let size = limits::MAX_OBJECT_SIZE;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), stream, REFERENCE, epoch, DIGEST, DIGEST, size, Some(first));
		assert!(object_of::<T>(&first).is_some());
		Ok(())
	}

	#[benchmark]
	fn demand_objects() -> Result<(), BenchmarkError> {
		let (stream, who, ..) = appender::<T>(0)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), stream);
		assert!(Pallet::<T>::demands_objects(&stream));
		Ok(())
	}

	#[benchmark]
	fn erase() -> Result<(), BenchmarkError> {
		let (who, object) = erasable::<T>()?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), object);
		assert!(Erasures::<T>::contains_key(object));
		Ok(())
	}

	#[benchmark]
	fn acknowledge_erasure() -> Result<(), BenchmarkError> {
		let (who, object) = erasable::<T>()?;
		Pallet::<T>::do_erase(who.clone(), object)?;
		let given = (1..limits::MAX_ACKNOWLEDGEMENTS)
			.map(|n| Acknowledgement { organization: u32::MAX.saturating_sub(n), block: 1 })
			.collect::<alloc::vec::Vec<_>>();
		Acknowledgements::<T>::insert(object, object::Acknowledgements::truncate_from(given));
		#[extrinsic_call]
		_(RawOrigin::Signed(who), object);
		let given = Acknowledgements::<T>::get(object).len();
		assert_eq!(given, limits::MAX_ACKNOWLEDGEMENTS as usize);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
