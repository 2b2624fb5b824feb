//! A verifier and lying nodes, on a chain that exists in tests only.

mod chain;
mod checkpoints;

use super::*;
use crate::error::ConnectError;
use chain::{Chain, Lie};
use credio_evidence::Part;
use credio_primitives::RecordId;
use std::fs;

fn settings() -> VerifierSettings {
	VerifierSettings { patience: Duration::ZERO, ..VerifierSettings::default() }
}

/// A key under which each block stores its number.
fn key() -> Vec<u8> {
	storage::header(&RecordId([1; 32]))
}

fn absent() -> Vec<u8> {
	storage::header(&RecordId([2; 32]))
}

async fn read(verifier: &Verifier, chain: &Chain, need: Need) -> Result<(BlockNumber, u32)> {
	let keys = [key(), absent()];
	let proven = verifier.read(chain, &keys, need).await?;
	assert_eq!(proven.get::<u32>(&keys[1])?, None);
	Ok((proven.at.number, proven.get(&keys[0])?.expect("each block stores it")))
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> Part {
	match result {
		Err(Error::Proof(ProofError::NotProven(refused))) => refused.part,
		other => panic!("not refused: {other:?}"),
	}
}

#[tokio::test]
async fn read_uses_newest_final_block() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(3);
	assert_eq!(read(&verifier, &chain, Need::Newest).await.unwrap(), (3, 3));
	chain.grow(2);
	// A recent block is enough for some reads.
	assert_eq!(read(&verifier, &chain, Need::Recent).await.unwrap(), (3, 3));
	assert_eq!(read(&verifier, &chain, Need::Block(3)).await.unwrap(), (3, 3));
	assert_eq!(read(&verifier, &chain, Need::Block(4)).await.unwrap(), (5, 5));
	assert!(matches!(
		read(&verifier, &chain, Need::Block(6)).await,
		Err(Error::Proof(ProofError::NotFinal(said))) if said.contains("block 6")
	));
	assert_eq!(verifier.block().await.map(|block| block.number), Some(5));
}

#[tokio::test]
async fn each_value_is_requested_once() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(1);
	read(&verifier, &chain, Need::Newest).await.unwrap();
	let before = chain.asked();
	for _ in 0..10 {
		read(&verifier, &chain, Need::Recent).await.unwrap();
	}
	assert_eq!(chain.asked(), before);
	// Concurrent reads are batched: one caller requests the keys of all.
	chain.grow(1);
	let keys = (0..50).map(|n| [storage::header(&RecordId([n; 32]))]).collect::<Vec<_>>();
	let reads = keys.iter().map(|key| verifier.read(&chain, key, Need::Block(2)));
	futures::future::try_join_all(reads).await.unwrap();
	assert_eq!(chain.asked(), (before.0 + 1, before.1 + 1));
}

#[tokio::test]
async fn validator_change_is_followed() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(1);
	read(&verifier, &chain, Need::Newest).await.unwrap();
	for validator in 2..5 {
		chain.change_validator(validator);
		chain.grow(2);
	}
	assert_eq!(read(&verifier, &chain, Need::Newest).await.unwrap(), (10, 10));
}

#[tokio::test]
async fn lying_node_is_rejected_and_honest_one_used_again() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	chain.grow(3);
	for (lie, part) in [
		(Lie::CutProof, Part::Storage),
		(Lie::OtherState, Part::Storage),
		(Lie::OwnVotes, Part::Finality),
		(Lie::OwnHeader, Part::Finality),
		(Lie::OwnGenesis, Part::Genesis),
	] {
		let verifier = Verifier::new(settings());
		chain.lie(Some(lie.clone()));
		assert_eq!(refused(read(&verifier, &chain, Need::Newest).await), part, "{lie:?}");
		chain.lie(None);
		assert_eq!(read(&verifier, &chain, Need::Newest).await.unwrap(), (3, 3));
	}
	// An earlier final block.
	read(&verifier, &chain, Need::Newest).await.unwrap();
	chain.lie(Some(Lie::OldBlock));
	assert_eq!(refused(read(&verifier, &chain, Need::Newest).await), Part::Finality);
	chain.lie(None);
	chain.grow(1);
	assert_eq!(read(&verifier, &chain, Need::Newest).await.unwrap(), (4, 4));
}

#[tokio::test]
async fn chain_with_same_validators_is_rejected() {
	let (chain, other) = (Chain::new(1), Chain::new_with(1, b"other"));
	let verifier = Verifier::new(settings());
	chain.grow(1);
	other.grow(3);
	read(&verifier, &chain, Need::Newest).await.unwrap();
	// The same validators have voted for its blocks, under the same set id.
	chain.lie(Some(Lie::BlocksOf(other.blocks())));
	assert_eq!(refused(read(&verifier, &chain, Need::Newest).await), Part::Genesis);
	chain.lie(None);
	chain.grow(1);
	assert_eq!(read(&verifier, &chain, Need::Newest).await.unwrap(), (2, 2), "it goes on");
	let error = read(&Verifier::new(settings()), &other, Need::Newest).await;
	assert_eq!(error.unwrap(), (3, 3));
	let moved = read(&verifier, &other, Need::Newest).await;
	assert!(matches!(moved, Err(Error::Connect(ConnectError::WrongChain(_)))), "{moved:?}");
}

#[tokio::test]
async fn old_block_is_rejected() {
	let (chain, verifier) = (Chain::new(1), Verifier::new(settings()));
	// Only genesis is final, and it has no time.
	assert!(matches!(
		read(&verifier, &chain, Need::Newest).await,
		Err(Error::Proof(ProofError::NotFinal(_)))
	));
	chain.grow_at(milliseconds() - 700_000);
	let said = read(&verifier, &chain, Need::Newest).await.unwrap_err().to_string();
	assert!(said.contains("11 minutes old"), "{said}");
	let patient = VerifierSettings { max_age: Duration::from_secs(800), ..settings() };
	assert_eq!(read(&Verifier::new(patient), &chain, Need::Newest).await.unwrap().0, 1);
	chain.grow(1);
	assert_eq!(read(&verifier, &chain, Need::Newest).await.unwrap(), (2, 2));
}

#[tokio::test]
async fn read_waits_for_finality() {
	let chain = Chain::new(1);
	chain.grow(1);
	let patient = VerifierSettings { patience: Duration::from_secs(10), ..settings() };
	let verifier = Verifier::new(patient);
	let later = async {
		tokio::time::sleep(Duration::from_millis(100)).await;
		chain.grow(1);
	};
	let (found, ()) = tokio::join!(read(&verifier, &chain, Need::Block(2)), later);
	assert_eq!(found.unwrap(), (2, 2));
}

#[tokio::test]
async fn verified_block_is_stored_and_never_goes_back() {
	let folder = tempfile::tempdir().unwrap();
	let file = folder.path().join("a.verified");
	let with_file = || Verifier::new(VerifierSettings { file: Some(file.clone()), ..settings() });
	let chain = Chain::new(1);
	chain.grow(5);
	read(&with_file(), &chain, Need::Newest).await.unwrap();
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
	}
	assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half written is left");
	// Another process continues there, without genesis.
	chain.grow(1);
	chain.lie(Some(Lie::OwnGenesis));
	assert_eq!(read(&with_file(), &chain, Need::Newest).await.unwrap(), (6, 6));
	chain.lie(None);
	// An older state of the same chain, and another chain.
	let behind = Chain::new(1);
	behind.grow(2);
	let said = read(&with_file(), &behind, Need::Newest).await.unwrap_err();
	assert!(
		matches!(&said, Error::Proof(ProofError::NotFinal(said)) if said.contains("a.verified")),
		"{said}"
	);
	let other = Chain::new_with(1, b"other");
	other.grow(9);
	let moved = read(&with_file(), &other, Need::Newest).await;
	assert!(matches!(moved, Err(Error::Connect(ConnectError::WrongChain(_)))), "{moved:?}");
	// An unreadable file is reported and kept.
	fs::write(&file, "junk").unwrap();
	let said = read(&with_file(), &chain, Need::Newest).await.unwrap_err().to_string();
	assert!(said.contains("a.verified") && said.contains("remove it"), "{said}");
	assert_eq!(fs::read(&file).unwrap(), b"junk");
}

#[test]
fn earlier_checkpoint_does_not_replace_later_one() {
	let folder = tempfile::tempdir().unwrap();
	let file = folder.path().join("a.verified");
	let chain = Chain::new(1);
	chain.grow(2);
	let [early, late] = [1, 2].map(|number| Checkpoint::of(chain.head(number).trusted()));
	file::store(&file, &late).unwrap();
	file::store(&file, &early).unwrap();
	assert_eq!(file::read(&file).unwrap(), Some(late));
	assert!(file::store(&folder.path().join("none/a.verified"), &early).is_err());
}
