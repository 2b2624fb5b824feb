//! The methods of this area. `docs/rpc.md` describes them for callers.

use crate::error::Error;
use credio_primitives::{
	BlockNumber, OrganizationId, RequestKey,
	rpc::{At, Bytes, LaneJson, RequestStatusJson, UploadedJson},
};
use jsonrpsee::proc_macros::rpc;

/// The methods of this area.
#[rpc(server)]
pub trait RequestsRpc {
	/// Takes a signed `Idempotency::submit`. The same request again returns its present status.
	#[method(name = "credio_v1_upload")]
	async fn upload(&self, extrinsic: Bytes) -> Result<UploadedJson, Error>;

	/// As `upload`, and sends what becomes of the request.
	#[subscription(
		name = "credio_v1_uploadAndWatch" => "credio_v1_uploadEvent",
		unsubscribe = "credio_v1_unwatchUpload",
		item = UploadEventJson,
	)]
	async fn upload_and_watch(&self, extrinsic: Bytes) -> jsonrpsee::core::SubscriptionResult;

	/// Returns the status of a request. With `expires_at`, also of one that this node has never seen.
	#[method(name = "credio_v1_status", blocking)]
	fn status(
		&self,
		organization: OrganizationId,
		request_key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>, Error>;

	/// Returns the next position of a lane.
	#[method(name = "credio_v1_lane", blocking)]
	fn lane(&self, organization: OrganizationId, lane: u32) -> Result<At<LaneJson>, Error>;
}
