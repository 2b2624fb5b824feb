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
use credio_view::{Decimal, Value, value::Type, view::View};
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
	/// Its column with the due date.
	pub due: String,
	/// Its column with the amount due.
	pub amount: String,
	/// Its column with the payment: a boolean, the day, or the amount paid.
	pub paid: Option<String>,
	/// Its column with the currency.
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
		let aggregate = Aggregate {
			filter: self.query.filter.clone(),
			functions: vec!["count".into(), format!("sum({})", self.query.amount)],
			..Aggregate::default()
		};
		let found = self.store.aggregate(&self.query.view, &aggregate).await?;
		let row = found.rows.first().map(Vec::as_slice).unwrap_or_default();
		let rows = match row.first() {
			Some(Some(Value::Integer(rows))) => u64::try_from(*rows).unwrap_or(0),
			_ => 0,
		};
		let scale = self.scale(&self.view().await?)?;
		let sum = match row.get(1) {
			Some(Some(value)) => units(value, scale)?.unwrap_or(0),
			_ => 0,
		};
		Ok((rows, sum))
	}

	async fn read_pages(&self, view: &View) -> Result<(Assets, Option<Cursor>)> {
		let columns = self.columns(view)?;
		let mut assets = self.empty(view)?;
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

	fn empty(&self, view: &View) -> Result<Assets> {
		let AssetsQuery { due, amount, paid, currency, filter, .. } = &self.query;
		let paid_by = match paid {
			None => PaidBy::Nothing,
			Some(name) => match Self::column(view, name)?.1 {
				Type::Boolean => PaidBy::Flag(name.clone()),
				Type::Date | Type::Timestamp => PaidBy::Day(name.clone()),
				_ => PaidBy::Amount(name.clone()),
			},
		};
		Ok(Assets {
			organization: format!("index of organization {}", self.store.organization()),
			view: view.name.clone(),
			due: due.clone(),
			amount: amount.clone(),
			paid: paid_by,
			currency: currency.clone(),
			filter: filter.clone(),
			as_of: self.as_of(),
			scale: self.scale(view)?,
			rows: 0,
			portfolios: BTreeMap::new(),
			left_out: LeftOut::default(),
		})
	}

	/// Returns the number and the type of a column.
	fn column(view: &View, name: &str) -> Result<(usize, Type)> {
		let found = view.column(name).and_then(|at| Some((at, view.columns.get(at)?.ty)));
		found.ok_or_else(|| {
			let known: Vec<&str> = view.columns.iter().map(|column| column.name.as_str()).collect();
			StoreError::UnknownColumn {
				view: view.name.clone(),
				column: name.into(),
				known: known.join(", "),
			}
			.into()
		})
	}

	fn columns(&self, view: &View) -> Result<Columns> {
		let AssetsQuery { due, amount, paid, currency, .. } = &self.query;
		let of = |name: &str, fits: fn(Type) -> bool, expected: &'static str| {
			let (at, ty) = Self::column(view, name)?;
			match fits(ty) {
				true => Ok(at),
				false => {
					Err(GatherError::ColumnType { column: name.into(), ty: ty.name(), expected })
				},
			}
		};
		let named = |name: &Option<String>, fits: fn(Type) -> bool, expected: &'static str| {
			name.as_deref().map(|name| of(name, fits, expected)).transpose()
		};
		let tells_payment = |ty: Type| ty.has_date() || ty.is_number() || ty == Type::Boolean;
		Ok(Columns {
			due: of(due, Type::has_date, "a date or a timestamp")?,
			amount: of(amount, Type::is_number, "a decimal or an integer")?,
			paid: named(
				paid,
				tells_payment,
				"a boolean, a date, a timestamp, a decimal or an integer",
			)?,
			currency: named(currency, |ty| ty == Type::Text, "a text")?,
			naming: view.key.iter().copied().take(MAX_NAMING).collect(),
		})
	}

	/// Returns the fraction digits that both amounts and payments fit in.
	fn scale(&self, view: &View) -> Result<u8> {
		let scale = |name: &str| {
			Ok::<_, GatherError>(match Self::column(view, name)?.1 {
				Type::Decimal { scale } => scale,
				_ => 0,
			})
		};
		let paid = match &self.query.paid {
			Some(paid) => scale(paid)?,
			None => 0,
		};
		Ok(scale(&self.query.amount)?.max(paid))
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
