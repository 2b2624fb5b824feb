//! `credio erasures apply`: deletes what this organization has of erased objects.

use crate::{
	exit::Failure,
	output,
	session::Session,
	table::{Cell, Table, head},
};
use clap::Args;
use credio_client::{
	Client, Error,
	objects::{ObjectAddress, WriteObjects},
	primitives::{
		EntryBody, RecordId, Resource, StreamId, grant::GrantFilter, limits::MAX_ACKNOWLEDGEMENTS,
		object::NamedErasure,
	},
};
use credio_index::{
	Store,
	ingest::proven_erasures,
	store::{Erased, Scrubbed},
};
use serde::Serialize;
use std::{collections::HashSet, time::Duration};

/// How often removed data is tried to be overwritten, and the time in between: others may read it.
const ATTEMPTS: usize = 5;
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(2);

/// Delete what this organization has of erased objects: in indexes, and in the object store if one is given
///
/// Each erasure is proven before anything is deleted. Repeating it changes nothing. Exports, backups and other systems are
/// yours to delete before you acknowledge.
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio erasures apply --index acme.index\n  credio erasures apply --index acme.index --object-store /srv/objects --acknowledge"
)]
pub(in crate::commands) struct ApplyArgs {
	/// Number of the first erasure
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	from: u64,
	/// File of an index, or postgres://… for one in PostgreSQL; may be given several times
	#[arg(long = "index", value_name = "FILE_OR_URL")]
	indexes: Vec<String>,
	/// Then say on the chain that this organization has deleted all its copies, of each object of which it has a grant or had a
	/// copy here
	#[arg(long)]
	acknowledge: bool,
}

/// An erasure that was carried out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Applied {
	number: u64,
	record_id: RecordId,
	/// Where a copy was deleted.
	deleted_from: Vec<String>,
	acknowledged: Acknowledged,
	/// Whether this organization has a grant, or had a copy.
	#[serde(skip)]
	concerns_us: bool,
}

/// Whether this organization has acknowledged an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Acknowledged {
	No,
	Before,
	Now,
	/// The chain takes no more of it.
	TooMany,
}

impl Acknowledged {
	fn shown(self) -> &'static str {
		match self {
			Self::No => "no",
			Self::Before => "before",
			Self::Now => "now",
			Self::TooMany => "the chain takes no more",
		}
	}
}

/// Grants of this organization.
#[derive(Default)]
struct Granted {
	streams: HashSet<StreamId>,
	records: HashSet<RecordId>,
}

impl Granted {
	async fn load(client: &Client) -> Result<Self, Failure> {
		let grantee = Some(client.organization_id());
		let filter = GrantFilter { grantee, ..GrantFilter::default() };
		let mut granted = Self::default();
		for grant in client.grants(&filter, usize::MAX).await? {
			match grant.resource {
				Resource::Stream(stream) => granted.streams.insert(stream),
				Resource::Record(record) => granted.records.insert(record),
			};
		}
		Ok(granted)
	}

	fn covers(&self, erasure: &NamedErasure) -> bool {
		self.streams.contains(&erasure.stream) || self.records.contains(&erasure.record_id)
	}
}

/// The copies that are given.
struct Copies {
	indexes: Vec<Store>,
	objects: Option<credio_objects::Store>,
}

impl Copies {
	async fn open(session: &Session, client: &Client, args: &ApplyArgs) -> Result<Self, Failure> {
		let objects = session.optional_object_store()?;
		if args.indexes.is_empty() && objects.is_none() && !args.acknowledge {
			return Err(Failure::hinted(
				"there is nothing to delete from",
				"give --index or --object-store",
			));
		}
		let organization = client.organization_id();
		let mut indexes = Vec::new();
		for index in &args.indexes {
			// It has to exist: opening to write would create it.
			Store::open_to_read(index, organization).await?.close().await;
			let store = Store::open(index, organization).await?;
			store.claim_chain(client.limits().genesis_hash).await?;
			indexes.push(store);
		}
		Ok(Self { indexes, objects })
	}

	/// Deletes the copies of an object. Returns whether there is or was one, and where it was deleted.
	async fn delete(
		&self,
		client: &Client,
		record: RecordId,
	) -> Result<(bool, Vec<String>), Failure> {
		let (mut had, mut deleted) = (false, Vec::new());
		for store in &self.indexes {
			let Erased { held, removed } = store.erase(record, None).await?;
			had |= held;
			if removed {
				deleted.push(format!("index {}", store.name()));
			}
		}
		if let Some(store) = &self.objects
			&& let EntryBody::Object { root, size, .. } = client.record(record).await?.header.body
		{
			let address = ObjectAddress { record_id: record, root, size };
			let stored = async {
				let is_stored = !store.stored_parts(&address).await?.is_empty();
				store.delete(record, None).await?;
				Ok::<_, Error>(is_stored)
			};
			if stored.await? {
				had = true;
				deleted.push(format!("object store {}", store.location()));
			}
		}
		Ok((had, deleted))
	}

	/// Overwrites removed data.
	async fn overwrite(&self) -> Result<(), Failure> {
		for store in &self.indexes {
			let (name, mut attempts) = (store.name(), ATTEMPTS);
			while store.scrub().await? == Scrubbed::Held {
				attempts = attempts.saturating_sub(1);
				if attempts == 0 {
					return Err(Failure::hinted(
						format!(
							"what was removed from {name} cannot be overwritten while others read it"
						),
						"end long reads, and run this again; nothing was acknowledged",
					));
				}
				tokio::time::sleep(BETWEEN_ATTEMPTS).await;
			}
		}
		Ok(())
	}
}

/// Carries out all erasures, and acknowledges them if that is asked for.
pub(super) async fn run(session: &Session, args: ApplyArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let copies = Copies::open(session, &client, &args).await?;
	let granted = match args.acknowledge {
		true => Granted::load(&client).await?,
		false => Granted::default(),
	};
	let (mut from, mut all) = (args.from, Vec::new());
	loop {
		let erasures = proven_erasures(&client, from).await?;
		let Some(last) = erasures.last() else { break };
		from = last.number.saturating_add(1);
		for erasure in erasures {
			let applied = apply(&client, &copies, &granted, &erasure).await?;
			if applied.concerns_us || !applied.deleted_from.is_empty() {
				all.push(applied);
			}
		}
	}
	copies.overwrite().await?;
	if args.acknowledge {
		let open = |applied: &&mut Applied| applied.acknowledged == Acknowledged::No;
		for applied in all.iter_mut().filter(open) {
			client.acknowledge_erasure(applied.record_id).await?;
			applied.acknowledged = Acknowledged::Now;
		}
	}
	all.retain(|applied| {
		let is_told = matches!(applied.acknowledged, Acknowledged::Now | Acknowledged::TooMany);
		!applied.deleted_from.is_empty() || is_told
	});
	if all.is_empty() && !session.json {
		return output::line("nothing of erased objects was left");
	}
	session.format().items(&all, || table(&all))
}

async fn apply(
	client: &Client,
	copies: &Copies,
	granted: &Granted,
	erasure: &NamedErasure,
) -> Result<Applied, Failure> {
	let (had, deleted_from) = copies.delete(client, erasure.record_id).await?;
	let own = client.organization_id();
	let given = &erasure.acknowledgements;
	let acknowledged = match given.iter().any(|given| given.organization == own) {
		true => Acknowledged::Before,
		false if given.len() >= MAX_ACKNOWLEDGEMENTS as usize => Acknowledged::TooMany,
		false => Acknowledged::No,
	};
	Ok(Applied {
		number: erasure.number,
		record_id: erasure.record_id,
		deleted_from,
		acknowledged,
		concerns_us: had || granted.covers(erasure),
	})
}

fn table(applied: &[Applied]) -> Table {
	let heads = [head("number"), head("record"), head("deleted from"), head("acknowledged")];
	Table::of(heads, applied, |applied| {
		let deleted_from = match applied.deleted_from.is_empty() {
			true => "-".into(),
			false => applied.deleted_from.join(", "),
		};
		[
			Cell::value(applied.number),
			Cell::id(&applied.record_id),
			Cell::text(deleted_from),
			Cell::text(applied.acknowledged.shown()),
		]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;

	#[test]
	fn table_fits() {
		assert_fits(&table(&[Applied {
			number: 99_999,
			record_id: RecordId([0xab; 32]),
			deleted_from: vec!["index /srv/credio/acme.index".repeat(4); 4],
			acknowledged: Acknowledged::TooMany,
			concerns_us: true,
		}]));
	}
}
