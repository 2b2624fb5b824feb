//! Expressions as SQL for both databases.

use super::statement::Statement;
use credio_database::Backend;
use credio_view::filter::{Comparison, Expression, Literal, Operand};
use credio_view::view::View;

/// Adds a condition to a statement over a view's rows.
pub(crate) fn expression(statement: &mut Statement, view: &View, expression: &Expression) {
	match expression {
		Expression::And(parts) => join(statement, view, parts, " AND "),
		Expression::Or(parts) => join(statement, view, parts, " OR "),
		Expression::Not(inner) => {
			// A comparison with a missing value is unknown, which counts as false, so its negation is true.
			statement.push("NOT COALESCE(");
			self::expression(statement, view, inner);
			statement.push(", FALSE)");
		},
		Expression::Compare(operand, comparison, literal) => {
			statement.push("(");
			column(statement, view, *operand);
			statement.push(match comparison {
				Comparison::Is => " = ",
				Comparison::Less => " < ",
				Comparison::AtMost => " <= ",
				Comparison::More => " > ",
				Comparison::AtLeast => " >= ",
			});
			bind(statement, literal);
			statement.push(")");
		},
		Expression::In(operand, literals) => {
			statement.push("(");
			column(statement, view, *operand);
			statement.push(" IN (");
			for (number, literal) in literals.iter().enumerate() {
				statement.push(if number > 0 { ", " } else { "" });
				bind(statement, literal);
			}
			statement.push("))");
		},
		Expression::Contains(operand, text) => {
			statement.push(match statement.backend() {
				Backend::Sqlite => "(instr(",
				Backend::Postgres => "(strpos(",
			});
			column(statement, view, *operand);
			statement.push(", ");
			statement.bind(text.as_str());
			statement.push(") > 0)");
		},
		Expression::StartsWith(operand, text) => starts_with(statement, view, *operand, text),
		Expression::IsNull(operand) => {
			statement.push("(");
			column(statement, view, *operand);
			statement.push(" IS NULL)");
		},
		Expression::Match(search) => match statement.backend() {
			Backend::Sqlite => {
				let words = statement.table().words();
				statement
					.push(&format!("(_place IN (SELECT rowid FROM {words} WHERE words MATCH "));
				statement.bind(search.for_sqlite());
				statement.push("))");
			},
			Backend::Postgres => {
				statement.push("(_words @@ CAST(");
				statement.bind(search.for_postgres());
				statement.push(" AS TSQUERY))");
			},
		},
	}
}

fn join(statement: &mut Statement, view: &View, parts: &[Expression], word: &str) {
	statement.push("(");
	for (number, part) in parts.iter().enumerate() {
		statement.push(if number > 0 { word } else { "" });
		expression(statement, view, part);
	}
	statement.push(")");
}

/// Adds an operand.
pub(crate) fn column(statement: &mut Statement, view: &View, operand: Operand) {
	let of_entry = |name: &str| {
		format!("(SELECT e.{name} FROM entries e WHERE e.place = _place - _place % 16384)")
	};
	let sql = match operand {
		// Names of columns are letters, digits and `_`.
		Operand::Column(column) => format!("\"{}\"", view.columns[column].name),
		Operand::Record => of_entry("record"),
		Operand::Stream => of_entry("stream"),
		Operand::Owner => of_entry("owner"),
		Operand::Author => of_entry("author"),
		Operand::Sequence => of_entry("sequence"),
		Operand::Block => "(_place / 2147483648)".into(),
	};
	statement.push(&sql);
}

fn bind(statement: &mut Statement, literal: &Literal) {
	match literal {
		Literal::Value(value) => statement.bind(value),
		Literal::Id(id) => statement.bind(id.to_vec()),
	}
}

/// Adds a range, which an index serves: from the text to the first text after all that start with it.
fn starts_with(statement: &mut Statement, view: &View, operand: Operand, text: &str) {
	statement.push("(");
	column(statement, view, operand);
	statement.push(" >= ");
	statement.bind(text);
	if let Some(end) = after_all_that_begin_with(text) {
		statement.push(" AND ");
		column(statement, view, operand);
		statement.push(" < ");
		statement.bind(end);
	}
	statement.push(")");
}

fn after_all_that_begin_with(text: &str) -> Option<String> {
	let mut characters: Vec<char> = text.chars().collect();
	while let Some(last) = characters.pop() {
		let mut following = u32::from(last).saturating_add(1)..=u32::from(char::MAX);
		if let Some(next) = following.find_map(char::from_u32) {
			characters.push(next);
			return Some(characters.into_iter().collect());
		}
	}
	None
}
