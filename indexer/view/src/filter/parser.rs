//! Reads tokens into an expression, and checks it against a view.

use super::{
	error::{FilterError, MAX_DEPTH, MAX_TERMS},
	expression::{Comparison, Expression, Literal, Operand, OperandType},
	lexer::{Token, tokens},
};
use crate::{value::Type, view::View, words::Search};
use credio_primitives::RecordId;

/// Parses a filter for a view.
pub fn parse(view: &View, filter: &str) -> Result<Expression, FilterError> {
	let mut parser = Parser { view, tokens: tokens(filter)?, next: 0, terms: 0 };
	let expression = parser.or(0)?;
	match parser.peek() {
		Token::End => Ok(expression),
		token => {
			Err(parser.error(format!("expected `and`, `or` or the end, and not {}", token.shown())))
		},
	}
}

struct Parser<'a> {
	view: &'a View,
	tokens: Vec<(Token, usize)>,
	next: usize,
	terms: usize,
}

impl Parser<'_> {
	fn peek(&self) -> &Token {
		self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
	}

	/// Returns an error at the next token.
	fn error(&self, problem: impl Into<String>) -> FilterError {
		let last = self.tokens.last();
		let position = self.tokens.get(self.next).or(last).map_or(0, |(_, position)| *position);
		FilterError { position, problem: problem.into() }
	}

	fn take(&mut self) -> Token {
		let token = self.peek().clone();
		self.next += 1;
		token
	}

	/// Takes a word of the language if it comes next.
	fn take_word(&mut self, word: &str) -> bool {
		let is_next = matches!(self.peek(), Token::Word(is) if is.eq_ignore_ascii_case(word));
		self.next += usize::from(is_next);
		is_next
	}

	fn take_sign(&mut self, sign: &str) -> bool {
		let is_next = matches!(self.peek(), Token::Sign(is) if *is == sign);
		self.next += usize::from(is_next);
		is_next
	}

	fn expect_sign(&mut self, sign: &str) -> Result<(), FilterError> {
		if self.take_sign(sign) {
			return Ok(());
		}
		Err(self.error(format!("expected `{sign}`, and not {}", self.peek().shown())))
	}

	fn or(&mut self, depth: usize) -> Result<Expression, FilterError> {
		if depth > MAX_DEPTH {
			return Err(self.error(format!("it is nested deeper than {MAX_DEPTH} levels")));
		}
		let mut parts = vec![self.and(depth)?];
		while self.take_word("or") {
			parts.push(self.and(depth)?);
		}
		Ok(one_or(parts, Expression::Or))
	}

	fn and(&mut self, depth: usize) -> Result<Expression, FilterError> {
		let mut parts = vec![self.not(depth)?];
		while self.take_word("and") {
			parts.push(self.not(depth)?);
		}
		Ok(one_or(parts, Expression::And))
	}

	fn not(&mut self, depth: usize) -> Result<Expression, FilterError> {
		let mut is_negated = false;
		while self.take_word("not") {
			is_negated = !is_negated;
		}
		let expression = if self.take_sign("(") {
			let inner = self.or(depth + 1)?;
			self.expect_sign(")")?;
			inner
		} else {
			self.condition()?
		};
		Ok(if is_negated { not(expression) } else { expression })
	}

	fn condition(&mut self) -> Result<Expression, FilterError> {
		self.count()?;
		if self.take_word("match") {
			return self.search();
		}
		let (operand, ty) = self.operand()?;
		let is_negated = self.take_word("not");
		let expression = if self.take_word("in") {
			self.expect_sign("(")?;
			let mut literals = vec![self.literal(ty)?];
			while self.take_sign(",") {
				self.count()?;
				literals.push(self.literal(ty)?);
			}
			self.expect_sign(")")?;
			Expression::In(operand, literals)
		} else if self.take_word("between") {
			let low = self.literal(ty)?;
			if !self.take_word("and") {
				let next = self.peek().shown();
				return Err(self.error(format!("expected `and`, and not {next}")));
			}
			let high = self.literal(ty)?;
			Expression::And(vec![
				Expression::Compare(operand, Comparison::AtLeast, low),
				Expression::Compare(operand, Comparison::AtMost, high),
			])
		} else if self.take_word("contains") {
			Expression::Contains(operand, self.part_of_text(ty)?)
		} else if self.take_word("startsWith") {
			Expression::StartsWith(operand, self.part_of_text(ty)?)
		} else if !is_negated && self.take_word("is") {
			let is_not = self.take_word("not");
			if !self.take_word("null") {
				let next = self.peek().shown();
				return Err(self.error(format!("expected `null` or `not null`, and not {next}")));
			}
			let is_null = Expression::IsNull(operand);
			return Ok(if is_not { not(is_null) } else { is_null });
		} else if !is_negated {
			return self.comparison(operand, ty);
		} else {
			return Err(
				self.error("expected `in`, `between`, `contains` or `startsWith` after `not`")
			);
		};
		Ok(if is_negated { not(expression) } else { expression })
	}

	fn comparison(&mut self, operand: Operand, ty: OperandType) -> Result<Expression, FilterError> {
		let (comparison, is_negated) = match self.peek() {
			Token::Sign("=") => (Comparison::Is, false),
			Token::Sign("!=") => (Comparison::Is, true),
			Token::Sign("<") => (Comparison::Less, false),
			Token::Sign("<=") => (Comparison::AtMost, false),
			Token::Sign(">") => (Comparison::More, false),
			Token::Sign(">=") => (Comparison::AtLeast, false),
			token => {
				return Err(self.error(format!(
					"expected `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `between`, `contains`, `startsWith` or `is`, and not \
					{}",
					token.shown()
				)))
			},
		};
		self.next += 1;
		let expression = Expression::Compare(operand, comparison, self.literal(ty)?);
		Ok(if is_negated { not(expression) } else { expression })
	}

	fn search(&mut self) -> Result<Expression, FilterError> {
		if self.view.full_text.is_empty() {
			self.next -= 1;
			return Err(self.error("the view has no fullText columns: name them in its definition"));
		}
		let Token::Text(text) = self.peek() else {
			let next = self.peek().shown();
			return Err(
				self.error(format!("expected words in quotes after `match`, and not {next}"))
			);
		};
		let search = Search::parse(text).map_err(|problem| self.error(problem))?;
		self.next += 1;
		Ok(Expression::Match(search))
	}

	fn operand(&mut self) -> Result<(Operand, OperandType), FilterError> {
		let Token::Word(name) = self.peek() else {
			let next = self.peek().shown();
			return Err(
				self.error(format!("expected a column, `not`, `match` or `(`, and not {next}"))
			);
		};
		let of_entry = Operand::OF_ENTRIES.iter().find(|(is, _)| is == name);
		let found = match (of_entry, self.view.column(name)) {
			(Some((_, operand)), _) => {
				let is_id = matches!(operand, Operand::Record | Operand::Stream);
				let ty = if is_id { OperandType::Id } else { OperandType::Column(Type::Integer) };
				(*operand, ty)
			},
			(None, Some(column)) => {
				(Operand::Column(column), OperandType::Column(self.view.columns[column].ty))
			},
			(None, None) => {
				let view = &self.view.name;
				let names: Vec<_> =
					self.view.columns.iter().map(|column| column.name.as_str()).collect();
				let names = names.join(", ");
				let problem = format!("view {view} has no column {name}; it has {names}");
				return Err(self.error(problem));
			},
		};
		self.next += 1;
		Ok(found)
	}

	fn literal(&mut self, ty: OperandType) -> Result<Literal, FilterError> {
		let wrong = |is: String| self.error(format!("expected {} here, and not {is}", ty.name()));
		let wrong_text = || wrong("this text".into());
		let literal = match (self.peek(), ty) {
			(
				Token::Number(text),
				OperandType::Column(ty @ (Type::Integer | Type::Decimal { .. })),
			) => {
				let value = ty.parse(text).ok_or_else(|| match ty {
					Type::Decimal { scale } => self.error(format!(
						"expected a number with up to {scale} fraction digits and 18 digits in all"
					)),
					_ => wrong(format!("`{text}`")),
				});
				Literal::Value(value?)
			},
			(Token::Word(word), OperandType::Column(Type::Boolean)) => {
				let value = Type::Boolean.parse(&word.to_ascii_lowercase());
				Literal::Value(value.ok_or_else(|| wrong(format!("`{word}`")))?)
			},
			(
				Token::Text(text),
				OperandType::Column(ty @ (Type::Text | Type::Date | Type::Timestamp)),
			) => Literal::Value(ty.parse(text).ok_or_else(wrong_text)?),
			(Token::Text(text), OperandType::Id) => {
				let RecordId(id) = text.parse().map_err(|_| wrong_text())?;
				Literal::Id(id)
			},
			(token, _) => return Err(wrong(token.shown())),
		};
		self.take();
		Ok(literal)
	}

	fn part_of_text(&mut self, ty: OperandType) -> Result<String, FilterError> {
		if ty != OperandType::Column(Type::Text) {
			self.next -= 1;
			return Err(self.error("`contains` and `startsWith` are for text columns"));
		}
		match self.peek() {
			Token::Text(text) if text.contains('\0') => {
				Err(self.error("no text has the character NUL"))
			},
			Token::Text(text) => {
				let text = text.clone();
				self.next += 1;
				Ok(text)
			},
			token => {
				Err(self.error(format!("expected a text in quotes, and not {}", token.shown())))
			},
		}
	}

	fn count(&mut self) -> Result<(), FilterError> {
		self.terms += 1;
		if self.terms > MAX_TERMS {
			return Err(self.error(format!("it has more than {MAX_TERMS} conditions")));
		}
		Ok(())
	}
}

fn not(expression: Expression) -> Expression {
	Expression::Not(Box::new(expression))
}

fn one_or(mut parts: Vec<Expression>, many: impl Fn(Vec<Expression>) -> Expression) -> Expression {
	match (parts.pop(), parts.is_empty()) {
		(Some(one), true) => one,
		(last, _) => {
			parts.extend(last);
			many(parts)
		},
	}
}
