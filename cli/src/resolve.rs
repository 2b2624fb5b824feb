//! Resolves names, numbers and short ids of the arguments.
//!
//! A name leads to an organization or stream by proof. A short id is looked up in lists of the node; the client then reads
//! the object by its whole id, with proof.

use crate::{
	exit::{Failure, Kind},
	values::id::{IdArg, IdPart},
};
use credio_client::{
	Client, Error,
	primitives::{
		AccessRequestId, BundleId, GrantId, OrganizationId, Permission, RecordId, RequestKey,
		Resource, StreamId,
		bundle::BundleFilter,
		entry::EntryFilter,
		grant::{AccessRequestFilter, GrantFilter},
		rpc::StreamJson,
	},
};
use credio_outbox::{Listed, Outbox};
use std::collections::BTreeSet;

/// Most entries that are searched for a short record id.
const MAX_ENTRIES: usize = 100_000;
/// Items read from an outbox at once.
const PAGE: u32 = 256;

/// Returns the organization with this name or number, or the client's own.
pub(crate) async fn organization(
	client: &Client,
	name: Option<&str>,
) -> Result<OrganizationId, Failure> {
	match name {
		None => Ok(client.organization_id()),
		Some(name) => Ok(client.find_organization(name).await?.id),
	}
}

/// Returns the organization with this name or number, if one is given.
pub(crate) async fn optional_organization(
	client: &Client,
	name: Option<&str>,
) -> Result<Option<OrganizationId>, Failure> {
	match name {
		None => Ok(None),
		Some(name) => organization(client, Some(name)).await.map(Some),
	}
}

/// Returns the stream with this name, id or short id. Name and short id are looked up among the streams of `owner`, or of
/// the own organization.
pub(crate) async fn stream(
	client: &Client,
	name: &str,
	owner: Option<&str>,
) -> Result<StreamId, Failure> {
	let owner = optional_organization(client, owner).await?;
	match client.find_stream(name, owner).await {
		Err(error @ Error::NotFound { .. }) => {
			let Ok(part) = name.parse::<IdPart>() else { return Err(error.into()) };
			let owner = owner.unwrap_or_else(|| client.organization_id());
			let listed = client.streams(Some(owner)).await?;
			part.pick(
				"stream",
				listed.iter().filter(|stream| is_of(stream, owner)).map(|stream| stream.id),
			)
		},
		found => Ok(found?.id),
	}
}

/// Returns the stream with this name, id or short id, for commands that only read it. Without an owner, the short id of
/// another organization's stream is found as well.
pub(crate) async fn stream_to_read(
	client: &Client,
	name: &str,
	owner: Option<&str>,
) -> Result<StreamId, Failure> {
	let own = stream(client, name, owner).await;
	let (Err(failure), None, Ok(part)) = (&own, owner, name.parse::<IdPart>()) else { return own };
	if failure.explain().kind != Kind::NotFound {
		return own;
	}
	let listed = client.streams(None).await?;
	part.pick(
		"stream",
		listed.iter().filter(|stream| is_of(stream, stream.owner)).map(|stream| stream.id),
	)
}

/// Whether the stream's id proves its owner and name.
fn is_of(stream: &StreamJson, owner: OrganizationId) -> bool {
	stream.id == StreamId::derive(owner, stream.name.as_bytes())
}

/// Returns the grant with this id or short id, looked up among all grants.
pub(crate) async fn grant(client: &Client, id: IdArg<GrantId>) -> Result<GrantId, Failure> {
	let part = match id {
		IdArg::Whole(id) => return Ok(id),
		IdArg::Part(part) => part,
	};
	let grants = client.grants(&GrantFilter::default(), usize::MAX).await?;
	part.pick("grant", grants.into_iter().map(|grant| grant.grant_id))
}

/// Returns the access request with this id or short id, looked up among those to the own organization.
pub(crate) async fn access_request(
	client: &Client,
	id: IdArg<AccessRequestId>,
) -> Result<AccessRequestId, Failure> {
	let part = match id {
		IdArg::Whole(id) => return Ok(id),
		IdArg::Part(part) => part,
	};
	let filter = AccessRequestFilter {
		owner: Some(client.organization_id()),
		..AccessRequestFilter::default()
	};
	let requests = client.access_requests(&filter, usize::MAX).await?;
	part.pick("access request", requests.into_iter().map(|request| request.access_request_id))
}

/// Returns the bundle with this id or short id, looked up among those that the own organization takes part in.
pub(crate) async fn bundle(client: &Client, id: IdArg<BundleId>) -> Result<BundleId, Failure> {
	let part = match id {
		IdArg::Whole(id) => return Ok(id),
		IdArg::Part(part) => part,
	};
	let own = Some(client.organization_id());
	let filter = BundleFilter { organization: own, ..BundleFilter::default() };
	let bundles = client.bundles(&filter, usize::MAX).await?;
	part.pick("bundle", bundles.into_iter().map(|bundle| bundle.bundle_id))
}

/// Returns the record with this id or short id, looked up among the entries that the own organization has appended, has in
/// its streams, or may read.
///
/// # Errors
///
/// Fails if these are too many to search.
pub(crate) async fn record(client: &Client, id: IdArg<RecordId>) -> Result<RecordId, Failure> {
	let part = match id {
		IdArg::Whole(id) => return Ok(id),
		IdArg::Part(part) => part,
	};
	let own = Some(client.organization_id());
	let streams = client.streams(own).await?.into_iter().map(|stream| stream.id);
	let mut streams = streams.collect::<BTreeSet<_>>();
	let mut records = BTreeSet::new();
	let held = GrantFilter { grantee: own, active: true, ..GrantFilter::default() };
	for grant in client.grants(&held, usize::MAX).await? {
		match (grant.resource, grant.permission) {
			(Resource::Record(record), _) => {
				records.insert(record);
			},
			(Resource::Stream(stream), Permission::Read) => {
				streams.insert(stream);
			},
			(Resource::Stream(_), Permission::Append) => {},
		}
	}
	let of_streams = streams
		.into_iter()
		.map(|stream| EntryFilter { stream: Some(stream), ..EntryFilter::default() });
	let appended = EntryFilter { organization: own, ..EntryFilter::default() };
	let mut left = MAX_ENTRIES;
	for filter in of_streams.chain([appended]) {
		let entries = client.query(&filter, left.saturating_add(1)).await?;
		left = left.checked_sub(entries.len()).ok_or_else(|| {
			Failure::hinted(
				format!("there are more than {MAX_ENTRIES} entries, too many to look for {part}"),
				"give the whole id; `credio query --wide` prints it",
			)
		})?;
		records.extend(entries.into_iter().map(|entry| entry.record_id));
	}
	part.pick("record", records)
}

/// Returns the record with this id or short id, if one is given.
pub(crate) async fn optional_record(
	client: &Client,
	id: Option<IdArg<RecordId>>,
) -> Result<Option<RecordId>, Failure> {
	match id {
		None => Ok(None),
		Some(id) => record(client, id).await.map(Some),
	}
}

/// Returns the request key, looked up in the outbox if it is short.
pub(crate) async fn request(
	outbox: &Outbox,
	key: IdArg<RequestKey>,
) -> Result<RequestKey, Failure> {
	let part = match key {
		IdArg::Whole(key) => return Ok(key),
		IdArg::Part(part) => part,
	};
	let items = outbox_items(outbox, None).await?;
	part.pick("request", items.into_iter().map(|item| item.request_key))
}

/// Lists an outbox, or its items in one state.
pub(crate) async fn outbox_items(
	outbox: &Outbox,
	state: Option<credio_outbox::ItemState>,
) -> Result<Vec<Listed>, Failure> {
	let mut items = Vec::new();
	loop {
		let after = items.last().map_or(0, |item: &Listed| item.id);
		let page = outbox.list(state, after, PAGE).await?;
		if page.is_empty() {
			return Ok(items);
		}
		items.extend(page);
	}
}
