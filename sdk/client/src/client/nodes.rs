//! Choosing among several nodes.

use super::connection::{ConnectOptions, finalized_at};
use credio_primitives::BlockNumber;
use futures::future::join_all;
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

/// How long finality may stand still at a node before the others are asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// Timeout of asking a node.
const ANSWER: Duration = Duration::from_secs(5);

/// Resolves when the current node has reported no finalized block for a while and another one of `nodes` has a newer
/// one: the current node is cut off, or the connection is dead. Returns the position of the most advanced node. `heard`
/// has the finalized blocks of the current node. Skips nodes that the options exclude, such as nodes of another chain.
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
		if let Some((node, Some(finalized))) = furthest
			&& finalized > *heard.borrow_and_update()
		{
			return node;
		}
	}
}
