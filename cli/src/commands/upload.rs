//! Uploading.

use super::org::number;
use crate::{arguments::UploadArguments, exit, exit::Failure, output, session::Session};
use credio_client::{
	primitives::{limits::MAX_DOCUMENT_SIZE, StreamId},
	Client, Error, Outcome, SubmitError, Upload,
};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{json, Value};
use std::path::Path;

/// Uploads under way at once: enough to fill blocks, few enough to bound memory.
const IN_FLIGHT: usize = 200;

/// Uploads files, and prints each as its outcome is final.
pub async fn run(session: &Session, arguments: UploadArguments) -> Result<(), Failure> {
	let total = arguments.files.len();
	if total > 1 && (arguments.key.is_some() || arguments.supersedes.is_some()) {
		return Err(Failure::Other("--key and --supersedes are for one file".into()));
	}
	let client = session.connect().await?;
	let owner = match &arguments.owner {
		None => None,
		Some(name) => Some(number(&client, Some(name)).await?),
	};
	let stream = client.find_stream(&arguments.stream, owner).await?.id;
	// Opened once, before many uploads find together that it is due.
	client.ensure_writable(stream).await?;

	let progress = ProgressBar::new(total as u64);
	progress.set_style(
		ProgressStyle::with_template("{bar:40} {pos}/{len} final, {per_sec}, {eta} left {msg}")
			.unwrap_or_else(|_| ProgressStyle::default_bar()),
	);
	let mut outcomes = futures::stream::iter(&arguments.files)
		.map(|file| one(&client, stream, &arguments, file))
		.buffer_unordered(IN_FLIGHT);
	let (mut failed, mut code) = (0usize, exit::OK);
	if !session.json {
		let header =
			format!("{:66}  {:>8}  {:>8}  {:8}  file", "record", "sequence", "block", "outcome");
		output::go_on_unread(output::line(&header))?;
	}
	while let Some((file, outcome)) = outcomes.next().await {
		let line = describe(file, stream, &outcome);
		if !matches!(outcome, Ok(Outcome::Applied(_))) {
			failed += 1;
			if code == exit::OK {
				code = outcome.as_ref().err().map_or(exit::REJECTED, Failure::code);
			}
			if let Err(error) = &outcome {
				progress.suspend(|| {
					output::note(&format!("credio: {}: {}", file.display(), error.with_hint()))
				});
			}
		}
		// What was begun is brought to its end.
		output::go_on_unread(progress.suspend(|| print_line(session.json, &line)))?;
		progress.inc(1);
	}
	progress.finish_and_clear();
	match failed {
		0 => Ok(()),
		failed => Err(Failure::Uploads { failed, total, code }),
	}
}

async fn one<'a>(
	client: &Client,
	stream: StreamId,
	arguments: &UploadArguments,
	file: &'a Path,
) -> (&'a Path, Result<Outcome, Failure>) {
	let outcome = async {
		let document = read_bounded(file).await?;
		let media_type =
			arguments.media_type.clone().unwrap_or_else(|| media_type(file).to_owned());
		let upload = Upload {
			stream,
			key: arguments.key.as_deref().map(str::as_bytes),
			media_type: &media_type,
			document: &document,
			supersedes: arguments.supersedes,
		};
		Ok(client.upload(&upload).await?)
	};
	(file, outcome.await)
}

/// Reads a file, unless it is over the limit anyway.
pub async fn read_bounded(file: &Path) -> Result<Vec<u8>, Failure> {
	let error = |error| Failure::file(file, error);
	let size = tokio::fs::metadata(file).await.map_err(error)?.len();
	if size > u64::from(MAX_DOCUMENT_SIZE) {
		let size = usize::try_from(size).unwrap_or(usize::MAX);
		let too_large = credio_client::envelope::Error::TooLarge { size };
		return Err(Error::Vault(too_large.into()).into());
	}
	tokio::fs::read(file).await.map_err(error)
}

fn describe(file: &Path, stream: StreamId, outcome: &Result<Outcome, Failure>) -> Value {
	let file = file.display().to_string();
	match outcome {
		Ok(Outcome::Applied(uploaded)) => json!({
			"file": file,
			"recordId": uploaded.record_id,
			"stream": uploaded.stream,
			"sequence": uploaded.sequence,
			"requestKey": uploaded.request_key,
			"outcome": "applied",
			"block": uploaded.block,
		}),
		Ok(Outcome::Rejected(status)) => json!({
			"file": file,
			"recordId": null,
			"stream": stream,
			"sequence": null,
			"requestKey": status.request_key,
			"outcome": "rejected",
			"block": status.receipt.as_ref().map(|receipt| receipt.block),
			"error": status.receipt.as_ref().and_then(|receipt| receipt.error.clone()),
		}),
		Err(error) => json!({
			"file": file,
			"recordId": null,
			"stream": stream,
			"sequence": null,
			"requestKey": null,
			"outcome": match error {
				Failure::Sdk(Error::Submit(SubmitError::Expired(_))) => "expired",
				_ => "failed",
			},
			"block": null,
			"error": { "description": error.with_hint() },
		}),
	}
}

pub fn print_line(json: bool, line: &Value) -> Result<(), Failure> {
	if json {
		return output::json_line(line);
	}
	let text = |field: &str| match &line[field] {
		Value::Null => "-".into(),
		Value::String(text) => text.clone(),
		other => other.to_string(),
	};
	output::line(&format!(
		"{:66}  {:>8}  {:>8}  {:8}  {}",
		text("recordId"),
		text("sequence"),
		text("block"),
		text("outcome"),
		text("file")
	))
}

/// Media type by the file's ending; nobody but the readers sees it.
pub fn media_type(file: &Path) -> &'static str {
	let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
	match ending.to_ascii_lowercase().as_str() {
		"xml" => "application/xml",
		"json" => "application/json",
		"csv" => "text/csv",
		"edi" | "edifact" => "application/EDIFACT",
		"pdf" => "application/pdf",
		"txt" => "text/plain",
		"png" => "image/png",
		"jpg" | "jpeg" => "image/jpeg",
		_ => "application/octet-stream",
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn media_types_follow_endings() {
		assert_eq!(media_type(Path::new("a/b.XML")), "application/xml");
		assert_eq!(media_type(Path::new("noending")), "application/octet-stream");
	}

	#[tokio::test]
	async fn a_file_over_the_limit_is_not_even_read() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("large");
		std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
		let error = read_bounded(&path).await.unwrap_err();
		assert!(error.to_string().contains("anchor"), "{error}");
	}
}
