//! The node that a worker works with, and the problems of others.

/// The state of a worker with its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
	/// The node that it works with; `None` until it has reached one, or again.
	pub working_with: Option<String>,
	/// Problems of other nodes when they were last tried: for example, they could not be reached.
	pub problems: Vec<NodeProblem>,
}

/// The problem of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeProblem {
	/// The node.
	pub node: String,
	/// The problem, and what to do about it.
	pub problem: String,
}

impl Nodes {
	/// Whether every one of so many nodes has a problem.
	#[must_use]
	pub fn is_stranded(&self, nodes: usize) -> bool {
		self.working_with.is_none() && self.problems.len() >= nodes
	}

	pub(super) fn work_with(&mut self, node: &str) -> bool {
		let before = self.clone();
		self.problems.retain(|problem| problem.node != node);
		self.working_with = Some(node.into());
		*self != before
	}

	pub(super) fn note(&mut self, node: &str, problem: String) -> bool {
		let before = self.clone();
		self.working_with = None;
		match self.problems.iter_mut().find(|known| known.node == node) {
			Some(known) => known.problem = problem,
			None => self.problems.push(NodeProblem { node: node.into(), problem }),
		}
		*self != before
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn node_changes_are_reported_once() {
		let mut nodes = Nodes::default();
		assert!(nodes.note("a", "refused".into()));
		assert!(!nodes.note("a", "refused".into()));
		assert!(!nodes.is_stranded(2));
		assert!(nodes.note("b", "of another chain".into()));
		assert!(nodes.is_stranded(2));
		assert!(nodes.work_with("a"));
		assert!(!nodes.work_with("a"));
		// The problem of the other node is kept.
		assert_eq!(nodes.problems.len(), 1);
		assert!(!nodes.is_stranded(1));
	}
}
