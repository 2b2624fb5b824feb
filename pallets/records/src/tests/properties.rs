//! Random sequences of calls against a model.

use crate::{Envelopes, mock::*};
use credio_primitives::{
	AccountId, EntryBody, KeyEpoch, KeyEpochState, OrganizationId, RecordId, StreamId,
	limits::MAX_PAYLOAD_SIZE,
};
use frame_support::dispatch::DispatchResult;
use pallet_support::traits::{Membership, Role, Streams};
use proptest::prelude::*;
use sp_runtime::DispatchError;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
	Record(RecordStep),
	Anchor {
		by: usize,
		stream: usize,
		reference: u8,
	},
	Seal(usize),
	/// Opens the next epoch.
	Rotate(usize),
	/// Makes a rotation due.
	MakeDue(usize),
	/// Gives or takes a grant of BETA to append.
	Grant(usize, bool),
	/// Suspends or reinstates.
	Suspend(OrganizationId, bool),
}

#[derive(Clone, Debug)]
struct RecordStep {
	by: usize,
	stream: usize,
	reference: u8,
	/// How far off the present epoch.
	epoch_off: KeyEpoch,
	version: u8,
	size: u32,
	/// An entry by organization and reference, there or not.
	supersedes: Option<(OrganizationId, u8)>,
}

/// Accounts with their organizations, of those that may submit.
const ACCOUNTS: [(AccountId, Option<OrganizationId>); 5] =
	[(ALICE, Some(ALPHA)), (SAM, Some(ALPHA)), (BOB, Some(BETA)), (ADAM, None), (STRANGER, None)];

/// Streams of ALPHA.
const STREAMS: [&str; 3] = ["a", "b", "c"];

fn record_step() -> impl Strategy<Value = RecordStep> {
	let size = prop_oneof![
		20 => 1..300u32,
		1 => Just(0),
		1 => Just(MAX_PAYLOAD_SIZE),
		1 => Just(MAX_PAYLOAD_SIZE + 1),
	];
	let version = prop_oneof![20 => Just(1), 1 => any::<u8>()];
	let epoch_off = prop_oneof![10 => Just(0), 1 => 1..3u32];
	let supersedes = prop_oneof![5 => Just(None), 1 => (ALPHA..=BETA, 0..40u8).prop_map(Some)];
	(by(), 0..3usize, 0..40u8, epoch_off, version, size, supersedes).prop_map(
		|(by, stream, reference, epoch_off, version, size, supersedes)| RecordStep {
			by,
			stream,
			reference,
			epoch_off,
			version,
			size,
			supersedes,
		},
	)
}

fn by() -> impl Strategy<Value = usize> {
	prop_oneof![2 => Just(0usize), 2 => 0..ACCOUNTS.len()]
}

fn step() -> impl Strategy<Value = Step> {
	let stream = || 0..3usize;
	prop_oneof![
		12 => record_step().prop_map(Step::Record),
		4 => (by(), stream(), 0..40u8)
			.prop_map(|(by, stream, reference)| Step::Anchor { by, stream, reference }),
		1 => (0..30usize).prop_map(|n| Step::Seal(n.min(3))),
		2 => stream().prop_map(Step::Rotate),
		1 => stream().prop_map(Step::MakeDue),
		2 => (stream(), any::<bool>()).prop_map(|(stream, given)| Step::Grant(stream, given)),
		1 => (0..2u32, prop::bool::weighted(0.3)).prop_map(|(id, yes)| Step::Suspend(id, yes)),
	]
}

#[derive(Clone, Copy, Default)]
struct ModelStream {
	sealed: bool,
	epoch: KeyEpoch,
	due: bool,
	granted: bool,
}

/// What the pallet promises, in the simplest terms.
#[derive(Default)]
struct Model {
	streams: [ModelStream; 3],
	suspended: [bool; 2],
	entries: BTreeMap<(OrganizationId, u8), ModelEntry>,
}

struct ModelEntry {
	stream: usize,
	/// Of records, the payload and what it supersedes.
	content: Option<(Vec<u8>, Option<RecordId>)>,
}

impl Model {
	/// Whether `by` may append to the stream under this reference, and for whom.
	fn may_append(&self, by: usize, stream: usize, reference: u8) -> Option<OrganizationId> {
		let organization = ACCOUNTS[by].1?;
		let allowed = !self.suspended[organization as usize]
			&& (organization == ALPHA || self.streams[stream].granted)
			&& !self.streams[stream].sealed
			&& !self.entries.contains_key(&(organization, reference));
		allowed.then_some(organization)
	}

	fn record(&mut self, step: &RecordStep) -> bool {
		let stream = self.streams[step.stream];
		let supersedes_record = step.supersedes.is_none_or(|id| {
			let entry = self.entries.get(&id);
			entry.is_some_and(|entry| entry.content.is_some() && entry.stream == step.stream)
		});
		// ALPHA owns the streams.
		let author = ACCOUNTS[step.by].1;
		let may_supersede =
			author == Some(ALPHA) || step.supersedes.is_none_or(|(by, _)| author == Some(by));
		let good = (1..=69_632).contains(&step.size)
			&& step.version == 1
			&& supersedes_record
			&& may_supersede
			&& step.epoch_off == 0
			&& !stream.due;
		match self.may_append(step.by, step.stream, step.reference) {
			Some(organization) if good => {
				let content = Some((payload(step), step.supersedes.map(record_id)));
				let entry = ModelEntry { stream: step.stream, content };
				self.entries.insert((organization, step.reference), entry);
				true
			},
			_ => false,
		}
	}

	/// Applies a step if it is allowed and says whether it is.
	fn apply(&mut self, step: &Step) -> bool {
		match *step {
			Step::Record(ref record) => self.record(record),
			Step::Anchor { by, stream, reference } => {
				let organization = self.may_append(by, stream, reference);
				let entry = ModelEntry { stream, content: None };
				self.entries.extend(organization.map(|id| ((id, reference), entry)));
				organization.is_some()
			},
			Step::Seal(stream) => match self.streams.get_mut(stream) {
				Some(stream) if !stream.sealed && !self.suspended[ALPHA as usize] => {
					stream.sealed = true;
					true
				},
				_ => false,
			},
			Step::Rotate(stream) => {
				let stream = &mut self.streams[stream];
				stream.epoch += 1;
				stream.due = false;
				true
			},
			Step::MakeDue(stream) => {
				self.streams[stream].due = true;
				true
			},
			Step::Grant(stream, given) => {
				self.streams[stream].granted = given;
				true
			},
			Step::Suspend(id, suspended) => {
				std::mem::replace(&mut self.suspended[id as usize], suspended) != suspended
			},
		}
	}
}

fn record_id((organization, n): (OrganizationId, u8)) -> RecordId {
	RecordId::derive(organization, &reference(n))
}

fn payload(step: &RecordStep) -> Vec<u8> {
	let mut payload = envelope(step.size);
	if let Some(first) = payload.first_mut() {
		*first = step.version;
	}
	payload
}

/// A stream of ALPHA, or one that is not there.
fn stream_id(n: usize) -> StreamId {
	StreamId::derive(ALPHA, STREAMS.get(n).unwrap_or(&"nothing").as_bytes())
}

fn epoch_of(stream: usize) -> KeyEpoch {
	World::epoch(stream_id(stream)).expect("every stream has an epoch").current
}

/// Applies a step to the pallets.
fn apply(step: &Step) -> DispatchResult {
	match *step {
		Step::Record(ref step) => Append {
			who: ACCOUNTS[step.by].0.clone(),
			stream: stream_id(step.stream),
			reference: reference(step.reference),
			epoch: epoch_of(step.stream) + step.epoch_off,
			payload: payload(step),
			supersedes: step.supersedes.map(record_id),
		}
		.call(),
		Step::Anchor { by, stream, reference: n } => {
			anchor_by(ACCOUNTS[by].0.clone(), stream_id(stream), n)
		},
		Step::Seal(stream) => {
			World::ensure_role(&ALICE, Role::Admin)?;
			changed(World::seal(&stream_id(stream)))
		},
		Step::Rotate(stream) => {
			World::set_epoch(stream_id(stream), epoch_of(stream) + 1);
			Ok(())
		},
		Step::MakeDue(stream) => {
			let state =
				KeyEpochState { current: epoch_of(stream), rotation_due: true, opened_at: 0 };
			World::set_epoch_state(stream_id(stream), Some(state));
			Ok(())
		},
		Step::Grant(stream, given) => {
			match given {
				true => World::grant_append(BETA, stream_id(stream)),
				false => World::revoke_append(BETA, stream_id(stream)),
			}
			Ok(())
		},
		Step::Suspend(id, true) => changed(World::suspend(id)),
		Step::Suspend(id, false) => changed(World::reinstate(id)),
	}
}

/// Fails unless a step changed something.
fn changed(changed: bool) -> DispatchResult {
	changed.then_some(()).ok_or(DispatchError::Unavailable)
}

/// The pallets are in the state that the model says.
fn compare(model: &Model) {
	assert_eq!(World::all_entries().count(), model.entries.len());
	let records = model.entries.values().filter(|entry| entry.content.is_some()).count();
	assert_eq!(Envelopes::<Test>::iter_keys().count(), records);
	for (id, ModelEntry { stream, content }) in &model.entries {
		let id = record_id(*id);
		let header = World::header(&id).unwrap();
		assert_eq!(header.stream, stream_id(*stream));
		let expected = content.as_ref().map(|(payload, _)| payload.clone());
		assert_eq!(Records::payload(&id).map(|payload| payload.into_inner()), expected);
		match header.body {
			EntryBody::Record { supersedes, size, .. } => {
				let (payload, expected) = content.as_ref().unwrap();
				assert_eq!((supersedes, size as usize), (*expected, payload.len()));
			},
			_ => assert!(content.is_none()),
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: proptest_cases(100),
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn calls_do_what_the_model_says(steps in prop::collection::vec(step(), 1..80)) {
		new_test_ext().execute_with(|| {
			for name in STREAMS {
				stream(ALICE, name);
			}
			let mut model = Model::default();
			for step in &steps {
				let root = sp_io::storage::root(Default::default());
				let applied = apply(step);
				assert_eq!(applied.is_ok(), model.apply(step), "{step:?}: {applied:?}");
				if applied.is_err() {
					let same = sp_io::storage::root(Default::default());
					assert_eq!(root, same, "a refused step changes nothing: {step:?}");
				}
			}
			compare(&model);
			Records::do_try_state().unwrap();
		});
	}
}
