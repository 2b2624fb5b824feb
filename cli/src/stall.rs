//! Warns that finality has stalled while a command waits.

use crate::{output, session::Session};
use std::{convert::Infallible, time::Duration};
use tokio::time::sleep;

/// How long a command runs before the first check.
const FIRST: Duration = Duration::from_secs(15);
/// Time between checks.
const NEXT: Duration = Duration::from_secs(60);

/// Checks the chain while a command runs long, and warns once if finality has stalled.
pub(crate) async fn watch(session: &Session) -> Infallible {
	let mut wait = FIRST;
	let mut was_stalled = false;
	loop {
		sleep(wait).await;
		wait = NEXT;
		let is_stalled = is_stalled(session).await.unwrap_or(false);
		if is_stalled && !was_stalled {
			output::note(&format!(
				"warning: nothing becomes final at {}: requests are decided once finality resumes, and the same command \
				 finds their outcome later",
				session.node()
			));
		}
		was_stalled = is_stalled;
	}
}

/// Returns whether finality has stalled; `None` if the node does not respond.
async fn is_stalled(session: &Session) -> Option<bool> {
	session.connect_to_read().await.ok()?.is_stalled().await.ok()
}
