//! How assets perform: read from a view of an index.

use super::arguments::AssetsArguments;
use super::{index, origin, tell, today, write};
use crate::{exit::Failure, session::Session};
use credio_index::{store::MAX_LIMIT, Aggregate, Cursor, Query, Store};
use credio_report::{
	assets::{Assets, LeftOut, Paid, PaidBy, Row},
	format, Amount, Source,
};
use credio_view::{value::Type, view::View, Decimal, Value};
use jiff::{civil::Date, tz::TimeZone};
use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};

/// How often a view is read again because it changed meanwhile.
const MAX_READINGS: usize = 10;
/// How often an index is asked whether it has moved on: another process keeps it, and tells nobody.
const PAUSE: Duration = Duration::from_secs(1);
/// How much longer than a reading the pause after it is at least, so that a large view is not read all the time.
const REST: u32 = 5;
/// Columns of a key by which an item is named.
const MAX_NAMING: usize = 3;

/// Writes the report, and keeps it up to date if that is asked for.
pub async fn run(session: &Session, arguments: AssetsArguments) -> Result<(), Failure> {
	super::check(&arguments.output)?;
	let store = index::open(&arguments.index.at.index, arguments.index.organization).await?;
	let organization = store.organization();
	let reading = Reading { store: &store, arguments: &arguments, organization };
	let is_live = arguments.output.watch;
	let show = |(assets, at): &(Assets, Option<Cursor>), is_live| {
		write(&arguments.output, &assets.page(&origin(sources(*at), is_live)))?;
		tell(session, &arguments.output)
	};
	let mut shown = reading.read().await?;
	let mut seen = (shown.1, reading.as_of());
	show(&shown, is_live)?;
	if !is_live {
		return Ok(());
	}
	let stop = tokio::signal::ctrl_c();
	tokio::pin!(stop);
	let mut pause = PAUSE;
	loop {
		tokio::select! {
			() = tokio::time::sleep(pause) => {},
			// From now on the page is not kept up to date, and says so.
			_ = &mut stop => return show(&shown, false),
		}
		let now = (store.cursor().await?, reading.as_of());
		if seen == now {
			continue;
		}
		let started = Instant::now();
		let found = reading.read().await?;
		pause = PAUSE.max(started.elapsed() * REST);
		seen = now;
		if found.0 != shown.0 {
			show(&found, is_live)?;
			shown = found;
		}
	}
}

fn sources(at: Option<Cursor>) -> Vec<Source> {
	let block = match at {
		Some(at) => format!("{}, hash {}", format::number(at.number.into()), at.hash),
		None => "the index has none yet".into(),
	};
	vec![
		Source::new("Index", "all figures: current rows of the view in the organization's index, of final blocks only"),
		Source::new("Last block of the index", block),
	]
}

/// Columns of a view, by number.
struct Columns {
	due: usize,
	amount: usize,
	paid: Option<usize>,
	currency: Option<usize>,
	naming: Vec<usize>,
}

/// Reads a view of an index.
struct Reading<'a> {
	store: &'a Store,
	arguments: &'a AssetsArguments,
	organization: u32,
}

impl Reading<'_> {
	fn as_of(&self) -> Date {
		self.arguments.as_of.unwrap_or_else(today)
	}

	/// Reads the view, page by page. What changes between two pages would be counted twice or not at all, so it is
	/// held against a sum that the database makes in one step, and read again if they differ.
	async fn read(&self) -> Result<(Assets, Option<Cursor>), Failure> {
		for _ in 0..MAX_READINGS {
			let view = self.view().await?;
			let (assets, at) = self.read_pages(&view).await?;
			if self.sum().await? == (assets.rows, assets.checksum()) {
				return Ok((assets, at));
			}
		}
		Err(Failure::Other(format!(
			"the view {} changes faster than it can be read: try again when the index has caught up",
			self.arguments.view
		)))
	}

	async fn view(&self) -> Result<View, Failure> {
		let states = self.store.views().await?;
		let found = states.iter().find(|state| state.view.name == self.arguments.view);
		match found {
			Some(state) => Ok((*state.view).clone()),
			None => {
				let known: Vec<&str> =
					states.iter().map(|state| state.view.name.as_str()).collect();
				Err(Failure::Index(
					credio_index::StoreError::UnknownView {
						view: self.arguments.view.clone(),
						known: known.join(", "),
					}
					.into(),
				))
			},
		}
	}

	/// How many rows there are, and the sum of their amounts, at one moment.
	async fn sum(&self) -> Result<(u64, i128), Failure> {
		let aggregate = Aggregate {
			filter: self.arguments.filter.clone(),
			functions: vec!["count".into(), format!("sum({})", self.arguments.amount)],
			..Aggregate::default()
		};
		let found = self.store.aggregate(&self.arguments.view, &aggregate).await?;
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

	async fn read_pages(&self, view: &View) -> Result<(Assets, Option<Cursor>), Failure> {
		let columns = self.columns(view)?;
		let mut assets = self.empty(view)?;
		let mut query =
			Query { filter: self.arguments.filter.clone(), limit: MAX_LIMIT, ..Query::default() };
		loop {
			let page = self.store.search(&view.name, &query).await?;
			for row in page.rows {
				let record = row.record.to_string();
				let row = read_row(&columns, &row.values, assets.scale, record, row.line)?;
				assets.add(row).map_err(|error| Failure::Other(error.to_string()))?;
			}
			match page.next {
				Some(next) => query.after = Some(next),
				None => return Ok((assets, page.at)),
			}
		}
	}

	fn empty(&self, view: &View) -> Result<Assets, Failure> {
		let AssetsArguments { due, amount, paid, currency, filter, .. } = self.arguments;
		let paid_by = match paid {
			None => PaidBy::Nothing,
			Some(name) => match self.column(view, name)?.1 {
				Type::Boolean => PaidBy::Flag(name.clone()),
				Type::Date | Type::Timestamp => PaidBy::Day(name.clone()),
				_ => PaidBy::Amount(name.clone()),
			},
		};
		Ok(Assets {
			organization: format!("index of organization {}", self.organization),
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

	/// Number and type of a column.
	fn column(&self, view: &View, name: &str) -> Result<(usize, Type), Failure> {
		let found = view.column(name).and_then(|at| Some((at, view.columns.get(at)?.ty)));
		found.ok_or_else(|| {
			let known: Vec<&str> = view.columns.iter().map(|column| column.name.as_str()).collect();
			Failure::Index(
				credio_index::StoreError::UnknownColumn {
					view: view.name.clone(),
					column: name.into(),
					known: known.join(", "),
				}
				.into(),
			)
		})
	}

	fn columns(&self, view: &View) -> Result<Columns, Failure> {
		let AssetsArguments { due, amount, paid, currency, .. } = self.arguments;
		let of = |name: &str, fits: fn(Type) -> bool, what: &str| {
			let (at, ty) = self.column(view, name)?;
			match fits(ty) {
				true => Ok(at),
				false => Err(Failure::Other(format!(
					"the column {name} is {}, and has to be {what}",
					ty.name()
				))),
			}
		};
		let named = |name: &Option<String>, fits: fn(Type) -> bool, what: &str| {
			name.as_deref().map(|name| of(name, fits, what)).transpose()
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

	/// Fraction digits that amounts and payments both have room in.
	fn scale(&self, view: &View) -> Result<u8, Failure> {
		let scale = |name: &str| {
			Ok::<_, Failure>(match self.column(view, name)?.1 {
				Type::Decimal { scale } => scale,
				_ => 0,
			})
		};
		let paid = match &self.arguments.paid {
			Some(paid) => scale(paid)?,
			None => 0,
		};
		Ok(scale(&self.arguments.amount)?.max(paid))
	}
}

fn read_row(
	columns: &Columns,
	values: &[Option<Value>],
	scale: u8,
	record: String,
	line: u32,
) -> Result<Row, Failure> {
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
		// Nothing is paid, whatever it would have been told by.
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

/// The day of a date or a moment, in UTC.
fn day(value: &Value) -> Option<Date> {
	match value {
		Value::Date(date) => Some(*date),
		Value::Timestamp(moment) => Some(moment.to_zoned(TimeZone::UTC).date()),
		_ => None,
	}
}

/// A number in units of a scale that is no smaller than its own.
fn units(value: &Value, scale: u8) -> Result<Option<i128>, Failure> {
	let amount = match value {
		Value::Integer(number) => Amount { units: (*number).into(), scale: 0 },
		Value::Decimal(Decimal { units, scale }) => Amount { units: *units, scale: *scale },
		_ => return Ok(None),
	};
	let scaled = amount.with_scale(scale).map(|amount| Some(amount.units));
	scaled.ok_or_else(|| Failure::Other("an amount of the view is too large".into()))
}
