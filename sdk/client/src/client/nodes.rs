//! Which of several nodes to work with.

use super::connection::{finalized_at, ConnectOptions};
use credio_primitives::BlockNumber;
use futures::future::join_all;
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

/// How long finality may stand still at a node before the others are asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a node that is asked may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Resolves when no finalized block has been heard of for a while although one of `nodes` has one: the node that is
/// worked with is cut off from the others, or the connection to it is dead. Answers the position of the node that is
/// furthest. `heard` has the finalized blocks of the node that is worked with. Nodes that may not be used by these options
/// are left out, those of another chain than the pinned one among them.
pub async fn ahead_of(
	nodes: &[String],
	options: &ConnectOptions,
	mut heard: watch::Receiver<BlockNumber>,
) -> usize {
	loop {
		if let Ok(Ok(())) = timeout(PATIENCE, heard.changed()).await {
			continue;
		}
		let ask =
			|node| async move { timeout(ANSWER, finalized_at(node, options)).await.ok()?.ok() };
		let answers = join_all(nodes.iter().map(|node| ask(node))).await;
		let furthest = answers.into_iter().enumerate().max_by_key(|(_, finalized)| *finalized);
		if let Some((node, Some(finalized))) = furthest {
			if finalized > *heard.borrow_and_update() {
				return node;
			}
		}
	}
}
