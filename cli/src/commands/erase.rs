//! `credio erase`.

use super::erasures;
use crate::{exit::Failure, resolve, session::Session, values::id::IdArg};
use clap::Args;
use credio_client::{objects::WriteObjects, primitives::RecordId};

/// Erase an object: nobody may read it any more, and its envelope is deleted from the object store
///
/// Only objects can be erased: ciphertext on the chain stays there. The chain keeps that the object existed, its position, and
/// who erased it when; grantees acknowledge when they have deleted their copies.
#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  credio erase 0x8a04c1d2…5e01\n  credio erase 0x8a04c1d2…5e01 --acknowledge"
)]
pub(super) struct EraseArgs {
	/// The object, of a stream that this organization owns
	record: IdArg<RecordId>,
	/// Of an object that its owner has erased: delete its envelope here, and say on the chain that this organization has deleted
	/// all its copies, also in indexes, exports and other systems
	#[arg(long)]
	acknowledge: bool,
}

/// Erases an object, or acknowledges that it is.
pub(super) async fn run(session: &Session, args: EraseArgs) -> Result<(), Failure> {
	let client = session.connect().await?;
	let record = resolve::record(&client, args.record).await?;
	if args.acknowledge {
		let is_erased = client.erasure(record).await?.is_some();
		if !is_erased {
			return Err(Failure::hinted(
				"the object is not erased",
				"its owner erases it; see `credio erasures`",
			));
		}
	} else {
		client.erase(record).await?;
	}
	// Without a store there is nothing of it here.
	if let Some(store) = session.optional_object_store()? {
		store.delete(record, None).await.map_err(credio_client::Error::from)?;
	}
	if args.acknowledge {
		client.acknowledge_erasure(record).await?;
	}
	let erasure = client.erasure(record).await?;
	erasures::print(session, &client, erasure.as_slice()).await
}
