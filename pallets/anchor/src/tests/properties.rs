//! Random sequences of calls against a model.

use crate::{Streams, mock::*};
use credio_primitives::{
	AccountId, EntryBody, OrganizationId, RecordId, Reference, Roles, StreamId, StreamStatus,
	entry::EntryFilter, limits::MAX_MERKLE_LEAVES,
};
use proptest::prelude::*;
use sp_runtime::DispatchError;
use sp_runtime::DispatchResult;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
	Create {
		by: usize,
		name: String,
	},
	Seal {
		by: usize,
		stream: Named,
	},
	Digest {
		by: usize,
		stream: Named,
		reference: u8,
	},
	Merkle {
		by: usize,
		stream: Named,
		reference: u8,
		leaves: u32,
	},
	/// Gives or takes a grant to append.
	Grant {
		to: OrganizationId,
		stream: Named,
		given: bool,
	},
	/// Suspends or reinstates.
	Suspend(OrganizationId, bool),
	Wait(u32),
}

/// A stream by owner and name, there or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
	owner: OrganizationId,
	name: String,
}

impl Named {
	fn id(&self) -> StreamId {
		StreamId::derive(self.owner, self.name.as_bytes())
	}
}

const SUBMITTER: Roles = Roles { admin: false, submitter: true, grantor: false };
const ADMIN: Roles = Roles { admin: true, submitter: false, grantor: false };

/// Accounts, with the organizations and roles that the mock gives them.
const ACCOUNTS: [(AccountId, Option<(OrganizationId, Roles)>); 6] = [
	(ALICE, Some((ALPHA, Roles::ALL))),
	(ADAM, Some((ALPHA, ADMIN))),
	(SAM, Some((ALPHA, SUBMITTER))),
	(BOB, Some((BETA, Roles::ALL))),
	(CAROL, Some((GAMMA, Roles::ALL))),
	(STRANGER, None),
];

fn name_of_stream() -> impl Strategy<Value = String> {
	prop_oneof![20 => "[a-f]", 1 => Just(String::new()), 1 => Just("ü".repeat(32))]
}

fn named() -> impl Strategy<Value = Named> {
	let owner = prop_oneof![6 => Just(ALPHA), 2 => Just(BETA), 1 => Just(GAMMA)];
	(owner, "[a-c]").prop_map(|(owner, name)| Named { owner, name })
}

fn step() -> impl Strategy<Value = Step> {
	let by = || prop_oneof![3 => Just(0), 2 => 0..ACCOUNTS.len()];
	let leaves = prop_oneof![
		4 => 1..=MAX_MERKLE_LEAVES,
		1 => Just(0),
		1 => MAX_MERKLE_LEAVES + 1..=u32::MAX,
	];
	prop_oneof![
		4 => (by(), name_of_stream()).prop_map(|(by, name)| Step::Create { by, name }),
		1 => (by(), named()).prop_map(|(by, stream)| Step::Seal { by, stream }),
		6 => (by(), named(), 0..40u8)
			.prop_map(|(by, stream, reference)| Step::Digest { by, stream, reference }),
		4 => (by(), named(), 0..40u8, leaves).prop_map(|(by, stream, reference, leaves)| {
			Step::Merkle { by, stream, reference, leaves }
		}),
		2 => (0..3u32, named(), any::<bool>())
			.prop_map(|(to, stream, given)| Step::Grant { to, stream, given }),
		1 => (0..3u32, prop::bool::weighted(0.3)).prop_map(|(id, yes)| Step::Suspend(id, yes)),
		1 => (1..8u32).prop_map(Step::Wait),
	]
}

#[derive(Default)]
struct ModelStream {
	sealed: bool,
	/// Reference, author and appender's organization of each entry, with the block and the body.
	entries: Vec<(u8, usize, OrganizationId, u32, EntryBody)>,
}

/// What the pallet promises, in the simplest terms.
struct Model {
	block: u32,
	suspended: BTreeSet<OrganizationId>,
	streams: BTreeMap<Named, ModelStream>,
	references: BTreeSet<(OrganizationId, u8)>,
	grants: BTreeSet<(OrganizationId, Named)>,
}

impl Default for Model {
	fn default() -> Self {
		Self {
			block: 1,
			suspended: [GAMMA].into(),
			streams: BTreeMap::new(),
			references: BTreeSet::new(),
			grants: BTreeSet::new(),
		}
	}
}

impl Model {
	fn acts_as(&self, by: usize, role: impl Fn(&Roles) -> bool) -> Option<OrganizationId> {
		let (organization, roles) = ACCOUNTS[by].1.as_ref()?;
		(role(roles) && !self.suspended.contains(organization)).then_some(*organization)
	}

	fn create(&mut self, by: usize, name: &str) -> bool {
		let Some(owner) = self.acts_as(by, |roles| roles.admin) else { return false };
		let stream = Named { owner, name: name.into() };
		let owned = self.streams.keys().filter(|stream| stream.owner == owner).count();
		let allowed = (1..=64).contains(&name.len())
			&& !self.streams.contains_key(&stream)
			&& owned < MaxStreamsPerOrganization::get() as usize;
		if allowed {
			self.streams.insert(stream, ModelStream::default());
		}
		allowed
	}

	fn append(&mut self, by: usize, named: &Named, reference: u8, body: EntryBody) -> bool {
		let Some(organization) = self.acts_as(by, |roles| roles.submitter) else { return false };
		let Some(stream) = self.streams.get_mut(named) else { return false };
		let may =
			organization == named.owner || self.grants.contains(&(organization, named.clone()));
		let allowed = may && !stream.sealed && self.references.insert((organization, reference));
		if allowed {
			stream.entries.push((reference, by, organization, self.block, body));
		}
		allowed
	}

	/// Applies a step if it is allowed and says whether it is.
	fn apply(&mut self, step: &Step) -> bool {
		match step {
			Step::Create { by, name } => self.create(*by, name),
			Step::Seal { by, stream } => {
				let by = self.acts_as(*by, |roles| roles.admin);
				match self.streams.get_mut(stream) {
					Some(found) if by == Some(stream.owner) && !found.sealed => {
						found.sealed = true;
						true
					},
					_ => false,
				}
			},
			Step::Digest { by, stream, reference } => {
				self.append(*by, stream, *reference, digest_body(*reference))
			},
			Step::Merkle { by, stream, reference, leaves } => {
				(1..=1_048_576).contains(leaves)
					&& self.append(*by, stream, *reference, merkle_body(*reference, *leaves))
			},
			Step::Grant { to, stream, given } => {
				let grant = (*to, stream.clone());
				if *given {
					self.grants.insert(grant)
				} else {
					self.grants.remove(&grant)
				};
				true
			},
			Step::Suspend(id, true) => self.suspended.insert(*id),
			Step::Suspend(id, false) => self.suspended.remove(id),
			Step::Wait(blocks) => {
				self.block += blocks;
				true
			},
		}
	}
}

fn digest_body(n: u8) -> EntryBody {
	EntryBody::DigestAnchor { commitment: digest(n) }
}

fn merkle_body(n: u8, leaves: u32) -> EntryBody {
	EntryBody::MerkleAnchor { root: digest(n), leaves }
}

/// Applies a step to the pallet.
fn apply(step: &Step) -> DispatchResult {
	let origin = |by: &usize| signed(ACCOUNTS[*by].0.clone());
	match step {
		Step::Create { by, name: text } => Anchor::create_stream(origin(by), name(text)),
		Step::Seal { by, stream } => Anchor::seal_stream(origin(by), stream.id()),
		Step::Digest { by, stream, reference } => Anchor::anchor_digest(
			origin(by),
			stream.id(),
			Reference([*reference; 32]),
			digest(*reference),
		)
		.map(drop)
		.map_err(|failure| failure.error),
		Step::Merkle { by, stream, reference, leaves } => Anchor::anchor_merkle(
			origin(by),
			stream.id(),
			Reference([*reference; 32]),
			digest(*reference),
			*leaves,
		)
		.map(drop)
		.map_err(|failure| failure.error),
		Step::Grant { to, stream, given } => {
			match given {
				true => World::grant_append(*to, stream.id()),
				false => World::revoke_append(*to, stream.id()),
			}
			Ok(())
		},
		Step::Suspend(id, true) => changed(World::suspend(*id)),
		Step::Suspend(id, false) => changed(World::reinstate(*id)),
		Step::Wait(blocks) => {
			System::set_block_number(System::block_number() + blocks);
			Ok(())
		},
	}
}

/// Fails unless a step changed something.
fn changed(changed: bool) -> DispatchResult {
	changed.then_some(()).ok_or(DispatchError::Unavailable)
}

/// The pallet is in the state that the model says.
fn compare(model: &Model) {
	assert_eq!(Streams::<Test>::iter_keys().count(), model.streams.len());
	for (named, expected) in &model.streams {
		let stream = Anchor::stream(&named.id()).unwrap();
		assert_eq!(stream.owner, named.owner);
		assert_eq!(stream.name.as_slice(), named.name.as_bytes());
		assert_eq!(stream.status == StreamStatus::Sealed, expected.sealed);
		assert_eq!(stream.next_sequence as usize, expected.entries.len());
		let entries = Anchor::entries(&named.id(), 0, u32::MAX);
		let filter = EntryFilter { stream: Some(named.id()), ..Default::default() };
		assert_eq!(Anchor::query_entries(filter, None, u32::MAX), (entries.clone(), None));
		assert_eq!(entries.len(), expected.entries.len());
		for (entry, (reference, author, organization, block, body)) in
			entries.iter().zip(&expected.entries)
		{
			let reference = Reference([*reference; 32]);
			assert_eq!(entry.record_id, RecordId::derive(*organization, &reference));
			assert_eq!(entry.header.author, ACCOUNTS[*author].0);
			assert_eq!(entry.header.organization, *organization);
			assert_eq!(entry.header.block, *block);
			assert_eq!(entry.header.body, *body);
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
			let mut model = Model::default();
			// The first two streams are there from the start, so that most steps find one.
			let first = ["a", "b"].map(|name| Step::Create { by: 0, name: name.into() });
			for step in first.iter().chain(&steps) {
				let root = sp_io::storage::root(Default::default());
				let applied = apply(step);
				assert_eq!(applied.is_ok(), model.apply(step), "{step:?}: {applied:?}");
				if applied.is_err() {
					let same = sp_io::storage::root(Default::default());
					assert_eq!(root, same, "a refused step changes nothing: {step:?}");
				}
			}
			compare(&model);
			Anchor::do_try_state().unwrap();
		});
	}
}
