//! What stands in for deposits on a chain without money.
//!
//! Pallets of the SDK ask for deposits to bound what they store. Here admission, quotas and the council bound it.

use crate::AccountId;
use frame_support::traits::tokens::{
	DepositConsequence, Fortitude, Preservation, Provenance, WithdrawConsequence, fungible,
};
use sp_runtime::{DispatchError, DispatchResult};

/// A currency that nobody has any of, for pallets with deposits set to zero.
#[derive(Debug)]
pub struct NoDeposit;

impl fungible::Inspect<AccountId> for NoDeposit {
	type Balance = u64;

	fn total_issuance() -> u64 {
		0
	}
	fn minimum_balance() -> u64 {
		0
	}
	fn total_balance(_: &AccountId) -> u64 {
		0
	}
	fn balance(_: &AccountId) -> u64 {
		0
	}
	fn reducible_balance(_: &AccountId, _: Preservation, _: Fortitude) -> u64 {
		0
	}
	fn can_deposit(_: &AccountId, amount: u64, _: Provenance) -> DepositConsequence {
		if amount == 0 { DepositConsequence::Success } else { DepositConsequence::Blocked }
	}
	fn can_withdraw(_: &AccountId, amount: u64) -> WithdrawConsequence<u64> {
		if amount == 0 { WithdrawConsequence::Success } else { WithdrawConsequence::BalanceLow }
	}
}

impl fungible::Unbalanced<AccountId> for NoDeposit {
	fn handle_dust(_: fungible::Dust<AccountId, Self>) {}

	fn write_balance(_: &AccountId, amount: u64) -> Result<Option<u64>, DispatchError> {
		if amount == 0 { Ok(None) } else { Err(DispatchError::Unavailable) }
	}

	fn set_total_issuance(_: u64) {}
}

impl fungible::Mutate<AccountId> for NoDeposit {}

impl fungible::hold::Inspect<AccountId> for NoDeposit {
	type Reason = crate::RuntimeHoldReason;

	fn total_balance_on_hold(_: &AccountId) -> u64 {
		0
	}
	fn balance_on_hold(_: &Self::Reason, _: &AccountId) -> u64 {
		0
	}
}

impl fungible::hold::Unbalanced<AccountId> for NoDeposit {
	fn set_balance_on_hold(_: &Self::Reason, _: &AccountId, amount: u64) -> DispatchResult {
		nothing(amount)
	}
}

impl fungible::hold::Mutate<AccountId> for NoDeposit {}

/// An imbalance of a currency that nobody has any of: always zero.
fn nothing(amount: u64) -> DispatchResult {
	if amount == 0 { Ok(()) } else { Err(DispatchError::Unavailable) }
}
