//! What the runtime API asks: one bundle, and bounded reads with a cursor.

#![allow(clippy::needless_pass_by_value, reason = "a runtime API hands over its arguments")]

use super::*;
use credio_primitives::bundle::{BundleDetail, BundleFilter, LegCalls, NamedBundle};

/// Most bundles that one query looks at, so that a filter that matches little cannot make it long.
const MAX_SCAN: usize = 1_024;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_bundle(id: BundleId) -> Option<BundleDetail> {
		let named = Self::named(id)?;
		let legs = match named.bundle.state {
			BundleState::Open => {
				Legs::<T>::get(id).map(BoundedLegs::into_inner).unwrap_or_default()
			},
			_ => Vec::new(),
		};
		let weight = Self::declared_weight(&legs);
		let legs = legs
			.into_iter()
			.map(|leg| LegCalls {
				organization: leg.organization,
				calls: leg.calls.iter().map(Encode::encode).collect(),
			})
			.collect();
		Some(BundleDetail { named, legs, weight })
	}

	/// A bundle as it stands now: clean-up may come to it only later.
	fn named(bundle_id: BundleId) -> Option<NamedBundle> {
		let mut bundle = Bundles::<T>::get(bundle_id)?;
		bundle.state = bundle.state_at(Self::now());
		Some(NamedBundle { bundle_id, bundle })
	}

	/// Bundles that match a filter; the second part is the next cursor. A page may be short before the end.
	#[must_use]
	pub fn bundles(
		filter: BundleFilter,
		cursor: Option<Digest>,
		limit: u32,
	) -> (Vec<NamedBundle>, Option<Digest>) {
		let last = cursor.map(|cursor| BundleId(cursor.0));
		match (filter.organization.or(filter.proposer), last) {
			// Who has proposed a bundle has a leg in it.
			(Some(organization), None) => {
				let found = BundlesByOrganization::<T>::iter_key_prefix(organization);
				Self::scan(found, &filter, limit)
			},
			(Some(organization), Some(last)) => {
				let from = BundlesByOrganization::<T>::hashed_key_for(organization, last);
				let found = BundlesByOrganization::<T>::iter_key_prefix_from(organization, from);
				Self::scan(found, &filter, limit)
			},
			(None, None) => Self::scan(Bundles::<T>::iter_keys(), &filter, limit),
			(None, Some(last)) => {
				Self::scan(Bundles::<T>::iter_keys_from_key(last), &filter, limit)
			},
		}
	}

	/// Collects a page of what matches, from at most [`MAX_SCAN`] bundles. The cursor is the last bundle looked at.
	fn scan(
		mut found: impl Iterator<Item = BundleId>,
		filter: &BundleFilter,
		limit: u32,
	) -> (Vec<NamedBundle>, Option<Digest>) {
		let page_size = limit.clamp(1, limits::MAX_PAGE_SIZE) as usize;
		let (mut items, mut last) = (Vec::new(), None);
		for _ in 0..MAX_SCAN {
			let Some(id) = found.next() else { return (items, None) };
			last = Some(Digest(id.0));
			items.extend(Self::named(id).filter(|named| matches(filter, named)));
			if items.len() == page_size {
				break;
			}
		}
		(items, last)
	}
}

fn matches(filter: &BundleFilter, NamedBundle { bundle, .. }: &NamedBundle) -> bool {
	let is_party =
		|organization| bundle.parties.iter().any(|party| party.organization == organization);
	filter.organization.is_none_or(is_party)
		&& filter.proposer.is_none_or(|proposer| proposer == bundle.proposer)
		&& filter.status.is_none_or(|status| status == bundle.state.status())
}
