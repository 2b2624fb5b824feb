//! The calls of a worker to a node. Tests have a node of their own behind them.

use super::item::ObjectFile;
use async_trait::async_trait;
use credio_client::{
	Client, Error, ObjectContent, ObjectUpload, SignedRequest, Upload,
	calls::Call,
	name::Name,
	objects::{Source, WriteObjects},
};
use credio_primitives::{
	BlockNumber, OrganizationId, RecordId, Reference, Request, RequestKey, StreamId,
	rpc::{At, LaneJson, LimitsJson, RequestStatusJson},
};
use std::sync::Arc;

/// A node, with the vault that signs for it.
#[async_trait]
pub(super) trait Chain: Send + Sync {
	/// Returns the limits of the chain.
	fn limits(&self) -> &LimitsJson;

	/// Returns the status of a request at the last final block.
	async fn status(
		&self,
		organization: OrganizationId,
		key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>, Error>;

	/// Returns the next positions of a lane.
	async fn lane(&self, lane: u32) -> Result<LaneJson, Error>;

	/// Encrypts an upload under the key epoch of this time.
	async fn seal(&self, upload: &Upload<'_>, reference: Reference) -> Result<Call, Error>;

	/// Encrypts an object under the key epoch of this time, and stores it. Returns the call that appends it.
	async fn store_object(
		&self,
		object: &ObjectFile,
		reference: Reference,
		store: Arc<dyn WriteObjects>,
	) -> Result<Call, Error>;

	/// Asks for the key epoch of a stream again the next time that it is needed.
	async fn forget_epoch(&self, stream: StreamId);

	/// Signs a request.
	async fn sign(&self, request: Request, calls: &[Call]) -> Result<SignedRequest, Error>;

	/// Submits a signed request. Only a final receipt says what becomes of it.
	async fn submit(&self, request: &SignedRequest) -> Result<(), Error>;

	/// Whether the chain has an upload under its record id. `None` if there is no such record.
	async fn is_recorded(
		&self,
		upload: &Upload<'_>,
		record: RecordId,
	) -> Result<Option<bool>, Error>;

	/// Whether the chain has an object under its record id. `None` if there is no such record.
	async fn is_object_recorded(
		&self,
		object: &ObjectFile,
		record: RecordId,
	) -> Result<Option<bool>, Error>;

	/// Returns the status of the last attempt of a name.
	async fn standing(&self, name: &Name) -> Result<RequestStatusJson, Error>;

	/// Waits until a request is decided, and returns its status.
	async fn decided(&self, key: RequestKey) -> Result<RequestStatusJson, Error>;
}

#[async_trait]
impl Chain for Client {
	fn limits(&self) -> &LimitsJson {
		Self::limits(self)
	}

	async fn status(
		&self,
		organization: OrganizationId,
		key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatusJson>, Error> {
		self.status_by(organization, key, expires_at).await
	}

	async fn lane(&self, lane: u32) -> Result<LaneJson, Error> {
		Self::lane(self, lane).await
	}

	async fn seal(&self, upload: &Upload<'_>, reference: Reference) -> Result<Call, Error> {
		Ok(self.seal_soon(upload, reference).await?.1)
	}

	async fn store_object(
		&self,
		object: &ObjectFile,
		reference: Reference,
		store: Arc<dyn WriteObjects>,
	) -> Result<Call, Error> {
		let ObjectFile { stream, key, file, described, supersedes } = object;
		let upload = ObjectUpload {
			stream: *stream,
			key: key.as_deref(),
			media_type: &described.media_type,
			source: Source::File(file.clone()),
			supersedes: *supersedes,
			store,
		};
		Self::store_object(self, &upload, described, reference).await
	}

	async fn forget_epoch(&self, stream: StreamId) {
		Self::forget_epoch(self, stream).await;
	}

	async fn sign(&self, request: Request, calls: &[Call]) -> Result<SignedRequest, Error> {
		Self::sign(self, request, calls).await
	}

	async fn submit(&self, request: &SignedRequest) -> Result<(), Error> {
		self.hand_over(request).await?;
		Ok(())
	}

	async fn is_recorded(
		&self,
		upload: &Upload<'_>,
		record: RecordId,
	) -> Result<Option<bool>, Error> {
		Self::is_recorded(self, upload, record).await
	}

	async fn is_object_recorded(
		&self,
		object: &ObjectFile,
		record: RecordId,
	) -> Result<Option<bool>, Error> {
		let ObjectFile { stream, file, described, supersedes, .. } = object;
		let source = Source::File(file.clone());
		let content =
			ObjectContent { stream: *stream, source: &source, described, supersedes: *supersedes };
		Self::is_object_recorded(self, content, record).await
	}

	async fn standing(&self, name: &Name) -> Result<RequestStatusJson, Error> {
		Self::standing(self, name).await
	}

	async fn decided(&self, key: RequestKey) -> Result<RequestStatusJson, Error> {
		Self::decided(self, key).await
	}
}
