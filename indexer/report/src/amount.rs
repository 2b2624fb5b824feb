//! Exact amounts.

use std::fmt;

/// An exact amount: `units` of 10^-`scale`. Amounts are added within one currency and one scale only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
	/// How many.
	pub units: i128,
	/// Fraction digits.
	pub scale: u8,
}

impl Amount {
	/// As a number that a chart can draw. It is not exact.
	#[must_use]
	pub fn approximate(self) -> f64 {
		// Far more digits than a chart has dots.
		self.units as f64 / 10f64.powi(i32::from(self.scale))
	}

	/// Returns the same amount with more fraction digits; `None` if it is too large, or the scale is smaller.
	#[must_use]
	pub fn with_scale(self, scale: u8) -> Option<Self> {
		let factor = 10i128.checked_pow(scale.checked_sub(self.scale)?.into())?;
		Some(Self { units: self.units.checked_mul(factor)?, scale })
	}
}

/// With commas between thousands, and two fraction digits or as many as it has more.
impl fmt::Display for Amount {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let width = usize::from(self.scale);
		let digits = format!("{:0>1$}", self.units.unsigned_abs(), width + 1);
		let (whole, fraction) = digits.split_at(digits.len() - width);
		let shown = fraction.trim_end_matches('0').len().max(width.min(2));
		let sign = if self.units < 0 { "\u{2212}" } else { "" };
		write!(f, "{sign}{}", crate::format::grouped(whole))?;
		match &fraction[..shown] {
			"" => Ok(()),
			fraction => write!(f, ".{fraction}"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amounts_are_shown_exactly() {
		for (units, scale, shown) in [
			(0, 4, "0.00"),
			(27_478_200, 4, "2,747.82"),
			(27_478_201, 4, "2,747.8201"),
			(-1, 4, "\u{2212}0.0001"),
			(1_234_567, 0, "1,234,567"),
			(-123_456_789_012, 2, "\u{2212}1,234,567,890.12"),
			(5, 1, "0.5"),
		] {
			assert_eq!(Amount { units, scale }.to_string(), shown);
		}
		assert_eq!(
			Amount { units: 15, scale: 1 }.with_scale(3),
			Some(Amount { units: 1_500, scale: 3 })
		);
		assert_eq!(Amount { units: i128::MAX, scale: 0 }.with_scale(1), None);
	}
}
