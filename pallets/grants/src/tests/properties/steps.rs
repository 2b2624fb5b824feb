//! Random steps.

use crate::mock::*;
use credio_primitives::OrganizationId;
use proptest::{prelude::*, sample::Index};

pub(super) const ORGANIZATIONS: OrganizationId = 5;

#[derive(Clone, Copy, Debug)]
pub(super) enum Flaw {
	None,
	LeaveOneOut,
	NameOneTwice,
	SkipAnEpoch,
}

/// Terms of a grant. Blocks and epochs are counted from the present ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
	pub grantee: OrganizationId,
	pub ends_in: Option<i8>,
	pub delegable: bool,
	pub epochs_back: u32,
}

/// A step. Where `by` is `None`, the organization acts that may.
#[derive(Clone, Debug)]
pub(super) enum Step {
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

/// Returns a strategy for steps.
pub(super) fn step() -> impl Strategy<Value = Step> {
	// Most steps are taken by an organization that may take them, a few by another.
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
