//! What holds of this pallet's storage after every block.

use super::*;
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the storage is consistent.
	///
	/// - No account is a validator twice.
	/// - Only validators are disabled, and have their last change of keys kept.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let validators = Validators::<T>::get();
		let unique = validators.iter().collect::<BTreeSet<_>>();
		ensure!(unique.len() == validators.len(), "an account is a validator twice");
		ensure!(
			Disabled::<T>::iter_keys().all(|validator| unique.contains(&validator)),
			"an account that is no validator is disabled"
		);
		ensure!(
			KeysChanged::<T>::iter_keys().all(|validator| unique.contains(&validator)),
			"an account that is no validator has a last change of keys"
		);
		Ok(())
	}
}
