//! Grants: on what they are, and those that are in place before anything is measured.

use super::{reads, Bench};
use credio_client::{
	calls::Call,
	primitives::{
		grant::{GrantFilter, GrantTerms},
		limits::{MAX_CALLS, MAX_GRANTS_PER_GRANTEE, WRAPPED_KEY_LENGTH},
		EntryBody, KeyEpoch, KeyVersion, OrganizationId, Permission, Purpose, RecordId, Reference,
		Resource, WrappedKey,
	},
	AccessError, Client, Error,
};
use futures::{stream, StreamExt, TryStreamExt};

/// Who is given grants: the example organization that is the council, which submits nothing by itself.
pub const GRANTEE: OrganizationId = 0;

/// Requests under way at a time.
const CONCURRENCY: usize = 16;
/// Numbers of records that only grants are on begin here, so that they are different from those that are read.
const FIRST: u64 = 1_000_000;

/// A record that grants can be on, and its key epoch.
///
/// Errors: [`Error::Submit`], [`Error::Connect`].
pub async fn record(bench: &Bench, number: u64) -> Result<(Resource, KeyEpoch), Error> {
	let record: RecordId = reads::record(bench, 64, FIRST.saturating_add(number)).await?;
	match bench.client(0).record(record).await?.header.body {
		EntryBody::Record { epoch, .. } => Ok((Resource::Record(record), epoch)),
		_ => Err(Error::UnexpectedResponse("what was uploaded as a record is none".into())),
	}
}

/// The version of an organization's present encryption key.
///
/// Errors: [`Error::Refused`] if there is no such organization.
pub async fn key_version(client: &Client, of: OrganizationId) -> Result<KeyVersion, Error> {
	Ok(client.organization(of).await?.organization.key_version)
}

/// Terms of a grant from an epoch on that has one key. The key opens nothing: the chain cannot tell, and nobody here
/// reads by it.
///
/// Errors: [`Error::Argument`] if they are over the chain's bounds.
pub fn terms(from_epoch: KeyEpoch, key_version: KeyVersion) -> Result<GrantTerms, Error> {
	let over = || Error::Argument("the terms of a grant are over the chain's bounds".into());
	let sealed = vec![1; WRAPPED_KEY_LENGTH as usize].try_into().map_err(|_| over())?;
	Ok(GrantTerms {
		purpose: Purpose::try_from(b"a measurement".to_vec()).map_err(|_| over())?,
		expires_at: None,
		delegable: false,
		from_epoch,
		keys: vec![WrappedKey { key_version, sealed }].try_into().map_err(|_| over())?,
	})
}

/// Puts so many grants in place: on the stream, if it has none, and then on records of it, which are made, each with as
/// many as a request takes. The grantees are the first organizations.
///
/// Errors: [`Error::Submit`], [`Error::Connect`].
pub async fn place(bench: &Bench, count: u64) -> Result<(), Error> {
	let client = bench.client(0);
	let own = client.organization_id();
	let each = MAX_CALLS;
	let grantees =
		(0..).filter(|id| *id != own).take(each.div_ceil(MAX_GRANTS_PER_GRANTEE) as usize);
	let mut recipients = Vec::new();
	for grantee in grantees {
		recipients.push((grantee, key_version(client, grantee).await?));
	}
	let recipients = &recipients;
	let on_stream = GrantFilter { stream: Some(bench.stream), ..GrantFilter::default() };
	let is_free = client.grants(&on_stream, 1).await?.is_empty();
	let requests = (0..count.div_ceil(each.into())).map(|number| async move {
		let (resource, epoch) = match number {
			0 if is_free => (Resource::Stream(bench.stream), epoch(bench).await?),
			number => record(bench, number.saturating_add(1)).await?,
		};
		let of_this = count.saturating_sub(number * u64::from(each)).min(each.into());
		let key = client.key_of(bench.stream, &bench.next_name(), 0).await?;
		let holders = recipients.iter().cycle().take(of_this as usize);
		let calls = (0..)
			.zip(holders)
			.map(|(at, (grantee, version))| {
				let terms = terms(epoch, *version)?;
				let reference = Reference::derive(&key, at);
				Ok(Call::grant(reference, resource, *grantee, Permission::Read, &terms))
			})
			.collect::<Result<Vec<_>, Error>>()?;
		client.apply(key, &calls).await.map(|_| ())
	});
	stream::iter(requests).buffer_unordered(CONCURRENCY).try_collect::<()>().await
}

/// The stream's present key epoch.
async fn epoch(bench: &Bench) -> Result<KeyEpoch, Error> {
	let stream = bench.client(0).stream(bench.stream).await?;
	stream.epoch.map(|epoch| epoch.current).ok_or(Error::Access(AccessError::NoEpoch))
}
