//! Benchmarks. The calls in the requests are remarks, which do next to nothing; the filter for calls in requests is
//! left out, since runtimes allow no remarks there.

use super::*;
use alloc::{vec, vec::Vec};
use credio_primitives::{
	AccountId, LanePosition, OrganizationId, Outcome, Request, RequestKey, limits,
};
use frame_benchmarking::v2::*;
use frame_support::{traits::Get, weights::Weight};
use frame_system::RawOrigin;
use pallet_support::traits::{Membership, Role};

/// Steps of clean-up that are measured.
const MAX_STEPS: u32 = 1_000;

/// Bytes of calls that a block can hold.
const MAX_BYTES: u32 = 3 * 1024 * 1024;

fn caller<T: Config>() -> (AccountId, OrganizationId) {
	let who: AccountId = account("gateway", 0, 0);
	let organization = T::Membership::benchmark_member(&who);
	T::Membership::benchmark_signer(&who);
	(who, organization)
}

fn request<T: Config>(organization: OrganizationId, n: u32) -> Request {
	let mut key = [0; 32];
	key[..4].copy_from_slice(&n.to_le_bytes());
	let expires_at = Pallet::<T>::now().saturating_add(T::MaxRequestLifetime::get());
	// Each in a lane of its own, so that each is next.
	let lane = (n < limits::MAX_LANES).then_some(LanePosition { lane: n, sequence: 0 });
	Request { organization, key: RequestKey(key), expires_at, lane }
}

/// `c` calls of about `b` bytes together.
fn calls<T: Config>(c: u32, b: u32) -> Vec<<T as Config>::RuntimeCall> {
	let remark = vec![0; (b / c) as usize];
	(0..c).map(|_| frame_system::Call::<T>::remark { remark: remark.clone() }.into()).collect()
}

fn submit_request<T: Config>(
	origin: T::RuntimeOrigin,
	request: Request,
	calls: Vec<<T as Config>::RuntimeCall>,
) -> Result<(), BenchmarkError> {
	Pallet::<T>::do_submit(origin, request, calls, |_| Some(Role::Any)).map_err(|e| e.error)?;
	Ok(())
}

fn is_applied<T: Config>(request: &Request) -> bool {
	let receipt = Receipts::<T>::get(request.organization, request.key);
	receipt.is_some_and(|receipt| receipt.outcome == Outcome::Applied)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn submit(c: Linear<1, 64>) -> Result<(), BenchmarkError> {
		let (who, organization) = caller::<T>();
		let request = request::<T>(organization, 0);
		let calls = calls::<T>(c, 0);
		let origin = RawOrigin::Signed(who).into();
		#[block]
		{
			submit_request::<T>(origin, request, calls)?;
		}
		assert!(is_applied::<T>(&request));
		Ok(())
	}

	#[benchmark]
	fn submit_sized(b: Linear<0, MAX_BYTES>) -> Result<(), BenchmarkError> {
		let (who, organization) = caller::<T>();
		let request = request::<T>(organization, 0);
		let calls = calls::<T>(1, b);
		let origin = RawOrigin::Signed(who).into();
		#[block]
		{
			submit_request::<T>(origin, request, calls)?;
		}
		assert!(is_applied::<T>(&request));
		Ok(())
	}

	#[benchmark]
	fn repeat(b: Linear<0, MAX_BYTES>) -> Result<(), BenchmarkError> {
		let (who, organization) = caller::<T>();
		let request = request::<T>(organization, 0);
		let first = calls::<T>(64, b);
		let again = first.clone();
		let origin: T::RuntimeOrigin = RawOrigin::Signed(who).into();
		submit_request::<T>(origin.clone(), request, first)?;
		#[block]
		{
			submit_request::<T>(origin, request, again)?;
		}
		assert_eq!(Receipts::<T>::iter_keys().count(), 1);
		Ok(())
	}

	#[benchmark]
	fn remove_receipts(n: Linear<0, MAX_STEPS>) -> Result<(), BenchmarkError> {
		let (who, organization) = caller::<T>();
		for i in 0..n {
			let origin = RawOrigin::Signed(who.clone()).into();
			submit_request::<T>(origin, request::<T>(organization, i), calls::<T>(1, 0))?;
		}
		let bucket = Pallet::<T>::removal_bucket(request::<T>(organization, 0).expires_at);
		OldestBucket::<T>::put(bucket);
		let due = bucket.saturating_add(1).saturating_mul(BUCKET_WIDTH);
		frame_system::Pallet::<T>::set_block_number(due.into());
		#[block]
		{
			Pallet::<T>::clean_up(Weight::MAX);
		}
		assert_eq!(Receipts::<T>::iter_keys().count(), 0);
		Ok(())
	}

	#[benchmark]
	fn check_request(b: Linear<0, MAX_BYTES>) -> Result<(), BenchmarkError> {
		let (who, organization) = caller::<T>();
		let request = request::<T>(organization, 0);
		let calls = calls::<T>(64, b);
		let valid;
		#[block]
		{
			valid = Pallet::<T>::validate_request(&who, &request, &calls, |_| Some(Role::Any));
		}
		assert!(valid.is_ok());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
