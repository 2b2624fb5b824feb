//! Benchmarks.

use super::*;
use codec::Decode;
use credio_primitives::{AccountId, ValidatorOffence};
use frame_benchmarking::v2::*;
use frame_support::{
	BoundedVec,
	traits::{EnsureOrigin, Get},
};
use pallet_session::NextKeys;

/// As many validators as there can be, `but` some, all of them disabled but the last.
fn validators<T: Config>(but: u32) -> Result<(), BenchmarkError> {
	let keys = T::Keys::decode(&mut sp_runtime::traits::TrailingZeroInput::zeroes())
		.map_err(|_| BenchmarkError::Stop("zeroes are keys"))?;
	let count = T::MaxValidators::get().saturating_sub(but);
	let mut all = BoundedVec::new();
	for number in 0..count {
		let validator: AccountId = account("validator", number, 0);
		NextKeys::<T>::insert(&validator, keys.clone());
		if number.saturating_add(1) < count {
			let offence = ValidatorOffence { session: 0, reported_at: 0 };
			Disabled::<T>::insert(&validator, offence);
		}
		all.try_push(validator).map_err(|_| BenchmarkError::Stop("they fit the bound"))?;
	}
	Validators::<T>::put(all);
	Ok(())
}

fn council<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::CouncilOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn add_validator() -> Result<(), BenchmarkError> {
		validators::<T>(1)?;
		let keys = T::Keys::decode(&mut sp_runtime::traits::TrailingZeroInput::zeroes())
			.map_err(|_| BenchmarkError::Stop("zeroes are keys"))?;
		let validator: AccountId = account("new", 0, 0);
		NextKeys::<T>::insert(&validator, keys);
		let origin = council::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, validator.clone());
		assert!(Validators::<T>::get().contains(&validator));
		Ok(())
	}

	#[benchmark]
	fn remove_validator() -> Result<(), BenchmarkError> {
		validators::<T>(0)?;
		// The only one that is not disabled is asked last.
		let validator: AccountId = account("validator", 0, 0);
		let origin = council::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, validator.clone());
		assert!(!Validators::<T>::get().contains(&validator));
		Ok(())
	}

	#[benchmark]
	fn reinstate_validator() -> Result<(), BenchmarkError> {
		validators::<T>(0)?;
		let validator: AccountId = account("validator", 0, 0);
		let origin = council::<T>()?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, validator.clone());
		assert!(!Disabled::<T>::contains_key(&validator));
		Ok(())
	}

	#[benchmark]
	fn resume_finality() -> Result<(), BenchmarkError> {
		validators::<T>(0)?;
		frame_system::Pallet::<T>::set_block_number(2u32.into());
		let all = Validators::<T>::get().into_inner();
		let (_, lost) = all.split_last().ok_or(BenchmarkError::Stop("there are validators"))?;
		for validator in lost {
			KeysChanged::<T>::insert(validator, 0);
		}
		let lost = BoundedVec::try_from(lost.to_vec())
			.map_err(|_| BenchmarkError::Stop("they fit the bound"))?;
		let origin =
			T::ForceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, lost, 1, 1);
		assert!(HeldStall::<T>::exists());
		Ok(())
	}

	/// The steps before the session pallet takes the keys.
	#[benchmark]
	fn set_keys() -> Result<(), BenchmarkError> {
		validators::<T>(0)?;
		let validator: AccountId = account("validator", 0, 0);
		#[block]
		{
			Pallet::<T>::note_change_of_keys(&validator)?;
		}
		assert!(KeysChanged::<T>::contains_key(&validator));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
