//! Lanes keep their order.

use crate::exactly_once::requests::{
	assert_nothing_else, channel_one, code, connect, final_entries, hand_over, hand_over_all, key,
	request, shuffled, statuses, upload, uploads,
};
use credio_client::primitives::{
	LanePosition, RecordId, Reference, error_codes as codes, rpc::RequestState,
};
use credio_e2e::Node;
use credio_vault::LocalVault;
use std::{collections::BTreeMap, time::Duration};

const LANES: u32 = 20;

#[tokio::test]
async fn lanes_are_applied_in_order_despite_shuffling_and_failures() {
	let node = Node::start();
	let clients = [connect(&node, channel_one()).await, connect(&node, channel_one()).await];
	let stream = clients[0].create_stream("invoices").await.expect("it is created").id;
	let expires_at = clients[0].expiry().await.expect("the node responds");
	let positions = (uploads() / 40) as u64;
	let nothing = RecordId::derive(9, &Reference([9; 32]));
	let mut requests = Vec::new();
	let mut expected = BTreeMap::new();
	for lane in 0..LANES {
		for sequence in 0..positions {
			let n = requests.len();
			let lane = LanePosition { lane, sequence };
			let request = request(key("lane", n), expires_at, Some(lane));
			// Every tenth request supersedes a missing record, and fails.
			let fails = n % 10 == 9;
			let client = clients[n % 2].clone();
			let (record, signed) = upload(&client, stream, request, fails.then_some(nothing)).await;
			expected.insert(request.key, (record, lane, fails));
			requests.push((client, signed));
		}
	}
	let count = requests.len();
	let failing = expected.values().filter(|(_, _, fails)| *fails).count();
	hand_over_all(shuffled(requests)).await;
	let entries = final_entries(&clients[0], stream, count - failing).await;

	let keys = expected.keys().copied().collect::<Vec<_>>();
	let mut last = BTreeMap::new();
	let mut statuses = statuses(&clients[0], &keys).await;
	statuses.sort_by_key(|status| expected[&status.request_key].1.sequence);
	for status in statuses {
		let (record, lane, fails) = expected[&status.request_key];
		let receipt = status.receipt.expect("each has its receipt");
		assert_eq!(receipt.lane, Some(lane));
		let state = if fails { RequestState::Rejected } else { RequestState::Applied };
		assert_eq!(status.status, state);
		assert_eq!(entries.contains_key(&record), !fails);
		// By block and place in it, and for entries by their numbers.
		let place = (receipt.block, receipt.extrinsic_index);
		let number = entries.get(&record).copied();
		if let Some((earlier, earlier_number)) = last.get(&lane.lane) {
			assert!(*earlier < place, "lane {} is out of order", lane.lane);
			assert!(number.is_none() || *earlier_number < number);
		}
		let number = number.or(last.get(&lane.lane).and_then(|(_, number)| *number));
		last.insert(lane.lane, (place, number));
	}
	for lane in 0..LANES {
		let state = clients[0].lane(lane).await.expect("the node responds");
		assert_eq!((state.next, state.next_at_best), (positions, positions));
	}
	assert_nothing_else(&clients[0], stream, &entries).await;
}

#[tokio::test]
async fn lanes_continue_while_blocks_are_full() {
	const MANY: u32 = 64;
	const POSITIONS: u64 = 60;
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node responds");
	let mut lanes = Vec::new();
	for lane in 0..MANY {
		let mut requests = Vec::new();
		for sequence in 0..POSITIONS {
			let request = request(
				key(&format!("lane {lane}"), sequence as usize),
				expires_at,
				Some(LanePosition { lane, sequence }),
			);
			requests.push(upload(&client, stream, request, None).await.1);
		}
		lanes.push(requests);
	}
	let count = lanes.iter().map(Vec::len).sum();
	let in_order = lanes.into_iter().map(|requests| async {
		for request in requests {
			if hand_over(vec![(client.clone(), request.clone())]).await[0].is_err() {
				hand_over_all(vec![(client.clone(), request)]).await;
			}
		}
	});
	futures::future::join_all(in_order).await;
	let applied = final_entries(&client, stream, count);
	let applied = tokio::time::timeout(Duration::from_secs(120), applied).await;
	let lane = client.lane(0).await.expect("the node responds");
	assert!(applied.is_ok(), "lane 0 stands at {lane:?}");
}

#[tokio::test]
async fn flood_of_one_organization_leaves_room_and_drops_nothing() {
	let node = Node::start_with(&["--pool-limit", "200"]);
	let client = connect(&node, channel_one()).await;
	let other = connect(&node, LocalVault::development("channel-two").expect("an example")).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node responds");
	// Positions that wait for one that does not come: nothing of it leaves the pool.
	let mut requests = Vec::new();
	for n in 1..=40 {
		let lane = Some(LanePosition { lane: 0, sequence: n });
		let request = request(key("flood", n as usize), expires_at, lane);
		requests.push((client.clone(), upload(&client, stream, request, None).await.1));
	}
	let results = hand_over(requests.clone()).await;
	let taken = results.iter().filter(|result| result.is_ok()).count();
	assert!((1..=25).contains(&taken), "{taken} wait, of a pool for 200");
	for result in results.into_iter().filter(Result::is_err) {
		assert_eq!(code(result), codes::POOL_FULL);
	}
	// Another organization gets room, and so do requests of the same one that need not wait.
	other.create_stream("invoices").await.expect("there is room");
	client.create_stream("others").await.expect("there is room");
	// After the missing position, all accepted requests are applied, and the rest gets room.
	let lane = Some(LanePosition { lane: 0, sequence: 0 });
	let request = request(key("flood", 0), expires_at, lane);
	let (_, first) = upload(&client, stream, request, None).await;
	client.hand_over(&first).await.expect("what others wait for need not wait");
	requests.push((client.clone(), first));
	let mut open = requests;
	while !open.is_empty() {
		let results = hand_over(open.clone()).await;
		open = open
			.into_iter()
			.zip(results)
			.filter(|(_, result)| result.is_err())
			.map(|(request, _)| request)
			.collect();
		client.wait_for_finality(0).await.expect("the subscription continues");
	}
	final_entries(&client, stream, 41).await;
}
