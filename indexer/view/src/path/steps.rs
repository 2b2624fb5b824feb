//! A path as its steps, and the nodes to which it leads.

use super::work::{TooMuchWork, Work};
use std::borrow::Cow;

/// Work of storing a node, in addition to visiting it.
const KEPT: usize = 3;

/// A path through a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
	/// Whether it starts at the document, or where it is evaluated, for example at a row.
	pub is_absolute: bool,
	/// The steps.
	pub steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
	/// Relation to the next nodes.
	pub axis: Axis,
	/// Which of those nodes it takes.
	pub test: Test,
	/// Conditions on the nodes.
	pub conditions: Vec<Condition>,
}

/// The relation of a step to its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
	/// Direct children.
	Child,
	/// Descendants at any depth.
	Descendant,
	/// Attributes of an XML element.
	Attribute,
}

/// Which nodes a step takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
	/// All.
	Any,
	/// Those of a name, and in XML maybe of a namespace.
	Name {
		/// The namespace; any if it is not given.
		namespace: Option<String>,
		/// The name; in XML without its prefix.
		name: String,
	},
	/// An element of a JSON array, counted from 0, or from the end if negative.
	Index(i64),
}

/// A condition on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
	/// It is the nth node of the step at one place, counted from 1.
	Position(usize),
	/// A path from it leads to a node, with this text if there is one.
	Has(Path, Option<String>),
}

/// A node of a document.
pub trait Node<'a>: Copy {
	/// Calls `take` with the nodes of a step, in document order, as long as there is work left.
	fn step(self, axis: Axis, test: &Test, work: &mut Work, take: &mut dyn FnMut(Self, &mut Work));
	/// Returns its text, if it has one, as long as there is work left.
	fn text(self, work: &mut Work) -> Option<Cow<'a, str>>;
}

impl Path {
	/// Returns the nodes that it leads to, from the document or from where it is evaluated.
	///
	/// # Errors
	///
	/// [`TooMuchWork`].
	pub fn select<'a, N: Node<'a>>(
		&self,
		document: N,
		here: N,
		work: &mut Work,
	) -> Result<Vec<N>, TooMuchWork> {
		let mut nodes = vec![if self.is_absolute { document } else { here }];
		for step in &self.steps {
			let mut next = Vec::new();
			for node in nodes {
				next.extend(step.take(document, node, work)?);
			}
			nodes = next;
		}
		Ok(nodes)
	}
}

impl Step {
	fn take<'a, N: Node<'a>>(
		&self,
		document: N,
		from: N,
		work: &mut Work,
	) -> Result<Vec<N>, TooMuchWork> {
		let mut found = Vec::new();
		from.step(self.axis, &self.test, work, &mut |node, work| {
			work.spend(KEPT);
			found.push(node);
		});
		for condition in &self.conditions {
			found = match condition {
				Condition::Position(n) => {
					found.get(n.saturating_sub(1)).copied().into_iter().collect()
				},
				Condition::Has(path, text) => {
					let mut kept = Vec::new();
					for node in found {
						let values = path.select(document, node, work)?;
						let holds = match text {
							None => !values.is_empty(),
							Some(text) => values
								.iter()
								.any(|value| value.text(work).is_some_and(|is| is.trim() == text)),
						};
						if holds {
							kept.push(node);
						}
					}
					kept
				},
			};
		}
		work.check()?;
		Ok(found)
	}
}
