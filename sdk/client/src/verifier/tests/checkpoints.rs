//! Checkpoints for the council to sign.

use super::{chain::council, *};

/// The checkpoint of a block, if it were made there.
fn made_at(chain: &Chain, number: usize) -> Checkpoint {
	let council = codec::Encode::encode(&council(1));
	Checkpoint::of_head(&chain.head(number), &council).unwrap()
}

fn changed(checkpoint: &Checkpoint, change: impl FnOnce(&mut serde_json::Value)) -> Checkpoint {
	let mut json = serde_json::to_value(checkpoint).unwrap();
	change(&mut json);
	Checkpoint::parse(json.to_string().as_bytes()).unwrap()
}

async fn refused(verifier: &Verifier, chain: &Chain, checkpoint: &Checkpoint) -> String {
	match verifier.check_checkpoint(chain, checkpoint).await {
		Err(Error::Evidence(refused)) => refused.reason,
		other => panic!("not refused: {other:?}"),
	}
}

#[tokio::test]
async fn checkpoint_has_newest_proven_block() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(2);
	assert_eq!(verifier.checkpoint(&chain).await.unwrap(), made_at(&chain, 2));
	// A checkpoint of a block that changes the validators names the new ones.
	chain.change_validator(2);
	let made = verifier.checkpoint(&chain).await.unwrap();
	assert_eq!(made, made_at(&chain, 3));
	assert!(made.to_text().unwrap().contains("\"setId\": 1"));
	chain.grow(1);
	assert!(verifier.checkpoint(&chain).await.unwrap().has_the_same_voters(&made));
}

#[tokio::test]
async fn only_final_blocks_pass_at_any_age() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(20);
	// The newest block, one that the state remembers, and others by the headers in between.
	for number in [20, 19, 16, 15, 1] {
		let made = made_at(&chain, number);
		verifier.check_checkpoint(&chain, &made).await.unwrap();
		let other =
			changed(&made, |json| json["block"]["hash"] = Digest([7; 32]).to_string().into());
		let reason = refused(&verifier, &chain, &other).await;
		assert!(reason.contains("another block"), "{number}: {reason}");
	}
	let ahead = changed(&made_at(&chain, 20), |json| json["block"]["number"] = 21.into());
	let early = verifier.check_checkpoint(&chain, &ahead).await;
	assert!(matches!(early, Err(Error::Proof(ProofError::NotFinal(_)))), "{early:?}");
}

#[tokio::test]
async fn only_the_proven_validators_and_council_pass() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(3);
	let made = made_at(&chain, 3);
	for change in [
		|json: &mut serde_json::Value| json["setId"] = 1.into(),
		|json: &mut serde_json::Value| json["authorities"][0]["weight"] = 2.into(),
		|json: &mut serde_json::Value| json["council"] = serde_json::json!(council(2)),
	] {
		let reason = refused(&verifier, &chain, &changed(&made, change)).await;
		assert!(reason.contains("other validators"), "{reason}");
	}
	// Nor do the validators before a change.
	chain.change_validator(2);
	chain.grow(1);
	let reason = refused(&verifier, &chain, &made).await;
	assert!(reason.contains("other validators"), "{reason}");
}

#[tokio::test]
async fn unproven_block_makes_no_checkpoint() {
	let chain = Chain::new(1);
	chain.grow(3);
	let made = made_at(&chain, 1);
	for lie in [Lie::CutProof, Lie::OtherState, Lie::OwnVotes, Lie::OwnHeader] {
		let verifier = Verifier::new(settings());
		chain.lie(Some(lie.clone()));
		let said = verifier.checkpoint(&chain).await;
		assert!(matches!(said, Err(Error::Proof(ProofError::NotProven(_)))), "{lie:?}: {said:?}");
		let said = verifier.check_checkpoint(&chain, &made).await;
		assert!(matches!(said, Err(Error::Proof(ProofError::NotProven(_)))), "{lie:?}: {said:?}");
		chain.lie(None);
	}
	let verifier = Verifier::new(settings());
	verifier.check_checkpoint(&chain, &made).await.unwrap();
}
