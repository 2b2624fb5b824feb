//! Items: uploads and calls that an application enqueues.

use super::error::{OutboxError, Result};
use credio_client::{Upload, calls::Call, objects::Described};
use credio_primitives::{BlockNumber, RecordId, RequestKey, StreamId};
use std::path::PathBuf;

/// A document to upload as an object. It stays in its file, which has to be there, unchanged, until the item has ended.
#[derive(Clone, Debug)]
pub struct ObjectFile {
	/// The stream.
	pub stream: StreamId,
	/// A business key, as of [`Upload`].
	pub key: Option<Vec<u8>>,
	/// Whole path of the file.
	pub file: PathBuf,
	/// Its description, by [`Described::of`]. Another document in the file is not uploaded.
	pub described: Described,
	/// The record that it replaces.
	pub supersedes: Option<RecordId>,
}

/// The content of a request.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
	/// Uploads a document. It is encrypted for the chain when it is sent, under the key epoch of that time.
	Upload(Upload<'a>),
	/// Uploads a document as an object. It is sealed and stored by the worker, and then appended.
	Object(&'a ObjectFile),
	/// Makes these calls, together or not at all.
	Calls {
		/// A business key that names the request within the organization.
		key: &'a [u8],
		/// The calls.
		calls: &'a [Call],
	},
}

/// A request to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
	/// Its content.
	pub body: Body<'a>,
	/// A lane. Its items are applied in storing order.
	pub lane: Option<u32>,
	/// Blocks from when it is first sent until it expires; an hour if it is not given.
	pub lifetime: Option<BlockNumber>,
}

impl<'a> Item<'a> {
	/// Creates an upload without a lane.
	#[must_use]
	pub fn upload(upload: Upload<'a>) -> Self {
		Self { body: Body::Upload(upload), lane: None, lifetime: None }
	}

	/// Creates an upload of an object without a lane.
	#[must_use]
	pub fn object(object: &'a ObjectFile) -> Self {
		Self { body: Body::Object(object), lane: None, lifetime: None }
	}

	/// Creates calls without a lane.
	#[must_use]
	pub fn calls(key: &'a [u8], calls: &'a [Call]) -> Self {
		Self { body: Body::Calls { key, calls }, lane: None, lifetime: None }
	}

	/// Puts the item in a lane.
	#[must_use]
	pub fn in_lane(mut self, lane: u32) -> Self {
		self.lane = Some(lane);
		self
	}
}

/// The state of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemState {
	/// Stored, and not sent yet.
	Waiting,
	/// Its expiry is fixed; it is being sent, or waits for its outcome.
	Sending,
	/// Final: all its calls were applied.
	Applied,
	/// Final: none of its calls was applied, and never will be under this key.
	Rejected,
	/// Final: its expiry has passed, and it was not applied.
	Expired,
	/// Final: unknown, since the outbox was away for longer than the chain keeps receipts.
	Undetermined,
}

impl ItemState {
	/// All states.
	pub const ALL: [Self; 6] = [
		Self::Waiting,
		Self::Sending,
		Self::Applied,
		Self::Rejected,
		Self::Expired,
		Self::Undetermined,
	];

	/// Returns its name.
	#[must_use]
	pub fn name(self) -> &'static str {
		match self {
			Self::Waiting => "waiting",
			Self::Sending => "sending",
			Self::Applied => "applied",
			Self::Rejected => "rejected",
			Self::Expired => "expired",
			Self::Undetermined => "undetermined",
		}
	}

	/// Whether the state is final.
	#[must_use]
	pub fn has_ended(self) -> bool {
		!matches!(self, Self::Waiting | Self::Sending)
	}
}

impl std::str::FromStr for ItemState {
	type Err = OutboxError;

	fn from_str(name: &str) -> Result<Self> {
		Self::ALL.into_iter().find(|state| state.name() == name).ok_or_else(|| {
			let names = Self::ALL.map(Self::name).join(", ");
			OutboxError::Item(format!("there is no state {name:?}: one of {names}"))
		})
	}
}

/// An item as it was stored, now or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
	/// Its key on the chain.
	pub request_key: RequestKey,
	/// Record id of an upload.
	pub record_id: Option<RecordId>,
	/// Its state.
	pub state: ItemState,
	/// Whether it was stored now.
	pub is_new: bool,
}
