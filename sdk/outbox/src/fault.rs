//! Why work with a node stops.

use super::error::OutboxError;
use credio_client::Error;

/// Why work with a node stops.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
	/// The outbox fails.
	#[error(transparent)]
	Outbox(#[from] OutboxError),
	/// The node fails; another one may work.
	#[error(transparent)]
	Node(#[from] Error),
}
