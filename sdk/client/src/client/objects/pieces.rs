//! Pieces of objects: from the own store, and else from the servers that their organizations announce.

use crate::{
	client::Client,
	error::{Error, Result},
	objects::{Manifest, ObjectAccess, ObjectAddress, ObjectError, Piece, ReadObjects},
};
use credio_primitives::{Entry, EntryBody, OrganizationId, StreamId};
use tokio::sync::OnceCell;

/// Reads the pieces of one object.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
	client: &'a Client,
	objects: &'a dyn ReadObjects,
	pub address: ObjectAddress,
	author: OrganizationId,
	stream: StreamId,
	/// URLs at which author and owner serve objects, once a server had to be asked.
	endpoints: OnceCell<Vec<String>>,
}

impl<'a> Pieces<'a> {
	/// Returns a reader of an entry's object.
	pub(crate) fn of(client: &'a Client, entry: &Entry) -> Result<Self> {
		let EntryBody::Object { root, size, .. } = entry.header.body else {
			return Err(Error::Argument("the entry is no object".into()));
		};
		Ok(Self {
			client,
			objects: client.objects.as_deref().ok_or(ObjectError::NoStore)?,
			address: ObjectAddress { record_id: entry.record_id, root, size },
			author: entry.header.organization,
			stream: entry.header.stream,
			endpoints: OnceCell::new(),
		})
	}

	/// Reads the manifest, and checks it against the chain.
	pub(crate) async fn manifest(&self) -> Result<Manifest> {
		let bytes = self.read(&Piece::Manifest).await?;
		Ok(Manifest::read(&bytes, &self.address)?)
	}

	/// Reads a piece. Callers check it.
	pub(crate) async fn read(&self, piece: &Piece) -> Result<bytes::Bytes> {
		let ours = match self.objects.read_own(&self.address, piece).await {
			Err(ObjectError::NotFound(ours)) => ours,
			read => return Ok(read?),
		};
		let access = self.access().await?;
		let read = self.objects.read_served(&self.address, piece, &access).await;
		read.map_err(|error| match error {
			ObjectError::NotFound(theirs) => ObjectError::NotFound(format!("{ours}; {theirs}")),
			error => error,
		})
		.map_err(Error::from)
	}

	/// Returns what servers ask for. The token is a new one each time, since tokens expire.
	async fn access(&self) -> Result<ObjectAccess> {
		let token = self.client.token("credio_v1_fetch", &self.address.record_id).await?;
		let endpoints = self.endpoints.get_or_try_init(async || {
			let owner = self.client.owner(self.stream).await?;
			let mut endpoints = self.client.endpoints(self.author).await?;
			if owner != self.author {
				endpoints.extend(self.client.endpoints(owner).await?);
			}
			Ok::<_, Error>(endpoints)
		});
		Ok(ObjectAccess { token, endpoints: endpoints.await?.clone() })
	}
}
