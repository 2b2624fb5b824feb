//! Erasure of objects: what owners demand and do, and what others acknowledge.

use super::Client;
use crate::{calls::Call, error::Result, name::Name};
use credio_primitives::{
	RecordId, StreamId,
	object::NamedErasure,
	rpc::{At, ErasureJson, Items},
};

impl Client {
	/// Demands that all records of a stream are objects from now on, so that they can be erased. Repeating it has no effect.
	///
	/// # Errors
	///
	/// [`crate::Error::Submit`].
	pub async fn demand_objects(&self, stream: StreamId) -> Result<()> {
		let name = Name::new("demand-objects", &stream);
		self.once(&name, Call::demand_objects(stream), "AlreadyDemanded").await
	}

	/// Erases an object for everyone: from then on the chain names no key to it. Its ciphertext and its copies are for their
	/// holders to delete. Repeating it has no effect.
	///
	/// # Errors
	///
	/// [`crate::Error::Submit`].
	pub async fn erase(&self, record: RecordId) -> Result<()> {
		let name = Name::new("erase", &record);
		self.once(&name, Call::erase(record), "AlreadyErased").await
	}

	/// Says on the chain that this organization has deleted its copies of an erased object. Repeating it has no effect.
	///
	/// # Errors
	///
	/// [`crate::Error::Submit`].
	pub async fn acknowledge_erasure(&self, record: RecordId) -> Result<()> {
		let name = Name::new("acknowledge-erasure", &record);
		self.once(&name, Call::acknowledge_erasure(record), "AlreadyAcknowledged").await
	}

	/// Announces the URLs at which this organization serves objects; none to serve no more.
	///
	/// # Errors
	///
	/// [`crate::Error::Submit`].
	pub async fn set_endpoints(&self, urls: &[&str]) -> Result<()> {
		self.apply(Self::new_key()?, &[Call::set_endpoints(urls)]).await.map(|_| ())
	}

	/// Returns the erasure of an object, if it is erased.
	///
	/// # Errors
	///
	/// [`crate::Error::NotFound`], [`crate::Error::Proof`], [`crate::Error::Connect`].
	pub async fn erasure(&self, record: RecordId) -> Result<Option<NamedErasure>> {
		if let Some(verified) = self.verified() {
			return verified.erasure(record).await;
		}
		let answer: At<ErasureJson> = self.call("credio_v1_erasure", (record,)).await?;
		Ok(answer.answer.erasure)
	}

	/// Lists erasures by number, from one on: at most a page. They are as the node says; [`Self::erasure`] proves each.
	///
	/// # Errors
	///
	/// [`crate::Error::Connect`].
	pub async fn erasures(&self, from: u64) -> Result<Vec<NamedErasure>> {
		let answer: At<Items<NamedErasure>> =
			self.call("credio_v1_erasures", (from, self.limits.max_page_size)).await?;
		Ok(answer.answer.items)
	}
}
