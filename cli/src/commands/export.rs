//! Exports: made from an index, and verified against the chain.

use super::org::number;
use crate::{
	arguments::export::{ExportArguments, ExportCommand, VerifyExportArguments},
	exit::Failure,
	output,
	session::Session,
};
use credio_client::primitives::OrganizationId;
use credio_export::{
	self as export,
	verify::{self, Verification},
	Fate, Manifest, Progress, Request, Selection, Subject,
};
use credio_index::Store;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
	io::IsTerminal,
	path::Path,
	sync::Arc,
	time::{Duration, Instant},
};

/// Time between two lines of progress where there is no terminal.
const QUIET_FOR: Duration = Duration::from_secs(15);

/// Runs the command.
pub async fn run(session: &Session, arguments: ExportArguments) -> Result<(), Failure> {
	match arguments.command {
		Some(ExportCommand::Verify(arguments)) => verify(session, &arguments).await,
		None => make(session, arguments).await,
	}
}

/// Makes an export.
async fn make(session: &Session, arguments: ExportArguments) -> Result<(), Failure> {
	let (Some(what), Some(index), Some(folder)) =
		(&arguments.what, &arguments.index, &arguments.output)
	else {
		return Err(Failure::Other("give what to export, --index and --output".into()));
	};
	let store = Store::open_to_read(index, arguments.organization).await?;
	let selection = selection(session, &store, store.organization(), what, &arguments).await?;
	let request =
		Request { selection, format: arguments.format.into(), part_rows: arguments.part_rows };
	let mut shown = Shown::new();
	let exported =
		export::run(&store, &request, folder, &mut |progress| shown.tell(progress)).await?;
	shown.end();
	let manifest = &exported.manifest;
	if exported.was_complete && !session.json {
		output::line("the export is complete, nothing was changed")?;
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

/// What is meant: a view if there is one of that name, else a stream.
async fn selection(
	session: &Session,
	store: &Store,
	own: OrganizationId,
	what: &str,
	arguments: &ExportArguments,
) -> Result<Selection, Failure> {
	let is_view = arguments.owner.is_none()
		&& store.views().await?.iter().any(|state| state.view.name == what);
	if is_view {
		let filter = arguments.filter.clone();
		return Ok(Selection::View { name: what.into(), filter, history: arguments.history });
	}
	let owner = match arguments.owner.as_deref() {
		None => own,
		Some(name) => match name.parse() {
			Ok(owner) => owner,
			Err(_) => number(&session.connect_to_read().await?, Some(name)).await?,
		},
	};
	let stream = export::find_stream(store, what, owner).await?;
	if arguments.filter.is_some() || arguments.history {
		return Err(export::ExportError::StreamIsWhole.into());
	}
	Ok(Selection::Stream(stream))
}

/// Entries by what became of them.
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
async fn verify(session: &Session, arguments: &VerifyExportArguments) -> Result<(), Failure> {
	let folder = &arguments.folder;
	let mut told = Verification::default();
	let mut shown = Shown::new();
	let progress = &mut |progress| shown.tell(progress);
	let manifest = verify::files(folder, &mut told, progress)?;
	if arguments.offline {
		told.not_checked.push("anything against the chain (--offline)".into());
	} else {
		let client = session.connect().await?;
		verify::chain(folder, &manifest, &client, &mut told, progress).await?;
		if arguments.without_documents {
			told.not_checked.push("the rows themselves (--without-documents)".into());
		} else if !told.holds() {
			told.not_checked
				.push("the rows themselves, since the export does not hold already".into());
		} else {
			let vault = Arc::new(session.vault_of_organization().await?);
			let options = session.options();
			let source = verify::Source {
				node: session.node(),
				connect: &options,
				trust: &session.trust(),
				vault,
			};
			verify::documents(folder, &manifest, &source, &mut told, progress).await?;
		}
	}
	shown.end();
	print(session, folder, &manifest, &told)?;
	match told.holds() {
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
	told: &Verification,
) -> Result<(), Failure> {
	if session.json {
		return output::json_line(&json!({
			"verified": told.holds(),
			"folder": folder,
			"is": verify::describe(manifest),
			"digest": manifest.digest,
			"at": manifest.at,
			"checked": told.checked,
			"notChecked": told.not_checked,
			"findings": told.findings,
			"moreFindings": told.more_findings,
		}));
	}
	output::line(&verify::describe(manifest))?;
	let lists =
		[("Checked", &told.checked), ("Not checked", &told.not_checked), ("Wrong", &told.findings)];
	for (name, sentences) in lists.into_iter().filter(|(_, sentences)| !sentences.is_empty()) {
		output::line("")?;
		output::line(&format!("{name}:"))?;
		for (number, sentence) in (1..).zip(sentences) {
			output::line(&format!("{number:3}. {sentence}"))?;
		}
	}
	if told.more_findings > 0 {
		output::line(&format!("     and {} more", told.more_findings))?;
	}
	if let (true, Subject::View { digest, .. }) = (told.holds(), &manifest.subject) {
		output::line("")?;
		output::line(&format!(
			"It holds for the definition {digest}: compare that with your own view's."
		))?;
	}
	Ok(())
}

/// Progress, to standard error: a bar in a terminal, else a line now and then.
struct Shown {
	bar: Option<ProgressBar>,
	told_at: Instant,
}

impl Shown {
	fn new() -> Self {
		let bar = std::io::stderr().is_terminal().then(|| {
			let style = ProgressStyle::with_template(
				"{bar:30} {human_pos} of {human_len} {msg}, {per_sec}",
			);
			ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
		});
		Self { bar, told_at: Instant::now() }
	}

	fn tell(&mut self, Progress { step, done, total }: Progress) {
		match &self.bar {
			Some(bar) => {
				if bar.message() != step {
					bar.reset();
					bar.set_message(step);
				}
				bar.set_length(total.unwrap_or(done));
				bar.set_position(done);
			},
			None if self.told_at.elapsed() >= QUIET_FOR => {
				let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
				output::note(&format!("{done}{of} {step}"));
				self.told_at = Instant::now();
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
