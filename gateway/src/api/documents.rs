//! Documents: appended, found and read.

use super::{
	extract::Parameters,
	preferences,
	requests::{RequestJson, answer, awaited},
};
use crate::{Problem, credential::Scope, spool::Received, tenant::Caller};
use axum::{
	Json,
	body::Body,
	extract::Path,
	http::{HeaderMap, StatusCode, header},
	response::{IntoResponse, Response},
};
use credio_client::{
	EvidenceRequest, Upload,
	objects::{Described, Source},
};
use credio_outbox::{Item, ObjectFile};
use credio_primitives::{
	EntryBody, OrganizationId, RecordId, Sequence, StreamId,
	entry::EntryFilter,
	limits::{MAX_DOCUMENT_SIZE, MAX_LANES},
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Longest business key, in bytes.
const MAX_KEY: usize = 255;
/// Most entries that a list returns.
const MAX_ENTRIES: usize = 1_000;
/// Media type of a document without one.
pub(crate) const UNKNOWN_MEDIA_TYPE: &str = "application/octet-stream";

/// A document as the chain has it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentJson {
	/// Its record.
	#[schema(value_type = String)]
	record_id: RecordId,
	/// Its stream.
	#[schema(value_type = String)]
	stream: StreamId,
	/// Its position there.
	sequence: Sequence,
	/// The organization that appended it.
	organization: OrganizationId,
	/// The block that appended it.
	block: u32,
	/// `record` (ciphertext on the chain), `object` (in an object store), `digestAnchor` or `merkleAnchor`.
	kind: &'static str,
	/// The record that it replaces.
	#[schema(value_type = Option<String>)]
	supersedes: Option<RecordId>,
}

impl From<credio_primitives::Entry> for DocumentJson {
	fn from(entry: credio_primitives::Entry) -> Self {
		let header = entry.header;
		let (kind, supersedes) = match header.body {
			EntryBody::Record { supersedes, .. } => ("record", supersedes),
			EntryBody::Object { supersedes, .. } => ("object", supersedes),
			EntryBody::DigestAnchor { .. } => ("digestAnchor", None),
			EntryBody::MerkleAnchor { .. } => ("merkleAnchor", None),
		};
		Self {
			record_id: entry.record_id,
			stream: header.stream,
			sequence: header.sequence,
			organization: header.organization,
			block: header.block,
			kind,
			supersedes,
		}
	}
}

/// Appends a document to a stream, encrypted. It is stored before this answers, and sent whatever happens; the chain applies it
/// exactly once. Repeating it with the same `Idempotency-Key`, or without one with the same content, has no effect.
#[utoipa::path(
	post,
	path = "/v1/streams/{stream}/documents",
	tag = "documents",
	params(
		("stream" = String, Path, description = "Id of the stream, or the name of an own one"),
		("Idempotency-Key" = Option<String>, Header, description = "Business key of the document, such as an invoice number; by default its content"),
		("Credio-Lane" = Option<u32>, Header, description = "Lane: documents of one lane are applied in the order in which they were accepted"),
		("Credio-Supersedes" = Option<String>, Header, description = "The record that it replaces"),
		("Prefer" = Option<String>, Header, description = "`wait=N`: answer once it is decided, after at most N seconds (60)"),
	),
	request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The document, of any media type"),
	responses(
		(status = 202, body = RequestJson, description = "accepted; `Location` is its request"),
		(status = 200, body = RequestJson, description = "applied"),
		(status = 409, body = RequestJson, description = "rejected or expired: it was not applied"),
		(status = 413, body = Problem, description = "the document is too large"),
		(status = 422, body = Problem, description = "the key stands for another document"),
	)
)]
pub(super) async fn append(
	caller: Caller,
	Path(stream): Path<String>,
	headers: HeaderMap,
	body: Body,
) -> Result<Response, Problem> {
	caller.ensure(Scope::DocumentsWrite)?;
	let tenant = &caller.tenant;
	let key = preferences::text(&headers, "idempotency-key")?;
	if key.is_some_and(|key| key.is_empty() || key.len() > MAX_KEY) {
		let detail = format!("Idempotency-Key has 1 to {MAX_KEY} characters");
		return Err(Problem::bad_request(detail));
	}
	let lane = preferences::value::<u32>(&headers, "credio-lane", "number")?;
	if lane.is_some_and(|lane| lane >= MAX_LANES) {
		return Err(Problem::bad_request(format!("Credio-Lane is 0 to {}", MAX_LANES - 1)));
	}
	let supersedes = preferences::value::<RecordId>(&headers, "credio-supersedes", "record id")?;
	let media_type = preferences::text(&headers, "content-type")?.unwrap_or(UNKNOWN_MEDIA_TYPE);
	let stream = stream_id(tenant.outbox.organization(), &stream);
	let mut rest = body.into_data_stream();
	let mut beginning = Zeroizing::new(Vec::new());
	while beginning.len() <= MAX_DOCUMENT_SIZE as usize
		&& let Some(piece) = rest.next().await
	{
		let cut_off =
			|_| Problem::bad_request("the document was cut off on its way: send it again");
		beginning.extend_from_slice(&piece.map_err(cut_off)?);
	}
	let enqueued = if beginning.len() <= MAX_DOCUMENT_SIZE as usize {
		let key = key.map(str::as_bytes);
		let upload = Upload { stream, key, media_type, document: &beginning, supersedes };
		tenant.outbox.enqueue(&Item { lane, ..Item::upload(upload) }).await?
	} else {
		if tenant.store.is_none() {
			let detail = format!("the document has more than {MAX_DOCUMENT_SIZE} bytes");
			return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
				.remedy("larger documents need an object store: its operator configures one"));
		}
		let received = Received::new(&tenant.spool, &beginning, rest).await?;
		let described = Described::of(&Source::File(received.file().into()), media_type)
			.await
			.map_err(credio_client::Error::from)?;
		let key = key.map(|key| key.as_bytes().to_vec());
		let object =
			ObjectFile { stream, key, file: received.file().into(), described, supersedes };
		let enqueued = tenant.outbox.enqueue(&Item { lane, ..Item::object(&object) }).await?;
		if enqueued.is_new {
			received.keep();
		}
		enqueued
	};
	let item = awaited(tenant, enqueued.request_key, preferences::wait(&headers)).await?;
	Ok(answer(item, !enqueued.is_new))
}

/// Returns what the chain has of a document.
#[utoipa::path(
	get,
	path = "/v1/documents/{recordId}",
	tag = "documents",
	params(("recordId" = String, Path)),
	responses((status = 200, body = DocumentJson, description = "its entry"), (status = 404, body = Problem, description = "there is no such record"))
)]
pub(super) async fn find(
	caller: Caller,
	Path(record): Path<String>,
) -> Result<Json<DocumentJson>, Problem> {
	caller.ensure(Scope::DocumentsRead)?;
	let id = parse_record(&record)?;
	let entry =
		caller.tenant.connection.read(|client| async move { client.record(id).await }).await?;
	Ok(Json(entry.into()))
}

/// Part of a stream.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
	/// Number of the first entry.
	from: Sequence,
	/// Most entries, at most 1000; 100 without it.
	limit: Option<usize>,
}

/// Lists the entries of a stream in their order.
#[utoipa::path(
	get,
	path = "/v1/streams/{stream}/documents",
	tag = "documents",
	params(("stream" = String, Path, description = "Id of the stream, or the name of an own one"), Part),
	responses((status = 200, body = [DocumentJson], description = "the entries"), (status = 404, body = Problem, description = "there is no such stream"))
)]
pub(super) async fn list(
	caller: Caller,
	Path(stream): Path<String>,
	Parameters(part): Parameters<Part>,
) -> Result<Json<Vec<DocumentJson>>, Problem> {
	caller.ensure(Scope::DocumentsRead)?;
	let tenant = &caller.tenant;
	let filter = EntryFilter {
		stream: Some(stream_id(tenant.outbox.organization(), &stream)),
		from_sequence: Some(part.from),
		..EntryFilter::default()
	};
	let (filter, most) = (&filter, part.limit.unwrap_or(100).clamp(1, MAX_ENTRIES));
	let found = tenant.connection.read(|client| async move { client.query(filter, most).await });
	Ok(Json(found.await?.into_iter().map(DocumentJson::from).collect()))
}

/// What goes into evidence.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Contents {
	/// With the commitment key, by which whoever has the document can check that it is the one; it decrypts nothing.
	with_key: bool,
}

/// Returns evidence of a document: a file that proves, without a node, that it is on the chain, where and since when.
#[utoipa::path(
	get,
	path = "/v1/documents/{recordId}/evidence",
	tag = "documents",
	params(("recordId" = String, Path), Contents),
	responses((status = 200, body = Object, description = "the evidence, for `credio evidence verify`"), (status = 404, body = Problem, description = "there is no such record"))
)]
pub(super) async fn evidence(
	caller: Caller,
	Path(record): Path<String>,
	Parameters(contents): Parameters<Contents>,
) -> Result<Response, Problem> {
	caller.ensure(Scope::DocumentsRead)?;
	let id = parse_record(&record)?;
	let evidence = caller.tenant.connection.read(|client| async move {
		let commitment_key = match contents.with_key {
			true => Some(client.commitment_key(id).await?),
			false => None,
		};
		client.evidence(id, EvidenceRequest { commitment_key, ..EvidenceRequest::default() }).await
	});
	let text = evidence.await?.to_text().map_err(|error| Problem::internal(&error))?;
	Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// Reads a record id.
pub(crate) fn parse_record(text: &str) -> Result<RecordId, Problem> {
	text.parse().map_err(|_| Problem::not_found("a record id is 0x and 64 hexadecimal digits"))
}

/// Returns the stream with an id, or an own one by name.
pub(crate) fn stream_id(owner: OrganizationId, id_or_name: &str) -> StreamId {
	id_or_name.parse().unwrap_or_else(|_| StreamId::derive(owner, id_or_name.as_bytes()))
}
