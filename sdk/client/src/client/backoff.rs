//! Retries of calls that a node refuses because of its rate limits.

use crate::error::{Error, Result};
use std::{
	future::Future,
	time::{Duration, Instant},
};

/// How long a call is retried. Many calls that are refused together take turns within this time.
const PATIENCE: Duration = Duration::from_secs(120);
/// Wait before the first retry; it doubles with each retry.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Maximum wait.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Makes a call until the node accepts it, it fails otherwise, or [`PATIENCE`] has passed.
pub(super) async fn back_off<Value, Call: Future<Output = Result<Value>>>(
	call: impl FnMut() -> Call,
) -> Result<Value> {
	let start = Instant::now();
	retry(|| start.elapsed() < PATIENCE, tokio::time::sleep, call).await
}

/// Makes a call again, after a pause, while it is rate limited and `has_time`.
async fn retry<Value, Call, Pause>(
	has_time: impl Fn() -> bool,
	pause: impl Fn(Duration) -> Pause,
	mut call: impl FnMut() -> Call,
) -> Result<Value>
where
	Call: Future<Output = Result<Value>>,
	Pause: Future<Output = ()>,
{
	let mut tries = 1;
	loop {
		match call().await {
			Err(Error::Refused(refusal)) if refusal.is_rate_limited() && has_time() => {
				pause(wait(tries)?).await;
				tries = tries.saturating_add(1);
			},
			other => return other,
		}
	}
}

/// Returns the wait before the next try: between half and all of a time that doubles, so that calls that were refused
/// together do not return together.
fn wait(tries: u32) -> Result<Duration> {
	let longest = FIRST_WAIT.saturating_mul(1 << (tries.saturating_sub(1)).min(16)).min(MAX_WAIT);
	let random = credio_vault::random()?;
	let share = u32::from(random[0]).saturating_add(256);
	Ok(longest.saturating_mul(share) / 512)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::error::Refusal;
	use credio_primitives::error_codes as codes;
	use std::{cell::Cell, future::ready};

	fn refusal(code: i32) -> Error {
		Error::Refused(Refusal { code, message: String::new(), remedy: None, reason: None })
	}

	/// Makes a call that is refused `times` times, with time for `retries`. Returns its tries and whether it succeeded.
	async fn tries(times: u32, retries: u32, code: i32) -> (u32, bool) {
		let (made, paused) = (Cell::new(0), Cell::new(0));
		let call = || {
			made.set(made.get() + 1);
			ready(if made.get() <= times { Err(refusal(code)) } else { Ok(()) })
		};
		let pause = |_| {
			paused.set(paused.get() + 1);
			ready(())
		};
		let result = retry(|| paused.get() < retries, pause, call).await;
		(made.get(), result.is_ok())
	}

	#[tokio::test]
	async fn rate_limited_call_is_retried() {
		assert_eq!(tries(2, 9, codes::RATE_LIMITED).await, (3, true));
	}

	#[tokio::test]
	async fn call_fails_after_patience() {
		assert_eq!(tries(u32::MAX, 4, codes::SERVER_BUSY).await, (5, false));
	}

	#[tokio::test]
	async fn other_refusals_are_not_retried() {
		assert_eq!(tries(2, 9, codes::ACCESS_DENIED).await, (1, false));
		assert_eq!(tries(2, 9, codes::QUOTA_EXCEEDED).await, (1, false));
	}

	#[test]
	fn waits_grow_to_limit() {
		for tries in 1..100 {
			let wait = wait(tries).unwrap();
			assert!(wait >= FIRST_WAIT / 2 && wait <= MAX_WAIT, "{tries}: {wait:?}");
		}
		assert!(wait(1).unwrap() <= FIRST_WAIT);
		assert!(wait(20).unwrap() >= MAX_WAIT / 2);
	}
}
