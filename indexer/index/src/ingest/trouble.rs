//! Problems while an index follows the chain that do not end it. Each is reported once, and at intervals while it
//! lasts.

use credio_primitives::RecordId;
use std::{
	collections::BTreeMap,
	fmt::Display,
	sync::{Arc, Mutex, MutexGuard},
	time::{Duration, Instant},
};

/// Time after which a lasting problem is reported again.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Receives reports.
pub(super) type Notify = Arc<dyn Fn(&str) + Send + Sync>;

/// The problem of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
	problem: String,
	is_of_other_chain: bool,
}

#[derive(Default)]
struct State {
	/// Nodes that have failed since one worked.
	nodes: BTreeMap<String, Failure>,
	/// When each kind of problem was last reported.
	reported: BTreeMap<String, Instant>,
}

/// Reports problems.
pub(super) struct Trouble {
	notify: Notify,
	state: Mutex<State>,
}

impl Default for Trouble {
	fn default() -> Self {
		Self::new(Arc::new(|_| ()))
	}
}

impl Trouble {
	pub(super) fn new(notify: Notify) -> Self {
		Self { notify, state: Mutex::default() }
	}

	fn state(&self) -> MutexGuard<'_, State> {
		self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
	}

	/// Reports a problem, unless its kind was reported a short time ago.
	fn report(&self, kind: &str, text: &str) {
		let now = Instant::now();
		let mut state = self.state();
		let last = state.reported.get(kind);
		if last.is_some_and(|last| now.duration_since(*last) < REPORT_INTERVAL) {
			return;
		}
		state.reported.insert(kind.into(), now);
		drop(state);
		(self.notify)(text);
	}

	/// Notes that a node cannot be reached or used.
	pub(super) fn node_failed(&self, node: &str, error: &dyn Display) {
		let failure = Failure { problem: error.to_string(), is_of_other_chain: false };
		self.state().nodes.insert(node.into(), failure);
		self.report(node, &format!("{node}: {error}; trying again, each node in turn"));
	}

	/// Notes that a node is of another chain than the index.
	pub(super) fn other_chain(&self, node: &str, error: &dyn Display) {
		let failure = Failure { problem: error.to_string(), is_of_other_chain: true };
		self.state().nodes.insert(node.into(), failure);
		self.report(node, &format!("{node} is skipped: {error}"));
	}

	/// Returns the problem of each node, if all are of other chains.
	pub(super) fn all_of_other_chains(&self, nodes: &[String]) -> Option<String> {
		let state = self.state();
		let failures = nodes.iter().map(|node| {
			let failure = state.nodes.get(node).filter(|failure| failure.is_of_other_chain)?;
			Some(format!("{node}: {}", failure.problem))
		});
		Some(failures.collect::<Option<Vec<_>>>()?.join("; "))
	}

	/// Reports that the database cannot be reached.
	pub(super) fn database_failed(&self, error: &dyn Display) {
		self.report("database", &format!("{error}; trying again"));
	}

	/// Reports that removed data cannot be overwritten, since others read the file.
	pub(super) fn scrub_held(&self) {
		self.report(
			"scrub",
			"what was removed cannot be overwritten in the index's file while others read it: it is tried again with \
			each block and each `credio index sync`; end long reads",
		);
	}

	/// Reports that objects could not be read, and why the first of them could not be.
	pub(super) fn objects_failed(&self, count: usize, first: &dyn Display) {
		let text = match count {
			1 => format!("the object {first}; trying again"),
			_ => format!("{count} objects could not be read; {first}; trying again"),
		};
		self.report("objects", &text);
	}

	/// Notes that all objects could be read.
	pub(super) fn objects_work(&self) {
		self.state().reported.remove("objects");
	}

	/// Reports that an object is not what its record says. It is not tried again.
	pub(super) fn object_unfit(&self, record: RecordId, error: &dyn Display) {
		(self.notify)(&format!("the object {record}: {error}; it is listed as unreadable"));
	}

	/// Notes that a node works.
	pub(super) fn works(&self, node: &str) {
		let mut state = self.state();
		if state.nodes.is_empty() {
			return;
		}
		let had_failed = state.nodes.values().any(|failure| !failure.is_of_other_chain);
		state.nodes.retain(|_, failure| failure.is_of_other_chain);
		let State { nodes, reported } = &mut *state;
		reported.retain(|kind, _| nodes.contains_key(kind) || kind == "scrub" || kind == "objects");
		drop(state);
		if had_failed {
			(self.notify)(&format!("{node}: works again"));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn trouble() -> (Trouble, Arc<Mutex<Vec<String>>>) {
		let told = Arc::new(Mutex::new(Vec::new()));
		let into = told.clone();
		let notify = move |text: &str| into.lock().unwrap().push(text.to_owned());
		(Trouble::new(Arc::new(notify)), told)
	}

	#[test]
	fn lasting_problem_is_reported_once() {
		let (trouble, told) = trouble();
		for _ in 0..100 {
			trouble.node_failed("ws://a", &"refused");
			trouble.node_failed("ws://b", &"refused");
		}
		assert_eq!(told.lock().unwrap().len(), 2, "each node once");
		trouble.works("ws://a");
		trouble.works("ws://a");
		assert_eq!(told.lock().unwrap().last().map(String::as_str), Some("ws://a: works again"));
		trouble.node_failed("ws://a", &"refused");
		assert_eq!(told.lock().unwrap().len(), 4, "what comes again is told again");
	}

	#[test]
	fn ingest_ends_only_if_all_nodes_are_of_other_chains() {
		let (trouble, told) = trouble();
		let nodes = ["ws://a".to_owned(), "ws://b".to_owned()];
		trouble.other_chain("ws://a", &"of another chain");
		assert_eq!(trouble.all_of_other_chains(&nodes), None);
		assert!(told.lock().unwrap()[0].contains("ws://a is skipped"));
		trouble.node_failed("ws://b", &"refused");
		assert_eq!(trouble.all_of_other_chains(&nodes), None);
		trouble.other_chain("ws://b", &"of another chain");
		assert!(trouble.all_of_other_chains(&nodes).is_some_and(|all| all.contains("ws://b: ")));
	}
}
