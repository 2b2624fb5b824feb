//! Says that nothing becomes final, to whoever waits for something.

use crate::{output, session::Session};
use std::{convert::Infallible, time::Duration};
use tokio::time::sleep;

/// How long a command works without a word.
const FIRST: Duration = Duration::from_secs(15);
/// Between two looks at the chain.
const NEXT: Duration = Duration::from_secs(60);

/// Looks at the chain while a command takes long, and says so if finality stands still.
pub async fn tell(session: &Session) -> Infallible {
	let mut wait = FIRST;
	let mut told = false;
	loop {
		sleep(wait).await;
		wait = NEXT;
		let is_stalled = is_stalled(session).await.unwrap_or(false);
		if is_stalled && !told {
			output::note(&format!(
				"credio: nothing becomes final at {}: what was sent is decided once finality goes on, and the same \
				 command later finds it",
				session.node()
			));
		}
		told = is_stalled;
	}
}

/// Whether finality stands still; `None` if the node does not say.
async fn is_stalled(session: &Session) -> Option<bool> {
	session.connect_to_read().await.ok()?.is_stalled().await.ok()
}
