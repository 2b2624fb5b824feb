//! Benchmarks. Each call meets as many other grants as there can be, the longest purpose, and an end.

use super::*;
use alloc::{vec, vec::Vec};
use credio_primitives::{
	grant::{GrantKey, GrantTerms},
	limits::{self, MAX_GRANTS_PER_GRANTEE, MAX_GRANTS_PER_RESOURCE},
	traits::{EncryptionKeys, KeyEpochs, Membership, Streams},
	AccessRequestId, AccountId, BlockNumber, EntryBody, Grant, GrantId, KeyEpoch, OrganizationId,
	Permission, Purpose, RecordId, Reference, Resource, StreamId, WrappedKey,
};
use frame_benchmarking::v2::*;
use frame_support::traits::Get;
use frame_system::RawOrigin;

/// A member with all roles.
struct Somebody {
	account: AccountId,
	organization: OrganizationId,
}

impl Somebody {
	fn new<T: Config>(seed: u32) -> Self {
		let account: AccountId = account("member", seed, 0);
		let organization = T::Membership::benchmark_member(&account);
		Self { account, organization }
	}

	fn many<T: Config>(from: u32, count: u32) -> Vec<Self> {
		(from..from.saturating_add(count)).map(Self::new::<T>).collect()
	}

	/// As the signer of a transaction.
	fn signer<T: Config>(&self) -> RawOrigin<AccountId> {
		T::Membership::benchmark_signer(&self.account);
		RawOrigin::Signed(self.account.clone())
	}
}

/// Most grants that one revocation ends: the grant, and all that can be delegated on a resource.
const MAX_ENDED: u32 = limits::MAX_DELEGATED_PER_RESOURCE + 1;

fn reference(n: u32) -> Reference {
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&n.to_le_bytes());
	Reference(bytes)
}

fn key<T: Config>(organization: OrganizationId) -> WrappedKey {
	WrappedKey {
		key_version: T::EncryptionKeys::current_version(organization).unwrap_or_default(),
		sealed: vec![1; limits::WRAPPED_KEY_LENGTH as usize]
			.try_into()
			.expect("that is the bound; qed"),
	}
}

fn purpose() -> Purpose {
	Purpose::truncate_from(vec![b'x'; limits::MAX_PURPOSE_LENGTH as usize])
}

fn terms<T: Config>(grantee: OrganizationId, epochs: u32) -> GrantTerms {
	let keys = (0..epochs).map(|_| key::<T>(grantee)).collect::<Vec<_>>();
	GrantTerms {
		purpose: purpose(),
		expires_at: Some(Pallet::<T>::now().saturating_add(1)),
		delegable: true,
		from_epoch: 0,
		keys: keys.try_into().expect("benchmarks stay within the bound; qed"),
	}
}

/// A stream of `owner` with its first epochs open.
fn stream<T: Config>(
	owner: &Somebody,
	name: &[u8],
	epochs: KeyEpoch,
) -> Result<StreamId, BenchmarkError> {
	let stream = T::Streams::benchmark_stream(owner.organization, name);
	for epoch in 0..epochs {
		let owner_key = key::<T>(owner.organization);
		Pallet::<T>::do_open_epoch(owner.account.clone(), stream, epoch, owner_key, vec![])?;
	}
	Ok(stream)
}

fn record<T: Config>(author: &Somebody, stream: &StreamId) -> Result<RecordId, BenchmarkError> {
	let body =
		EntryBody::Record { epoch: 0, commitment: Default::default(), size: 1, supersedes: None };
	Ok(T::Streams::append(&author.account, stream, &reference(0), body)?.entry.record_id)
}

/// Gives grants to read a stream, as many to each grantee as one can hold; answers them with their grantees.
fn give<T: Config>(
	owner: &Somebody,
	stream: StreamId,
	grantees: &[Somebody],
	epochs: u32,
	from: u32,
	count: u32,
) -> Result<Vec<(GrantId, OrganizationId)>, BenchmarkError> {
	(0..count)
		.map(|n| {
			let grantee = grantees[(n / MAX_GRANTS_PER_GRANTEE) as usize].organization;
			let reference = reference(from.saturating_add(n));
			Pallet::<T>::do_grant(
				owner.account.clone(),
				reference,
				Resource::Stream(stream),
				grantee,
				Permission::Read,
				terms::<T>(grantee, epochs),
			)?;
			Ok((GrantId::derive(owner.organization, &reference), grantee))
		})
		.collect()
}

/// Gives a grant on so many times in all, directly and under what was given on, as the bounds allow.
fn pass_on<T: Config>(holder: &Somebody, root: GrantId, count: u32) -> Result<(), BenchmarkError> {
	let below = Somebody::many::<T>(10, 5);
	// Who gives on to whom, how often at most, and under the first grant of whom.
	let ways = [
		(holder, &below[0], 4, None),
		(holder, &below[1], 4, None),
		(&below[0], &below[2], 8, Some(0)),
		(&below[1], &below[3], 8, Some(1)),
		(&below[2], &below[4], 8, Some(2)),
	];
	let mut firsts = [root; 5];
	let mut number = 1u32;
	for (way, (by, to, most, under)) in ways.into_iter().enumerate() {
		let parent = under.map_or(root, |of: usize| firsts[of]);
		for n in 0..most {
			if number > count {
				return Ok(());
			}
			let reference = reference(number);
			let terms = terms::<T>(to.organization, 1);
			Pallet::<T>::do_delegate(
				by.account.clone(),
				parent,
				reference,
				to.organization,
				terms,
			)?;
			if n == 0 {
				firsts[way] = GrantId::derive(by.organization, &reference);
			}
			number = number.saturating_add(1);
		}
	}
	Ok(())
}

/// A stream with `epochs` epochs and with room for one more grant, for `grantee` or anybody else.
fn almost_full_stream<T: Config>(
	owner: &Somebody,
	grantee: &Somebody,
	epochs: KeyEpoch,
) -> Result<StreamId, BenchmarkError> {
	let stream = stream::<T>(owner, b"benchmark", 1)?;
	let others = Somebody::many::<T>(100, 3);
	let own = MAX_GRANTS_PER_GRANTEE.saturating_sub(1);
	let mut given = give::<T>(owner, stream, core::slice::from_ref(grantee), 1, 1_000, own)?;
	let rest = MAX_GRANTS_PER_RESOURCE.saturating_sub(MAX_GRANTS_PER_GRANTEE);
	given.extend(give::<T>(owner, stream, &others, 1, 2_000, rest)?);
	for epoch in 1..epochs {
		let owner_key = key::<T>(owner.organization);
		let keys = grant_keys::<T>(&given);
		Pallet::<T>::do_open_epoch(owner.account.clone(), stream, epoch, owner_key, keys)?;
	}
	Ok(stream)
}

fn grant_keys<T: Config>(staying: &[(GrantId, OrganizationId)]) -> Vec<GrantKey> {
	staying.iter().map(|(grant, to)| GrantKey { grant: *grant, key: key::<T>(*to) }).collect()
}

fn next_block<T: Config>() {
	let next = frame_system::Pallet::<T>::block_number() + 1u32.into();
	frame_system::Pallet::<T>::set_block_number(next);
}

/// So many grants to append, in chains as long as there can be, with the rest in the last one. Only the last one holds.
pub(crate) fn insert_append_grants<T: Config>(
	grantee: OrganizationId,
	stream: StreamId,
	count: u32,
) {
	let resource = Resource::Stream(stream);
	let mut held = GranteeGrants::default();
	let chains = count.div_ceil(limits::MAX_DELEGATION_DEPTH);
	for n in 0..chains {
		let is_last = n.saturating_add(1) == chains;
		let rest = count.saturating_sub(n.saturating_mul(limits::MAX_DELEGATION_DEPTH));
		// The chain of a grant that does not hold starts under one that is gone.
		let gone = GrantId::derive(grantee, &reference(u32::MAX));
		let mut parent = (!is_last).then_some(gone);
		for depth in 0..rest.min(limits::MAX_DELEGATION_DEPTH) {
			let id = GrantId::derive(
				grantee,
				&reference(n.saturating_mul(limits::MAX_DELEGATION_DEPTH).saturating_add(depth)),
			);
			let grant = Grant {
				grantor: OrganizationId::MAX,
				grantee,
				resource,
				permission: Permission::Append,
				from_epoch: 0,
				purpose: purpose(),
				expires_at: Some(BlockNumber::MAX),
				delegable: true,
				parent,
				granted_at: 0,
			};
			Grants::<T>::insert(id, grant);
			parent = Some(id);
		}
		let _ = parent.map(|id| held.try_push(id));
	}
	GrantsByGrantee::<T>::insert(grantee, resource, held);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open_epoch(g: Linear<0, MAX_GRANTS_PER_RESOURCE>) -> Result<(), BenchmarkError> {
		let owner = Somebody::new::<T>(0);
		let stream = stream::<T>(&owner, b"benchmark", 1)?;
		let grantees = Somebody::many::<T>(1, 4);
		let keys = grant_keys::<T>(&give::<T>(&owner, stream, &grantees, 1, 0, g)?);
		let owner_key = key::<T>(owner.organization);
		#[extrinsic_call]
		_(owner.signer::<T>(), stream, 1, owner_key, keys);
		assert!(Pallet::<T>::ensure_current(&stream, 1).is_ok());
		Ok(())
	}

	#[benchmark]
	fn grant(k: Linear<1, { limits::MAX_EPOCHS_PER_GRANT }>) -> Result<(), BenchmarkError> {
		let (owner, grantee) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let stream = almost_full_stream::<T>(&owner, &grantee, k)?;
		let terms = terms::<T>(grantee.organization, k);
		let resource = Resource::Stream(stream);
		#[extrinsic_call]
		_(
			owner.signer::<T>(),
			reference(0),
			resource,
			grantee.organization,
			Permission::Read,
			terms,
		);
		let id = GrantId::derive(owner.organization, &reference(0));
		assert_eq!(GrantKeys::<T>::iter_key_prefix(id).count() as u32, k);
		Ok(())
	}

	#[benchmark]
	fn delegate(k: Linear<1, { limits::MAX_EPOCHS_PER_GRANT }>) -> Result<(), BenchmarkError> {
		let (owner, grantee) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let stream = stream::<T>(&owner, b"benchmark", k)?;
		// The longest row to go up, and as many other grants as there is room for.
		let row = Somebody::many::<T>(10, limits::MAX_DELEGATION_DEPTH.saturating_sub(1));
		let mut parent = None;
		for (n, holder) in row.iter().enumerate() {
			let (to, terms) = (holder.organization, terms::<T>(holder.organization, k));
			parent = Some(match parent {
				None => give::<T>(&owner, stream, core::slice::from_ref(holder), k, 0, 1)?[0].0,
				Some(above) => {
					let by = &row[n.saturating_sub(1)];
					let who = by.account.clone();
					Pallet::<T>::do_delegate(who, above, reference(0), to, terms)?;
					GrantId::derive(by.organization, &reference(0))
				},
			});
		}
		let parent = parent.ok_or(BenchmarkError::Stop("the row is not empty"))?;
		let others = Somebody::many::<T>(100, 4);
		let rest = MAX_GRANTS_PER_RESOURCE.saturating_sub(limits::MAX_DELEGATION_DEPTH);
		give::<T>(&owner, stream, &others, k, 2_000, rest)?;
		let holder = &row[row.len().saturating_sub(1)];
		let terms = terms::<T>(grantee.organization, k);
		#[extrinsic_call]
		_(holder.signer::<T>(), parent, reference(0), grantee.organization, terms);
		let id = GrantId::derive(holder.organization, &reference(0));
		assert_eq!(GrantKeys::<T>::iter_key_prefix(id).count() as u32, k);
		Ok(())
	}

	#[benchmark]
	fn revoke(e: Linear<1, MAX_ENDED>) -> Result<(), BenchmarkError> {
		let (owner, holder) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let stream = stream::<T>(&owner, b"benchmark", 1)?;
		let root = give::<T>(&owner, stream, core::slice::from_ref(&holder), 1, 0, 1)?[0].0;
		pass_on::<T>(&holder, root, e.saturating_sub(1))?;
		let others = Somebody::many::<T>(100, 4);
		give::<T>(&owner, stream, &others, 1, 2_000, MAX_GRANTS_PER_RESOURCE.saturating_sub(e))?;
		#[extrinsic_call]
		_(owner.signer::<T>(), root);
		let left = GrantsByResource::<T>::get(Resource::Stream(stream)).len() as u32;
		assert_eq!(left, MAX_GRANTS_PER_RESOURCE.saturating_sub(e));
		Ok(())
	}

	#[benchmark]
	fn request_access() -> Result<(), BenchmarkError> {
		let (owner, requester) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let stream = stream::<T>(&owner, b"benchmark", 1)?;
		let resource = Resource::Record(record::<T>(&owner, &stream)?);
		#[extrinsic_call]
		_(requester.signer::<T>(), reference(0), resource, Permission::Read, purpose());
		assert_eq!(PendingRequests::<T>::get(requester.organization), 1);
		Ok(())
	}

	#[benchmark]
	fn approve(k: Linear<1, { limits::MAX_EPOCHS_PER_GRANT }>) -> Result<(), BenchmarkError> {
		let (owner, requester) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let stream = almost_full_stream::<T>(&owner, &requester, k)?;
		let by = requester.account.clone();
		let resource = Resource::Stream(stream);
		Pallet::<T>::do_request_access(by, reference(0), resource, Permission::Read, purpose())?;
		let id = AccessRequestId::derive(requester.organization, &reference(0));
		let terms = terms::<T>(requester.organization, k);
		#[extrinsic_call]
		_(owner.signer::<T>(), id, reference(0), terms);
		assert_eq!(PendingRequests::<T>::get(requester.organization), 0);
		Ok(())
	}

	#[benchmark]
	fn deny() -> Result<(), BenchmarkError> {
		let (owner, requester) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let resource = Resource::Stream(stream::<T>(&owner, b"benchmark", 1)?);
		let by = requester.account.clone();
		Pallet::<T>::do_request_access(by, reference(0), resource, Permission::Read, purpose())?;
		let id = AccessRequestId::derive(requester.organization, &reference(0));
		#[extrinsic_call]
		_(owner.signer::<T>(), id, purpose());
		assert_eq!(PendingRequests::<T>::get(requester.organization), 0);
		Ok(())
	}

	#[benchmark]
	fn clean_up(n: Linear<0, { T::MaxRemovalsPerBlock::get() }>) -> Result<(), BenchmarkError> {
		let owner = Somebody::new::<T>(0);
		let grantees = Somebody::many::<T>(1, 4);
		let (mut given, mut streams) = (0u32, 0u32);
		while given < n {
			let stream = stream::<T>(&owner, &streams.to_le_bytes(), 1)?;
			let count = n.saturating_sub(given).min(MAX_GRANTS_PER_RESOURCE);
			give::<T>(&owner, stream, &grantees, 1, given, count)?;
			given = given.saturating_add(count);
			streams = streams.saturating_add(1);
		}
		CleanedUntil::<T>::put(Pallet::<T>::now().saturating_add(1));
		next_block::<T>();
		next_block::<T>();
		#[block]
		{
			let mut left = n;
			Pallet::<T>::remove_ended(&mut left);
			Pallet::<T>::remove_keys(&mut left);
		}
		assert_eq!(Grants::<T>::iter_keys().count(), 0);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
