//! The changing conditions of what an organization may read: its status, its grants, and the secrets that are wrapped
//! to it.

use super::bounds::CONCURRENCY;
use credio_client::{Client, Error};
use credio_primitives::{
	Digest, GrantId, GrantStatus, Moment, OrganizationStatus, RecordId, Resource, StreamId,
	grant::GrantFilter, rpc::GrantJson,
};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The conditions of reading at a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Access {
	status: OrganizationStatus,
	grants: BTreeMap<GrantId, (Resource, GrantStatus)>,
	/// Digests of the secrets of granted streams: new secrets come without a new grant.
	#[serde(default)]
	keys: BTreeMap<StreamId, Digest>,
	/// Whether documents stay after their grant has ended.
	keep_revoked: bool,
	/// Returns when the next holding grant ends.
	#[serde(skip)]
	next_end: Option<Moment>,
}

/// Streams with changed access.
#[derive(Debug)]
pub(super) enum Changed {
	/// All.
	All,
	/// These.
	Streams(HashSet<StreamId>),
}

impl Changed {
	pub(super) fn contains(&self, stream: StreamId) -> bool {
		match self {
			Self::All => true,
			Self::Streams(streams) => streams.contains(&stream),
		}
	}
}

impl Access {
	/// Reads the conditions at the finalized block.
	pub(super) async fn of(client: &Client, keep_revoked: bool) -> Result<Self, Error> {
		let organization = client.organization_id();
		let filter = GrantFilter { grantee: Some(organization), ..GrantFilter::default() };
		let grants = client.grants(&filter, usize::MAX).await?;
		let status = client.organization(organization).await?.organization.status;
		let holding = grants.iter().filter(|grant| grant.status == GrantStatus::Active);
		let next_end = holding.clone().filter_map(|grant| grant.expires_at).min();
		let streams = holding.filter_map(|grant| match grant.resource {
			Resource::Stream(stream) => Some(stream),
			Resource::Record(_) => None,
		});
		let keys = stream::iter(streams.collect::<BTreeSet<_>>())
			.map(
				|stream| async move { Ok::<_, Error>((stream, client.keys_digest(stream).await?)) },
			)
			.buffer_unordered(CONCURRENCY)
			.try_collect::<Vec<_>>()
			.await?;
		let keys = keys.into_iter().filter_map(|(stream, keys)| Some((stream, keys?))).collect();
		let of_grant = |grant: GrantJson| (grant.grant_id, (grant.resource, grant.status));
		let grants = grants.into_iter().map(of_grant).collect();
		Ok(Self { status, grants, keys, keep_revoked, next_end })
	}

	/// Returns when the next holding grant ends.
	pub(super) fn next_end(&self) -> Option<Moment> {
		self.next_end
	}

	/// Returns the stored form.
	pub(super) fn encoded(&self) -> String {
		serde_json::to_string(self).unwrap_or_default()
	}

	/// Whether everything that was stored still holds unchanged.
	pub(super) fn has_all_of(&self, before: &str) -> bool {
		serde_json::from_str::<Self>(before).is_ok_and(|before| {
			let mut grants = before.grants.iter();
			(before.status, before.keep_revoked) == (self.status, self.keep_revoked)
				&& grants.all(|(id, grant)| self.grants.get(id) == Some(grant))
		})
	}

	/// Returns where access may have changed since it was stored.
	pub(super) async fn changed_since(
		&self,
		client: &Client,
		before: &str,
	) -> Result<Changed, Error> {
		let Ok(before) = serde_json::from_str::<Self>(before) else { return Ok(Changed::All) };
		if before.status != self.status || before.keep_revoked != self.keep_revoked {
			return Ok(Changed::All);
		}
		let mut streams = HashSet::new();
		let mut records = HashSet::<RecordId>::new();
		for (_, (resource, _)) in differing(&before.grants, &self.grants) {
			match *resource {
				Resource::Stream(stream) => streams.insert(stream),
				Resource::Record(record) => records.insert(record),
			};
		}
		streams.extend(differing(&before.keys, &self.keys).map(|(stream, _)| stream));
		for record in records {
			streams.insert(client.record(record).await?.header.stream);
		}
		Ok(Changed::Streams(streams))
	}
}

/// Returns the entries that differ between two maps.
fn differing<'a, Key: Ord, Value: PartialEq>(
	one: &'a BTreeMap<Key, Value>,
	other: &'a BTreeMap<Key, Value>,
) -> impl Iterator<Item = (&'a Key, &'a Value)> {
	[(one, other), (other, one)].into_iter().flat_map(|(these, those)| {
		these.iter().filter(|(key, value)| those.get(key) != Some(value))
	})
}
