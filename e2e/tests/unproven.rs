//! A node that lies to a seat of the council about who votes on finality, or about the council: the seat makes and signs
//! no checkpoint of that. Each lie is told to a seat that believes its node as well, where it works.

use credio_e2e::{proxy::LyingProxy, Node};
use credio_sdk::{
	evidence::Checkpoint, primitives::Digest, vault::LocalVault, Client, Error, Trust,
};
use serde_json::{json, Value};
use std::sync::Arc;

/// The public key of somebody who is neither a validator nor a seat.
const INTRUDER: [u8; 32] = [0x42; 32];

/// A seat of the council, through this address.
async fn seat(url: &str) -> Client {
	let vault = LocalVault::development("operator").expect("it is an example organization");
	Client::connect(url, Arc::new(vault)).await.expect("the node answers")
}

/// Key of a value in the state.
fn key(pallet: &str, item: &str) -> String {
	let hash = |name: &str| hex::encode(sp_crypto_hashing::twox_128(name.as_bytes()));
	format!("0x{}{}", hash(pallet), hash(item))
}

/// A checkpoint that says something else.
fn changed(checkpoint: &Checkpoint, change: impl FnOnce(&mut Value)) -> Checkpoint {
	let mut json = serde_json::to_value(checkpoint).expect("it is written as JSON");
	change(&mut json);
	Checkpoint::parse(json.to_string().as_bytes()).expect("it has the form of one")
}

/// What a node says that names an intruder: the item, its value, and whether a checkpoint of that is another one.
fn lies(validator: &str) -> [([&'static str; 2], String, bool); 3] {
	let (validator, intruder) = (validator.trim_start_matches("0x"), hex::encode(INTRUDER));
	let weight = |weight: u64| hex::encode(weight.to_le_bytes());
	// The validator has three of four votes, so that its own is enough to make a block final.
	let voters = format!("0x08{validator}{}{intruder}{}", weight(3), weight(1));
	[
		(["Grandpa", "Authorities"], voters, true),
		// The votes tell for which set they are, also to who believes the node.
		(["Grandpa", "CurrentSetId"], format!("0x{}", weight(7)), false),
		(["Council", "Members"], format!("0x04{intruder}"), true),
	]
}

#[tokio::test]
async fn no_validators_and_no_council_of_the_nodes_own_are_signed_for() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let made = seat(&node.url()).await.checkpoint().await.expect("it is proven");
	let json = serde_json::to_value(&made).expect("it is written as JSON");
	let validator = json["authorities"][0]["key"].as_str().expect("hex");
	let careful = seat(&proxy.url()).await;
	let credulous = seat(&proxy.url()).await.with_trust(Trust::Node);
	for ([pallet, item], lie, works) in lies(validator) {
		let key = key(pallet, item);
		proxy
			.tell(move |said| {
				let lies = said.method == "state_getStorage" && said.params[0] == key.as_str();
				if lies {
					*said.result = json!(lie);
				}
				lies
			})
			.await;
		let believed = credulous.checkpoint().await.expect("the node is believed");
		credulous.check_checkpoint(&believed).await.expect("the node is believed");
		assert_ne!(believed.has_the_same_voters(&made), works, "{item}");

		let own = careful.checkpoint().await.expect("it is proven");
		assert!(own.has_the_same_voters(&made), "{item}: {own:?}");
		let checked = careful.check_checkpoint(&believed).await;
		match works {
			true => assert!(matches!(checked, Err(Error::Evidence(_))), "{item}: {checked:?}"),
			false => checked.expect("nothing in it is wrong"),
		}
		assert!(proxy.be_honest().await > 0, "{item}");
	}
}

#[tokio::test]
async fn no_block_that_is_none_is_signed_for() {
	let node = Node::start();
	let proxy = LyingProxy::before(&node.url()).await;
	let careful = seat(&proxy.url()).await;
	let made = careful.checkpoint().await.expect("it is proven");
	let credulous = seat(&proxy.url()).await.with_trust(Trust::Node);
	let other = Digest([7; 32]);
	let block = changed(&made, |json| json["block"]["hash"] = json!(other));
	proxy
		.tell(move |said| {
			let lies = said.method == "chain_getBlockHash";
			if lies {
				*said.result = json!(other);
			}
			lies
		})
		.await;
	credulous.check_checkpoint(&block).await.expect("the node is believed");
	assert!(proxy.be_honest().await > 0);
	// Also while its block is the newest one, and later.
	for _ in 0..2 {
		let refused = careful.check_checkpoint(&block).await.unwrap_err();
		assert!(matches!(refused, Error::Evidence(_)), "{refused}");
		careful.check_checkpoint(&made).await.expect("it is as it was made");
		careful.wait_for_finality(1).await.expect("it goes on");
	}
	let set = changed(&made, |json| json["setId"] = json!(7));
	let refused = careful.check_checkpoint(&set).await.unwrap_err();
	assert!(matches!(refused, Error::Evidence(_)), "{refused}");
}
