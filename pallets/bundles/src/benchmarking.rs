//! Benchmarks. The calls in the legs are remarks, which do next to nothing; the filter for calls in legs is left out,
//! since runtimes allow no remarks there.

use super::*;
use alloc::{vec, vec::Vec};
use credio_primitives::{
	AccountId, BundleId, BundleState, Digest, Leg, Moment, OrganizationId, Reference, limits,
};
use frame_benchmarking::v2::*;
use frame_support::{traits::Get, weights::Weight};
use pallet_support::traits::Membership;

type CallOf<T> = <T as Config>::RuntimeCall;

/// Most bundles that clean-up is measured with.
const MAX_VISITED: u32 = 256;

/// Bytes of the legs beside those of the remarks: their numbers, lengths, and indices.
const OVERHEAD: u32 = 1_024;

struct Parties {
	accounts: Vec<AccountId>,
	organizations: Vec<OrganizationId>,
}

fn parties<T: Config>(l: u32) -> Parties {
	let accounts = (0..l).map(|n| account("gateway", n, 0)).collect::<Vec<AccountId>>();
	let organizations = accounts.iter().map(T::Membership::benchmark_member).collect();
	Parties { accounts, organizations }
}

fn reference(n: u32) -> Reference {
	let mut reference = [0; 32];
	reference[..4].copy_from_slice(&n.to_le_bytes());
	Reference(reference)
}

fn deadline<T: Config>() -> Moment {
	Pallet::<T>::now().saturating_add(T::MaxBundleLifetime::get())
}

/// A moment past the retention of all bundles.
fn all_due<T: Config>() -> Moment {
	deadline::<T>().saturating_add(T::BundleRetention::get()).saturating_add(1)
}

/// A leg for each party, with `c` calls of about `b` bytes together.
fn legs<T: Config>(parties: &Parties, c: u32, b: u32) -> Vec<Leg<CallOf<T>>> {
	let remark = vec![0; (b.saturating_sub(OVERHEAD) / c) as usize];
	let l = parties.organizations.len() as u32;
	(0..l)
		.zip(&parties.organizations)
		.map(|(n, organization)| {
			let calls = c / l + u32::from(n < c % l);
			let call = || frame_system::Call::<T>::remark { remark: remark.clone() }.into();
			Leg { organization: *organization, calls: (0..calls).map(|_| call()).collect() }
		})
		.collect()
}

fn propose<T: Config>(
	parties: &Parties,
	n: u32,
	c: u32,
	b: u32,
) -> Result<(BundleId, Digest), BenchmarkError> {
	let legs = legs::<T>(parties, c, b);
	let by = parties.accounts[0].clone();
	Pallet::<T>::do_propose(by, reference(n), deadline::<T>(), legs, |_| true)
		.map_err(|failure| failure.error)?;
	let id = BundleId::derive(parties.organizations[0], &reference(n));
	let bundle = Bundles::<T>::get(id).ok_or(BenchmarkError::Stop("it was proposed"))?;
	Ok((id, bundle.digest))
}

fn consent<T: Config>(
	by: &AccountId,
	(id, digest): (BundleId, Digest),
) -> Result<(), BenchmarkError> {
	Pallet::<T>::do_consent(by.clone(), id, digest, Weight::MAX, |_| true)
		.map_err(|failure| failure.error)?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn propose(
		l: Linear<1, { limits::MAX_LEGS }>,
		c: Linear<{ limits::MAX_LEGS }, { limits::MAX_BUNDLE_CALLS }>,
		b: Linear<OVERHEAD, { limits::MAX_LEGS_SIZE }>,
	) -> Result<(), BenchmarkError> {
		let parties = parties::<T>(l);
		let legs = legs::<T>(&parties, c, b);
		let (by, deadline) = (parties.accounts[0].clone(), deadline::<T>());
		#[block]
		{
			Pallet::<T>::do_propose(by, reference(0), deadline, legs, |_| true)
				.map_err(|failure| failure.error)?;
		}
		assert_eq!(Bundles::<T>::iter_keys().count(), 1);
		Ok(())
	}

	#[benchmark]
	fn consent() -> Result<(), BenchmarkError> {
		let parties = parties::<T>(limits::MAX_LEGS);
		let (id, digest) =
			super::propose::<T>(&parties, 0, limits::MAX_BUNDLE_CALLS, limits::MAX_LEGS_SIZE)?;
		// The one in the last place, with all others but one before it.
		let (last, others) =
			parties.accounts.split_last().ok_or(BenchmarkError::Stop("there are parties"))?;
		for account in &others[1..] {
			super::consent::<T>(account, (id, digest))?;
		}
		#[block]
		{
			super::consent::<T>(last, (id, digest))?;
		}
		assert_eq!(Bundles::<T>::get(id).map(|bundle| bundle.state), Some(BundleState::Open));
		Ok(())
	}

	#[benchmark]
	fn execute(
		c: Linear<{ limits::MAX_LEGS }, { limits::MAX_BUNDLE_CALLS }>,
		b: Linear<OVERHEAD, { limits::MAX_LEGS_SIZE }>,
	) -> Result<(), BenchmarkError> {
		let parties = parties::<T>(limits::MAX_LEGS);
		let (id, digest) = super::propose::<T>(&parties, 0, c, b)?;
		let (last, others) =
			parties.accounts.split_last().ok_or(BenchmarkError::Stop("there are parties"))?;
		for account in others {
			super::consent::<T>(account, (id, digest))?;
		}
		#[block]
		{
			super::consent::<T>(last, (id, digest))?;
		}
		assert!(matches!(
			Bundles::<T>::get(id).map(|bundle| bundle.state),
			Some(BundleState::Executed { .. })
		));
		Ok(())
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let parties = parties::<T>(limits::MAX_LEGS);
		let (id, digest) =
			super::propose::<T>(&parties, 0, limits::MAX_BUNDLE_CALLS, limits::MAX_LEGS_SIZE)?;
		for account in &parties.accounts[1..] {
			super::consent::<T>(account, (id, digest))?;
		}
		let last = parties.accounts[parties.accounts.len() - 1].clone();
		#[extrinsic_call]
		_(frame_system::RawOrigin::Signed(last), id);
		let bundle = Bundles::<T>::get(id).ok_or(BenchmarkError::Stop("it is there"))?;
		assert_eq!(bundle.parties.last().map(|party| party.consent.is_none()), Some(true));
		Ok(())
	}

	/// Open bundles past their retention: both visits at once. Each has one organization.
	#[benchmark]
	fn clean_up(
		n: Linear<0, { MAX_VISITED.min(T::MaxOpenBundles::get()) }>,
	) -> Result<(), BenchmarkError> {
		let parties = parties::<T>(1);
		for i in 0..n {
			super::propose::<T>(&parties, i, 1, OVERHEAD)?;
		}
		let now = all_due::<T>();
		#[block]
		{
			Pallet::<T>::visit_due(now, u32::MAX, Weight::MAX);
		}
		assert_eq!(Bundles::<T>::iter_keys().count(), 0);
		Ok(())
	}

	/// One bundle, with more and more organizations.
	#[benchmark]
	fn unlist(p: Linear<1, { limits::MAX_LEGS }>) -> Result<(), BenchmarkError> {
		let parties = parties::<T>(p);
		super::propose::<T>(&parties, 0, p, OVERHEAD)?;
		let now = all_due::<T>();
		#[block]
		{
			Pallet::<T>::visit_due(now, u32::MAX, Weight::MAX);
		}
		assert_eq!(Bundles::<T>::iter_keys().count(), 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
