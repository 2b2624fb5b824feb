//! Names of organizations and streams, and times of blocks, for tables.

use crate::{
	table::Cell,
	values::{id::shortened, time},
};
use credio_client::{
	Client,
	primitives::{BlockNumber, Moment, OrganizationId, Resource, StreamId},
};
use futures::StreamExt;
use std::collections::{BTreeSet, HashMap};

/// Most blocks of a table to ask the node for the times of.
const MAX_BLOCKS: usize = 256;
/// Calls to the node at a time.
const CONCURRENCY: usize = 16;

/// Names of organizations and streams, as far as the node lists them. Where a name is missing, a table has the number or
/// id.
#[derive(Debug, Default)]
pub(crate) struct Names {
	own: Option<OrganizationId>,
	organizations: HashMap<OrganizationId, String>,
	streams: HashMap<StreamId, (OrganizationId, String)>,
}

impl Names {
	/// Reads the names of organizations.
	pub(crate) async fn of_organizations(client: &Client) -> Self {
		let listed = client.organizations().await.unwrap_or_default();
		let organizations =
			listed.into_iter().map(|organization| (organization.id, organization.name));
		Self {
			own: Some(client.organization_id()),
			organizations: organizations.collect(),
			..Self::default()
		}
	}

	/// Reads the names of organizations and streams.
	pub(crate) async fn load(client: &Client) -> Self {
		let listed = client.streams(None).await.unwrap_or_default();
		// An id follows from owner and name, which proves both.
		let proven = listed
			.into_iter()
			.filter(|stream| stream.id == StreamId::derive(stream.owner, stream.name.as_bytes()));
		let streams = proven.map(|stream| (stream.id, (stream.owner, stream.name)));
		Self { streams: streams.collect(), ..Self::of_organizations(client).await }
	}

	/// Returns the name of an organization, or its number.
	pub(crate) fn organization(&self, id: OrganizationId) -> String {
		self.organizations.get(&id).cloned().unwrap_or_else(|| id.to_string())
	}

	/// Returns the cell of an organization. Wide tables have its number as well.
	pub(crate) fn organization_cell(&self, id: OrganizationId) -> Cell {
		match self.organizations.get(&id) {
			Some(name) => Cell::texts(name, format!("{name} ({id})")),
			None => Cell::value(id),
		}
	}

	/// Returns the name of a stream, after its owner's unless that is the own organization; or its short id.
	pub(crate) fn stream(&self, id: StreamId) -> String {
		match self.streams.get(&id) {
			Some((owner, name)) if Some(*owner) == self.own => name.clone(),
			Some((owner, name)) => format!("{}/{name}", self.organization(*owner)),
			None => shortened(&id),
		}
	}

	/// Returns the cell of a stream or record. Wide tables have the whole id.
	pub(crate) fn resource_cell(&self, resource: &Resource) -> Cell {
		match resource {
			Resource::Stream(id) if self.streams.contains_key(id) => {
				Cell::texts(self.stream(*id), format!("stream {id}"))
			},
			Resource::Stream(id) => Cell::labelled_id("stream", id),
			Resource::Record(id) => Cell::labelled_id("record", id),
		}
	}
}

/// Times of blocks, as far as the node has them.
#[derive(Debug, Default)]
pub(crate) struct BlockTimes(HashMap<BlockNumber, Moment>);

impl BlockTimes {
	/// Reads the times of blocks, unless they are too many.
	pub(crate) async fn load(
		client: &Client,
		blocks: impl IntoIterator<Item = BlockNumber>,
	) -> Self {
		let blocks = blocks.into_iter().collect::<BTreeSet<_>>();
		if blocks.len() > MAX_BLOCKS {
			return Self::default();
		}
		let times = futures::stream::iter(blocks)
			.map(|block| async move { Some((block, client.block_time(block).await.ok()?)) })
			.buffer_unordered(CONCURRENCY);
		Self(times.filter_map(std::future::ready).collect().await)
	}

	/// Returns the cell with the time of a block.
	pub(crate) fn cell(&self, block: BlockNumber) -> Cell {
		Cell::optional(self.0.get(&block).map(|moment| time::minute(*moment)))
	}

	/// Returns a block's number with its time.
	pub(crate) fn text(&self, block: BlockNumber) -> String {
		match self.0.get(&block) {
			Some(moment) => format!("{block} ({} UTC)", time::minute(*moment)),
			None => block.to_string(),
		}
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;

	/// Returns names as long as the chain allows them.
	pub(crate) fn longest() -> Names {
		let name = "n".repeat(64);
		let organizations = (0..10).map(|id| (id, name.clone())).collect();
		let stream = (1, name);
		Names { own: Some(0), organizations, streams: HashMap::from([(STREAM, stream)]) }
	}

	/// A stream with a name.
	pub(crate) const STREAM: StreamId = StreamId([0xab; 32]);

	/// Returns a time for this block.
	pub(crate) fn times(block: BlockNumber) -> BlockTimes {
		BlockTimes(HashMap::from([(block, 1_795_771_920_000)]))
	}

	#[test]
	fn own_streams_have_no_owner_in_their_name() {
		let mut names = longest();
		names.organizations.insert(1, "channel-one".into());
		names.streams.insert(STREAM, (1, "invoices".into()));
		assert_eq!(names.stream(STREAM), "channel-one/invoices");
		names.own = Some(1);
		assert_eq!(names.stream(STREAM), "invoices");
	}

	#[test]
	fn unknown_names_are_numbers_and_ids() {
		let names = Names::default();
		assert_eq!(names.organization(7), "7");
		assert_eq!(names.stream(STREAM), "0xabababab…abab");
	}

	#[test]
	fn blocks_have_their_time_where_it_is_known() {
		let times = times(7);
		assert_eq!(times.text(7), "7 (2026-11-27 09:32 UTC)");
		assert_eq!(times.text(8), "8");
	}
}
