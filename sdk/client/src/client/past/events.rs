//! The events of a block.

use super::Past;
use crate::{
	client::{AtBlock, Client, runtime::at_block_of},
	error::{Error, Result, unexpected},
};
use codec::{Compact, Decode};
use credio_primitives::{
	AccessRequestId, AccountId, BlockNumber, GrantId, OrganizationId, Permission, RecordId,
	RequestKey, Resource, Sequence, StreamId, storage,
};
use std::collections::BTreeSet;

/// An event of a request, an entry, a grant or an access request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusinessEvent {
	/// All calls of a request were applied.
	Applied {
		/// The organization of the request.
		organization: OrganizationId,
		/// Its key.
		key: RequestKey,
	},
	/// A call of a request failed, and none was applied.
	Rejected {
		/// The organization of the request.
		organization: OrganizationId,
		/// Its key.
		key: RequestKey,
		/// `Pallet.Error`, or the kind of an error without a pallet.
		error: String,
	},
	/// A request was repeated, without effect.
	Repeated {
		/// The organization of the request.
		organization: OrganizationId,
		/// Its key.
		key: RequestKey,
	},
	/// An entry was appended.
	EntryAppended {
		/// Its name.
		record_id: RecordId,
		/// Its stream.
		stream: StreamId,
		/// Its position there.
		sequence: Sequence,
		/// The organization that appended it.
		organization: OrganizationId,
	},
	/// A grant was given.
	Granted {
		/// Its name.
		grant: GrantId,
		/// The organization that gave it.
		grantor: OrganizationId,
		/// The organization that holds it.
		grantee: OrganizationId,
		/// Its stream or record.
		resource: Resource,
		/// Its permission.
		permission: Permission,
	},
	/// A grant was revoked.
	Revoked {
		/// The grant.
		grant: GrantId,
	},
	/// A grant was removed: it had expired, or its parent has ended.
	GrantRemoved {
		/// The grant.
		grant: GrantId,
	},
	/// An organization asked for a grant.
	AccessRequested {
		/// Name of the access request.
		access_request: AccessRequestId,
		/// The organization that asks.
		requester: OrganizationId,
		/// The organization that decides.
		owner: OrganizationId,
	},
	/// An access request was approved.
	AccessApproved {
		/// The access request.
		access_request: AccessRequestId,
		/// The grant that was given.
		grant: GrantId,
	},
	/// An access request was denied.
	AccessDenied {
		/// The access request.
		access_request: AccessRequestId,
	},
}

/// The business events of a block, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockEvents {
	/// The block.
	pub block: BlockNumber,
	/// Its time in milliseconds since 1970.
	pub time: u64,
	/// The events.
	pub events: Vec<BusinessEvent>,
}

/// Pallets without events about streams and their readers.
const ELSEWHERE: [&str; 12] = [
	"System",
	"Timestamp",
	"Validators",
	"Session",
	"Grandpa",
	"Offences",
	"Council",
	"CouncilMembership",
	"Governance",
	"Utility",
	"Idempotency",
	"Bundles",
];

/// A block's changes of streams and of their readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockChanges {
	/// Its time in milliseconds since 1970.
	pub time: u64,
	/// Streams with new entries.
	pub appended: BTreeSet<StreamId>,
	/// Whether there are other changes: a new stream, a grant, a suspended organization and so on.
	pub others: bool,
}

/// The stored events of a block, with its time and the runtime that wrote them.
struct StoredEvents {
	bytes: Vec<u8>,
	time: u64,
	runtime: AtBlock,
}

impl Client {
	/// Returns a block's changes of streams and of their readers. Unknown events count as changes.
	///
	/// # Errors
	///
	/// As [`Client::block_time`], and [`Error::UnexpectedResponse`] if the runtime encodes events differently.
	pub async fn changes_of(&self, number: BlockNumber) -> Result<BlockChanges> {
		let past = self.at(number).await?;
		let StoredEvents { bytes, time, runtime } = self.stored_events(&past).await?;
		let mut changes = BlockChanges { time, ..BlockChanges::default() };
		for event in runtime.events().from_bytes(bytes).iter() {
			let event = event.map_err(unexpected)?;
			match (event.pallet_name(), event.event_name()) {
				(pallet, _) if ELSEWHERE.contains(&pallet) => {},
				("Anchor", "EntryAppended") => {
					let input = &mut event.field_bytes();
					let _record: RecordId = part(input)?;
					changes.appended.insert(part(input)?);
				},
				_ => changes.others = true,
			}
		}
		Ok(changes)
	}

	/// Returns the business events of a block.
	///
	/// # Errors
	///
	/// As [`Client::block_time`], and [`Error::UnexpectedResponse`] if the runtime encodes events differently.
	pub async fn events_of(&self, number: BlockNumber) -> Result<BlockEvents> {
		let past = self.at(number).await?;
		let StoredEvents { bytes, time, runtime } = self.stored_events(&past).await?;
		let mut found = Vec::new();
		for event in runtime.events().from_bytes(bytes).iter() {
			let event = event.map_err(unexpected)?;
			let fields = event.field_bytes();
			found.extend(read(&past, event.pallet_name(), event.event_name(), fields).await?);
		}
		Ok(BlockEvents { block: number, time, events: found })
	}

	async fn stored_events(&self, past: &Past<'_>) -> Result<StoredEvents> {
		let keys = [storage::events(), storage::now(), storage::last_runtime_upgrade()];
		let mut stored = past.stored_at(keys.into()).await?.into_iter();
		let mut next = || stored.next().flatten().unwrap_or_default();
		let (bytes, time, runtime) = (next(), next(), next());
		let time = u64::decode(&mut &time[..]).unwrap_or_default();
		// The version of the runtime that executed the block and so encoded its events.
		let version = Compact::<u32>::decode(&mut &runtime[..]).ok().map(|version| version.0);
		let runtime = self.runtime_of(past, version).await?;
		Ok(StoredEvents { bytes, time, runtime })
	}

	/// Returns the runtime of a version, as of a block that it executed.
	async fn runtime_of(&self, past: &Past<'_>, version: Option<u32>) -> Result<AtBlock> {
		let present = self.runtime();
		let Some(version) = version.filter(|version| *version != present.spec_version()) else {
			return Ok(present);
		};
		let mut known = self.runtimes.lock().await;
		if let Some(runtime) = known.get(&version) {
			return Ok(runtime.clone());
		}
		let runtime = at_block_of(&self.rpc, past.at.hash).await?;
		known.insert(version, runtime.clone());
		Ok(runtime)
	}
}

/// Decodes an event if it is a business event.
async fn read(
	past: &Past<'_>,
	pallet: &str,
	name: &str,
	fields: &[u8],
) -> Result<Option<BusinessEvent>> {
	let input = &mut &*fields;
	let event = match (pallet, name) {
		("Idempotency", "Applied") => {
			BusinessEvent::Applied { organization: part(input)?, key: part(input)? }
		},
		("Idempotency", "Rejected") => {
			let (organization, key): (_, RequestKey) = (part(input)?, part(input)?);
			let _call: u32 = part(input)?;
			// The rest is the error, named by the runtime itself.
			let (error, _): (Vec<u8>, Vec<u8>) =
				past.ask_encoded("RequestsApi_error_name", input.to_vec()).await?;
			let error = String::from_utf8_lossy(&error).into_owned();
			BusinessEvent::Rejected { organization, key, error }
		},
		("Idempotency", "Repeated") => {
			BusinessEvent::Repeated { organization: part(input)?, key: part(input)? }
		},
		("Anchor", "EntryAppended") => BusinessEvent::EntryAppended {
			record_id: part(input)?,
			stream: part(input)?,
			sequence: part(input)?,
			organization: part(input)?,
		},
		("Grants", "Granted") => BusinessEvent::Granted {
			grant: part(input)?,
			grantor: part(input)?,
			grantee: part(input)?,
			resource: part(input)?,
			permission: part(input)?,
		},
		("Grants", "Revoked") => BusinessEvent::Revoked { grant: part(input)? },
		("Grants", "GrantRemoved") => BusinessEvent::GrantRemoved { grant: part(input)? },
		("Grants", "AccessRequested") => BusinessEvent::AccessRequested {
			access_request: part(input)?,
			requester: part(input)?,
			owner: part(input)?,
		},
		("Grants", "AccessApproved") => {
			BusinessEvent::AccessApproved { access_request: part(input)?, grant: part(input)? }
		},
		("Grants", "AccessDenied") => {
			let access_request = part(input)?;
			let _by: AccountId = part(input)?;
			BusinessEvent::AccessDenied { access_request }
		},
		_ => return Ok(None),
	};
	Ok(Some(event))
}

fn part<Part: Decode>(input: &mut &[u8]) -> Result<Part> {
	Part::decode(input)
		.map_err(|error| Error::UnexpectedResponse(format!("an event of a block: {error}")))
}
