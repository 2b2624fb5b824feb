//! Repeated and concurrent submissions make no duplicates.

use crate::exactly_once::requests::{
	assert_nothing_else, channel_one, code, connect, final_entries, hand_over, hand_over_all, key,
	request, shuffled, statuses, upload, uploads,
};
use credio_client::primitives::{Roles, rpc::RequestState};
use credio_e2e::{Cli, Node};
use futures::{StreamExt, stream};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Instant,
};

#[tokio::test]
async fn concurrent_requests_of_one_account_are_applied_once_each() {
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node responds");
	let (records, requests): (Vec<_>, Vec<_>) = stream::iter(0..uploads())
		.map(|n| {
			let request = request(key("one", n), expires_at, None);
			upload(&client, stream, request, None)
		})
		.buffered(100)
		.unzip()
		.await;

	let started = Instant::now();
	hand_over_all(requests.iter().map(|request| (client.clone(), request.clone())).collect()).await;
	println!("{} requests handed over in {:.1?}", requests.len(), started.elapsed());
	let entries = final_entries(&client, stream, records.len()).await;
	println!("{} requests final after {:.1?}", requests.len(), started.elapsed());
	assert!(records.iter().all(|record| entries.contains_key(record)), "lost");
	let keys = requests.iter().map(|request| request.request.key).collect::<Vec<_>>();
	for status in statuses(&client, &keys).await {
		assert_eq!(status.status, RequestState::Applied);
	}

	// All of them again change nothing.
	let again = requests.iter().map(|request| (client.clone(), request.clone())).collect();
	for result in hand_over(again).await {
		result.expect("the receipt is returned");
	}
	assert_nothing_else(&client, stream, &entries).await;
}

#[tokio::test]
async fn same_key_from_several_accounts_is_one_request() {
	let node = Node::start();
	let admin = connect(&node, channel_one()).await;
	let stream = admin.create_stream("invoices").await.expect("it is created").id;
	let submitter = Roles { submitter: true, ..Roles::default() };
	let mut clients = Vec::new();
	for _ in 0..4 {
		let vault = channel_one().for_another_member().expect("random bytes");
		admin.add_member(&vault.account(), submitter).await.expect("it is added");
		for _ in 0..4 {
			clients.push(connect(&node, vault.clone()).await);
		}
	}
	let expires_at = admin.expiry().await.expect("the node responds");
	let count = uploads() / 2;
	let mut records = BTreeSet::new();
	let mut requests = Vec::new();
	for n in 0..count {
		// By four clients of different accounts, each with its own signature.
		for turn in 0..4 {
			let client = clients[(n + turn * 5) % clients.len()].clone();
			let request = request(key("many", n), expires_at, None);
			let (record, signed) = upload(&client, stream, request, None).await;
			records.insert(record);
			requests.push((client, signed));
		}
	}
	assert_eq!(records.len(), count);
	for result in hand_over(shuffled(requests)).await {
		result.expect("the node takes it, or holds it already");
	}
	let entries = final_entries(&admin, stream, count).await;
	assert!(records.iter().eq(entries.keys()));
	assert_nothing_else(&admin, stream, &entries).await;
}

#[test]
fn two_processes_with_the_same_files_make_no_duplicates() {
	let node = Node::start();
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	let count = uploads() / 2;
	let folder = node.folder().join("documents");
	std::fs::create_dir(&folder).expect("writable");
	let files = (0..count)
		.map(|n| {
			let file = folder.join(format!("{n}.txt"));
			std::fs::write(&file, format!("document {n}")).expect("writable");
			file.to_str().expect("UTF-8").to_owned()
		})
		.collect::<Vec<_>>();
	let mut arguments = vec!["upload", "--stream", "invoices", "--json"];
	arguments.extend(files.iter().map(String::as_str));
	let spawn = || {
		cli.command(&arguments)
			.stdout(std::process::Stdio::piped())
			.stderr(std::process::Stdio::null())
			.spawn()
			.expect("credio starts")
	};
	let outputs =
		[spawn(), spawn()].map(|process| std::thread::spawn(|| process.wait_with_output()));
	let reported = outputs.map(|output| {
		let output = output.join().expect("no panic").expect("it ends");
		assert!(output.status.success(), "{}", output.status);
		let lines = String::from_utf8(output.stdout).expect("UTF-8");
		lines
			.lines()
			.map(|line| {
				let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
				assert_eq!(line["outcome"], "applied", "{line}");
				(line["file"].to_string(), (line["recordId"].clone(), line["sequence"].to_string()))
			})
			.collect::<BTreeMap<_, _>>()
	});
	assert_eq!(reported[0].len(), count);
	assert_eq!(reported[0], reported[1], "both are reported the same");
	let limit = (2 * count).to_string();
	let query = ["query", "--stream", "invoices", "--limit", &limit, "--json"];
	assert_eq!(cli.json(&query).len(), count);
}

#[tokio::test]
async fn replayed_transaction_has_no_effect() {
	let node = Node::start();
	let client = connect(&node, channel_one()).await;
	let stream = client.create_stream("invoices").await.expect("it is created").id;
	let expires_at = client.expiry().await.expect("the node responds");
	let request = request(key("replay", 0), expires_at, None);
	let (record, signed) = upload(&client, stream, request, None).await;
	let raw = format!("0x{}", hex::encode(&signed.extrinsic));
	// At once, before it is in a block; and again when it is final.
	for turn in 0..2 {
		let times = (0..500).map(|_| (client.clone(), signed.clone())).collect();
		for result in hand_over(times).await {
			result.expect("the node responds");
		}
		if turn == 0 {
			client.follow(&signed.request).await.expect("it is decided");
		}
	}
	// The pool holds final transactions until the next block.
	client.wait_for_finality(1).await.expect("the subscription continues");
	let used = client.quota(client.organization_id()).await.expect("the node responds").used;
	for _ in 0..500 {
		let refused: Result<String, _> = client.call("author_submitExtrinsic", (&raw,)).await;
		assert!([1010, 1012].contains(&code(refused)), "invalid, or refused a moment ago");
	}
	let entries = final_entries(&client, stream, 1).await;
	assert!(entries.contains_key(&record));
	assert_nothing_else(&client, stream, &entries).await;
	client.wait_for_finality(1).await.expect("the subscription continues");
	let after = client.quota(client.organization_id()).await.expect("the node responds").used;
	assert!(after.bytes <= used.bytes, "replays cost nothing");
}
