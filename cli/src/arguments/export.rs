//! Arguments of exports.

use clap::{Args, Subcommand, ValueEnum};
use credio_export::{FileFormat, DEFAULT_PART_ROWS};
use std::path::PathBuf;

/// What to export, and to where.
#[derive(Debug, Args)]
pub struct ExportArguments {
	/// To verify an export instead
	#[command(subcommand)]
	pub command: Option<ExportCommand>,
	/// A view of the index, or a stream by name or id
	#[arg(required = true, value_name = "VIEW|STREAM")]
	pub what: Option<String>,
	/// File of the index, or a PostgreSQL database (postgres://…)
	#[arg(long, env = "CREDIO_INDEX", value_name = "FILE_OR_URL", required = true)]
	pub index: Option<String>,
	/// Number of the organization whose index it is, where a PostgreSQL database has several
	#[arg(long, value_name = "NUMBER")]
	pub organization: Option<credio_client::primitives::OrganizationId>,
	/// Folder to write to; one that is not there yet, or has an export that was interrupted
	#[arg(short, long, value_name = "DIR", required = true)]
	pub output: Option<PathBuf>,
	/// Format of the files
	#[arg(long, value_enum, default_value_t = Format::Csv)]
	pub format: Format,
	/// Which rows of a view; all without it
	#[arg(long = "where", value_name = "FILTER")]
	pub filter: Option<String>,
	/// Rows of a view that later ones have replaced, too
	#[arg(long)]
	pub history: bool,
	/// A stream of this organization, by name or number
	#[arg(long, value_name = "ORG")]
	pub owner: Option<String>,
	/// Rows of each file but the last one
	#[arg(long, default_value_t = DEFAULT_PART_ROWS, value_name = "N")]
	pub part_rows: u64,
}

/// Format of exported files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
	/// RFC 4180
	Csv,
	/// One object of JSON a line
	Jsonl,
	/// Apache Parquet
	Parquet,
}

impl From<Format> for FileFormat {
	fn from(format: Format) -> Self {
		match format {
			Format::Csv => Self::Csv,
			Format::Jsonl => Self::Jsonl,
			Format::Parquet => Self::Parquet,
		}
	}
}

/// What else to do with exports.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
	/// Verify an export against the chain, and say what was checked and what was not
	#[command(
		after_help = "Examples:\n  credio export verify invoices-june\n  credio export verify invoices-june --without-documents\n  credio export verify invoices-june --offline"
	)]
	Verify(VerifyExportArguments),
}

/// What to verify.
#[derive(Debug, Args)]
pub struct VerifyExportArguments {
	/// The export's folder
	#[arg(value_name = "DIR")]
	pub folder: PathBuf,
	/// Do not make the rows anew from the chain, which takes the vault of the organization whose export it is
	#[arg(long)]
	pub without_documents: bool,
	/// Check the files against the manifest only, and ask no node
	#[arg(long)]
	pub offline: bool,
}
