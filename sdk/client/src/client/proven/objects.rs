//! Endpoints and erasures.

use super::{Verified, not_found};
use crate::{error::Result, verifier::Need};
use credio_primitives::{
	Endpoints, EntryHeader, Erasure, OrganizationId, RecordId,
	object::{Acknowledgements, NamedErasure},
	rpc::EndpointsJson,
	storage,
};

impl Verified<'_> {
	/// Returns the erasure of an object, if it is erased.
	pub(crate) async fn erasure(&self, record_id: RecordId) -> Result<Option<NamedErasure>> {
		let header = storage::header(&record_id);
		let keys = [header, storage::erasure(&record_id), storage::acknowledgements(&record_id)];
		let proven = self.read(&keys, Need::Newest).await?;
		let header: Option<EntryHeader> = proven.get(&keys[0])?;
		let EntryHeader { stream, sequence, .. } =
			header.ok_or_else(|| not_found("entry", record_id, ""))?;
		let erasure: Option<Erasure> = proven.get(&keys[1])?;
		let Some(Erasure { number, author, block }) = erasure else { return Ok(None) };
		let acknowledgements: Option<Acknowledgements> = proven.get(&keys[2])?;
		let acknowledgements = acknowledgements.unwrap_or_default().into_inner();
		let acknowledged =
			NamedErasure { number, record_id, stream, sequence, author, block, acknowledgements };
		Ok(Some(acknowledged))
	}

	/// Returns the URLs at which an organization serves objects.
	pub(crate) async fn endpoints(&self, organization: OrganizationId) -> Result<Vec<String>> {
		let key = storage::endpoints(organization);
		let endpoints: Option<Endpoints> =
			self.read(std::slice::from_ref(&key), Need::Newest).await?.get(&key)?;
		Ok(EndpointsJson::from(endpoints.unwrap_or_default()).endpoints)
	}
}
