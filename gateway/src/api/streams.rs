//! Streams.

use super::{documents::stream_id, extract::Body};
use crate::{Problem, credential::Scope, tenant::Caller};
use axum::{Json, extract::Path, http::StatusCode};
use credio_primitives::{OrganizationId, Sequence, StreamId, rpc::StreamJson};
use serde::{Deserialize, Serialize};

/// A stream.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stream {
	/// Its id.
	#[schema(value_type = String)]
	id: StreamId,
	/// Its name.
	name: String,
	/// The organization that owns it.
	owner: OrganizationId,
	/// Number of entries.
	entries: Sequence,
	/// The block that created it.
	created_at: u32,
	/// Whether all its records have to be objects, which can be erased.
	demands_objects: bool,
}

impl From<StreamJson> for Stream {
	fn from(stream: StreamJson) -> Self {
		Self {
			id: stream.id,
			name: stream.name,
			owner: stream.owner,
			entries: stream.entries,
			created_at: stream.created_at,
			demands_objects: stream.demands_objects,
		}
	}
}

/// A stream to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewStream {
	/// Its name, unique among those of the organization.
	name: String,
}

/// Creates a stream. Repeating it returns the one that is there.
#[utoipa::path(
	post,
	path = "/v1/streams",
	tag = "streams",
	request_body = NewStream,
	responses((status = 201, body = Stream, description = "the stream"))
)]
pub(super) async fn create(
	caller: Caller,
	Body(new): Body<NewStream>,
) -> Result<(StatusCode, Json<Stream>), Problem> {
	caller.ensure(Scope::StreamsWrite)?;
	let name = &new.name;
	let created =
		caller.tenant.connection.read(|client| async move { client.create_stream(name).await });
	Ok((StatusCode::CREATED, Json(created.await?.into())))
}

/// Lists all streams of the network.
#[utoipa::path(
	get,
	path = "/v1/streams",
	tag = "streams",
	responses((status = 200, body = [Stream], description = "the streams"))
)]
pub(super) async fn list(caller: Caller) -> Result<Json<Vec<Stream>>, Problem> {
	caller.ensure(Scope::NetworkRead)?;
	let streams =
		caller.tenant.connection.read(|client| async move { client.streams(None).await }).await?;
	Ok(Json(streams.into_iter().map(Stream::from).collect()))
}

/// Returns a stream.
#[utoipa::path(
	get,
	path = "/v1/streams/{stream}",
	tag = "streams",
	params(("stream" = String, Path, description = "Its id, or the name of an own one")),
	responses((status = 200, body = Stream, description = "the stream"), (status = 404, body = Problem, description = "there is no such stream"))
)]
pub(super) async fn find(
	caller: Caller,
	Path(stream): Path<String>,
) -> Result<Json<Stream>, Problem> {
	caller.ensure(Scope::NetworkRead)?;
	let id = stream_id(caller.tenant.outbox.organization(), &stream);
	let found =
		caller.tenant.connection.read(|client| async move { client.stream(id).await }).await?;
	Ok(Json(found.into()))
}
