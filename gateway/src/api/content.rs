//! Content of documents, small or large, whole or in part.

use super::documents::{UNKNOWN_MEDIA_TYPE, parse_record};
use crate::{Problem, credential::Scope, tenant::Caller};
use axum::{
	body::Body,
	extract::Path,
	http::{HeaderMap, HeaderValue, StatusCode, header},
	response::{IntoResponse, Response},
};
use bytes::Bytes;
use credio_client::{Client, Error};
use credio_objects::one_range;
use credio_primitives::{EntryBody, RecordId};
use futures::{StreamExt, TryStreamExt};
use std::{ops::Range, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// Pieces that wait for the caller to read them: of 8 MiB each.
const PIECES_AHEAD: usize = 1;

/// Returns a document, decrypted and checked against the chain. Of a large one each piece is checked before it is sent.
#[utoipa::path(
	get,
	path = "/v1/documents/{recordId}/content",
	tag = "documents",
	params(
		("recordId" = String, Path),
		("Range" = Option<String>, Header, description = "`bytes=FROM-TO`: a part of the document"),
	),
	responses(
		(status = 200, content_type = "application/octet-stream", body = Vec<u8>, description = "the document, of the media type that it was appended with"),
		(status = 206, content_type = "application/octet-stream", body = Vec<u8>, description = "the part of it"),
		(status = 403, body = Problem, description = "the organization may not read it"),
		(status = 404, body = Problem, description = "there is no such record"),
		(status = 416, body = Problem, description = "the document has nothing in this range"),
	)
)]
pub(super) async fn content(
	caller: Caller,
	Path(record): Path<String>,
	headers: HeaderMap,
) -> Result<Response, Problem> {
	caller.ensure(Scope::DocumentsRead)?;
	let id = parse_record(&record)?;
	let connection = &caller.tenant.connection;
	let entry = connection.read(|client| async move { client.record(id).await }).await?;
	if matches!(entry.header.body, EntryBody::Object { .. }) {
		return large(connection.client().await?, id, &headers).await;
	}
	let fetched = connection.read(|client| async move { client.fetch(id).await }).await?;
	let length = fetched.document.bytes.len() as u64;
	let part = part(&headers, length)?;
	let place =
		|at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(fetched.document.bytes.len());
	let range = part.clone().unwrap_or(0..length);
	let bytes = fetched.document.bytes[place(range.start)..place(range.end)].to_vec();
	Ok(answer(&fetched.document.media_type, length, part.as_ref(), Body::from(bytes)))
}

/// Reads the part that is asked for; `None` for the whole document.
fn part(headers: &HeaderMap, length: u64) -> Result<Option<Range<u64>>, Problem> {
	let Some(asked) = headers.get(header::RANGE) else { return Ok(None) };
	let range = asked.to_str().ok().and_then(|asked| one_range(asked, length));
	range.map(Some).ok_or_else(|| {
		let detail = format!("the document has {length} bytes: ask for one range of them");
		Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, detail)
	})
}

/// Facts about an open object.
struct Opened {
	media_type: String,
	length: u64,
	part: Option<Range<u64>>,
}

/// Sends an object piece by piece, as fast as the caller reads.
async fn large(
	client: Arc<Client>,
	id: RecordId,
	headers: &HeaderMap,
) -> Result<Response, Problem> {
	let (tell, opened) = oneshot::channel();
	let (send, mut receive) = mpsc::channel::<Result<Bytes, Error>>(PIECES_AHEAD);
	let headers = headers.clone();
	tokio::spawn(async move {
		let object = match client.open_object(id).await {
			Ok(object) => object,
			Err(error) => return drop(tell.send(Err(Problem::from(error)))),
		};
		let (media_type, length) = (object.media_type().to_owned(), object.length());
		let part = match part(&headers, length) {
			Ok(part) => part,
			Err(problem) => return drop(tell.send(Err(problem))),
		};
		let range = part.clone().unwrap_or(0..length);
		// The caller may be gone already.
		if tell.send(Ok(Opened { media_type, length, part })).is_err() {
			return;
		}
		let mut pieces = std::pin::pin!(object.pieces(range));
		while let Some(piece) = pieces.next().await {
			let piece = piece.map(|piece| Bytes::copy_from_slice(&piece));
			if send.send(piece).await.is_err() {
				return;
			}
		}
	});
	let opened = opened.await.map_err(|error| Problem::internal(&error))??;
	let pieces = futures::stream::poll_fn(move |context| receive.poll_recv(context));
	let pieces = pieces.inspect_err(|error| tracing::error!(%error, "an object cannot be read on"));
	let Opened { media_type, length, part } = opened;
	Ok(answer(&media_type, length, part.as_ref(), Body::from_stream(pieces)))
}

fn answer(media_type: &str, length: u64, part: Option<&Range<u64>>, body: Body) -> Response {
	let media_type =
		HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static(UNKNOWN_MEDIA_TYPE));
	let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
	let mut response = (status, body).into_response();
	let headers = response.headers_mut();
	headers.insert(header::CONTENT_TYPE, media_type);
	headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
	headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
	let sent = part.map_or(length, |part| part.end - part.start);
	headers.insert(header::CONTENT_LENGTH, sent.into());
	if let Some(Range { start, end }) = part
		&& let Ok(value) =
			HeaderValue::from_str(&format!("bytes {start}-{}/{length}", end.saturating_sub(1)))
	{
		headers.insert(header::CONTENT_RANGE, value);
	}
	response
}
