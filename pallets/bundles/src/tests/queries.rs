//! What the runtime API asks.

use crate::mock::*;
use codec::{DecodeAll, Encode};
use credio_primitives::{
	BundleId, BundleState, Digest, Leg, OrganizationId,
	bundle::{BundleFilter, BundleStatus, EncodedCall},
};
use frame_support::{assert_ok, weights::Weight};
use std::collections::BTreeSet;

/// All pages of bundles that match a filter.
fn all(filter: &BundleFilter, limit: u32) -> BTreeSet<BundleId> {
	let (mut found, mut cursor) = (BTreeSet::new(), None);
	loop {
		let (page, next) = Bundles::bundles(filter.clone(), cursor, limit);
		assert!(page.len() <= limit.clamp(1, 256) as usize);
		for named in page {
			assert!(found.insert(named.bundle_id), "no bundle comes twice");
		}
		cursor = next;
		if cursor.is_none() {
			return found;
		}
	}
}

fn two_legs(other: OrganizationId) -> Vec<Leg<RuntimeCall>> {
	vec![leg(ALPHA, vec![add(1)]), leg(other, vec![add(2)])]
}

#[test]
fn bundles_are_filtered() {
	build_and_execute(|| {
		let open = propose(1, three_legs());
		let executed = run_bundle(2, two_legs(BETA));
		let aborted = run_bundle(3, vec![leg(ALPHA, vec![fail_after_adding(1)])]);
		assert_ok!(Bundles::propose(by(BETA), reference(4), 1, three_legs()));
		let expired = BundleId::derive(BETA, &reference(4));
		at(2);
		let of = |organization| BundleFilter { organization, ..BundleFilter::default() };
		let at = |status| BundleFilter { status: Some(status), ..BundleFilter::default() };
		for limit in [1, 2, 3, 256] {
			let find = |filter: BundleFilter| all(&filter, limit);
			assert_eq!(find(of(None)), [open, executed, aborted, expired].into());
			assert_eq!(find(of(Some(ALPHA))), [open, executed, aborted, expired].into());
			assert_eq!(find(of(Some(BETA))), [open, executed, expired].into());
			assert_eq!(find(of(Some(GAMMA))), [open, expired].into());
			assert_eq!(find(of(Some(5))), [].into());
			assert_eq!(find(at(BundleStatus::Open)), [open].into());
			assert_eq!(find(at(BundleStatus::Executed)), [executed].into());
			assert_eq!(find(at(BundleStatus::Aborted)), [aborted].into());
			assert_eq!(find(at(BundleStatus::Expired)), [expired].into());
			let proposed = BundleFilter { proposer: Some(BETA), ..BundleFilter::default() };
			assert_eq!(find(proposed), [expired].into());
			let both = BundleFilter { proposer: Some(ALPHA), ..of(Some(GAMMA)) };
			assert_eq!(find(both), [open].into());
			let none = BundleFilter { status: Some(BundleStatus::Open), ..of(Some(5)) };
			assert_eq!(find(none), [].into());
		}
	});
}

#[test]
fn pages_are_bounded() {
	build_and_execute(|| {
		for n in 0..6 {
			propose(n, three_legs());
		}
		for filter in [
			BundleFilter::default(),
			BundleFilter { organization: Some(BETA), ..Default::default() },
		] {
			let (page, next) = Bundles::bundles(filter.clone(), None, 0);
			assert_eq!((page.len(), next.is_some()), (1, true));
			let (page, next) = Bundles::bundles(filter.clone(), None, u32::MAX);
			assert_eq!((page.len(), next), (6, None));
			let (page, next) = Bundles::bundles(filter, Some(Digest([255; 32])), 9);
			assert_eq!((page.len(), next), (0, None));
		}
	});
}

#[test]
fn bundle_returns_all_that_consent_needs() {
	build_and_execute(|| {
		let legs = vec![leg(ALPHA, vec![add(1), add(2)]), leg(BETA, vec![fail_after_adding(3)])];
		let id = propose(1, legs.clone());
		let detail = Bundles::bundle(id).unwrap();
		assert_eq!(detail.named.bundle_id, id);
		assert_eq!(detail.named.bundle, bundle(id));
		assert_eq!(detail.weight, scratch::ADD * 3);
		let returned = detail
			.legs
			.iter()
			.map(|leg| {
				let calls = leg.calls.iter();
				let calls = calls.map(|call| RuntimeCall::decode_all(&mut &call[..]).unwrap());
				Leg { organization: leg.organization, calls: calls.collect() }
			})
			.collect::<Vec<_>>();
		assert_eq!(returned, legs);
		// The digest is computed without knowing the calls.
		let encoded = detail
			.legs
			.into_iter()
			.map(|leg| Leg {
				organization: leg.organization,
				calls: leg.calls.into_iter().map(EncodedCall).collect(),
			})
			.collect::<Vec<_>>();
		let genesis = Digest(System::block_hash(0).0);
		let deadline = bundle(id).deadline;
		let computed =
			credio_primitives::bundle::digest(&genesis, &id, deadline, &encoded.encode());
		assert_eq!(computed, detail.named.bundle.digest);
	});
}

#[test]
fn ended_bundle_has_no_legs() {
	build_and_execute(|| {
		let executed = run_bundle(1, three_legs());
		let expired = propose(2, three_legs());
		at(bundle(expired).deadline);
		assert_eq!(Bundles::bundle(expired).unwrap().legs.len(), 3);
		at(bundle(expired).deadline + 1);
		for id in [executed, expired] {
			let detail = Bundles::bundle(id).unwrap();
			assert_eq!((detail.legs, detail.weight), (vec![], Weight::zero()));
		}
		// It is returned as expired before clean-up comes to it.
		assert_eq!(Bundles::bundle(expired).unwrap().named.bundle.state, BundleState::Expired);
		assert_eq!(bundle(expired).state, BundleState::Open);
		assert_eq!(Bundles::bundle(BundleId([7; 32])), None);
	});
}

#[test]
fn bundle_limits_works() {
	build_and_execute(|| {
		let limits = Bundles::limits();
		assert_eq!(limits.max_bundle_lifetime, 150);
		assert_eq!(limits.bundle_retention, 230);
		assert_eq!(limits.max_bundle_weight, MaxBundleWeight::get());
	});
}
