//! Changes of what is stored, from one release to the next.

use super::*;
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use frame_support::{
	traits::{Get, OnRuntimeUpgrade},
	weights::Weight,
	BoundedVec,
};
use pallet_session::Pallet as Session;

/// From a runtime whose validators stay as its genesis names them: the council starts with those of the present session.
pub struct AdoptSessionValidators<T>(core::marker::PhantomData<T>);

impl<T: Config> OnRuntimeUpgrade for AdoptSessionValidators<T> {
	fn on_runtime_upgrade() -> Weight {
		if !Validators::<T>::get().is_empty() {
			return T::DbWeight::get().reads(1);
		}
		Validators::<T>::put(BoundedVec::truncate_from(Session::<T>::validators()));
		// From the session after the next one on, the chain knows who its validators were.
		Pallet::<T>::rotate_soon();
		T::DbWeight::get().reads_writes(2, 2)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
		Ok(codec::Encode::encode(&Session::<T>::validators()))
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		let before: Vec<credio_primitives::AccountId> = codec::Decode::decode(&mut &before[..])
			.map_err(|_| "what was noted before the upgrade cannot be read")?;
		let adopted = Validators::<T>::get();
		frame_support::ensure!(!adopted.is_empty(), "there are no validators");
		frame_support::ensure!(
			before.iter().all(|validator| adopted.contains(validator)),
			"a validator of the session is missing"
		);
		Ok(())
	}
}
