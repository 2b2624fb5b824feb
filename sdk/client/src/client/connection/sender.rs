//! A sender with a timeout.
//!
//! The library detects silence on the receiving side only. While it sends to a node that reads nothing, it would block,
//! and all calls and subscriptions of the connection with it.

#![allow(clippy::trait_duplication_in_bounds, reason = "derived code")]

use jsonrpsee_core::client::TransportSenderT;
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// Timeout of closing a connection.
const CLOSE: Duration = Duration::from_secs(1);

/// A sender that fails if sending takes too long.
pub(super) struct ImpatientSender<Sender> {
	sender: Sender,
	limit: Duration,
}

impl<Sender> ImpatientSender<Sender> {
	pub(super) fn new(sender: Sender, limit: Duration) -> Self {
		Self { sender, limit }
	}
}

/// Why sending failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError<Failure: std::error::Error> {
	#[error(transparent)]
	Failed(Failure),
	#[error("it stopped reading")]
	Late,
}

async fn within<Failure: std::error::Error>(
	limit: Duration,
	sending: impl Future<Output = Result<(), Failure>>,
) -> Result<(), SendError<Failure>> {
	match timeout(limit, sending).await {
		Ok(sent) => sent.map_err(SendError::Failed),
		Err(_) => Err(SendError::Late),
	}
}

impl<Sender: TransportSenderT<Error: 'static> + Send> TransportSenderT for ImpatientSender<Sender> {
	type Error = SendError<Sender::Error>;

	async fn send(&mut self, message: String) -> Result<(), Self::Error> {
		within(self.limit, self.sender.send(message)).await
	}

	async fn send_ping(&mut self) -> Result<(), Self::Error> {
		within(self.limit, self.sender.send_ping()).await
	}

	async fn close(&mut self) -> Result<(), Self::Error> {
		within(CLOSE.min(self.limit), self.sender.close()).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::io;

	/// A sender that succeeds, fails, or never returns.
	#[derive(Clone, Copy)]
	enum Fake {
		Open,
		Broken,
		Stuck,
	}

	impl Fake {
		async fn run(self) -> Result<(), io::Error> {
			match self {
				Self::Open => Ok(()),
				Self::Broken => Err(io::ErrorKind::BrokenPipe.into()),
				Self::Stuck => std::future::pending().await,
			}
		}
	}

	impl TransportSenderT for Fake {
		type Error = io::Error;

		async fn send(&mut self, _: String) -> Result<(), io::Error> {
			self.run().await
		}

		async fn send_ping(&mut self) -> Result<(), io::Error> {
			self.run().await
		}

		async fn close(&mut self) -> Result<(), io::Error> {
			self.run().await
		}
	}

	#[tokio::test]
	async fn stuck_sender_fails_at_limit() {
		let mut sender = ImpatientSender::new(Fake::Stuck, Duration::ZERO);
		assert!(matches!(sender.send(String::new()).await, Err(SendError::Late)));
		assert!(matches!(sender.send_ping().await, Err(SendError::Late)));
		assert!(matches!(sender.close().await, Err(SendError::Late)));
	}

	#[tokio::test]
	async fn results_within_limit_are_returned() {
		let mut sender = ImpatientSender::new(Fake::Open, Duration::ZERO);
		assert!(sender.send(String::new()).await.is_ok());
		assert!(sender.close().await.is_ok());
		let mut sender = ImpatientSender::new(Fake::Broken, Duration::ZERO);
		assert!(matches!(sender.send(String::new()).await, Err(SendError::Failed(_))));
		assert!(matches!(sender.send_ping().await, Err(SendError::Failed(_))));
	}
}
