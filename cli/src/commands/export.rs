//! `credio export`: made from an index, and verified against the chain.

use crate::{exit::Failure, output, resolve, session::Session, values::id::IdPart};
use clap::{Args, Subcommand, ValueEnum};
use credio_client::primitives::OrganizationId;
use credio_export::{
	self as export, DEFAULT_PART_ROWS, ExportError, Fate, FileFormat, Manifest, Progress, Request,
	Selection, Subject,
	verify::{self, Verification},
};
use credio_index::Store;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
	io::IsTerminal,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};

/// Time between two lines of progress without a terminal.
const QUIET_FOR: Duration = Duration::from_secs(15);

/// Export a view, or a stream's entries, to files in bulk; or verify an export
#[derive(Debug, Args)]
#[command(
	args_conflicts_with_subcommands = true,
	subcommand_negates_reqs = true,
	after_help = "Examples:\n  credio export invoices-ubl --index acme.index --format parquet -o invoices-june\n  credio export invoices-ubl --index acme.index --where 'amount > 1000' -o large\n  credio export invoices-2026 --owner channel-one --index acme.index --format jsonl -o documents\n  credio export verify invoices-june\n(an interrupted export continues when the same command runs again)"
)]
pub(super) struct ExportArgs {
	#[command(subcommand)]
	command: Option<ExportCommand>,
	/// A view of the index, or a stream by name or id
	#[arg(required = true, value_name = "VIEW|STREAM")]
	what: Option<String>,
	/// File of the index, or a PostgreSQL database (postgres://…)
	#[arg(long, env = "CREDIO_INDEX", value_name = "FILE_OR_URL", required = true)]
	index: Option<String>,
	/// Number of the index's organization, if a PostgreSQL database has several
	#[arg(long, value_name = "NUMBER")]
	organization: Option<OrganizationId>,
	/// Folder to write to: a new one, or one with an interrupted export
	#[arg(short, long, value_name = "DIR", required = true)]
	output: Option<PathBuf>,
	/// Format of the files
	#[arg(long, value_enum, default_value_t = Format::Csv)]
	format: Format,
	/// Filter of the rows of a view; all without it
	#[arg(long = "where", alias = "filter", value_name = "FILTER")]
	filter: Option<String>,
	/// Include rows of a view that later ones have replaced
	#[arg(long)]
	history: bool,
	/// A stream of this organization, by name or number
	#[arg(long, value_name = "ORG")]
	owner: Option<String>,
	/// Rows of each file except the last one
	#[arg(long, default_value_t = DEFAULT_PART_ROWS, value_name = "N")]
	part_rows: u64,
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

/// Commands on exports.
#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
	Verify(VerifyArgs),
}

/// Verify an export against the chain, and list the checks that were made and those that were not
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio export verify invoices-june\n  credio export verify invoices-june --without-documents\n  credio export verify invoices-june --offline"
)]
pub(super) struct VerifyArgs {
	/// The export's folder
	#[arg(value_name = "DIR")]
	folder: PathBuf,
	/// Do not rebuild the rows from the chain, which needs the vault of the export's organization
	#[arg(long)]
	without_documents: bool,
	/// Check the files against the manifest only, without a node
	#[arg(long)]
	offline: bool,
}

/// Makes or verifies an export.
pub(super) async fn run(session: &Session, args: ExportArgs) -> Result<(), Failure> {
	match args.command {
		Some(ExportCommand::Verify(args)) => verify(session, &args).await,
		None => make(session, args).await,
	}
}

/// Makes an export.
async fn make(session: &Session, args: ExportArgs) -> Result<(), Failure> {
	let (Some(what), Some(index), Some(folder)) = (&args.what, &args.index, &args.output) else {
		return Err(Failure::hinted(
			"there is nothing to export",
			"give a view or stream, --index and --output",
		));
	};
	let store = Store::open_to_read(index, args.organization).await?;
	let selection = selection(session, &store, store.organization(), what, &args).await?;
	let request = Request { selection, format: args.format.into(), part_rows: args.part_rows };
	let mut printer = ProgressPrinter::new();
	let exported =
		export::run(&store, &request, folder, &mut |progress| printer.print(progress)).await?;
	printer.end();
	let manifest = &exported.manifest;
	if exported.was_complete && !session.json {
		output::line("the export was complete already; nothing was changed")?;
	}
	output::item(
		session.json,
		&json!({
			"folder": folder,
			"wasComplete": exported.was_complete,
			"at": manifest.at,
			"counts": manifest.counts,
			"files": manifest.files.len(),
			"digest": manifest.digest,
		}),
		&[
			("written", folder.display().to_string()),
			("at block", manifest.at.number.to_string()),
			("entries", entries(manifest)),
			("rows", format!("{} in {} files", manifest.counts.rows, manifest.parts())),
			("digest", manifest.digest.clone()),
			("verify it with", format!("credio export verify {}", folder.display())),
		],
	)
}

/// Returns the selection: the view of that name if there is one, else the stream.
async fn selection(
	session: &Session,
	store: &Store,
	own: OrganizationId,
	what: &str,
	args: &ExportArgs,
) -> Result<Selection, Failure> {
	let is_view =
		args.owner.is_none() && store.views().await?.iter().any(|state| state.view.name == what);
	if is_view {
		let filter = args.filter.clone();
		return Ok(Selection::View { name: what.into(), filter, history: args.history });
	}
	let owner = match args.owner.as_deref() {
		None => own,
		Some(name) => match name.parse() {
			Ok(owner) => owner,
			Err(_) => resolve::organization(&session.connect_to_read().await?, Some(name)).await?,
		},
	};
	let stream = match (export::find_stream(store, what, owner).await, what.parse::<IdPart>()) {
		(Err(ExportError::UnknownSubject(_)), Ok(part)) => {
			let known = store.snapshot().await?.streams().await?;
			part.pick("stream", known.into_iter().map(|(id, ..)| id))?
		},
		(found, _) => found?,
	};
	if args.filter.is_some() || args.history {
		return Err(ExportError::StreamIsWhole.into());
	}
	Ok(Selection::Stream(stream))
}

/// Counts the entries by their fate.
fn entries(manifest: &Manifest) -> String {
	let counts = &manifest.counts;
	let fates = counts.fates.iter().filter(|(_, count)| **count > 0).map(|(fate, count)| {
		let what = match fate {
			Fate::Rows => "with rows",
			Fate::Anchor => "anchors",
			Fate::Unreadable => "unreadable",
			Fate::OtherDocument => "other documents",
			Fate::Unfit => "unfit",
			Fate::Superseded => "superseded",
			Fate::Filtered => "filtered out",
		};
		format!("{count} {what}")
	});
	let fates = fates.collect::<Vec<_>>().join(", ");
	format!("{} of {} streams: {fates}", counts.entries, manifest.streams.len())
}

/// Verifies an export.
async fn verify(session: &Session, args: &VerifyArgs) -> Result<(), Failure> {
	let folder = &args.folder;
	let mut verification = Verification::default();
	let mut printer = ProgressPrinter::new();
	let progress = &mut |progress| printer.print(progress);
	let manifest = verify::files(folder, &mut verification, progress)?;
	if args.offline {
		verification.not_checked.push("anything against the chain (--offline)".into());
	} else {
		let client = session.connect().await?;
		verify::chain(folder, &manifest, &client, &mut verification, progress).await?;
		if args.without_documents {
			verification.not_checked.push("the rows themselves (--without-documents)".into());
		} else if !verification.holds() {
			verification
				.not_checked
				.push("the rows themselves, since the export failed other checks".into());
		} else {
			let vault = Arc::new(session.vault_of_organization().await?);
			let options = session.options();
			let source = verify::Source {
				node: session.node(),
				connect: &options,
				trust: &session.trust(),
				vault,
				objects: session.objects()?,
			};
			verify::documents(folder, &manifest, &source, &mut verification, progress).await?;
		}
	}
	printer.end();
	print(session, folder, &manifest, &verification)?;
	match verification.holds() {
		true => Ok(()),
		false => {
			Err(Failure::NotVerified(format!("the export in {} does not hold", folder.display())))
		},
	}
}

fn print(
	session: &Session,
	folder: &Path,
	manifest: &Manifest,
	verification: &Verification,
) -> Result<(), Failure> {
	if session.json {
		return output::json_line(&json!({
			"verified": verification.holds(),
			"folder": folder,
			"is": verify::describe(manifest),
			"digest": manifest.digest,
			"at": manifest.at,
			"checked": verification.checked,
			"notChecked": verification.not_checked,
			"findings": verification.findings,
			"moreFindings": verification.more_findings,
		}));
	}
	output::line(&verify::describe(manifest))?;
	let lists = [
		("Checked", &verification.checked),
		("Not checked", &verification.not_checked),
		("Wrong", &verification.findings),
	];
	for (name, sentences) in lists.into_iter().filter(|(_, sentences)| !sentences.is_empty()) {
		output::line("")?;
		output::line(&format!("{name}:"))?;
		for (number, sentence) in (1..).zip(sentences) {
			output::line(&format!("{number:3}. {sentence}"))?;
		}
	}
	if verification.more_findings > 0 {
		output::line(&format!("     and {} more", verification.more_findings))?;
	}
	if let (true, Subject::View { digest, .. }) = (verification.holds(), &manifest.subject) {
		output::line("")?;
		output::line(&format!(
			"It is of a view with the definition {digest}: compare it with your own view's."
		))?;
	}
	Ok(())
}

/// Prints progress to standard error: a bar on a terminal, else a line every few seconds.
struct ProgressPrinter {
	bar: Option<ProgressBar>,
	printed_at: Instant,
}

impl ProgressPrinter {
	fn new() -> Self {
		let bar = std::io::stderr().is_terminal().then(|| {
			let style = ProgressStyle::with_template(
				"{bar:30} {human_pos} of {human_len} {msg}, {per_sec}",
			);
			ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
		});
		Self { bar, printed_at: Instant::now() }
	}

	fn print(&mut self, Progress { step, done, total }: Progress) {
		match &self.bar {
			Some(bar) => {
				if bar.message() != step {
					bar.reset();
					bar.set_message(step);
				}
				bar.set_length(total.unwrap_or(done));
				bar.set_position(done);
			},
			None if self.printed_at.elapsed() >= QUIET_FOR => {
				let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
				output::note(&format!("{done}{of} {step}"));
				self.printed_at = Instant::now();
			},
			None => {},
		}
	}

	fn end(&self) {
		if let Some(bar) = &self.bar {
			bar.finish_and_clear();
		}
	}
}
