//! Aggregates: counts, sums, averages, minima and maxima of groups of rows.

use super::{
	column::column_of,
	decimal,
	error::{Result, StoreError},
	handle::Store,
	search::{MAX_PAGE_BYTES, condition},
	statement::{Statement, value},
};
use credio_view::{
	value::{Decimal, Type, Value},
	view::{Role, View},
};
use serde::Serialize;
use sqlx::{Row as _, any::AnyRow};

/// Most groups of a result.
pub const MAX_GROUPS: usize = 10_000;
/// Most functions, and most columns to group by.
pub(super) const MAX_PARTS: usize = 16;
/// Sums of integers are computed in two parts, billions and the rest, so that none can overflow.
const PART: i128 = 1_000_000_000;
/// Fraction digits of an average beyond those of its column.
const AVERAGE_DIGITS: u8 = 4;

/// An aggregate to compute.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
	/// A filter; all rows without one.
	pub filter: Option<String>,
	/// `count`, and `count`, `sum`, `avg`, `min` or `max` of a column: `sum(amount)`.
	pub functions: Vec<String>,
	/// Columns to group by, or `year` or `month` of one: `month(issueDate)`. Amounts are grouped by currency in any case,
	/// if the view has a column with that role.
	pub by: Vec<String>,
	/// Whether amounts of different currencies are added up, averaged and compared after all.
	pub across_currencies: bool,
	/// Whether to include rows that are not final yet.
	pub live: bool,
	/// Whether to include replaced rows.
	pub history: bool,
}

/// The result of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregated {
	/// Names of the columns: groups first, then functions.
	pub columns: Vec<String>,
	/// Groups, sorted by their values; a missing value is less than any other. Sums and averages are decimals.
	pub rows: Vec<Vec<Option<Value>>>,
	/// Whether groups are missing, since there are more than [`MAX_GROUPS`] or more text than [`MAX_PAGE_BYTES`].
	pub is_cut: bool,
}

#[derive(Clone, Copy)]
enum Function {
	CountRows,
	Count(usize),
	Sum(usize),
	Average(usize),
	Extreme(usize, &'static str),
}

impl Function {
	/// Whether its result means nothing for amounts of different currencies.
	fn mixes_amounts(self, view: &View) -> bool {
		match self {
			Self::CountRows | Self::Count(_) => false,
			Self::Sum(column) | Self::Average(column) | Self::Extreme(column, _) => {
				let column = &view.columns[column];
				let is_amount = matches!(column.role, Some(Role::Amount | Role::Paid));
				matches!(column.ty, Type::Decimal { .. }) || is_amount && column.ty.is_number()
			},
		}
	}
}

#[derive(Clone, Copy, PartialEq)]
enum Group {
	Column(usize),
	/// Characters of a date.
	Prefix(usize, u8),
}

impl Store {
	/// Computes aggregates over the rows of a view.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownView`], [`StoreError::Building`], [`StoreError::Filter`],
	/// [`StoreError::UnknownColumn`], [`StoreError::Query`], [`StoreError::Database`].
	pub async fn aggregate(&self, view: &str, aggregate: &Aggregate) -> Result<Aggregated> {
		if aggregate.functions.is_empty() {
			return Err(StoreError::Query("name a function, such as count or sum(amount)".into()));
		}
		if aggregate.functions.len() > MAX_PARTS || aggregate.by.len() > MAX_PARTS {
			let problem =
				format!("up to {MAX_PARTS} functions and {MAX_PARTS} columns to group by");
			return Err(StoreError::Query(problem));
		}
		let mut reading = self.reading().await?;
		let link = &mut reading.link();
		let (table, view) = self.current_in(link, view).await?;
		let functions: Vec<Function> =
			aggregate.functions.iter().map(|text| function(&view, text)).collect::<Result<_>>()?;
		let mut groups: Vec<Group> =
			aggregate.by.iter().map(|text| group(&view, text)).collect::<Result<_>>()?;
		let mut by = aggregate.by.clone();
		if let Some(currency) = view.column_with(Role::Currency)
			&& !aggregate.across_currencies
			&& functions.iter().any(|is| is.mixes_amounts(&view))
			&& !groups.contains(&Group::Column(currency))
		{
			groups.push(Group::Column(currency));
			by.push(view.columns[currency].name.clone());
		}
		let mut selected: Vec<String> = groups.iter().map(|is| group_sql(&view, *is)).collect();
		selected.extend(functions.iter().map(|is| function_sql(&view, *is)));
		let selected = selected.join(", ");
		let sql = format!("SELECT {selected} FROM {} WHERE ", table.rows());
		let mut statement = Statement::new(self.backend, &sql).over(table);
		let filter = aggregate.filter.as_deref();
		condition(&mut statement, &view, filter, aggregate.live, aggregate.history)?;
		if !groups.is_empty() {
			let numbers: Vec<String> = (1..=groups.len()).map(|n| n.to_string()).collect();
			let order: Vec<String> =
				numbers.iter().map(|number| format!("{number} NULLS FIRST")).collect();
			let (numbers, order) = (numbers.join(", "), order.join(", "));
			let limit = MAX_GROUPS + 1;
			statement.push(&format!(" GROUP BY {numbers} ORDER BY {order} LIMIT {limit}"));
		}
		let mut rows = Vec::new();
		let (mut bytes, mut is_cut) = (0, false);
		let take = |found: AnyRow| {
			let row = read(&found, &view, &groups, &functions)?;
			bytes += row.iter().flatten().map(length).sum::<usize>();
			if rows.len() == MAX_GROUPS || (bytes > MAX_PAGE_BYTES && !rows.is_empty()) {
				is_cut = true;
				return Ok::<_, StoreError>(false);
			}
			rows.push(row);
			Ok(true)
		};
		statement.fetch_while(link, take).await?;
		Ok(Aggregated {
			columns: by.iter().chain(&aggregate.functions).cloned().collect(),
			rows,
			is_cut,
		})
	}
}

/// Returns the bytes of a text; other values are short.
fn length(value: &Value) -> usize {
	match value {
		Value::Text(text) => text.len(),
		_ => 0,
	}
}

/// Splits `sum(amount)` into its name and column.
fn call(text: &str) -> Option<(&str, &str)> {
	let (name, column) = text.trim().strip_suffix(')')?.split_once('(')?;
	Some((name.trim(), column.trim()))
}

fn function(view: &View, text: &str) -> Result<Function> {
	if text.trim() == "count" {
		return Ok(Function::CountRows);
	}
	let unknown = || {
		StoreError::Query(
			"a function is count, count(column), sum(column), avg(column), min(column) or max(column)"
				.into(),
		)
	};
	let (name, column) = call(text).ok_or_else(unknown)?;
	let column = column_of(view, column)?;
	let function = match name {
		"count" => Function::Count(column),
		"sum" => Function::Sum(column),
		"avg" => Function::Average(column),
		"min" => Function::Extreme(column, "MIN"),
		"max" => Function::Extreme(column, "MAX"),
		_ => return Err(unknown()),
	};
	let needs_number = matches!(function, Function::Sum(_) | Function::Average(_));
	if needs_number && !view.columns[column].ty.is_number() {
		let name = &view.columns[column].name;
		return Err(StoreError::Query(format!("{name} is no number, and cannot be added up")));
	}
	Ok(function)
}

fn group(view: &View, text: &str) -> Result<Group> {
	let Some((name, column)) = call(text) else {
		return Ok(Group::Column(column_of(view, text.trim())?));
	};
	let column = column_of(view, column)?;
	let length = match name {
		"year" => 4,
		"month" => 7,
		_ => {
			let problem = "rows are grouped by a column, or by year(column) or month(column)";
			return Err(StoreError::Query(problem.into()));
		},
	};
	if !view.columns[column].ty.has_date() {
		let name = &view.columns[column].name;
		return Err(StoreError::Query(format!("{name} is no date, and has no {}", text.trim())));
	}
	Ok(Group::Prefix(column, length))
}

fn group_sql(view: &View, group: Group) -> String {
	match group {
		Group::Column(column) => format!("\"{}\"", view.columns[column].name),
		Group::Prefix(column, length) => {
			format!("substr(\"{}\", 1, {length})", view.columns[column].name)
		},
	}
}

fn function_sql(view: &View, function: Function) -> String {
	let name = |column: usize| format!("\"{}\"", view.columns[column].name);
	let sum = |column: usize| {
		let name = name(column);
		let sums = match view.columns[column].ty {
			Type::Decimal { .. } => decimal::sums(&name),
			_ => format!(
				"CAST(SUM({name} / {PART}) AS BIGINT), CAST(SUM({name} % {PART}) AS BIGINT)"
			),
		};
		format!("COUNT({name}), {sums}")
	};
	match function {
		Function::CountRows => "COUNT(*)".into(),
		Function::Count(column) => format!("COUNT({})", name(column)),
		Function::Sum(column) | Function::Average(column) => sum(column),
		Function::Extreme(column, function) => format!("{function}({})", name(column)),
	}
}

fn read(
	row: &AnyRow,
	view: &View,
	groups: &[Group],
	functions: &[Function],
) -> Result<Vec<Option<Value>>> {
	let mut values = Vec::new();
	let mut at = 0;
	for group in groups {
		let ty = match group {
			Group::Column(column) => view.columns[*column].ty,
			Group::Prefix(..) => Type::Text,
		};
		values.push(value(row, at, ty)?);
		at += 1;
	}
	let scale = |column: usize| match view.columns[column].ty {
		Type::Decimal { scale } => scale,
		_ => 0,
	};
	for function in functions {
		values.push(match function {
			Function::CountRows | Function::Count(_) => value(row, at, Type::Integer)?,
			Function::Extreme(column, _) => value(row, at, view.columns[*column].ty)?,
			Function::Sum(column) | Function::Average(column) => {
				let found = sum(row, &mut at, view.columns[*column].ty)?;
				let scale = scale(*column);
				found.map(|(units, count)| {
					Value::Decimal(match function {
						Function::Average(_) => {
							Decimal { units: average(units, count), scale: scale + AVERAGE_DIGITS }
						},
						_ => Decimal { units, scale },
					})
				})
			},
		});
		at += 1;
	}
	Ok(values)
}

/// Reads a sum of a column and the number of its values, and moves on to its last part. `None` if it has no values.
fn sum(row: &AnyRow, at: &mut usize, ty: Type) -> Result<Option<(i128, i128)>> {
	let count: i64 = row.try_get(*at)?;
	let mut part = || -> Result<i64> {
		*at += 1;
		Ok(row.try_get::<Option<i64>, _>(*at)?.unwrap_or(0))
	};
	let units = if let Type::Decimal { .. } = ty {
		let mut sums = [0; decimal::SUMS];
		for sum in &mut sums {
			*sum = part()?;
		}
		decimal::total(sums, count)
	} else {
		let (high, low) = (part()?, part()?);
		Some(i128::from(high) * PART + i128::from(low))
	};
	let units = units.ok_or_else(|| StoreError::Query("the sum has too many digits".into()))?;
	Ok((count > 0).then_some((units, count.into())))
}

/// Rounds half away from zero.
fn average(units: i128, count: i128) -> i128 {
	let count = count.max(1);
	let factor = 10_i128.pow(AVERAGE_DIGITS.into());
	let half = if units < 0 { -count } else { count };
	// Whole units apart, so that nothing overflows.
	units / count * factor + (units % count * factor * 2 + half) / (count * 2)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn averages_are_rounded_half_away_from_zero() {
		// Units of the fourth digit more than the column has.
		assert_eq!(average(10, 3), 33_333);
		assert_eq!(average(-10, 3), -33_333);
		assert_eq!(average(1, 16), 625);
		assert_eq!(average(1, 32), 313);
		assert_eq!(average(-1, 32), -313);
		let largest = credio_view::value::MAX_UNITS;
		assert_eq!(average(largest * 3, 3), largest * 10_000);
	}
}
