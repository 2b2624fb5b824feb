//! Random sequences of calls against a model.

mod model;

use crate::mock::*;
use credio_primitives::OrganizationId;
use model::{Expected, Model};
use proptest::{prelude::*, sample::Index};

const ORGANIZATIONS: OrganizationId = 5;

#[derive(Clone, Copy, Debug)]
enum Flaw {
	None,
	LeaveOneOut,
	NameOneTwice,
	SkipAnEpoch,
}

/// What the giver of a grant decides. Blocks and epochs are counted from the present ones.
#[derive(Clone, Copy, Debug)]
struct Terms {
	grantee: OrganizationId,
	ends_in: Option<i8>,
	delegable: bool,
	epochs_back: u32,
}

/// Where nobody is named, the one acts who may.
#[derive(Clone, Debug)]
enum Step {
	OpenEpoch {
		by: OrganizationId,
		of: OrganizationId,
		flaw: Flaw,
	},
	Grant {
		by: Option<OrganizationId>,
		of: OrganizationId,
		record: Option<Index>,
		append: bool,
		terms: Terms,
	},
	Delegate {
		by: Option<OrganizationId>,
		parent: Index,
		/// Only a parent that holds is chosen.
		holding: bool,
		terms: Terms,
	},
	Revoke {
		by: OrganizationId,
		grant: Index,
	},
	Request {
		by: OrganizationId,
		of: OrganizationId,
		append: bool,
	},
	Approve {
		by: Option<OrganizationId>,
		request: Index,
		terms: Terms,
	},
	Deny {
		by: Option<OrganizationId>,
		request: Index,
	},
	Write {
		by: OrganizationId,
		of: OrganizationId,
		old_epoch: bool,
	},
	Suspend(OrganizationId),
	Reinstate(OrganizationId),
	RotateKey(OrganizationId),
	Idle {
		steps: u64,
	},
	Wait {
		blocks: u32,
	},
}

fn terms_strategy() -> impl Strategy<Value = Terms> {
	(
		0..ORGANIZATIONS,
		prop::option::weighted(0.4, prop_oneof![1 => -1i8..3, 3 => 3i8..30]),
		prop::bool::weighted(0.9),
		prop_oneof![3 => Just(0u32), 1 => 0..4u32],
	)
		.prop_map(|(grantee, ends_in, delegable, epochs_back)| Terms {
			grantee,
			ends_in,
			delegable,
			epochs_back,
		})
}

fn step() -> impl Strategy<Value = Step> {
	// Mostly, who may do something does it; a few others try.
	let intruder = || prop::option::weighted(0.1, 0..ORGANIZATIONS);
	let owner = || prop_oneof![4 => Just(OWNER), 1 => Just(READER)];
	let flaw = prop_oneof![
		12 => Just(Flaw::None),
		1 => Just(Flaw::LeaveOneOut),
		1 => Just(Flaw::NameOneTwice),
		1 => Just(Flaw::SkipAnEpoch),
	];
	let index = any::<Index>;
	let record = || prop::option::weighted(0.3, index());
	prop_oneof![
		6 => (intruder(), owner(), flaw)
			.prop_map(|(by, of, flaw)| Step::OpenEpoch { by: by.unwrap_or(of), of, flaw }),
		6 => (intruder(), owner(), record(), any::<bool>(), terms_strategy()).prop_map(
			|(by, of, record, append, terms)| Step::Grant { by, of, record, append, terms }
		),
		6 => (intruder(), index(), prop::bool::weighted(0.8), terms_strategy()).prop_map(
			|(by, parent, holding, terms)| Step::Delegate { by, parent, holding, terms }
		),
		2 => (prop_oneof![3 => Just(OWNER), 1 => 0..ORGANIZATIONS], index())
			.prop_map(|(by, grant)| Step::Revoke { by, grant }),
		2 => (0..ORGANIZATIONS, owner(), any::<bool>())
			.prop_map(|(by, of, append)| Step::Request { by, of, append }),
		2 => (intruder(), index(), terms_strategy())
			.prop_map(|(by, request, terms)| Step::Approve { by, request, terms }),
		1 => (intruder(), index()).prop_map(|(by, request)| Step::Deny { by, request }),
		6 => (prop::option::weighted(0.5, 0..ORGANIZATIONS), owner(), prop::bool::weighted(0.2))
			.prop_map(|(by, of, old_epoch)| Step::Write { by: by.unwrap_or(of), of, old_epoch }),
		1 => (0..ORGANIZATIONS).prop_map(Step::Suspend),
		4 => (0..ORGANIZATIONS).prop_map(Step::Reinstate),
		1 => (0..ORGANIZATIONS).prop_map(Step::RotateKey),
		3 => (0..20u64).prop_map(|steps| Step::Idle { steps }),
		3 => (1..6u32).prop_map(|blocks| Step::Wait { blocks }),
	]
}

fn cases() -> u32 {
	std::env::var("CREDIO_PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: cases(),
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn calls_do_what_the_model_says(steps in prop::collection::vec(step(), 1..100)) {
		new_test_ext().execute_with(|| {
			let mut model = Model::new();
			for step in &steps {
				let root = sp_io::storage::root(Default::default());
				let (expected, done) = model.take(step);
				match expected {
					Expected::Applied => assert_eq!(done, Ok(()), "{step:?}"),
					Expected::Refused => assert!(done.is_err(), "{step:?}"),
					Expected::Either => {},
				}
				if done.is_err() {
					let same = sp_io::storage::root(Default::default());
					assert_eq!(root, same, "a refused step changes nothing: {step:?}");
				}
				model.compare();
			}
		});
	}
}
