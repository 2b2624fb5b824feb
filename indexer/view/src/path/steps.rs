//! A path as its steps, and the nodes to which it leads.

use super::work::{TooMuchWork, Work};
use std::{borrow::Cow, collections::HashSet};

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
	/// The XML element around a node.
	Parent,
	/// The XML element itself.
	Itself,
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
	Has(Path, Option<Operand>),
}

/// What the text of a node is compared to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
	/// A text.
	Text(String),
	/// The texts of the nodes of another path: one of them is enough.
	Path(Path),
}

/// A node of a document.
pub trait Node<'a>: Copy {
	/// Calls `take` with the nodes of a step, in document order, as long as there is work left.
	fn step(self, axis: Axis, test: &Test, work: &mut Work, take: &mut dyn FnMut(Self, &mut Work));
	/// Returns its text, if it has one, as long as there is work left.
	fn text(self, work: &mut Work) -> Option<Cow<'a, str>>;
	/// Returns the format of its text by UN/EDIFACT data element 2379, if the document names one.
	fn date_code(self) -> Option<&'a str> {
		None
	}
	/// Returns what tells it from the other nodes of the document.
	fn place(self) -> (usize, usize);
	/// Whether places are in document order.
	fn sorts_by_place() -> bool;
}

impl Path {
	/// Returns the nodes that it leads to, from the document or from where it is evaluated: each of them once, in document
	/// order.
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
			let is_one = nodes.len() == 1;
			for node in nodes {
				next.extend(step.take(document, node, work)?);
			}
			nodes = if is_one { next } else { distinct(next) };
		}
		Ok(nodes)
	}
}

/// Returns the nodes without repetitions, in document order where that is known.
#[must_use]
pub fn distinct<'a, N: Node<'a>>(mut nodes: Vec<N>) -> Vec<N> {
	if N::sorts_by_place() {
		nodes.sort_by_key(|node| node.place());
		nodes.dedup_by_key(|node| node.place());
	} else {
		let mut seen = HashSet::new();
		nodes.retain(|node| seen.insert(node.place()));
	}
	nodes
}

/// Returns the nodes of a step from one node.
fn nodes<'a, N: Node<'a>>(from: N, axis: Axis, test: &Test, work: &mut Work) -> Vec<N> {
	let mut found = Vec::new();
	from.step(axis, test, work, &mut |node, work| {
		work.spend(KEPT);
		found.push(node);
	});
	found
}

impl Step {
	fn take<'a, N: Node<'a>>(
		&self,
		document: N,
		from: N,
		work: &mut Work,
	) -> Result<Vec<N>, TooMuchWork> {
		let positions =
			self.conditions.iter().any(|condition| matches!(condition, Condition::Position(_)));
		if self.axis != Axis::Descendant || !positions {
			return self.kept(document, nodes(from, self.axis, &self.test, work), work);
		}
		// `//x[2]` is the second x of each element (XPath 1.0, 2.5), not of the document.
		let mut around = vec![from];
		around.extend(nodes(from, Axis::Descendant, &Test::Any, work));
		let mut found = Vec::new();
		for node in around {
			let children = nodes(node, Axis::Child, &self.test, work);
			found.extend(self.kept(document, children, work)?);
		}
		Ok(distinct(found))
	}

	/// Returns those of the nodes at one place that fulfil the conditions.
	fn kept<'a, N: Node<'a>>(
		&self,
		document: N,
		mut found: Vec<N>,
		work: &mut Work,
	) -> Result<Vec<N>, TooMuchWork> {
		for condition in &self.conditions {
			found = match condition {
				Condition::Position(n) => {
					found.get(n.saturating_sub(1)).copied().into_iter().collect()
				},
				Condition::Has(path, operand) => {
					let mut kept = Vec::new();
					for node in found {
						let values = path.select(document, node, work)?;
						let holds = match operand {
							None => !values.is_empty(),
							Some(Operand::Text(text)) => values
								.iter()
								.any(|value| value.text(work).is_some_and(|is| is.trim() == text)),
							Some(Operand::Path(other)) => {
								let others = other.select(document, node, work)?;
								let others: Vec<_> = others
									.into_iter()
									.filter_map(|other| other.text(work))
									.collect();
								let texts: Vec<_> = others.iter().map(|text| text.trim()).collect();
								values.iter().any(|value| {
									let text = value.text(work);
									work.spend(texts.len());
									text.is_some_and(|is| texts.contains(&is.trim()))
								})
							},
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
