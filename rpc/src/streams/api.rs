//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	KeyEpoch, OrganizationId, Sequence, StreamId,
	rpc::{AccessToken, At, Items, PageRequest, StreamJson, StreamKeyJson},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait StreamsRpc {
	/// Returns one stream.
	#[method(name = "credio_v1_stream", blocking)]
	fn stream(&self, id: StreamId) -> Result<At<StreamJson>, Error>;

	/// Lists the streams of one organization, or of all.
	#[method(name = "credio_v1_streams", blocking)]
	fn streams(
		&self,
		owner: Option<OrganizationId>,
		page: Option<PageRequest>,
	) -> Result<At<Items<StreamJson>>, Error>;

	/// Lists the secrets of a stream as wrapped to the caller's organization, starting with epoch `from`.
	#[method(name = "credio_v1_streamKeys", blocking)]
	fn stream_keys(
		&self,
		stream: StreamId,
		from: KeyEpoch,
		access_token: AccessToken,
	) -> Result<At<Items<StreamKeyJson>>, Error>;

	/// Sends the entries of a stream in order: history first, then new ones.
	#[subscription(
		name = "credio_v1_subscribeStream" => "credio_v1_streamEntry",
		unsubscribe = "credio_v1_unsubscribeStream",
		item = Entry,
	)]
	async fn subscribe_stream(
		&self,
		stream: StreamId,
		from_sequence: Sequence,
		include_unfinalized: Option<bool>,
	) -> jsonrpsee::core::SubscriptionResult;
}
