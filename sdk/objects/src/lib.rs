//! Where the ciphertext of objects lies: folders and S3, and servers of other organizations.
//!
//! [`Store`] keeps objects in a folder or in a bucket; [`Sources`] reads them from a store and from the servers that
//! organizations announce on the chain. Neither is trusted: `credio-client` checks every byte against the chain. With the
//! feature `server`, [`server`] serves a store over HTTP to those whom the chain allows.

mod range;
mod remote;
#[cfg(feature = "server")]
pub mod server;
mod store;

pub use range::one_range;
pub use remote::{RemoteOptions, authorization};
pub use store::{Store, StoreError};

use async_trait::async_trait;
use bytes::Bytes;
use credio_client::objects::{ObjectAccess, ObjectAddress, ObjectError, Piece, ReadObjects};
use remote::Remote;

/// Reads objects from the own store, if there is one, and else from the servers of their organizations.
#[derive(Debug)]
pub struct Sources {
	store: Option<Store>,
	remote: Remote,
}

impl Sources {
	/// Reads from a store, and from servers.
	///
	/// # Errors
	///
	/// [`ObjectError::Store`] if no connection can be made from this machine.
	pub fn new(store: Option<Store>, options: RemoteOptions) -> Result<Self, ObjectError> {
		Ok(Self { store, remote: Remote::new(options)? })
	}
}

#[async_trait]
impl ReadObjects for Sources {
	async fn read_own(&self, object: &ObjectAddress, piece: &Piece) -> Result<Bytes, ObjectError> {
		match &self.store {
			Some(store) => store.piece(object, piece).await,
			None => Err(ObjectError::NotFound("no store is named here".into())),
		}
	}

	async fn read_served(
		&self,
		object: &ObjectAddress,
		piece: &Piece,
		access: &ObjectAccess,
	) -> Result<Bytes, ObjectError> {
		self.remote.read(object, piece, access).await
	}
}
