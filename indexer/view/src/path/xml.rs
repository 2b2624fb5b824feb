//! XPath-like paths: `/Invoice/cac:OrderReference/cbc:ID`, `//Item[@kind="a"]/Name`, `.`, `../Date`,
//! `self::Invoice`.

use super::{
	error::PathError,
	scan::Scanner,
	steps::{Axis, Condition, Operand, Path, Step, Test},
};
use std::collections::BTreeMap;

/// Prefixes that a path may use, and the namespaces they stand for.
pub type Namespaces = BTreeMap<String, String>;

/// Reads a path; names without a prefix stand for elements of that name in any namespace.
pub fn parse(path: &str, namespaces: &Namespaces) -> Result<Path, PathError> {
	let mut scanner = Scanner::new(path)?;
	let read = read(&mut scanner, namespaces)?;
	if !scanner.is_at_end() {
		return Err(scanner.error("expected `/`, `[` or the end"));
	}
	Ok(read)
}

fn read(scanner: &mut Scanner<'_>, namespaces: &Namespaces) -> Result<Path, PathError> {
	let is_absolute = scanner.peek() == Some('/');
	let mut path = Path { is_absolute, steps: Vec::new() };
	if !is_absolute {
		if scanner.peek() == Some('.') && !scanner.is_next("..") {
			scanner.expect(".")?;
			if scanner.peek() != Some('/') {
				return Ok(path);
			}
		} else {
			path.steps.push(step(scanner, namespaces, Axis::Child)?);
		}
	}
	while scanner.peek() == Some('/') {
		let axis = if scanner.take("//") {
			Axis::Descendant
		} else {
			scanner.expect("/")?;
			Axis::Child
		};
		if path.is_absolute && path.steps.is_empty() && scanner.is_at_end() && axis == Axis::Child {
			// All of the document.
			return Ok(path);
		}
		path.steps.push(step(scanner, namespaces, axis)?);
	}
	Ok(path)
}

fn step(scanner: &mut Scanner<'_>, namespaces: &Namespaces, axis: Axis) -> Result<Step, PathError> {
	scanner.step()?;
	if scanner.take("..") {
		if axis == Axis::Descendant {
			return Err(scanner.error("`..` comes after `/`, not after `//`"));
		}
		return Ok(Step { axis: Axis::Parent, test: Test::Any, conditions: Vec::new() });
	}
	let axis = if scanner.take("self::") {
		if axis == Axis::Descendant {
			return Err(scanner.error("`self::` comes after `/`, not after `//`"));
		}
		Axis::Itself
	} else if scanner.take("@") {
		if axis == Axis::Descendant {
			return Err(scanner.error("an attribute comes after `/`, not after `//`"));
		}
		Axis::Attribute
	} else {
		axis
	};
	let test = if scanner.take("*") {
		Test::Any
	} else {
		let name = scanner.take_while(is_in_name);
		if name.is_empty() {
			return Err(scanner.error("expected the name of an element, `@` or `*`"));
		}
		if scanner.take(":") {
			let local = scanner.take_while(is_in_name);
			if local.is_empty() {
				return Err(scanner.error("expected a name after the prefix"));
			}
			let namespace = namespaces.get(name).ok_or_else(|| {
				scanner.error(format!("the prefix {name} is not in [namespaces]: declare it there"))
			})?;
			Test::Name { namespace: Some(namespace.clone()), name: local.into() }
		} else {
			Test::Name { namespace: None, name: name.into() }
		}
	};
	let mut conditions = Vec::new();
	while scanner.take("[") {
		scanner.skip_spaces();
		if scanner.peek().is_some_and(|c| c.is_ascii_digit()) {
			let position = usize::try_from(scanner.number()?).unwrap_or(0);
			if position == 0 {
				return Err(scanner.error("positions are counted from 1"));
			}
			conditions.push(Condition::Position(position));
		} else {
			let path = read(scanner, namespaces)?;
			scanner.skip_spaces();
			let text = if scanner.take("=") {
				scanner.skip_spaces();
				Some(if matches!(scanner.peek(), Some('\'' | '"')) {
					Operand::Text(scanner.quoted()?.trim().to_owned())
				} else {
					Operand::Path(read(scanner, namespaces)?)
				})
			} else {
				None
			};
			conditions.push(Condition::Has(path, text));
		}
		scanner.skip_spaces();
		scanner.expect("]")?;
	}
	Ok(Step { axis, test, conditions })
}

fn is_in_name(c: char) -> bool {
	c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
