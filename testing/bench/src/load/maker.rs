//! Makes transactions of a profile.

use super::{bench::Bench, document, grants, profile::Profile};
use credio_client::{
	Client, Error, Life, Sealer,
	calls::Call,
	primitives::{
		BlockNumber, GrantId, LanePosition, Permission, Reference, Request, Resource,
		grant::GrantTerms,
	},
};
use std::sync::atomic::{AtomicU32, Ordering};

/// Lifetime of a request, in blocks.
pub(super) const LIFETIME: BlockNumber = 600;
/// Lifetime of a transaction without a request, in blocks.
const CALLS_LIFETIME: u64 = 2_048;

/// A signed transaction.
#[derive(Clone, Debug)]
pub(super) struct Made {
	/// The extrinsic.
	pub extrinsic: Vec<u8>,
	/// The request in it, if it has one.
	pub request: Option<Request>,
}

/// Makes transactions of a profile.
pub(super) struct Maker<'a> {
	client: &'a Client,
	bench: &'a Bench,
	profile: Profile,
	/// Prefix of the names of its requests; their number follows.
	name: Vec<u8>,
	sealer: Sealer<'a>,
	/// The last final block that was set.
	now: AtomicU32,
	/// First nonce, for transactions that need one.
	first_nonce: u64,
	/// Lifetime of transactions with a nonce.
	life: Life,
	/// Bytes of a remark, as many as in the call that appends a record.
	remark: Vec<u8>,
	/// The record and the terms of grants.
	grant: Option<(Resource, GrantTerms)>,
}

impl<'a> Maker<'a> {
	/// Prepares the parts common to all transactions.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub(super) async fn new(bench: &'a Bench, profile: Profile) -> Result<Self, Error> {
		let client = &**bench.client(0);
		let sealer = client.sealer(bench.stream).await?;
		let mut maker = Self {
			client,
			bench,
			profile,
			name: bench.next_name(),
			sealer,
			now: AtomicU32::new(client.expiry().await?.saturating_sub(LIFETIME)),
			first_nonce: client.next_nonce().await?,
			life: match client.life().await? {
				Life::From { number, hash, .. } => {
					Life::From { number, hash, blocks: CALLS_LIFETIME }
				},
				immortal @ Life::Immortal => immortal,
			},
			remark: Vec::new(),
			grant: None,
		};
		match profile {
			Profile::Remark { size } | Profile::Remarks { size, .. } => {
				maker.remark = vec![0x5a; bench.call_size(size).await?];
			},
			Profile::Grants => {
				let (resource, epoch) = grants::record(bench, 0).await?;
				let version = grants::key_version(client, grants::GRANTEE).await?;
				maker.grant = Some((resource, grants::terms(epoch, version)?));
			},
			_ => {},
		}
		Ok(maker)
	}

	/// Returns whether the transactions have requests, and so outcomes on the chain.
	pub(super) fn has_requests(&self) -> bool {
		!self.profile.has_nonce()
	}

	/// Sets the last final block, from which the expiry of requests is computed.
	pub(super) fn set_finalized(&self, finalized: BlockNumber) {
		self.now.store(finalized, Ordering::Relaxed);
	}

	/// Makes the transaction with this number.
	///
	/// # Errors
	///
	/// [`Error::Vault`], [`Error::WrongChain`].
	pub(super) async fn make(
		&self,
		number: u64,
		lane: Option<LanePosition>,
	) -> Result<Made, Error> {
		if self.profile.has_nonce() {
			let call = match self.profile {
				Profile::Remarks { calls, .. } => {
					let remarks = (0..calls).map(|at| self.remark(number, at)).collect::<Vec<_>>();
					self.client.batch_all(&remarks).await?
				},
				_ => self.remark(number, 0),
			};
			let nonce = self.first_nonce.saturating_add(number);
			return Ok(Made {
				extrinsic: self.client.sign_call(&call, nonce, self.life).await?,
				request: None,
			});
		}
		let name = [&self.name[..], &number.to_le_bytes()].concat();
		let key = self.client.key_of(self.bench.stream, &name, 0).await?;
		let calls = match (self.profile, &self.grant) {
			(Profile::Record { size }, _) => {
				vec![self.record(size, number, Reference::derive(&key, 0)).await?]
			},
			(Profile::Records { calls: count, size }, _) => {
				let mut calls = Vec::new();
				for at in 0..count {
					calls.push(self.record(size, number, Reference::derive(&key, at)).await?);
				}
				calls
			},
			(_, Some((resource, terms))) => {
				let reference = Reference::derive(&key, 0);
				let grant = GrantId::derive(self.client.organization_id(), &reference);
				let grantee = grants::GRANTEE;
				vec![
					Call::grant(reference, *resource, grantee, Permission::Read, terms),
					Call::revoke(grant),
				]
			},
			_ => return Err(Error::Argument(format!("{} is no transaction", self.profile))),
		};
		let expires_at = self.now.load(Ordering::Relaxed).saturating_add(LIFETIME);
		let organization = self.client.organization_id();
		let request = Request { organization, key, expires_at, lane };
		let signed = self.client.sign(request, &calls).await?;
		Ok(Made { extrinsic: signed.extrinsic, request: Some(signed.request) })
	}

	fn remark(&self, number: u64, at: u32) -> Call {
		let mut bytes = self.remark.clone();
		for (to, from) in
			bytes.iter_mut().zip(number.to_le_bytes().into_iter().chain(at.to_le_bytes()))
		{
			*to = from;
		}
		Call::remark(&bytes)
	}

	async fn record(&self, size: u32, number: u64, reference: Reference) -> Result<Call, Error> {
		document::record(&self.sealer, self.bench.stream, size, number, reference).await
	}
}
