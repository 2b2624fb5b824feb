//! Reports: writing the page, and keeping it up to date.

mod activity;
mod arguments;
mod assets;

pub(super) use arguments::ReportCommand;

use crate::{exit::Failure, session::Session};
use arguments::ReportOutput;
use credio_report::{Origin, Source, format, gather::GatherError};
use jiff::Timestamp;
use std::io::Write;

/// Runs a command on reports.
pub(super) async fn run(session: &Session, command: ReportCommand) -> Result<(), Failure> {
	match command {
		ReportCommand::Activity(arguments) => activity::run(session, arguments).await,
		ReportCommand::Assets(arguments) => assets::run(session, arguments).await,
	}
}

impl From<GatherError> for Failure {
	fn from(error: GatherError) -> Self {
		match error {
			GatherError::Chain(error) => error.into(),
			GatherError::Outbox(error) => error.into(),
			GatherError::Index(error) => error.into(),
			error => Self::Other(error.to_string()),
		}
	}
}

/// Returns the origin of a page that is made now.
fn origin(sources: Vec<Source>, is_live: bool) -> Origin {
	let made_at = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0);
	let software = concat!("credio ", env!("CARGO_PKG_VERSION")).to_owned();
	Origin { made_at, software, sources, is_live }
}

/// Writes a page in one step: a reader finds the old page or the new one, never a part.
fn write(output: &ReportOutput, page: &str) -> Result<(), Failure> {
	let path = &output.output;
	if path.as_os_str() == "-" {
		return crate::output::Stdout.write_all(page.as_bytes()).map_err(crate::output::failed);
	}
	credio_files::write(path, page.as_bytes()).map_err(|error| Failure::file(path, error))
}

/// Refuses to keep standard output up to date.
fn check(output: &ReportOutput) -> Result<(), Failure> {
	match output.watch && output.output.as_os_str() == "-" {
		true => Err(Failure::Other("--watch needs a file to write to, and not -".into())),
		false => Ok(()),
	}
}

/// Reports that a page was written.
fn tell(session: &Session, output: &ReportOutput) -> Result<(), Failure> {
	let path = &output.output;
	if path.as_os_str() == "-" {
		return Ok(());
	}
	let time = format::time(origin(Vec::new(), false).made_at);
	let json =
		serde_json::json!({ "file": path, "writtenAt": format!("{}Z", time.replace(' ', "T")) });
	match session.json {
		true => crate::output::json_line(&json),
		false => crate::output::line(&format!("{time} UTC  written {}", path.display())),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{fs, os::unix::fs::PermissionsExt};

	#[test]
	fn a_page_is_replaced_in_one_step_and_is_for_its_owner_only() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("report.html");
		fs::write(&path, "old").unwrap();
		fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
		let output = ReportOutput { output: path.clone(), watch: true };
		write(&output, "new").unwrap();
		assert_eq!(fs::read_to_string(&path).unwrap(), "new");
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
		let nowhere = ReportOutput { output: folder.path().join("none/report.html"), watch: false };
		assert!(write(&nowhere, "new").is_err());
		let a_folder = ReportOutput { output: folder.path().into(), watch: false };
		assert!(write(&a_folder, "new").is_err());
		assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
	}
}
