//! JSONPath, of RFC 9535 the part that finds values: `$.a.b`, `$['a b']`, `$.lines[0]`, `$.lines[-1]`, `$.lines[*].name`,
//! `$..name`, `$.parties[?@.role == 'seller'].name`. `@` begins at the row.

use super::{
	error::PathError,
	scan::Scanner,
	steps::{Axis, Condition, Operand, Path, Step, Test},
};

/// Reads a path.
pub fn parse(path: &str) -> Result<Path, PathError> {
	let mut scanner = Scanner::new(path)?;
	let read = read(&mut scanner)?;
	if !scanner.is_at_end() {
		return Err(scanner.error("expected `.`, `[` or the end"));
	}
	Ok(read)
}

fn read(scanner: &mut Scanner<'_>) -> Result<Path, PathError> {
	let is_absolute = scanner.take("$");
	if !is_absolute && !scanner.take("@") {
		return Err(scanner.error("expected `$`, the document, or `@`, the row"));
	}
	let mut path = Path { is_absolute, steps: Vec::new() };
	loop {
		let (axis, test, conditions) = if scanner.take("..") {
			let (test, conditions) =
				if scanner.take("[") { bracket(scanner)? } else { (named(scanner)?, Vec::new()) };
			(Axis::Descendant, test, conditions)
		} else if scanner.take(".") {
			(Axis::Child, named(scanner)?, Vec::new())
		} else if scanner.take("[") {
			let (test, conditions) = bracket(scanner)?;
			(Axis::Child, test, conditions)
		} else {
			return Ok(path);
		};
		scanner.step()?;
		path.steps.push(Step { axis, test, conditions });
	}
}

fn named(scanner: &mut Scanner<'_>) -> Result<Test, PathError> {
	if scanner.take("*") {
		return Ok(Test::Any);
	}
	Ok(Test::Name { namespace: None, name: scanner.name()?.into() })
}

fn bracket(scanner: &mut Scanner<'_>) -> Result<(Test, Vec<Condition>), PathError> {
	let mut conditions = Vec::new();
	let test = match scanner.peek() {
		Some('\'' | '"') => Test::Name { namespace: None, name: scanner.quoted()?.into() },
		Some('-' | '0'..='9') => Test::Index(scanner.number()?),
		Some('*') => {
			scanner.expect("*")?;
			Test::Any
		},
		Some('?') => {
			scanner.expect("?")?;
			let is_in_parentheses = scanner.take("(");
			// A condition within a condition is a step, and so bounded.
			scanner.step()?;
			let path = read(scanner)?;
			scanner.skip_spaces();
			let text = if scanner.take("==") {
				scanner.skip_spaces();
				Some(Operand::Text(scanner.quoted()?.trim().to_owned()))
			} else {
				None
			};
			if is_in_parentheses {
				scanner.expect(")")?;
			}
			conditions.push(Condition::Has(path, text));
			Test::Any
		},
		_ => return Err(scanner.error("expected a name in quotes, a number, `*` or `?`")),
	};
	scanner.expect("]")?;
	Ok((test, conditions))
}
