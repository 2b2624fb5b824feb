//! The filter language: `amount > 1000 and currency = "EUR"`.
//!
//! A filter is parsed into an [`Expression`], with every column and literal checked against the view. Only the
//! expression becomes SQL: input of a caller is never part of a statement, only a parameter. `docs/search.md` explains
//! the language.

mod error;
mod expression;
mod lexer;
mod parser;
mod reserved;

pub use error::{FilterError, MAX_DEPTH, MAX_LENGTH, MAX_TERMS};
pub use expression::{Comparison, Expression, Literal, Operand};
pub use parser::parse;
pub use reserved::is_reserved;

#[cfg(test)]
mod tests;
