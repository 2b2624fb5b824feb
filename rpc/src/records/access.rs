//! Access to ciphertexts.

use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
};
use credio_primitives::{AccountId, Denial, RecordId, access::ReadRecord, rpc::BlockRef};
use pallet_support::apis::{GrantsApi, RecordsApi, StreamsApi};

/// The first version of [`RecordsApi`] with `read`. Runtimes before it take three calls.
const READ_SINCE: u32 = 2;

/// Reads records for those who may.
pub(super) trait RecordAccess {
	/// Returns a record and the keys to it, if the account's organization may read it.
	///
	/// # Errors
	///
	/// [`Error::AccessDenied`]; [`Error::NotFound`] if there is no such record.
	fn read_record(
		&self,
		at: &BlockRef,
		account: &AccountId,
		record_id: RecordId,
	) -> Result<ReadRecord, Error>;
}

impl<Block: CredioBlock, Client: CredioClient<Block>> RecordAccess for Chain<Block, Client> {
	fn read_record(
		&self,
		at: &BlockRef,
		account: &AccountId,
		record_id: RecordId,
	) -> Result<ReadRecord, Error> {
		let (at, api) = (hash(at), self.api());
		if self.has::<dyn RecordsApi<Block>>(at, READ_SINCE)? {
			let read = api.read(at, account.clone(), record_id).map_err(Error::internal)?;
			return read.map_err(denied);
		}
		let access = api.read_access(at, account.clone(), record_id).map_err(Error::internal)?;
		let access = access.map_err(denied)?;
		let header = api.header(at, record_id).map_err(Error::internal)?;
		let payload = api.payload(at, record_id).map_err(Error::internal)?;
		let (header, payload) = header.zip(payload).ok_or(Error::NotFound("record"))?;
		Ok(ReadRecord { access, header, payload })
	}
}

fn denied(denial: Denial) -> Error {
	match denial {
		Denial::RecordNotFound => Error::NotFound("record"),
		denial => Error::AccessDenied(denial),
	}
}
