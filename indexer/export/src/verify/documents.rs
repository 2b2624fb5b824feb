//! Checks the rows of an export against the chain: computes them again from the documents that the organization can
//! read now, in an index of their own as of the export's block.

use super::{
	entries::Entries,
	verification::{MAX_FINDINGS, Verification},
};
use crate::{
	error::{ExportError, Result},
	manifest::{EntryLine, Fate, Manifest, Subject},
	plan,
	request::{OnProgress, Progress, Selection},
	scan::Visitor,
};
use credio_client::{Client, ConnectOptions, Trust, objects::ReadObjects};
use credio_index::{
	ingest::{Ingest, LARGEST_OBJECT, Settings},
	store::{OBJECT, Store, TOO_LARGE},
};
use credio_primitives::{
	GrantStatus, Permission, Resource, StreamId, grant::GrantFilter, rpc::GrantJson,
};
use credio_vault::Vault;
use sha2::{Digest as _, Sha256};
use std::{
	collections::{BTreeMap, HashSet},
	path::Path,
	sync::Arc,
};

/// Entries that are named where something of them could not be checked.
const NAMED: usize = 5;
/// Most entries that were unreadable then and are readable now that are looked up individually.
const MAX_LOOKED_UP: usize = 10_000;
/// Entries between two reports of progress.
const TELL_AFTER: u64 = 10_000;

/// Where the chain is read from, and as whom.
#[derive(Clone)]
pub struct Source<'a> {
	/// Address of the node.
	pub node: &'a str,
	/// How it is connected to.
	pub connect: &'a ConnectOptions,
	/// How its responses are verified.
	pub trust: &'a Trust,
	/// The vault of the organization that reads the documents.
	pub vault: Arc<dyn Vault>,
	/// Where objects are read from.
	pub objects: Arc<dyn ReadObjects>,
}

impl std::fmt::Debug for Source<'_> {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "Source({})", self.node)
	}
}

/// Computes an export again from the chain, and compares. The temporary index, which is plaintext, is removed
/// afterwards; it is made in the folder for temporary files.
///
/// # Errors
///
/// [`ExportError::Chain`] if the node cannot answer, [`ExportError::File`]. Faults of the export are findings of the
/// verification.
pub async fn documents(
	folder: &Path,
	manifest: &Manifest,
	source: &Source<'_>,
	verification: &mut Verification,
	progress: OnProgress<'_>,
) -> Result<()> {
	let organization = source.vault.organization().await.map_err(credio_client::Error::from)?;
	if organization != manifest.organization {
		verification.not_checked.push(format!(
			"the rows themselves: they are what organization {} can read, and the vault is of organization {organization}",
			manifest.organization
		));
		return Ok(());
	}
	let client = Client::connect_with(source.connect, source.node, source.vault.clone()).await?;
	let client = client.with_trust(source.trust.clone());
	let scratch = tempfile::Builder::new().prefix("credio-verify-").tempdir();
	let scratch = scratch.map_err(|cause| ExportError::file(&std::env::temp_dir(), cause))?;
	let url = scratch.path().join("index").display().to_string();
	let store = Store::open(&url, manifest.organization).await?;
	progress(Progress {
		step: "entries read again from the chain",
		done: 0,
		total: Some(manifest.counts.entries),
	});
	let selection = rebuild(&store, manifest, source).await?;
	let mut snapshot = store.snapshot().await?;
	let covered: HashSet<StreamId> = manifest.streams.iter().map(|stream| stream.id).collect();
	let mut comparison = Comparison {
		entries: Entries::open(folder)?,
		manifest,
		progress,
		line: Vec::new(),
		row: 0,
		same: 0,
		lost: Noted::default(),
		found: Vec::new(),
		found_in: HashSet::new(),
		more_found: 0,
		other_rows: BTreeMap::new(),
		wrong: Vec::new(),
		is_broken: false,
	};
	if covered.is_empty() && matches!(selection, Selection::Stream(_)) {
		return Ok(());
	}
	let scope = plan::scope(&store, &mut snapshot, &selection).await?;
	scope.scan(&mut snapshot, &covered, &mut comparison).await?;
	drop(snapshot);
	store.close().await;
	comparison.add_findings(&client, verification).await
}

/// Fills an index with what the export was made of.
async fn rebuild(store: &Store, manifest: &Manifest, source: &Source<'_>) -> Result<Selection> {
	let view = manifest.subject.view().map_err(ExportError::Manifest)?;
	let selection = match &manifest.subject {
		Subject::View { name, filter, history, .. } => {
			Selection::View { name: name.clone(), filter: filter.clone(), history: *history }
		},
		Subject::Stream { id, .. } => Selection::Stream(*id),
	};
	store.set_views(view.as_slice()).await?;
	let settings = Settings {
		nodes: vec![source.node.to_owned()],
		connect: *source.connect,
		live: false,
		keep_revoked: false,
		trust: source.trust.clone(),
		objects: Some(source.objects.clone()),
		largest_object: LARGEST_OBJECT,
	};
	let covered: HashSet<StreamId> = manifest.streams.iter().map(|stream| stream.id).collect();
	let ingest = Ingest::new(store.clone(), source.vault.clone(), settings);
	ingest.catch_up_to(manifest.at.number, |stream| covered.contains(&stream.id)).await?;
	Ok(selection)
}

/// Entries that are counted; the first ones are named.
#[derive(Default)]
struct Noted {
	count: u64,
	named: Vec<String>,
	streams: HashSet<StreamId>,
}

impl Noted {
	fn add(&mut self, entry: &EntryLine) {
		self.count += 1;
		self.streams.insert(entry.stream);
		if self.named.len() < NAMED {
			self.named.push(entry.name());
		}
	}

	fn names(&self) -> String {
		let more = self.count - self.named.len() as u64;
		let more = if more > 0 { format!(", and {more} more") } else { String::new() };
		format!("{}{more}", self.named.join(", "))
	}
}

/// Compares the entries of the export with the computed ones, in order.
struct Comparison<'a> {
	entries: Entries,
	manifest: &'a Manifest,
	progress: OnProgress<'a>,
	/// The last computed row.
	line: Vec<u8>,
	/// Rows of the export so far.
	row: u64,
	same: u64,
	/// Documents that could be read then, and cannot be read now.
	lost: Noted,
	/// Documents that could not be read then, and can be read now.
	found: Vec<EntryLine>,
	/// Streams of those.
	found_in: HashSet<StreamId>,
	more_found: u64,
	/// By stream: entries with another number of current rows than before.
	other_rows: BTreeMap<StreamId, (Noted, Vec<String>)>,
	wrong: Vec<String>,
	is_broken: bool,
}

impl Visitor for Comparison<'_> {
	fn row(&mut self, _: i64, line: &[u8]) -> Result<()> {
		self.line.clear();
		self.line.extend_from_slice(line);
		Ok(())
	}

	fn entry(&mut self, again: &EntryLine) -> Result<()> {
		if self.is_broken {
			return Ok(());
		}
		let entry = match self.entries.next() {
			Ok(Some(entry))
				if (entry.position(), entry.record) == (again.position(), again.record) =>
			{
				entry
			},
			_ => {
				self.wrong
					.push(format!("{}: the export has another one in its place", again.name()));
				self.is_broken = true;
				return Ok(());
			},
		};
		let first = self.row;
		self.row = self.row.saturating_add(entry.rows);
		self.compare(entry, again, first);
		if self.same.is_multiple_of(TELL_AFTER) {
			let total = Some(self.manifest.counts.entries);
			(self.progress)(Progress {
				step: "entries compared with documents",
				done: self.same,
				total,
			});
		}
		Ok(())
	}
}

impl Comparison<'_> {
	fn compare(&mut self, entry: EntryLine, again: &EntryLine, first: u64) {
		let was_unreadable = entry.fate == Fate::Unreadable;
		let is_unreadable = again.fate == Fate::Unreadable;
		let is_view = matches!(self.manifest.subject, Subject::View { .. });
		match (was_unreadable, is_unreadable) {
			(true, true) if self.is_same_but_for_the_reason(&entry, again) => self.same += 1,
			(false, false) if entry == *again => self.same += 1,
			(false, true) if entry.fate != Fate::Anchor => self.lost.add(&entry),
			(true, false) if again.fate != Fate::Anchor => {
				self.found_in.insert(entry.stream);
				if self.found.len() < MAX_LOOKED_UP {
					self.found.push(entry);
				} else {
					self.more_found += 1;
				}
			},
			_ => {
				let (file, row) = self.manifest.place_of(first);
				let place =
					if entry.rows > 0 { format!("{file}, row {row}: ") } else { String::new() };
				let verification = format!(
					"{place}{} is {} in the export with {} rows, and made anew from the chain it is {} with {} rows, or \
					with others",
					entry.name(),
					word(entry.fate),
					entry.rows,
					word(again.fate),
					again.rows
				);
				// Which row is current can depend on a document that was readable then, or is readable now.
				let all = |entry: &EntryLine| entry.rows + entry.superseded + entry.filtered;
				if is_view
					&& all(&entry) > 0
					&& all(&entry) == all(again)
					&& entry.superseded != again.superseded
				{
					let (noted, findings) = self.other_rows.entry(entry.stream).or_default();
					noted.add(&entry);
					if findings.len() < MAX_FINDINGS {
						findings.push(verification);
					}
				} else if self.wrong.len() <= MAX_FINDINGS {
					self.wrong.push(verification);
				}
			},
		}
	}

	/// Whether an entry that cannot be read is the same but for why: that may be another reason by now.
	fn is_same_but_for_the_reason(&self, entry: &EntryLine, again: &EntryLine) -> bool {
		let digest = again.digest.as_ref().and_then(|_| {
			let table = self.manifest.subject.table().ok()?;
			let line = table.line_with_problem(&self.line, entry.why.as_deref())?;
			Some(hex::encode(Sha256::digest(line)))
		});
		*entry == EntryLine { why: entry.why.clone(), digest, ..again.clone() }
	}

	/// Adds the findings.
	async fn add_findings(
		mut self,
		client: &Client,
		verification: &mut Verification,
	) -> Result<()> {
		let before = verification.count();
		if !self.is_broken && !matches!(self.entries.next(), Ok(None)) {
			self.wrong.push("the export has entries after the last one that was made anew".into());
		}
		for wrong in std::mem::take(&mut self.wrong) {
			verification.find(wrong);
		}
		let grants = self.grants(client).await?;
		let mut newly = Noted::default();
		for entry in &self.found {
			match was_readable(client, &grants, entry, self.manifest).await? {
				true => verification.find(format!(
					"{} is said to have been unreadable, and the organization could read it at block {}",
					entry.name(),
					self.manifest.at.number
				)),
				false => newly.add(entry),
			}
		}
		newly.count += self.more_found;
		for (stream, (noted, findings)) in &self.other_rows {
			if self.lost.streams.contains(stream) || self.found_in.contains(stream) {
				verification.not_checked.push(format!(
					"which rows were current in {} entries of stream {stream} ({}): it hangs on documents that can be read \
					now and could not be then, or the other way round",
					noted.count,
					noted.names()
				));
			} else {
				findings.iter().for_each(|finding| verification.find(finding.clone()));
			}
		}
		if self.lost.count > 0 {
			verification.not_checked.push(format!(
				"the rows of {} entries whose documents the organization can no longer read: {}",
				self.lost.count,
				self.lost.names()
			));
		}
		if newly.count > 0 {
			verification.not_checked.push(format!(
				"whether {} entries could be read then, which can be now by later grants: {}",
				newly.count,
				newly.names()
			));
		}
		if verification.count() == before {
			verification.checked.push(format!(
				"made anew from the chain, by the definition, filter and history in the manifest, {} of {} entries give \
				exactly the rows in the files, or none where the export has none",
				self.same, self.manifest.counts.entries
			));
		}
		Ok(())
	}

	/// Grants that let the organization read, if they are needed.
	async fn grants(&self, client: &Client) -> Result<Vec<GrantJson>> {
		if self.found.is_empty() {
			return Ok(Vec::new());
		}
		let filter =
			GrantFilter { grantee: Some(self.manifest.organization), ..GrantFilter::default() };
		let mut grants = client.grants(&filter, usize::MAX).await?;
		grants.retain(|grant| {
			grant.status == GrantStatus::Active
				&& grant.permission == Permission::Read
				&& grant.granted_at <= self.manifest.at.number
		});
		Ok(grants)
	}
}

/// Whether an entry could be read at the export's block, by what holds to this day.
async fn was_readable(
	client: &Client,
	grants: &[GrantJson],
	entry: &EntryLine,
	manifest: &Manifest,
) -> Result<bool> {
	// An object is read once its store has it.
	if matches!(entry.why.as_deref(), Some("suspended" | "notAMember" | OBJECT | TOO_LARGE)) {
		return Ok(false);
	}
	let owns = manifest
		.streams
		.iter()
		.any(|stream| stream.id == entry.stream && stream.owner == manifest.organization);
	if owns {
		return Ok(true);
	}
	let of_entry = |grant: &&GrantJson| match grant.resource {
		Resource::Stream(stream) => stream == entry.stream,
		Resource::Record(record) => record == entry.record,
	};
	let mut grants = grants.iter().filter(of_entry).peekable();
	if grants.peek().is_none() {
		return Ok(false);
	}
	let Some(epoch) = client.record(entry.record).await?.header.body.epoch() else {
		return Ok(false);
	};
	Ok(grants.any(|grant| grant.from_epoch <= epoch))
}

fn word(fate: Fate) -> String {
	serde_json::to_string(&fate).unwrap_or_default()
}
