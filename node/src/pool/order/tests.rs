use super::*;
use proptest::prelude::*;
use sp_runtime::transaction_validity::{TransactionLongevity, TransactionPriority, TransactionTag};

/// A transaction at a position of its owner's only lane.
#[derive(Debug)]
struct Test {
	owner: Owner,
	data: Arc<Vec<u8>>,
	number: usize,
	requires: Vec<TransactionTag>,
	provides: Vec<TransactionTag>,
}

impl InPoolTransaction for Test {
	type Transaction = Arc<Vec<u8>>;
	type Hash = usize;

	fn data(&self) -> &Self::Transaction {
		&self.data
	}
	fn hash(&self) -> &usize {
		&self.number
	}
	fn priority(&self) -> &TransactionPriority {
		&0
	}
	fn longevity(&self) -> &TransactionLongevity {
		&64
	}
	fn requires(&self) -> &[TransactionTag] {
		&self.requires
	}
	fn provides(&self) -> &[TransactionTag] {
		&self.provides
	}
	fn is_propagable(&self) -> bool {
		true
	}
}

fn tag(owner: Owner, number: usize) -> TransactionTag {
	format!("{owner:?} {number}").into_bytes()
}

fn transaction(owner: Owner, size: usize, number: usize) -> Arc<Test> {
	Arc::new(Test {
		owner,
		data: Arc::new(vec![0; size]),
		number,
		requires: number.checked_sub(1).map(|before| tag(owner, before)).into_iter().collect(),
		provides: vec![tag(owner, number)],
	})
}

fn organization(n: u32) -> Owner {
	Owner::Organization(n)
}

fn fair(transactions: Vec<Arc<Test>>) -> Fair<Test> {
	Fair::new(transactions.into_iter(), |transaction| transaction.owner)
}

fn order(transactions: Vec<Arc<Test>>) -> Vec<(Owner, usize)> {
	fair(transactions).map(|one| (one.owner, one.number)).collect()
}

#[test]
fn flood_of_one_organization_does_not_delay_another() {
	let flood = (0..1_000).map(|n| transaction(organization(1), 300, n));
	let late = (0..3).map(|n| transaction(organization(2), 300, n));
	let order = order(flood.chain(late).collect());
	let last = order.iter().rposition(|(owner, _)| *owner == organization(2));
	assert!(last.is_some_and(|last| last < 6), "{:?}", &order[..10]);
}

#[test]
fn large_transactions_take_their_size_in_turns() {
	let large = (0..10).map(|n| transaction(organization(1), 68 * 1024, n));
	let small = (0..100).map(|n| transaction(organization(2), 300, n));
	let order = order(large.chain(small).collect());
	let before_second_large = order.iter().position(|one| *one == (organization(1), 1));
	assert!(before_second_large.is_some_and(|at| at > 50), "{before_second_large:?}");
}

#[test]
fn reports_and_governance_come_first() {
	let members = (0..10).map(|n| transaction(organization(1), 300, n));
	let others =
		[transaction(Owner::Seat([7; 32]), 60_000, 0), transaction(Owner::Reports, 900, 0)];
	let order = order(members.chain(others).collect());
	assert_eq!(order[..2], [(Owner::Seat([7; 32]), 0), (Owner::Reports, 0)]);
}

#[test]
fn dependants_of_an_invalid_transaction_are_skipped() {
	let mut fair = fair(
		(0..4)
			.map(|n| transaction(organization(1), 300, n))
			.chain((0..2).map(|n| transaction(organization(2), 300, n)))
			.collect(),
	);
	let first = fair.next().expect("there is one");
	fair.report_invalid(&first);
	let left = fair.map(|one| (one.owner, one.number)).collect::<Vec<_>>();
	let other = if first.owner == organization(1) { organization(2) } else { organization(1) };
	assert!(!left.is_empty() && left.iter().all(|(owner, _)| *owner == other), "{left:?}");
}

proptest! {
	#[test]
	fn every_transaction_appears_once_and_in_its_owners_order(
		sizes in prop::collection::vec((0u32..6, 1usize..70_000), 0..200),
	) {
		let mut next = HashMap::<u32, usize>::new();
		let transactions = sizes.iter().map(|(owner, size)| {
			let number = next.entry(*owner).or_default();
			let made = transaction(organization(*owner), *size, *number);
			*number += 1;
			made
		}).collect::<Vec<_>>();
		let count = transactions.len();
		let order = order(transactions);
		prop_assert_eq!(order.len(), count);
		let mut seen = HashMap::<Owner, usize>::new();
		for (owner, number) in order {
			let expected = seen.entry(owner).or_default();
			prop_assert_eq!(number, *expected);
			*expected += 1;
		}
	}

	#[test]
	fn owners_with_transactions_left_differ_by_at_most_one_transaction(
		sizes in prop::collection::vec((0u32..4, 1usize..70_000), 1..200),
		taken in 1usize..100,
	) {
		let mut next = HashMap::<u32, usize>::new();
		let transactions = sizes.iter().map(|(owner, size)| {
			let number = next.entry(*owner).or_default();
			let made = transaction(organization(*owner), *size, *number);
			*number += 1;
			made
		}).collect::<Vec<_>>();
		let mut fair = fair(transactions);
		let mut had = HashMap::<Owner, usize>::new();
		for _ in 0..taken {
			let Some(one) = fair.next() else { break };
			*had.entry(one.owner).or_default() += one.data.len() + OVERHEAD;
		}
		// Among owners with transactions left, the difference is at most one of the largest transactions.
		let open = fair.owners.iter().filter(|(_, queue)| !queue.is_empty());
		let had = open.map(|(owner, _)| had.get(owner).copied().unwrap_or_default());
		let (least, most) = had.fold((usize::MAX, 0), |(least, most), had| (least.min(had), most.max(had)));
		prop_assert!(most.saturating_sub(least.min(most)) <= 70_000 + 2 * OVERHEAD);
	}
}
