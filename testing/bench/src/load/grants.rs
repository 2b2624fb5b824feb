//! Grants of the profile `grants`, and grants that exist before a measurement.

use super::{bench::Bench, reads};
use credio_client::{
	AccessError, Client, Error,
	calls::Call,
	primitives::{
		KeyEpoch, KeyVersion, OrganizationId, Permission, Purpose, RecordId, Reference, Resource,
		WrappedKey,
		grant::{GrantFilter, GrantTerms},
		limits::{MAX_CALLS, MAX_GRANTS_PER_GRANTEE, WRAPPED_KEY_LENGTH},
	},
};
use futures::{StreamExt, TryStreamExt, stream};

/// The grantee: the example organization that is the council. It submits nothing.
pub(crate) const GRANTEE: OrganizationId = 0;

/// Most requests in flight.
const CONCURRENCY: usize = 16;
/// First number of records for grants, so that they differ from records that are read.
const FIRST: u64 = 1_000_000;

/// Uploads a record for grants. Returns it and its key epoch.
///
/// # Errors
///
/// [`Error::Submit`], [`Error::Connect`].
pub(crate) async fn record(bench: &Bench, number: u64) -> Result<(Resource, KeyEpoch), Error> {
	let record: RecordId = reads::record(bench, 64, FIRST.saturating_add(number)).await?;
	match bench.client(0).record(record).await?.header.body.epoch() {
		Some(epoch) => Ok((Resource::Record(record), epoch)),
		None => Err(Error::UnexpectedResponse("the uploaded entry is not a record".into())),
	}
}

/// Returns the version of an organization's current encryption key.
///
/// # Errors
///
/// [`Error::Refused`] if the organization does not exist.
pub(crate) async fn key_version(client: &Client, of: OrganizationId) -> Result<KeyVersion, Error> {
	Ok(client.organization(of).await?.organization.key_version)
}

/// Returns the terms of a grant from an epoch on, with one key. The key is a dummy, which the chain cannot detect and no
/// reader uses.
///
/// # Errors
///
/// [`Error::Argument`] if the terms exceed the chain's bounds.
pub(crate) fn terms(from_epoch: KeyEpoch, key_version: KeyVersion) -> Result<GrantTerms, Error> {
	let over = || Error::Argument("the terms of a grant exceed the chain's bounds".into());
	let sealed = vec![1; WRAPPED_KEY_LENGTH as usize].try_into().map_err(|_| over())?;
	Ok(GrantTerms {
		purpose: Purpose::try_from(b"a measurement".to_vec()).map_err(|_| over())?,
		expires_at: None,
		delegable: false,
		from_epoch,
		keys: vec![WrappedKey { key_version, sealed }].try_into().map_err(|_| over())?,
	})
}

/// Makes a number of grants: on the stream, if it has none, and then on new records of it, each with as many as a request
/// can make. The grantees are the first organizations.
///
/// # Errors
///
/// [`Error::Submit`], [`Error::Connect`].
pub(crate) async fn place(bench: &Bench, count: u64) -> Result<(), Error> {
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

/// Returns the stream's current key epoch.
async fn epoch(bench: &Bench) -> Result<KeyEpoch, Error> {
	let stream = bench.client(0).stream(bench.stream).await?;
	stream.epoch.map(|epoch| epoch.current).ok_or(Error::Access(AccessError::NoEpoch))
}
