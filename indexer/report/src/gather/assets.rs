//! Reads the assets of a view of an index.

use super::{
	error::{GatherError, Result},
	today::today,
};
use crate::{
	Amount, Source,
	assets::{Assets, LeftOut, Paid, PaidBy, Row},
	format,
};
use credio_index::{Aggregate, Cursor, Query, Store, StoreError, store::MAX_LIMIT};
use credio_view::{
	Decimal, Value,
	value::Type,
	view::{Role, View},
};
use jiff::{civil::Date, tz::TimeZone};
use std::collections::BTreeMap;

/// How often a view is read again because it changed meanwhile.
const MAX_READINGS: usize = 10;
/// Columns of a key by which an item is named.
const MAX_NAMING: usize = 3;

/// What to report of a view.
#[derive(Clone, Debug)]
pub struct AssetsQuery {
	/// The view.
	pub view: String,
	/// Its column with the due date; by default the one with that role.
	pub due: Option<String>,
	/// Its column with the amount due; by default the one with that role.
	pub amount: Option<String>,
	/// Its column with the payment, a boolean, the day, or the amount paid; by default the one with that role, if any.
	pub paid: Option<String>,
	/// Its column with the currency; by default the one with that role, if any.
	pub currency: Option<String>,
	/// Day of the report; the present day without it.
	pub as_of: Option<Date>,
	/// Filter of the rows; all rows without it.
	pub filter: Option<String>,
}

/// Columns of a view, by number.
struct Columns {
	due: usize,
	amount: usize,
	paid: Option<usize>,
	currency: Option<usize>,
	naming: Vec<usize>,
}

/// Reads a view of an index for an assets report.
#[derive(Debug)]
pub struct AssetsReader {
	store: Store,
	query: AssetsQuery,
}

impl AssetsReader {
	/// Creates a reader of an index.
	#[must_use]
	pub fn new(store: Store, query: AssetsQuery) -> Self {
		Self { store, query }
	}

	/// Returns the day of a report that is made now.
	pub fn as_of(&self) -> Date {
		self.query.as_of.unwrap_or_else(today)
	}

	/// Returns the last block that the index has now.
	///
	/// # Errors
	///
	/// [`GatherError::Index`].
	pub async fn cursor(&self) -> Result<Option<Cursor>> {
		Ok(self.store.cursor().await?)
	}

	/// Returns where a report comes from that has the rows of the index as of a block.
	#[must_use]
	pub fn sources(at: Option<Cursor>) -> Vec<Source> {
		let block = match at {
			Some(at) => format!("{}, hash {}", format::number(at.number.into()), at.hash),
			None => "the index has none yet".into(),
		};
		vec![
			Source::new(
				"Index",
				"all figures: current rows of the view in the organization's index, of final blocks only",
			),
			Source::new("Last block of the index", block),
		]
	}

	/// Reads the view, page by page, and returns its assets with the last block of the index.
	///
	/// A row that changes between two pages would be counted twice or not at all. So the result is checked against a sum
	/// that the database computes in one step, and the view is read again if they differ.
	///
	/// # Errors
	///
	/// [`GatherError`].
	pub async fn read(&self) -> Result<(Assets, Option<Cursor>)> {
		for _ in 0..MAX_READINGS {
			let view = self.view().await?;
			let (assets, at) = self.read_pages(&view).await?;
			if self.sum().await? == (assets.rows, assets.checksum()) {
				return Ok((assets, at));
			}
		}
		Err(GatherError::ViewKeepsChanging(self.query.view.clone()))
	}

	async fn view(&self) -> Result<View> {
		let states = self.store.views().await?;
		let found = states.iter().find(|state| state.view.name == self.query.view);
		if let Some(state) = found {
			Ok((*state.view).clone())
		} else {
			let known: Vec<&str> = states.iter().map(|state| state.view.name.as_str()).collect();
			Err(StoreError::UnknownView { view: self.query.view.clone(), known: known.join(", ") }
				.into())
		}
	}

	/// Returns the number of rows and the sum of their amounts, at one moment.
	async fn sum(&self) -> Result<(u64, i128)> {
		let view = self.view().await?;
		let columns = self.columns(&view)?;
		let aggregate = Aggregate {
			filter: self.query.filter.clone(),
			functions: vec!["count".into(), format!("sum({})", name(&view, columns.amount))],
			// It only serves to compare two readings.
			across_currencies: true,
			..Aggregate::default()
		};
		let found = self.store.aggregate(&self.query.view, &aggregate).await?;
		let row = found.rows.first().map(Vec::as_slice).unwrap_or_default();
		let rows = match row.first() {
			Some(Some(Value::Integer(rows))) => u64::try_from(*rows).unwrap_or(0),
			_ => 0,
		};
		let sum = match row.get(1) {
			Some(Some(value)) => units(value, columns.scale(&view))?.unwrap_or(0),
			_ => 0,
		};
		Ok((rows, sum))
	}

	async fn read_pages(&self, view: &View) -> Result<(Assets, Option<Cursor>)> {
		let columns = self.columns(view)?;
		let mut assets = self.empty(view, &columns);
		let mut query =
			Query { filter: self.query.filter.clone(), limit: MAX_LIMIT, ..Query::default() };
		loop {
			let page = self.store.search(&view.name, &query).await?;
			for row in page.rows {
				let record = row.record.to_string();
				let row = read_row(&columns, &row.values, assets.scale, record, row.line)?;
				assets.add(row)?;
			}
			match page.next {
				Some(next) => query.after = Some(next),
				None => return Ok((assets, page.at)),
			}
		}
	}

	/// Returns assets without rows.
	fn empty(&self, view: &View, columns: &Columns) -> Assets {
		let column = |at: usize| name(view, at).to_owned();
		let paid_by = |at: usize| match view.columns[at].ty {
			Type::Boolean => PaidBy::Flag(column(at)),
			Type::Date | Type::Timestamp => PaidBy::Day(column(at)),
			_ => PaidBy::Amount(column(at)),
		};
		Assets {
			organization: format!("index of organization {}", self.store.organization()),
			view: view.name.clone(),
			due: column(columns.due),
			amount: column(columns.amount),
			paid: columns.paid.map_or(PaidBy::Nothing, paid_by),
			currency: columns.currency.map(column),
			filter: self.query.filter.clone(),
			as_of: self.as_of(),
			scale: columns.scale(view),
			rows: 0,
			portfolios: BTreeMap::new(),
			left_out: LeftOut::default(),
		}
	}

	/// Finds the columns of the report.
	fn columns(&self, view: &View) -> Result<Columns> {
		let AssetsQuery { due, amount, paid, currency, .. } = &self.query;
		let required = |named: &Option<String>, role: Role, option: &'static str| {
			column_of(view, named.as_deref(), role)?.ok_or_else(|| GatherError::NoColumn {
				view: view.name.clone(),
				role,
				option,
			})
		};
		Ok(Columns {
			due: required(due, Role::DueDate, "--due")?,
			amount: required(amount, Role::Amount, "--amount")?,
			paid: column_of(view, paid.as_deref(), Role::Paid)?,
			currency: column_of(view, currency.as_deref(), Role::Currency)?,
			naming: view.key.iter().copied().take(MAX_NAMING).collect(),
		})
	}
}

impl Columns {
	/// Returns the fraction digits that both amounts and payments fit in.
	fn scale(&self, view: &View) -> u8 {
		let scale = |at: usize| match view.columns[at].ty {
			Type::Decimal { scale } => scale,
			_ => 0,
		};
		scale(self.amount).max(self.paid.map_or(0, scale))
	}
}

/// Returns the name of a column.
fn name(view: &View, at: usize) -> &str {
	&view.columns[at].name
}

/// Returns the column that was named, or the one with the role.
fn column_of(view: &View, named: Option<&str>, role: Role) -> Result<Option<usize>> {
	let Some(named) = named else { return Ok(view.column_with(role)) };
	let Some(at) = view.column(named) else {
		let known: Vec<&str> = view.columns.iter().map(|column| column.name.as_str()).collect();
		return Err(StoreError::UnknownColumn {
			view: view.name.clone(),
			column: named.into(),
			known: known.join(", "),
		}
		.into());
	};
	let ty = view.columns[at].ty;
	match role.fits(ty) {
		true => Ok(Some(at)),
		false => Err(GatherError::ColumnType {
			column: named.into(),
			ty: ty.name(),
			expected: role.expected(),
		}),
	}
}

fn read_row(
	columns: &Columns,
	values: &[Option<Value>],
	scale: u8,
	record: String,
	line: u32,
) -> Result<Row> {
	let value = |at: usize| values.get(at).and_then(Option::as_ref);
	let amount = match value(columns.amount) {
		Some(value) => units(value, scale)?,
		None => None,
	};
	let paid = match (columns.paid, columns.paid.and_then(value)) {
		(None, _) | (_, Some(Value::Boolean(false))) => Paid::All(false),
		(_, Some(Value::Boolean(true))) => Paid::All(true),
		(_, Some(value @ (Value::Date(_) | Value::Timestamp(_)))) => Paid::On(day(value)),
		(_, Some(value)) => Paid::Part(units(value, scale)?.unwrap_or(0)),
		// Without a value nothing is paid.
		(_, None) => Paid::On(None),
	};
	let named: Vec<String> =
		columns.naming.iter().filter_map(|at| value(*at)).map(ToString::to_string).collect();
	let label = match named.is_empty() {
		true => format!("row {}", u64::from(line) + 1),
		false => named.join(" · "),
	};
	let currency = match columns.currency.and_then(value) {
		Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
		_ => None,
	};
	Ok(Row { currency, due: value(columns.due).and_then(day), amount, paid, label, record })
}

/// Returns the day of a date or a moment, in UTC.
fn day(value: &Value) -> Option<Date> {
	match value {
		Value::Date(date) => Some(*date),
		Value::Timestamp(moment) => Some(moment.to_zoned(TimeZone::UTC).date()),
		_ => None,
	}
}

/// Returns a number in units of a scale that is not smaller than its own.
fn units(value: &Value, scale: u8) -> Result<Option<i128>> {
	let amount = match value {
		Value::Integer(number) => Amount { units: (*number).into(), scale: 0 },
		Value::Decimal(Decimal { units, scale }) => Amount { units: *units, scale: *scale },
		_ => return Ok(None),
	};
	let scaled = amount.with_scale(scale).map(|amount| Some(amount.units));
	scaled.ok_or(GatherError::AmountTooLarge)
}
