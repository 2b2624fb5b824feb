//! Benchmarks.

use super::*;
use credio_primitives::{
	AccountId, Endpoint, Endpoints, OrganizationId, OrganizationName, PublicKey, Quota, Roles,
	limits,
};
use frame_benchmarking::v2::*;
use frame_support::{
	dispatch::{DispatchInfo, PostDispatchInfo},
	traits::{EnsureOrigin, OriginTrait},
	weights::Weight,
};
use frame_system::RawOrigin;
use pallet_support::traits::Membership;
use sp_runtime::traits::{AsTransactionAuthorizedOrigin, DispatchTransaction, Dispatchable};

const KEY: PublicKey = PublicKey([9; 32]);

/// An account with all roles in an organization of its own.
fn admin<T: Config>(seed: u32) -> (AccountId, OrganizationId) {
	let who: AccountId = account("admin", seed, 0);
	let organization = Pallet::<T>::benchmark_member(&who);
	(who, organization)
}

fn council<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::CouncilOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

#[benchmarks(
	where
		T: Send + Sync,
		T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>
			+ From<frame_system::Call<T>>,
		T::RuntimeOrigin: AsTransactionAuthorizedOrigin + OriginTrait<AccountId = AccountId>,
)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn admit() -> Result<(), BenchmarkError> {
		let origin = council::<T>()?;
		let name = OrganizationName::truncate_from(alloc::vec![b'x'; 64]);
		let who: AccountId = account("admin", 0, 0);
		let id = NextOrganizationId::<T>::get();
		// The dearest case: the account has been a member before.
		frame_system::Pallet::<T>::inc_providers(&who);
		FormerMembers::<T>::insert(&who, ());
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, name, who, KEY, None);
		assert!(Organizations::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn suspend() -> Result<(), BenchmarkError> {
		let origin = council::<T>()?;
		let (_, id) = admin::<T>(0);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id);
		assert!(!Pallet::<T>::is_active(id));
		Ok(())
	}

	#[benchmark]
	fn reinstate() -> Result<(), BenchmarkError> {
		let origin = council::<T>()?;
		let (_, id) = admin::<T>(0);
		Pallet::<T>::do_suspend(id)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id);
		assert!(Pallet::<T>::is_active(id));
		Ok(())
	}

	#[benchmark]
	fn set_quota() -> Result<(), BenchmarkError> {
		let origin = council::<T>()?;
		let (_, id) = admin::<T>(0);
		let quota = Quota { bytes: 1, ref_time: 2 };
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id, quota);
		assert_eq!(Organizations::<T>::get(id).map(|o| o.quota), Some(quota));
		Ok(())
	}

	#[benchmark]
	fn add_member() {
		let (who, id) = admin::<T>(0);
		let new: AccountId = account("member", 0, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), new.clone(), Roles::ALL);
		assert_eq!(Members::<T>::get(new).map(|m| m.organization), Some(id));
	}

	#[benchmark]
	fn set_roles() -> Result<(), BenchmarkError> {
		let (who, _) = admin::<T>(0);
		let other: AccountId = account("member", 0, 0);
		Pallet::<T>::do_add_member(who.clone(), other.clone(), Roles::default())?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), other.clone(), Roles::ALL);
		assert_eq!(Members::<T>::get(other).map(|m| m.roles), Some(Roles::ALL));
		Ok(())
	}

	#[benchmark]
	fn remove_member() -> Result<(), BenchmarkError> {
		let (who, _) = admin::<T>(0);
		let other: AccountId = account("member", 0, 0);
		Pallet::<T>::do_add_member(who.clone(), other.clone(), Roles::ALL)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), other.clone());
		assert!(!Members::<T>::contains_key(other));
		Ok(())
	}

	#[benchmark]
	fn rotate_key() {
		let (who, id) = admin::<T>(0);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), KEY);
		assert!(EncryptionKeys::<T>::contains_key(id, 1));
	}

	#[benchmark]
	fn set_endpoints() {
		let (who, id) = admin::<T>(0);
		let mut url = b"https://".to_vec();
		url.resize(limits::MAX_ENDPOINT_LENGTH as usize, b'a');
		let endpoint = Endpoint::truncate_from(url);
		let all = alloc::vec![endpoint; limits::MAX_ENDPOINTS as usize];
		let endpoints = Endpoints::truncate_from(all);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), endpoints.clone());
		assert_eq!(AnnouncedEndpoints::<T>::get(id), endpoints);
	}

	#[benchmark]
	fn check_quota() -> Result<(), BenchmarkError> {
		let (who, id) = admin::<T>(0);
		let call: T::RuntimeCall = frame_system::Call::<T>::remark { remark: alloc::vec![] }.into();
		let info = DispatchInfo { call_weight: Weight::from_parts(100, 0), ..Default::default() };
		let unspent =
			PostDispatchInfo { actual_weight: Some(Weight::zero()), ..Default::default() };
		#[block]
		{
			CheckQuota::<T>::new()
				.test_run(RawOrigin::Signed(who).into(), &call, &info, 10, 0, |_| Ok(unspent))
				.map_err(|_| BenchmarkError::Stop("the transaction is not valid"))?
				.map_err(|_| BenchmarkError::Stop("the call failed"))?;
		}
		assert_eq!(QuotaUses::<T>::get(id).bytes, 10);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
