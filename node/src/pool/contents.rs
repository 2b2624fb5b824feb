//! The contents of the pool, as the RPC lists them.

use super::{
	amount::Amount,
	fair_pool::FairPool,
	ledger::{Held, Ledger, Position},
	state::{State, Totals},
};
use crate::lock::lock;
use codec::Encode;
use credio_primitives::{
	Digest, OrganizationId, RequestKey, limits,
	rpc::{
		PoolAmountJson, PoolFilter, PoolPageJson, PoolUseJson, PooledState, PooledTransactionJson,
	},
};
use credio_rpc::PoolContents;
use sp_core::H256;

impl PoolContents for FairPool {
	fn holds(&self, transaction: &H256) -> bool {
		lock(&self.ledger).knows(transaction)
	}

	fn request(&self, organization: OrganizationId, key: RequestKey) -> Option<(H256, Vec<u8>)> {
		let ledger = lock(&self.ledger);
		let hash = ledger.request(organization, key)?;
		let extrinsic = ledger.get(&hash)?.extrinsic.clone();
		drop(ledger);
		Some((hash, extrinsic.encode()))
	}

	fn page(&self, filter: PoolFilter, cursor: Option<Digest>, limit: u32) -> Option<PoolPageJson> {
		page(&lock(&self.ledger), filter, cursor, limit)
	}
}

fn page(
	ledger: &Ledger,
	PoolFilter { organization }: PoolFilter,
	cursor: Option<Digest>,
	limit: u32,
) -> Option<PoolPageJson> {
	let from = cursor.map_or(Some((organization, 0)), |cursor| decode(&cursor))?;
	let is_wanted = |of: Option<OrganizationId>| organization.is_none() || of == organization;
	let mut items = Vec::new();
	let mut next = None;
	for (position, hash, held) in ledger.page(from) {
		if !is_wanted(position.0) {
			break;
		}
		if items.len() as u64 == u64::from(limit) {
			next = Some(encode(position));
			break;
		}
		items.push(pooled(hash, held));
	}
	let organizations = ledger
		.totals()
		.iter()
		.filter(|(of, _)| is_wanted(**of))
		.take(limits::MAX_PAGE_SIZE as usize)
		.map(|(organization, Totals { ready, waiting })| PoolUseJson {
			organization: *organization,
			ready: json(*ready),
			waiting: json(*waiting),
		});
	Some(PoolPageJson {
		limit: json(ledger.limit()),
		organizations: organizations.collect(),
		items,
		next,
	})
}

fn pooled(hash: H256, held: &Held) -> PooledTransactionJson {
	PooledTransactionJson {
		transaction_hash: Digest(hash.0),
		organization: held.claim.organization,
		request_key: held.claim.request,
		lane: held.claim.lane,
		expires_at: held.claim.expires_at,
		size: held.claim.bytes as u64,
		state: match held.state {
			State::Ready => PooledState::Ready,
			State::Waiting => PooledState::Waiting,
		},
		since: held.since,
	}
}

fn json(amount: Amount) -> PoolAmountJson {
	PoolAmountJson { transactions: amount.count as u64, bytes: amount.bytes as u64 }
}

fn encode(position: Position) -> Digest {
	let mut cursor = [0; 32];
	for (to, from) in cursor.iter_mut().zip(position.encode()) {
		*to = from;
	}
	Digest(cursor)
}

fn decode(cursor: &Digest) -> Option<Position> {
	codec::Decode::decode(&mut &cursor.0[..]).ok()
}

#[cfg(test)]
mod tests {
	use super::super::{
		claim::{Claim, Owner},
		division::Division,
		room::Strictness,
	};
	use super::*;
	use credio_runtime::opaque::UncheckedExtrinsic;

	fn ledger() -> Ledger {
		let mut ledger = Ledger::new(Division::new(Amount { count: 16_384, bytes: 1 << 28 }));
		for n in 0..10u8 {
			let organization = u32::from(n % 2) + 1;
			let claim = Claim {
				owner: Owner::Organization(organization),
				otherwise: None,
				organization: Some(organization),
				request: Some(RequestKey([n; 32])),
				lane: None,
				expires_at: Some(9),
				bytes: 100,
			};
			let hash = H256([n; 32]);
			let extrinsic = UncheckedExtrinsic::from_blob(vec![n]);
			ledger.enter(hash, &claim, false, true, Strictness::Local).expect("there is room");
			ledger
				.accepted(hash, &claim, &extrinsic, State::Ready, 7, true)
				.expect("there is room");
		}
		ledger
	}

	#[test]
	fn pages_have_no_gaps_or_repeats() {
		let ledger = ledger();
		for (filter, expected) in [
			(PoolFilter { organization: Some(2) }, vec![1, 3, 5, 7, 9]),
			(PoolFilter::default(), vec![0, 2, 4, 6, 8, 1, 3, 5, 7, 9]),
		] {
			let (mut cursor, mut found) = (None, Vec::new());
			loop {
				let page = page(&ledger, filter, cursor, 3).expect("a cursor of a page");
				assert!(page.items.len() <= 3);
				found.extend(page.items.iter().map(|item| item.transaction_hash.0[0]));
				cursor = page.next;
				if cursor.is_none() {
					break;
				}
			}
			assert_eq!(found, expected);
		}
		let all = page(&ledger, PoolFilter::default(), None, 1).expect("no cursor");
		assert_eq!(all.organizations.len(), 2);
		assert_eq!(all.organizations[0].ready, PoolAmountJson { transactions: 5, bytes: 500 });
		assert!(page(&ledger, PoolFilter::default(), Some(Digest([9; 32])), 1).is_none());
	}
}
