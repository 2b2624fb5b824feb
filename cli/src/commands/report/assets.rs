//! How assets perform.

use super::arguments::AssetsArguments;
use super::{origin, tell, write};
use crate::{exit::Failure, session::Session};
use credio_index::Cursor;
use credio_report::{
	assets::Assets,
	gather::{AssetsQuery, AssetsReader, open_index},
};
use std::time::{Duration, Instant};

/// How often an index is polled for new blocks, which another process writes.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after a reading is at least this many times as long, so that a large view is not read all the time.
const REST: u32 = 5;
/// Writes the report, and keeps it up to date if that is asked for.
pub(super) async fn run(session: &Session, arguments: AssetsArguments) -> Result<(), Failure> {
	super::check(&arguments.output)?;
	let AssetsArguments { view, due, amount, paid, currency, as_of, filter, index, output } =
		arguments;
	let store = open_index(&index.at.index, index.organization).await?;
	let query = AssetsQuery { view, due, amount, paid, currency, as_of, filter };
	let reader = AssetsReader::new(store, query);
	let is_live = output.watch;
	let show = |(assets, at): &(Assets, Option<Cursor>), is_live| {
		write(&output, &assets.page(&origin(AssetsReader::sources(*at), is_live)))?;
		tell(session, &output)
	};
	let mut shown = reader.read().await?;
	let mut seen = (shown.1, reader.as_of());
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
		let now = (reader.cursor().await?, reader.as_of());
		if seen == now {
			continue;
		}
		let started = Instant::now();
		let found = reader.read().await?;
		pause = PAUSE.max(started.elapsed() * REST);
		seen = now;
		if found.0 != shown.0 {
			show(&found, is_live)?;
			shown = found;
		}
	}
}
