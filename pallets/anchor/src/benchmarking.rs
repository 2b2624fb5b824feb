//! Benchmarks.

use super::*;
use credio_primitives::{
	AccountId, Digest, OrganizationId, RecordId, Reference, Stream, StreamId, StreamName,
	StreamStatus, limits,
};
use frame_benchmarking::v2::*;
use frame_support::traits::Get;
use frame_system::RawOrigin;
use pallet_support::traits::{Membership, Streams as _};

const REFERENCE: Reference = Reference([1; 32]);
const DIGEST: Digest = Digest([2; 32]);

/// An account with all roles in an organization of its own.
fn admin<T: Config>() -> (AccountId, OrganizationId) {
	let who: AccountId = account("admin", 0, 0);
	let organization = T::Membership::benchmark_member(&who);
	T::Membership::benchmark_signer(&who);
	(who, organization)
}

/// A stream with entries in it, and one who may append to it, which takes so many grants to find out.
fn appender<T: Config>(grants_read: u32) -> Result<(StreamId, AccountId), BenchmarkError> {
	let (stream, who) = Pallet::<T>::benchmark_appender(grants_read)
		.ok_or(BenchmarkError::Stop("somebody may append"))?;
	for n in 10..20 {
		Pallet::<T>::do_anchor_digest(who.clone(), stream, Reference([n; 32]), DIGEST)?;
	}
	Ok((stream, who))
}

/// Whether the stream's eleventh entry is that under [`REFERENCE`].
fn is_appended<T: Config>(stream: &StreamId) -> bool {
	Pallet::<T>::record_at(stream, 10)
		.and_then(|id| Some((id, Headers::<T>::get(id)?.organization)))
		.is_some_and(|(id, organization)| id == RecordId::derive(organization, &REFERENCE))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn create_stream() {
		let (who, owner) = admin::<T>();
		StreamCounts::<T>::insert(owner, T::MaxStreamsPerOrganization::get().saturating_sub(1));
		let name = StreamName::truncate_from(alloc::vec![b'x'; limits::MAX_NAME_LENGTH as usize]);
		let id = StreamId::derive(owner, &name);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), name);
		assert!(Streams::<T>::contains_key(id));
	}

	#[benchmark]
	fn seal_stream() {
		let (who, owner) = admin::<T>();
		let id = Pallet::<T>::benchmark_stream(owner, &[b'x'; limits::MAX_NAME_LENGTH as usize]);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), id);
		let status = Streams::<T>::get(id).map(|Stream { status, .. }| status);
		assert_eq!(status, Some(StreamStatus::Sealed));
	}

	#[benchmark]
	fn anchor_digest(g: Linear<0, { limits::MAX_GRANTS_READ }>) -> Result<(), BenchmarkError> {
		let (stream, who) = appender::<T>(g)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), stream, REFERENCE, DIGEST);
		assert!(is_appended::<T>(&stream));
		Ok(())
	}

	#[benchmark]
	fn anchor_merkle(g: Linear<0, { limits::MAX_GRANTS_READ }>) -> Result<(), BenchmarkError> {
		let (stream, who) = appender::<T>(g)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), stream, REFERENCE, DIGEST, limits::MAX_MERKLE_LEAVES);
		assert!(is_appended::<T>(&stream));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
