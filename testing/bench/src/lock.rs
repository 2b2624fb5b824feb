//! Locks under which nothing panics half-way.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks it.
pub fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
	of.lock().unwrap_or_else(PoisonError::into_inner)
}
