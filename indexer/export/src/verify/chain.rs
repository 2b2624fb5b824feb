//! Checks the manifest of an export against the chain: the streams that it should cover, and their entries.

use super::{entries::Entries, verification::Verification};
use crate::{
	error::{ExportError, Result},
	manifest::{CoveredStream, EntryLine, Manifest, Subject},
	request::{OnProgress, Progress},
};
use credio_client::{Client, ConnectError, Error};
use credio_index::ingest::digest_of;
use credio_primitives::{
	Entry, Sequence, StreamId, entry::EntryFilter, merkle::Frontier, rpc::StreamJson,
};
use std::{collections::HashMap, path::Path};

/// Headers that are asked for at once.
const AT_ONCE: usize = 1_000;
/// Most streams with individually compared entries, to name the wrong ones.
const MAX_COMPARED: usize = 10;

/// Holds the manifest of an export against the chain, as of the export's block.
///
/// # Errors
///
/// [`ExportError::Chain`] if the node cannot answer. Faults of the export are findings of the verification.
pub async fn chain(
	folder: &Path,
	manifest: &Manifest,
	client: &Client,
	verification: &mut Verification,
	progress: OnProgress<'_>,
) -> Result<()> {
	let before = verification.count();
	let at = manifest.at;
	if client.limits().genesis_hash != manifest.chain {
		verification
			.find(format!("the node's chain is another one than the export's, {}", manifest.chain));
		return Ok(());
	}
	if client.finalized_heads().await?.next().await? < at.number {
		let error =
			format!("block {}, as of which the export is, is not final at the node", at.number);
		return Err(Error::Connect(ConnectError::Unreachable(error)).into());
	}
	if client.block_hash(at.number).await? != Some(at.hash) {
		verification
			.find(format!("block {} has another hash on the chain than {}", at.number, at.hash));
		return Ok(());
	}
	let view = manifest.subject.view().map_err(ExportError::Manifest)?;
	let mut wanted: HashMap<StreamId, StreamJson> = HashMap::new();
	for stream in client.streams(None).await? {
		let is_wanted = stream.created_at <= at.number
			&& match (&view, &manifest.subject) {
				(Some(view), _) => view.takes_stream(
					manifest.organization,
					stream.id,
					Some((stream.owner, &stream.name)),
				),
				(None, Subject::Stream { id, .. }) => stream.id == *id,
				(None, _) => false,
			};
		if is_wanted {
			wanted.insert(stream.id, stream);
		}
	}
	let mut checked = 0_u64;
	let mut compared = 0;
	for stream in &manifest.streams {
		let is_known = wanted.remove(&stream.id);
		let is_same = is_known.is_some_and(|known| {
			(known.owner, known.name.as_str()) == (stream.owner, stream.name.as_str())
		});
		if !is_same {
			verification.find(format!(
				"stream {} ({}) is not on the chain, or not of the view",
				stream.name, stream.id
			));
			continue;
		}
		let mut entries = ChainEntries::new(client, manifest, stream.id);
		let mut tree = Frontier::default();
		while let Some(entry) = entries.next().await? {
			tree.push(&digest_of(&entry));
			checked += 1;
			if checked.is_multiple_of(10_000) {
				let total = Some(manifest.counts.entries);
				progress(Progress {
					step: "entries compared with the chain",
					done: checked,
					total,
				});
			}
		}
		let last = tree.leaves().checked_sub(1);
		if (tree.root(), last, tree.leaves()) != (stream.root, stream.to, stream.counts.entries) {
			verification.find(format!(
				"stream {} ({}): the chain has {} entries up to block {}, and the export has {}, or others",
				stream.name,
				stream.id,
				tree.leaves(),
				at.number,
				stream.counts.entries
			));
			compared += 1;
			if compared <= MAX_COMPARED {
				compare(folder, manifest, client, stream, verification).await?;
			}
		}
	}
	for missing in wanted.values() {
		verification.find(format!(
			"stream {} of organization {} ({}) should be covered, and is missing in the export",
			missing.name, missing.owner, missing.id
		));
	}
	if verification.count() == before {
		let streams = manifest.streams.len();
		verification.checked.push(format!(
			"block {} is final on the chain; the export covers the streams that it should ({streams}), and of each exactly \
			the entries that the chain has up to that block ({checked} in all), without a gap and with the same headers",
			at.number
		));
	}
	Ok(())
}

/// Names the entries of a stream that are not those of the chain.
async fn compare(
	folder: &Path,
	manifest: &Manifest,
	client: &Client,
	stream: &CoveredStream,
	verification: &mut Verification,
) -> Result<()> {
	let mut of_chain = ChainEntries::new(client, manifest, stream.id);
	let Ok(mut of_export) = Entries::open(folder) else { return Ok(()) };
	let mut on_chain = of_chain.next().await?;
	// A broken line is a finding already.
	while let Ok(Some(entry)) = of_export.next() {
		if entry.stream != stream.id {
			continue;
		}
		while let Some(skipped) = on_chain.take_if(|is| is.header.sequence < entry.sequence) {
			verification.find(format!("{} is missing in the export", name(&skipped)));
			on_chain = of_chain.next().await?;
		}
		match on_chain.take_if(|is| is.header.sequence == entry.sequence) {
			None => verification.find(format!("{} is not on the chain", entry.name())),
			Some(is) => {
				if !is_same(&is, &entry) {
					verification.find(format!(
						"{} is another one on the chain, {}",
						entry.name(),
						is.record_id
					));
				}
				on_chain = of_chain.next().await?;
			},
		}
	}
	while let Some(missing) = on_chain {
		verification.find(format!("{} is missing in the export", name(&missing)));
		on_chain = of_chain.next().await?;
	}
	Ok(())
}

fn is_same(on_chain: &Entry, entry: &EntryLine) -> bool {
	let header = &on_chain.header;
	(on_chain.record_id, header.block, digest_of(on_chain))
		== (entry.record, entry.block, entry.header)
}

fn name(entry: &Entry) -> String {
	let header = &entry.header;
	format!("entry {} of stream {} ({})", header.sequence, header.stream, entry.record_id)
}

/// Entries of a stream up to the export's block.
struct ChainEntries<'a> {
	client: &'a Client,
	manifest: &'a Manifest,
	stream: StreamId,
	read: std::vec::IntoIter<Entry>,
	next: Option<Sequence>,
}

impl<'a> ChainEntries<'a> {
	fn new(client: &'a Client, manifest: &'a Manifest, stream: StreamId) -> Self {
		Self { client, manifest, stream, read: Vec::new().into_iter(), next: Some(0) }
	}

	async fn next(&mut self) -> Result<Option<Entry>> {
		loop {
			if let Some(entry) = self.read.next() {
				if entry.header.block <= self.manifest.at.number {
					return Ok(Some(entry));
				}
				self.next = None;
				self.read = Vec::new().into_iter();
			}
			let Some(from) = self.next else { return Ok(None) };
			let filter = EntryFilter {
				stream: Some(self.stream),
				from_sequence: Some(from),
				..EntryFilter::default()
			};
			let read = self.client.query(&filter, AT_ONCE).await?;
			self.next = (read.len() == AT_ONCE)
				.then(|| read.last().map(|last| last.header.sequence.saturating_add(1)))
				.flatten();
			let is_empty = read.is_empty();
			self.read = read.into_iter();
			if is_empty {
				return Ok(None);
			}
		}
	}
}
