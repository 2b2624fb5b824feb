//! Clean-up in idle time.

use sp_runtime::Weight;

/// Returns how many items `remaining` allows, where `weight_of(n)` is the weight of `n` items; `None` if it does not even
/// allow to look.
pub fn affordable(remaining: Weight, weight_of: impl Fn(u32) -> Weight) -> Option<u32> {
	let base = weight_of(0);
	let budget = remaining.checked_sub(&base)?;
	let items = budget.checked_div_per_component(&weight_of(1).saturating_sub(base));
	Some(items.unwrap_or(u64::MAX).min(u32::MAX.into()) as u32)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn weight_of(items: u32) -> Weight {
		Weight::from_parts(10, 0)
			.saturating_add(Weight::from_parts(5, 1).saturating_mul(items.into()))
	}

	#[test]
	fn affordable_is_bounded_by_both_components() {
		assert_eq!(affordable(Weight::from_parts(9, 100), weight_of), None);
		assert_eq!(affordable(Weight::from_parts(14, 100), weight_of), Some(0));
		assert_eq!(affordable(Weight::from_parts(20, 100), weight_of), Some(2));
		assert_eq!(affordable(Weight::from_parts(100, 1), weight_of), Some(1));
	}

	#[test]
	fn items_without_weight_are_unbounded() {
		assert_eq!(affordable(Weight::from_parts(1, 1), |_| Weight::zero()), Some(u32::MAX));
	}
}
