//! Arguments of reports.

use crate::options::ReadIndexOptions;
use clap::{Args, Subcommand};
use credio_report::activity::{Period, PeriodError};
use jiff::civil::Date;
use std::path::PathBuf;

/// Pages of figures: what your organization did, and how assets perform
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
	/// What your organization did in a period: uploads, requests, grants, access, partners
	#[command(
		after_help = "Examples:\n  credio report activity -o activity.html\n  credio report activity --from 2026-11-01 --to 2026-11-30 --outbox acme.outbox -o november.html"
	)]
	Activity(ActivityArguments),
	/// How assets perform: due, paid and overdue by month, and by age
	#[command(
		after_help = "Examples:\n  credio report assets repayment-schedules --index acme.index -o assets.html\n  credio report assets loans --due dueDate --amount payment --paid paidOn --as-of 2026-12-31 --index acme.index -o assets.html"
	)]
	Assets(AssetsArguments),
}

/// What to report of an organization's activity.
#[derive(Debug, Args)]
pub(crate) struct ActivityArguments {
	/// First day, in UTC [default: 29 days before the last]
	#[arg(long, value_name = "DATE")]
	pub from: Option<Date>,
	/// Last day, in UTC [default: today]
	#[arg(long, value_name = "DATE")]
	pub to: Option<Date>,
	/// Index of your organization, to count the rows of its views
	#[arg(long, env = "CREDIO_INDEX", value_name = "FILE_OR_URL")]
	pub index: Option<String>,
	/// Outbox that your organization uploads with, for expired requests and times until finality
	#[arg(long, env = "CREDIO_OUTBOX", value_name = "FILE_OR_URL")]
	pub outbox: Option<String>,
	#[command(flatten)]
	pub output: ReportOutput,
}

impl ActivityArguments {
	/// Returns the period. Its last day is `today` unless another one was given.
	pub(crate) fn period(&self, today: Date) -> Result<Period, PeriodError> {
		let to = self.to.unwrap_or(today);
		let from = match self.from {
			Some(from) => from,
			None => to.saturating_sub(jiff::Span::new().days(29)),
		};
		Period::new(from, to)
	}
}

/// What to report of assets.
#[derive(Debug, Args)]
pub(crate) struct AssetsArguments {
	/// The view
	pub view: String,
	/// Column with the due date [default: the one with the role dueDate]
	#[arg(long, value_name = "COLUMN")]
	pub due: Option<String>,
	/// Column with the amount due [default: the one with the role amount]
	#[arg(long, value_name = "COLUMN")]
	pub amount: Option<String>,
	/// Column with the payment: yes or no, its day, or the amount paid [default: the one with the role paid, if any]
	#[arg(long, value_name = "COLUMN")]
	pub paid: Option<String>,
	/// Column with the currency [default: the one with the role currency, if any]
	#[arg(long, value_name = "COLUMN")]
	pub currency: Option<String>,
	/// Day of the report [default: today, in UTC]
	#[arg(long, value_name = "DATE")]
	pub as_of: Option<Date>,
	/// Filter of the rows; all without it
	#[arg(long = "where", alias = "filter", value_name = "FILTER")]
	pub filter: Option<String>,
	#[command(flatten)]
	pub index: ReadIndexOptions,
	#[command(flatten)]
	pub output: ReportOutput,
}

/// Where a report goes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReportOutput {
	/// File to write, readable by you only; - for standard output
	#[arg(short, long, value_name = "FILE")]
	pub output: PathBuf,
	/// Keep running, and write it again whenever it changes, until Ctrl-C
	#[arg(long)]
	pub watch: bool,
}

#[cfg(test)]
mod tests {
	use super::*;
	use jiff::civil::date;

	fn period(from: Option<Date>, to: Option<Date>) -> Result<Period, PeriodError> {
		let output = ReportOutput { output: PathBuf::new(), watch: false };
		ActivityArguments { from, to, index: None, outbox: None, output }.period(date(2026, 3, 1))
	}

	#[test]
	fn default_period_is_thirty_days() {
		let last = period(None, None).unwrap();
		assert_eq!(
			(last.from(), last.to(), last.days()),
			(date(2026, 1, 31), date(2026, 3, 1), 30)
		);
		let given = period(Some(date(2026, 2, 1)), Some(date(2026, 2, 28))).unwrap();
		assert_eq!(given.days(), 28);
		assert_eq!(period(None, Some(date(2026, 1, 30))).unwrap().from(), date(2026, 1, 1));
		assert!(period(Some(date(2026, 3, 2)), None).is_err());
	}
}
