//! The activity of the vault's organization.

use super::arguments::ActivityArguments;
use super::{origin, tell, write};
use crate::{exit::Failure, session::Session};
use credio_report::{
	Source,
	activity::Activity,
	gather::{ActivityReader, OutboxReader, open_index, today},
};
use futures::FutureExt;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;

/// Writes the report, and keeps it up to date if that is asked for.
pub(super) async fn run(session: &Session, arguments: ActivityArguments) -> Result<(), Failure> {
	super::check(&arguments.output)?;
	let period = arguments.period(today()).map_err(|error| Failure::Other(error.to_string()))?;
	let client = session.connect().await?;
	let outbox = match &arguments.outbox {
		Some(url) => {
			let vault = Arc::new(session.vault_of_organization().await?);
			Some(OutboxReader::open(url, vault).await?)
		},
		None => None,
	};
	let index = match &arguments.index {
		Some(url) => Some(open_index(url, client.organization_id()).await?),
		None => None,
	};
	// Before anything is read: what becomes final meanwhile is heard of after.
	let mut heads = client.finalized_heads().await?;
	let head = heads.next().await?;
	let is_open = arguments.to.is_none();
	let mut reader = ActivityReader::new(&client, period, is_open, outbox, index, head).await?;
	let is_live = arguments.output.watch;
	let mut shown = read(&mut reader, head).await?;
	let output = &arguments.output;
	let show = |(activity, sources): &(Activity, Vec<Source>), is_live| {
		write(output, &activity.page(&origin(sources.clone(), is_live)))?;
		tell(session, output)
	};
	show(&shown, is_live)?;
	if !is_live {
		return Ok(());
	}
	let stop = tokio::signal::ctrl_c();
	tokio::pin!(stop);
	loop {
		let mut head = tokio::select! {
			head = heads.next() => head?,
			// From now on the page is not kept up to date, and says so.
			_ = &mut stop => return show(&shown, false),
		};
		// Of the heads that came meanwhile only the newest counts.
		while let Some(newer) = heads.next().now_or_never() {
			head = newer?;
		}
		client.follow_upgrade().await?;
		let found = read(&mut reader, head).await?;
		if found.0 != shown.0 {
			show(&found, is_live)?;
			shown = found;
		}
	}
}

/// Reads the figures, and shows how far it is.
async fn read(
	reader: &mut ActivityReader<'_>,
	head: u32,
) -> Result<(Activity, Vec<Source>), Failure> {
	let style = ProgressStyle::with_template("reading blocks {bar:30} {pos}/{len} {eta}");
	let progress =
		ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
	let mut show = |done, total| {
		progress.set_length(total);
		progress.set_position(done);
	};
	let found = reader.read(head, &mut show).await;
	progress.finish_and_clear();
	Ok(found?)
}
