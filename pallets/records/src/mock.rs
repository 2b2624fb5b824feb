//! A runtime for the tests, with the organizations, accounts and streams of [`pallet_support::mock`].

#![allow(
	missing_debug_implementations,
	clippy::needless_pass_by_value,
	clippy::use_self,
	reason = "the macro"
)]

use crate as pallet_records;
use credio_primitives::{AccountId, EntryBody, KeyEpoch, RecordId, Reference, StreamId};
use frame_support::{
	assert_ok,
	dispatch::{DispatchResult, DispatchResultWithPostInfo},
};
use pallet_support::{
	mock,
	traits::{Membership, Streams},
};
use sp_runtime::traits::Dispatchable;

pub(crate) use mock::{errors::*, *};

pallet_support::mock_runtime!(1: Records = pallet_records);

impl crate::Config for Test {
	type Membership = World;
	type Streams = World;
	type KeyEpochs = World;
	type WeightInfo = ();
}

pub(crate) fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Creates a stream in its first epoch, for the organization of `admin`.
pub(crate) fn stream(admin: AccountId, name: &str) -> StreamId {
	let owner = World::member(&admin).expect("a member").organization;
	let id = World::create_stream(owner, name.as_bytes());
	World::set_epoch(id, 0);
	id
}

/// A call of `append`, valid for a stream of [`ALPHA`] in its first epoch.
#[derive(Clone)]
pub(crate) struct Append {
	pub who: AccountId,
	pub stream: StreamId,
	pub reference: Reference,
	pub epoch: KeyEpoch,
	pub payload: Vec<u8>,
	pub supersedes: Option<RecordId>,
}

impl Append {
	pub(crate) fn to(stream: StreamId, n: u8) -> Self {
		let (epoch, supersedes) = (0, None);
		let payload = envelope(100);
		Self { who: ALICE, stream, reference: reference(n), epoch, payload, supersedes }
	}

	/// Dispatches it as a block would, so that a failure is rolled back.
	pub(crate) fn call(self) -> DispatchResult {
		self.dispatch().map(drop).map_err(|failure| failure.error)
	}

	/// Dispatches it as [`Self::call`] does, and returns the weight used.
	pub(crate) fn dispatch(self) -> DispatchResultWithPostInfo {
		let origin = signed(self.who);
		let call = RuntimeCall::from(crate::Call::append {
			stream: self.stream,
			reference: self.reference,
			epoch: self.epoch,
			commitment: digest(7),
			payload: self.payload,
			supersedes: self.supersedes,
		});
		call.dispatch(origin)
	}
}

/// Appends a record as ALICE.
pub(crate) fn record(stream: StreamId, n: u8) -> RecordId {
	assert_ok!(Append::to(stream, n).call());
	RecordId::derive(ALPHA, &reference(n))
}

/// A call of `append_object`, valid for a stream of [`ALPHA`] in its first epoch.
#[derive(Clone)]
pub(crate) struct Object {
	pub who: AccountId,
	pub stream: StreamId,
	pub reference: Reference,
	pub epoch: KeyEpoch,
	pub size: u64,
	pub supersedes: Option<RecordId>,
}

impl Object {
	pub(crate) fn to(stream: StreamId, n: u8) -> Self {
		let (epoch, size, supersedes) = (0, 100_000, None);
		Self { who: ALICE, stream, reference: reference(n), epoch, size, supersedes }
	}

	/// Dispatches it as a block would, so that a failure is rolled back.
	pub(crate) fn call(self) -> DispatchResult {
		let call = RuntimeCall::from(crate::Call::append_object {
			stream: self.stream,
			reference: self.reference,
			epoch: self.epoch,
			commitment: digest(7),
			root: digest(8),
			size: self.size,
			supersedes: self.supersedes,
		});
		call.dispatch(signed(self.who)).map(drop).map_err(|failure| failure.error)
	}
}

/// Appends an object as ALICE.
pub(crate) fn object(stream: StreamId, n: u8) -> RecordId {
	assert_ok!(Object::to(stream, n).call());
	RecordId::derive(ALPHA, &reference(n))
}

/// Anchors a digest as `who`.
pub(crate) fn anchor_by(who: AccountId, stream: StreamId, n: u8) -> DispatchResult {
	let body = EntryBody::DigestAnchor { commitment: digest(n) };
	World::append(&who, &stream, &reference(n), body).map(drop)
}

/// Anchors a digest as ALICE.
pub(crate) fn anchor(stream: StreamId, n: u8) -> RecordId {
	assert_ok!(anchor_by(ALICE, stream, n));
	RecordId::derive(ALPHA, &reference(n))
}

pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	mock::new_test_ext(&RuntimeGenesisConfig::default())
}

/// Runs a test and checks the storage at its end.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	mock::execute(new_test_ext(), test, Records::do_try_state);
}
