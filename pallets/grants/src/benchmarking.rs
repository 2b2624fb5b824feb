//! Benchmarks. Each call meets as many other grants as there can be, the longest purpose, and an end.

use super::*;
use alloc::{vec, vec::Vec};
use credio_primitives::{
	AccessRequestId, AccountId, EntryBody, EpochSecret, Grant, GrantId, KeyEpoch, Moment,
	MomentKey, OrganizationId, Permission, Purpose, RecordId, Reference, Resource, StreamId,
	WrappedKey,
	grant::{GrantKey, GrantTerms},
	limits::{self, MAX_GRANTS_PER_GRANTEE, MAX_GRANTS_PER_RESOURCE},
};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use pallet_support::traits::{EncryptionKeys, KeyEpochs, Membership, Streams};

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

/// Most items that clean-up is measured with.
const MAX_CLEANED: u32 = 256;

/// How long a grant lives here, in milliseconds: as long as one that is delegated has to.
const LIFETIME: Moment = 24 * 60 * 60 * 1_000;

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
		expires_at: Some(Pallet::<T>::now().saturating_add(LIFETIME)),
		delegable: true,
		from_epoch: 0,
		keys: keys.try_into().expect("benchmarks stay within the bound; qed"),
	}
}

fn secret<T: Config>(owner: &Somebody) -> EpochSecret {
	EpochSecret { commitment: Default::default(), owner_key: key::<T>(owner.organization) }
}

/// A stream of `owner` with its first epochs open.
fn stream<T: Config>(
	owner: &Somebody,
	name: &[u8],
	epochs: KeyEpoch,
) -> Result<StreamId, BenchmarkError> {
	let stream = T::Streams::benchmark_stream(owner.organization, name);
	for epoch in 0..epochs {
		let secret = secret::<T>(owner);
		Pallet::<T>::do_open_epoch(owner.account.clone(), stream, epoch, secret, vec![])?;
	}
	Ok(stream)
}

fn record<T: Config>(author: &Somebody, stream: &StreamId) -> Result<RecordId, BenchmarkError> {
	let body =
		EntryBody::Record { epoch: 0, commitment: Default::default(), size: 1, supersedes: None };
	Ok(T::Streams::append(&author.account, stream, &reference(0), body)?.entry.record_id)
}

/// Gives grants to read a stream, as many to each grantee as one can hold; returns them with their grantees.
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

/// Gives a grant on so many times in all, directly and by delegation, as the bounds allow.
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

/// A stream with `epochs` epochs on which `grantee` holds all grants that it can but one.
fn stream_with_grants<T: Config>(
	owner: &Somebody,
	grantee: &Somebody,
	epochs: KeyEpoch,
) -> Result<StreamId, BenchmarkError> {
	let stream = stream::<T>(owner, b"benchmark", epochs)?;
	let own = MAX_GRANTS_PER_GRANTEE.saturating_sub(1);
	give::<T>(owner, stream, core::slice::from_ref(grantee), 1, 1_000, own)?;
	Ok(stream)
}

fn grant_keys<T: Config>(staying: &[(GrantId, OrganizationId)]) -> Vec<GrantKey> {
	staying.iter().map(|(grant, to)| GrantKey { grant: *grant, key: key::<T>(*to) }).collect()
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
				expires_at: Some(Moment::MAX),
				delegable: true,
				parent,
				granted_at: 0,
				access_request: None,
				slot: 0,
			};
			Grants::<T>::insert(id, grant);
			parent = Some(id);
		}
		let _ = parent.map(|id| held.try_push(id));
	}
	GrantsByGrantee::<T>::insert(grantee, resource, held);
}

/// The clock cannot be turned here, so a grant that is to end is made to have ended.
fn end_in_the_past<T: Config>(stream: &StreamId, id: GrantId) {
	let Some(mut ended) = Grants::<T>::get(id) else { return };
	let Some(end) = ended.expires_at.replace(0) else { return };
	Grants::<T>::insert(id, ended);
	let (was, is) = (MomentKey::from(end), MomentKey::from(0));
	Expiries::<T>::remove(was, id);
	StreamExpiries::<T>::remove((stream, was, id));
	Expiries::<T>::insert(is, id, ());
	StreamExpiries::<T>::insert((stream, is, id), ());
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open_epoch(k: Linear<0, { limits::MAX_KEYS_PER_EPOCH }>) -> Result<(), BenchmarkError> {
		let owner = Somebody::new::<T>(0);
		let stream = stream::<T>(&owner, b"benchmark", 1)?;
		let grantees = Somebody::many::<T>(1, MAX_GRANTS_PER_RESOURCE / MAX_GRANTS_PER_GRANTEE);
		let keys = grant_keys::<T>(&give::<T>(&owner, stream, &grantees, 1, 0, k)?);
		let EpochSecret { commitment, owner_key } = secret::<T>(&owner);
		#[extrinsic_call]
		_(owner.signer::<T>(), stream, 1, commitment, owner_key, keys);
		assert!(Pallet::<T>::ensure_current(&stream, 1).is_ok());
		assert_eq!(GrantKeys::<T>::iter_keys().filter(|(_, epoch)| *epoch == 1).count() as u32, k);
		Ok(())
	}

	#[benchmark]
	fn grant(k: Linear<1, { limits::MAX_EPOCHS_PER_GRANT }>) -> Result<(), BenchmarkError> {
		let (owner, grantee) = (Somebody::new::<T>(0), Somebody::new::<T>(1));
		let stream = stream_with_grants::<T>(&owner, &grantee, k)?;
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
		// The longest row to go up.
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
		// As many come after, so that each that ends gives its place to another.
		let others = Somebody::many::<T>(100, 3);
		give::<T>(&owner, stream, &others, 1, 2_000, e)?;
		#[extrinsic_call]
		_(owner.signer::<T>(), root);
		assert_eq!(GrantCounts::<T>::get(Resource::Stream(stream)), e);
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
		let stream = stream_with_grants::<T>(&owner, &requester, k)?;
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
	fn clean_up(n: Linear<0, MAX_CLEANED>) -> Result<(), BenchmarkError> {
		let owner = Somebody::new::<T>(0);
		let stream = stream::<T>(&owner, b"benchmark", 1)?;
		let grantees = Somebody::many::<T>(1, MAX_CLEANED / MAX_GRANTS_PER_GRANTEE);
		for (id, _) in give::<T>(&owner, stream, &grantees, 1, 0, n)? {
			end_in_the_past::<T>(&stream, id);
		}
		#[block]
		{
			let mut left = n;
			Pallet::<T>::remove_ended(&mut left);
		}
		assert_eq!(KeyRemovals::<T>::iter_keys().count(), n as usize);
		Ok(())
	}

	#[benchmark]
	fn remove_keys(n: Linear<0, MAX_CLEANED>) -> Result<(), BenchmarkError> {
		let owner = Somebody::new::<T>(0);
		let stream = stream::<T>(&owner, b"benchmark", 1)?;
		let grantees = Somebody::many::<T>(1, MAX_CLEANED / MAX_GRANTS_PER_GRANTEE);
		// A grant has a key here, so there are twice as many items. Ending a grant is not measured here.
		for (id, _) in give::<T>(&owner, stream, &grantees, 1, 0, n.div_ceil(2))? {
			Pallet::<T>::remove_grant(id);
		}
		assert_eq!(KeyRemovals::<T>::iter_keys().count(), n.div_ceil(2) as usize);
		#[block]
		{
			let mut left = n;
			Pallet::<T>::remove_keys(&mut left);
		}
		assert_eq!(GrantKeys::<T>::iter_keys().count(), 0);
		assert_eq!(KeyRemovals::<T>::iter_keys().count(), (n % 2) as usize);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
